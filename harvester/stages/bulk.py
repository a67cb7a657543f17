"""Facts of many members at once: no more is read out of a candidate than the gates that are asked need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harvester.catalog import files, judging
from harvester.catalog.core import Catalog
from harvester.catalog.judging import Judged
from harvester.model import Facts
from harvester.ports import Gate
from harvester.stages import facts

READ = frozenset({"framing", "people", "outfit", "marks", "tags"})
"""What the vocabulary must have read, or looks at itself; reading it costs most of a judgement."""


def claimed(catalog: Catalog, members: Sequence[Judged], gates: Sequence[Gate]) -> dict[int, Facts]:
    """By candidate: what its sites claim, as far as these gates need it. None of members without claims."""
    present = [member for member in members if member.value is not None]
    if not any(gate.needs & READ for gate in gates):
        shared = judging.shared(catalog, (member.picture for member in present))
        alone = {one.id: one.claims for one in present if one.picture not in shared}
    else:
        words = [member.known() for member in present]
        shared = judging.shared(catalog, (one.picture for one in words))
        told = facts.tags_of(catalog, words)
        alone = {one.id: facts.claimed(one, told) for one in words if one.picture not in shared}
    several = [member.known() for member in present if member.picture in shared]
    return alone | (facts.of(catalog, several) if several else {})


def laid(
    catalog: Catalog, members: Sequence[Judged], told: Mapping[int, Facts]
) -> dict[int, Facts]:
    """The same with measurements laid over them, of those members whose file was measured."""
    found = {}
    for member in members:
        measurement = files.measurement(catalog, member.asset) if member.asset else None
        if measurement is not None and member.id in told:
            found[member.id] = told[member.id].measured(measurement)
    return found
