"""What is left between two thumbnails laid over each other: the figures from which a verdict is made."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from harvester.hashing.aligning import Fit, Floats, covered, scaled, warped
from harvester.hashing.thumbs import Thumb

Bytes = NDArray[np.uint8]

BLOCK = 8  # pixels a side over which a difference is averaged
_POCKET = 20.0  # grey levels within which a pixel shows the ground
_SLACK = 3.0  # grey levels that encoders may add anywhere


NAMES = (
    "inner",  # grey levels of brightness in the worst block, margins and lower corners left out
    "margin",  # in the worst block there, where marks and bars stand
    "inner_colour",  # the same of colours
    "margin_colour",
    "usual",  # what nine of ten blocks stay below
    "middle",  # what half of them stay below
    "stands_out",  # the worst block over what nine of ten stay below
    "for_contrast",  # the worst block over the spread of the canvas
    "changed",  # share of blocks that differ clearly
    "second",  # the worst block that does not touch the worst one
    "fine",  # the worst 3×3 pixels
    "gradients",  # correlation of slopes, 1 = the same
    "worst_gradients",  # 1 less the correlation of slopes in the busy block where it is least
    "contrast",  # spread of the canvas
    "gain",  # by how much contrast differs
    "shift",  # by how much brightness does
    "colourful",  # how much of the colour is left, 1 = as much
    "hue",  # how far colours lie apart on the average before anything is fitted
)
"""What is told of two pictures that lie over each other."""


def residual(
    canvas: Thumb, source: Thumb, fit: Fit, grounds: tuple[int, int] | None = None
) -> tuple[float, ...]:
    """In the order of NAMES; `fit` takes the canvas to the source.

    `grounds` is how bright the flat grounds of the two were that were taken away: where both show theirs once more,
    enclosed by the figure, nothing is compared.
    """
    size, half = canvas.luma.size, canvas.tints[0].size
    one, other = _floats(canvas.luma), _seen(source.luma, size, fit)
    there, small = covered(fit.map, size), covered(fit.map, half)
    if grounds is not None:
        pockets = (np.abs(one - grounds[0]) < _POCKET) & (np.abs(other - grounds[1]) < _POCKET)
        there &= ~ndimage.binary_dilation(pockets, np.ones((7, 7), dtype=bool))
        small &= there[::2, ::2]
    one, other = _equally_sharp(one, other)
    luma, gain, shift = _toned(other, one, there)
    pairs, colourful, hue = _coloured(
        [np.where(small, _seen(each, half, fit) - 128, 0) for each in source.tints],
        [np.where(small, _floats(each) - 128, 0) for each in canvas.tints],
    )
    bright = _beyond(luma, one, there)
    colour = np.maximum(*(_beyond(left, right, small) for left, right in pairs))
    slopes, worst = _slopes(luma, one, there)
    shown = one[::2, ::2][there[::2, ::2]]
    contrast = float(shown.std()) if shown.size else 0.0
    figures = _figures(bright, colour)
    inner, usual = figures[0], figures[4]
    ratios = (inner / (usual + 2), inner / (contrast + 10))
    whole = (slopes, worst, contrast, gain, shift, colourful, hue)
    return (*figures[:6], *ratios, *figures[6:], *whole)


def _seen(band: Image.Image, size: tuple[int, int], fit: Fit) -> Floats:
    return _floats(warped(scaled(band, fit.map, size), size, fit.map))


def _floats(band: Image.Image) -> Floats:
    return np.asarray(band, dtype=np.float32)


def _equally_sharp(left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """The sharper of the two blurred about as much as the other is."""
    ratio = (_sharpness(left) + 1e-3) / (_sharpness(right) + 1e-3)
    if ratio > 1.08:
        return _blurred(left, ratio), right
    if ratio < 1 / 1.08:
        return left, _blurred(right, 1 / ratio)
    return left, right


def _sharpness(values: Floats) -> float:
    """The finest differences over those four times as coarse."""
    some = values[::2]
    fine = np.abs(some[:, 1:] - some[:, :-1]).mean()
    coarse = np.abs(some[:, 4:] - some[:, :-4]).mean()
    return float(fine / (coarse + 0.5))


def _blurred(values: Floats, ratio: float) -> Floats:
    """Blurred with a variance that brings the finest differences down by about `ratio`."""
    variance = min(0.8 * (ratio - 1), 1.5)
    passes = 1 + int(variance / 0.5)
    side = np.float32(variance / passes / 2)
    for _ in range(passes):
        padded = np.pad(values, 1, mode="edge")
        rows = padded[1:-1] + side * (padded[:-2] + padded[2:] - 2 * padded[1:-1])
        values = rows[:, 1:-1] + side * (rows[:, :-2] + rows[:, 2:] - 2 * rows[:, 1:-1])
    return values


def _toned(values: Floats, aim: Floats, there: NDArray[np.bool_]) -> tuple[Floats, float, float]:
    """Brightness, contrast and gamma brought to those of the aim, by most of the pixels."""
    x, y = (each[::3, ::3][there[::3, ::3]] for each in (values, aim))
    use = (y > 3) & (y < 252)
    if use.sum() < 50:
        return values, 1.0, 0.0
    x, y = x[use] / np.float32(255), y[use] / np.float32(255)
    weights = np.ones_like(x)
    terms = np.stack([np.ones_like(x), x, x * x])
    start = np.array([0.0, 1.0, 0.0])
    ridge = np.diag([0.002, 0.002, 0.02]) * len(x)
    found = start
    for _ in range(3):
        weighed = terms * weights
        found = np.linalg.solve(weighed @ terms.T + ridge, weighed @ y + ridge @ start)
        error = np.abs(found.astype(np.float32) @ terms - y)
        limit = 2 * float(np.median(error)) + 0.008
        weights = np.where(error < limit, 1.0, limit / np.maximum(error, 1e-6) * 0.3)
        weights = weights.astype(np.float32)
    a, b, c = (np.float32(value) for value in (found[2] / 255, found[1], found[0] * 255))
    fitted = np.clip((a * values + b) * values + c, 0, 255).astype(np.float32)
    return fitted, float(found[1] + found[2]), float(c)


def _coloured(
    left: list[Floats], right: list[Floats]
) -> tuple[list[tuple[Floats, Floats]], float, float]:
    """Both with the saturation of the paler one, how much that is, and how far they lay apart before."""
    own, others, both = (
        sum(float(np.vdot(a, b)) for a, b in zip(one, other, strict=True))
        for one, other in ((left, left), (right, right), (left, right))
    )
    hue = max(abs(float((a - b).mean())) for a, b in zip(left, right, strict=True))
    scale = float(np.clip(both / (max(own, others) + 1), 0.0, 1.5))
    paler = np.float32(scale)
    if own >= others:
        return [(a * paler, b) for a, b in zip(left, right, strict=True)], scale, hue
    return [(a, b * paler) for a, b in zip(left, right, strict=True)], scale, hue


def _beyond(left: Floats, right: Floats, there: NDArray[np.bool_]) -> Floats:
    """By how much each lies outside what the other shows within a pixel."""
    most = np.maximum(
        np.maximum(left - _highest(right), _lowest(right) - left),
        np.maximum(right - _highest(left), _lowest(left) - right),
    )
    return np.where(there, np.maximum(most - _SLACK, 0), np.float32(0))


def _highest(values: Floats) -> Floats:
    padded = np.pad(values, 1, mode="edge")
    rows = np.maximum(np.maximum(padded[:-2], padded[2:]), padded[1:-1])
    return np.maximum(np.maximum(rows[:, :-2], rows[:, 2:]), rows[:, 1:-1])


def _lowest(values: Floats) -> Floats:
    padded = np.pad(values, 1, mode="edge")
    rows = np.minimum(np.minimum(padded[:-2], padded[2:]), padded[1:-1])
    return np.minimum(np.minimum(rows[:, :-2], rows[:, 2:]), rows[:, 1:-1])


def _figures(bright: Floats, colour: Floats) -> tuple[float, ...]:
    blocks, tints = _blocks(bright, BLOCK), _blocks(colour, BLOCK // 2)
    high, wide = (min(sizes) for sizes in zip(blocks.shape, tints.shape, strict=True))
    blocks, tints = blocks[:high, :wide], tints[:high, :wide]
    y, x = max(1, round(high * 0.08)), max(1, round(wide * 0.08))
    inside = np.zeros(blocks.shape, dtype=bool)
    inside[y : high - y, x : wide - x] = True
    inside[-3 * y :, : wide // 3] = inside[-3 * y :, -(wide // 3) :] = False
    centre = np.where(inside, blocks, 0)
    worst = np.unravel_index(int(centre.argmax()), centre.shape)
    rest = centre.copy()
    rest[max(0, worst[0] - 2) : worst[0] + 3, max(0, worst[1] - 2) : worst[1] + 3] = 0
    return (
        float(centre.max()),
        float(np.where(inside, 0, blocks).max()),
        float(np.where(inside, tints, 0).max()),
        float(np.where(inside, 0, tints).max()),
        float(np.quantile(blocks, 0.9)),
        float(np.quantile(blocks, 0.5)),
        float((np.maximum(blocks, tints) > 4).mean()),
        float(rest.max()),
        _finest(bright, y * BLOCK // 2, x * BLOCK // 2),
    )


def _blocks(values: Floats, side: int) -> Floats:
    """Means over blocks that overlap by half."""
    half = side // 2
    high, wide = (size // half * half for size in values.shape)
    rows = np.add.reduce([values[place:high:half, :wide] for place in range(half)])
    small = np.add.reduce([rows[:, place::half] for place in range(half)])
    pairs = small[1:] + small[:-1]
    return np.asarray((pairs[:, 1:] + pairs[:, :-1]) / np.float32(side * side))


def _finest(values: Floats, y: int, x: int) -> float:
    inside = values[y:-y, x:-x]
    if min(inside.shape) < 6:
        return 0.0
    rows = inside[2:] + inside[1:-1] + inside[:-2]
    return float((rows[:, 2:] + rows[:, 1:-1] + rows[:, :-2]).max() / 9)


def _slopes(left: Floats, right: Floats, there: NDArray[np.bool_]) -> tuple[float, float]:
    """How well the slopes of both agree: in all, and of the busy block where they agree least."""
    high, wide = there.shape[0] - 1, there.shape[1] - 1
    products = own = others = np.zeros((high, wide), dtype=np.float32)
    for axis in (0, 1):
        one, other = (np.diff(each, axis=axis)[:high, :wide] for each in (left, right))
        products, own, others = products + one * other, own + one * one, others + other * other
    seen = there[1:, 1:].astype(np.float32)
    sums = [_blocks(each * seen, BLOCK) for each in (products, own, others)]
    total = float(sums[0].sum() / (np.sqrt(sums[1].sum() * sums[2].sum()) + 1e-3))
    energy = np.maximum(sums[1], sums[2])
    each = (sums[0] + 2) / (np.sqrt(sums[1] * sums[2]) + 2)
    busy = energy > 60
    worst = float((1 - each[busy]).max()) if busy.any() else 0.0
    return total, worst
