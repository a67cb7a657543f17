"""What is left between two thumbnails laid over each other: the figures from which a verdict is made."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harvester.hashing.aligning import Fit, Floats, covered, scaled, warped
from harvester.hashing.grounds import Grounds, regrounded
from harvester.hashing.thumbs import Thumb

Bytes = NDArray[np.uint8]

BLOCK = 8  # pixels a side over which a difference is averaged
_SLACK = 3.0  # grey levels that encoders may add anywhere
_MARGIN = (
    0.1  # of the height above and below, half as much of the width, where marks and bars stand
)
_CORNER = (0.33, 0.2)  # of the width and the height: the lower corners, where they stand higher
_BUSY = (
    2.0,
    5.0,
    10.0,
    20.0,
    40.0,
    80.0,
)  # grey levels that three by three pixels span: kinds of spots
_FEW = 40  # spots of a kind that tell nothing
_QUIET = 0.7  # grey levels that rounding makes of nothing
_APART = 14  # pixels at least between two spots
_SEEN = 5.0  # grey levels from which three by three pixels differ to the eye


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
    "fine_margin",  # the same in the margins
    "mark_wide",  # over which share of the width what differs in the margins reaches
    "mark_high",  # and of the height
    "drift",  # the mean of brightness in the block where it differs most
    "drift_colour",  # the same of colours
    "drift_usual",  # by what the means of colours differ in one of ten blocks
    "odd",  # the worst spot over what spots as busy as it usually differ by in these two pictures
    "odd_second",  # the worst that lies elsewhere
    "odd_share",  # share of the spots that are odd
    "odd_margin",  # the worst in the margins and lower corners
    "odd_colour",  # the worst of colours
    "odd_colour_margin",  # the same in the margins
    "gradients",  # correlation of slopes, 1 = the same
    "worst_gradients",  # 1 less the correlation of slopes in the busy block where it is least
    "contrast",  # spread of the canvas
    "gain",  # by how much contrast differs
    "shift",  # by how much brightness does
    "colourful",  # how much of the colour is left, 1 = as much
    "hue",  # how far colours lie apart on the average before anything is fitted
)
"""What is told of two pictures that lie over each other."""


Rect = tuple[float, float, float, float]
"""Left, top, right and bottom, as shares of what two whole pictures have in common."""


def residual(
    canvas: Thumb, source: Thumb, fit: Fit, place: Rect, grounds: Grounds | None = None
) -> tuple[float, ...]:
    """In the order of NAMES; `fit` takes the canvas to the source, `place` says where the canvas lies in the whole.

    `grounds` are the colours of flat grounds, canvas first, where only the figures before them are compared.
    """
    size, half = canvas.luma.size, canvas.tints[0].size
    one, other = _floats(canvas.luma), _seen(source.luma, size, fit)
    there, small = covered(fit.map, size), covered(fit.map, half)
    own, seen = (
        [_floats(each) for each in canvas.tints],
        [_seen(b, half, fit) for b in source.tints],
    )
    if grounds is not None:
        other, seen = regrounded((one, own), (other, seen), grounds)
    one, other = _equally_sharp(one, other)
    one, luma, gain, shift = _equally_bright(one, other, there)
    pairs, colourful, hue = _coloured(
        [np.where(small, each - 128, 0) for each in seen],
        [np.where(small, each - 128, 0) for each in own],
    )
    bright, odd = _compared(luma, one, there)
    (blue, odd_blue), (red, odd_red) = (_compared(left, right, small) for left, right in pairs)
    colour = np.maximum(blue, red)
    odds = _oddest(odd, np.maximum(odd_blue, odd_red), place)
    slopes, worst = _slopes(luma, one, there, place)
    shown = one[::2, ::2][there[::2, ::2]]
    contrast = float(shown.std()) if shown.size else 0.0
    figures = _figures(bright, colour, place)
    drifts = _drifts(
        np.where(there, luma - one, 0), [np.where(small, a - b, 0) for a, b in pairs], place
    )
    inner, usual = figures[0], figures[4]
    ratios = (inner / (usual + 2), inner / (contrast + 10))
    whole = (slopes, worst, contrast, gain, shift, colourful, hue)
    return (*figures[:6], *ratios, *figures[6:], *drifts, *odds, *whole)


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


def _equally_bright(
    one: Floats, other: Floats, there: NDArray[np.bool_]
) -> tuple[Floats, Floats, float, float]:
    """The one of less contrast brought to the other, so that what is clipped there is clipped here as well."""
    if not there.any() or one[there].std() >= other[there].std():
        return one, *_toned(other, one, there)
    toned, gain, shift = _toned(one, other, there)
    return toned, other, gain, shift


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


def _compared(left: Floats, right: Floats, there: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """By how much each lies outside what the other shows within a pixel; and how odd each spot's difference is."""
    tops, floors = (_highest(left), _highest(right)), (_lowest(left), _lowest(right))
    most = np.maximum(
        np.maximum(left - tops[1], floors[1] - left), np.maximum(right - tops[0], floors[0] - right)
    )
    beyond = np.where(there, np.maximum(most - _SLACK, 0), np.float32(0))
    busy = np.minimum(tops[0] - floors[0], tops[1] - floors[1])[1:-1, 1:-1]
    spots = np.abs(_finest(np.where(there, left - right, np.float32(0))))
    return beyond, _odd(spots, busy, there[1:-1, 1:-1])


