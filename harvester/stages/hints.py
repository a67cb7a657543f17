"""Says what stands in the way of a target, out of what a run has found of it (`shortfall`) and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harvester.catalog import codec, harvests
from harvester.catalog.core import Catalog
from harvester.catalog.harvests import Harvest

GATES = 6
"""Of how many gates, those that reject most, it is asked what they could let through."""
SPOKEN = 3
"""How many of them the sentence names."""


@dataclass(frozen=True, slots=True)
class Hint:
    """With `setting` so many `more` members would pass every gate; `partly` when only the newest were looked at."""

    gate: str
    setting: str
    words: str
    more: int
    partly: bool = False

    @property
    def sentence(self) -> str:
        """The part of the summary that stands behind the gate's name."""
        return f"{self.words} there would be {'at least ' if self.partly else ''}{self.more} more"


def kept(catalog: Catalog, harvest: Harvest) -> tuple[Hint, ...]:
    """The hints that the last run kept; none while one is under way."""
    text = harvests.shortfall(catalog, harvest.id)
    return codec.load(text, tuple[Hint, ...]) if text else ()


def losses(rejected: Sequence[tuple[str, int]], found: Sequence[Hint]) -> list[str]:
    """Parts of the sentence: the gates that rejected most, and what a looser setting of each would bring."""
    by_gate = {one.gate: one for one in found}
    named = [*rejected[:SPOKEN], *(one for one in rejected[SPOKEN:GATES] if one[0] in by_gate)]
    return [
        f"{number} rejected by {gate}" + (f", {by_gate[gate].sentence}" if gate in by_gate else "")
        for gate, number in named
    ]


def unfilled(framings: Mapping[str, int], wishes: Mapping[str, int]) -> list[str]:
    """Parts of the sentence: framings that have fewer pictures than were wished for."""
    return [
        f"{name.replace('_', ' ')} {framings.get(name, 0)} of {wish}"
        for name, wish in wishes.items()
        if framings.get(name, 0) < wish
    ]
