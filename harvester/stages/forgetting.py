"""What a person has removed: its files go, no harvest keeps it, and no run brings it in again; until it is taken back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from sqlite_utils import Database

from harvester import boundary
from harvester.catalog import (
    candidates,
    distinct,
    files,
    harvests,
    history,
    members,
    previews,
    tombstones,
)
from harvester.catalog.candidates import Known
from harvester.catalog.core import Catalog
from harvester.catalog.files import Whole
from harvester.catalog.tombstones import ARTIST, KEY, Name, Tombstone
from harvester.config import Config
from harvester.errors import UsageError
from harvester.net import discard
from harvester.recipe import folded
from harvester.stages import facts
from harvester.stages.afresh import judge_afresh
from harvester.stages.changing import Change, changes, to_be_judged
from harvester.stages.deliver import folder_of
from harvester.stages.explain import digest, known_as
from harvester.stages.handing_over import take_out
from harvester.stages.opening import offline
from harvester.stages.plan import stock
from harvester.stages.rounds import select
from harvester.stages.shop import Shop
from harvester.store.local import LocalStore


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be removed: a picture by its key, or an artist; all candidates that are it, and by what they are known."""

    told: str
    known: tuple[Known, ...]
    names: frozenset[Name]


@dataclass(frozen=True, slots=True)
class Affected:
    """A harvest that had some of it: what changed, how many are selected now, its own folder if that was written anew."""

    harvest: int
    subject: str
    changes: tuple[Change, ...]
    selected: int
    folder: Path | None


