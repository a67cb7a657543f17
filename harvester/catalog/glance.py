"""A quick look at a catalog without opening it as one: for completion, which must answer at once and never fail."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


def subjects(path: Path) -> list[tuple[int, str]]:
    """(number, subject) of every harvest, oldest first; nothing where there is no catalog that can be read."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", 0.2, uri=True)) as db:
            return db.execute("select id, subject from harvests order by id").fetchall()
    except (OSError, sqlite3.Error):
        return []
