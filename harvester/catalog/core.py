"""Opens `catalog.db`, gives every thread a reading connection and sends all writing through one thread."""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from harvester import boundary
from harvester.catalog.lock import opening
from harvester.catalog.versions import is_current
from harvester.errors import LibraryError
from harvester.wal import write_ahead

if TYPE_CHECKING:  # it loads much, which those that only read do without
    from sqlite_utils import Database

T = TypeVar("T")
Row = sqlite3.Row
Write = Callable[["Database"], T]

BUSY = 30.0  # seconds another process may hold the write lock; ours hold it for milliseconds


class Catalog:
    """The catalog of one library. `write` returns when its transaction is durable against a kill."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._jobs: queue.SimpleQueue[tuple[Write[Any], Future[Any]] | None] = queue.SimpleQueue()
        if is_current(path):
            self._writing = self._connect()
        else:
            with opening(path):  # two that make the tables at once would both fail
                self._writing = self._connect()
                try:
                    self._guarded(self._bring_up_to_date)
                except BaseException:
                    self._writing.close()
                    raise
        self._writer = threading.Thread(target=self._write_all, name="catalog-writer", daemon=True)
        self._writer.start()

    def write(self, work: Write[T], *, crossing: str = "") -> T:
        """Run `work` in one transaction on the writer thread; its result, after the commit."""
        done: Future[T] = Future()
        self._jobs.put((work, done))
        result = done.result()
        if crossing:
            boundary.cross(crossing)
        return result

    def rows(self, sql: str, arguments: Sequence[Any] = ()) -> list[Row]:
        """Every row of a query."""
        return self._guarded(lambda: self._reader().execute(sql, arguments).fetchall())

    def row(self, sql: str, arguments: Sequence[Any] = ()) -> Row | None:
        """The first row of a query, if there is one."""
        return next(iter(self.rows(sql, arguments)), None)

    def value(self, sql: str, arguments: Sequence[Any] = ()) -> Any:
        """The first column of the first row, or None."""
        found = self.row(sql, arguments)
        return None if found is None else found[0]

    def faults(self) -> list[str]:
        """What SQLite finds wrong with the file itself, as sentences."""
        told = [str(row[0]) for row in self.rows("pragma quick_check")]
        broken = self.rows("pragma foreign_key_check")
        found = [] if told == ["ok"] else [f"the catalog is damaged: {told[0]}"]
        return found + ([f"{len(broken)} rows of the catalog point nowhere"] if broken else [])

    def close(self) -> None:
        """End the writer thread after what it was given, and close every connection."""
        self._jobs.put(None)
        self._writer.join()
        for connection in [*self._opened, self._writing]:
            connection.close()

    def _bring_up_to_date(self) -> None:
        """Make or change the tables."""
        from sqlite_utils import Database

        from harvester.catalog import schema

        schema.apply(Database(self._writing))

    def _reader(self) -> sqlite3.Connection:
        if not hasattr(self._local, "reader"):
            self._local.reader = self._connect()
            self._opened.append(self._local.reader)
        reader: sqlite3.Connection = self._local.reader
        return reader

    def _connect(self) -> sqlite3.Connection:
        return self._guarded(self._opening)

    def _opening(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        try:
            write_ahead(connection, BUSY)
            for setting in ("synchronous = normal", "foreign_keys = on"):
                connection.execute(f"pragma {setting}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _guarded(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except sqlite3.Error as error:
            raise storage_error(self.path, error) or error from error

    def _write_all(self) -> None:
        while (job := self._jobs.get()) is not None:
            work, done = job
            try:
                done.set_result(self._transaction(work))
            except sqlite3.DatabaseError as error:
                done.set_exception(storage_error(self.path, error) or error)
            except BaseException as error:  # noqa: BLE001 - handed to the caller, who raises it
                done.set_exception(error)

    def _transaction(self, work: Write[T]) -> T:
        """BEGIN IMMEDIATE, so that two processes wait for each other instead of failing half-way."""
        from sqlite_utils import Database

        db = Database(self._writing)
        self._writing.execute("begin immediate")
        with db.atomic():
            try:
                result = work(db)
            except BaseException:
                self._writing.rollback()
                raise
        self._writing.commit()
        return result


REMEDIES = {
    "readonly": "the library is not writable; check the rights of its folder",
    "unable to open": "the library is not writable; check the rights of its folder",
    "full": "the disk is full; make room and run the same command again",
    "disk i/o": "the disk does not answer; check it and run the same command again",
    "locked": "another process keeps the catalog locked; try again",
    "not a database": "the file is damaged; restore it from a copy or start another library",
    "malformed": "the catalog is damaged; restore it from a copy or start another library",
}


def storage_error(path: Path, error: sqlite3.Error) -> LibraryError | None:
    """What SQLite could not do, as one sentence a user can act on; None when the fault is ours."""
    text = str(error)
    remedy = next((remedy for word, remedy in REMEDIES.items() if word in text.lower()), None)
    return LibraryError(f"{path}: {remedy} ({text})") if remedy else None


def many(db: Database, sql: str, rows: Iterable[Sequence[Any]]) -> None:
    """The same statement for many rows."""
    db.conn.executemany(sql, rows)


def now() -> float:
    """Seconds since 1970."""
    return time.time()
