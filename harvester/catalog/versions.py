"""The names of all migrations, so that a catalog which has them is opened without loading what makes them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

NAMES = (
    "m001_library_facts",
    "m002_harvest_facts",
    "m003_judged_revisions",
    "m004_relaxed_members",
    "m005_runs",
    "m006_big_libraries",
    "m007_profiles",
    "m008_likenesses",
    "m009_known_bytes",
    "m010_searches",
    "m011_previews",
    "m012_tombstones",
)
"""In their order; a test holds them to `schema`."""


def is_current(path: Path) -> bool:
    """Has the catalog in this file every migration and no other? False of what is no catalog, or cannot be read."""
    if not path.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            return {row[0] for row in db.execute("select name from _sqlite_migrations")} == {*NAMES}
    except sqlite3.Error:
        return False
