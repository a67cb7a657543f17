"""Rows as the site's JSON shows them: posts, tags, aliases, suggestions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from difflib import SequenceMatcher
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from harvester.demo.posts import ALIASES, CATEGORIES, IMPLICATIONS, OTHER_NAMES, STILLS, Post
from harvester.demo.vault import Claim, Vault, variants
from harvester.demo.world import World

Row = dict[str, Any]
_EASTERN = timezone(timedelta(hours=-5))
_BIRTH = "2012-11-05T08:00:00.000-05:00"


def stamp(moment: datetime) -> str:
    """A time as the site writes it: milliseconds and the Eastern offset."""
    return moment.astimezone(_EASTERN).isoformat(timespec="milliseconds")


def post_row(post: Post, vault: Vault, base: str, ticket: str = "") -> Row:
    """One post. The file keys of a hidden one are absent, not null; `ticket` ends the original's address."""
    claim = vault.claim(post)
    tags = {category: " ".join(post.tags[category]) for category in CATEGORIES}
    children = vault.world.children.get(post.id, ())
    alive = any("deleted" not in child.status for child in children)
    row: Row = {
        "id": post.id, "created_at": stamp(post.created), "updated_at": stamp(post.updated),
        "uploader_id": post.uploader, "approver_id": None,
        "score": post.score, "up_score": post.up, "down_score": post.down, "fav_count": post.favourites,
        "source": post.source, "rating": post.rating, "md5": claim.md5,
        "file_ext": post.format, "file_size": claim.bytes,
        "image_width": post.width, "image_height": post.height,
        "parent_id": post.parent, "has_children": bool(children),
        "has_active_children": alive, "has_visible_children": alive,
        "has_large": _has_large(post), "pixiv_id": post.pixiv, "bit_flags": 0,
        "last_noted_at": None, "last_commented_at": None, "last_comment_bumped_at": None,
        "tag_string": " ".join(sorted(post.words)), "tag_count": len(post.words),
    }  # fmt: skip
    row |= {
        f"is_{status}": status in post.status
        for status in ("pending", "flagged", "deleted", "banned")
    }
    row |= {f"tag_string_{category}": text for category, text in tags.items()}
    row |= {f"tag_count_{category}": len(post.tags[category]) for category in CATEGORIES}
    row["media_asset"] = _asset(post, vault, base, ticket)
    if post.hidden:
        del row["md5"]
        return row
    row["file_url"] = file_url(base, claim.md5, "original", post.format) + ticket
    large = ("sample", "webm" if post.format == "zip" else "jpg")
    row["large_file_url"] = (
        file_url(base, claim.md5, *large) if _has_large(post) else row["file_url"]
    )
    row["preview_file_url"] = file_url(base, claim.md5, "180x180", "jpg")
    return row


def file_url(base: str, md5: str, kind: str, extension: str) -> str:
    """Where a file of this kind lies; samples carry their kind in the name."""
    prefix = "sample-" if kind == "sample" else ""
    return f"{base}/{kind}/{md5[:2]}/{md5[2:4]}/{prefix}{md5}.{extension}"


def _has_large(post: Post) -> bool:
    return (post.format in STILLS and post.width > 850) or post.format == "zip"


def _asset(post: Post, vault: Vault, base: str, ticket: str) -> Row:
    claim = vault.claim(post)
    asset: Row = {
        "id": post.id + 1_000_000, "created_at": stamp(post.created), "updated_at": stamp(post.created),
        "md5": claim.md5, "file_ext": post.format, "file_size": claim.bytes,
        "image_width": post.width, "image_height": post.height,
        "duration": {"mp4": 4.2, "gif": 0.6, "zip": 0.6}.get(post.format),
        "status": "active", "file_key": claim.md5[:9], "is_public": True, "pixel_hash": _pixels(post, claim),
    }  # fmt: skip
    if post.hidden:
        return {key: value for key, value in asset.items() if key not in {"md5", "file_key"}} | {
            "is_public": False
        }
    asset["variants"] = [
        {"type": kind, "url": file_url(base, claim.md5, kind, ext), "width": width, "height": height, "file_ext": ext}
        for kind, width, height, ext in variants(post)
    ]  # fmt: skip
    asset["variants"][-1]["url"] += ticket
    return asset


def _pixels(post: Post, claim: Claim) -> str:
    """The hash of a picture's pixels; no two drawn ones have the same."""
    if post.path is None or post.format not in STILLS:
        return claim.md5[::-1]
    return _pixels_of(post.path, claim.md5)


@lru_cache(maxsize=10_000)
def _pixels_of(path: Path, md5: str) -> str:
    """The same of a file of the user's, which has this MD5."""
    try:
        with Image.open(path) as picture:
            pixels = picture.convert("RGBA").tobytes()
    except (UnidentifiedImageError, OSError):
        return md5[::-1]
    return hashlib.md5(pixels, usedforsecurity=False).hexdigest()


