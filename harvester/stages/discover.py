"""Asks sites what they have, walk by walk and page by page, sites side by side."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise

from sqlite_utils import Database

from harvester import vocabulary
from harvester.catalog import candidates, harvests, members
from harvester.catalog.harvests import Asked, Walk
from harvester.errors import (
    Blocked,
    Busy,
    Disallowed,
    NeedsBrowser,
    NeedsKey,
    Refused,
    SiteError,
    Unexpected,
    Unreachable,
)
from harvester.folders import is_folder
from harvester.gates.minors import clear
from harvester.model import Candidate, Narrow, Page, Query, State, Verdict
from harvester.net import ask
from harvester.ports import Source
from harvester.recipe import FRAMINGS
from harvester.stages import facts, folders
from harvester.stages.names import walked
from harvester.stages.shop import Progress, Shop

SCORE = "20"
"""A post that so many people voted for is worth a walk of its own."""

AGES = (1, 3, 6, 12)
"""Edges, in years before the harvest began, of the date windows that keep old pictures in sight."""

ENDS_A_SITE = (Blocked, NeedsBrowser, NeedsKey, Unreachable)
"""After one of these a site is asked nothing more in this run."""


def open_walks(shop: Shop) -> None:
    """Every walk the harvest may take through its sites, scarce framings first, the plain one last.

    A walk after a name that the subject no longer goes by is left, and taken up when it does again.
    """
    names = walked(shop)
    for site, adapter in shop.adapters.items():
        if is_folder(adapter.site.url):
            folders.read_anew(shop, adapter)
            continue
        for name in names[site]:
            for narrow in _narrowings(shop, adapter):
                query = Query(
                    names=(name,),
                    want=shop.recipe.want,
                    avoid=shop.recipe.avoid,
                    ratings=frozenset(shop.recipe.ratings),
                    narrow=narrow,
                )
                harvests.open_walk(shop.catalog, shop.harvest.id, query, adapter.search(query))
    for walk in harvests.walks(shop.catalog, shop.harvest.id):
        is_meant = {*walk.query.names} <= {*names.get(walk.site, ())}
        if walk.site in names and walk.state == ("left" if is_meant else "open"):
            state, reason = (
                ("open", "") if is_meant else ("left", "the subject goes by another name")
            )
            harvests.stop_walk(shop.catalog, walk.id, state, reason)
        if walk.site in shop.trouble and is_meant and walk.state in {"open", "left"}:
            harvests.stop_walk(shop.catalog, walk.id, "stopped", shop.trouble[walk.site])


def _narrowings(shop: Shop, adapter: Source) -> Iterable[Narrow | None]:
    family = adapter.site.family
    if "framing" in adapter.narrows and shop.recipe.kind == "character":
        for framing in FRAMINGS:
            words = vocabulary.terms(family, "framing", framing.value)
            if shop.recipe.mix.share(framing) and words:
                yield Narrow("framing", framing.value, words[:1])
    if "official" in adapter.narrows and (words := vocabulary.terms(family, "official", "")):
        yield Narrow("official", words[0], words[:1])
    if "score" in adapter.narrows:
        yield Narrow("score", SCORE)
    if "dates" in adapter.narrows:
        year = datetime.fromtimestamp(shop.harvest.created, UTC).year
        for young, old in pairwise(AGES):
            yield Narrow("dates", f"{year - old}-01-01..{year - young - 1}-12-31")
    yield None


def widen(
    shop: Shop, framings: frozenset[str] | None = None, *, but: frozenset[str] = frozenset()
) -> bool:
    """Let open walks ask one page more (only those narrowed to `framings`, if given); False when none is open.

    Walks narrowed to a framing in `but` stay where they are.
    """
    chosen = [
        walk.id
        for walk in harvests.walks(shop.catalog, shop.harvest.id)
        if _goes_on(shop, walk) and _is_for(walk, framings) and not (but and _is_for(walk, but))
    ]
    harvests.deepen(shop.catalog, chosen)
    return bool(chosen)


def _goes_on(shop: Shop, walk: Walk) -> bool:
    return walk.state == "open" and walk.site in shop.adapters and walk.site not in shop.trouble


def _is_for(walk: Walk, framings: frozenset[str] | None) -> bool:
    if framings is None:
        return True
    narrow = walk.query.narrow
    return narrow is not None and narrow.by == "framing" and narrow.value in framings


def sweep(shop: Shop) -> None:
    """Ask every page that the walks may ask and have not."""
    by_site: dict[str, list[Walk]] = {}
    for walk in harvests.walks(shop.catalog, shop.harvest.id):
        if _goes_on(shop, walk):
            by_site.setdefault(walk.site, []).append(walk)
    shop.together(_walk_site(shop, shop.adapters[site], walks) for site, walks in by_site.items())


async def _walk_site(shop: Shop, adapter: Source, walks: list[Walk]) -> None:
    """One site's walks in order, one request at a time, as long as the run's limits let it."""
    for walk in walks:
        while asked := harvests.due(shop.catalog, walk):
            if shop.meter.reached:
                return
            try:
                page = await ask(shop.net, adapter, asked.request)
            except SiteError as error:
                if _give_up(shop, walk, asked, error):
                    return
                break
            record(shop, adapter, asked, page)
            if page.names:
                shop.starts.setdefault(walk.site, []).extend(page.names)
            count = sum(members.counts(shop.catalog, shop.harvest.id).values())
            shop.tell(Progress("discover", adapter.site.name, done=count, note=_label(walk)))


def _give_up(shop: Shop, walk: Walk, asked: Asked, error: SiteError) -> bool:
    """Close a walk for the reason its site gave; True when the whole site is to be left alone.

    A narrowed walk that a site refuses is one way less; a plain one that it refuses has to be told. A page further
    on that robots.txt forbids ends the walk, and what was found before it may be had.
    """
    site_is_out = isinstance(error, ENDS_A_SITE)
    told = f"{walk.site}: {error}"
    again = site_is_out or isinstance(error, Unexpected | Busy)
    again = again or (isinstance(error, Refused) and walk.query.narrow is None)
    harvests.stop_walk(shop.catalog, walk.id, "stopped" if again else "ended", told)
    if again and not (isinstance(error, Disallowed) and asked.depth):
        shop.trouble[walk.site] = told
    return site_is_out


def _label(walk: Walk) -> str:
    narrow = walk.query.narrow
    return f"{narrow.by} {narrow.value}" if narrow else "all posts"


def record(shop: Shop, adapter: Source, asked: Asked, page: Page) -> None:
    """A page's candidates, members and follow-ups in one transaction."""

    def work(db: Database) -> None:
        for candidate in page.candidates:
            take(db, shop, candidate, adapter.site.family)
        harvests.answered(db, asked, page)
        if is_folder(adapter.site.url):
            folders.back_again(db, shop, adapter.site.name, (c.post_id for c in page.candidates))

    shop.catalog.write(work, crossing="catalog.page")


def take(db: Database, shop: Shop, candidate: Candidate, family: str) -> None:
    """One candidate as a member; of what the minors gate refuses only key and ruling are kept."""
    ruling = clear(facts.read(candidate, family))
    refused = ruling.verdict is Verdict.REJECT
    number = candidates.put(db, candidate, family=family, bare=refused)
    members.add(db, shop.harvest.id, [number])
    if refused:
        move = members.Move(
            number, State.REJECTED, "screen", ruling.reason, ruling.gate, screened=False
        )
        members.move(db, shop.harvest.id, [move])
        members.rule(db, (shop.harvest.id, "screen", shop.harvest.revision), {number: [ruling]})
