"""One post of the sandbox: what it shows, how it was saved and what the site claims of it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from harvester.demo.drawing import Coding, Sketch, render

FIRST_ID = 5_000_000
STILLS = frozenset({"jpg", "png", "webp"})
ALIASES: Mapping[str, str] = {
    "reimu_hakurei": "hakurei_reimu",
    "reimu": "hakurei_reimu",
    "marisa_kirisame": "kirisame_marisa",
    "sakuya_izayoi": "izayoi_sakuya",
    "bust": "upper_body",
    "manga": "comic",
}
IMPLICATIONS: Mapping[str, str] = {"2girls": "multiple_girls", "3girls": "multiple_girls"}
OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "hakurei_reimu": ("博麗霊夢", "博丽灵梦"),
    "kirisame_marisa": ("霧雨魔理沙",),
    "touhou": ("東方", "東方project"),
}
CATEGORIES: Mapping[str, int] = {
    "general": 0, "artist": 1, "copyright": 3, "character": 4, "meta": 5,
}  # fmt: skip

_NOTHING, _PLAIN = Sketch("", 1, 1), Coding()

TagTable = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Truth:
    """What a picture really shows, whatever its tags say. None is *unknown*: a real picture nobody looked at."""

    framing: str | None
    people: int | None
    costume: str = ""  # "" = the character's own clothes
    layout: str = "single"
    defect: str = ""  # lowres blur jpeg truncated missing wrong_md5
    subject: bool = True  # the world's character herself is in it
    twins: int = 0  # the id of the first picture of its twin group; its own id when it stands alone
    variant_of: int | None = None  # the same drawing with another face or other clothes


@dataclass(frozen=True, slots=True)
class Post:
    """One post. `width` and `height` are the file's; `tags` by category."""

    id: int
    created: datetime
    updated: datetime
    rating: str
    format: str
    width: int
    height: int
    tags: TagTable
    truth: Truth
    sketch: Sketch = _NOTHING
    coding: Coding = _PLAIN
    path: Path | None = None  # a real picture: its bytes are served as they are
    up: int = 0
    down: int = 0
    favourites: int = 0
    source: str = ""
    uploader: int = 1
    pixiv: int | None = None
    parent: int | None = None
    status: frozenset[str] = frozenset()  # deleted pending flagged banned
    hidden: bool = False  # its file keys are absent
    forbidden: bool = False  # metadata only: its bytes must never be asked for
    words: frozenset[str] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "words", frozenset(t for names in self.tags.values() for t in names)
        )

    @property
    def score(self) -> int:
        return self.up + self.down


def content(post: Post) -> bytes:
    """The bytes of a post's original file."""
    if post.forbidden:
        raise LookupError(f"post {post.id} has no picture and never will")
    if post.path is not None:
        return post.path.read_bytes()
    return render(post.sketch, post.coding)


def dice(*parts: object) -> random.Random:
    """Random numbers that depend on the parts alone, never on what was drawn before."""
    return random.Random(":".join(map(str, parts)))  # noqa: S311 - drawings, not secrets
