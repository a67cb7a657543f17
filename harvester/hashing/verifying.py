"""Compares two pictures by their thumbnails: which part of one the other shows, and what differs there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from harvester.hashing import residual
from harvester.hashing.aligning import Fit, Matrix, aligned
from harvester.hashing.grounds import apart, bare, ground
from harvester.hashing.thumbs import Thumb, greys
from harvester.hashing.windows import SHAPES, SPANS, window_hashes

_COARSE = 0.55
"""Correlation at 40 pixels below which two pictures are not looked at more closely."""

_LEAST = 0.68
"""Correlation in the end below which nothing of one lies over the other."""

_WORSE = 10
"""Bits by which a second guess may be less likely than the first and still be tried."""

_ENOUGH = 0.9
"""Correlation above which no other guess is tried."""

NAMES = (
    *residual.NAMES,
    *("correlation", "overlap", "part", "shape", "bits", "flipped", "bare"),
)
"""What `figures` tells of a pair, in this order."""

_CORRELATION = NAMES.index("correlation")


class Compared:
    """A picture made ready to be compared with several others."""

    def __init__(self, thumbnail: Thumb) -> None:
        self.thumb = thumbnail

    @cached_property
    def inner(self) -> Thumb:
        """What lies inside the borders."""
        return self.thumb.cut(1.0)

    @cached_property
    def hashes(self) -> NDArray[np.uint64]:
        """Of every window of what lies inside the borders, the whole first."""
        return np.asarray(window_hashes(greys(self.thumb)[None])[0])

    @cached_property
    def ground(self) -> tuple[int, int, int] | None:
        """The colour of a flat ground."""
        return ground(self.thumb)

    @cached_property
    def bare(self) -> Compared:
        """The same picture with its flat ground made white."""
        return Compared(bare(self.thumb))

    @cached_property
    def mirrored(self) -> Compared:
        """The same picture mirrored."""
        return Compared(self.thumb.mirrored())


@dataclass(frozen=True, slots=True)
class Start:
    """A guess: the canvas's inside is this part of the source."""

    canvas: Compared
    source: Compared
    map: Matrix
    bits: int
    flipped: bool


def starts(left: Compared, right: Compared) -> list[Start]:
    """Guesses of how two pictures lie over each other, the likeliest first."""
    found = []
    for flipped, one in ((False, left), (True, left.mirrored)):
        for canvas, source in ((one, right), (right, one)):
            bits = np.bitwise_count(source.hashes ^ canvas.hashes[0])
            place = int(bits.argmin())
            found.append(Start(canvas, source, _window(source, place), int(bits[place]), flipped))
    return sorted(found, key=lambda start: (start.bits, start.flipped))


def _window(source: Compared, place: int) -> Matrix:
    """From shares of the canvas to shares of the source's whole picture."""
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
    if told is not None and told[_CORRELATION] > _ENOUGH:
        return (*told, 0.0)
    if apart(left.ground, right.ground):
        alone = _figures(left.bare, right.bare, _brightness(left, right))
        if alone is not None and (told is None or alone[_CORRELATION] > told[_CORRELATION]):
            return (*alone, 1.0)
    return None if told is None else (*told, 0.0)


def _brightness(left: Compared, right: Compared) -> dict[int, int]:
    """How bright the grounds were that were taken away."""
    both = ((each, each.ground) for each in (left, right))
    found = {}
    for each, colour in both:
        if colour is not None:
            found[id(each.bare)] = found[id(each.bare.mirrored)] = colour[0]
    return found


def _figures(
    left: Compared, right: Compared, grounds: dict[int, int] | None = None
) -> tuple[float, ...] | None:
    best: tuple[Start, Thumb, Fit] | None = None
    guesses = starts(left, right)
    for start in [each for each in guesses[:2] if each.bits <= guesses[0].bits + _WORSE]:
        canvas = _canvas(start)
        fit = aligned(canvas.luma, start.source.thumb.luma, start.map, _COARSE)
        if best is None or fit.correlation > best[2].correlation:
            best = start, canvas, fit
        if fit.correlation > _ENOUGH:
            break
    if best is None or best[2].correlation < _LEAST:
        return None
    start, canvas, fit = best
    bright = grounds and (grounds[id(start.canvas)], grounds[id(start.source)])
    told = residual.residual(canvas, start.source.thumb, fit, bright or None)
    laid = (fit.correlation, fit.overlap, _part(start, fit), _shape(start, fit))
    return (*told, *laid, start.bits, start.flipped)


def _canvas(start: Start) -> Thumb:
    """What the canvas shows, no finer than the source does there."""
    canvas, source = start.canvas.inner.luma, start.source.thumb.luma
    wide, high = start.map[0, 0] * source.width, start.map[1, 1] * source.height
    factor = max(wide / canvas.width, high / canvas.height)
    return start.canvas.inner if factor > 0.95 else start.canvas.thumb.cut(factor)


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
