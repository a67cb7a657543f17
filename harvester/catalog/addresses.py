"""Finds candidates by the address of their page or file: a table of 64-bit digests, kept when candidates change."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harvester.catalog import codec
from harvester.model import Candidate

if TYPE_CHECKING:  # it loads much, which those that only read do without
    from sqlite_utils import Database

TABLE = """
create table addresses (
    digest integer not null,    -- of a page's or a file's address; two addresses may share one
    candidate_id integer not null references candidates(id),
    primary key (digest, candidate_id)
) strict, without rowid;
"""

INSERT = "insert or ignore into addresses values (?, ?)"
AT_ONCE = 5_000
"""Candidates read at a time when the table is made."""


def digest(url: str) -> int:
    """64 bits of an address, signed as SQLite holds them."""
    found = hashlib.blake2b(url.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(found, "big", signed=True)


def of(candidate: Candidate | None) -> frozenset[int]:
    """The digests of every address that leads to a candidate; none of one that may not be kept."""
    if candidate is None:
        return frozenset()
    urls = {candidate.page_url, *(url for file in candidate.files for url in file.urls)}
    return frozenset(digest(url) for url in urls if url)


def put(db: Database, number: int, before: Candidate | None, after: Candidate | None) -> None:
    """Keep the table true of one candidate that was `before` and is `after`. Inside a transaction."""
    had, has = of(before), of(after)
    if had - has:
        sql = "delete from addresses where digest = ? and candidate_id = ?"
        db.conn.executemany(sql, [(one, number) for one in had - has])
    if has - had:
        db.conn.executemany(INSERT, [(one, number) for one in has - had])


def fill(db: Database) -> None:
    """Make the table's rows for a catalog that had candidates before it had the table."""
    for rows in _all(db):
        pairs = (
            (one, number) for number, value in rows for one in of(codec.load(value, Candidate))
        )
        db.conn.executemany(INSERT, pairs)


def _all(db: Database) -> Iterator[list[tuple[int, str]]]:
    last = 0
    sql = "select id, value from candidates where id > ? and value is not null order by id limit ?"
    while rows := [(row[0], row[1]) for row in db.conn.execute(sql, (last, AT_ONCE))]:
        yield rows
        last = rows[-1][0]
