"""Opens a library and makes ready what a run needs; closes it again, whatever happens."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harvester import registry
from harvester.catalog import harvests
from harvester.catalog.core import Catalog
from harvester.catalog.harvests import Harvest
from harvester.catalog.lock import held
from harvester.config import Config
from harvester.engine.local import LocalEngine
from harvester.limits import Limits
from harvester.model import Site
from harvester.net import (
    Account,
    Clock,
    FileBudget,
    Settings,
    Waiting,
    memory_folder,
    open_net,
    state_file,
)
from harvester.ports import Source
from harvester.recipe import Recipe
from harvester.stages import gating
from harvester.stages.accounts import accounts
from harvester.stages.libraries import library
from harvester.stages.limiting import Meter
from harvester.stages.recover import holder
from harvester.stages.shop import Progress, Shop
from harvester.store.local import LocalStore


@dataclass(frozen=True, slots=True)
class Ask:
    """What a run is asked to do: a recipe, in which library, by which config, whether as a new harvest, how long."""

    recipe: Recipe
    library: Path
    config: Config
    new: bool = False
    limits: Limits = field(default_factory=Limits)
    clock: Clock = field(default_factory=Clock)
    harvest: int | None = None  # which to go on with, where it is not the recipe's newest
    sites: tuple[str, ...] = ()  # asked this time in place of the recipe's


@contextmanager
def shop(
    asked: Ask, *, tell: Callable[[Progress], None], waiting: Waiting | None = None
) -> Iterator[tuple[Shop, bool]]:
    """A run's shop, and whether its revision is still to be judged by. Holds the harvest's lock meanwhile.

    `waiting` is told what the network waits for, on the event loop's thread.
    """
    sites = registry.sites(asked.config.sites, where=str(asked.config.path or "harvester.toml"))
    chosen = registry.chosen(asked.sites or asked.recipe.sites, sites)
    named = (*chosen, *registry.chosen(asked.recipe.sites, sites))
    sites |= {site.name: site for site in named}  # folders that stand in no table
    registry.chosen(tuple(asked.recipe.weights), sites)  # a weight of no site is a slip of the pen
    adapters = {site.name: registry.source(site) for site in chosen}
    signed = accounts(adapters.values())
    with library(asked.library, create=True) as catalog:
        harvest = (
            harvests.get(catalog, asked.harvest)
            if asked.harvest
            else harvests.wanted(catalog, asked.recipe, new=asked.new)
        )
        with held(asked.library, harvest.id):
            harvest, changed = harvests.revised(catalog, harvest, asked.recipe)
            opened = (catalog, harvest)
            with _open(asked, adapters, signed, opened, waiting) as ready:
                ready.tell = tell
                yield ready, changed


@contextmanager
def offline(catalog: Catalog, harvest: Harvest, config: Config) -> Iterator[Shop]:
    """A shop for a harvest as it stands that asks no site: what is stored can be judged again. Holds the lock."""
    asked = Ask(harvests.recipe_of(catalog, harvest), catalog.path.parent, config)
    with held(asked.library, harvest.id), _open(asked, {}, {}, (catalog, harvest), None) as ready:
        yield ready


@contextmanager
def _open(
    asked: Ask,
    adapters: Mapping[str, Source],
    signed: Mapping[str, Account],
    opened: tuple[Catalog, Harvest],
    waiting: Waiting | None,
) -> Iterator[Shop]:
    catalog, harvest = opened
    sites: list[Site] = [adapter.site for adapter in adapters.values()]
    budget = FileBudget(state_file(os.environ), clock=asked.clock)
    engine = LocalEngine(per_lane=max((a.pace.parallel for a in adapters.values()), default=4))
    net = open_net(
        sites,
        contact=asked.config.contact,
        budget=budget,
        credentials=signed,
        settings=Settings(browser=asked.config.browser, memory=memory_folder(os.environ)),
        clock=asked.clock,
    )
    if waiting is not None:
        budget.waiting = net.waiting = waiting
    try:
        yield Shop(
            catalog=catalog,
            store=LocalStore(asked.library),
            engine=engine,
            net=net,
            harvest=harvest,
            recipe=asked.recipe,
            gates=gating.built(asked.library, asked.recipe),
            adapters=adapters,
            holder=holder(),
            meter=Meter(asked.limits),
            level=harvests.level(catalog, harvest),
        )
    finally:
        engine.wait(net.aclose())
        engine.close()
        budget.close()
