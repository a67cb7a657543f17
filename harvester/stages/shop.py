"""What every stage works with: the open library, the recipe, the adapters, and how progress is told."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harvester.catalog.core import Catalog
from harvester.catalog.files import Holder
from harvester.catalog.harvests import Harvest
from harvester.engine.local import LocalEngine
from harvester.model import Name
from harvester.net import Net
from harvester.ports import Gate, Source, Store
from harvester.recipe import Recipe
from harvester.stages.limiting import Meter

if TYPE_CHECKING:  # it loads much, which those that compare no pictures do without
    import numpy as np
    from numpy.typing import NDArray

    Parts = tuple[NDArray[np.uint64], NDArray[np.uint64]]
    """Hashes of the parts of a picture and of its mirror image."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One step forward: in which stage, of which site, how far of how much, and what is waited for.

    `total` is None where the end is not known. `bytes` came with this step. The stage *target* is
    none: it tells how many accepted pictures there are of how many.
    """

    stage: str
    site: str = ""
    done: int = 0
    total: int | None = None
    note: str = ""
    bytes: int = 0


Pick = Callable[[str, str, Sequence[Name]], Name | None]
"""Asks a person which of a site's names is meant: site, name as typed, choices; None for none of them."""


@dataclass(slots=True)
class Shop:
    """One run of one harvest. `meter` keeps it within its limits, `level` is how many steps of `--relax`
    the revision has taken. `trouble` says why a site is left alone, `misses` how often in a row it
    could not be reached, by the site's name. `renewed` are candidates whose address was asked for anew.
    `mute` are sites that could not tell what kind of tag a tag is. `starts` are the places where walks of this
    run began on a site that has several for one subject. `pick` is None where there is nobody to ask. `parts` are
    the hashes of the parts of pictures that were searched in this run, by SHA-256.

    A run may be interrupted anywhere: every stage is safe to be killed, so Ctrl-C needs no flag.
    """

    catalog: Catalog
    store: Store
    engine: LocalEngine
    net: Net
    harvest: Harvest
    recipe: Recipe
    gates: tuple[Gate, ...]
    adapters: Mapping[str, Source]
    holder: Holder
    tell: Callable[[Progress], None] = lambda progress: None
    pick: Pick | None = None
    trouble: dict[str, str] = field(default_factory=dict)
    misses: Counter[str] = field(default_factory=Counter)
    meter: Meter = field(default_factory=Meter)
    level: int = 0
    renewed: set[int] = field(default_factory=set)
    mute: set[str] = field(default_factory=set)
    starts: dict[str, list[Name]] = field(default_factory=dict)
    parts: dict[str, Parts] = field(default_factory=dict)

    def together(self, jobs: Iterable[Coroutine[None, None, None]]) -> None:
        """Run one job a site side by side. An error that is beyond a site (a full disk) ends all of them."""
        self.engine.wait(_all(jobs))


async def _all(jobs: Iterable[Coroutine[None, None, None]]) -> None:
    try:
        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(job)
    except BaseExceptionGroup as several:
        raise several.exceptions[0] from None
