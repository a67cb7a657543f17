"""What a person says is no copy of each other: kept for good, and every harvest that has both is settled again at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from sqlite_utils import Database

from harvester.catalog import candidates, distinct, harvests, members
from harvester.catalog.candidates import Known
from harvester.catalog.core import Catalog
from harvester.catalog.distinct import Pair
from harvester.catalog.harvests import Harvest
from harvester.claims import clash, extent
from harvester.config import Config
from harvester.errors import HarvestInUse, UsageError
from harvester.stages.assess import assess
from harvester.stages.changing import Change, changes, to_be_judged
from harvester.stages.explain import known_as
from harvester.stages.opening import offline
from harvester.stages.plan import stock
from harvester.stages.rounds import select
from harvester.stages.settle import settle
from harvester.stages.shop import Shop


@dataclass(frozen=True, slots=True)
class Thing:
    """A picture as it was typed: `name` is its file's SHA-256, SITE:ID where it has no file yet; and who has it."""

    typed: str
    name: str
    known: tuple[Known, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """A harvest that has several of them: what changed, or who is at work on it and will see to it."""

    harvest: int
    subject: str
    changes: tuple[Change, ...]
    selected: int
    busy: str


def things(catalog: Catalog, typed: Sequence[str]) -> list[Thing]:
    """The pictures that were typed; UsageError where one is unknown, is several, or is one file with another."""
    found = [_thing(catalog, one) for one in typed]
    for one, other in combinations(found, 2):
        if why := _one_file(one, other):
            raise UsageError(
                f"{one.typed} and {other.typed} are the same file{why}; there is nothing to tell apart"
            )
    return found


def _thing(catalog: Catalog, typed: str) -> Thing:
    known = known_as(catalog, typed, Path(typed))
    if not known:
        raise UsageError(
            f"the library knows no picture '{typed}'; give a file it wrote, its SHA-256, an address, or SITE:ID"
            " such as danbooru:123"
        )
    names = {one.asset or one.value.key for one in known}
    if len(names) > 1:
        keys = ", ".join(one.value.key for one in known)
        raise UsageError(f"'{typed}' is several pictures: {keys}; say which of them is meant")
    [name] = names
    every = candidates.by_asset(catalog, name) if known[0].asset else known
    return Thing(typed, name, tuple(every))


def _one_file(one: Thing, other: Thing) -> str | None:
    """How two things are one file, as the end of a sentence; None where they are two."""
    if one.name == other.name:
        return f" ({one.name})"
    if all(any(known.asset for known in each.known) for each in (one, other)):
        return None
    for left in one.known:
        for right in other.known:
            mine, theirs = candidates.hashes(left.value), candidates.hashes(right.value)
            same = [kind for kind, value in mine.items() if theirs.get(kind) == value]
            bytewise = [kind for kind in same if kind != "pixel_hash"]
            if bytewise and not clash(extent(left.value), extent(right.value)):
                return f" by the {bytewise[0].upper()} that their sites claim"
    return None


def tell(catalog: Catalog, config: Config, told: Sequence[Thing], *, undo: bool) -> list[Settled]:
    """Keep that these are distinct, or with `undo` take it back, and settle the harvests that have two of them again.

    Killed after it was kept, the next run of each such harvest judges everything again.
    """
    wanted = {_pair(one.name, other.name) for one, other in combinations(told, 2)}
    stored = {pair for pair in distinct.said(catalog) if _of_files(catalog, pair) in wanted}
    if undo and not stored:
        raise UsageError(
            f"it was never said that {_listed(told)} are distinct; `harvest why` shows of a picture what was"
        )
    concerned = _concerned(catalog, told)
    pending = to_be_judged(catalog, concerned)

    def work(db: Database) -> None:
        if undo:
            distinct.unsay(db, stored)
        else:
            distinct.say(db, wanted - {_of_files(catalog, pair) for pair in stored})

    catalog.write(work)
    return [_settled(catalog, config, one, judged=one.id not in pending) for one in concerned]


def _pair(one: str, other: str) -> Pair:
    return (min(one, other), max(one, other))


def _of_files(catalog: Catalog, pair: Pair) -> Pair:
    return _pair(*(distinct.file_of(catalog, name) for name in pair))


def _listed(told: Iterable[Thing]) -> str:
    return " and ".join(one.typed for one in told)


def _concerned(catalog: Catalog, told: Sequence[Thing]) -> list[Harvest]:
    """The harvests that have two of these things."""
    having = [
        {number for known in one.known for number, _ in members.of_candidate(catalog, known.id)}
        for one in told
    ]
    every = sorted(set().union(*having))
    return [
        harvests.get(catalog, number)
        for number in every
        if sum(number in numbers for numbers in having) > 1
    ]


def _settled(catalog: Catalog, config: Config, harvest: Harvest, *, judged: bool) -> Settled:
    try:
        with offline(catalog, harvest, config) as shop:
            before = members.find(catalog, harvest.id)
            selected = _again(shop)
            if judged:
                harvests.judged(catalog, harvest)
            changed = changes(catalog, before, members.find(catalog, harvest.id))
    except HarvestInUse as error:
        present = len(members.selected(catalog, harvest.id))
        return Settled(harvest.id, harvest.subject, (), present, str(error))
    return Settled(harvest.id, harvest.subject, changed, selected, "")


def _again(shop: Shop) -> int:
    """Judge what is stored, group it and choose anew; how many are selected."""
    assess(shop)
    settle(shop, None)
    return select(shop, stock(shop)).size
