"""What is left between two thumbnails laid over each other: the figures from which a verdict is made."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harvester.hashing.aligning import Fit, Floats, covered, everywhere, laid, scale
from harvester.hashing.grounds import Grounds, regrounded
from harvester.hashing.neighbours import blocks as _blocks
from harvester.hashing.neighbours import blurred, finest, gathered, sharpness, steps, trimmed
from harvester.hashing.thumbs import Thumb

Reached = NDArray[np.bool_] | None
"""Which pixels the source reaches; None for all of them."""

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


_LEVELS = np.arange(256)
_KINDS = np.searchsorted(_BUSY, _LEVELS).astype(np.uint8)

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
    whole = everywhere(fit.map, size)
    there, small = (None, None) if whole else (covered(fit.map, size), covered(fit.map, half))
    one, other = _floats(canvas.luma), _seen(source.luma, size, fit)
    own = np.stack([_floats(each) for each in canvas.tints])
    seen = np.stack([_seen(each, half, fit) for each in source.tints])
    if grounds is not None:
        other, seen = regrounded((one, own), (other, seen), grounds)
    one, other = _equally_sharp(one, other)
    one, luma, gain, shift = _equally_bright(one, other, there)
    seen -= np.float32(128)
    own -= np.float32(128)
    seen, own, colourful, hue = _coloured(_within(seen, small), _within(own, small))
    bright, odd = _compared(luma, one, there)
    colour, odd_colour = (each.max(axis=0) for each in _compared(seen, own, small))
    odds = _oddest(odd, odd_colour, place)
    slopes, worst = _slopes(luma, one, there, place)
    contrast = _spread(_seldom(one, there, 2))
    figures = _figures(bright, colour, place)
    drifts = _drifts(_within(luma - one, there), seen - own, place)
    inner, usual = figures[0], figures[4]
    ratios = (inner / (usual + 2), inner / (contrast + 10))
    all_over = (slopes, worst, contrast, gain, shift, colourful, hue)
    return (*figures[:6], *ratios, *figures[6:], *drifts, *odds, *all_over)


def _seen(band: Image.Image, size: tuple[int, int], fit: Fit) -> Floats:
    small = scale(fit.map, size, band.size)
    if small != band.size:
        band = band.resize(small, Image.Resampling.BILINEAR)
    return laid(band, size, fit.map)


def _floats(band: Image.Image) -> Floats:
    return np.array(band, dtype=np.float32)


def _within(values: Floats, there: Reached) -> Floats:
    """Nothing where the source does not reach."""
    return values if there is None else values * there


def _seldom(values: NDArray[Any], there: Reached, step: int) -> NDArray[Any]:
    """One of `step` by `step` pixels, of those that the source reaches."""
    some = values[::step, ::step]
    return some.ravel() if there is None else some[there[::step, ::step]]


def _spread(values: Floats) -> float:
    """The standard deviation, none of nothing."""
    if not values.size:
        return 0.0
    apart = values - np.float32(np.add.reduce(values) / values.size)
    return math.sqrt(float(np.vdot(apart, apart)) / apart.size)


def _equally_sharp(left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """The sharper of the two blurred about as much as the other is."""
    ratio = (sharpness(left) + 1e-3) / (sharpness(right) + 1e-3)
    if ratio > 1.08:
        return blurred(left, ratio), right
    if ratio < 1 / 1.08:
        return left, blurred(right, 1 / ratio)
    return left, right


def _equally_bright(
    one: Floats, other: Floats, there: Reached
) -> tuple[Floats, Floats, float, float]:
    """The one of less contrast brought to the other, so that what is clipped there is clipped here as well."""
    few, others = _seldom(one, there, 4), _seldom(other, there, 4)
    if _spread(few) >= _spread(others):
        gain, shift, bent = _tone(others, few)
        return one, _toned(other, gain, shift, bent), gain + bent, 255 * shift
    gain, shift, bent = _tone(few, others)
    return _toned(one, gain, shift, bent), other, gain + bent, 255 * shift


def _tone(values: Floats, aim: Floats) -> tuple[float, float, float]:
    """By what factor, shift and square most of the pixels are brought to the aim: contrast, brightness, gamma."""
    use = (aim > 3) & (aim < 252)
    x, y = values[use] / np.float32(255), aim[use] / np.float32(255)
    if len(x) < 50:
        return 1.0, 0.0, 0.0
    weights = np.ones_like(x)
    terms = np.stack([weights, x, x * x])
    start = np.array([0.0, 1.0, 0.0])
    ridge = np.diag([0.002, 0.002, 0.02]) * len(x)
    found = start
    for _ in range(3):
        weighed = terms * weights
        found = np.linalg.solve(weighed @ terms.T + ridge, weighed @ y + ridge @ start)
        error = np.abs(found.astype(np.float32) @ terms - y)
        limit = np.float32(2 * float(np.partition(error, len(error) // 2)[len(error) // 2]) + 0.008)
        weights = np.where(
            error < limit, np.float32(1), np.float32(0.3) * limit / np.maximum(error, limit)
        )
    shift, gain, bent = found.tolist()
    return gain, shift, bent


def _toned(values: Floats, gain: float, shift: float, bent: float) -> Floats:
    fitted = values * np.float32(bent / 255)
    fitted += np.float32(gain)
    fitted *= values
    fitted += np.float32(shift * 255)
    return np.clip(fitted, 0, 255, out=fitted)


def _coloured(left: Floats, right: Floats) -> tuple[Floats, Floats, float, float]:
    """Both with the saturation of the paler one, how much that is, and how far they lay apart before."""
    own, others, both = (
        float(np.vdot(one, other)) for one, other in ((left, left), (right, right), (left, right))
    )
    hue = float(np.abs((left - right).mean(axis=(1, 2))).max())
    scale = float(np.clip(both / (max(own, others) + 1), 0.0, 1.5))
    paler = np.float32(scale)
    if own >= others:
        return left * paler, right, scale, hue
    return left, right * paler, scale, hue


def _compared(left: Floats, right: Floats, there: Reached) -> tuple[Floats, Floats]:
    """By how much each lies outside what the other shows within a pixel; and how odd each spot's difference is.

    Of one band, or of several at once; without the outermost pixels.
    """
    tops = gathered(left, np.maximum), gathered(right, np.maximum)
    floors = gathered(left, np.minimum), gathered(right, np.minimum)
    spots = gathered(_within(left - right, there), np.add)
    spots *= np.float32(1 / 9)
    np.abs(spots, out=spots)
    left, right = left[..., 1:-1, :], right[..., 1:-1, :]
    beyond = left - tops[1]
    more = floors[1] - left
    np.maximum(beyond, more, out=beyond)
    np.maximum(beyond, np.subtract(right, tops[0], out=more), out=beyond)
    np.maximum(beyond, np.subtract(floors[0], right, out=more), out=beyond)
    beyond -= np.float32(_SLACK)
    np.clip(beyond, 0, 255, out=beyond)
    for top, floor in zip(tops, floors, strict=True):
        top -= floor
    busy = np.minimum(tops[0], tops[1], out=tops[0])
    known = None if there is None else there[1:-1, 1:-1]
    return _within(trimmed(beyond), known), _odd(trimmed(spots), trimmed(busy), known)


def _odd(spots: Floats, busy: Floats, there: Reached) -> Floats:
    """Spots over what nine of ten spots about as busy stay below: noise, sharpness and misfit all grow with slopes."""
    if spots.ndim > 2:
        return np.stack([_odd(*each, there) for each in zip(spots, busy, strict=True)])
    busy += np.float32(0.5)
    level = busy.astype(np.uint8)
    kinds, some = _KINDS.take(_seldom(level, there, 2)), _seldom(spots, there, 2)
    some = some[np.argsort(kinds, kind="stable")]
    usual, scales, start = np.float32(_QUIET), [], 0
    for count in np.bincount(kinds, minlength=len(_BUSY) + 1).tolist():
        own = some[start : start + count]
        start += count
        if count >= _FEW:
            usual = max(usual, np.partition(own, count * 9 // 10)[count * 9 // 10])
        scales.append(usual)
    table = np.interp(_LEVELS, (0.0, *_BUSY), scales).astype(np.float32)
    spots /= table.take(level, mode="clip")
    return spots


def _oddest(bright: Floats, colour: Floats, place: Rect) -> tuple[float, ...]:
    inside = core(bright.shape, place)
    centre = bright * inside
    y, x = np.unravel_index(int(centre.argmax()), centre.shape)
    most, share = float(centre[y, x]), float(np.count_nonzero(centre > 3)) / centre.size
    margin = float((bright - centre).max())
    centre[max(0, y - _APART) : y + _APART, max(0, x - _APART) : x + _APART] = 0
    tinted = colour * core(colour.shape, place)
    colours = float(tinted.max()), float((colour - tinted).max())
    return (most, float(centre.max()), share, margin, *colours)


def _figures(bright: Floats, colour: Floats, place: Rect) -> tuple[float, ...]:
    blocks, tints = _blocks(bright, BLOCK), _blocks(colour, BLOCK // 2)
    high, wide = (min(sizes) for sizes in zip(blocks.shape, tints.shape, strict=True))
    blocks, tints = blocks[:high, :wide], tints[:high, :wide]
    inside = core((high, wide), place, reach=1.0)
    centre, tinted = blocks * inside, tints * inside
    y, x = np.unravel_index(int(centre.argmax()), centre.shape)
    edge, most = float((blocks - centre).max()), float(centre[y, x])
    centre[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3] = 0
    usual, middle = blocks.size * 9 // 10, blocks.size // 2
    ranked = np.partition(blocks, (middle, usual), axis=None)
    fine = finest(bright)
    inner = fine * core(fine.shape, place)
    fine -= inner
    return (
        most,
        edge,
        float(tinted.max()),
        float((tints - tinted).max()),
        float(ranked[usual]),
        float(ranked[middle]),
        float(np.count_nonzero(np.maximum(blocks, tints) > 4)) / blocks.size,
        float(centre.max()),
        float(inner.max()),
        float(fine.max()),
        *_reach(fine, place),
    )


def core(shape: tuple[int, int], place: Rect, reach: float = 0.5) -> NDArray[np.bool_]:
    """Which of the blocks touch neither the margins nor the lower corners of the whole picture.

    `reach` is half a block's side in steps from one block to the next.
    """
    across, down = (shape[1], place[0], place[2], reach), (shape[0], place[1], place[3], reach)
    found = np.zeros(shape, dtype=bool)
    found[_inside(_MARGIN, *down), _inside(_MARGIN / 2, *across)] = True
    low, between = _inside(_CORNER[1], *down).stop, _inside(_CORNER[0], *across)
    found[low:, : between.start] = False
    found[low:, between.stop :] = False
    return found


def _inside(margin: float, count: int, low: float, high: float, reach: float) -> slice:
    """Which of the blocks along a side touch neither of its margins."""
    step = max(high - low, 1e-6) / (count + 1)
    aside = margin + reach * step
    first, last = math.floor((aside - low) / step), math.ceil((1 - aside - low) / step) - 1
    return slice(min(max(first, 0), count), min(max(last, 0), count))


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


def _drifts(bright: Floats, tints: Floats, place: Rect) -> tuple[float, float, float]:
    """How far means over large blocks lie apart: recompression and a pixel's shift leave them as they are."""
    luma, colour = np.abs(_blocks(bright, 2 * BLOCK)), np.abs(_blocks(tints, BLOCK)).max(axis=0)
    luma, colour = (each[core(each.shape, place, reach=1.0)] for each in (luma, colour))
    if not (luma.size and colour.size):
        return 0.0, 0.0, 0.0
    usual = np.partition(colour, colour.size * 9 // 10)[colour.size * 9 // 10]
    return float(luma.max()), float(colour.max()), float(usual)


def _slopes(left: Floats, right: Floats, there: Reached, place: Rect) -> tuple[float, float]:
    """How well the slopes of both agree: in all, and of the busy block where they agree least."""
    across, down = steps(np.stack([left, right]))
    products = across[0] * across[1]
    products += down[0] * down[1]
    across *= across
    down *= down
    down += across
    known = None if there is None else there[1:, 1:]
    common = _blocks(_within(products[:, :-1], known), BLOCK)
    own, others = _blocks(_within(down[..., :-1], known), BLOCK)
    total = float(common.sum() / (np.sqrt(own.sum() * others.sum()) + 1e-3))
    each = (common + 2) / (np.sqrt(own * others) + 2)
    busy = (np.maximum(own, others) > 60) & core(common.shape, place, reach=1.0)
    worst = float((1 - each[busy]).max()) if busy.any() else 0.0
    return total, worst
