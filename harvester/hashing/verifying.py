"""Compares two pictures by their thumbnails: which part of one the other shows, and what differs there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from harvester.hashing import residual, strays
from harvester.hashing.aligning import Fit, Floats, Matrix, Plane, aligned
from harvester.hashing.grounds import apart, bare, ground
from harvester.hashing.thumbs import Thumb, greys
from harvester.hashing.windows import SHAPES, SPANS, window_hashes
from harvester.sketch import Box

_COARSE = 0.55
"""Correlation at 40 pixels below which two pictures are not looked at more closely."""

_LEAST = 0.68
"""Correlation in the end below which nothing of one lies over the other."""

_WORSE = 10
"""Bits by which a second guess may be less likely than the first and still be tried."""

_ENOUGH = 0.9
"""Correlation above which no other guess is tried."""

_CLEAN = 6.0
"""Grey levels in the worst block below which nobody need look at the figures without their grounds."""

_STRETCHED = 0.05
"""How much one may be stretched against the other before it is asked whether it has a strip more."""

_STRIP = (0.8, 0.985)
"""How high what a strip was added to may be, as a share of the whole."""

_NO_BITS = 33
"""Of a guess that no hash made."""

NAMES = (
    *residual.NAMES,
    *(
        "outside",
        "outside_margin",
        "correlation",
        "overlap",
        "part",
        "shape",
        "bits",
        "flipped",
        "bare",
    ),
)
"""What `figures` tells of a pair, in this order."""

_CORRELATION, _INNER = NAMES.index("correlation"), NAMES.index("inner")


class Compared:
    """A picture made ready to be compared with several others."""

    def __init__(self, thumbnail: Thumb, shown: Compared | None = None) -> None:
        self.thumb = thumbnail
        self.shown = shown or self
        """The picture with its ground, where that was taken away."""

    @cached_property
    def inner(self) -> Thumb:
        """What lies inside the borders."""
        return self.thumb.cut(1.0)

    @cached_property
    def plane(self) -> Plane:
        """The whole picture's brightness, as what another is laid over."""
        return Plane(self.thumb.luma)

    @cached_property
    def canvas(self) -> Plane:
        """The brightness of what lies inside the borders, as what others are laid over."""
        return Plane(self.inner.luma)

    @cached_property
    def hashes(self) -> NDArray[np.uint64]:
        """Of every window of what lies inside the borders, the whole first."""
        return np.asarray(window_hashes(greys(self.thumb)[None])[0])

    @cached_property
    def strays(self) -> strays.Strays:
        """What stands where nothing but a border seems to be."""
        return strays.strays(self.thumb)

    @cached_property
    def ground(self) -> tuple[int, int, int] | None:
        """The colour of a flat ground."""
        return ground(self.thumb)

    @cached_property
    def bare(self) -> Compared:
        """The same picture with its flat ground made white."""
        return Compared(bare(self.thumb), self)

    @cached_property
    def mirrored(self) -> Compared:
        """The same picture mirrored."""
        return Compared(self.thumb.mirrored(), None if self.shown is self else self.shown.mirrored)


@dataclass(frozen=True, slots=True)
class Start:
    """A guess: the canvas's inside is this part of the source."""

    canvas: Compared
    source: Compared
    map: Matrix
    bits: int
    flipped: bool


@dataclass(frozen=True, slots=True)
class Laid:
    """A guess and how it fits: what the canvas shows, and the map from it to the source."""

    start: Start
    canvas: Thumb
    fit: Fit


def starts(left: Compared, right: Compared) -> list[Start]:
    """Guesses of how two pictures lie over each other, the likeliest first."""
    found = []
    for flipped, one in ((False, left), (True, left.mirrored)):
        for canvas, source in ((one, right), (right, one)):
            bits = np.bitwise_count(source.hashes ^ canvas.hashes[0])
            place = int(bits.argmin())
            found.append(Start(canvas, source, _window(source, place), int(bits[place]), flipped))
    return sorted(found, key=lambda start: (start.bits, start.flipped))


