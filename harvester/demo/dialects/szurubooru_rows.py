"""What a szurubooru shows of the world: its tags with all their names, rows of posts and of tags."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from harvester.demo.dialects.shared import TYPES
from harvester.demo.posts import ALIASES, OTHER_NAMES, STILLS, Post
from harvester.demo.vault import Vault

Row = dict[str, Any]

SAFETY = {"g": "safe", "s": "sketchy", "q": "sketchy", "e": "unsafe"}
CATEGORIES = {"general": "default", "meta": "meta"}
TAKEN = frozenset({*STILLS, "gif", "mp4"})
_FOUNDED = "2020-01-01T00:00:00.000000Z"


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag: its first name is the one it goes by."""

    names: tuple[str, ...]
    category: str


class Board:
    """The world as this site has it: what was deleted is forgotten, artists stand with a prefix."""

    def __init__(self, vault: Vault) -> None:
        self._vault, self._world = vault, vault.world

    @cached_property
    def posts(self) -> Mapping[int, Post]:
        taken = (post for post in self._world.posts if post.format in TAKEN)
        return {p.id: p for p in taken if not p.hidden and "deleted" not in p.status}

    @cached_property
    def tagged(self) -> Mapping[int, tuple[Tag, ...]]:
        """The tags of each post, by category and name."""
        return {number: self._tags(post) for number, post in self.posts.items()}

    @cached_property
    def names(self) -> Mapping[int, tuple[str, ...]]:
        """Every name by which a post can be searched for."""
        return {n: tuple(name for tag in tags for name in tag.names) for n, tags in self.tagged.items()}  # fmt: skip

    @cached_property
    def usages(self) -> Counter[Tag]:
        return Counter(tag for tags in self.tagged.values() for tag in tags)

    @cached_property
    def by_name(self) -> Mapping[str, Tag]:
        return {name: tag for tag in self.usages for name in tag.names}

    def related(self, post: Post) -> list[Post]:
        """The parent and the children, which are all the same to the site."""
        others = [post.parent or 0, *(child.id for child in self._world.children.get(post.id, ()))]
        return [self.posts[number] for number in others if number in self.posts]

    def sha1(self, post: Post) -> str:
        """The SHA-1 of a post's file; of one whose MD5 is claimed wrongly it is wrong as well."""
        return self._vault.claim(post).sha1

    def _tags(self, post: Post) -> tuple[Tag, ...]:
        found = (
            _tag(kind, name) for kind in ("general", "meta", "artist", "copyright", "character")
            for name in post.tags[kind]
        )  # fmt: skip
        return tuple(found)


@lru_cache(maxsize=4)
def board_of(vault: Vault) -> Board:
    """The board of a vault: sums of files are worth keeping, for each needs its picture drawn."""
    return Board(vault)


def _tag(kind: str, name: str) -> Tag:
    first = f"artist:{name}" if kind == "artist" else name
    others = [old for old, new in ALIASES.items() if new == name]
    return Tag((first, *others, *OTHER_NAMES.get(name, ())), CATEGORIES.get(kind, kind))


def post_row(board: Board, post: Post, vault: Vault, ticket: str) -> Row:
    claim, name = vault.claim(post), f"{post.id}_{_secret(post)}"
    edited = None if post.updated == post.created else stamp(post.updated)
    tags, others = board.tagged[post.id], board.related(post)
    return {
        "id": post.id, "version": 1, "creationTime": stamp(post.created), "lastEditTime": edited,
        "safety": SAFETY[post.rating], "source": post.source or None,
        "type": kind(post), "mimeType": TYPES[post.format],
        "checksum": board.sha1(post), "checksumMD5": claim.md5, "fileSize": claim.bytes,
        "canvasWidth": post.width, "canvasHeight": post.height,
        "contentUrl": f"data/posts/{name}.{post.format}{ticket}",
        "thumbnailUrl": f"data/generated-thumbnails/{name}.jpg",
        "flags": ["loop"] if post.format == "mp4" else [],
        "tags": [micro(board, tag) for tag in tags],
        "relations": [{"id": one.id, "thumbnailUrl": f"data/generated-thumbnails/{one.id}_{_secret(one)}.jpg"} for one in others],
        "user": {"name": f"user_{post.uploader}", "avatarUrl": "https://example.org/avatar.png"},
        "score": post.score, "ownScore": 0, "ownFavorite": False, "tagCount": len(tags),
        "favoriteCount": post.favourites, "commentCount": 0, "noteCount": 0, "relationCount": len(others),
        "featureCount": 0, "lastFeatureTime": None, "favoritedBy": [], "hasCustomThumbnail": False,
        "notes": [], "comments": [], "pools": [],
    }  # fmt: skip


def micro(board: Board, tag: Tag) -> Row:
    """A tag as it stands in other rows."""
    return {"names": list(tag.names), "category": tag.category, "usages": board.usages[tag]}


def tag_row(board: Board, tag: Tag) -> Row:
    return {
        "names": list(tag.names), "category": tag.category, "version": 1, "description": None,
        "creationTime": _FOUNDED, "lastEditTime": None, "usages": board.usages[tag],
        "suggestions": [], "implications": [],
    }  # fmt: skip


def kind(post: Post) -> str:
    return {"gif": "animation", "mp4": "video"}.get(post.format, "image")


def stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"


def file_name(post: Post) -> str:
    return f"{post.id}_{_secret(post)}"


def _secret(post: Post) -> str:
    """What keeps the addresses of files from being guessed."""
    return hashlib.sha256(f"place:{post.id}".encode()).hexdigest()[:16]
