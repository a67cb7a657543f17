"""How wide edges are, and whether they keep to a coarser grid: blurred and enlarged pictures give themselves away."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harvester.measure.tiles import SIDE, Tiles

_FLOOR = 0.5 * SIDE * SIDE  # so that the noise of a nearly flat tile is no edge
_CRISPEST = 95  # percentile of the tiles: a few may carry a sharp signature on a blurred picture
_CONTRAST = 4.0  # grey levels of deviation: where no tile has more, nothing could be sharp
_STEPS = 12  # steps that a strip needs to say anything
_STRIP = 16  # columns


def width(tiles: Tiles) -> float | None:
    """How many pixels the crispest edges take from one level to the other; None where there are none.

    A ramp of n equal steps has squared second differences of 2/n of its squared first ones. Rows and columns are
    asked apart and the worse is told, since motion blurs along one direction only.
    """
    if len(tiles) == 0 or tiles.std((1, 2)).max() < _CONTRAST:
        return None
    return 2 / max(min(_ratio(tiles, 1), _ratio(tiles, 2)), 0.02)


def _ratio(tiles: Tiles, axis: int) -> float:
    first = np.diff(tiles, axis=axis)
    slopes = np.square(first).sum((1, 2))
    bends = np.square(np.diff(first, axis=axis)).sum((1, 2))
    return float(np.percentile(bends / (slopes + _FLOOR), _CRISPEST))


def repeats(tiles: Tiles) -> float | None:
    """How much the steps between neighbours keep to a part of the columns, and of the rows: 0.5 evenly spread, 1 all.

    Where every pixel is repeated, at least every second column is the same as the one before it.
    """
    told = [_kept(tiles), _kept(tiles.swapaxes(1, 2))] if len(tiles) else []
    known = [share for share in told if share is not None]
    return min(known) if len(known) == 2 else None


def _kept(tiles: Tiles) -> float | None:
    steps: NDArray[np.float32] = np.abs(np.diff(tiles, axis=2))
    least = np.maximum(2, steps.max((1, 2), keepdims=True) / 12)
    counts = (steps > least).sum(1)[:, : SIDE - _STRIP].reshape(-1, _STRIP)
    counts = counts[counts.sum(1) >= _STEPS]
    if len(counts) < 3:
        return None
    weights = np.sort(np.log1p(counts), axis=1)  # so that one long straight edge is not everything
    return float(weights[:, _STRIP // 2 :].sum() / weights.sum())