def _as_they_are(left: Compared, right: Compared) -> Start:
    """The guess that the whole pictures are the same, wherever their borders were found."""
    return Start(left, right, _window(left), _NO_BITS, flipped=False)


def _with_strip(left: Compared, right: Compared) -> list[Start]:
    """The guesses that one picture is the other with a strip added above or below."""
    wide, tall = sorted((left, right), key=lambda each: -_ratio(each))
    kept = _ratio(tall) / _ratio(wide)
    if not _STRIP[0] < kept < _STRIP[1]:
        return []
    inner = _window(wide)
    maps = (np.array([[1, 0, 0], [0, kept, low], [0, 0, 1]]) @ inner for low in (0, 1 - kept))
    return [Start(wide, tall, each, _NO_BITS, flipped=False) for each in maps]


def _ratio(picture: Compared) -> float:
    return picture.thumb.luma.width / picture.thumb.luma.height


def _full(picture: Compared) -> bool:
    """Whether no borders were found, so that the whole is what they enclose."""
    return picture.thumb.box == (0, 0, *picture.thumb.luma.size)


def _window(source: Compared, place: int = 0) -> Matrix:
    """From shares of a window, at first all that the borders enclose, to shares of the whole picture."""
    (left, right), (top, bottom) = (SPANS[side] for side in SHAPES[place])
    box, (width, height) = source.thumb.box, source.thumb.luma.size
    wide, high = box[2] - box[0], box[3] - box[1]
    return np.array(
        [
            [wide * (right - left) / width, 0, (box[0] + wide * left) / width],
            [0, high * (bottom - top) / height, (box[1] + high * top) / height],
            [0, 0, 1],
        ]
    )


def figures(left: Compared, right: Compared) -> tuple[float, ...] | None:
    """What tells copies from variants, in the order of NAMES; None where nothing lies over each other.

    Of figures that lie badly over each other, on plain grounds of two colours, only the figures are compared.
    """
    told = _figures(left, right)
    if told is not None and told[_CORRELATION] > _ENOUGH and told[_INNER] < _CLEAN:
        return (*told, 0.0)
    if apart(left.ground, right.ground):
        alone = _figures(left.bare, right.bare)
        if alone is not None and (told is None or alone[_INNER] < told[_INNER]):
            return (*alone, 1.0)
    return None if told is None else (*told, 0.0)


def _figures(left: Compared, right: Compared) -> tuple[float, ...] | None:
    guesses = starts(left, right)
    near = [each for each in guesses[:2] if each.bits <= guesses[0].bits + _WORSE]
    if not (_full(left) and _full(right)):
        near.append(_as_they_are(left, right))
    best = _best(near)
    if best is None:
        best = _best(_with_strip(left, right))
    elif _stretched(best):
        best = _best([_as_they_are(left, right), *_with_strip(left, right)], best)
    return None if best is None else _told(best)


def _best(guesses: list[Start], best: Laid | None = None) -> Laid | None:
    """What lies best over each other, until it is good enough; None where nothing does."""
    for start in guesses:
        canvas, one = _canvas(start), start.canvas
        plane = one.canvas if canvas is one.inner else Plane(canvas.luma)
        fit = aligned(plane, start.source.plane, start.map, _COARSE)
        laid = Laid(start, canvas, fit)
        if fit.correlation >= _LEAST and (best is None or _worth(laid) > _worth(best)):
            best = laid
        if best is not None and best.fit.correlation > _ENOUGH:
            break
    return best


def _stretched(laid: Laid) -> bool:
    return _shape(laid.start, laid.fit) > _STRETCHED


def _worth(laid: Laid) -> float:
    """Correlation, less for what had to be stretched: with a strip over its edge a copy correlates less than so."""
    return laid.fit.correlation - _shape(laid.start, laid.fit) / 2


