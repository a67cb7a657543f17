"""What Wallhaven shows of the world: free words for its tags, other names with them, rows of wallpapers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from harvester.demo.posts import ALIASES, OTHER_NAMES, Post
from harvester.demo.vault import Vault
from harvester.demo.world import World

Row = dict[str, Any]

TAGS: Mapping[str, str | None] = {
    "1girl": "anime girls", "multiple_girls": None, "no_humans": None, "highres": None, "absurdres": None,
    "ai-generated": "AI art", "photo_(medium)": "real life", "commentary_request": None, "bad_link": None,
    "duplicate": None, "touhou": "Touhou",
}  # fmt: skip
"""Danbooru's word -> this site's; None has none. Names are written large, other words the same with blanks."""

PURITIES = {"g": "sfw", "s": "sketchy", "q": "nsfw", "e": "nsfw"}
CATEGORIES = {"artist": "Artists", "copyright": "Series", "character": "Characters"}
NUMBERS = {"Anime & Manga": 1, "Characters": 3, "Series": 49, "Artists": 8}
FORMATS = {"jpg": "image/jpeg", "png": "image/png"}
COLOURS = ["#000000", "#abbcda", "#424153", "#66cccc", "#333399"]


@dataclass(frozen=True, slots=True)
class Wallpaper:
    """A post as this site has it; tags by name with their category."""

    post: Post
    tags: Mapping[str, str]

    @property
    def number(self) -> str:
        return str(self.post.id)

    @property
    def purity(self) -> str:
        return PURITIES[self.post.rating]

    @property
    def category(self) -> str:
        """Photographs of people dressed up stand among the drawings, as people file them."""
        return "anime" if "anime girls" in self.tags else "general"

    @property
    def views(self) -> int:
        return 10 * self.post.favourites + 7


class Wall:
    """The world as this site has it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._words: dict[int, frozenset[str]] = {}

    @cached_property
    def wallpapers(self) -> Mapping[str, Wallpaper]:
        """What there is, by id; what was taken down is not there any more."""
        shown = (
            post
            for post in self._world.posts
            if post.format in FORMATS and not (post.hidden or post.status & {"deleted", "banned"})
        )
        return {one.number: one for one in map(_wallpaper, shown)}

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """Tag -> its number."""
        names = {name for one in self.wallpapers.values() for name in one.tags}
        return {name: number for number, name in enumerate(sorted(names), 1)}

    @cached_property
    def named(self) -> Mapping[int, str]:
        return {number: name for name, number in self.numbers.items()}

    @cached_property
    def kinds(self) -> Mapping[str, str]:
        """Tag -> its category."""
        return {name: kind for one in self.wallpapers.values() for name, kind in one.tags.items()}

    @cached_property
    def others(self) -> Mapping[str, str]:
        """Tag -> its other names in one text."""
        found: dict[str, list[str]] = {}
        for old, new in ALIASES.items():
            found.setdefault(large(new), []).append(large(old))
        for name, others in OTHER_NAMES.items():
            found.setdefault(large(name), []).extend(others)
        return {name: ", ".join(listed) for name, listed in found.items()}

    def tag(self, name: str) -> Row:
        return {
            "id": self.numbers[name], "name": name, "alias": self.others.get(name, ""),
            "category_id": NUMBERS[self.kinds[name]], "category": self.kinds[name],
            "purity": "sfw", "created_at": "2015-01-16 02:06:45",
        }  # fmt: skip

    def words(self, one: Wallpaper) -> frozenset[str]:
        """What a keyword finds it by: every beginning of a word of its tags and their other names."""
        if one.post.id not in self._words:
            texts = " ".join((*one.tags, *(self.others.get(name, "") for name in one.tags)))
            words = set(re.findall(r"[^\s,]+", texts.lower()))
            begun = {word[:end] for word in words for end in range(1, len(word) + 1)}
            self._words[one.post.id] = frozenset(begun)
        return self._words[one.post.id]


def large(name: str) -> str:
    """A name as people write it: `hakurei_reimu` is Hakurei Reimu."""
    return " ".join(word[:1].upper() + word[1:] for word in name.split("_"))


def _wallpaper(post: Post) -> Wallpaper:
    tags = {}
    for category, names in post.tags.items():
        for name in names:
            written = large(name) if category in CATEGORIES else name.replace("_", " ")
            if word := TAGS.get(name, written):
                tags[word] = CATEGORIES.get(category, "Anime & Manga")
    return Wallpaper(post, dict(sorted(tags.items())))


def wallpaper_row(one: Wallpaper, vault: Vault, base: str, ticket: str = "") -> Row:
    """One wallpaper as lists show it: without its tags and without who put it there."""
    post, number = one.post, one.number
    start = number[:2]
    return {
        "id": number, "url": f"{base}/w/{number}", "short_url": f"http://whvn.test/{number}",
        "views": one.views, "favorites": post.favourites, "source": post.source,
        "purity": one.purity, "category": one.category,
        "dimension_x": post.width, "dimension_y": post.height,
        "resolution": f"{post.width}x{post.height}", "ratio": f"{round(post.width / post.height, 2):g}",
        "file_size": vault.claim(post).bytes, "file_type": FORMATS[post.format],
        "created_at": _moment(post.created), "colors": COLOURS,
        "path": f"{base}/full/{start}/wallhaven-{number}.{post.format}{ticket}",
        "thumbs": {
            "large": f"{base}/lg/{start}/{number}.jpg", "original": f"{base}/orig/{start}/{number}.jpg",
            "small": f"{base}/small/{start}/{number}.jpg",
        },
    }  # fmt: skip


def uploader(post: Post, base: str) -> Row:
    avatars = {f"{side}px": f"{base}/avatar/{side}/{post.uploader}.png" for side in (200, 128, 32, 20)}  # fmt: skip
    return {"username": f"user-{post.uploader}", "group": "User", "avatar": avatars}


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
