"""Posts as e621's software writes them, in the documented shape or the newer one, read as candidates."""

from __future__ import annotations

import harvester as h
from harvester import Candidate, Facts, File, Media, Rating
from sources import filetypes, reading
from sources.reading import Row

RATINGS = {"s": Rating.GENERAL, "q": Rating.QUESTIONABLE, "e": Rating.EXPLICIT}
STATUS = ("deleted", "pending", "flagged")
NEEDS_LOGIN = (
    "needs_login"  # said of a post that is there, though its file is shown to accounts only
)


def candidate(site: h.Site, row: Row) -> Candidate:
    """One post. Where the site keeps the file's address to itself there are no files: none is made up."""
    post = _documented(row)
    number, claims = reading.identity(post, "id"), _claims(post)
    said = reading.text(post, "description")
    return Candidate(
        site=site.name,
        post_id=str(number),
        page_url=reading.below(site.url, f"posts/{number}"),
        claims=claims,
        files=_files(site.url, post, claims),
        relations=_relations(post),
        words=(h.Word("description", said),) if said else (),
    )


def _documented(post: Row) -> Row:
    """A post of the newer output (`v2`) with its fields where the documented one has them."""
    if "files" not in post:
        return post
    files, stats = reading.inner(post, "files"), reading.inner(post, "stats")
    meta, shown = reading.inner(files, "meta"), {}
    for role in ("sample", "preview"):
        file = reading.inner(files, role)
        shown[role] = {"url": file.get("jpg"), "alt": file.get("webp"), **file}
    counts = {"score": stats.get("score"), "fav_count": stats.get("fav_count")}
    original = {**reading.inner(files, "original"), **meta}
    return {**post, **shown, **counts, "file": original, "duration": meta.get("duration")}


def _claims(post: Row) -> Facts:
    file, tags = reading.inner(post, "file"), _tags(post)
    extension, every = reading.text(file, "ext"), {tag for named in tags.values() for tag in named}
    media = filetypes.media(extension, every)
    if media is Media.STILL and post.get("duration"):
        media = Media.ANIMATION
    flags = reading.inner(post, "flags")
    status = {word for word in STATUS if reading.flag(flags, word)}
    if not file.get("url") and "deleted" not in status:
        status.add(NEEDS_LOGIN)
    return Facts(
        width=reading.positive(file, "width"),
        height=reading.positive(file, "height"),
        bytes=reading.positive(file, "size"),
        format=filetypes.picture_format(extension),
        media=media,
        md5=reading.text(file, "md5"),
        rating=RATINGS.get((reading.text(post, "rating") or "")[:1]),
        tags=tags or None,
        score=reading.number(reading.inner(post, "score"), "total"),
        favourites=reading.number(post, "fav_count"),
        created=reading.date(post, "created_at"),
        updated=reading.date(post, "updated_at"),
        status=frozenset(status),
    )


def _tags(post: Row) -> dict[str, tuple[str, ...]]:
    """Tags by the site's own categories, whichever it has; a plain list is of unknown category."""
    found = post.get("tags")
    table = found if isinstance(found, dict) else {"unknown": found}
    named = {name: _texts(table, name) for name in table}
    return named if any(named.values()) else {}


def _files(base: str, post: Row, claims: Facts) -> tuple[File, ...]:
    original = reading.address(base, reading.text(reading.inner(post, "file"), "url"))
    if original is None:
        return ()
    size = claims.width, claims.height, claims.bytes, claims.format
    files = [File("original", (original,), *size, md5=claims.md5)]
    for role in ("sample", "preview"):
        shown = reading.inner(post, role)
        found = [reading.address(base, reading.text(shown, key)) for key in ("url", "alt")]
        if urls := tuple(dict.fromkeys(url for url in found if url and url != original)):
            edges = reading.positive(shown, "width"), reading.positive(shown, "height")
            files.append(File(role, urls, *edges))
    return tuple(files)


def _relations(post: Row) -> h.Relations:
    related = reading.inner(post, "relationships")
    parent = reading.positive(related, "parent_id")
    return h.Relations(
        parent=str(parent) if parent else None,
        children=_texts(related, "children"),
        has_children=reading.flag(related, "has_children"),
        pools=_texts(post, "pools"),
        sources=_texts(post, "sources"),
    )


def _texts(row: Row, key: str) -> tuple[str, ...]:
    """A list of texts or numbers; empty when absent, null or an empty object."""
    found = (reading.text({key: one}, key) for one in reading.many(row.get(key) or []))
    return tuple(one for one in found if one)
