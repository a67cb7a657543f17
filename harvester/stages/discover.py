"""Asks sites what they have: names first, then walks page by page, sites side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise

from sqlite_utils import Database

from harvester import vocabulary
from harvester.catalog import candidates, harvests, members
from harvester.catalog.harvests import Asked, Walk
from harvester.errors import Blocked, NeedsKey, RecipeError, SiteError, Unexpected, Unreachable
from harvester.gates.minors import clear
from harvester.model import Candidate, Name, Narrow, Page, Query, Request, Ruling, State, Verdict
from harvester.net import ask
from harvester.ports import Resolves, Source
from harvester.recipe import FRAMINGS, folded
from harvester.stages import facts
from harvester.stages.shop import Progress, Shop

SCORE = "20"
"""A post that so many people voted for is worth a walk of its own."""

AGES = (1, 3, 6, 12)
"""Edges, in years before the harvest began, of the date windows that keep old pictures in sight."""

ENDS_A_SITE = (Blocked, NeedsKey, Unreachable)
"""After one of these a site is asked nothing more in this run."""


def resolve(shop: Shop) -> None:
    """Find out what each name of the subject is called on each site, once per harvest."""
    known = harvests.names(shop.catalog, shop.harvest.id)
    unknown: dict[str, tuple[Name, ...]] = {}
    for site, adapter in shop.adapters.items():
        for asked in shop.recipe.tag:
            if (site, asked) in known or site in shop.trouble:
                continue
            offers = _looked_up(shop, adapter, asked)
            name = _settled(offers, asked)
            if name is None:
                unknown[site] = offers
                continue
            harvests.put_name(shop.catalog, shop.harvest.id, site, asked, name)
            known[site, asked] = name
    if unknown and not known:
        raise RecipeError(_nobody_knows(shop, unknown))


def _looked_up(shop: Shop, adapter: Source, asked: str) -> tuple[Name, ...]:
    """What a site offers for a name; the name itself where the family cannot look it up."""
    if not isinstance(adapter, Resolves):
        return (Name(asked, asked=asked),)
    request: Request | None = adapter.resolve(asked)
    while request is not None:
        shop.tell(Progress("names", adapter.site.name, note=asked))
        try:
            page = shop.engine.wait(ask(shop.net, adapter, request))
        except SiteError as error:
            shop.trouble[adapter.site.name] = f"{adapter.site.name}: {error}"
            return (Name(asked, asked=asked),)
        if page.names:
            return page.names
        request = page.follow[0] if page.follow else None
    return ()


def _settled(offers: tuple[Name, ...], asked: str) -> Name | None:
    """The one offer that needs no guessing: the name itself or an alias of it."""
    for offer in offers:
        if offer.how in {"exact", "alias"} or folded(offer.name) == folded(asked):
            return offer
    return None


def _nobody_knows(shop: Shop, unknown: dict[str, tuple[Name, ...]]) -> str:
    sites = ", ".join(unknown)
    names = ", ".join(repr(name) for name in shop.recipe.tag)
    near = dict.fromkeys(offer.name for offers in unknown.values() for offer in offers)
    hint = ", ".join(list(near)[:5])
    advice = f"did you mean {hint}?" if hint else "check the spelling on the site"
    return f"{sites} has no post tagged {names}; {advice}"


def open_walks(shop: Shop) -> None:
    """Every walk the harvest may take through its sites, scarce framings first, the plain one last."""
    names = harvests.names(shop.catalog, shop.harvest.id)
    for site, adapter in shop.adapters.items():
        for asked in shop.recipe.tag:
            name = names.get((site, asked), Name(asked)).name
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
        if walk.site in shop.trouble and walk.state == "open":
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


def widen(shop: Shop, framings: frozenset[str] | None = None) -> bool:
    """Let open walks ask one page more (only those narrowed to `framings`, if given); False when none is open."""
    chosen = [
        walk.id
        for walk in harvests.walks(shop.catalog, shop.harvest.id)
        if _goes_on(shop, walk) and _is_for(walk, framings)
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
    if by_site:
        shop.engine.wait(_side_by_side(shop, by_site))


async def _side_by_side(shop: Shop, by_site: dict[str, list[Walk]]) -> None:
    """What goes wrong beyond a site (a full disk) ends all of them, and is told as the one error it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for site, walks in by_site.items():
                group.create_task(_walk_site(shop, shop.adapters[site], walks))
    except BaseExceptionGroup as several:
        raise several.exceptions[0] from None


async def _walk_site(shop: Shop, adapter: Source, walks: list[Walk]) -> None:
    """One site's walks in order, one request at a time."""
    for walk in walks:
        while asked := harvests.due(shop.catalog, walk):
            try:
                page = await ask(shop.net, adapter, asked.request)
            except SiteError as error:
                if _give_up(shop, walk, error):
                    return
                break
            record(shop, adapter, asked, page)
            count = sum(members.counts(shop.catalog, shop.harvest.id).values())
            shop.tell(Progress("discover", adapter.site.name, done=count, note=_label(walk)))


def _give_up(shop: Shop, walk: Walk, error: SiteError) -> bool:
    """Close a walk for the reason its site gave; True when the whole site is to be left alone."""
    site_is_out = isinstance(error, ENDS_A_SITE)
    told = f"{walk.site}: {error}"
    again = site_is_out or isinstance(error, Unexpected)
    harvests.stop_walk(shop.catalog, walk.id, "stopped" if again else "ended", told)
    if again:
        shop.trouble[walk.site] = told
    return site_is_out


def _label(walk: Walk) -> str:
    narrow = walk.query.narrow
    return f"{narrow.by} {narrow.value}" if narrow else "all posts"


def record(shop: Shop, adapter: Source, asked: Asked, page: Page) -> None:
    """A page's candidates, members and follow-ups in one transaction."""
    family = adapter.site.family
    judged = [(candidate, clear(facts.read(candidate, family))) for candidate in page.candidates]

    def work(db: Database) -> None:
        for candidate, ruling in judged:
            _put(db, shop, (candidate, family), ruling)
        harvests.answered(db, asked, page)

    shop.catalog.write(work, crossing="catalog.page")


def _put(db: Database, shop: Shop, told: tuple[Candidate, str], ruling: Ruling) -> None:
    """One candidate as a member; of what the minors gate refuses only key and ruling are kept."""
    candidate, family = told
    refused = ruling.verdict is Verdict.REJECT
    number = candidates.put(db, candidate, family=family, bare=refused)
    members.add(db, shop.harvest.id, [number])
    if refused:
        move = members.Move(
            number, State.REJECTED, "screen", ruling.reason, ruling.gate, screened=False
        )
        members.move(db, shop.harvest.id, [move])
        members.rule(db, (shop.harvest.id, "screen", shop.harvest.revision), {number: [ruling]})
