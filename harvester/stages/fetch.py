"""Brings the originals of a round into the store; bytes that are here already are linked, never fetched again."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from harvester import registry
from harvester.catalog import candidates, files, linking, members
from harvester.catalog.candidates import Known
from harvester.catalog.linking import Link
from harvester.catalog.members import Member, Move
from harvester.errors import Blocked, Busy, Gone, HarvestError, SiteError, Unreachable
from harvester.folders import is_folder
from harvester.gates.minors import clear
from harvester.model import File, State, Verdict
from harvester.net import Download, Downloaded, Net, download, host_of
from harvester.ports import Outcome, Renders
from harvester.stages import facts
from harvester.stages.details import renew
from harvester.stages.limiting import Meter
from harvester.stages.recover import recover, taken
from harvester.stages.shop import Progress, Shop
from harvester.stages.taking import keep

MOST_BYTES = 200 << 20
"""No picture for a dataset is larger; the byte gate's own bound is lower."""

RENEW = 20
"""After so many files our leases are given their full time again."""

MISSES = 3
"""So many unreachable files in a row, and the site is left alone until the next run."""

EXPIRY = 60.0
"""Seconds before an address expires when it is asked for anew instead of being tried."""

WAIT = 0.5
"""Seconds between two looks at what another run of this library is fetching."""

UNFETCHED = frozenset({State.WANTED, State.WAITING})


class Fetcher:
    """The work the engine runs for each download: a result or the reason there is none, never an exception of a site."""

    def __init__(self, net: Net, meter: Meter) -> None:
        self._net = net
        self._meter = meter

    async def __call__(self, task: Download) -> Downloaded | SiteError | NotBegun:
        claimed, had = task.expect.bytes or 0, _size(task.part)
        if not self._meter.may_begin(claimed):
            return NotBegun()
        result: Downloaded | SiteError | None = None
        try:
            result = await download(self._net, task)
        except SiteError as error:
            result = error
        finally:
            came = max(0, _size(task.part) - had)
            self._meter.ended(claimed, came, whole=isinstance(result, Downloaded))
        return result


@dataclass(frozen=True, slots=True)
class NotBegun:
    """A limit of this run was reached before the file's turn came; it stays as it was."""


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def fetch(shop: Shop, number: int, *, but: Collection[int] = ()) -> bool:
    """Fetch what a round's members still lack, `but` for these. Each ends fetched, gone, blocked, waiting or failed.

    False when a limit of this run left some of them for the next one.

    What another run of this library is fetching is waited for: its bytes are linked then, or it is our turn.
    """
    tried: set[int] = set(but)
    while (left := _left(shop, number, tried)) and not shop.meter.reached:
        if mine := _leased(shop, left):
            lost = _fetch(shop, mine)
            tried |= mine.keys() - _again(shop, lost)
        else:
            shop.tell(Progress("fetch", note="another run is at these files"))
            time.sleep(WAIT)
            recover(shop)
    present = members.of_round(shop.catalog, shop.harvest.id, number)
    return not shop.meter.reached or not any(m.state is State.WANTED for m in present.values())


def _left(shop: Shop, number: int, tried: set[int]) -> dict[int, Known]:
    """What is to be fetched and was not tried, in the round's frozen order."""
    known = _open(shop, number, tried)
    if stale := [one for n, one in known.items() if _is_stale(one) and n not in shop.renewed]:
        renew(shop, stale)
        known = _open(shop, number, tried)
    return _link(shop, _cleared(shop, known))


def _open(shop: Shop, number: int, tried: set[int]) -> dict[int, Known]:
    present = members.of_round(shop.catalog, shop.harvest.id, number)
    open_ = [c for c, m in present.items() if m.state in UNFETCHED and c not in tried]
    known = candidates.load(shop.catalog, open_)
    return {one: known[one] for one in open_}


