"""Posts made of the real picture files of a folder, served as they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from harvester.demo.posts import FIRST_ID, Post, TagTable, Truth
from harvester.demo.tagging import sized

SUFFIXES = {".jpg": "jpg", ".jpeg": "jpg", ".png": "png", ".webp": "webp"}
_FROM = datetime(2024, 1, 1, tzinfo=UTC)


def found_posts(folder: Path, character: str) -> list[Post]:
    """A post for every picture below `folder`, numbered by its sorted path; what cannot be opened is left out."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    posts = []
    for number, path in enumerate(paths):
        try:
            with Image.open(path) as image:
                size = image.size
        except (UnidentifiedImageError, OSError):
            continue
        created = _FROM + timedelta(hours=number)
        post_id = FIRST_ID + 1 + number
        tags = _tags(path, size, character)
        posts.append(
            Post(
                post_id,
                created,
                created,
                "g",
                SUFFIXES[path.suffix.lower()],
                *size,
                tags,
                Truth(None, None, twins=post_id),
                path=path,
                up=number % 50,
            )
        )
    return posts


def _tags(path: Path, size: tuple[int, int], character: str) -> TagTable:
    sidecar = path.with_suffix(".txt")
    words = {"1girl", "solo"}
    if sidecar.is_file():
        text = sidecar.read_text(encoding="utf-8", errors="replace")
        words = {
            word.strip().lower().replace(" ", "_") for word in text.replace("\n", ",").split(",")
        }
    return {
        "general": tuple(sorted(words - {"", character})),
        "artist": (),
        "copyright": (),
        "character": (character,),
        "meta": sized(size),
    }
