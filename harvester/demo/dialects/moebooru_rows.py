"""Rows as Moebooru's JSON and XML show them: posts, tags, the list of all tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from harvester.demo.dialects.moebooru_shelf import KINDS, NAMES, Shelf, Shown
from harvester.demo.drawing import scaled
from harvester.demo.posts import STILLS, Post

Row = dict[str, Any]
SAMPLE = 850  # pixels: wider pictures have a sample of that width
PREVIEW, SHOWN = 300, 150  # the longer edge of a preview, and of the place old pages show it in
_LISTS = ("frames_pending", "frames", "flag_detail")  # XML has no place for them


def post_row(shown: Shown, shelf: Shelf, base: str, ticket: str = "") -> Row:
    """One post. The addresses of a deleted one are absent, not null; `ticket` ends the original's."""
    post, claim = shown.post, shelf.vault.claim(shown.post)
    row: Row = {
        "id": post.id, "tags": " ".join(shown.kinds),
        "created_at": _seconds(post.created), "updated_at": _seconds(post.updated),
        "creator_id": post.uploader, "approver_id": None, "author": f"user_{post.uploader}",
        "change": _seconds(post.updated), "source": post.source, "score": post.score,
        "md5": claim.md5, "file_size": claim.bytes, "file_ext": post.format,
        "file_url": f"{_file(base, 'image', shown, claim.md5)}.{post.format}{ticket}",
        "is_shown_in_index": shown.listed,
        "preview_url": f"{base}/data/preview/{claim.md5[:2]}/{claim.md5[2:4]}/{claim.md5}.jpg",
        **_edges("preview", post, SHOWN), **_edges("actual_preview", post, PREVIEW),
        **_reduced(shown, base, claim.md5, claim.bytes, ticket),
        "rating": shown.rating, "is_rating_locked": False,
        "has_children": post.id in shelf.vault.world.children, "parent_id": post.parent,
        "status": shown.status, "is_pending": shown.status == "pending",
        "width": post.width, "height": post.height, "is_held": shown.held,
        "frames_pending_string": "", "frames_pending": [], "frames_string": "", "frames": [],
        "is_note_locked": False, "last_noted_at": 0, "last_commented_at": 0,
    }  # fmt: skip
    if shown.status != "deleted":
        return row
    when = post.updated.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    flag = {"post_id": post.id, "reason": "sandbox", "created_at": when}
    row |= {"preview_url": f"{base}/deleted-preview.png", "flag_detail": flag}
    gone = {"file_url", "sample_url", "jpeg_url"}
    return {key: value for key, value in row.items() if key not in gone}


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _file(base: str, kind: str, shown: Shown, md5: str) -> str:
    """The address of a file but for its end: a long name that says what the picture shows."""
    return f"{base}/{kind}/{md5}/{quote(' '.join([str(shown.post.id), *shown.kinds]), safe='')}"


def _edges(name: str, post: Post, longest: int) -> Row:
    factor = min(1.0, longest / max(post.width, post.height))
    width, height = scaled((post.width, post.height), factor)
    return {f"{name}_width": width, f"{name}_height": height}


def _reduced(shown: Shown, base: str, md5: str, size: int, ticket: str) -> Row:
    """A PNG has a JPEG twin, a wide picture a sample; what there is not has the address of the next larger."""
    post, twin = shown.post, shown.post.format == "png"
    original = f"{_file(base, 'image', shown, md5)}.{post.format}{ticket}"
    jpeg = f"{_file(base, 'jpeg', shown, md5)}.jpg" if twin else original
    small = post.format in STILLS and post.width > SAMPLE
    width, height = (
        scaled((post.width, post.height), SAMPLE / post.width)
        if small
        else (post.width, post.height)
    )
    return {
        "sample_url": f"{_file(base, 'sample', shown, md5)}.jpg" if small else jpeg,
        "sample_width": width,
        "sample_height": height,
        "sample_file_size": size // 4 if small else 0,
        "jpeg_url": jpeg,
        "jpeg_width": post.width,
        "jpeg_height": post.height,
        "jpeg_file_size": size // 2 if twin else 0,
    }


def posts_xml(found: Sequence[Row], count: int, offset: int) -> str:
    """The same posts as attributes, and how many there are in all."""
    lines = ["<post " + " ".join(_attributes(row)) + "/>" for row in found]
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<posts count="{count}" offset="{offset}">\n'
    return head + "".join(f"  {line}\n" for line in lines) + "</posts>\n"


def _attributes(row: Row) -> list[str]:
    return [
        f'{key}="{escape(_written(value), {chr(34): "&quot;"})}"'
        for key, value in row.items()
        if key not in _LISTS
    ]


def _written(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def kinds_of(found: Sequence[Shown]) -> dict[str, str]:
    """The kind of every tag of these posts."""
    return {word: kind for shown in found for word, kind in shown.kinds.items()}


def tag_rows(shelf: Shelf, given: Mapping[str, str]) -> list[Row]:
    """`/tag.json`: a name is looked for anywhere within tags, unless it has a `*`."""
    wanted, kind = given.get("name", "").lower(), given.get("type", "")
    pattern = wanted if "*" in wanted else f"*{wanted}*"
    after = _whole(given.get("after_id"), 0)
    names = [
        name
        for name in shelf.kinds
        if fnmatchcase(name, pattern)
        and shelf.numbers[name] > after
        and (not kind or str(KINDS[shelf.kinds[name]]) == kind)
    ]
    if given.get("order") == "count":
        names.sort(key=lambda name: (-shelf.counts[name], name))
    else:
        names.sort()
    limit, page = _whole(given.get("limit"), 50), max(1, _whole(given.get("page"), 1))
    shown = names[(page - 1) * limit : page * limit] if limit else names
    return [
        {
            "id": shelf.numbers[name],
            "name": name,
            "count": shelf.counts[name],
            "type": KINDS[shelf.kinds[name]],
            "ambiguous": False,
        }
        for name in shown
    ]


def summary(shelf: Shelf) -> Row:
    """`/tag/summary.json`: every tag and its other names in one text."""
    others: dict[str, list[str]] = {}
    for old, new in shelf.aliases.items():
        others.setdefault(new, []).append(old)
    entries = [
        "`".join([str(KINDS[kind]), name, *others.get(name, ())]) + "`"
        for name, kind in sorted(shelf.kinds.items())
    ]
    return {"version": len(NAMES), "data": " ".join(entries) + " "}


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdigit() else otherwise
