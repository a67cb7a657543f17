"""Lays one thumbnail over another: an affine map found by Gauss-Newton, robust against what differs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]

LEVELS = ((40, 8), (88, 4))
"""Pixels of the longer side, and steps at most, coarse before fine."""

_STILL = 0.002  # of the picture; a step that moves its corners less ends a level
_PATIENCE, _STRANGE = 3, 0.3  # after so many steps what correlates less is given up
_TURNED = 0.02  # of the picture: less than half a pixel of a small one

_SAME = np.eye(3)
_CENTRE = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
_BACK = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])


@dataclass(frozen=True, slots=True)
class Fit:
    """`map` takes points of the canvas to points of the source, both as shares of width and height."""

    map: Matrix
    correlation: float
    overlap: float


def aligned(canvas: Image.Image, source: Image.Image, start: Matrix, least: float) -> Fit:
    """Both grey; from `start` on. Ends after the coarse level if the correlation is below `least` there."""
    fit = Fit(start, -1.0, 0.0)
    for longest, steps in LEVELS:
        fit = _level(canvas, source, fit.map, longest, steps)
        if fit.correlation < least:
            break
    return fit


def warped(source: Image.Image, size: tuple[int, int], matrix: Matrix) -> Image.Image:
    """The source as the canvas of `size` sees it; what lies outside it is black."""
    grid = pixels(matrix, size, source.size)
    data = tuple(float(value) for value in grid[:2].ravel())
    return source.transform(size, Image.Transform.AFFINE, data, Image.Resampling.BILINEAR)


def pixels(matrix: Matrix, canvas: tuple[int, int], source: tuple[int, int]) -> Matrix:
    """A map of shares as a map of pixels."""
    return np.diag([*source, 1.0]) @ matrix @ np.diag([1 / canvas[0], 1 / canvas[1], 1.0])


def covered(matrix: Matrix, canvas: tuple[int, int]) -> NDArray[np.bool_]:
    """Which pixels of the canvas the source reaches."""
    x = ((np.arange(canvas[0]) + 0.5) / canvas[0]).astype(np.float32)
    y = ((np.arange(canvas[1]) + 0.5) / canvas[1]).astype(np.float32)[:, None]
    (a, b, c), (d, e, f) = matrix[:2].astype(np.float32)
    across, down = (a * x + c) + b * y, (d * x + f) + e * y
    there: NDArray[np.bool_] = np.minimum(across, down) > 0.004
    there &= np.maximum(across, down) < 0.996
    return there


def scaled(source: Image.Image, matrix: Matrix, canvas: tuple[int, int]) -> Image.Image:
    """The source at the scale of the canvas, so that a warp neither blurs nor skips."""
    wide = round(canvas[0] / max(abs(matrix[0, 0]), 0.05))
    high = round(canvas[1] / max(abs(matrix[1, 1]), 0.05))
    size = (min(max(wide, 8), source.width), min(max(high, 8), source.height))
    return source if size == source.size else source.resize(size, Image.Resampling.BILINEAR)


def _level(
    canvas: Image.Image, source: Image.Image, matrix: Matrix, longest: int, steps: int
) -> Fit:
    factor = min(1.0, longest / max(canvas.size))
    size = (max(8, round(canvas.width * factor)), max(8, round(canvas.height * factor)))
    aim = np.asarray(canvas.resize(size, Image.Resampling.BILINEAR), dtype=np.float32)
    small = scaled(source, matrix, size).convert("F")
    slopes = _slopes(aim)
    back = _solved(slopes)
    best = Fit(matrix, -1.0, 0.0)
    for number in range(steps + 1):
        there = _roughly_covered(matrix, size)
        overlap = float(there.mean())
        if overlap < 0.3:
            break
        error, weights, correlation = _compared(aim, np.asarray(warped(small, size, matrix)), there)
        if correlation > best.correlation:
            best = Fit(matrix, correlation, overlap)
        if number >= _PATIENCE and best.correlation < _STRANGE:
            break
        pull = slopes @ (error * weights).ravel()
        move = _step(back @ pull.astype(np.float64) / max(float(weights.mean()), 0.01))
        if move is None:
            break
        matrix = matrix @ move
        if np.abs(move[:2] - _SAME[:2]).max() < _STILL:
            break
    return best


def _roughly_covered(matrix: Matrix, size: tuple[int, int]) -> NDArray[np.bool_]:
    """As `covered`, by rows and columns alone where hardly anything is turned."""
    (a, b, c), (d, e, f) = matrix[:2]
    if abs(b) + abs(d) > _TURNED:
        return covered(matrix, size)
    x = a * ((np.arange(size[0]) + 0.5) / size[0]) + c + b / 2
    y = e * ((np.arange(size[1]) + 0.5) / size[1]) + f + d / 2
    across, down = (x > 0.004) & (x < 0.996), (y > 0.004) & (y < 0.996)
    return np.asarray(down[:, None] & across[None])


def _compared(aim: Floats, seen: Floats, there: NDArray[np.bool_]) -> tuple[Floats, Floats, float]:
    """What differs once brightness and contrast agree, how far each pixel is trusted, and the correlation."""
    inside = there.astype(np.float32)
    count = inside.sum()
    one, other = ((each - np.vdot(each, inside) / count) * inside for each in (aim, seen))
    norms = float(np.vdot(one, one)), float(np.vdot(other, other))
    product = float(np.vdot(one, other))
    correlation = product / (np.sqrt(norms[0] * norms[1]) + 1e-3)
    gain = max(product / (norms[1] + 1e-3), 0.05)
    error = gain * other - one
    size = np.abs(error)
    limit = 2.5 * float(size.sum() / count) + 1.0
    weights = np.where(size < limit, inside, inside * limit / np.maximum(size, 1e-3))
    return error, weights.astype(np.float32), float(correlation)


def _slopes(aim: Floats) -> Floats:
    """How the canvas changes when its six parameters do: (6, pixels)."""
    high, wide = aim.shape
    down, across = np.gradient(aim)
    x = ((np.arange(wide, dtype=np.float32) + 0.5) / wide - 0.5)[None, :]
    y = ((np.arange(high, dtype=np.float32) + 0.5) / high - 0.5)[:, None]
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


def _step(found: Matrix) -> Matrix | None:
    a, b, c, d, e, f = found.tolist()
    if max(abs(a), abs(b), abs(d), abs(e)) > 0.5 or max(abs(c), abs(f)) > 0.3:
        return None
    delta = np.array([[1 + a, b, c], [d, 1 + e, f], [0, 0, 1]])
    return np.asarray(_CENTRE @ np.linalg.inv(delta) @ _BACK)