@dataclass(frozen=True, slots=True)
class Left:
    """A folder that an export wrote elsewhere and that holds something of it, and the command that writes it anew."""

    folder: str
    pictures: tuple[str, ...]
    again: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it all."""

    told: tuple[str, ...]
    keys: tuple[str, ...]
    files: int
    bytes: int
    harvests: tuple[Affected, ...]
    left: tuple[Left, ...]


def targets(catalog: Catalog, typed: Sequence[str]) -> list[Target]:
    """What was typed; UsageError where the library knows no such picture and nobody of that name."""
    return [_with_what_was_said(catalog, _target(catalog, one)) for one in typed]


def _target(catalog: Catalog, typed: str) -> Target:
    if named := known_as(catalog, typed, Path(typed)):
        return _whole(catalog, min(named, key=lambda one: one.id).value.key, named)
    name = (ARTIST, folded(typed))
    made = _made_by(catalog, name[1])
    if not made and name not in tombstones.of(catalog, {name}):
        raise UsageError(
            f"the library knows no picture and no artist '{typed}'; give SITE:ID such as danbooru:123, a file it wrote,"
            " its SHA-256, an address, or an artist's name as sites spell it"
        )
    found = _whole(catalog, name[1], made)
    return replace(found, names=found.names | {name})


def _made_by(catalog: Catalog, artist: str) -> list[Known]:
    """Everything of which a site says that it is by somebody, by the folded name."""
    some = candidates.mentioning(catalog, artist)
    laid = facts.of(catalog, some)
    return [one for one in some if (ARTIST, artist) in facts.makers([one], laid[one.id])]


def _with_what_was_said(catalog: Catalog, found: Target) -> Target:
    """With all that was removed together with it before: a try that was killed may have parted them since."""
    said = set(tombstones.of(catalog, found.names).values())
    known = {one.id: one for one in (*found.known, *_keyed(catalog, said))}
    return Target(found.told, tuple(known.values()), found.names)


def _keyed(catalog: Catalog, said: Iterable[Tombstone]) -> list[Known]:
    """The candidates that were removed by their keys."""
    keys = [key.partition(":") for one in said for key in one.keys]
    found = [candidates.by_key(catalog, site, post) for site, _, post in keys]
    return [one for one in found if one is not None]


def _whole(catalog: Catalog, told: str, named: Sequence[Known]) -> Target:
    """These with all that are the same pictures: by hashes, by their file, and by their looks."""
    apart = distinct.every(catalog)
    mine = {name for one in named for name in distinct.names(one)}
    found, todo = {one.id: one for one in named}, {one.id for one in named}
    others: dict[int, Known] = {}
    while todo:
        some = [found[number] for number in todo]
        near = {one.id: one for one in _same(catalog, some) if one.id not in found}
        others |= {
            n: one for n, one in near.items() if distinct.held(apart, mine, distinct.names(one))
        }
        todo = near.keys() - others.keys()
        found |= {number: near[number] for number in todo}
    # a hash that something else has as well, which a person told apart, names neither
    names = frozenset().union(*tombstones.names_of(catalog, found.values()).values())
    names -= frozenset().union(*tombstones.names_of(catalog, others.values()).values())
    return Target(told, tuple(found.values()), names)


def _same(catalog: Catalog, some: Iterable[Known]) -> Iterable[Known]:
    """Whatever hashes, bytes or looks make one picture with these."""
    some = list(some)
    for same in candidates.siblings(catalog, (one.picture for one in some)).values():
        yield from same
    for asset in sorted({one.asset for one in some if one.asset}):
        yield from candidates.by_asset(catalog, asset)
    alike = members.grouped(catalog, (one.id for one in some))
    yield from candidates.load(catalog, sorted(alike)).values()


def forget(catalog: Catalog, config: Config, found: Sequence[Target]) -> Outcome:
    """Block these for good, judge the harvests that have them again, and delete their files.

    HarvestInUse where somebody is at work on such a harvest, before anything is changed. Killed at any instant, the same
    command again ends it; what was typed is blocked from its first moment on.
    """
    known = {one.id: one for target in found for one in target.known}
    library = catalog.path.parent
    with ExitStack() as opened:
        shops = _shops(catalog, config, known, opened)
        pending = to_be_judged(catalog, [shop.harvest for shop in shops])

        def lay(db: Database) -> None:
            for target in found:
                tombstones.lay(db, target.told, target.names)

        catalog.write(lay)
        boundary.cross("forget.laid")
        affected = [_affected(shop, known, library) for shop in shops]
        _judged(catalog, shops, pending)
        boundary.cross("forget.ruled")
        names = {name for target in found for name in target.names}
        laid = set(tombstones.of(catalog, names).values())
        gone = _removed(catalog, library, known, {name for one in laid for name in one.names})
    told = tuple(target.told for target in found)
    keys = tuple(sorted(one.value.key for one in known.values()))
    left = tuple(each for shop in shops for each in _left(shop, library, keys))
    weight = sum(whole.bytes for whole in gone)
    return Outcome(told, keys, len(gone), weight, tuple(affected), left)


def recall(catalog: Catalog, config: Config, typed: Sequence[str]) -> Outcome:
    """Take back what was said of these, and judge again what it kept out; their files are fetched by the next run."""
    words = {one.word: one for text in typed for one in _said(catalog, text)}
    known = {one.id: one for one in _keyed(catalog, words.values())}
    for one in words.values():
        for kind, name in one.names:
            if kind == ARTIST:
                known |= {each.id: each for each in _made_by(catalog, name)}
    with ExitStack() as opened:
        shops = _shops(catalog, config, known, opened)
        pending = to_be_judged(catalog, [shop.harvest for shop in shops])
        catalog.write(lambda db: tombstones.lift(db, words))
        affected = [_affected(shop, known, catalog.path.parent) for shop in shops]
        _judged(catalog, shops, pending)
    told = tuple(one.told for one in words.values())
    keys = sorted({key for one in words.values() for key in one.keys})
    return Outcome(told, tuple(keys), 0, 0, tuple(affected), ())


def _said(catalog: Catalog, typed: str) -> list[Tombstone]:
    """What was said of something as it was typed: a key, a hash, a file, an artist; UsageError where nothing was."""
    path = Path(typed)
    names: set[Name] = {(KEY, typed), (ARTIST, folded(typed)), ("sha256", typed.lower())}
    if path.is_file():
        names.add(("sha256", digest(path)))
    names |= {(KEY, one.value.key) for one in known_as(catalog, typed, path)}
    if found := set(tombstones.of(catalog, names).values()):
        return sorted(found, key=lambda one: one.word)
    raise UsageError(f"'{typed}' was never removed; `harvest forget` without a name lists what was")


def _shops(
    catalog: Catalog, config: Config, known: Collection[int], opened: ExitStack
) -> list[Shop]:
    """Every harvest that has one of these, held until all is done."""
    having = {number for one in known for number, _ in members.of_candidate(catalog, one)}
    return [
        opened.enter_context(offline(catalog, harvests.get(catalog, number), config))
        for number in sorted(having)
    ]


def _judged(catalog: Catalog, shops: Iterable[Shop], pending: Collection[int]) -> None:
    for shop in shops:
        if shop.harvest.id not in pending:
            harvests.judged(catalog, shop.harvest)


def _affected(shop: Shop, known: dict[int, Known], library: Path) -> Affected:
    """Judge these again in a harvest, and with them what they were grouped with; choose and hand over anew."""
    before = members.find(shop.catalog, shop.harvest.id)
    judge_afresh(shop, [one for number, one in known.items() if number in before])
    selected = select(shop, stock(shop)).size
    changed = changes(shop.catalog, before, members.find(shop.catalog, shop.harvest.id))
    return Affected(
        shop.harvest.id, shop.harvest.subject, changed, selected, take_out(shop, library)
    )


def _removed(
    catalog: Catalog, library: Path, known: dict[int, Known], names: Collection[Name]
) -> list[Whole]:
    """Delete the files of these, what was measured of them, their previews, and what was half downloaded."""
    store = LocalStore(library)
    gone = files.some(catalog, {one.asset for one in known.values() if one.asset})

    def work(db: Database) -> None:
        for sha256 in gone:
            files.forget(db, sha256)
        previews.forget(db, known)
        files.release(db, known)

    catalog.write(work)
    boundary.cross("forget.dropped")
    # also what an earlier try dropped from the catalog, and was killed before it deleted it
    named = {value for kind, value in names if kind == "sha256"}
    for sha256 in (*gone, *sorted(named - files.some(catalog, named).keys())):
        store.erase(sha256)
    for one in known.values():
        discard(store.part(one.value.key))
    boundary.cross("forget.removed")
    return list(gone.values())


def _left(shop: Shop, library: Path, keys: Collection[str]) -> Iterable[Left]:
    """Exports elsewhere that still hold some of these pictures."""
    harvest = shop.harvest.id
    own = str(folder_of(library, shop.harvest).resolve())
    folders = {one.folder: one.format for one in history.exports(shop.catalog, harvest)}
    for folder, form in folders.items():
        last = history.exported(shop.catalog, harvest, folder)[-1]
        holding = tuple(key for key in last if key in keys)
        if holding and folder != own and Path(folder).is_dir():
            again = ("export", str(harvest), "--format", form, "--to", folder)
            yield Left(folder, holding, again)
