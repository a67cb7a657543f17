"""Posts as Danbooru writes them, and as servers that imitate it leave things out, read as candidates."""

from __future__ import annotations

from collections.abc import Collection

import harvester as h
from harvester import Candidate, Facts, File, Rating
from sources import filetypes, reading
from sources.danbooru_tags import CATEGORIES
from sources.reading import Row

RATINGS = dict(zip("gsqe", Rating, strict=True))
STATUS = ("deleted", "pending", "flagged", "banned")
STILLS = {"jpeg", "png", "webp", "avif"}


def candidate(site: h.Site, post: Row) -> Candidate:
    """One post."""
    number, claims = reading.identity(post, "id"), _claims(post)
    parent = reading.positive(post, "parent_id")
    return Candidate(
        site=site.name,
        post_id=str(number),
        page_url=reading.below(site.url, f"posts/{number}"),
        claims=claims,
        files=_files(site.url, post, claims),
        relations=h.Relations(
            parent=str(parent) if parent else None,
            has_children=reading.flag(post, "has_children"),
            sources=tuple(reading.many(reading.text(post, "source"))),
        ),
    )


def _claims(post: Row) -> Facts:
    extension, asset = reading.text(post, "file_ext"), reading.inner(post, "media_asset")
    tags = {name: reading.split(post, f"tag_string_{name}") for name in CATEGORIES.values()}
    if not any(tags.values()):  # an imitation that fills the plain list only
        tags = {"unknown": reading.split(post, "tag_string")}
    return Facts(
        width=reading.positive(post, "image_width") or reading.positive(asset, "image_width"),
        height=reading.positive(post, "image_height") or reading.positive(asset, "image_height"),
        bytes=reading.positive(post, "file_size"),
        format=filetypes.picture_format(extension),
        media=filetypes.media(extension, tags.get("meta", ())),
        md5=reading.text(post, "md5"),
        pixel_hash=reading.text(asset, "pixel_hash"),
        rating=RATINGS.get((reading.text(post, "rating") or "")[:1]),
        tags=tags,
        score=reading.number(post, "score"),
        favourites=reading.number(post, "fav_count"),
        created=reading.date(post, "created_at"),
        updated=reading.date(post, "updated_at"),
        status=frozenset(word for word in STATUS if reading.flag(post, f"is_{word}")),
    )


def _files(base: str, post: Row, claims: Facts) -> tuple[File, ...]:
    """The original, the sample and the previews; none when the post is hidden from this visitor."""
    original = reading.address(base, reading.text(post, "file_url"))
    if original is None:
        return ()
    size = claims.width, claims.height, claims.bytes, claims.format
    files = {original: File("original", (original,), *size, md5=claims.md5)}
    large = reading.address(base, reading.text(post, "large_file_url"))
    if large:
        files.setdefault(large, File("sample", (large,)))
    variants = reading.inner(post, "media_asset").get("variants") or []
    for variant in reading.rows(variants, "variants"):
        url = reading.address(base, reading.text(variant, "url"))
        if url and "x" in (reading.text(variant, "type") or ""):  # 180x180 and the like
            edges = reading.positive(variant, "width"), reading.positive(variant, "height")
            files.setdefault(url, File("preview", (url,), *edges))
    small = reading.address(base, reading.text(post, "preview_file_url"))
    if small:  # the first of the variants, where there are any
        files.setdefault(small, File("preview", (small,)))
    return tuple(files.values())


def is_still_of(post: Candidate, ratings: Collection[str]) -> bool:
    """Whether a post is a picture of one of these ratings that was not deleted, as far as it tells."""
    claims = post.claims
    rated = not ratings or claims.rating is None or claims.rating in ratings
    return rated and claims.format in {None, *STILLS} and "deleted" not in claims.status
