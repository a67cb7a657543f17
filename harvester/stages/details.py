"""Asks posts by themselves: for what a list left out, and for a file's new address."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from sqlite_utils import Database

from harvester.catalog import candidates, members, tags
from harvester.catalog.candidates import Known
from harvester.catalog.members import Move
from harvester.errors import Busy, Gone, SiteError
from harvester.gates.minors import clear
from harvester.model import Page, Request, State, Verdict
from harvester.net import ask
from harvester.ports import Details, Source
from harvester.stages import categories, facts
from harvester.stages.discover import ENDS_A_SITE, take
from harvester.stages.screen import judge_claims, same_bytes
from harvester.stages.shop import Progress, Shop

Needed = Callable[[Shop, Known], bool]

STEPS = 3
"""So many questions are asked about one post: of a page about a picture, in a browser too, and of its larger copy."""


def detail(shop: Shop, number: int) -> None:
    """Complete what is wanted of a round, in its order, and judge again what is known anew.

    A post that is no more ends as *gone*. Where only tags are missing, a picture does without them when
    its site cannot tell.
    """
    present = members.of_round(shop.catalog, shop.harvest.id, number)
    wanted = [c for c, member in present.items() if member.state is State.WANTED]
    known = candidates.load(shop.catalog, wanted)
    _ask_all(shop, [known[one] for one in wanted], _is_lacking)
    judge_anew(shop)


def renew(shop: Shop, lost: Iterable[Known]) -> frozenset[int]:
    """Ask, once in a run, for the present address of files that are not where a list said they are.

    Returns those that lie elsewhere now.
    """
    before = {one.id: one for one in map(_without_address, lost)}
    shop.renewed.update(before)
    _ask_all(shop, list(before.values()), lambda shop, one: True)
    after = candidates.load(shop.catalog, list(before))
    judge_anew(shop)
    return frozenset(n for n, one in after.items() if _addresses(one) - _addresses(before[n]))


def judge_anew(shop: Shop) -> None:
    """Judge wanted members again of which something became known since they were judged."""
    changed = candidates.of_harvest(shop.catalog, shop.harvest.id, "changed")
    if changed:
        judge_claims(shop, changed)
        same_bytes(shop)


def _without_address(one: Known) -> Known:
    """A family may ask elsewhere for an address than for tags."""
    return replace(one, value=replace(one.value, incomplete=one.value.incomplete | {"url"}))


def _is_lacking(shop: Shop, one: Known) -> bool:
    missing = one.value.incomplete
    if not missing or not isinstance(shop.adapters.get(one.value.site), Details):
        return False
    return missing != {"tags"} or categories.untold(shop.catalog, one.value)


def _addresses(one: Known) -> set[str]:
    return {*one.value.original.urls} if one.value.original else set()


def _ask_all(shop: Shop, present: list[Known], needed: Needed) -> None:
    """Ask for the posts that need it; sites side by side."""
    by_site: dict[str, list[Known]] = {}
    for one in present:
        if one.value.site in shop.adapters and needed(shop, one):
            by_site.setdefault(one.value.site, []).append(one)
    shop.together(_ask_site(shop, site, listed, needed) for site, listed in by_site.items())


async def _ask_site(shop: Shop, site: str, present: list[Known], needed: Needed) -> None:
    """One site's posts in order, one request at a time, as long as the run's limits let it."""
    adapter = shop.adapters[site]
    for done, one in enumerate(present):
        if shop.meter.reached or site in shop.trouble or not isinstance(adapter, Details):
            return
        if not needed(shop, one):
            continue  # a post before it told what its tags are
        shop.tell(Progress("detail", site, done, len(present)))
        try:
            await _ask_post(shop, adapter, one, adapter.detail(one.value))
        except SiteError as error:
            _without(shop, one, error)


async def _ask_post(shop: Shop, adapter: Source, one: Known, request: Request) -> None:
    """One post, step by step where a reply leads on to the next question; no further once it must not be asked for."""
    for _ in range(STEPS):
        page = await ask(shop.net, adapter, request)
        complete(shop, one, page)
        refused = (clear(facts.read(found, one.family)) for found in page.candidates)
        if not page.follow or any(ruling.verdict is Verdict.REJECT for ruling in refused):
            return
        request = page.follow[0]


def _without(shop: Shop, one: Known, error: SiteError) -> None:
    """What becomes of a picture whose post could not be asked for."""
    site = one.value.site
    if isinstance(error, ENDS_A_SITE):
        shop.trouble[site] = f"{site}: {error}"
        return
    if isinstance(error, Gone):
        state = State.GONE
    elif "url" in one.value.incomplete:
        state = State.WAITING if isinstance(error, Busy) else State.FAILED
    else:
        return
    move = Move(one.id, state, "detail", str(error))
    shop.catalog.write(lambda db: members.move(db, shop.harvest.id, [move]))


def complete(shop: Shop, one: Known, page: Page) -> None:
    """What a post says of itself, and of the tags it has."""
    if page.tags:
        tags.put(shop.catalog, one.value.site, page.tags)
    told = [found for found in page.candidates if found.key == one.value.key]

    def work(db: Database) -> None:
        for found in told:
            take(db, shop, found, one.family)

    shop.catalog.write(work, crossing="catalog.detail")
