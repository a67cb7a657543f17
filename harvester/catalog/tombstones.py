"""What a person had removed for good: hashes and names that no run lets in again until it is taken back."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from harvester.catalog import candidates, files
from harvester.catalog.candidates import HASHES, Known
from harvester.catalog.core import Catalog, Row, now

if TYPE_CHECKING:  # it loads much, which those that only read do without
    from sqlite_utils import Database

KEY, ARTIST = "key", "artist"

Name = tuple[str, str]
"""A kind and a value: one of HASHES and the hash, KEY and SITE:ID, ARTIST and a folded name."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """One thing a person said: of what, when, and by which names it is known again."""

    word: int
    told: str
    said_at: float
    names: frozenset[Name]

    @property
    def keys(self) -> tuple[str, ...]:
        """SITE:ID of what was known of it then."""
        return tuple(sorted(value for kind, value in self.names if kind == KEY))


def lay(db: Database, told: str, names: Iterable[Name]) -> None:
    """Keep that this was removed, by these names; what was said of one of them before stays as it was."""
    word = db.conn.execute("select coalesce(max(word), 0) + 1 from tombstones").fetchone()[0]
    rows = [(*name, word, told, now()) for name in names]
    db.conn.executemany("insert or ignore into tombstones values (?, ?, ?, ?, ?)", rows)


def lift(db: Database, words: Iterable[int]) -> None:
    """Take back what was said."""
    db.conn.executemany("delete from tombstones where word = ?", [(word,) for word in words])


def every(catalog: Catalog) -> list[Tombstone]:
    """All that was said, oldest first."""
    return _gathered(catalog.rows("select * from tombstones order by word"))


def any_laid(catalog: Catalog) -> bool:
    """Whether anything was ever removed."""
    return bool(catalog.value("select exists (select 1 from tombstones)"))


def of(catalog: Catalog, names: Collection[Name]) -> dict[Name, Tombstone]:
    """What was said of those of these names that anything was said of."""
    sql = (
        "select * from tombstones where word in (select word from tombstones"
        " where value in (select value from json_each(?))) order by word"
    )
    told = _gathered(catalog.rows(sql, (json.dumps(sorted({value for _, value in names})),)))
    wanted = frozenset(names)
    return {name: one for one in told for name in one.names & wanted}


def names_of(catalog: Catalog, some: Collection[Known]) -> dict[int, frozenset[Name]]:
    """By what each candidate may be known again: its key, what its site claims, and the hashes of its file."""
    stored = files.some(catalog, {one.asset for one in some if one.asset})
    found = {}
    for one in some:
        names = {(KEY, one.value.key), *candidates.hashes(one.value).items()}
        if whole := stored.get(one.asset or ""):
            names |= {(kind, value) for kind in HASHES if (value := getattr(whole, kind, None))}
        found[one.id] = frozenset(names)
    return found


def _gathered(rows: Iterable[Row]) -> list[Tombstone]:
    """Of rows by their words."""
    found = []
    for word, same in groupby(rows, itemgetter("word")):
        some = list(same)
        names = frozenset((row["kind"], row["value"]) for row in some)
        found.append(Tombstone(word, some[0]["told"], some[0]["said_at"], names))
    return found
