"""Learns what kind of tag each tag is, where lists do not say: in batches, once for a library."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import chain

from harvester import gates
from harvester.catalog import tags
from harvester.catalog.candidates import Known
from harvester.catalog.core import Catalog
from harvester.errors import SiteError
from harvester.gates.relaxing import passes_at
from harvester.model import Candidate, Tag
from harvester.net import ask
from harvester.ports import NamesTags
from harvester.stages import facts
from harvester.stages.shop import Progress, Shop


def learn(shop: Shop, found: Iterable[Known]) -> None:
    """Ask sites for the categories of tags that these candidates carry, if their claims let them through.

    A site that cannot tell them in batches, or is in trouble, leaves them unknown.
    """
    able = {s: a for s, a in shop.adapters.items() if isinstance(a, NamesTags) and a.batch > 1}
    unclear = [one for one in found if one.value.site in able and facts.uncategorised(one.value)]
    missing = _missing(shop, _hopeful(shop, unclear))
    shop.together(_ask_site(shop, site, able[site], names) for site, names in missing.items())


def untold(catalog: Catalog, candidate: Candidate) -> bool:
    """Whether the library does not know yet what kind some tag of this candidate is."""
    names = facts.uncategorised(candidate)
    return len(tags.find(catalog, candidate.site, names)) < len({*names})


def _hopeful(shop: Shop, present: Collection[Known]) -> Iterable[Known]:
    """Those that the gates would let through as they stand; the tags of the others are worth no request."""
    told = facts.of(shop.catalog, (one for one in present if not one.bare))
    for one in present:
        if one.bare:
            continue
        given = tuple(gates.judge(shop.gates, told[one.id]))
        if passes_at(shop.gates, told[one.id], given, level=shop.level) is not None:
            yield one


def _missing(shop: Shop, present: Iterable[Known]) -> dict[str, list[str]]:
    """Tags by site that nobody asked about yet."""
    by_site: dict[str, set[str]] = {}
    for one in present:
        by_site.setdefault(one.value.site, set()).update(facts.uncategorised(one.value))
    left = {
        site: sorted(names - tags.find(shop.catalog, site, names).keys())
        for site, names in by_site.items()
        if site not in shop.trouble and site not in shop.mute
    }
    return {site: names for site, names in left.items() if names}


async def _ask_site(shop: Shop, site: str, adapter: NamesTags, names: list[str]) -> None:
    for done in range(0, len(names), adapter.batch):
        some = names[done : done + adapter.batch]
        if shop.meter.reached:
            return
        shop.tell(Progress("tags", site, done, len(names)))
        try:
            page = await ask(shop.net, shop.adapters[site], adapter.tags(some))
        except SiteError as error:
            shop.tell(Progress("tags", site, done, len(names), note=str(error)))
            shop.mute.add(site)
            return
        told = {tag.name: tag for tag in page.tags}
        # A tag the site does not list is remembered as well: it would not be told the next time either.
        rest = [Tag(name, "unknown", 0) for name in some if name not in told]
        tags.put(shop.catalog, site, chain(told.values(), rest))
