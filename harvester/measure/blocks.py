"""How hard a picture was compressed as JPEG: by the tables of its file, or by the traces in its pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from harvester.measure.tiles import Tiles

Blocks = NDArray[np.float32]

_LUMINANCE = (
    *(16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99),
)
"""The table that the JPEG standard gives as an example and nearly all programs scale by their quality."""

_PLAIN = 4.0  # grey levels of deviation: a block with less has nothing that compression could take
_FEW = 20  # blocks that are needed to say anything
_FAINT = (6.0, 30.0)
"""Sizes of coefficients: those below are noise, those above outlast any compression."""
_LITTLE = 0.01  # so that no detail at all is no loss
_ORDERS = (2, 9)
"""Of the coefficients that are looked at: neither the gradient of a block nor its last noise."""


def quality(tables: Mapping[int, Sequence[int]]) -> int | None:
    """The quality of 1 to 100 at which libjpeg's table is as coarse as this file's; None without a table."""
    if not tables:
        return None
    coarse = sum(tables[min(tables)])
    return min(range(1, 101), key=lambda number: (abs(_coarse()[number - 1] - coarse), number))


@cache
def _coarse() -> tuple[int, ...]:
    scales = (5000 // number if number < 50 else 200 - 2 * number for number in range(1, 101))
    return tuple(
        sum(min(max((value * scale + 50) // 100, 1), 255) for value in _LUMINANCE)
        for scale in scales
    )


def blockiness(tiles: Tiles) -> float | None:
    """The share of the faint detail in blocks between JPEG's that is gone in JPEG's own: about 0.2 at a quality of
    80, 0.5 at 60, 0.9 at 20.

    What a picture lacks by itself it lacks on both grids, so neither flat colours nor blur count. None where
    nothing could be lacking.
    """
    if len(tiles) == 0:
        return None
    on = _faint(tiles.reshape(-1, 8, 8, 8, 8))
    between = _faint(tiles[:, 4:-4, 4:-4].reshape(-1, 7, 8, 7, 8))
    return None if on is None or between is None else 1 - on / (between + _LITTLE)


def _faint(parts: NDArray[np.float32]) -> float | None:
    blocks: Blocks = parts.swapaxes(2, 3).reshape(-1, 8, 8)
    blocks = blocks[blocks.std((1, 2)) > _PLAIN]
    if len(blocks) < _FEW:
        return None
    turned = _cosines()
    sizes = np.abs(turned @ blocks @ turned.T)[:, _middle()]
    return float(((sizes >= _FAINT[0]) & (sizes < _FAINT[1])).mean())


@cache
def _cosines() -> Blocks:
    """The discrete cosine transform of eight values, as JPEG has it."""
    order = np.arange(8)
    turned = np.sqrt(2 / 8) * np.cos(np.pi * (2 * order[None] + 1) * order[:, None] / 16)
    turned[0] /= np.sqrt(2)
    cosines: Blocks = turned.astype(np.float32)
    return cosines


@cache
def _middle() -> NDArray[np.bool_]:
    order = np.arange(8)[:, None] + np.arange(8)[None]
    return (order >= _ORDERS[0]) & (order <= _ORDERS[1])
