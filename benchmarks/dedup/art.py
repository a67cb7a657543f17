"""The art of the benchmark: pictures of Debian packages, by the character they show, in two fixed halves."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGES = (
    *("wesnoth-1.16-data", "renpy-thequestion", "renpy-demo"),
    *("mate-backgrounds", "ukui-wallpapers", "lxqt-themes", "gnome-backgrounds"),
    *(
        f"wesnoth-1.16-{campaign}"
        for campaign in [
            "httt",
            "l",
            "low",
            "nr",
            "sof",
            "thot",
            "tsg",
            "ttb",
            "utbs",
            "ei",
            "did",
            "dm",
            "sota",
        ]
    ),
)
"""Installed, or unpacked below a folder given with --art (`apt-get download`, `dpkg -x`)."""

PORTRAITS = (
    "usr/share/games/wesnoth/1.16/data/core/images/portraits/**/*.png",
    "usr/share/games/wesnoth/1.16/data/campaigns/*/images/portraits/**/*.png",
    "usr/share/games/renpy/the_question/game/images/sylvie*.png",
    "usr/share/games/renpy/demo/game/images/eileen*.png",
    "usr/share/games/renpy/demo/game/images/lucy*.png",
)
SCENES = (
    "usr/share/games/wesnoth/1.16/data/core/images/story/*.jpg",
    "usr/share/games/wesnoth/1.16/data/campaigns/*/images/story/*.jpg",
    "usr/share/games/wesnoth/1.16/data/core/images/maps/*.webp",
    "usr/share/games/renpy/*/game/images/bg *.jpg",
    "usr/share/backgrounds/**/*.jpg",
    "usr/share/backgrounds/**/*.png",
    "usr/share/lxqt/wallpapers/*.jpg",
    "usr/share/lxqt/wallpapers/*.png",
)
_RANK_WORDS = re.compile(r"^(old|young|younger|sir|sister|father|elvish)[-_ ]+")
_OTHERS = ("overlay", "campaign-image", "Elephants_3840x2160", "Elephants_5640x3172")
"""No picture by itself, titles made of a portrait that is taken, and other sizes of one that is."""
_SMALLEST = 250  # pixels of the shorter side


@dataclass(frozen=True, slots=True)
class Work:
    """One picture of a package: its file, and the character or scenery it shows."""

    name: str
    family: str
    path: Path

    @property
    def half(self) -> str:
        """`fit` or `test`, by the family's name alone, so that nobody stands on both sides."""
        return "fit" if hashlib.sha256(self.family.encode()).digest()[0] % 2 else "test"


def portraits(roots: list[Path]) -> list[Work]:
    """Figures, mostly with a transparent background."""
    return sorted(_found(roots, PORTRAITS), key=lambda work: work.name)


def scenes(roots: list[Path]) -> list[Work]:
    """Landscapes, rooms and wallpapers."""
    return sorted(_found(roots, SCENES), key=lambda work: work.name)


def _found(roots: list[Path], patterns: tuple[str, ...]) -> Iterator[Work]:
    from PIL import Image

    seen = set()
    for root in roots:
        for pattern in patterns:
            for path in sorted(root.glob(pattern)):
                digest = hashlib.sha256(path.read_bytes()).digest()
                if digest in seen or path.stem.endswith(_OTHERS):
                    continue
                seen.add(digest)
                with Image.open(path) as picture:
                    if min(picture.size) < _SMALLEST:
                        continue
                yield Work(_name(path), _family(path), path)


def _name(path: Path) -> str:
    return re.sub(r"[^a-z0-9+]+", "-", "-".join(path.parts[-5:]).lower())


def _family(path: Path) -> str:
    """The character: the first word of the file's name, ranks and ages taken off."""
    stem = _RANK_WORDS.sub("", path.stem.lower())
    return re.split(r"[-_+ .0-9]", stem)[0] or stem
