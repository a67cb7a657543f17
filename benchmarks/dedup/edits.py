"""Small changes that make another picture of it: other eyes, another mouth, other colours, one thing more."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

Edit = Callable[[Image.Image, random.Random], Image.Image]


def _spot(picture: Image.Image, chance: random.Random) -> tuple[int, int]:
    """A place inside the figure, rather in its upper half, where faces are."""
    width, height = picture.size
    inside = np.asarray(picture.getchannel("A")) > 200 if picture.mode == "RGBA" else _busy(picture)
    inside = inside.copy()
    inside[: height // 12] = inside[-height // 12 :] = False
    inside[:, : width // 12] = inside[:, -width // 12 :] = False
    inside[int(height * 0.6) :] = False
    rows, columns = np.nonzero(inside)
    if not len(rows):
        return width // 2, height // 3
    place = chance.randrange(len(rows))
    return int(columns[place]), int(rows[place])


def _busy(picture: Image.Image) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    edges = picture.convert("L").filter(ImageFilter.FIND_EDGES).filter(ImageFilter.BoxBlur(9))
    grey = np.asarray(edges, dtype=np.float32)
    return grey >= np.quantile(grey, 0.6)


def _painted(picture: Image.Image, mask: Image.Image, colour: tuple[int, int, int]) -> Image.Image:
    """Colour laid over the figure where the mask is, its transparency kept."""
    soft = mask.filter(ImageFilter.GaussianBlur(1))
    changed = picture.copy()
    ink: tuple[int, ...] = (*colour, 255) if picture.mode == "RGBA" else colour
    changed.paste(ink, (0, 0, *picture.size), soft)
    if picture.mode == "RGBA":
        changed.putalpha(picture.getchannel("A"))
    return changed


def _near(picture: Image.Image, x: int, y: int, shade: float) -> tuple[int, int, int]:
    red, green, blue = picture.convert("RGB").resize(picture.size).getpixel((x, y))  # type: ignore[misc]
    light = (red + green + blue) / 3
    aim = 30 if light > 90 else 210
    return tuple(round(v + (aim - v) * shade) for v in (red, green, blue))  # type: ignore[return-value]


def mouth(picture: Image.Image, chance: random.Random) -> Image.Image:
    """A small dark or light ellipse or arc: a mouth opened or closed."""
    x, y = _spot(picture, chance)
    wide = round(max(picture.size) * chance.uniform(0.015, 0.03))
    mask = Image.new("L", picture.size)
    pen = ImageDraw.Draw(mask)
    box = (x - wide, y - wide * 0.6, x + wide, y + wide * 0.6)
    if chance.random() < 0.5:
        pen.ellipse(box, fill=255)
    else:
        pen.arc(box, 0, 180, fill=255, width=max(2, wide // 3))
    return _painted(picture, mask, _near(picture, x, y, chance.uniform(0.55, 0.9)))


def eyes(picture: Image.Image, chance: random.Random) -> Image.Image:
    """Two small spots side by side."""
    x, y = _spot(picture, chance)
    size = round(max(picture.size) * chance.uniform(0.009, 0.016))
    apart = round(size * chance.uniform(2.5, 4))
    mask = Image.new("L", picture.size)
    pen = ImageDraw.Draw(mask)
    for centre in (x - apart, x + apart):
        pen.ellipse((centre - size, y - size, centre + size, y + size), fill=255)
    return _painted(picture, mask, _near(picture, x, y, chance.uniform(0.55, 0.9)))


def warped(picture: Image.Image, chance: random.Random) -> Image.Image:
    """A patch moved a little: eyebrows raised, a mouth drawn aside."""
    x, y = _spot(picture, chance)
    size = round(max(picture.size) * chance.uniform(0.05, 0.09))
    box = (x - size, y - size, x + size, y + size)
    step = max(3, round(size * chance.uniform(0.3, 0.45)))
    moved = (
        (0, chance.choice([-step, step]))
        if chance.random() < 0.5
        else (chance.choice([-step, step]), 0)
    )
    patch = picture.crop(box)
    mask = Image.new("L", patch.size)
    ImageDraw.Draw(mask).ellipse((size // 3, size // 3, size * 5 // 3, size * 5 // 3), fill=255)
    changed = picture.copy()
    changed.paste(
        patch,
        (box[0] + moved[0], box[1] + moved[1]),
        mask.filter(ImageFilter.GaussianBlur(size / 8)),
    )
    return changed


def recoloured(picture: Image.Image, chance: random.Random) -> Image.Image:
    """Another hue in a part of the figure: hair, a dress."""
    x, y = _spot(picture, chance)
    size = round(max(picture.size) * chance.uniform(0.08, 0.2))
    mask = Image.new("L", picture.size)
    ImageDraw.Draw(mask).ellipse((x - size, y - size, x + size, y + size), fill=255)
    mask = mask.filter(ImageFilter.GaussianBlur(size / 6))
    hue, saturation, value = picture.convert("RGB").convert("HSV").split()
    turn = chance.randrange(60, 196)
    other = Image.merge(
        "HSV",
        (
            hue.point([(v + turn) % 256 for v in range(256)]),
            saturation.point([min(255, v + 110) for v in range(256)]),
            value.point([min(255, v + 20) for v in range(256)]),
        ),
    ).convert("RGB")
    changed = picture.convert("RGB")
    changed.paste(other, (0, 0), mask)
    if picture.mode == "RGBA":
        changed.putalpha(picture.getchannel("A"))
    return changed


def one_thing_more(picture: Image.Image, chance: random.Random) -> Image.Image:
    """A ribbon, a blush, a flower: a bright small shape."""
    x, y = _spot(picture, chance)
    size = round(max(picture.size) * chance.uniform(0.025, 0.05))
    colour = chance.choice(
        [(210, 40, 60), (240, 240, 250), (40, 60, 200), (250, 200, 40), (20, 20, 20)]
    )
    mask = Image.new("L", picture.size)
    points = [
        (
            x + size * chance.uniform(0.5, 1.3) * np.cos(turn),
            y + size * chance.uniform(0.5, 1.3) * np.sin(turn),
        )
        for turn in np.linspace(0, 2 * np.pi, 7)[:-1]
    ]
    ImageDraw.Draw(mask).polygon(points, fill=255)
    return _painted(picture, mask, colour)


EDITS: dict[str, Edit] = {
    "mouth": mouth,
    "eyes": eyes,
    "warp": warped,
    "recolour": recoloured,
    "thing": one_thing_more,
}


def visible(before: Image.Image, after: Image.Image) -> bool:
    """Whether anybody would see the change: enough pixels differ by enough."""
    from benchmarks.dedup.copies import flat

    left, right = (np.asarray(flat(each), dtype=np.int16) for each in (before, after))
    changed = (np.abs(left - right).max(axis=2) > 40).mean()
    return bool(changed > 0.0004)
