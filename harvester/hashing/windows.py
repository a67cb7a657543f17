"""Hashes of the parts of a picture, so that a crop is found by what is left of it."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from harvester.sketch import SIDE, packed

Bits = NDArray[np.uint64]
Greys = NDArray[np.uint8]

_LOW = 8  # frequencies a side, as pHash takes them
SPANS = (
    (0.0, 1.0),
    *tuple(
        (start, start + kept)
        for kept, steps in ((0.94, 2), (0.88, 3), (0.8, 4), (0.71, 5))
        for start in (step * (1 - kept) / (steps - 1) for step in range(steps))
    ),
)
"""Parts of a side, from where to where; a window is one of the width and one of the height."""

SHAPES = tuple(
    (across, down)
    for across in range(len(SPANS))
    for down in range(len(SPANS))
    if abs((SPANS[across][1] - SPANS[across][0]) - (SPANS[down][1] - SPANS[down][0])) < 0.13
    or 0 in (across, down)
)
"""The windows as places in SPANS, the whole first: both sides cut about alike, or one side only."""


def window_hashes(greys: Greys) -> Bits:
    """The hash of every window of each sketch: from (pictures, 32, 32) to (pictures, windows)."""
    low = _spectra()
    parts = low @ greys.astype(np.float32) @ low.T
    count = len(SPANS)
    blocks = parts.reshape(len(greys), count, _LOW, count, _LOW).transpose(0, 3, 1, 2, 4)
    across, down = (np.array(side) for side in zip(*SHAPES, strict=True))
    return packed(blocks[:, across, down])


@cache
def _spectra() -> NDArray[np.float32]:
    """The lowest frequencies of every span of a side, one below the other: (spans × 8, 32)."""
    rows = []
    frequency = np.arange(_LOW)[:, None]
    for start, end in SPANS:
        place = np.linspace(start * SIDE, end * SIDE, SIDE + 1)
        middle = (np.arange(SIDE) + 0.5) / SIDE
        cosines = 2 * np.cos(np.pi * frequency * middle)
        rows.append(cosines @ _shares(place))
    return np.concatenate(rows).astype(np.float32)


def _shares(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """How a span cut into as many parts is read off the pixels: the part of each pixel that lies in each part."""
    low, high = edges[:-1, None], edges[1:, None]
    pixel = np.arange(SIDE)[None, :]
    covered = np.clip(np.minimum(high, pixel + 1) - np.maximum(low, pixel), 0, None)
    return np.asarray(covered / (high - low))
