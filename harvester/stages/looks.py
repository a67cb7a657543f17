"""What an estimate is made of: what each site says it has, what is wanted, and what the library has already."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain

from harvester.model import Name
from harvester.recipe import POOL
from harvester.stages.loosened import Sizes

FEWEST = 8
"""Of fewer pictures a mean size says little."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A host and the seconds between two requests to it."""

    host: str
    interval: float


@dataclass(frozen=True, slots=True)
class WalkLook:
    """One walk: what it is narrowed to, how many posts it has (None: not told), how far it was asked already."""

    label: str = ""
    framing: str = ""
    posts: int | None = None
    depth: int = 0
    ended: bool = False

    @property
    def plain(self) -> bool:
        """Is it narrowed to nothing?"""
        return not self.label


@dataclass(frozen=True, slots=True)
class SiteLook:
    """One site: its walks, and a sample page of its plain walk as the gates judged it.

    `passing` of `sample` pass them all, `sizes` holds the bytes of those by framing ("" unknown), the best ranked
    first (None: not told); `here` of them have their file in the library. `ends` when a walk's last page says so.
    `relaxed` holds the bytes of those that each step of `--relax` lets in; nothing where it is not asked for.
    `details` is the share of those that pass whose posts are asked for by themselves before their files are.
    `starts` are the places where its walks begin, of a site that has several for one subject.
    """

    site: str
    names: tuple[str, ...]
    api: Lane
    files: Lane
    walks: tuple[WalkLook, ...]
    per_page: int
    sample: int
    passing: int
    sizes: Mapping[str, Sizes] = field(default_factory=dict)
    rejected: Mapping[str, int] = field(default_factory=dict)
    here: int = 0
    ends: bool = False
    relaxed: tuple[Sizes, ...] = ()
    details: float = 0.0
    starts: tuple[Name, ...] = ()

    @property
    def posts(self) -> int | None:
        """How many posts its plain walks have; None when the site does not tell."""
        counts = [walk.posts for walk in self.walks if walk.plain and walk.posts is not None]
        return sum(counts) if counts else None

    def size(self, taken: Mapping[str, float], supply: Mapping[str, float]) -> float | None:
        """The mean bytes of what is taken. Larger pictures rank better, so the best of the sample count.

        Those are the square root of the share that is taken: the share itself is too few to have a
        mean that holds, and all of them are too small.
        """
        total = weight = 0.0
        for framing, number in taken.items():
            told = self.sizes.get(framing) or tuple(chain.from_iterable(self.sizes.values()))
            share = min(1.0, number / supply[framing]) if supply.get(framing) else 1.0
            best = [
                size
                for size in told[: max(FEWEST, math.ceil(math.sqrt(share) * len(told)))]
                if size
            ]
            if number and best:
                total, weight = total + number * sum(best) / len(best), weight + number
        return total / weight if weight else None

    @property
    def rate(self) -> float:
        """The share of the sample that passes every gate."""
        return self.passing / self.sample if self.sample else 0.0


@dataclass(frozen=True, slots=True)
class Need:
    """What the recipe wants: the target, and places by framing where it has a mix."""

    target: int
    places: Mapping[str, int] = field(default_factory=dict)
    pool: int = POOL


@dataclass(frozen=True, slots=True)
class Have:
    """What a harvest that exists has already. `wanted` pass on claims and are not fetched yet; by framing.

    `level` is how many steps of `--relax` it has taken.
    """

    harvest: int | None = None
    found: int = 0
    passing: int = 0
    selected: int = 0
    accepted: Mapping[str, int] = field(default_factory=dict)
    wanted: Mapping[str, int] = field(default_factory=dict)
    changed: bool = False
    rate: float | None = None
    level: int = 0
