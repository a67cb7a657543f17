"""Posts as Moebooru writes them, with the tables of tags and pools beside them, read as candidates."""

from __future__ import annotations

import harvester as h
from harvester import Candidate, Facts, File, Rating
from sources import filetypes, markup, reading
from sources.moebooru_tags import KINDS
from sources.moebooru_terms import LETTERS
from sources.reading import Row

RATINGS = LETTERS | {"safe": Rating.GENERAL} | {rating.value: rating for rating in Rating}
FURTHER = {"jpeg": "sample", "sample": "sample", "preview": "preview"}


def candidates(site: h.Site, found: object) -> tuple[Candidate, ...]:
    """The posts of a reply: a bare list, one post, or a table that tells of their tags and pools as well."""
    table = found if isinstance(found, dict) and "posts" in found else {"posts": found}
    kinds, pools = reading.inner(table, "tags"), _pools(table)
    posts = reading.rows(table["posts"], "posts")
    return tuple(_candidate(site, post, kinds, pools) for post in posts)


def _pools(table: Row) -> dict[str | None, list[str]]:
    """Pools by post."""
    pools: dict[str | None, list[str]] = {}
    for row in reading.rows(table.get("pool_posts") or [], "pool_posts"):
        if pool := reading.text(row, "pool_id"):
            pools.setdefault(reading.text(row, "post_id"), []).append(pool)
    return pools


def _candidate(
    site: h.Site, post: Row, kinds: Row, pools: dict[str | None, list[str]]
) -> Candidate:
    number, parent = str(reading.identity(post, "id")), reading.positive(post, "parent_id")
    claims = _claims(post, kinds)
    return Candidate(
        site=site.name,
        post_id=number,
        page_url=reading.below(site.url, f"post/show/{number}"),
        claims=claims,
        files=_files(site.url, post, claims),
        relations=h.Relations(
            parent=str(parent) if parent else None,
            has_children=reading.flag(post, "has_children"),
            pools=tuple(pools.get(number, ())),
            sources=tuple(reading.many(reading.text(post, "source"))),
        ),
    )


def _claims(post: Row, kinds: Row) -> Facts:
    tags: dict[str, list[str]] = {}
    for tag in reading.split(post, "tags"):
        kind = KINDS.get(str(kinds.get(tag)).lower(), "unknown")
        tags.setdefault(kind, []).append(markup.unescaped(tag))
    extension = _extension(post)
    return Facts(
        width=reading.positive(post, "width"),
        height=reading.positive(post, "height"),
        bytes=reading.positive(post, "file_size"),
        format=filetypes.picture_format(extension),
        media=filetypes.media(extension, (tag for names in tags.values() for tag in names)),
        md5=reading.text(post, "md5"),
        rating=RATINGS.get((reading.text(post, "rating") or "").lower()),
        tags={kind: tuple(names) for kind, names in tags.items()},
        score=reading.number(post, "score"),
        created=reading.date(post, "created_at"),
        updated=reading.date(post, "updated_at"),
        status=_status(post),
    )


def _extension(post: Row) -> str:
    """Older servers do not tell it: then the address does."""
    path = (reading.text(post, "file_url") or "").partition("?")[0]
    told = reading.text(post, "file_ext") or path.rpartition(".")[2]
    return told.lower() if told.isalnum() and len(told) <= len("jpeg") else ""


def _status(post: Row) -> frozenset[str]:
    """What the site's own pages do not show, lists of the API do: held, waiting, or left out of the index."""
    status = {reading.text(post, "status") or "active"}
    status |= {word for word in ("held", "pending") if reading.flag(post, f"is_{word}")}
    if str(post.get("is_shown_in_index")).lower() in {"false", "0"}:
        status.add("unlisted")
    return frozenset(status - {"active"})


def _files(base: str, post: Row, claims: Facts) -> tuple[File, ...]:
    """The original, its JPEG twin, the sample and the preview; none when the post was deleted.

    A preview's actual size is the file's; the other one is how large old pages show it.
    """
    original = reading.address(base, reading.text(post, "file_url"))
    if original is None:
        return ()
    size = claims.width, claims.height, claims.bytes, claims.format
    files = {original: File("original", (original,), *size, md5=claims.md5)}
    for name, role in FURTHER.items():
        url = reading.address(base, reading.text(post, f"{name}_url"))
        if url is None or url in files:
            continue
        told = "actual_preview" if reading.positive(post, f"actual_{name}_width") else name
        width, height, weight = (
            reading.positive(post, f"{told}_{what}") for what in ("width", "height", "file_size")
        )
        files[url] = File(role, (url,), width, height, bytes=weight)
    return tuple(files.values())
