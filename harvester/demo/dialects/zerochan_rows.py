"""What Zerochan shows of the world: its own spelling and kinds of tags, rows of lists, entries, completions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from harvester.demo.posts import ALIASES, STILLS, Post
from harvester.demo.vault import Vault
from harvester.demo.world import World

WORDS: Mapping[str, tuple[str, ...]] = {
    "1girl": ("Female",),
    "2girls": ("Female", "Duo", "Two Girls"),
    "3girls": ("Female", "Trio", "Three Girls"),
    "4girls": ("Female", "Quartet"),
    "multiple_girls": ("Group",),
    "multiple_views": ("Multiple Persona",),
    "no_humans": ("No Humans",),
}
"""Tags that have other names here; the rest is written with capitals and blanks."""

OF_ELSEWHERE = {"highres", "absurdres", "lowres", "commentary_request", "bad_link"}
KINDS = {
    "general": "Theme", "artist": "Mangaka", "character": "Character", "copyright": "Game", "meta": "Source",
}  # fmt: skip
SIZES = {"240": ("small", "jpg"), "600": ("medium", "jpg"), "1024": ("large", "jpg")}
COMPLETED = 10
Row = dict[str, Any]


def named(tag: str) -> tuple[str, ...]:
    """A tag of the world in this site's words."""
    if tag in OF_ELSEWHERE:
        return ()
    return WORDS.get(tag) or (_capital(tag),)


def _capital(tag: str) -> str:
    words = (word[:1].upper() + word[1:] for word in tag.replace("_", " ").split())
    return " ".join(
        f"({word[1:2].upper()}{word[2:]}" if word.startswith("(") else word for word in words
    )


class Shelf:
    """The entries of a world, the newest first: pictures that neither were deleted nor are for accounts only."""

    def __init__(self, world: World) -> None:
        shown = (p for p in world.posts if p.format in {*STILLS, "gif"} and not p.hidden)
        kept = (post for post in shown if "deleted" not in post.status)
        self.posts = {post.id: post for post in sorted(kept, key=lambda post: -post.id)}
        self.deleted = {post.id for post in world.posts if "deleted" in post.status}
        self.tags = {number: _tags(post) for number, post in self.posts.items()}
        self.kinds = {name: kind for tags in self.tags.values() for name, kind in tags.items()}
        self.counts = Counter(name for tags in self.tags.values() for name in tags)
        self._known = {name.lower(): name for name in self.kinds}
        self.others = dict(_other_names(self._known))

    def called(self, name: str) -> str | None:
        """A tag's own spelling, by any case."""
        return self._known.get(name.lower())

    def completed(self, typed: str) -> list[Row]:
        """Tags that begin with what was typed, or another name of which does."""
        found = [
            self._suggestion(name) for key, name in self._known.items() if key.startswith(typed)
        ]
        found += [
            self._suggestion(name, other)
            for other, name in self.others.items()
            if other.lower().startswith(typed)
        ]
        single = {row["value"]: row for row in reversed(found)}
        return sorted(single.values(), key=lambda row: -row["total"])[:COMPLETED]

    def _suggestion(self, name: str, alias: str = "") -> Row:
        kind = self.kinds[name]
        told = {"value": name, "type": kind, "total": self.counts[name], "alias": alias}
        return {**told, "icon": kind.lower()}


def _tags(post: Post) -> dict[str, str]:
    """The tags of an entry with their kinds, in the order of the alphabet."""
    kinds = {
        name: KINDS[category]
        for category, tags in post.tags.items()
        for tag in tags
        for name in named(tag)
    }
    return dict(sorted(kinds.items()))


def _other_names(known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for other, tag in ALIASES.items():
        for name in named(tag):
            if name.lower() in known and _capital(other).lower() not in known:
                yield _capital(other), name


def primary(post: Post) -> str:
    """The tag an entry is filed under."""
    first = (*post.tags["character"], *post.tags["copyright"], *post.tags["general"])
    return named(first[0])[0]


def list_row(post: Post, tags: Mapping[str, str], vault: Vault, base: str) -> Row:
    """An entry in a list: its MD5 now and then, its file never."""
    md5 = {"md5": vault.claim(post).md5} if post.id % 3 == 0 else {}
    return {
        "id": post.id,
        "width": post.width,
        "height": post.height,
        **md5,
        "thumbnail": _address(post, base, "240", "avif"),
        "source": post.source,
        "tag": primary(post),
        "tags": list(tags),
    }


def entry_row(post: Post, tags: Mapping[str, str], vault: Vault, address: tuple[str, str]) -> Row:
    """An entry by itself; `address` is the site's own and what stands behind the original's."""
    base, ticket = address
    claim = vault.claim(post)
    smaller = {key: _address(post, base, size, ext) for size, (key, ext) in SIZES.items()}
    return {
        "id": post.id,
        **smaller,
        "full": _address(post, base, "full", post.format) + ticket,
        "width": post.width,
        "height": post.height,
        "size": claim.bytes,
        "hash": claim.md5,
        "source": post.source,
        "primary": primary(post),
        "tags": list(tags),
    }


def _address(post: Post, base: str, size: str, extension: str) -> str:
    name = quote(primary(post).replace(" ", "."))
    return f"{base}/{name}.{size}.{post.id}.{extension}"
