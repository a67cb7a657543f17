"""What is known of a member's picture: claims of every site that has it, read by the vocabulary, measurements on top."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harvester import vocabulary
from harvester.catalog import candidates
from harvester.catalog.candidates import Known
from harvester.catalog.core import Catalog
from harvester.model import Candidate, Facts


def claimed(known: Known) -> Facts:
    """What one candidate claims, in the words of its family."""
    return read(known.value, known.family)


def read(candidate: Candidate, family: str) -> Facts:
    """A candidate's claims with framing, people and marks read out of its tags and words."""
    return vocabulary.read(candidate.claims, family=family, words=candidate.words)


def of(catalog: Catalog, members: Iterable[Known]) -> dict[int, Facts]:
    """Claimed facts by candidate id; candidates that are one picture share what each of them knows."""
    present = list(members)
    shared = candidates.siblings(catalog, (known.picture for known in present))
    found: dict[int, Facts] = {}
    for known in present:
        facts = claimed(known)
        for other in shared.get(known.picture, ()):
            if other.id != known.id and not other.bare:
                facts = merged(facts, claimed(other))
        found[known.id] = facts
    return found


def merged(facts: Facts, other: Facts) -> Facts:
    """Two sites' facts about one picture; marks are united like tags, for a mark by one site is a mark."""
    return facts.merged(other)


def with_measurement(facts: Facts, asset: str | None, measured: Mapping[str, Facts]) -> Facts:
    """Claims with the measurement of the asset laid over them, if there is one."""
    measurement = measured.get(asset or "")
    return facts.measured(measurement) if measurement else facts


def artists(candidate: Candidate) -> tuple[str, ...]:
    """Who made it, as far as tags or credits say; empty when nobody is known."""
    tags = (candidate.claims.tags or {}).get("artist", ())
    if tags:
        return tuple(tags)
    return tuple(credit.author for credit in candidate.credits if credit.author)
