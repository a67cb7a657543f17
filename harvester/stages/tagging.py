"""Tags for a person to look at: those a site has, and those of a selection."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harvester import vocabulary
from harvester.catalog import candidates, members
from harvester.catalog.core import Catalog
from harvester.catalog.harvests import Harvest
from harvester.errors import Gone, QueryRefused, SiteError
from harvester.model import Tag
from harvester.net import FileBudget, Net, Waiting, ask, open_net, state_file
from harvester.ports import NamesTags, Source
from harvester.stages import facts
from harvester.stages.accounts import accounts


@dataclass(frozen=True, slots=True)
class Found:
    """Tags of one site that begin with what was looked for, the most used first; `trouble` says why there are none."""

    site: str
    tags: tuple[Tag, ...] = ()
    trouble: str = ""


def search(
    adapters: Sequence[Source], begins: str, *, contact: str, waiting: Waiting
) -> list[Found]:
    """Ask each site once for its tags that begin so. Nothing is kept; no library is needed."""
    if refused := vocabulary.forbidden(begins):
        raise QueryRefused(f"{begins}: {refused}; this program never asks for it")
    signed = accounts(adapters)
    budget = FileBudget(state_file(os.environ))
    budget.waiting = waiting

    async def asked() -> list[Found]:
        sites = [adapter.site for adapter in adapters]
        net = open_net(sites, contact=contact, budget=budget, credentials=signed)
        net.waiting = waiting
        try:
            return [*await asyncio.gather(*(_of(net, one, begins) for one in adapters))]
        finally:
            await net.aclose()

    try:
        return asyncio.run(asked())
    finally:
        budget.close()


async def _of(net: Net, adapter: Source, begins: str) -> Found:
    name = adapter.site.name
    if not isinstance(adapter, NamesTags):
        return Found(name, trouble=f"{name} has no list of tags that could be searched")
    try:
        page = await ask(net, adapter, adapter.tags([f"{begins}*"]))
    except Gone:
        return Found(name)
    except SiteError as error:
        return Found(name, trouble=f"{name}: {error}")
    told = [tag for tag in page.tags if not vocabulary.forbidden(tag.name)]
    return Found(name, tuple(sorted(told, key=lambda tag: (-(tag.count or 0), tag.name))))


def of_selection(catalog: Catalog, harvest: Harvest) -> Mapping[str, Mapping[str, int]]:
    """How many of the selected pictures carry each tag, by category, the most common first."""
    chosen = [member.candidate for member in members.selected(catalog, harvest.id)]
    known = facts.of(catalog, candidates.load(catalog, chosen).values())
    counts: dict[str, Counter[str]] = {}
    for told in known.values():
        for category, names in (told.tags or {}).items():
            counts.setdefault(category, Counter()).update({*names})
    return {
        category: dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))
        for category, counted in sorted(counts.items())
    }