def _odd(spots: Floats, busy: Floats, there: NDArray[np.bool_]) -> Floats:
    """Spots over what nine of ten spots about as busy stay below: noise, sharpness and misfit all grow with slopes."""
    kinds = np.searchsorted(_BUSY, busy[::2, ::2][there[::2, ::2]])
    some = spots[::2, ::2][there[::2, ::2]]
    usual, scales = np.float32(_QUIET), []
    for kind in range(len(_BUSY) + 1):
        own = some[kinds == kind]
        if len(own) >= _FEW:
            usual = max(usual, np.partition(own, len(own) * 9 // 10)[len(own) * 9 // 10])
        scales.append(usual)
    places = np.array([0.0, *_BUSY], dtype=np.float32)
    return np.asarray(spots / np.interp(busy, places, scales), dtype=np.float32)


def _oddest(bright: Floats, colour: Floats, place: Rect) -> tuple[float, ...]:
    inside = core(bright.shape, place)
    centre = np.where(inside, bright, 0)
    y, x = np.unravel_index(int(centre.argmax()), centre.shape)
    far = centre.copy()
    far[max(0, y - _APART) : y + _APART, max(0, x - _APART) : x + _APART] = 0
    small = core(colour.shape, place)
    return (
        float(centre.max()),
        float(far.max()),
        float((centre > 3).mean()),
        float(np.where(inside, 0, bright).max()),
        float(np.where(small, colour, 0).max()),
        float(np.where(small, 0, colour).max()),
    )


def _highest(values: Floats) -> Floats:
    padded = np.pad(values, 1, mode="edge")
    rows = np.maximum(np.maximum(padded[:-2], padded[2:]), padded[1:-1])
    return np.maximum(np.maximum(rows[:, :-2], rows[:, 2:]), rows[:, 1:-1])


def _lowest(values: Floats) -> Floats:
    padded = np.pad(values, 1, mode="edge")
    rows = np.minimum(np.minimum(padded[:-2], padded[2:]), padded[1:-1])
    return np.minimum(np.minimum(rows[:, :-2], rows[:, 2:]), rows[:, 1:-1])


def _figures(bright: Floats, colour: Floats, place: Rect) -> tuple[float, ...]:
    blocks, tints = _blocks(bright, BLOCK), _blocks(colour, BLOCK // 2)
    high, wide = (min(sizes) for sizes in zip(blocks.shape, tints.shape, strict=True))
    blocks, tints = blocks[:high, :wide], tints[:high, :wide]
    inside = core((high, wide), place, reach=1.0)
    centre = np.where(inside, blocks, 0)
    worst = np.unravel_index(int(centre.argmax()), centre.shape)
    rest = centre.copy()
    rest[max(0, worst[0] - 2) : worst[0] + 3, max(0, worst[1] - 2) : worst[1] + 3] = 0
    edge, edge_tints = np.where(inside, 0, blocks), np.where(inside, 0, tints)
    fine = _finest(bright)
    middle = core(fine.shape, place)
    return (
        float(centre.max()),
        float(edge.max()),
        float(np.where(inside, tints, 0).max()),
        float(edge_tints.max()),
        float(np.quantile(blocks, 0.9)),
        float(np.quantile(blocks, 0.5)),
        float((np.maximum(blocks, tints) > 4).mean()),
        float(rest.max()),
        float(np.where(middle, fine, 0).max()),
        float(np.where(middle, 0, fine).max()),
        *_reach(np.where(middle, 0, fine), place),
    )


def core(shape: tuple[int, int], place: Rect, reach: float = 0.5) -> NDArray[np.bool_]:
    """Which of the blocks touch neither the margins nor the lower corners of the whole picture.

    `reach` is half a block's side in steps from one block to the next.
    """
    across, down = _places(shape[1], place[0], place[2]), _places(shape[0], place[1], place[3])
    wide, high = (reach * abs(place[n + 2] - place[n]) / (shape[1 - n] + 1) for n in (0, 1))
    aside = np.abs(across - 0.5) + wide
    found = (np.abs(down - 0.5) + high < 0.5 - _MARGIN)[:, None] & (aside < 0.5 - _MARGIN / 2)[None]
    found &= ~((down + high > 1 - _CORNER[1])[:, None] & (aside > 0.5 - _CORNER[0])[None])
    return np.asarray(found)


def _places(count: int, low: float, high: float) -> Floats:
    return np.asarray(low + (high - low) * (np.arange(count) + 1) / (count + 1), dtype=np.float32)


def _reach(fine: Floats, place: Rect) -> tuple[float, float]:
    """How wide and how high what differs in the half of the margins is where it differs most."""
    if fine.max() < _SEEN:
        return 0.0, 0.0
    down = _places(fine.shape[0], place[1], place[3])
    low = fine[down > 0.5].max(initial=0) >= fine[down <= 0.5].max(initial=0)
    seen = (fine >= max(_SEEN, float(fine.max()) * 0.3)) & (down > 0.5 if low else down <= 0.5)[
        :, None
    ]
    across, rows = np.flatnonzero(seen.any(axis=0)), np.flatnonzero(seen.any(axis=1))
    return (
        float((across[-1] - across[0] + 1) / fine.shape[1] * (place[2] - place[0])),
        float((rows[-1] - rows[0] + 1) / fine.shape[0] * (place[3] - place[1])),
    )


def _drifts(bright: Floats, tints: list[Floats], place: Rect) -> tuple[float, float, float]:
    """How far means over large blocks lie apart: recompression and a pixel's shift leave them as they are."""
    luma = np.abs(_blocks(bright, 2 * BLOCK))
    colour = np.maximum(*(np.abs(_blocks(each, BLOCK)) for each in tints))
    luma, colour = (each[core(each.shape, place, reach=1.0)] for each in (luma, colour))
    if not (luma.size and colour.size):
        return 0.0, 0.0, 0.0
    return float(luma.max()), float(colour.max()), float(np.quantile(colour, 0.9))


def _blocks(values: Floats, side: int) -> Floats:
    """Means over blocks that overlap by half."""
    half = side // 2
    high, wide = (size // half * half for size in values.shape)
    rows = np.add.reduce([values[place:high:half, :wide] for place in range(half)])
    small = np.add.reduce([rows[:, place::half] for place in range(half)])
    pairs = small[1:] + small[:-1]
    return np.asarray((pairs[:, 1:] + pairs[:, :-1]) / np.float32(side * side))


def _finest(values: Floats) -> Floats:
    """Means of three by three pixels."""
    rows = values[2:] + values[1:-1] + values[:-2]
    return np.asarray((rows[:, 2:] + rows[:, 1:-1] + rows[:, :-2]) / np.float32(9))


def _slopes(
    left: Floats, right: Floats, there: NDArray[np.bool_], place: Rect
) -> tuple[float, float]:
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
    busy = (energy > 60) & core(energy.shape, place, reach=1.0)
    worst = float((1 - each[busy]).max()) if busy.any() else 0.0
    return total, worst
