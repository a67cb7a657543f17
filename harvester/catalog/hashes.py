"""The sketches by their numbers, for the index of hashes that lies beside the catalog and is made out of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from harvester.catalog.core import Catalog

AT_ONCE = 20_000
"""Rows read at a time, so that a large library is never in memory whole."""


class Numbered(NamedTuple):
    """The hashes of one sketch, packed; `mark` is a random number that belongs to this row and no other."""

    row: int
    mark: int
    hashes: bytes


def since(catalog: Catalog, row: int) -> Iterator[list[Numbered]]:
    """Every sketch with a higher number, in their order, some at a time."""
    sql = "select id, mark, substr(value, 1, 32) from sketches where id > ? order by id limit ?"
    while found := catalog.rows(sql, (row, AT_ONCE)):
        yield [Numbered(*each) for each in found]
        row = found[-1][0]


def is_there(catalog: Catalog, row: int, mark: int) -> bool:
    """Whether this very row is in the catalog; it is not where the catalog is an older copy, or another one."""
    return bool(catalog.value("select 1 from sketches where id = ? and mark = ?", (row, mark)))


def named(catalog: Catalog, rows: Iterable[int]) -> dict[int, str]:
    """Whose sketches these are, by SHA-256; those that are gone are left out."""
    sql = "select id, sha256 from sketches where id in (select value from json_each(?))"
    return {each[0]: each[1] for each in catalog.rows(sql, (json.dumps(list(rows)),))}
