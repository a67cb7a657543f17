"""Which pictures may be copies of each other: near hashes of the whole, of the mirror image, and of parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from harvester.hashing.windows import window_hashes
from harvester.sketch import SIDE, Sketch

NEAR = 14
"""Bits of 64 within which two whole pictures may be copies: of the whole, inside borders, mirrored, on white."""

PART = 10
"""Bits within which one picture may be a part of another."""

MIRRORED_PART = 8
"""The same for a part of its mirror image, of which there are as many more."""

_ROWS = 256  # pictures compared with all others at once

Bits = NDArray[np.uint64]


def pairs(sketches: Sequence[Sketch]) -> list[tuple[int, int]]:
    """Places of every two pictures that are worth being compared, the lower place first, in order."""
    if len(sketches) < 2:
        return []
    wholes = _wholes(sketches)
    parts, mirrored = _parts(sketches)
    found = np.zeros((len(sketches), len(sketches)), dtype=bool)
    for start in range(0, len(sketches), _ROWS):
        rows = slice(start, start + _ROWS)
        for left, right in (
            ("phash", "phash"),
            ("inner", "inner"),
            ("bare", "bare"),
            ("mirrored", "inner"),
        ):
            found[rows] |= _near(wholes[left][rows], wholes[right], NEAR)
        for hashes, radius in ((parts, PART), (mirrored, MIRRORED_PART)):
            for window in range(hashes.shape[1]):
                found[rows] |= _near(hashes[rows, window], parts[:, 0], radius)
    both = np.triu(found | found.T, 1)
    return [(int(left), int(right)) for left, right in zip(*np.nonzero(both), strict=True)]


def _near(rows: Bits, columns: Bits, radius: int) -> NDArray[np.bool_]:
    near: NDArray[np.bool_] = np.bitwise_count(rows[:, None] ^ columns[None]) <= radius
    return near


def _wholes(sketches: Sequence[Sketch]) -> Mapping[str, Bits]:
    names = ("phash", "inner", "mirrored", "bare")
    return {name: np.array([getattr(each, name) for each in sketches], np.uint64) for name in names}


def _parts(sketches: Sequence[Sketch]) -> tuple[Bits, Bits]:
    greys = np.frombuffer(b"".join(each.greys for each in sketches), np.uint8)
    greys = greys.reshape(-1, SIDE, SIDE)
    told = []
    for turned in (greys, greys[:, :, ::-1]):
        blocks = [window_hashes(turned[at : at + _ROWS]) for at in range(0, len(greys), _ROWS)]
        told.append(np.concatenate(blocks))
    return told[0], told[1]
