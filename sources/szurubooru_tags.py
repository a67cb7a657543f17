"""Szurubooru's tags: their categories by what each site's owner called them, and what answers for a name."""

from __future__ import annotations

from collections.abc import Iterable

import harvester as h
from harvester import Name
from sources import reading
from sources.reading import Row

CATEGORIES = {
    **{"artist": "artist", "artists": "artist", "author": "artist", "creator": "artist"},
    **{"character": "character", "characters": "character", "species": "species"},
    **{"copyright": "copyright", "copyrights": "copyright", "series": "copyright"},
    **{"franchise": "copyright", "game": "copyright", "anime": "copyright"},
    **{"meta": "meta", "metadata": "meta", "general": "general", "default": "general"},
}
"""Usual names of categories. What has another one is of unknown category."""


def rows(found: Row, key: str) -> list[Row]:
    """A list of objects within a row; empty when absent or null."""
    return reading.rows(found.get(key) or [], key)


def of(post: Row) -> list[Row]:
    """The tags of a post."""
    return rows(post, "tags")


def every(posts: Iterable[Row]) -> list[Row]:
    """The tags of some posts, each once, the most used first."""
    found = {named(row)[0]: row for post in posts for row in of(post)}
    return sorted(found.values(), key=lambda row: -(reading.number(row, "usages") or 0))


def alike(found: Iterable[Row], like: str, *, within: bool) -> list[Row]:
    """Those that go by a name which begins so, or has it anywhere within."""
    return [
        row
        for row in found
        for first, others in [named(row)]
        if any(
            like in one.lower() if within else one.lower().startswith(like)
            for one in (first, *others)
        )
    ]


def named(row: Row) -> tuple[str, tuple[str, ...]]:
    """What a tag is called, and its other names."""
    found = reading.many(row.get("names"))
    if not found or not all(isinstance(name, str) and name for name in found):
        raise h.Unexpected("names", found)
    return found[0], tuple(found[1:])


def tag(row: Row) -> h.Tag:
    """A tag with how often it is used."""
    return h.Tag(named(row)[0], category(row), reading.number(row, "usages"))


def name(row: Row, asked: str, step: str) -> Name | None:
    """A tag as an answer to a name; None when no post has it.

    Whose category is the default one was given none by anybody, and may be of any.
    """
    told, (first, others) = tag(row), named(row)
    kind = "unknown" if reading.text(row, "category") == "default" else told.category
    is_alias = first.lower() != asked and asked in {other.lower() for other in others}
    if told.count == 0:
        return None
    return Name(first, kind, told.count, "alias" if is_alias else step, asked)


def category(row: Row) -> str:
    """A tag's category on our scale."""
    return CATEGORIES.get((reading.text(row, "category") or "").lower(), "unknown")