def _told(laid: Laid) -> tuple[float, ...]:
    start, canvas, fit = laid.start, laid.canvas, laid.fit
    whole = _whole(start, fit)
    common = _common(whole)
    shown, source = start.canvas.shown, start.source.shown
    grounds = None
    if shown is not start.canvas and shown.ground and source.ground:
        grounds = shown.ground, source.ground
        canvas = _canvas(start, shown)
    place = _within(start.canvas.thumb.box, start.canvas.thumb.luma.size, common)
    told = residual.residual(canvas, source.thumb, fit, place, grounds)
    outside = _outside(strays.outside(shown.strays, source.strays, whole), common)
    lies = (*outside, fit.correlation, fit.overlap, _part(start, fit), _shape(start, fit))
    return (*told, *lies, start.bits, start.flipped)


def _outside(spots: Floats | None, common: residual.Rect) -> tuple[float, float]:
    """The worst spot outside the borders, in the middle of the whole picture and in its margins."""
    if spots is None:
        return 0.0, 0.0
    middle = residual.core(spots.shape, _within((0, 0, 1, 1), (1, 1), common))
    return float(np.where(middle, spots, 0).max()), float(np.where(middle, 0, spots).max())


def _whole(start: Start, fit: Fit) -> Matrix:
    """From shares of the whole canvas, borders and all, to shares of the source."""
    left, top, right, bottom = start.canvas.thumb.box
    width, height = start.canvas.thumb.luma.size
    wide, high = right - left, bottom - top
    inner = np.array([[width / wide, 0, -left / wide], [0, height / high, -top / high], [0, 0, 1]])
    return np.asarray(fit.map @ inner)


def _common(whole: Matrix) -> residual.Rect:
    """Which part of the whole canvas the whole source reaches, as shares of the canvas."""
    corners = np.linalg.inv(whole) @ np.array([[0, 1, 0, 1], [0, 0, 1, 1], [1, 1, 1, 1]])
    (left, top), (right, bottom) = corners[:2].min(axis=1), corners[:2].max(axis=1)
    return (
        *(float(np.clip(left, 0, 0.9)), float(np.clip(top, 0, 0.9))),
        *(float(np.clip(right, 0.1, 1)), float(np.clip(bottom, 0.1, 1))),
    )


def _within(box: Box, size: tuple[int, int], common: residual.Rect) -> residual.Rect:
    """Where a box of the whole canvas lies in what both have in common."""
    wide, high = max(common[2] - common[0], 0.05), max(common[3] - common[1], 0.05)
    return (
        *((box[0] / size[0] - common[0]) / wide, (box[1] / size[1] - common[1]) / high),
        *((box[2] / size[0] - common[0]) / wide, (box[3] / size[1] - common[1]) / high),
    )


def _canvas(start: Start, shown: Compared | None = None) -> Thumb:
    """What the canvas shows, or another of the same shape, no finer than the source does there."""
    one = shown or start.canvas
    canvas, source = start.canvas.inner.luma, start.source.thumb.luma
    wide, high = start.map[0, 0] * source.width, start.map[1, 1] * source.height
    factor = max(wide / canvas.width, high / canvas.height)
    return one.inner if factor > 0.95 else one.thumb.cut(factor)


def _part(start: Start, fit: Fit) -> float:
    """Which share of what the source's borders enclose the canvas shows."""
    box, (width, height) = start.source.thumb.box, start.source.thumb.luma.size
    inside = (box[2] - box[0]) * (box[3] - box[1]) / (width * height)
    return float(min(1.0, abs(np.linalg.det(fit.map[:2, :2])) * fit.overlap / inside))


def _shape(start: Start, fit: Fit) -> float:
    """How much more the one is stretched than the other: the logarithm of the ratio of width to height."""
    source, canvas = start.source.thumb.luma, start.canvas.inner.luma
    across = np.hypot(fit.map[0, 0] * source.width, fit.map[1, 0] * source.height) / canvas.width
    down = np.hypot(fit.map[0, 1] * source.width, fit.map[1, 1] * source.height) / canvas.height
    return float(abs(np.log(max(across, 1e-3) / max(down, 1e-3))))
