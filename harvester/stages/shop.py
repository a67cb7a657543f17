"""What every stage works with: the open library, the recipe, the adapters, and how progress is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from harvester.catalog.core import Catalog
from harvester.catalog.files import Holder
from harvester.catalog.harvests import Harvest
from harvester.engine.local import LocalEngine
from harvester.net import Net
from harvester.ports import Gate, Source, Store
from harvester.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Progress:
    """One step forward: in which stage, of which site, how far of how much, and what is waited for."""

    stage: str
    site: str = ""
    done: int = 0
    total: int | None = None
    note: str = ""


@dataclass(slots=True)
class Shop:
    """One run of one harvest. `trouble` says why a site is left alone, `misses` how often in a row it
    could not be reached, by the site's name.

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
    trouble: dict[str, str] = field(default_factory=dict)
    misses: Counter[str] = field(default_factory=Counter)
