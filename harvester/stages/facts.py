"""What is known of a member's picture: claims of every site that has it, read by the vocabulary, measurements on top."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from harvester import claims, vocabulary
from harvester.catalog import candidates, tags
from harvester.catalog.candidates import Known
from harvester.catalog.core import Catalog
from harvester.model import Candidate, Facts, Tag, Tags

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
    return found


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
