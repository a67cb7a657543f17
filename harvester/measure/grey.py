"""Grey and small copies of a picture, bounded in size, which is all that anything here looks at."""

from __future__ import annotations

import imagehash
from PIL import Image

FINE = 8_000_000
"""Larger pictures are looked at in a copy of at most so many pixels: 8 MB of grey."""

ENOUGH = 2_000_000
"""Sharpness is judged in at most so many pixels: trainers see no more of it, and cameras fill no more at 1:1."""

_WORKING = 1_500_000  # pixels of the copy that is made of a larger picture
_REDUCED = 384  # pixels a side: far more than the 32 the hash looks at


def phash(picture: Image.Image) -> int:
    """The 64-bit perceptual hash of a picture, transparent parts on white; unsigned."""
    return int(str(imagehash.phash(small(picture).convert("L"))), 16)


def small(picture: Image.Image) -> Image.Image:
    """A copy of at most 384 pixels a side, grey or in colours, transparent parts on white."""
    picture = plain(picture)
    if max(picture.size) > _REDUCED:
        factor = -(-max(picture.size) // _REDUCED)
        picture = picture.reduce((min(factor, picture.width), min(factor, picture.height)))
    if picture.mode != "RGBA":
        return picture
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB")


def plain(picture: Image.Image) -> Image.Image:
    """The picture in one of the modes L, RGB and RGBA."""
    if picture.mode.startswith("I;16"):
        picture = picture.convert("I").point([value >> 8 for value in range(1 << 16)], "L")
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    return picture if picture.mode in ("L", "RGB") else picture.convert("RGB")


def fine(picture: Image.Image) -> tuple[Image.Image, int]:
    """A grey copy at full size, or reduced by a whole number that keeps it within FINE; and that number."""
    factor = 1
    while picture.width * picture.height > FINE * factor * factor:
        factor += 1
    picture = plain(picture)
    if factor > 1:
        picture = picture.reduce(factor)
    grey = picture.convert("L")
    if picture.mode == "RGBA":
        white = Image.new("L", grey.size, 255)
        grey = Image.composite(grey, white, picture.getchannel("A"))
    return grey, factor


def working(grey: Image.Image) -> Image.Image:
    """The copy that sharpness is judged in: the picture itself, or 1.5 megapixels of it."""
    pixels = grey.width * grey.height
    if pixels <= ENOUGH:
        return grey
    factor = (pixels / _WORKING) ** 0.5
    size = (round(grey.width / factor), round(grey.height / factor))
    return grey.resize(size, Image.Resampling.BICUBIC, reducing_gap=3)
