"""What is known of a member's picture: claims of every site that has it, read by the vocabulary, measurements on top."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from harvester import claims, vocabulary
from harvester.catalog import candidates, tags, tombstones
from harvester.catalog.candidates import Known
from harvester.catalog.core import Catalog
from harvester.model import Candidate, Facts, Tag, Tags
from harvester.recipe import folded

Told = Mapping[str, Mapping[str, Tag]]
"""What is known of tags, by site and name."""


def read(candidate: Candidate, family: str) -> Facts:
    """A candidate's claims with framing, people, outfit and marks read out of its tags and words."""
    return vocabulary.read(candidate.claims, family=family, words=candidate.words)


def of(catalog: Catalog, members: Iterable[Known]) -> dict[int, Facts]:
    """Claimed facts by candidate id; candidates that are one picture share what each of them knows."""
    present = list(members)
    shared = candidates.siblings(catalog, (known.picture for known in present))
    others = (other for group in shared.values() for other in group if not other.bare)
    told = tags_of(catalog, {one.id: one for one in (*present, *others)}.values())
    found: dict[int, Facts] = {}
    for known in present:
        same = (one for one in shared.get(known.picture, ()) if one.id != known.id and not one.bare)
        found[known.id] = claims.merged([claimed(one, told) for one in (known, *same)])
    return _remembered(catalog, present, shared, found)


def _remembered(
    catalog: Catalog,
    present: Sequence[Known],
    shared: Mapping[int, Sequence[Known]],
    laid: Mapping[int, Facts],
) -> dict[int, Facts]:
    """The same, those that a person had removed marked as such: by whatever any site or their file calls them."""
    found = dict(laid)
    if not tombstones.any_laid(catalog):
        return found
    same = {one.id: (one, *shared.get(one.picture, ())) for one in present}
    every = {each.id: each for some in same.values() for each in some}
    by_hash = tombstones.names_of(catalog, every.values())
    names = {
        number: frozenset().union(*(by_hash[each.id] for each in some), makers(some, laid[number]))
        for number, some in same.items()
    }
    told = tombstones.of(catalog, frozenset().union(*names.values()))
    for number, own in names.items():
        if words := {told[name].told: told[name] for name in sorted(own) if name in told}:
            marks = {
                **(found[number].marks or {}),
                vocabulary.FORGOTTEN: tuple(map(_removed, words.values())),
            }
            found[number] = replace(found[number], marks=marks)
    return found


def makers(some: Iterable[Known], laid: Facts) -> frozenset[tombstones.Name]:
    """Who made a picture that these candidates show, as names that may have been removed."""
    named = {name for one in some for name in artists(laid, one.value)}
    return frozenset((tombstones.ARTIST, folded(name)) for name in named)


def _removed(one: tombstones.Tombstone) -> str:
    day = datetime.fromtimestamp(one.said_at).astimezone().date()
    back = f"`harvest forget {shlex.quote(one.told)} --undo`"
    return f"you had {one.told} removed on {day}; {back} lets it in again"


def apart(catalog: Catalog, same: Sequence[Known]) -> dict[str, Facts]:
    """What each of these candidates, which are one picture, claims by itself; by key."""
    told = tags_of(catalog, same)
    return {one.value.key: claimed(one, told) for one in same}


def claimed(known: Known, told: Told) -> Facts:
    """What one candidate claims, in the words of its family, its tags under the categories that are known."""
    found, kinds = known.value, told.get(known.value.site)
    if kinds and found.claims.tags is not None:
        found = replace(found, claims=replace(found.claims, tags=placed(found.claims.tags, kinds)))
    return read(found, known.family)


def tags_of(catalog: Catalog, members: Iterable[Known]) -> Told:
    """What sites told of those tags of these candidates that came without a category."""
    names: dict[str, set[str]] = {}
    for known in members:
        if unclear := uncategorised(known.value):
            names.setdefault(known.value.site, set()).update(unclear)
    return {site: tags.find(catalog, site, found) for site, found in names.items()}


def uncategorised(candidate: Candidate) -> tuple[str, ...]:
    """The tags of which the list did not say what kind they are."""
    return tuple((candidate.claims.tags or {}).get("unknown", ()))


def placed(found: Tags, told: Mapping[str, Tag]) -> Tags:
    """Tags with those of unknown category put where the site's table has them."""
    table: dict[str, list[str]] = {name: list(listed) for name, listed in found.items()}
    for name in table.pop("unknown", ()):
        category = told[name].category if name in told else "unknown"
        table.setdefault(category, []).append(name)
    return {name: tuple(listed) for name, listed in table.items()}


def with_measurement(facts: Facts, asset: str | None, measured: Mapping[str, Facts]) -> Facts:
    """Claims with the measurement of the asset laid over them, if there is one."""
    measurement = measured.get(asset or "")
    return facts.measured(measurement) if measurement else facts


def role(known: Facts) -> str:
    """What its site gives as the original may be a smaller sample of it, as tags or its page say."""
    sampled = any(tag.endswith("sample") for tag in (known.marks or {}).get("upscaled", ()))
    return "sample" if sampled or "larger_missing" in known.status else "original"


def artists(known: Facts, candidate: Candidate) -> tuple[str, ...]:
    """Who made it, as far as tags or credits say; empty when nobody is known."""
    named = (known.tags or {}).get("artist", ())
    if named:
        return tuple(named)
    return tuple(credit.author for credit in candidate.credits if credit.author)
