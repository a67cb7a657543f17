"""What was measured of files in people's own folders, and what they are to each other: a cache, in no library."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from zlib import crc32

from harvester.catalog import codec
from harvester.catalog.core import now
from harvester.catalog.likenesses import Pair, Told
from harvester.errors import LibraryError
from harvester.model import Facts

NAME = "dedup.db"
KEPT = 180 * 86_400.0  # seconds; what nobody asked for so long goes
BUSY = 10.0  # seconds another process may write

_VERSION = crc32(" ".join(item.name for item in fields(Facts)).encode()) & 0x7FFFFFFF
"""Another version of the program that measures more begins anew."""

_TABLES = """
create table if not exists files (
    path blob primary key, bytes integer not null, modified integer not null,
    facts text not null, phash integer, sketch blob, note text not null, used real not null
) strict, without rowid;
create table if not exists pairs (
    first text not null, second text not null, version integer not null,
    kind text not null, distance real not null, evidence text not null, used real not null,
    primary key (first, second, version)
) strict, without rowid;
"""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A file as it was when it was looked at: as long as size and time stay, so does what is known of it."""

    path: Path
    bytes: int
    modified: int  # nanoseconds


@dataclass(frozen=True, slots=True)
class Look:
    """What was measured of a file, or why it is no picture."""

    facts: Facts
    note: str = ""


class Looked:
    """The cache, one file; without a folder, or where that cannot be written to, in memory for this one run."""

    def __init__(self, folder: Path | None) -> None:
        self._db = _opened(folder)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def find(self, stamps: Iterable[Stamp]) -> dict[Path, Look]:
        """What is known of these files, those left out that changed since."""
        found = {}
        for stamp in stamps:
            row = self._db.execute(
                "select * from files where path = ? and bytes = ? and modified = ?", _key(stamp)
            ).fetchone()
            if row is not None:
                with suppress(LibraryError):  # a row of nobody's: looked at again
                    found[stamp.path] = _look(row)
        self._use("files", ((os.fsencode(path),) for path in found), "path = ?")
        return found

    def put(self, looks: Mapping[Stamp, Look]) -> None:
        """Remember these."""
        rows = [
            (
                *_key(stamp),
                codec.dump(replace(look.facts, phash=None, sketch=None)),
                codec.signed(look.facts.phash),
                look.facts.sketch,
                look.note,
                now(),
            )
            for stamp, look in looks.items()
        ]
        self._write("insert or replace into files values (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def told(self, pairs: Iterable[Pair], version: int) -> dict[Pair, Told]:
        """What these pairs of files, by SHA-256, are to each other, as this version of the weights said."""
        sql = "select * from pairs where first = ? and second = ? and version = ?"
        rows = {pair: self._db.execute(sql, (*pair, version)).fetchone() for pair in pairs}
        found = {
            pair: (row["kind"], row["distance"], row["evidence"])
            for pair, row in rows.items()
            if row
        }
        self._use("pairs", found, "first = ? and second = ?")
        return found

    def tell(self, told: Mapping[Pair, Told], version: int) -> None:
        """Remember what pairs are to each other."""
        rows = [(*pair, version, *each, now()) for pair, each in told.items()]
        self._write("insert or replace into pairs values (?, ?, ?, ?, ?, ?, ?)", rows)

    def _use(self, table: str, keys: Iterable[tuple[object, ...]], where: str) -> None:
        """What is asked for stays; that is noted once a day at most."""
        recent = now() - 86_400
        sql = f"update {table} set used = {now()} where {where} and used < {recent}"  # noqa: S608 - ours
        self._write(sql, keys)

    def _write(self, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
        """A cache that cannot be written to costs time and nothing else."""
        with suppress(sqlite3.Error), self._db:
            self._db.executemany(sql, rows)


def _opened(folder: Path | None) -> sqlite3.Connection:
    if folder is not None:
        with suppress(OSError, sqlite3.Error):
            folder.mkdir(parents=True, exist_ok=True)
            return _ready(folder / NAME)
        with suppress(OSError, sqlite3.Error):  # damaged: it is only a cache
            (folder / NAME).unlink()
            return _ready(folder / NAME)
    return _ready(Path(":memory:"))


def _ready(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=BUSY)
    try:
        db.row_factory = sqlite3.Row
        if db.execute("pragma user_version").fetchone()[0] != _VERSION:
            db.executescript("drop table if exists files; drop table if exists pairs;")
        db.executescript(_TABLES)
        db.execute(f"pragma user_version = {_VERSION}")
        for table in ("files", "pairs"):
            db.execute(f"delete from {table} where used < ?", (now() - KEPT,))  # noqa: S608 - ours
        db.commit()
    except BaseException:
        db.close()
        raise
    return db


def _key(stamp: Stamp) -> tuple[bytes, int, int]:
    return os.fsencode(stamp.path), stamp.bytes, stamp.modified


def _look(row: sqlite3.Row) -> Look:
    facts = codec.load(row["facts"], Facts)
    known = replace(facts, phash=codec.unsigned(row["phash"]), sketch=row["sketch"])
    return Look(known, row["note"])
