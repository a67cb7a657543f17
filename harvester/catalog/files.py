"""Library facts about bytes: leases while a file is on its way, assets once it is stored, measurements for ever."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harvester.catalog import codec, likenesses
from harvester.catalog.core import Catalog, Row, now
from harvester.model import Facts

if TYPE_CHECKING:  # it loads much, which those that only read do without
    from sqlite_utils import Database

LEASE = (
    3600.0  # seconds after which another process may take a lease over, even if the holder lives
)


@dataclass(frozen=True, slots=True)
class Holder:
    """A process: its id and when it started, so that a reused id is not mistaken for it."""

    pid: int
    started: float


@dataclass(frozen=True, slots=True)
class Whole:
    """A file that is whole: what the commit point writes."""

    sha256: str
    md5: str
    sha1: str
    bytes: int
    extension: str
    url: str
    sha512: str | None = None  # unknown of files that an earlier version stored


@dataclass(frozen=True, slots=True)
class Lease:
    """A candidate's file on its way into the store. `whole` is None until its .part is complete."""

    candidate: int
    harvest: int
    holder: Holder
    expires: float
    part: str
    whole: Whole | None


def lease(
    catalog: Catalog,
    harvest: int,
    parts: Sequence[tuple[int, str]],
    holder: Holder,
    *,
    taken: Callable[[Lease], bool] = lambda lease: False,
) -> set[int]:
    """Lease candidates, each with the name of its .part, to a process, but for those that are `taken`; which it got."""
    expires = now() + LEASE
    sql = (
        "insert into leases (candidate_id, harvest_id, pid, started, expires, part) values (?, ?, ?, ?, ?, ?)"
        " on conflict (candidate_id) do update set harvest_id = excluded.harvest_id, pid = excluded.pid,"
        " started = excluded.started, expires = excluded.expires"
    )

    def work(db: Database) -> set[int]:
        present = [_lease(row) for row in db.conn.execute("select * from leases")]
        others = {found.candidate for found in present if taken(found)}
        mine = [(c, part) for c, part in parts if c not in others]
        rows = [(c, harvest, holder.pid, holder.started, expires, part) for c, part in mine]
        db.conn.executemany(sql, rows)
        return {candidate for candidate, _ in mine}

    return catalog.write(work, crossing="catalog.leased")


def leases(catalog: Catalog) -> list[Lease]:
    """Every lease of the library."""
    return [_lease(row) for row in catalog.rows("select * from leases order by candidate_id")]


def hashed(catalog: Catalog, candidate: int, whole: Whole) -> None:
    """Write into the lease row what its whole .part is, before it is renamed."""
    sql = "update leases set sha256 = ?, value = ? where candidate_id = ?"
    row = (whole.sha256, codec.dump(whole), candidate)
    catalog.write(lambda db: db.conn.execute(sql, row), crossing="catalog.hashed")


def stored(db: Database, candidate: int, whole: Whole) -> None:
    """The commit point: the asset, its candidate and the end of the lease in one transaction."""
    row = (whole.sha256, whole.extension, whole.bytes, whole.md5, whole.sha1, whole.url, now())
    db.conn.execute(
        "insert into assets (sha256, extension, bytes, md5, sha1, url, stored_at, sha512)"
        " values (?, ?, ?, ?, ?, ?, ?, ?)"
        " on conflict (sha256) do update set sha512 = coalesce(sha512, excluded.sha512)",
        (*row, whole.sha512),
    )
    link(db, candidate, whole.sha256)
    release(db, [candidate])


def link(db: Database, candidate: int, sha256: str) -> None:
    """Say that a candidate's bytes are an asset that is stored."""
    db.conn.execute("update candidates set asset = ? where id = ?", (sha256, candidate))


def renew(catalog: Catalog, holder: Holder) -> None:
    """Give a process's leases their full time again; a slow round must not lose them."""
    row = (now() + LEASE, holder.pid, holder.started)
    sql = "update leases set expires = ? where pid = ? and started = ?"
    catalog.write(lambda db: db.conn.execute(sql, row))


def leased(db: Database, candidate: int) -> bool:
    """Whether anybody's lease on this candidate is still to be settled."""
    sql = "select 1 from leases where candidate_id = ?"
    return db.conn.execute(sql, (candidate,)).fetchone() is not None


def release(db: Database, candidates: Iterable[int]) -> None:
    """End leases; what they have in a .part stays for the next try."""
    sql = "delete from leases where candidate_id = ?"
    db.conn.executemany(sql, [(candidate,) for candidate in candidates])


