"""Which pictures of a harvest are duplicates or variants of one, and what says so: pixels, bytes, sites."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harvester.catalog import candidates, distinct, likenesses, members
from harvester.catalog.candidates import Known
from harvester.catalog.core import Catalog
from harvester.catalog.members import Member
from harvester.model import State
from harvester.stages.works import variants

OUTVOTED = "alone they look like copies, but with the copies of both they differ on the average, so both are kept"
"""Of two pictures whose groups were not joined (`hashing/groups.py`)."""

SAID = "they look like copies, but you said that they are none"
"""Of two pictures that a person told apart."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Another picture that shows the same, or the same work: `kind` is duplicate or variant.

    `distance` is 0 for surely the same and 1 for surely not; None where only words say so, as a site's parent.
    """

    key: str
    kind: str
    distance: float | None
    evidence: str


def relatives(catalog: Catalog, harvest: int, known: Known, member: Member) -> tuple[Alike, ...]:
    """Duplicates first, the likest first; each other picture once, by the best of what says so."""
    found: dict[str, Alike] = {}
    told = (_compared, _grouped, _claimed)
    for alike in (one for tell in told for one in tell(catalog, harvest, known, member)):
        before = found.get(alike.key)
        if before is None or (before.kind, alike.kind) == ("variant", "duplicate"):
            found[alike.key] = alike
    found.pop(known.value.key, None)
    return tuple(sorted(found.values(), key=_place))


def copies_of(
    catalog: Catalog, harvest: int, known: Known, member: Member
) -> dict[int, tuple[Known, str]]:
    """The other candidates that are held to be the same picture by their files, and why; the kept one first."""
    kept = member.kept if member.gate == "duplicate" and member.kept else known.id
    ids = [kept, *members.copies(catalog, harvest).get(kept, ())]
    loaded = candidates.load(catalog, ids) if len(ids) > 1 else {}
    states = members.some(catalog, harvest, ids)
    mine = member.reason if kept != known.id else ""
    return {
        number: (loaded[number], (states[number].reason if number != kept else mine))
        for number in ids
        if number in loaded and number != known.id and not loaded[number].bare
    }


def _compared(catalog: Catalog, harvest: int, known: Known, member: Member) -> Iterator[Alike]:
    """Whose pixels were compared with these, in whatever harvest."""
    if not known.asset:
        return
    told = likenesses.of_asset(catalog, known.asset)
    alike = [
        (one, likeness)
        for other, likeness in told.items()
        if likeness[0] != "different"
        for one in candidates.by_asset(catalog, other)
    ]
    copies = [one for one, (kind, _, _) in alike if kind == "duplicate"]
    apart = _apart(catalog, harvest, known, member, copies)
    said = distinct.every(catalog) if apart else frozenset()
    for one, (kind, distance, evidence) in alike:
        if one.id in apart:
            is_said = distinct.held(said, distinct.names(known), distinct.names(one))
            yield Alike(
                one.value.key, "variant", distance, f"{evidence}; {SAID if is_said else OUTVOTED}"
            )
        else:
            yield Alike(one.value.key, kind, distance, evidence)


def _apart(
    catalog: Catalog, harvest: int, known: Known, member: Member, others: list[Known]
) -> frozenset[int]:
    """Those that this harvest settled as another picture, though the two alone look like copies."""
    if not (others and _is_settled(member)):
        return frozenset()
    here = members.some(catalog, harvest, [one.id for one in others])
    together = {known.id, *copies_of(catalog, harvest, known, member)}
    same = {one.id for one in others if one.picture == known.picture}
    return frozenset(
        number for number, one in here.items() if _is_settled(one) and number not in together | same
    )


def _is_settled(member: Member) -> bool:
    return member.state is State.ACCEPTED or (
        member.state is State.DUPLICATE and member.kept is not None
    )


def _grouped(catalog: Catalog, harvest: int, known: Known, member: Member) -> Iterator[Alike]:
    """Who ended in one group with it, also by way of a third; the same bytes, whoever has them."""
    for one, reason in copies_of(catalog, harvest, known, member).values():
        yield Alike(one.value.key, "duplicate", None, reason or "the same picture by its files")
    for one in candidates.siblings(catalog, [known.picture]).get(known.picture, ()):
        if one.id != known.id and not one.bare:
            yield Alike(one.value.key, "duplicate", 0.0, "the same file by its hash")


def _claimed(catalog: Catalog, harvest: int, known: Known, member: Member) -> Iterator[Alike]:
    """Which of the files that are here belong to the same work, as sites say: the sets that `[caps] variants` counts."""
    mine = _sets(known)
    if not mine:
        return
    for one in candidates.of_harvest(catalog, harvest, "settled"):
        shared = [words for name, words in _sets(one).items() if name in mine]
        if shared:
            yield Alike(one.value.key, "variant", None, shared[0])


def _sets(known: Known) -> Mapping[str, str]:
    """The sets of variants that a site puts a picture into, each with the words for it."""
    artists = (known.value.claims.tags or {}).get("artist", ())
    return {name: _words(name) for name in variants(known.value, artists)}


def _words(name: str) -> str:
    if " pool " in name:
        return f"in one pool: {name}"
    if ":" in name.partition(" ")[0]:
        return f"with the parent {name}"
    return f"taken from one work: {name}"


def _place(alike: Alike) -> tuple[bool, float, str]:
    return alike.kind != "duplicate", 2.0 if alike.distance is None else alike.distance, alike.key
