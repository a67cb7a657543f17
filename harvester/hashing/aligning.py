"""Lays one thumbnail over another: an affine map found by Gauss-Newton, robust against what differs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]

LEVELS = ((40, 7, 0.006), (88, 4, 0.002))
"""Pixels of the longer side, steps at most, and the share of the picture by which a step still moves a corner."""

_STRANGE = (-1.0, -1.0, 0.15, 0.3, 0.4, 0.5)
"""Correlation below which a level is given up, after so many steps."""

_FARTHEST = (0.5, 0.3)
"""How much a step may turn or stretch, and how far it may shift, as shares; more is a leap into the dark."""

_EDGE = 0.004  # of the picture: what lies nearer to the edge is not compared
_TURNED = 0.02  # of the picture: less than half a pixel of a small one


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
        self._scaled: dict[tuple[int, int], Image.Image] = {}

    @cached_property
    def coarse(self) -> Aim:
        """At the first of LEVELS, which every pair goes through."""
        return Aim(self.luma, LEVELS[0][0])

    def at(self, size: tuple[int, int]) -> Image.Image:
        """In floating point at a smaller size."""
        found = self._scaled.get(size)
        if found is None:
            found = self.luma.resize(size, Image.Resampling.BILINEAR).convert("F")
            self._scaled[size] = found
        return found


class Aim:
    """What a source is brought to lie over: one level of the canvas, its slopes, and what steps follow from them."""

    def __init__(self, luma: Image.Image, longest: int) -> None:
        factor = min(1.0, longest / max(luma.size))
        self.size = (max(8, round(luma.width * factor)), max(8, round(luma.height * factor)))
        aim = np.asarray(luma.resize(self.size, Image.Resampling.BILINEAR), dtype=np.float32)
        self.values = aim - np.float32(aim.mean())
        self.energy = float(np.vdot(self.values, self.values))
        self.slopes = _slopes(aim)
        self.back = _solved(self.slopes)


def aligned(canvas: Plane, source: Plane, start: Matrix, least: float) -> Fit:
    """From `start` on. Ends after the coarse level if the correlation is below `least` there."""
    fit = Fit(start, -1.0, 0.0)
    for longest, steps, still in LEVELS:
        aim = canvas.coarse if longest == LEVELS[0][0] else Aim(canvas.luma, longest)
        fit = _level(aim, source, fit.map, steps, still)
        if fit.correlation < least:
            break
    return fit


def warped(source: Image.Image, size: tuple[int, int], matrix: Matrix) -> Image.Image:
    """The source as the canvas of `size` sees it; what lies outside it is black."""
    (a, b, c), (d, e, f), _ = matrix.tolist()
    across, down = source.size
    wide, high = size
    x = a * across / wide, b * across / high, c * across
    y = d * down / wide, e * down / high, f * down
    return source.transform(size, Image.Transform.AFFINE, (*x, *y), Image.Resampling.BILINEAR)


def everywhere(matrix: Matrix, canvas: tuple[int, int]) -> bool:
    """Whether the source reaches every pixel of the canvas: it does if it reaches the corners."""
    (a, b, c), (d, e, f), _ = matrix.tolist()
    x, y = 0.5 / canvas[0], 0.5 / canvas[1]
    for left, top in ((x, y), (1 - x, y), (x, 1 - y), (1 - x, 1 - y)):
        across, down = a * left + b * top + c, d * left + e * top + f
        if min(across, down) <= _EDGE or max(across, down) >= 1 - _EDGE:
            return False
    return True


def covered(matrix: Matrix, canvas: tuple[int, int]) -> NDArray[np.bool_]:
    """Which pixels of the canvas the source reaches; by rows and columns alone where hardly anything is turned."""
    (a, b, c), (d, e, f), _ = matrix.tolist()
    x, y = _middles(canvas[0]), _middles(canvas[1])
    if abs(b) + abs(d) <= _TURNED:
        return np.asarray(_reached(e * y + f + d / 2)[:, None] & _reached(a * x + c + b / 2)[None])
    across = (a * x + c)[None] + (b * y)[:, None]
    down = (d * x + f)[None] + (e * y)[:, None]
    return np.asarray(_reached(across) & _reached(down))


def _middles(count: int) -> Floats:
    return (np.arange(count, dtype=np.float32) + np.float32(0.5)) / np.float32(count)


def _reached(places: Floats) -> NDArray[np.bool_]:
    return np.asarray((places > _EDGE) & (places < 1 - _EDGE))


def scale(matrix: Matrix, canvas: tuple[int, int], source: tuple[int, int]) -> tuple[int, int]:
    """The size at which the source is as fine as the canvas, so that a warp neither blurs nor skips."""
    wide = round(canvas[0] / max(abs(float(matrix[0, 0])), 0.05))
    high = round(canvas[1] / max(abs(float(matrix[1, 1])), 0.05))
    return min(max(wide, 8), source[0]), min(max(high, 8), source[1])


def _level(aim: Aim, source: Plane, matrix: Matrix, steps: int, still: float) -> Fit:
    small = source.at(scale(matrix, aim.size, source.luma.size))
    best = Fit(matrix, -1.0, 0.0)
    for number in range(steps + 1):
        there = None if everywhere(matrix, aim.size) else covered(matrix, aim.size)
        overlap = 1.0 if there is None else float(np.count_nonzero(there)) / there.size
        if overlap < 0.3:
            break
        seen = np.asarray(warped(small, aim.size, matrix))
        pull, correlation = _compared(aim, seen, there)
        if correlation > best.correlation:
            best = Fit(matrix, correlation, overlap)
        if number == steps or best.correlation < _STRANGE[min(number, len(_STRANGE) - 1)]:
            break
        found = _moved(matrix, (aim.back @ (aim.slopes @ pull.ravel()).astype(np.float64)).tolist())
        if found is None:
            break
        matrix, far = found
        if far < still:
            break
    return best


def _compared(aim: Aim, seen: Floats, there: NDArray[np.bool_] | None) -> tuple[Floats, float]:
    """What differs once brightness and contrast agree, each pixel as far as it is trusted; and the correlation."""
    one, own, count = aim.values, aim.energy, seen.size
    other = seen - np.float32(seen.mean())
    if there is not None:
        count, inside = int(np.count_nonzero(there)), there.astype(np.float32)
        one, other = (
            (each - np.float32(np.vdot(each, inside) / count)) * inside for each in (one, other)
        )
        own = float(np.vdot(one, one))
    energy, product = float(np.vdot(other, other)), float(np.vdot(one, other))
    correlation = product / (math.sqrt(own * energy) + 1e-3)
    other *= np.float32(max(product / (energy + 1e-3), 0.05))
    other -= one
    trust = np.abs(other)
    limit = np.float32(2.5 * float(trust.sum()) / count + 1.0)
    np.maximum(trust, limit, out=trust)
    np.divide(limit, trust, out=trust)
    other *= trust
    trusted = float(trust.sum()) - (seen.size - count)
    other /= np.float32(max(trusted / seen.size, 0.01))
    return other, correlation


def _slopes(aim: Floats) -> Floats:
    """How the canvas changes when its six parameters do: (6, pixels)."""
    high, wide = aim.shape
    down, across = np.gradient(aim)
    x = (_middles(wide) - np.float32(0.5))[None, :]
    y = (_middles(high) - np.float32(0.5))[:, None]
    across, down = across * wide, down * high
    rows = (across * x, across * y, across, down * x, down * y, down)
    return np.stack([row.ravel() for row in rows]).astype(np.float32)


def _solved(slopes: Floats) -> Matrix:
    """From what pulls at the parameters to their step, a little damped."""
    curve = (slopes @ slopes.T).astype(np.float64)
    least = 1e-3 * np.trace(curve) / 6 + 1e-6
    return np.asarray(
        np.linalg.inv(curve + np.diag(1e-3 * np.diag(curve) + least)), dtype=np.float64
    )


def _moved(matrix: Matrix, step: list[float]) -> tuple[Matrix, float] | None:
    """The map after a step, and by how much of the picture that moves it; None for a step that is too far.

    A step is an affine map about the centre of the canvas that the canvas would have to go; the map goes back by it.
    """
    a, b, c, d, e, f = step
    if max(abs(a), abs(b), abs(d), abs(e)) > _FARTHEST[0] or max(abs(c), abs(f)) > _FARTHEST[1]:
        return None
    size = (1 + a) * (1 + e) - b * d
    p, q, r, s = (1 + e) / size, -b / size, -d / size, (1 + a) / size
    u, v = 0.5 - p * (c + 0.5) - q * (f + 0.5), 0.5 - r * (c + 0.5) - s * (f + 0.5)
    move = np.array([[p, q, u], [r, s, v], [0, 0, 1]])
    far = max(abs(p - 1), abs(q), abs(u), abs(r), abs(s - 1), abs(v))
    return np.asarray(matrix @ move), far
