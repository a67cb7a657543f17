"""Drives the stages in rounds until the target is met or nothing is left. Only round ends decide."""

from __future__ import annotations

from harvester.catalog import candidates, harvests, members
from harvester.model import State
from harvester.selection import Selection
from harvester.stages.assess import assess
from harvester.stages.discover import open_walks, resolve, sweep, widen
from harvester.stages.fetch import fetch
from harvester.stages.plan import Stock, batch, chosen, hopeful, stock, thin
from harvester.stages.recover import recover
from harvester.stages.screen import judge_claims, same_bytes, screen
from harvester.stages.settle import settle
from harvester.stages.shop import Shop

POOL = 8
"""How many candidates that pass the screen are looked for, per picture of the target, before any is fetched."""


def run(shop: Shop, *, changed: bool) -> Selection:
    """Collect until the target is met or nothing is left; the selection.

    `changed` is True until a run has judged everything by the present revision.

    Raises RecipeError when no site knows the name. May be killed anywhere; the same call goes on.
    """
    harvests.end(shop.catalog, shop.harvest.id, None, None)
    recover(shop)
    try_again(shop)
    if changed:
        rejudge(shop)
    resolve(shop)
    open_walks(shop)
    finish_round(shop)
    discover(shop)
    while (have := _supplied(shop)) and (ranks := batch(shop, have)):
        harvests.open_round(shop.catalog, shop.harvest, ranks)
        finish_round(shop)
    return select(shop, have)


def try_again(shop: Shop) -> None:
    """What a site's trouble stopped in an earlier run is tried again by this one."""
    harvests.reopen_walks(shop.catalog, shop.harvest.id)
    stuck = members.find(shop.catalog, shop.harvest.id, State.BLOCKED, State.WAITING)
    moves = [members.Move(number, State.WANTED, "screen") for number in stuck]
    shop.catalog.write(lambda db: members.move(db, shop.harvest.id, moves))


def rejudge(shop: Shop) -> None:
    """A new revision: every member judged afresh from stored facts, without network."""
    harvests.drop_round(shop.catalog, shop.harvest.id)
    everyone = candidates.of_harvest(shop.catalog, shop.harvest.id, "judged")
    judge_claims(shop, everyone)
    same_bytes(shop)
    assess(shop)
    settle(shop, None)
    harvests.judged(shop.catalog, shop.harvest)


def discover(shop: Shop) -> None:
    """Look at as many candidates as the target asks for, or at all there are."""
    while True:
        sweep(shop)
        screen(shop)
        enough = sum(members.passing(shop.catalog, shop.harvest.id).values())
        if enough >= POOL * shop.recipe.target or not widen(shop):
            return


def _supplied(shop: Shop) -> Stock:
    """What there is, after following the walks of framings that are missing and thin on supply."""
    have = stock(shop)
    while (framings := thin(shop, have)) and widen(shop, framings):
        sweep(shop)
        screen(shop)
        have = stock(shop)
    if not have.wanted and chosen(shop, have, hopeful(shop, have)).size < shop.recipe.target:
        while not have.wanted and widen(shop):
            sweep(shop)
            screen(shop)
            have = stock(shop)
    return have


def finish_round(shop: Shop) -> None:
    """Bring the open round, if there is one, to its end."""
    open_ = [r for r in harvests.rounds(shop.catalog, shop.harvest.id) if r.state == "open"]
    for item in open_:
        fetch(shop, item.number)
        assess(shop)
        settle(shop, item.number)


def select(shop: Shop, have: Stock) -> Selection:
    """Choose for good: places that no framing can fill any more go to the others."""
    selection = chosen(shop, have)
    shop.catalog.write(
        lambda db: members.place(db, shop.harvest.id, selection.chosen, selection.out),
        crossing="catalog.selected",
    )
    return selection
