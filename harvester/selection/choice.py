"""What is chosen from, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harvester.model import Framing

Key = tuple[str, str]
"""One cap: its kind and whom it is for, ("artist", "aka_neko")."""

FIRM = frozenset({"variants"})
"""Kinds of caps that are never given up: a third variant adds nothing to a dataset."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An accepted picture: its candidate, how good it is (higher is better), what caps count it under, each name once.

    `relaxed` is how many thresholds had to be loosened for it: one with fewer is always chosen first. `site` is
    empty where the site does not matter, `variants` are the groups of like pictures it belongs to, `created` a
    time stamp: of equals the newer is chosen.
    """

    candidate: int
    key: str
    score: float
    framing: Framing | None = None
    artists: tuple[str, ...] = ()
    relaxed: int = 0
    site: str = ""
    characters: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    created: float = 0.0

    @property
    def caps(self) -> tuple[Key, ...]:
        """Every cap that it counts towards."""
        return (
            *(("artist", name) for name in self.artists),
            *([("site", self.site)] if self.site else ()),
            *(("character", name) for name in self.characters),
            *(("series", name) for name in self.series),
            *(("variants", name) for name in self.variants),
        )

    @property
    def place(self) -> tuple[int, float, float, str]:
        """Sorts best first."""
        return (self.relaxed, -self.score, -self.created, self.key)


@dataclass(frozen=True, slots=True)
class Selection:
    """What was chosen, candidate -> (place from 1, why), why the rest is out, and which wishes were not met.

    `over` says by kind of cap who has more than the cap, since nobody else was left.
    """

    chosen: Mapping[int, tuple[int, str]]
    out: Mapping[int, str]
    framings: Mapping[Framing | None, int]
    missing: Mapping[Framing, int]
    over: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many were chosen."""
        return len(self.chosen)
