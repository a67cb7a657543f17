"""Pixels and those beside them: extremes, means, sharpness, a little blur; of one band or of several at once.

Rows are laid end to end, so that numpy runs through all of them at once. What that makes of the outermost columns
tells nothing; the outermost rows are left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def gathered(values: Floats, gather: np.ufunc) -> Floats:
    """Three by three pixels made one: their sum, the most or the least of them."""
    rows: Floats = gather(values[..., :-2, :], values[..., 2:, :])
    gather(rows, values[..., 1:-1, :], out=rows)
    found, flat = np.empty_like(rows), rows.reshape(-1)
    within = found.reshape(-1)[1:-1]
    gather(flat[:-2], flat[2:], out=within)
    gather(within, flat[1:-1], out=within)
    found[..., 0], found[..., -1] = rows[..., 0], rows[..., -1]
    return found


def trimmed(values: Floats) -> Floats:
    """Without the outermost columns."""
    return np.ascontiguousarray(values[..., 1:-1])


def finest(values: Floats) -> Floats:
    """Means of three by three pixels, in a picture two pixels smaller."""
    found = trimmed(gathered(np.ascontiguousarray(values), np.add))
    found *= np.float32(1 / 9)
    return found


def blocks(values: Floats, side: int) -> Floats:
    """Means over blocks that overlap by half; what is thinner than a block is taken to go on with nothing."""
    lacking = [max(0, side - size) for size in values.shape[-2:]]
    if any(lacking):
        values = np.pad(values, [(0, 0)] * (values.ndim - 2) + [(0, each) for each in lacking])
    half = side // 2
    high, wide = (size // half * half for size in values.shape[-2:])
    rows = values[..., 0:high:half, :wide].copy()
    for place in range(1, half):
        rows += values[..., place:high:half, :wide]
    small = rows[..., 0::half].copy()
    for place in range(1, half):
        small += rows[..., place::half]
    pairs = small[..., 1:, :] + small[..., :-1, :]
    return np.asarray((pairs[..., 1:] + pairs[..., :-1]) / np.float32(side * side))


def sharpness(values: Floats) -> float:
    """The finest differences over those four times as coarse."""
    some = values[::2]
    return float(_differing(some, 1) / (_differing(some, 4) + 0.5))


def _differing(values: Floats, apart: int) -> float:
    high, wide = values.shape
    differs = np.abs(values[:, apart:] - values[:, :-apart])
    return float(np.add.reduce(differs, axis=None) / (high * (wide - apart)))


def blurred(values: Floats, ratio: float) -> Floats:
    """Blurred with a variance that brings the finest differences down by about `ratio`."""
    variance = min(0.8 * (ratio - 1), 1.5)
    passes = 1 + int(variance / 0.5)
    side = np.float32(variance / passes / 2)
    for _ in range(passes):
        values = _shared(_shared(values, side).T, side).T
    return np.ascontiguousarray(values)


def _shared(values: Floats, side: np.float32) -> Floats:
    """Each pixel gives `side` of itself to the one above and to the one below."""
    values = np.ascontiguousarray(values)
    found = values * (1 - 2 * side)
    given = values * side
    found[1:] += given[:-1]
    found[:-1] += given[1:]
    found[0] += given[0]
    found[-1] += given[-1]
    return found


def steps(values: Floats) -> tuple[Floats, Floats]:
    """From each pixel to the next one in its row, and in its column; without the last row and column of each band."""
    across, flat = np.empty_like(values), values.reshape(-1)
    np.subtract(flat[1:], flat[:-1], out=across.reshape(-1)[:-1])
    across[..., -1] = 0
    return across[..., :-1, :], values[..., 1:, :] - values[..., :-1, :]
