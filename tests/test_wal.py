"""A new file gets its write-ahead log also while somebody else is at it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from harvester.wal import write_ahead


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new.db"


@pytest.fixture
def holder(path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody who is reading the file in its first mode."""
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as db:
        db.execute("create table t (one)")
        db.execute("begin")
        db.execute("select * from t").fetchall()
        yield db


def test_the_switch_waits_until_the_file_is_free(path: Path, holder: sqlite3.Connection) -> None:
    threading.Timer(0.2, holder.execute, ("commit",)).start()
    with closing(sqlite3.connect(path, 0, isolation_level=None)) as db:
        write_ahead(db, 5)

        assert db.execute("pragma journal_mode").fetchone()[0] == "wal"


def test_the_switch_gives_up_in_the_end(path: Path, holder: sqlite3.Connection) -> None:
    with (
        closing(sqlite3.connect(path, 0, isolation_level=None)) as db,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        write_ahead(db, 0.05)


def test_a_file_that_is_no_database_is_told_at_once(path: Path) -> None:
    path.write_bytes(b"this is no database, whatever its name says" * 40)
    with closing(sqlite3.connect(path)) as db, pytest.raises(sqlite3.DatabaseError, match="not a"):
        write_ahead(db, 60)
