"""Sankaku's posts as candidates: what a row claims, its tags, its files and when their addresses expire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import harvester as h
from harvester import Candidate, Facts, File, Rating, Unexpected
from sources import filetypes, reading
from sources.reading import Row

RATINGS = {"s": Rating.GENERAL, "q": Rating.QUESTIONABLE, "e": Rating.EXPLICIT}
KINDS = {
    **{0: "general", 1: "artist", 2: "copyright", 3: "copyright", 4: "character"},
    **{5: "general", 8: "meta", 9: "meta"},
}
"""Types of tags; 2 is a studio, 5 a genre, 8 a medium."""


def home(site: h.Site) -> str:
    """Where the site's pages for people stand; its API has a host of its own."""
    return str(site.options.get("pages", site.url)).rstrip("/")


def page_url(site: h.Site, number: str) -> str:
    return f"{home(site)}/posts/{number}"


def candidate(site: h.Site, post: Row) -> Candidate:
    """One post. Without the address of its file it is one that this visitor may not see."""
    number, claims = reading.needed(post, "id"), _claims(post)
    files = _files(site, post, claims)
    relations = h.Relations(
        parent=reading.text(post, "parent_id"),
        has_children=reading.flag(post, "has_children"),
        sources=tuple(reading.many(reading.text(post, "source"))),
    )
    return Candidate(
        site.name,
        number,
        page_url(site, number),
        claims,
        files,
        incomplete=frozenset({"tags"} if files else ()),
        relations=relations,
    )


def names(post: Row) -> tuple[str, ...] | None:
    """The names of a post's tags; None where it does not tell them."""
    found = reading.many(post.get("tag_names"))
    if not all(isinstance(one, str) for one in found):
        raise Unexpected("tag_names", found)
    return tuple(dict.fromkeys(filter(None, map(reading.underscored, found)))) or None


def kinds(rows: Sequence[Row]) -> dict[str, str]:
    """Tag -> its category, out of a post's list of tags."""
    told = ((reading.text(row, "name"), reading.number(row, "type")) for row in rows)
    return {reading.underscored(name): KINDS.get(-1 if kind is None else kind, "unknown") for name, kind in told if name}  # fmt: skip


def grouped(known: Mapping[str, str], listed: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Tags by category: those whose kind is known, and those a list told of beside them."""
    table: dict[str, list[str]] = {}
    for name in dict.fromkeys((*known, *listed)):
        table.setdefault(known.get(name, "unknown"), []).append(name)
    return {category: tuple(found) for category, found in table.items()}


def moment(told: str) -> datetime | None:
    """Seconds since 1970 as a time; None for what is none."""
    try:
        return reading.date({"at": told}, "at") if told.isdecimal() else None
    except Unexpected:
        return None


def _claims(post: Row) -> Facts:
    extension = (reading.text(post, "file_type") or "").rpartition("/")[2]
    listed = names(post)
    created = post.get("created_at")
    return Facts(
        width=reading.positive(post, "width"),
        height=reading.positive(post, "height"),
        bytes=reading.positive(post, "file_size"),
        format=filetypes.picture_format(extension),
        media=filetypes.media(extension, listed or ()),
        md5=reading.digest(post, "md5"),
        rating=RATINGS.get((reading.text(post, "rating") or "").lower()),
        tags={"unknown": listed} if listed else None,
        score=reading.number(post, "total_score"),
        favourites=reading.number(post, "fav_count"),
        created=reading.date(created, "s") if isinstance(created, dict) else reading.date(post, "created_at"),
        status=_status(post),
    )  # fmt: skip


def _status(post: Row) -> frozenset[str]:
    """What is wrong with a post; one that is active and has no file is for accounts."""
    status = (reading.text(post, "status") or "active").lower()
    if status == "active":
        return frozenset(() if reading.text(post, "file_url") else {"needs_login"})
    return frozenset({status})


def _files(site: h.Site, post: Row, claims: Facts) -> tuple[File, ...]:
    url = reading.address(site.url, reading.text(post, "file_url"))
    if url is None:
        return ()
    referer = (("Referer", f"{home(site)}/"),)
    original = File(
        "original",
        (url,),
        claims.width,
        claims.height,
        claims.bytes,
        claims.format,
        claims.md5,
        headers=referer,
        expires=_expiry(url),
    )
    files = [original]
    for role in ("sample", "preview"):
        smaller = reading.address(site.url, reading.text(post, f"{role}_url"))
        if smaller and smaller != url:
            size = reading.positive(post, f"{role}_width"), reading.positive(post, f"{role}_height")
            expires = _expiry(smaller)
            files.append(File(role, (smaller,), *size, headers=referer, expires=expires))
    return tuple(files)


def _expiry(url: str) -> datetime | None:
    """When an address stops working, which stands in it."""
    told = parse_qs(urlsplit(url).query) if "?" in url else {}
    return moment(told.get("e", [""])[0])
