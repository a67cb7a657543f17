"""Opens a library and makes ready what a run needs; closes it again, whatever happens."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harvester import config as configs
from harvester import gates, registry
from harvester.catalog import harvests
from harvester.catalog.core import Catalog
from harvester.catalog.harvests import Harvest
from harvester.catalog.lock import held
from harvester.config import Config
from harvester.engine.local import LocalEngine
from harvester.errors import LibraryError
from harvester.model import Site
from harvester.net import Account, FileBudget, credentials, open_net, state_file
from harvester.ports import Source
from harvester.recipe import Recipe
from harvester.stages.recover import holder
from harvester.stages.shop import Progress, Shop
from harvester.store.local import LocalStore

CATALOG = "catalog.db"


@dataclass(frozen=True, slots=True)
class Ask:
    """What a run is asked to do: a recipe, in which library, by which config, whether as a new harvest."""

    recipe: Recipe
    library: Path
    config: Config
    new: bool = False


@contextmanager
def library(folder: Path, *, create: bool = False) -> Iterator[Catalog]:
    """The catalog of a library; LibraryError when there is none and none is to be made."""
    path = folder / CATALOG
    try:
        if create:
            folder.mkdir(parents=True, exist_ok=True)
        present = path.exists()
    except OSError as error:
        raise LibraryError(
            f"{folder}: the library cannot be made ({error.strerror}); name another place with --library"
        ) from None
    if not present and not create:
        raise LibraryError(
            f"{folder}: there is no library here yet; `harvest --tag NAME` makes one, --library names another"
        )
    catalog = Catalog(path)
    try:
        yield catalog
    finally:
        catalog.close()


@contextmanager
def shop(asked: Ask, *, tell: Callable[[Progress], None]) -> Iterator[tuple[Shop, bool]]:
    """A run's shop, and whether its revision is still to be judged by. Holds the harvest's lock meanwhile."""
    sites = registry.sites(asked.config.sites, where=str(asked.config.path or "harvester.toml"))
    chosen = registry.chosen(asked.recipe.sites, sites)
    adapters = {site.name: registry.source(site) for site in chosen}
    accounts = _accounts(adapters)
    with library(asked.library, create=True) as catalog:
        harvest = harvests.wanted(catalog, asked.recipe, new=asked.new)
        with held(asked.library, harvest.id):
            harvest, changed = harvests.revised(catalog, harvest, asked.recipe)
            with _open(asked, adapters, accounts, (catalog, harvest)) as ready:
                ready.tell = tell
                yield ready, changed


def _accounts(adapters: Mapping[str, Source]) -> dict[str, Account]:
    file = configs.folder() / "credentials.toml"
    found = file if file.is_file() else None
    return {
        name: credentials(name, adapter.auth, os.environ, found)
        for name, adapter in adapters.items()
    }


@contextmanager
def _open(
    asked: Ask,
    adapters: Mapping[str, Source],
    accounts: Mapping[str, Account],
    opened: tuple[Catalog, Harvest],
) -> Iterator[Shop]:
    catalog, harvest = opened
    sites: list[Site] = [adapter.site for adapter in adapters.values()]
    budget = FileBudget(state_file(os.environ))
    engine = LocalEngine(per_lane=max((a.pace.parallel for a in adapters.values()), default=4))
    net = open_net(sites, contact=asked.config.contact, budget=budget, credentials=accounts)
    try:
        yield Shop(
            catalog=catalog,
            store=LocalStore(asked.library),
            engine=engine,
            net=net,
            harvest=harvest,
            recipe=asked.recipe,
            gates=gates.build(
                asked.recipe.gates, kind=asked.recipe.kind, ratings=asked.recipe.ratings
            ),
            adapters=adapters,
            holder=holder(),
        )
    finally:
        engine.wait(net.aclose())
        engine.close()
        budget.close()