def only(row: Row, fields: str) -> Row:
    """The named fields of a row; `name[inner,inner]` selects within one."""
    kept: Row = {}
    for name, inner in _split(fields):
        if name not in row:
            continue
        value = row[name]
        if inner and isinstance(value, Mapping):
            value = only(dict(value), inner)
        elif inner and isinstance(value, list):
            value = [only(part, inner) for part in value]
        kept[name] = value
    return kept


def _split(fields: str) -> list[tuple[str, str]]:
    parts, depth, start = [], 0, 0
    for place, sign in enumerate(f"{fields},"):
        depth += {"[": 1, "]": -1}.get(sign, 0)
        if sign == "," and depth <= 0:
            name, _, inner = fields[start:place].partition("[")
            parts.append((name.strip(), inner.removesuffix("]")))
            start = place + 1
    return parts


def tag_rows(world: World, search: Mapping[str, str], limit: int) -> list[Row]:
    """`/tags.json`: every condition must hold."""
    names = [name for name in world.tag_counts if _wanted(world, name, search)]
    order = search.get("order", "id")
    if order == "count":
        names.sort(key=lambda name: (-world.tag_counts[name], name))
    elif order == "similarity" and "fuzzy_name_matches" in search:
        names.sort(key=lambda name: -_likeness(name, search["fuzzy_name_matches"]))
    else:
        names.sort(reverse=order != "name")
    return [_tag(world, name) for name in names[:limit]]


def _wanted(world: World, name: str, search: Mapping[str, str]) -> bool:
    aliases = [alias for alias, tag in ALIASES.items() if tag == name]
    tests: Mapping[str, Callable[[str], bool]] = {
        "name": lambda value: name == value,
        "name_comma": lambda value: name in value.split(","),
        "name_array": lambda value: name in value.split(","),
        "name_matches": lambda value: fnmatchcase(name, value),
        "name_or_alias_matches": lambda value: any(
            fnmatchcase(one, value) for one in (name, *aliases)
        ),
        "fuzzy_name_matches": lambda value: _likeness(name, value) >= 0.75,
        "category": lambda value: str(world.tag_categories[name]) in value.split(","),
    }
    return all(tests[key](value.lower()) for key, value in search.items() if key in tests)


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other.lower()).ratio()


def _tag(world: World, name: str) -> Row:
    return {
        "id": _number(name), "name": name, "post_count": world.tag_counts[name],
        "category": world.tag_categories[name], "created_at": _BIRTH, "updated_at": _BIRTH,
        "is_deprecated": False, "words": [word for word in name.replace("(", "").replace(")", "").split("_") if word],
    }  # fmt: skip


def _number(name: str) -> int:
    return int.from_bytes(name.encode()[:3], "big") % 900_000 + len(name)


def relation_rows(table: Mapping[str, str], search: Mapping[str, str], limit: int) -> list[Row]:
    """`/tag_aliases.json` and `/tag_implications.json`."""
    rows = [
        {"id": number, "antecedent_name": old, "consequent_name": new, "status": "active",
         "reason": "", "created_at": _BIRTH, "updated_at": _BIRTH}
        for number, (old, new) in enumerate(table.items(), 1)
    ]  # fmt: skip
    wanted = {
        key: value.lower()
        for key, value in search.items()
        if key in {"antecedent_name", "consequent_name", "status"}
    }
    return [
        row for row in rows if all(row[key] in value.split(",") for key, value in wanted.items())
    ][:limit]


def alias_rows(search: Mapping[str, str], limit: int) -> list[Row]:
    return relation_rows(ALIASES, search, limit)


def implication_rows(search: Mapping[str, str], limit: int) -> list[Row]:
    return relation_rows(IMPLICATIONS, search, limit)


def suggestion_rows(world: World, typed: str, limit: int) -> list[Row]:
    """`/autocomplete.json`: by beginning, by alias, by a name in another language, else by likeness."""
    typed = typed.lower().replace(" ", "_")
    found = [
        _suggestion(world, name, "tag-word")
        for name in _by_count(world, (n for n in world.tag_counts if n.startswith(typed)))
    ]
    for old, new in ALIASES.items():
        if old.startswith(typed) and new in world.tag_counts:
            found.append(_suggestion(world, new, "tag-alias", old))
    for name, others in OTHER_NAMES.items():
        found += [
            _suggestion(world, name, "tag-other-name", other)
            for other in others
            if typed and other.startswith(typed) and name in world.tag_counts
        ]
    if not found and typed:
        near = (name for name in world.tag_counts if _likeness(name, typed) >= 0.75)
        found = [
            _suggestion(world, name, "tag-autocorrect", name) for name in _by_count(world, near)
        ]
    return found[:limit]


def _by_count(world: World, names: Iterable[str]) -> Sequence[str]:
    return sorted(names, key=lambda name: (-world.tag_counts[name], name))


def _suggestion(world: World, name: str, kind: str, antecedent: str | None = None) -> Row:
    row: Row = {
        "type": kind, "label": name.replace("_", " "), "value": name,
        "category": world.tag_categories[name], "post_count": world.tag_counts[name],
        "tag": _tag(world, name),
    }  # fmt: skip
    return row | ({"antecedent": antecedent} if antecedent else {})
