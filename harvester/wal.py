"""Switches SQLite files to write-ahead logging, also when several processes open a new one at the same time."""

from __future__ import annotations

import sqlite3
import time

PAUSE = 0.01  # seconds between two tries


def write_ahead(connection: sqlite3.Connection, patience: float) -> None:
    """Let readers and the one writer of this file work side by side.

    The switch of a new file needs the file alone, and SQLite gives it up at once when another process is
    at it: its own waiting does not cover this statement. Raises sqlite3.OperationalError after `patience`
    seconds.
    """
    end = time.monotonic() + patience
    while True:
        try:
            connection.execute("pragma journal_mode = wal")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= end:
                raise
            time.sleep(PAUSE)
        else:
            return
