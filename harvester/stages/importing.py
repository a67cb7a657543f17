"""Takes all pictures of folders into a harvest, and asks nobody else."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from harvester.catalog import candidates, harvests, members
from harvester.catalog.candidates import Known
from harvester.model import State
from harvester.selection import Selection
from harvester.stages.assess import assess
from harvester.stages.discover import open_walks, widen
from harvester.stages.fetch import fetch
from harvester.stages.limiting import LimitReached
from harvester.stages.plan import stock
from harvester.stages.profiling import know
from harvester.stages.recover import recover
from harvester.stages.rounds import look, rejudge, select, tell_target
from harvester.stages.settle import settle
from harvester.stages.shop import Shop


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one picture of a folder; `kept` is the picture that a duplicate is the same as."""

    key: str
    address: str
    state: State
    by: str
    reason: str
    kept: str | None
    chosen: bool


def take_in(shop: Shop, *, changed: bool) -> Selection:
    """Read the folders to their end, judge every picture, copy what passes, choose anew.

    `changed` is as `rounds.run` knows it. May be killed anywhere; the same call goes on.
    """
    with suppress(LimitReached):
        _take(shop, changed=changed)
    return select(shop, stock(shop))


def taken(shop: Shop) -> list[Taken]:
    """Every picture of the folders and how it stands, by folder and name."""
    present = members.find(shop.catalog, shop.harvest.id)
    kept = candidates.load(shop.catalog, [one.kept for one in present.values() if one.kept])
    found = []
    for one in _ours(shop, "any"):
        member = present[one.id]
        found.append(
            Taken(
                key=one.value.key,
                address=one.value.page_url,
                state=member.state,
                by=member.gate or member.stage,
                reason=member.reason,
                kept=kept[member.kept].value.key if member.kept else None,
                chosen=member.place is not None,
            )
        )
    return sorted(found, key=lambda one: one.key)


def _take(shop: Shop, *, changed: bool) -> None:
    harvests.end(shop.catalog, shop.harvest.id, None, None)
    recover(shop)
    _try_again(shop)
    if know(shop) or changed:
        rejudge(shop)
    open_walks(shop)
    look(shop)
    while widen(shop):
        look(shop)
    tried: set[int] = set()
    while number := _round(shop, tried):
        complete = fetch(shop, number)
        assess(shop)
        settle(shop, number if complete else None)
        tell_target(shop)
        shop.meter.check()
    assess(shop)  # what the library had already was linked without a round
    settle(shop, None)


def _ours(shop: Shop, which: str) -> list[Known]:
    every = candidates.of_harvest(shop.catalog, shop.harvest.id, which)
    return [one for one in every if one.value.site in shop.adapters]


def _try_again(shop: Shop) -> None:
    """What could not be read in an earlier run is tried again; other sites are left as they are."""
    stuck = members.find(shop.catalog, shop.harvest.id, State.BLOCKED, State.WAITING)
    moves = [
        members.Move(one.id, State.WANTED, "screen")
        for one in _ours(shop, "judged")
        if one.id in stuck
    ]
    shop.catalog.write(lambda db: members.move(db, shop.harvest.id, moves))


def _round(shop: Shop, tried: set[int]) -> int:
    """A round of all that is wanted of the folders and was not tried in this run; 0 where nothing is."""
    have = stock(shop)
    ours = {n for n in have.wanted if have.known[n].value.site in shop.adapters} - tried
    tried |= ours
    ranks = [(number, have.scores[number]) for number in have.order(ours)]
    return harvests.open_round(shop.catalog, shop.harvest, ranks) if ranks else 0
