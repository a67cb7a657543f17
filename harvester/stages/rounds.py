"""Drives the stages in rounds until the target is met or nothing is left. Only round ends decide."""

from __future__ import annotations

from contextlib import suppress
from math import inf

from harvester.catalog import candidates, harvests, members
from harvester.gates.relaxing import next_level
from harvester.model import State
from harvester.selection import Selection
from harvester.stages.afresh import judge_afresh
from harvester.stages.assess import assess, outdated
from harvester.stages.categories import learn
from harvester.stages.details import detail
from harvester.stages.discover import open_walks, sweep, widen
from harvester.stages.fetch import fetch
from harvester.stages.folders import judge_changes
from harvester.stages.limiting import LimitReached
from harvester.stages.names import resolve
from harvester.stages.plan import Stock, batch, chosen, full, standing, stock, thin
from harvester.stages.previewing import conclude, preview, spared
from harvester.stages.profiling import know, learn_looks
from harvester.stages.recover import recover
from harvester.stages.screen import screen
from harvester.stages.settle import settle
from harvester.stages.shop import Progress, Shop
from harvester.stages.words import check_words


def run(shop: Shop, *, changed: bool) -> Selection:
    """Collect until the target is met, nothing is left or a limit of this run is reached; the selection.

    `changed` is True until a run has judged everything by the present revision.

    Raises RecipeError when no site knows the name. May be killed anywhere; the same call goes on.
    """
    with suppress(LimitReached):  # the next run goes on with the step that was not begun
        _collect(shop, changed=changed)
    return select(shop, stock(shop))


def _collect(shop: Shop, *, changed: bool) -> None:
    harvests.end(shop.catalog, shop.harvest.id, None, None)
    recover(shop)
    try_again(shop)
    if any((know(shop), outdated(shop), changed)):  # each of them asked
        rejudge(shop)
    resolve(shop)
    check_words(shop)
    open_walks(shop)
    finish_round(shop)
    discover(shop)
    learn_looks(shop)
    judge_stored(shop)
    conclude(shop)
    while (ranks := _next_batch(shop)) is not None:
        if ranks:
            harvests.open_round(shop.catalog, shop.harvest, ranks)
            finish_round(shop)


def _next_batch(shop: Shop) -> list[tuple[int, float]] | None:
    """What the next round takes; empty after a loosening of thresholds, None when all is done.

    What passes strictly is collected to its end before anything that needs a loosened threshold.
    """
    have = _supplied(shop)
    for level in range(shop.level + 1):
        part = have.upto(level)
        if ranks := batch(shop, part):
            return ranks
        if chosen(shop, part).size >= shop.recipe.target:
            return None
    return [] if loosen(shop) else None


def try_again(shop: Shop) -> None:
    """What a site's trouble stopped in an earlier run is tried again by this one."""
    harvests.reopen_walks(shop.catalog, shop.harvest.id)
    stuck = members.find(shop.catalog, shop.harvest.id, State.BLOCKED, State.WAITING)
    moves = [members.Move(number, State.WANTED, "screen") for number in stuck]
    shop.catalog.write(lambda db: members.move(db, shop.harvest.id, moves))


def rejudge(shop: Shop) -> None:
    """A new revision: every member judged afresh from stored facts, without network."""
    harvests.drop_round(shop.catalog, shop.harvest.id)
    judge_afresh(shop, candidates.of_harvest(shop.catalog, shop.harvest.id, "judged"))
    harvests.judged(shop.catalog, shop.harvest)


def judge_stored(shop: Shop) -> None:
    """Judge the files that the library had already, for which no round may be needed at all."""
    if members.find(shop.catalog, shop.harvest.id, State.FETCHED):
        assess(shop)
        settle(shop, None)


def loosen(shop: Shop) -> bool:
    """With `--relax`, take its next step and judge by it what was rejected; False when none is left."""
    level = next_level(shop.gates, shop.level) if shop.recipe.relax else None
    if level is None:
        return False
    harvests.relax(shop.catalog, shop.harvest, level)
    shop.level = level
    judge_afresh(shop, candidates.of_harvest(shop.catalog, shop.harvest.id, "rejected"))
    harvests.judged(shop.catalog, shop.harvest)
    return True


def discover(shop: Shop) -> None:
    """Look at as many candidates as the target asks for, or at all there are; no walk for a framing that is full."""
    wanted = shop.recipe.pool * shop.recipe.target or inf
    while True:
        look(shop)
        passing = members.passing(shop.catalog, shop.harvest.id)
        if passing.total() >= wanted or not widen(shop, but=full(shop, passing)):
            return


def look(shop: Shop) -> None:
    """Ask the pages that are due and judge what they bring. Raises LimitReached when that is a limit's end."""
    sweep(shop)
    found = candidates.of_harvest(shop.catalog, shop.harvest.id, "found")
    learn(shop, found)
    screen(shop, found)
    judge_changes(shop)
    shop.meter.check()


def _supplied(shop: Shop) -> Stock:
    """What there is, after following the walks of framings that are missing and thin on strict supply."""
    have = stock(shop)
    while (framings := thin(shop, have.upto(0))) and widen(shop, framings):
        look(shop)
        have = stock(shop)
    strict = have.upto(0)
    if not strict.wanted and standing(shop, strict).size < shop.recipe.target:
        while not have.upto(0).wanted and widen(shop):
            look(shop)
            have = stock(shop)
    return have


def finish_round(shop: Shop) -> None:
    """Bring the open round, if there is one, to its end, or as far as the limits of this run let it."""
    open_ = [r for r in harvests.rounds(shop.catalog, shop.harvest.id) if r.state == "open"]
    for item in open_:
        detail(shop, item.number)
        complete = bring(shop, item.number)
        assess(shop)
        settle(shop, item.number if complete else None)
    tell_target(shop)
    shop.meter.check()


def bring(shop: Shop, number: int) -> bool:
    """Fetch a round's originals; those that a preview may spare last, beside what they may be copies of.

    False when a limit of this run left some of them for the next one.
    """
    if waiting := spared(shop, number):
        fetch(shop, number, but=waiting)
        assess(shop)
        settle(shop, None)
        preview(shop, waiting)
    return fetch(shop, number)


def tell_target(shop: Shop) -> None:
    """Say how many accepted, distinct pictures there are of those wished for."""
    accepted = members.counts(shop.catalog, shop.harvest.id).get(State.ACCEPTED, 0)
    shop.tell(Progress("target", done=accepted, total=shop.recipe.target))


def select(shop: Shop, have: Stock) -> Selection:
    """Choose for good: places that no framing can fill any more go to the others."""
    selection = chosen(shop, have)
    shop.catalog.write(
        lambda db: members.place(db, shop.harvest.id, selection.chosen, selection.out),
        crossing="catalog.selected",
    )
    return selection
