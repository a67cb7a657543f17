"""Who may ask a host, and when: a small database that all processes of a user share."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, runtime_checkable
from weakref import WeakKeyDictionary

import platformdirs
import psutil

from harvester.errors import Busy, LibraryError
from harvester.wal import write_ahead

DAY = 86_400.0
BUSY = 10.0  # seconds another process may hold the file; ours hold it for less than a millisecond
Waiting = Callable[[str, float, str], None]
"""Is told before a wait begins: at which host, for how many seconds, why in two or three words."""

PACE = "pace"
PAUSE = "pause of this host"
CAP = "today's requests are spent"
FULL = "places for files are taken"
EXPIRY = 1_800.0
"""Seconds after which a file in flight no longer counts, whatever became of its process."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS pace (
    host TEXT PRIMARY KEY,
    next REAL NOT NULL DEFAULT 0,      -- the next free slot
    penalty REAL NOT NULL DEFAULT 0,   -- nobody asks before
    touched REAL NOT NULL DEFAULT 0,   -- when the row was written; a clock behind it was set back
    day INTEGER NOT NULL DEFAULT 0,    -- the day that `asked` counts, in days since 1970
    asked INTEGER NOT NULL DEFAULT 0,
    day_cap INTEGER                    -- requests a day; NULL is no cap
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS flight (
    id INTEGER PRIMARY KEY,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started REAL NOT NULL,             -- of the process: a pid is used again
    expires REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS flight_host ON flight (host);
"""


@dataclass(frozen=True, slots=True)
class Clock:
    """Wall time in seconds since 1970, and a way to let it pass."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


def unheard(host: str, seconds: float, why: str) -> None:
    """What is told of waits when nobody listens."""


@runtime_checkable
class Slots(Protocol):
    """A budget that also bounds how many files of a host are in flight at once."""

    def slot(self, host: str, parallel: int) -> AbstractAsyncContextManager[None]: ...


def state_file(env: Mapping[str, str]) -> Path:
    """Where this user's `pace.db` lies: in `HARVEST_STATE`, else in the state folder of the platform."""
    folder = env.get("HARVEST_STATE") or platformdirs.user_state_dir("harvester", appauthor=False)
    return Path(folder) / "pace.db"


@dataclass(slots=True)
class _Row:
    next: float = 0.0
    penalty: float = 0.0
    day: int = 0
    asked: int = 0
    day_cap: int | None = None


class FileBudget:
    """A `Budget` in a SQLite file. A wait longer than `patience` seconds is not begun but raised as `Busy`.

    `waiting` is told of every wait, on the event loop's thread.
    """

    def __init__(self, path: Path, *, patience: float = 300.0, clock: Clock | None = None) -> None:
        self.waiting: Waiting = unheard
        self._clock = clock or Clock()
        self._patience = patience
        self._path = path
        self._lock = threading.Lock()
        self._queues: WeakKeyDictionary[asyncio.AbstractEventLoop, _Queues] = WeakKeyDictionary()
        self._started = float(psutil.Process().create_time())
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, BUSY, isolation_level=None, check_same_thread=False)
            write_ahead(self._db, BUSY)
            self._db.execute("PRAGMA synchronous = OFF")  # worth nothing after a power cut
            self._db.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise self._broken(error) from error

    def close(self) -> None:
        """Let go of the file; the object is of no use afterwards."""
        self._db.close()

    async def turn(self, host: str, interval: float) -> float:
        """Wait for this host's next slot; the seconds waited. Callers of one process queue in order."""
        if interval <= 0 and self._unheld(host):
            return 0.0
        waited = 0.0
        async with self._queue().line(host):
            wait, why = self._reserve(host, interval)
            while wait > 0:
                self.waiting(host, wait, why)
                await self._clock.sleep(wait)
                waited += wait
                # A penalty may have come meanwhile. The slot itself is not compared with the clock
                # again: a clock set back during the sleep must not make it longer.
                if self._unheld(host, penalty_only=True):
                    break
                wait, why = self._reserve(host, interval)
        return waited

    def penalty(self, host: str, seconds: float) -> None:
        """Nobody asks this host for so many seconds from now (a day at most)."""
        with self._transaction(), self._row(host) as (row, now):
            row.penalty = max(row.penalty, now + min(max(seconds, 0.0), DAY))

    def cap(self, host: str, per_day: int | None) -> None:
        """At most so many requests a UTC day from all processes together; None takes the cap away."""
        with self._transaction(), self._row(host) as (row, _):
            row.day_cap = per_day

    @asynccontextmanager
    async def slot(self, host: str, parallel: int) -> AsyncIterator[None]:
        """Hold one of `parallel` places at this host, counted over all processes."""
        async with self._queue().places(host, parallel):
            while (ticket := self._board(host, parallel)) is None:
                self.waiting(host, 0.1, FULL)
                await self._clock.sleep(0.1)
            try:
                yield
            finally:
                with self._transaction():
                    self._db.execute("DELETE FROM flight WHERE id = ?", (ticket,))

    def _reserve(self, host: str, interval: float) -> tuple[float, str]:
        """Take the next slot; the seconds until it comes, and what makes it so."""
        with self._transaction(), self._row(host) as (row, now):
            today = int(now // DAY)
            if row.day != today:
                row.day, row.asked = today, 0
            slot = max(now, row.next, row.penalty)
            why = PAUSE if row.penalty >= slot else PACE
            if row.day_cap is not None and row.asked >= row.day_cap:
                slot, why = max(slot, (today + 1) * DAY), CAP
            if slot - now > self._patience:
                raise _asleep(host, slot, slot - now)
            row.asked += 1
            row.next = slot + max(interval, 0.0)
        return slot - now, why

    def _unheld(self, host: str, *, penalty_only: bool = False) -> bool:
        """True if nothing but the interval keeps this host waiting; a read only, for hosts without a pace."""
        found = self._db.execute(
            "SELECT penalty, day_cap, touched FROM pace WHERE host = ?", (host,)
        ).fetchone()
        if found is None:
            return True
        penalty, day_cap, touched = found
        now = self._clock.now()
        return penalty - max(touched - now, 0.0) <= now and (penalty_only or day_cap is None)

    @contextmanager
    def _row(self, host: str) -> Iterator[tuple[_Row, float]]:
        """This host's row, put right if the clock was set back, written again when the block ends well."""
        now = self._clock.now()
        found = self._db.execute(
            "SELECT next, penalty, day, asked, day_cap, touched FROM pace WHERE host = ?", (host,)
        ).fetchone()
        row = _Row()
        if found is not None:
            back = max(found[5] - now, 0.0)
            row = _Row(found[0] - back, found[1] - back, *found[2:5])
        yield row, now
        self._db.execute(
            "INSERT OR REPLACE INTO pace (host, next, penalty, day, asked, day_cap, touched)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (host, row.next, row.penalty, row.day, row.asked, row.day_cap, now),
        )

    def _board(self, host: str, parallel: int) -> int | None:
        """A row for one file in flight, or None while the host is full of files of living processes."""
        now = self._clock.now()
        with self._transaction():
            rows = self._db.execute(
                "SELECT id, pid, started, expires FROM flight WHERE host = ?", (host,)
            ).fetchall()
            if len(rows) >= parallel:
                lost = [row for row in rows if row[3] <= now or not _alive(row[1], row[2])]
                self._db.executemany("DELETE FROM flight WHERE id = ?", [row[:1] for row in lost])
                if len(rows) - len(lost) >= parallel:
                    return None
            return self._db.execute(
                "INSERT INTO flight (host, pid, started, expires) VALUES (?, ?, ?, ?)",
                (host, os.getpid(), self._started, now + EXPIRY),
            ).lastrowid

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield
                except BaseException:
                    self._db.execute("ROLLBACK")
                    raise
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                raise self._broken(error) from error

    def _broken(self, error: Exception) -> LibraryError:
        return LibraryError(
            f"cannot use {self._path}: {error}; it only holds the pace of requests, "
            "so delete it, or set HARVEST_STATE to a folder that can be written"
        )

    def _queue(self) -> _Queues:
        loop = asyncio.get_running_loop()
        return self._queues.setdefault(loop, _Queues())


class _Queues:
    """Waiting lines within one event loop: the file is asked only by whoever stands first."""

    def __init__(self) -> None:
        self._lines: dict[str, asyncio.Lock] = {}
        self._places: dict[tuple[str, int], asyncio.Semaphore] = {}

    def line(self, host: str) -> asyncio.Lock:
        return self._lines.setdefault(host, asyncio.Lock())

    def places(self, host: str, parallel: int) -> asyncio.Semaphore:
        return self._places.setdefault((host, parallel), asyncio.Semaphore(parallel))


def _asleep(host: str, slot: float, wait: float) -> Busy:
    until = datetime.fromtimestamp(slot, UTC)
    return Busy(
        f"{host} wants no requests for another {wait:.0f} s, until {until:%Y-%m-%d %H:%M} UTC; "
        "the same command later goes on",
        until=until,
    )


def _alive(pid: int, started: float) -> bool:
    try:
        return bool(abs(psutil.Process(pid).create_time() - started) < 1.0)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True
