"""What Anime-Pictures shows of the world: its own spelling and kinds of tags, rows of posts, completions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from harvester.demo.posts import ALIASES, STILLS, Post
from harvester.demo.vault import Vault
from harvester.demo.world import World

WORDS: Mapping[str, str] = {"solo": "single", "1girl": "girl", "multiple_girls": "multiple girls"}
"""Tags that have other names here; the rest is written with blanks."""

OF_ELSEWHERE = {"commentary_request", "bad_link", "absurdres"}
KINDS = {"general": 2, "artist": 4, "character": 1, "copyright": 5, "meta": 2}
EROTICS = {"g": 0, "s": 1, "q": 2, "e": 3}
COMPLETED = 10
Row = dict[str, Any]


def named(tag: str) -> str:
    """A tag of the world in this site's words."""
    return WORDS.get(tag) or tag.replace("_", " ")


class Gallery:
    """The posts of a world that visitors see, the newest first, and what their tags are."""

    def __init__(self, world: World) -> None:
        taken = [p for p in world.posts if p.format in {*STILLS, "gif"} and not p.hidden]
        taken.sort(key=lambda post: (post.created, post.id), reverse=True)
        self.all = {post.id: post for post in taken if "deleted" not in post.status}
        self.posts = {number: post for number, post in self.all.items() if post.rating == "g"}
        deleted = (post for post in taken if "deleted" in post.status)
        found = ((post, self._same_picture(post)) for post in deleted)
        self.replaced = {post.id: (post, other) for post, other in found if other}
        self.tags = {post.id: _tags(post) for post in taken}
        self.kinds = {name: kind for tags in self.tags.values() for name, kind in tags.items()}
        self.ids = {name: number for number, name in enumerate(sorted(self.kinds), 1)}

    def _same_picture(self, post: Post) -> Post | None:
        """The post that stands for one that was deleted, if the picture is still there."""
        group = post.truth.twins
        twins = (one for one in self.posts.values() if group and one.truth.twins == group)
        return next(twins, None)

    @cached_property
    def counts(self) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for number in self.posts:
            for name in self.tags[number]:
                found[name] = found.get(name, 0) + 1
        return found

    def completed(self, typed: str) -> list[Row]:
        """Tags that begin with what was typed, or another name of which does."""
        found = {name: None for name in self.counts if name.startswith(typed)}
        others = {
            named(tag): named(other)
            for other, tag in ALIASES.items()
            if named(other).startswith(typed) and named(tag) in self.counts
        }
        chosen = sorted({**found, **others}, key=lambda name: (-self.counts[name], name))
        return [self._completion(name, others.get(name), typed) for name in chosen[:COMPLETED]]

    def _completion(self, name: str, other: str | None, typed: str) -> Row:
        shown = [
            text and text.replace(typed, f"<b>{typed}</b>", 1) if typed else text
            for text in (name, other)
        ]
        return {"t": shown[0], "t2": shown[1], "c": self.kinds[name], "id": self.ids[name]}

    def tag_rows(self, post: Post) -> Iterator[Row]:
        """The tags of a post as it tells them by itself."""
        for name, kind in self.tags[post.id].items():
            told = {"id": self.ids[name], "tag": name, "num": self.counts.get(name, 0)}
            yield {
                "tag": {**told, "type": kind, "alias": None, "parent": None},
                "user": {"id": post.uploader, "name": f"user {post.uploader}"},
            }


def _tags(post: Post) -> dict[str, int]:
    found = {
        named(tag): KINDS[category]
        for category, tags in post.tags.items()
        for tag in tags
        if tag not in OF_ELSEWHERE
    }
    return dict(sorted(found.items()))


def post_row(post: Post, tags_count: int, vault: Vault, base: str) -> Row:
    """A post in a list: no tags, no file."""
    claim = vault.claim(post)
    stamp = post.created.strftime("%Y-%m-%dT%H:%M:%S")
    seen = hashlib.md5(f"pixels:{claim.md5}".encode(), usedforsecurity=False).hexdigest()
    previews = {
        f"{name}_preview": f"{base}/{claim.md5[:3]}/{claim.md5}_{size}.jpg"
        for name, size in (("small", "sp"), ("medium", "cp"), ("big", "bp"))
    }
    return {
        "id": post.id,
        "md5": claim.md5,
        "md5_pixels": seen,
        "width": post.width,
        "height": post.height,
        "pubtime": stamp,
        "datetime": stamp,
        "score": max(0, post.score),
        "score_number": post.score,
        "size": claim.bytes,
        "download_count": post.favourites,
        "erotics": EROTICS[post.rating],
        "color": [120, 110, 100],
        "ext": f".{post.format}",
        "status": 1,
        "status_type": 0,
        "redirect_id": None,
        "spoiler": False,
        "have_alpha": post.format == "png" and post.coding.format == "png",
        "tags_count": tags_count,
        "artefacts_degree": 0.0,
        "smooth_degree": 0.0,
        **previews,
    }


def file_name(post: Post) -> str:
    """What the original is asked for by."""
    words = "+".join(sorted(tag.replace("_", "+") for tag in post.tags["character"])) or "picture"
    return f"{post.id}-{post.width}x{post.height}-{words}.{post.format}"
