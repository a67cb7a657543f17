"""The real pictures of the labelled set: which Debian packages, which files, what they are, and which half they are in."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

PACKAGES = (
    *("wesnoth-1.16-data", "renpy-thequestion", "openclipart-png"),
    *("plasma-workspace-wallpapers", "lomiri-wallpapers-16.04", "lomiri-wallpapers-20.04"),
    *("mate-backgrounds", "gnome-backgrounds", "ukui-wallpapers", "lxqt-themes"),
    *(
        f"wesnoth-1.16-{campaign}"
        for campaign in (
            *("did", "dm", "dw", "ei", "httt", "l", "low", "nr"),
            *("sof", "sota", "sotbe", "thot", "trow", "tsg", "ttb", "utbs"),
        )
    ),
)
SMALLEST = 360  # pixels of the short side: less is no picture but a part of a program

PAINTED, FLAT, LINES, PHOTO, SMOOTH = "painted", "flat", "lines", "photo", "smooth"
DRAWN = frozenset({PAINTED, FLAT, LINES})
"""What counts as clean drawn art; SMOOTH (abstract gradients) is a hard case reported by itself."""

_PAINTED_WALLS = frozenset({"Altai", "Autumn", "FlyingKonqui", "SafeLanding"})
_PHOTO_WALLS = frozenset(
    {
        *("BytheWater", "ColdRipple", "ColorfulCups", "DarkestHour", "EveningGlow"),
        *("FallenLeaf", "Kite", "OneStandsOut", "Path", "summer_1am"),
        *("Butterfly-Kenneth-Wimer", "Valendas", "after-the-rain", "appleflower", "beam"),
        *("butterfly", "cloud", "drop", "flowers", "fog", "this-is-not-windows"),
    }
)
_DRAWN_BY_LOMIRI = ("Infinite-Sea", "Painting-Colors", "analogpattern", "umang", "Fossa")
_CLIPART = ("animals", "buildings", "education", "food", "people", "plants", "recreation")
_ONE_IN = {"openclipart": 4, "wesnoth": 2}  # of what there is plenty of, chosen by hash
_CUT = re.compile(r"[-_ .\d]+")


@dataclass(frozen=True, slots=True)
class Base:
    """One real picture: its name in the set, its family, what kind of art it is."""

    path: Path
    name: str
    family: str
    kind: str

    @property
    def half(self) -> str:
        """`fit` or `test`: by a hash of the family, so that no family stands in both."""
        return "test" if digest(self.family) & 1 else "fit"


def digest(text: str) -> int:
    """A number that is the same on every machine."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def unpack(folder: Path) -> None:
    """Download the packages and unpack them into `folder`; nothing is installed, no root needed."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "download", "-q", *PACKAGES], cwd=folder, check=True)
    for package in sorted(folder.glob("*.deb")):
        subprocess.run(["dpkg", "-x", package, folder], check=True)


def bases(roots: Iterable[Path]) -> list[Base]:
    """Every picture below `roots` that belongs to the set, each once, by name."""
    found: dict[str, Base] = {}
    for root in roots:
        for path in sorted(root.rglob("*")):
            if path.suffix in (".png", ".jpg", ".webp") and path.is_file():
                for base in _base(path):
                    found.setdefault(base.name, base)
    return [found[name] for name in sorted(found)]


def _base(path: Path) -> Iterator[Base]:
    kind = _kind(path)
    if kind is None or path.is_symlink():
        return
    with Image.open(path) as picture:
        small, colourless = min(picture.size) < SMALLEST, picture.mode in ("L", "LA", "1")
    if small:
        return
    wall = "contents" in path.parts
    stem = f"{path.parts[-4]}-{path.stem}" if wall else path.stem
    first = next((word for word in _CUT.split(stem.lower()) if word), stem)
    name = f"{path.parent.name}-{stem}"
    yield Base(path, name.replace(" ", "_"), first, LINES if kind is FLAT and colourless else kind)


def _kind(path: Path) -> str | None:
    """By folder and, for wallpapers, by name; decided before anything was measured."""
    parts = path.parts
    if "l10n" in parts or not all(
        digest(path.stem) % n == 0 for p, n in _ONE_IN.items() if p in parts
    ):
        return None
    if "wesnoth" in parts:
        wanted = {"portraits", "story", "maps", "characters"} & set(parts[-4:])
        return PAINTED if wanted else None
    if "the_question" in parts and parts[-2] == "images":
        return FLAT
    if "openclipart" in parts:
        return FLAT if set(_CLIPART) & set(parts) else None
    if "wallpapers" in parts or "backgrounds" in parts:
        return _wall(path)
    return None


def _wall(path: Path) -> str:
    name = path.parts[-4] if "contents" in path.parts else path.stem
    if name in _PAINTED_WALLS:
        return PAINTED
    lomiri = "_by_" in name or name.endswith("-Aury88")
    photo = lomiri and not name.startswith(_DRAWN_BY_LOMIRI)
    return PHOTO if photo or name in _PHOTO_WALLS or path.parent.name == "nature" else SMOOTH


if __name__ == "__main__":
    unpack(Path(sys.argv[1]))
