"""What a person said is no copy of each other: pairs of files by their SHA-256, or of SITE:ID while there is no file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from harvester.catalog import candidates
from harvester.catalog.candidates import Known
from harvester.catalog.core import Catalog, now

if TYPE_CHECKING:  # it loads much, which those that only read do without
    from sqlite_utils import Database

Pair = tuple[str, str]
"""Two names in order: each the SHA-256 of a file, or SITE:ID."""


def say(db: Database, pairs: Iterable[Pair]) -> None:
    """Keep that these are not the same; what was said before stays as it was."""
    sql = "insert or ignore into told_apart values (?, ?, ?)"
    db.conn.executemany(sql, [(*pair, now()) for pair in pairs])


def unsay(db: Database, pairs: Iterable[Pair]) -> None:
    """Take back what was said of these."""
    db.conn.executemany("delete from told_apart where first = ? and second = ?", list(pairs))


def said(catalog: Catalog) -> frozenset[Pair]:
    """Every pair by the very names it was said of."""
    return frozenset((row[0], row[1]) for row in catalog.rows("select * from told_apart"))


def every(catalog: Catalog) -> frozenset[Pair]:
    """Every pair, by files where there are some by now; what turned out to be one file is none."""
    pairs = [(file_of(catalog, one), file_of(catalog, other)) for one, other in said(catalog)]
    return frozenset((min(pair), max(pair)) for pair in pairs if pair[0] != pair[1])


def held(apart: frozenset[Pair], one: Iterable[str], other: Iterable[str]) -> bool:
    """Whether something that goes by these names was told apart from something that goes by those."""
    others = frozenset(other)
    return bool(apart) and any(
        (min(left, right), max(left, right)) in apart for left in one for right in others
    )


def names(one: Known) -> tuple[str, ...]:
    """What a candidate may be told apart by: its key, and its file's SHA-256 once there is one."""
    return (one.value.key, one.asset) if one.asset else (one.value.key,)


def file_of(catalog: Catalog, name: str) -> str:
    """The file that a name stands for by now; the name itself while there is none."""
    site, colon, post = name.partition(":")
    known = candidates.by_key(catalog, site, post) if colon else None
    return known.asset if known and known.asset else name
