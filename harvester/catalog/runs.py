"""Harvest facts about runs: when each began, how it ended, what it fetched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvester.catalog.core import Catalog, now
from harvester.catalog.harvests import Harvest

if TYPE_CHECKING:  # it loads much, which those that only read do without
    from sqlite_utils import Database


@dataclass(frozen=True, slots=True)
class End:
    """How a run ended (done short limited stopped failed), its summary, and what it came to."""

    how: str
    summary: str
    selected: int | None = None
    files: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """One run; `end` is None of one that was killed or is still at it."""

    id: int
    revision: int
    begun: float
    ended: float | None
    end: End | None


def begin(catalog: Catalog, harvest: Harvest) -> int:
    """Record that a run begins; its number, for `finish`."""
    sql = "insert into runs (harvest_id, revision, begun_at) values (?, ?, ?)"
    row = (harvest.id, harvest.revision, now())

    def work(db: Database) -> int:
        return int(db.conn.execute(sql, row).lastrowid or 0)

    return catalog.write(work)


def finish(catalog: Catalog, run: int, end: End) -> None:
    """Record how a run ended."""
    sql = (
        "update runs set ended_at = ?, how = ?, summary = ?, selected = ?, files = ?, bytes = ?"
        " where id = ?"
    )
    row = (now(), end.how, end.summary, end.selected, end.files, end.bytes, run)
    catalog.write(lambda db: db.conn.execute(sql, row))


def of_harvest(catalog: Catalog, harvest: int) -> list[Run]:
    """The runs of a harvest, oldest first."""
    rows = catalog.rows("select * from runs where harvest_id = ? order by id", (harvest,))
    return [
        Run(
            row["id"],
            row["revision"],
            row["begun_at"],
            row["ended_at"],
            End(row["how"], row["summary"], row["selected"], row["files"], row["bytes"])
            if row["how"]
            else None,
        )
        for row in rows
    ]
