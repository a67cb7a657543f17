"""Philomena's images as candidates: what a row claims, and the files that belong to it."""

from __future__ import annotations

import re

from harvester import Candidate, Facts, File, Media, Relations, Site, Unexpected, Word
from sources import philomena_tags, reading
from sources.reading import Row

FORMATS = {"jpg": "jpeg"}
MOVING = {"webm": Media.VIDEO, "mp4": Media.VIDEO}
WORDS = {"filename": "name", "description": "description"}
SIZES: dict[str, tuple[str, int, int]] = {
    "thumb_tiny": ("preview", 50, 50),
    "thumb_small": ("preview", 150, 150),
    "thumb": ("preview", 250, 250),
    "small": ("preview", 320, 240),
    "medium": ("preview", 800, 600),
    "large": ("sample", 1280, 1024),
    "tall": ("sample", 1024, 4096),
}
"""The smaller forms of a picture: role, and the box each is fitted into."""


def candidate(image: Row, site: Site) -> Candidate:
    """A row as a candidate. One that was taken down has dates and no files."""
    number, claims = reading.identity(image, "id"), _claims(image)
    sources = _texts(image, "source_urls") or _texts(image, "source_url") or ()
    told = [(role, reading.text(image, key)) for role, key in WORDS.items()]
    return Candidate(
        site.name,
        str(number),
        reading.below(site.url, f"images/{number}"),
        claims,
        () if claims.status else _files(image, claims, site),
        relations=Relations(sources=tuple(dict.fromkeys(sources))),
        words=tuple(Word(role, text) for role, text in told if text),
    )


def _claims(image: Row) -> Facts:
    extension = (reading.text(image, "format") or "").lower()
    names = _texts(image, "tags")
    still = Media.ANIMATION if reading.flag(image, "animated") else Media.STILL
    return Facts(
        width=reading.positive(image, "width"),
        height=reading.positive(image, "height"),
        bytes=reading.positive(image, "size"),
        format=FORMATS.get(extension, extension) or None,
        media=MOVING.get(extension, still) if extension else None,
        sha512=reading.text(image, "sha512_hash"),
        rating=philomena_tags.rating(names or ()),
        tags=philomena_tags.by_category(names) if names else None,
        score=reading.number(image, "score"),
        favourites=reading.number(image, "faves"),
        created=reading.date(image, "created_at"),
        updated=reading.date(image, "updated_at"),
        status=_status(image),
    )


def _texts(row: Row, key: str) -> tuple[str, ...] | None:
    """A list of texts, or one alone; None when absent, null or empty."""
    found = reading.many(row.get(key))
    if not all(isinstance(one, str) for one in found):
        raise Unexpected(key, found)
    return tuple(one for one in found if one) or None


def _status(image: Row) -> frozenset[str]:
    if not reading.flag(image, "hidden_from_users"):
        return frozenset()
    return frozenset({"duplicate" if reading.text(image, "duplicate_of") else "deleted"})


def _files(image: Row, claims: Facts, site: Site) -> tuple[File, ...]:
    """The original, and its smaller forms once there are any.

    The original goes without hash and length: the site optimises files, and what it tells may be
    of the file before, by which a sound download would count as damaged.
    """
    shown = reading.inner(image, "representations")
    told = reading.text(shown, "full"), reading.text(image, "view_url")
    urls = [url for one in told if (url := reading.address(site.url, one))]
    if claims.format == "svg":  # shown is a rendering of it
        urls = [re.sub(r"\.png$", ".svg", url) for url in urls]
    if not urls:
        return ()
    whole = claims.width, claims.height
    files = [File("original", tuple(dict.fromkeys(urls)), *whole, format=claims.format)]
    made = image.get("thumbnails_generated") is None or reading.flag(image, "thumbnails_generated")
    if made and claims.media is not Media.VIDEO:
        for name, (role, *box) in SIZES.items():
            if url := reading.address(site.url, reading.text(shown, name)):
                files.append(File(role, (url,), *_fitted(whole, box)))
    return tuple(files)


def _fitted(whole: tuple[int | None, int | None], box: list[int]) -> tuple[int | None, int | None]:
    """What becomes of a picture's size in a box; smaller ones stay as they are."""
    width, height = whole
    if width is None or height is None:
        return None, None
    scale = min(1.0, box[0] / width, box[1] / height)
    return max(1, round(width * scale)), max(1, round(height * scale))
