"""Library facts about pairs: the sketch of each stored picture, and what those that were compared are to each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from harvester.catalog.core import Catalog

if TYPE_CHECKING:  # it loads much, which those that only read do without
    from sqlite_utils import Database

Pair = tuple[str, str]
Told = tuple[str, float, str]
"""Kind, distance, evidence."""


def draw(db: Database, sketches: Mapping[str, bytes]) -> None:
    """Keep the sketches of assets, by their SHA-256; one that is another than before gets a new number."""
    sql = (
        "insert or replace into sketches (sha256, value) select ?1, ?2"
        " where not exists (select 1 from sketches where sha256 = ?1 and value = ?2)"
    )
    db.conn.executemany(sql, sketches.items())


def sketches(catalog: Catalog, assets: Iterable[str]) -> dict[str, bytes]:
    """The sketches there are of these assets."""
    sql = "select sha256, value from sketches where sha256 = ?"
    rows = (catalog.row(sql, (sha256,)) for sha256 in assets)
    return {row["sha256"]: row["value"] for row in rows if row is not None}


def searched(catalog: Catalog, harvest: int, method: int) -> frozenset[str]:
    """Files of which every two were searched by this method; what was found of them stands among the likenesses."""
    rows = catalog.rows(
        "select k.sha256 from searched s join sketches k on k.id = s.sketch_id"
        " where s.harvest_id = ? and s.method = ?",
        (harvest, method),
    )
    return frozenset(row[0] for row in rows)


def search(db: Database, harvest: int, method: int, assets: Iterable[str]) -> None:
    """Say that every two of these, and of no others, were searched by this method."""
    db.conn.execute("delete from searched where harvest_id = ?", (harvest,))
    db.conn.executemany(
        "insert into searched select ?, id, ? from sketches where sha256 = ?",
        [(harvest, method, sha256) for sha256 in assets],
    )


def tell(db: Database, told: Mapping[Pair, Told], version: int) -> None:
    """Keep what pairs are to each other."""
    rows = [(*pair, version, *each) for pair, each in told.items()]
    db.conn.executemany("insert or replace into likenesses values (?, ?, ?, ?, ?, ?)", rows)


def of_harvest(catalog: Catalog, harvest: int, version: int) -> dict[Pair, Told]:
    """What the files of a harvest's members are to each other, as far as this version of the weights has said."""
    mine = (
        "select distinct c.asset from members m join candidates c on c.id = m.candidate_id"
        " where m.harvest_id = ? and c.asset is not null"
    )
    rows = catalog.rows(
        f"with mine(sha256) as ({mine}) select l.* from likenesses l"  # noqa: S608 - our own text
        " join mine a on a.sha256 = l.first join mine b on b.sha256 = l.second where l.version = ?",
        (harvest, version),
    )
    return {(r["first"], r["second"]): (r["kind"], r["distance"], r["evidence"]) for r in rows}


def of_asset(catalog: Catalog, sha256: str, version: int | None = None) -> dict[str, Told]:
    """What other files are to this one, by any version of the weights unless one is named."""
    rows = catalog.rows(
        "select * from likenesses where (first = ?1 or second = ?1) and (?2 is null or version = ?2)",
        (sha256, version),
    )
    told = [(r["second"] if r["first"] == sha256 else r["first"], r) for r in rows]
    return {other: (r["kind"], r["distance"], r["evidence"]) for other, r in told}


def forget(db: Database, sha256: str) -> None:
    """Drop what was said of a file that is gone."""
    db.conn.execute("delete from sketches where sha256 = ?", (sha256,))
    sql = "delete from likenesses where first = ? or second = ?"
    db.conn.execute(sql, (sha256, sha256))
