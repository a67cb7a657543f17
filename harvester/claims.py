"""What several sites claim of one picture, as one: which of two claims counts, and where they contradict each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from harvester.model import Candidate, Facts, File, Framing, Tags
from harvester.vocabulary import OFFICIALNESS, PRESENCE, fold


@dataclass(frozen=True, slots=True)
class Conflict:
    """One matter on which sites differ: what each says, what counts (None: it stays unknown), and by which rule."""

    fact: str
    said: Mapping[str, str]
    counts: str | None
    rule: str


def merged(told: Sequence[Facts]) -> Facts:
    """Claims about one picture as one. Of what no rule below speaks of, the first that knows it is heard."""
    first, *others = told
    if not others:
        return first
    known: dict[str, Any] = {
        name: next((value for one in told if (value := getattr(one, name)) is not None), None)
        for name in (field.name for field in fields(Facts))
    }
    for name, (counted, _) in RULES.items():
        known[name] = counted(told)
    known["status"] = frozenset().union(*(one.status for one in told))
    known["tags"] = _tags([one.tags for one in told if one.tags is not None])
    known["marks"] = _marks(told)
    return replace(first, **known)


def conflicts(told: Mapping[str, Facts]) -> tuple[Conflict, ...]:
    """Where these claims, by who makes them, differ: facts with a rule, officialness, and the kinds of tags."""
    found = []
    for name, (counted, rule) in RULES.items():
        said = {who: str(value) for who, one in told.items() if (value := getattr(one, name))}
        if len({fold(value) for value in said.values()}) > 1:
            counts = counted([*told.values()])
            found.append(Conflict(name, said, None if counts is None else str(counts), rule))
    said = {who: names for who, one in told.items() if (names := ", ".join(_officialness(one)))}
    if len({*said.values()}) > 1:
        counts = ", ".join(_officialness(merged([*told.values()]))) or None
        found.append(Conflict("officialness", said, counts, _BY_TAGS.format("fan-made")))
    return (*found, *_kinds(told))


def extent(candidate: Candidate) -> Facts:
    """Length and size of the original as its site tells them."""
    file, claims = candidate.original or File("original", ()), candidate.claims
    return Facts(
        width=file.width or claims.width,
        height=file.height or claims.height,
        bytes=file.bytes or claims.bytes,
    )


def clash(one: Facts, other: Facts, *, pixels: bool = False) -> bool:
    """Whether two files cannot be the same, whatever hash says so: one is longer, or larger whichever way it is held.

    With `pixels` only the pixels are said to be the same, which says nothing of the length.
    """
    if not pixels and one.bytes and other.bytes and one.bytes != other.bytes:
        return True
    sizes = [(each.width, each.height) for each in (one, other)]
    return all(width and height for width, height in sizes) and ({*sizes[0]} != {*sizes[1]})


def _strictest(told: Sequence[Facts]) -> object:
    known = [one.rating for one in told if one.rating]
    return max(known, key=lambda rating: rating.strictness, default=None)


def _widest(told: Sequence[Facts]) -> object:
    known = {one.framing for one in _by_tags(told, "framing") if one.framing}
    return next((framing for framing in reversed(Framing) if framing in known), None)


def _most(told: Sequence[Facts]) -> object:
    known = {one.people for one in told}
    return next((people for people in PRESENCE if people in known), None)


def _agreed(told: Sequence[Facts]) -> object:
    known = [one.outfit for one in told if one.outfit]
    return min(known) if len({*map(fold, known)}) == 1 else None


def _by_tags(told: Sequence[Facts], matter: str) -> Sequence[Facts]:
    """Those whose tags tell of the matter; those whose words do, where no tags do."""
    speaking = [one for one in told if _speaks(one, matter)]
    return [one for one in speaking if matter not in (one.marks or {}).get("said", ())] or speaking


def _speaks(facts: Facts, matter: str) -> bool:
    return facts.framing is not None if matter == "framing" else bool(_officialness(facts))


def _officialness(facts: Facts) -> list[str]:
    return sorted(OFFICIALNESS.intersection(facts.marks or ()))


_BY_TAGS = "tags count before words, then the {}"

RULES: Mapping[str, tuple[Callable[[Sequence[Facts]], object], str]] = {
    "rating": (_strictest, "the strictest counts"),
    "framing": (_widest, _BY_TAGS.format("widest")),
    "people": (_most, "the more people count, or that one is in focus"),
    "outfit": (_agreed, "while names differ, it stays unknown"),
}
"""How one claim comes of several, once for each fact that is an opinion; and the rule in words."""


def _tags(told: Sequence[Tags]) -> Tags | None:
    """All tags under every kind that a site gives them; *unknown* is no kind where another is told."""
    if not told:
        return None
    table = united(told)
    placed = {tag for kind, names in table.items() if kind != "unknown" for tag in names}
    unclear = tuple(tag for tag in table.get("unknown", ()) if tag not in placed)
    return {**table, "unknown": unclear} if "unknown" in table else table


def _marks(told: Sequence[Facts]) -> Tags | None:
    """A mark by one site is a mark, but for the officialness that another has better reason to deny."""
    if all(one.marks is None for one in told):
        return None
    marks = dict(united([one.marks for one in told if one.marks is not None]))
    heard = {name for one in _by_tags(told, "officialness") for name in _officialness(one)}
    for name in OFFICIALNESS:
        if name not in heard or (name == "official" and "fan" in heard):
            marks.pop(name, None)
    matters = ("framing", "officialness")
    said = tuple(matter for matter in matters if _only_said(told, matter))
    marks.pop("said", None)
    return {**marks, "said": said} if said else marks


def _only_said(told: Sequence[Facts], matter: str) -> bool:
    return any(matter in (one.marks or {}).get("said", ()) for one in _by_tags(told, matter))


def united(tables: Iterable[Tags]) -> Tags:
    """All these tables in one; names sorted and single within a kind."""
    found: dict[str, set[str]] = defaultdict(set)
    for table in tables:
        for kind, names in table.items():
            found[kind].update(names)
    return {kind: tuple(sorted(found[kind])) for kind in sorted(found)}


def _kinds(told: Mapping[str, Facts]) -> Iterable[Conflict]:
    """Tags that two sites hold to be of different kinds. Both are kept, for each is right about its own table."""
    kinds: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for who, one in told.items():
        for kind, names in (one.tags or {}).items():
            for tag in names if kind != "unknown" else ():
                kinds[fold(tag)][who].add(kind)
    for tag, said in sorted(kinds.items()):
        listed = {who: ", ".join(sorted(found)) for who, found in said.items()}
        if len({*listed.values()}) > 1:
            every = ", ".join(sorted({kind for found in said.values() for kind in found}))
            yield Conflict(f"kind of {tag}", listed, every, "each kind is kept")
