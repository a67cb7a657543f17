"""Lays one thumbnail over another: an affine map found by Gauss-Newton, robust against what differs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]

LEVELS = ((40, 7, 0.006), (88, 4, 0.002))
"""Pixels of the longer side, steps at most, and the share of the picture by which a step still moves a corner."""

_STRANGE = (-1.0, -1.0, 0.15, 0.3, 0.4, 0.5)
"""Correlation below which a level is given up, after so many steps."""

_SLOW = 0.05
"""Of the correlation that is missing: a step that brings less is the last, for what differs is not how they lie."""

_CLOSE = 0.97
"""Correlation from which every step counts."""

_FARTHEST = (0.5, 0.3)
"""How much a step may turn or stretch, and how far it may shift, as shares; more is a leap into the dark."""

_EDGE = 0.004  # of the picture: what lies nearer to the edge is not compared
_TURNED = 0.02  # of the picture: less than half a pixel of a small one
_SLANTED, _STRAIGHT = 0.5, 0.02  # pixels at the edge
_GAP = 2.0  # times as large as needed is what is made smaller by whole pixels first

Six = tuple[float, float, float, float, float, float]
"""The two rows of a map that are not always the same."""


@dataclass(frozen=True, slots=True)
class Fit:
    """`map` takes points of the canvas to points of the source, both as shares of width and height."""

    map: Matrix
    correlation: float
    overlap: float


class Plane:
    """The brightness of a picture, with what is made of it again and again when it is laid over several others."""

    def __init__(self, luma: Image.Image) -> None:
        self.luma = luma

    @cached_property
    def coarse(self) -> Aim:
        """At the first of LEVELS, which every pair goes through."""
        return Aim(self.luma, LEVELS[0][0])


class Aim:
    """What a source is brought to lie over: one level of the canvas, its slopes, and what steps follow from them."""

    def __init__(self, luma: Image.Image, longest: int) -> None:
        factor = min(1.0, longest / max(luma.size))
        self.size = (max(8, round(luma.width * factor)), max(8, round(luma.height * factor)))
        aim = np.array(_smaller(luma, self.size), dtype=np.float32)
        self.values = aim - _mean(aim)
        self.energy = float(np.vdot(self.values, self.values))
        self.slopes = _slopes(aim)
        self.back = _solved(self.slopes)


@lru_cache(maxsize=32)
def _fine(plane: Plane) -> Aim:
    """The last ones only: one takes 150 KB, and pairs of the same picture follow each other."""
    return Aim(plane.luma, LEVELS[1][0])


@lru_cache(maxsize=128)
def _scaled(plane: Plane, size: tuple[int, int]) -> Image.Image:
    return _smaller(plane.luma, size)


def _smaller(luma: Image.Image, size: tuple[int, int]) -> Image.Image:
    return luma.resize(size, Image.Resampling.BILINEAR, reducing_gap=_GAP)


def aligned(canvas: Plane, source: Plane, start: Matrix, least: float) -> Fit:
    """From `start` on. Ends after the coarse level if the correlation is below `least` there."""
    fit = _level(canvas.coarse, source, start, LEVELS[0])
    return fit if fit.correlation < least else _level(_fine(canvas), source, fit.map, LEVELS[1])


def warped(source: Image.Image, size: tuple[int, int], matrix: Matrix) -> Image.Image:
    """The source as the canvas of `size` sees it; what lies outside it is black."""
    return _warped(source, size, _six(matrix))


def _six(matrix: Matrix) -> Six:
    (a, b, c), (d, e, f), _ = matrix.tolist()
    return a, b, c, d, e, f


def _warped(source: Image.Image, size: tuple[int, int], six: Six) -> Image.Image:
    a, b, c, d, e, f = six
    across, down = source.size
    wide, high = size
    x = a * across / wide, b * across / high, c * across
    y = d * down / wide, e * down / high, f * down
    return source.transform(size, Image.Transform.AFFINE, (*x, *y), Image.Resampling.BILINEAR)


def laid(source: Image.Image, size: tuple[int, int], matrix: Matrix) -> Floats:
    """The same in floating point, beyond the edge what lies at the edge: rows, then columns, then what is slanted.

    What is slanted by more than half a pixel is left to the general way, which takes four times as long.
    """
    a, b, c, d, e, f = _six(matrix)
    (wide, high), (across, down) = size, source.size
    slanted = b / max(a, 0.01) * wide / 2, d / max(e, 0.01) * high / 2
    if max(abs(slanted[0]), abs(slanted[1])) > _SLANTED:
        return np.array(warped(source, size, matrix), dtype=np.float32)
    rows = _middles(high) * (e * down) + ((f + d / 2) * down - 0.5)
    columns = _middles(wide) * (a * across) + ((c + b / 2) * across - 0.5)
    values = _between(_between(np.array(source, dtype=np.float32), rows, 0), columns, 1)
    if max(abs(slanted[0]), abs(slanted[1])) > _STRAIGHT:
        _slant(values, slanted)
    return values


def _between(values: Floats, places: Floats, axis: int) -> Floats:
    """Rows or columns at places between them."""
    last = values.shape[axis] - 1
    places = np.clip(places, 0, last)
    before = np.minimum(places.astype(np.intp), last - 1)
    share = places - before.astype(np.float32)
    found: Floats = values.take(before, axis=axis)
    after = values.take(before + 1, axis=axis)
    after -= found
    after *= share if axis else share[:, None]
    found += after
    return found


def _slant(values: Floats, by: tuple[float, float]) -> None:
    """Moves the lowest row by so many pixels to the left and the uppermost to the right, and columns likewise."""
    high, wide = values.shape
    across, flat = np.zeros_like(values), values.reshape(-1)
    np.subtract(flat[2:], flat[:-2], out=across.reshape(-1)[1:-1])
    across[:, 0] = across[:, -1] = 0
    across *= (_middles(high)[:, None] - np.float32(0.5)) * np.float32(by[0])
    down = values[2:] - values[:-2]
    down *= (_middles(wide) - np.float32(0.5)) * np.float32(by[1])
    values += across
    values[1:-1] += down


def everywhere(matrix: Matrix, canvas: tuple[int, int]) -> bool:
    """Whether the source reaches every pixel of the canvas: it does if it reaches the corners."""
    return _everywhere(_six(matrix), canvas)


def _everywhere(six: Six, canvas: tuple[int, int]) -> bool:
    a, b, c, d, e, f = six
    x, y = 0.5 - 0.5 / canvas[0], 0.5 - 0.5 / canvas[1]
    return (
        abs((a + b) / 2 + c - 0.5) + abs(a) * x + abs(b) * y < 0.5 - _EDGE
        and abs((d + e) / 2 + f - 0.5) + abs(d) * x + abs(e) * y < 0.5 - _EDGE
    )


def covered(matrix: Matrix, canvas: tuple[int, int]) -> NDArray[np.bool_]:
    """Which pixels of the canvas the source reaches; by rows and columns alone where hardly anything is turned."""
    return _covered(_six(matrix), canvas)


def _covered(six: Six, canvas: tuple[int, int]) -> NDArray[np.bool_]:
    a, b, c, d, e, f = six
    x, y = _middles(canvas[0])[None], _middles(canvas[1])[:, None]
    if abs(b) + abs(d) <= _TURNED:
        return np.asarray(_reached(e * y + (f + d / 2)) & _reached(a * x + (c + b / 2)))
    return np.asarray(_reached((a * x + c) + b * y) & _reached((d * x + f) + e * y))


@lru_cache(maxsize=256)
def _middles(count: int) -> Floats:
    return (np.arange(count, dtype=np.float32) + np.float32(0.5)) / np.float32(count)


def _reached(places: Floats) -> NDArray[np.bool_]:
    return np.asarray((places > _EDGE) & (places < 1 - _EDGE))


def scale(matrix: Matrix, canvas: tuple[int, int], source: tuple[int, int]) -> tuple[int, int]:
    """The size at which the source is as fine as the canvas, so that a warp neither blurs nor skips."""
    wide = round(canvas[0] / max(abs(float(matrix[0, 0])), 0.05))
    high = round(canvas[1] / max(abs(float(matrix[1, 1])), 0.05))
    return min(max(wide, 8), source[0]), min(max(high, 8), source[1])


def _level(aim: Aim, source: Plane, start: Matrix, level: tuple[int, int, float]) -> Fit:
    small = _scaled(source, scale(start, aim.size, source.luma.size))
    six = _six(start)
    best = six, -1.0, 0.0
    for number in range(level[1] + 1):
        inside = None if _everywhere(six, aim.size) else _covered(six, aim.size)
        overlap = 1.0 if inside is None else float(np.count_nonzero(inside)) / inside.size
        if overlap < 0.3:
            break
        seen = np.array(_warped(small, aim.size, six), dtype=np.float32)
        pull, correlation = _compared(aim, seen, inside)
        gained = correlation - best[1]
        if gained > 0:
            best = six, correlation, overlap
        if number == level[1] or best[1] < _STRANGE[min(number, len(_STRANGE) - 1)]:
            break
        if correlation < _CLOSE and gained < _SLOW * (1 - correlation):
            break
        found = _moved(six, (aim.back @ pull).tolist())
        if found is None:
            break
        six, far = found
        if far < level[2]:
            break
    a, b, c, d, e, f = best[0]
    return Fit(np.array([[a, b, c], [d, e, f], [0, 0, 1]]), best[1], best[2])


def _compared(
    aim: Aim, seen: Floats, there: NDArray[np.bool_] | None
) -> tuple[NDArray[np.float64], float]:
    """How what differs, once brightness and contrast agree, pulls at the parameters; and the correlation.

    Each pixel pulls as far as it is trusted.
    """
    one, own, count = aim.values, aim.energy, seen.size
    if there is None:
        seen -= _mean(seen)
    else:
        inside, count = there.astype(np.float32), int(np.count_nonzero(there))
        one, seen = (
            (each - np.float32(np.vdot(each, inside) / count)) * inside for each in (one, seen)
        )
        own = float(np.vdot(one, one))
    energy, product = float(np.vdot(seen, seen)), float(np.vdot(one, seen))
    correlation = product / (math.sqrt(own * energy) + 1e-3)
    seen *= np.float32(max(product / (energy + 1e-3), 0.05))
    seen -= one
    trust = np.abs(seen)
    limit = np.float32(2.5 * float(np.add.reduce(trust, axis=None)) / count + 1.0)
    np.maximum(trust, limit, out=trust)
    np.divide(limit, trust, out=trust)
    seen *= trust
    trusted = float(np.add.reduce(trust, axis=None)) - (seen.size - count)
    pull = (aim.slopes @ seen.ravel()).astype(np.float64)
    return pull / max(trusted / seen.size, 0.01), correlation


def _mean(values: Floats) -> np.float32:
    return np.float32(np.add.reduce(values, axis=None) / values.size)


def _slopes(aim: Floats) -> Floats:
    """How the canvas changes when its six parameters do: (6, pixels)."""
    high, wide = aim.shape
    x = (_middles(wide) - np.float32(0.5))[None, :]
    y = (_middles(high) - np.float32(0.5))[:, None]
    found = np.empty((6, high, wide), dtype=np.float32)
    for to, line, size, first in ((found[2], aim, wide, 0), (found[5].T, aim.T, high, 3)):
        np.subtract(line[:, 2:], line[:, :-2], out=to[:, 1:-1])
        to[:, 1:-1] *= np.float32(0.5)
        np.subtract(line[:, 1], line[:, 0], out=to[:, 0])
        np.subtract(line[:, -1], line[:, -2], out=to[:, -1])
        to *= np.float32(size)
        np.multiply(found[first + 2], x, out=found[first])
        np.multiply(found[first + 2], y, out=found[first + 1])
    return found.reshape(6, high * wide)


def _solved(slopes: Floats) -> Matrix:
    """From what pulls at the parameters to their step, a little damped."""
    curve = (slopes @ slopes.T).astype(np.float64)
    own = curve.diagonal()
    return np.asarray(np.linalg.inv(curve + np.diag(1e-3 * own + (1e-3 * own.sum() / 6 + 1e-6))))


def _moved(six: Six, step: list[float]) -> tuple[Six, float] | None:
    """The map after a step, and by how much of the picture that moves it; None for a step that is too far.

    A step is an affine map about the centre of the canvas that the canvas would have to go; the map goes back by it.
    """
    a, b, c, d, e, f = step
    if max(abs(a), abs(b), abs(d), abs(e)) > _FARTHEST[0] or max(abs(c), abs(f)) > _FARTHEST[1]:
        return None
    size = (1 + a) * (1 + e) - b * d
    p, q, r, s = (1 + e) / size, -b / size, -d / size, (1 + a) / size
    u, v = 0.5 - p * (c + 0.5) - q * (f + 0.5), 0.5 - r * (c + 0.5) - s * (f + 0.5)
    far = max(abs(p - 1), abs(q), abs(u), abs(r), abs(s - 1), abs(v))
    a, b, c, d, e, f = six
    first = a * p + b * r, a * q + b * s, a * u + b * v + c
    return (*first, d * p + e * r, d * q + e * s, d * u + e * v + f), far
