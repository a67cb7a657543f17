"""The parts of a picture in which most happens: only there can be told whether it is sharp, enlarged or compressed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 64
_MOST = 96  # tiles: 0.4 megapixels, whatever the size of the picture
_SHARE = 0.4  # of the tiles there are
_PART = SIDE // 4

Tiles = NDArray[np.float32]
"""(tile, row, column), grey levels 0 to 255; each tile begins at a multiple of 64 pixels."""


def busiest(grey: Image.Image) -> Tiles:
    """The tiles with the most contrast, most first. A soft background or flat colours are not among them."""
    rows, columns = grey.height // SIDE, grey.width // SIDE
    if not rows or not columns:
        return np.empty((0, SIDE, SIDE), np.float32)
    energy = _energy(grey, rows, columns)
    count = min(_MOST, max(4, int(energy.size * _SHARE)))
    order = np.argsort(-energy.ravel(), kind="stable")[:count]
    whole = np.asarray(grey)
    places = zip(*np.unravel_index(order, energy.shape), strict=True)
    return np.stack(
        [whole[y * SIDE : (y + 1) * SIDE, x * SIDE : (x + 1) * SIDE] for y, x in places]
    ).astype(np.float32)


def _energy(grey: Image.Image, rows: int, columns: int) -> NDArray[np.float32]:
    """The contrast of every tile, from a quarter of the picture's size."""
    reduced = np.asarray(grey.reduce(4), np.float32)[: rows * _PART, : columns * _PART]
    squared = np.zeros_like(reduced)
    squared[:, :-1] += np.diff(reduced, axis=1) ** 2
    squared[:-1] += np.diff(reduced, axis=0) ** 2
    summed: NDArray[np.float32] = squared.reshape(rows, _PART, columns, _PART).sum((1, 3))
    return summed