def _is_stale(one: Known) -> bool:
    """Its address has stopped working, or will before its turn comes."""
    expires = one.value.original.expires if one.value.original else None
    return expires is not None and expires.timestamp() < time.time() + EXPIRY


def _again(shop: Shop, lost: Mapping[int, tuple[Known, Gone]]) -> frozenset[int]:
    """Those of lost files that lie elsewhere now; the others are gone."""
    if not lost:
        return frozenset()
    found = renew(shop, [one for one, _ in lost.values()])
    present = members.find(shop.catalog, shop.harvest.id, State.WANTED)
    moves = [
        Move(number, State.GONE, "fetch", str(error))
        for number, (one, error) in lost.items()
        if number in present and number not in found and one.value.site not in shop.trouble
    ]
    shop.catalog.write(lambda db: members.move(db, shop.harvest.id, moves))
    _blocked_sites(shop, {number: one for number, (one, _) in lost.items()})
    return found


def _leased(shop: Shop, left: dict[int, Known]) -> dict[int, Known]:
    """Those of them that nobody else is fetching; they are ours now."""
    parts = [(one.id, shop.store.part(one.value.key).name) for one in left.values()]
    mine = files.lease(
        shop.catalog,
        shop.harvest.id,
        parts,
        shop.holder,
        taken=lambda lease: taken(lease, shop.holder),
    )
    return {number: one for number, one in left.items() if number in mine}


def _fetch(shop: Shop, left: dict[int, Known]) -> dict[int, tuple[Known, Gone]]:
    """Fetch what is leased to us; those that were not where a list said, for the first time in this run."""
    lost: dict[int, tuple[Known, Gone]] = {}
    by_key = {one.value.key: one for one in left.values()}
    totals, done = Counter(one.value.site for one in left.values()), Counter[str]()
    for site, total in totals.items():
        shop.tell(Progress("fetch", site, 0, total))
    outcomes = shop.engine.run(
        Fetcher(shop.net, shop.meter), _tasks(shop, left.values()), lane=_host
    )
    for outcome in outcomes:
        site, result = outcome.task.site, outcome.result
        one = by_key[outcome.task.key]
        if isinstance(result, Gone) and one.id not in shop.renewed:
            lost[one.id] = one, result
            _release(shop, one.id)
        else:
            _record(shop, one, outcome)
        done[site] += 1
        if sum(done.values()) % RENEW == 0:
            files.renew(shop.catalog, shop.holder)
        size = result.bytes if isinstance(result, Downloaded) else 0
        shop.tell(
            Progress(
                "fetch", site, done[site], totals[site], shop.trouble.get(site, ""), bytes=size
            )
        )
    _blocked_sites(shop, left)
    return lost


def _release(shop: Shop, number: int) -> None:
    shop.catalog.write(lambda db: files.release(db, [number]))


def _host(task: Download) -> str:
    return host_of(task.urls[0])


def _tasks(shop: Shop, left: Iterable[Known]) -> Iterator[Download]:
    """Downloads in order, while their site is not blocked; made one by one."""
    for one in left:
        if one.value.site not in shop.trouble and one.value.original is not None:
            yield _download(shop, one, one.value.original)


def _download(shop: Shop, one: Known, file: File) -> Download:
    adapter = shop.adapters[one.value.site]
    return Download(
        key=one.value.key,
        site=one.value.site,
        urls=file.urls,
        part=shop.store.part(one.value.key),
        headers=file.headers,
        expect=file,
        max_bytes=MOST_BYTES,
        interval=registry.interval(adapter, for_files=True),
        parallel=adapter.pace.parallel,
        signed=adapter.auth.files,
        page=one.value.page_url if isinstance(adapter, Renders) and adapter.renders else "",
    )


