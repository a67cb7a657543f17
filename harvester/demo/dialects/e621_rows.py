"""Rows as e621's JSON shows them: posts, tags, aliases, completions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from difflib import SequenceMatcher
from fnmatch import fnmatchcase
from typing import Any

from harvester.demo.dialects.e621_board import Board, Shown
from harvester.demo.dialects.e621_query import EASTERN
from harvester.demo.drawing import scaled
from harvester.demo.posts import STILLS

Row = dict[str, Any]
SAMPLE, PREVIEW = 850, 256  # the widest of a sample, the longest side of a preview
TYPED = 3
_BIRTH = "2007-02-10T00:00:00.000-05:00"


def stamp(moment: datetime) -> str:
    """A time as the site writes it: milliseconds and an offset."""
    return moment.astimezone(EASTERN).isoformat(timespec="milliseconds")


def post_row(shown: Shown, board: Board, base: str, ticket: str | None) -> Row:
    """One post; without a ticket for its file every address is null, and all else is told as ever."""
    post = shown.post
    children = board.world.children.get(post.id, ())
    return {
        "id": post.id, "created_at": stamp(post.created), "updated_at": stamp(post.updated),
        **_files(shown, board, base, ticket),
        "score": {"up": post.up, "down": post.down, "total": post.score},
        "tags": {category: list(tags) for category, tags in shown.tags.items()},
        "locked_tags": [], "change_seq": post.id,
        "flags": {
            "pending": "pending" in post.status, "flagged": "flagged" in post.status,
            "note_locked": False, "status_locked": False, "rating_locked": False,
            "deleted": shown.is_deleted,
        },
        "rating": shown.rating, "fav_count": post.favourites,
        "sources": [post.source] if post.source else [], "pools": [],
        "relationships": {
            "parent_id": post.parent, "has_children": bool(children),
            "has_active_children": any("deleted" not in child.status for child in children),
            "children": [child.id for child in children],
        },
        "approver_id": None, "uploader_id": post.uploader, "description": "", "comment_count": 0,
        "is_favorited": False, "has_notes": False,
        "duration": {"webm": 0.6, "mp4": 4.2, "gif": 0.6}.get(shown.extension),
    }  # fmt: skip


def _files(shown: Shown, board: Board, base: str, ticket: str | None) -> Row:
    post, claim = shown.post, board.vault.claim(shown.post)
    name = f"{claim.md5[:2]}/{claim.md5[2:4]}/{claim.md5}"
    has_sample = post.format in STILLS and post.width > SAMPLE
    width, height = scaled(
        (post.width, post.height), min(1.0, PREVIEW / max(post.width, post.height))
    )
    original = f"{base}/data/{name}.{shown.extension}{ticket}"
    reduced = f"{base}/data/sample/{name}.jpg" if has_sample else original
    size = (SAMPLE, round(post.height * SAMPLE / post.width)) if has_sample else None
    sample = size or (post.width, post.height)
    is_told = ticket is not None
    return {
        "file": {
            "width": post.width, "height": post.height, "ext": shown.extension, "size": claim.bytes,
            "md5": claim.md5, "url": original if is_told else None,
        },
        "preview": {
            "width": width, "height": height,
            "url": f"{base}/data/preview/{name}.jpg" if is_told else None, "alt": None,
        },
        "sample": {
            "has": has_sample, "width": sample[0], "height": sample[1],
            "url": reduced if is_told else None, "alt": None, "alternates": {},
        },
    }  # fmt: skip


def tag_row(board: Board, name: str) -> Row:
    return {
        "id": _number(name), "name": name, "post_count": board.counts[name],
        "category": board.categories[name], "created_at": _BIRTH, "updated_at": _BIRTH,
    }  # fmt: skip


def tag_rows(board: Board, search: Mapping[str, str]) -> list[Row]:
    """`/tags.json`: every condition must hold; every tag of this board has posts."""
    names = [name for name in board.counts if _wanted(board, name, search)]
    typed = search.get("fuzzy_name_matches", "")
    keys: Mapping[str, Callable[[str], Any]] = {
        "name": lambda name: name,
        "count": lambda name: (-board.counts[name], name),
        "similarity": lambda name: (-_likeness(name, typed), name),
    }
    names.sort(key=keys.get(search.get("order", ""), _number))
    return [tag_row(board, name) for name in names]


def _wanted(board: Board, name: str, search: Mapping[str, str]) -> bool:
    tests: Mapping[str, Callable[[str], bool]] = {
        "name": lambda value: name in value.split(","),
        "name_matches": lambda value: fnmatchcase(name, value),
        "fuzzy_name_matches": lambda value: _likeness(name, value) >= 0.75,
        "category": lambda value: str(board.categories[name]) in value.split(","),
    }
    return all(tests[key](value.lower()) for key, value in search.items() if key in tests)


def alias_rows(board: Board, search: Mapping[str, str]) -> list[Row]:
    """`/tag_aliases.json`: all of this board's are approved."""
    rows: list[Row] = [
        {"id": number, "antecedent_name": old, "consequent_name": new, "status": "active",
         "reason": "", "created_at": _BIRTH, "updated_at": _BIRTH}
        for number, (old, new) in enumerate(board.aliases.items(), 1)
    ]  # fmt: skip
    if search.get("status", "approved") not in {"approved", "active"}:
        return []
    wanted = {
        key: search[key].lower() for key in ("antecedent_name", "consequent_name") if key in search
    }
    return [row for row in rows if all(row[key] == value for key, value in wanted.items())]


def completion_rows(board: Board, typed: str) -> list[Row]:
    """`/tags/autocomplete.json`: tags that begin so, and tags of which another name does."""
    found: dict[str, str | None] = {name: None for name in board.counts if name.startswith(typed)}
    for old, new in board.aliases.items():
        if old.startswith(typed):
            found.setdefault(new, old)
    order = sorted(found, key=lambda name: (-board.counts[name], name))
    keys = ("id", "name", "post_count", "category")
    return [
        {key: row[key] for key in keys} | {"antecedent_name": found[row["name"]]}
        for row in (tag_row(board, name) for name in order[:10])
    ]


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()


def _number(name: str) -> int:
    return int.from_bytes(name.encode()[:3], "big") % 900_000 + len(name)