def asset(catalog: Catalog, sha256: str) -> Whole | None:
    """A stored asset."""
    row = catalog.row("select * from assets where sha256 = ?", (sha256,))
    return None if row is None else whole(row)


def assets(catalog: Catalog) -> list[Whole]:
    """Every stored asset."""
    return [whole(row) for row in catalog.rows("select * from assets order by sha256")]


def some(catalog: Catalog, assets: Iterable[str]) -> dict[str, Whole]:
    """Those of these assets that are stored, by SHA-256."""
    sql = "select * from assets where sha256 in (select value from json_each(?))"
    rows = catalog.rows(sql, (json.dumps(sorted(assets)),))
    return {row["sha256"]: whole(row) for row in rows}


def forget(db: Database, sha256: str) -> None:
    """Drop an asset's row and every link to it; its measurements were of bytes that are gone."""
    db.conn.execute("update candidates set asset = null where asset = ?", (sha256,))
    db.conn.execute("delete from measurements where sha256 = ?", (sha256,))
    likenesses.forget(db, sha256)
    db.conn.execute("delete from assets where sha256 = ?", (sha256,))


def measured(catalog: Catalog, sha256: str, facts: Facts, note: str) -> None:
    """Keep the measurements of an asset, for ever."""
    bare = codec.dump(replace(facts, phash=None, sketch=None))
    row = (sha256, bare, codec.signed(facts.phash), note, now())

    def work(db: Database) -> None:
        db.conn.execute("insert or replace into measurements values (?, ?, ?, ?, ?)", row)
        if facts.sketch is not None:
            likenesses.draw(db, {sha256: facts.sketch})

    catalog.write(work, crossing="catalog.measured")


def unmeasured(catalog: Catalog, harvest: int) -> list[Whole]:
    """The assets of a harvest's members that were never measured, or by a version that looked at no pixels."""
    rows = catalog.rows(
        "select a.* from assets a where a.sha256 in (select c.asset from members m"  # noqa: S608 - ours
        " join candidates c on c.id = m.candidate_id where m.harvest_id = ?) and a.sha256 not in"
        f" (select sha256 from measurements where not {_LACKING}) order by a.sha256",
        (harvest,),
    )
    return [whole(row) for row in rows]


def lacking(catalog: Catalog, harvest: int) -> bool:
    """Whether an earlier version measured an asset of this harvest and left out what this one looks at."""
    sql = (
        "select exists (select 1 from members m join candidates c on c.id = m.candidate_id"  # noqa: S608 - ours
        f" join measurements x on x.sha256 = c.asset where m.harvest_id = ? and {_LACKING})"
    )
    return bool(catalog.value(sql, (harvest,)))


_LACKING = "(json_extract(facts, '$.decodable') is 1 and json_extract(facts, '$.letters') is null)"
"""Of every picture that can be decoded letters are counted, which was added last."""


def members_of(catalog: Catalog, sha256: str) -> list[tuple[int, int]]:
    """(harvest, candidate) of every member whose bytes are this asset."""
    rows = catalog.rows(
        "select m.harvest_id, m.candidate_id from members m join candidates c"
        " on c.id = m.candidate_id where c.asset = ?",
        (sha256,),
    )
    return [(row[0], row[1]) for row in rows]


def measurements(catalog: Catalog, harvest: int) -> dict[str, Facts]:
    """The measurements of every asset of a harvest's members, by SHA-256."""
    rows = catalog.rows(
        "select * from measurements where sha256 in (select c.asset from members m"
        " join candidates c on c.id = m.candidate_id where m.harvest_id = ?)",
        (harvest,),
    )
    return {row["sha256"]: _facts(row) for row in rows}


def measurement(catalog: Catalog, sha256: str) -> Facts | None:
    """What was measured of one asset."""
    row = catalog.row("select * from measurements where sha256 = ?", (sha256,))
    return None if row is None else _facts(row)


def _facts(row: Row) -> Facts:
    return replace(codec.load(row["facts"], Facts), phash=codec.unsigned(row["phash"]))


def whole(row: Row) -> Whole:
    """A row of the assets."""
    known = row["sha256"], row["md5"], row["sha1"], row["bytes"], row["extension"], row["url"]
    return Whole(*known, row["sha512"])


def _lease(row: Row) -> Lease:
    whole = codec.load(row["value"], Whole) if row["value"] else None
    holder = Holder(row["pid"], row["started"])
    return Lease(row["candidate_id"], row["harvest_id"], holder, row["expires"], row["part"], whole)
