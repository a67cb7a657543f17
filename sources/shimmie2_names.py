"""Shimmie's lists of tags: what they answer for a name."""

from __future__ import annotations

from collections.abc import Iterable

from harvester import Name
from sources import reading, shimmie2_posts
from sources.reading import Row


def listed(rows: Iterable[Row], asked: str) -> tuple[Name, ...]:
    """The rows of `find_tags` that are the very name; upper and lower case are one to the software."""
    told = ((reading.needed(row, "name"), reading.number(row, "counts")) for row in rows)
    fitting = ((name, count) for name, count in told if name.lower() == asked and count != 0)
    return tuple(_name(name, count, "exact", asked) for name, count in fitting)


def completed(found: object, asked: str) -> tuple[Name, ...]:
    """Completions: a table of tags, with their counts or, of newer servers, with what they are aliases of.

    An empty table comes as an empty list. The surest are first.
    """
    table = {} if found == [] else reading.table(found)
    told = [_completion(name, row, asked) for name, row in table.items() if name]
    some = (one for one in told if one.count != 0)
    return tuple(sorted(some, key=lambda one: one.how != "alias"))


def _completion(name: str, told: object, asked: str) -> Name:
    row = told if isinstance(told, dict) else {"count": told}
    new, count = reading.text(row, "newtag"), reading.number(row, "count")
    is_alias = new is not None and name.lower() == asked
    return _name(new or name, count, "alias" if is_alias else "autocomplete", asked)


def _name(name: str, count: int | None, how: str, asked: str) -> Name:
    return Name(name, shimmie2_posts.category(name), count, how, asked)