def _link(shop: Shop, known: dict[int, Known]) -> dict[int, Known]:
    """Link candidates whose bytes the store has; those that are left."""
    left = {}
    for number, one in known.items():
        link = _known_bytes(shop, one)
        if link is None:
            left[number] = one
            continue
        move = Move(number, State.FETCHED, "fetch", link.reason)

        def work(db: Database, number: int = number, link: Link = link, move: Move = move) -> None:
            files.link(db, number, link.sha256)
            members.move(db, shop.harvest.id, [move])

        shop.catalog.write(work)
    return left


def _known_bytes(shop: Shop, one: Known) -> Link | None:
    """The stored file that a site's hashes name. Files of earlier versions are read for a SHA-512 that may be theirs."""
    link = linking.linkable(shop.catalog, one)
    stale = [] if link else linking.unhashed(shop.catalog, one)
    for whole in stale:
        with suppress(OSError):  # `harvest check` tells of a file that is lost
            with shop.store.path(whole.sha256, whole.extension).open("rb") as file:
                sha512 = hashlib.file_digest(file, "sha512").hexdigest()
            linking.hashed(shop.catalog, whole.sha256, sha512)
    return linking.linkable(shop.catalog, one) if stale else link


def _cleared(shop: Shop, known: dict[int, Known]) -> dict[int, Known]:
    """Those whose bytes may be asked for: the minors gate is asked again before every byte, and hosts are known."""
    left, moves = {}, []
    told = facts.of(shop.catalog, known.values())
    for number, one in known.items():
        ruling = clear(told[number])
        if ruling.verdict is Verdict.REJECT:
            moves.append(Move(number, State.REJECTED, "fetch", ruling.reason, ruling.gate))
        elif one.value.site not in shop.adapters and is_folder(one.value.page_url):
            reason = "this run does not read its folder; `harvest import DIR` or --site DIR does"
            moves.append(Move(number, State.BLOCKED, "fetch", reason))
        elif one.value.site not in shop.adapters or one.value.original is None:
            reason = f"{one.value.site} is not asked in this revision, or told no address"
            moves.append(Move(number, State.FAILED, "fetch", reason))
        else:
            left[number] = one
    shop.catalog.write(lambda db: members.move(db, shop.harvest.id, moves))
    return left


def _record(shop: Shop, one: Known, outcome: Outcome[Download, object]) -> None:
    """What became of a download, in the order the crash statement gives."""
    result = outcome.result
    if isinstance(result, NotBegun):
        _release(shop, one.id)
        return
    if isinstance(result, Downloaded):
        shop.misses[one.value.site] = 0
        keep(shop, one.id, outcome.task, result)
        return
    error = result if isinstance(result, HarvestError) else HarvestError(outcome.lost or "lost")
    _watch(shop, one.value.site, error)
    state = {Gone: State.GONE, Blocked: State.BLOCKED, Busy: State.WAITING}.get(
        type(error), State.FAILED
    )
    move = Move(one.id, state, "fetch", str(error))

    def work(db: Database) -> None:
        files.release(db, [one.id])
        members.move(db, shop.harvest.id, [move])

    shop.catalog.write(work)


def _watch(shop: Shop, site: str, error: HarvestError) -> None:
    """Leave a site alone that blocks us, or whose files could not be reached several times in a row."""
    shop.misses[site] = shop.misses[site] + 1 if isinstance(error, Unreachable) else 0
    if isinstance(error, Blocked) or shop.misses[site] >= MISSES:
        shop.trouble.setdefault(site, f"{site}: {error}")


def _blocked_sites(shop: Shop, left: dict[int, Known]) -> None:
    """Members that were not asked for because their site is out: blocked, with the site's reason."""
    present: dict[int, Member] = members.find(shop.catalog, shop.harvest.id, *UNFETCHED)
    moves = [
        Move(number, State.BLOCKED, "fetch", shop.trouble[one.value.site])
        for number, one in left.items()
        if number in present and one.value.site in shop.trouble
    ]

    def work(db: Database) -> None:
        files.release(db, [move.candidate for move in moves])
        members.move(db, shop.harvest.id, moves)

    shop.catalog.write(work)
