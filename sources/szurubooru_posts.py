"""Szurubooru's posts, read as candidates."""

from __future__ import annotations

from itertools import chain

from harvester import Candidate, Facts, File, Media, Relations, Site, Word
from sources import filetypes, reading, szurubooru_tags
from sources.reading import Row
from sources.szurubooru_terms import SAFETY

KINDS = {
    "image": Media.STILL,
    "animation": Media.ANIMATION,
    "video": Media.VIDEO,
    "flash": Media.FLASH,
}


def candidate(site: Site, post: Row) -> Candidate:
    """One post. Relations go both ways there, so that each of two is the other's child."""
    number, claims = str(reading.identity(post, "id")), _claims(site, post)
    related = (reading.text(one, "id") for one in szurubooru_tags.rows(post, "relations"))
    pools = (reading.text(one, "id") for one in szurubooru_tags.rows(post, "pools"))
    return Candidate(
        site.name,
        number,
        reading.below(site.url, f"post/{number}"),
        claims,
        _files(site, post, claims),
        relations=Relations(
            children=tuple(filter(None, related)),
            pools=tuple(filter(None, pools)),
            sources=tuple(filter(None, map(str.strip, _lines(post, "source")))),
        ),
        words=tuple(Word("category", alias) for alias in _aliases(post)),
    )


def _claims(site: Site, post: Row) -> Facts:
    mime = (reading.text(post, "mimeType") or "").lower()
    form = mime.partition("/")[2].partition("+")[0] if mime.startswith(("image/", "video/")) else ""
    ending = form or (reading.text(post, "contentUrl") or "").rpartition(".")[2].partition("?")[0]
    created, edited = reading.date(post, "creationTime"), reading.date(post, "lastEditTime")
    safety = (reading.text(post, "safety") or "").lower()
    return Facts(
        width=reading.positive(post, "canvasWidth"),
        height=reading.positive(post, "canvasHeight"),
        bytes=reading.positive(post, "fileSize"),
        format=filetypes.picture_format(ending),
        media=KINDS.get((reading.text(post, "type") or "").lower()),
        md5=reading.digest(post, "checksumMD5"),
        sha1=reading.digest(post, "checksum", 40),
        rating=SAFETY.get(safety) if safety else site.rating_default,
        status=frozenset()
        if safety or site.rating_default is None
        else frozenset({reading.ASSUMED}),
        tags=_by_category(post),
        score=reading.number(post, "score"),
        favourites=reading.number(post, "favoriteCount"),
        created=created,
        updated=edited or created,
    )


def _by_category(post: Row) -> dict[str, tuple[str, ...]] | None:
    table: dict[str, list[str]] = {}
    for row in szurubooru_tags.of(post):
        table.setdefault(szurubooru_tags.category(row), []).append(szurubooru_tags.named(row)[0])
    return {kind: tuple(listed) for kind, listed in table.items()} or None


def _aliases(post: Row) -> tuple[str, ...]:
    """Other names of a post's tags: what a tag is also called may say more of a picture than its name."""
    return tuple(
        dict.fromkeys(
            chain.from_iterable(szurubooru_tags.named(row)[1] for row in szurubooru_tags.of(post))
        )
    )


def _files(site: Site, post: Row, claims: Facts) -> tuple[File, ...]:
    """The original and its thumbnail, whose addresses are relative to the site's own."""
    base = f"{site.url.rstrip('/')}/"
    url = reading.address(base, reading.text(post, "contentUrl"))
    small = reading.address(base, reading.text(post, "thumbnailUrl"))
    if url is None:
        return ()
    size = claims.width, claims.height, claims.bytes, claims.format
    original = File("original", (url,), *size, md5=claims.md5, sha1=claims.sha1)
    return (original, File("preview", (small,))) if small else (original,)


def _lines(post: Row, key: str) -> list[str]:
    return (reading.text(post, key) or "").splitlines()
