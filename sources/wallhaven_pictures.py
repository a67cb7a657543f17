"""Wallhaven's wallpapers as candidates: what a row claims, its tags by category, its file."""

from __future__ import annotations

import re

import harvester as h
from harvester import Candidate, Facts, File, Rating
from sources import filetypes, reading
from sources.reading import Row

RATINGS = {"sfw": Rating.GENERAL, "sketchy": Rating.SENSITIVE, "nsfw": Rating.EXPLICIT}
KINDS = {"characters": "character", "series": "copyright", "artists": "artist"}
THUMBS = ("small", "large", "original")


def candidate(site: h.Site, row: Row) -> Candidate:
    """A wallpaper. Lists tell no tags, and without them nobody knows whether its file may be asked for."""
    number, claims = reading.needed(row, "id"), _claims(row)
    page = reading.address(site.url, reading.text(row, "url"))
    return Candidate(
        site.name,
        number,
        page or reading.below(site.url, f"w/{number}"),
        claims,
        _files(site, row, claims),
        incomplete=frozenset({"tags", "url"} if claims.tags is None else ()),
        relations=h.Relations(sources=tuple(reading.many(reading.text(row, "source")))),
    )


def category(tag: Row) -> str:
    """A tag's kind by the name of its category, which stands last where others lead to it."""
    told = (reading.text(tag, "category") or "").lower()
    return KINDS.get(re.split(r"[>»]", told)[-1].strip(), "general")


def _claims(row: Row) -> Facts:
    extension = (reading.text(row, "file_type") or "").rpartition("/")[2]
    tags = None if row.get("tags") is None else _tags(reading.rows(row["tags"], "tags"))
    return Facts(
        width=reading.positive(row, "dimension_x"),
        height=reading.positive(row, "dimension_y"),
        bytes=reading.positive(row, "file_size"),
        format=filetypes.picture_format(extension),
        media=filetypes.media(extension),
        rating=RATINGS.get((reading.text(row, "purity") or "").lower()),
        tags=tags,
        favourites=reading.number(row, "favorites"),
        created=reading.date(row, "created_at"),
    )


def _tags(rows: list[Row]) -> dict[str, tuple[str, ...]]:
    table: dict[str, dict[str, None]] = {}
    for row in rows:
        name = " ".join(reading.needed(row, "name").split())
        table.setdefault(category(row), {})[name] = None
    return {kind: tuple(names) for kind, names in table.items()}


def _files(site: h.Site, row: Row, claims: Facts) -> tuple[File, ...]:
    url = reading.address(site.url, reading.text(row, "path"))
    if url is None:
        return ()
    size = claims.width, claims.height, claims.bytes
    thumbs = reading.inner(row, "thumbs")
    shown = (reading.address(site.url, reading.text(thumbs, name)) for name in THUMBS)
    previews = (File("preview", (one,)) for one in shown if one)
    return (File("original", (url,), *size, format=claims.format), *previews)
