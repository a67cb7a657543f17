"""Thumbnails in which two pictures are compared: upright, on white, with what their borders enclose."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from harvester.sketch import SIDE, Box, inside

LONGEST = 192
"""Pixels of the longer side of what lies inside the borders."""

_REMEMBERED = (
    256  # thumbnails of about 50 KB: a picture is met in several pairs, one soon after the other
)


@dataclass(frozen=True, slots=True)
class Thumb:
    """The whole picture: brightness, and the two colours at half its size; `box` is what its borders enclose."""

    luma: Image.Image
    tints: tuple[Image.Image, Image.Image]
    box: Box

    def mirrored(self) -> Thumb:
        """The same picture mirrored."""
        left, top, right, bottom = self.box
        box = (self.luma.width - right, top, self.luma.width - left, bottom)
        blue, red = (ImageOps.mirror(each) for each in self.tints)
        return Thumb(ImageOps.mirror(self.luma), (blue, red), box)

    def cut(self, factor: float) -> Thumb:
        """What the borders enclose, `factor` times as large."""
        size = tuple(
            max(8, round((self.box[n + 2] - self.box[n]) * factor) // 2 * 2) for n in (0, 1)
        )
        left, top, right, bottom = self.box
        half = (left / 2, top / 2, right / 2, bottom / 2)
        luma = self.luma.resize((size[0], size[1]), Image.Resampling.BILINEAR, self.box)
        blue, red = (
            each.resize((size[0] // 2, size[1] // 2), Image.Resampling.BILINEAR, half)
            for each in self.tints
        )
        return Thumb(luma, (blue, red), (0, 0, size[0], size[1]))


def thumb(path: Path) -> Thumb:
    """The thumbnail of a file that is known to decode; the last ones are remembered as long as their files stay."""
    told = path.stat()
    return _thumb(path, told.st_size, told.st_mtime_ns)


@lru_cache(maxsize=_REMEMBERED)
def _thumb(path: Path, size: int, changed: int) -> Thumb:
    with Image.open(path) as file:
        file.draft("RGB", (LONGEST * 2, LONGEST * 2))
        return of_picture(ImageOps.exif_transpose(file))


def of_picture(picture: Image.Image) -> Thumb:
    """The thumbnail of an upright picture."""
    small = _rgb(picture)
    box = inside(np.asarray(small.convert("L")))
    side = max(box[2] - box[0], box[3] - box[1])
    factor = min(1.0, LONGEST / side)
    size = tuple(max(8, round(side * factor) // 2 * 2) for side in small.size)
    final = small.resize((size[0], size[1]), Image.Resampling.LANCZOS, reducing_gap=3.0)
    across, down = size[0] / small.width, size[1] / small.height
    scaled = (
        *(round(box[0] * across), round(box[1] * down)),
        *(round(box[2] * across), round(box[3] * down)),
    )
    luma, blue, red = final.convert("YCbCr").split()
    return Thumb(luma, (blue.reduce(2), red.reduce(2)), scaled)


def _rgb(picture: Image.Image) -> Image.Image:
    """At most about three times as large as needed, transparent parts on white."""
    if picture.mode.startswith("I;16"):
        picture = picture.convert("I").point([value >> 8 for value in range(1 << 16)], "L")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
    elif picture.mode not in ("L", "RGB"):
        picture = picture.convert("RGB")
    factor = max(picture.size) // (LONGEST * 2)
    if factor > 1:
        picture = picture.reduce(factor)
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB")


def greys(thumbnail: Thumb) -> NDArray[np.uint8]:
    """The 32×32 greys of what lies inside the borders."""
    small = thumbnail.luma.resize((SIDE, SIDE), Image.Resampling.LANCZOS, thumbnail.box)
    return np.asarray(small)
