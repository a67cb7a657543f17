"""Library facts about tags: what sites said of their category, count and alias; kept for ever."""

from __future__ import annotations

import json
from collections.abc import Iterable

from harvester.catalog.core import Catalog, many, now
from harvester.model import Tag


def put(catalog: Catalog, site: str, tags: Iterable[Tag]) -> None:
    """Remember what a site said of these tags."""
    rows = [(site, tag.name, tag.category, tag.count, tag.alias_of, now()) for tag in tags]
    sql = "insert or replace into tags values (?, ?, ?, ?, ?, ?)"
    catalog.write(lambda db: many(db, sql, rows))


def find(catalog: Catalog, site: str, names: Iterable[str]) -> dict[str, Tag]:
    """What is known of these tags of a site, by name."""
    sql = "select * from tags where site = ? and name in (select value from json_each(?))"
    rows = catalog.rows(sql, (site, json.dumps(list(names))))
    return {
        row["name"]: Tag(row["name"], row["category"], row["count"], row["alias_of"])
        for row in rows
    }
