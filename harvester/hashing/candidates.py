"""Which pictures may be copies of each other: near hashes of the whole, of the mirror image, and of parts."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from harvester.hashing.index import COLUMNS, MEETING
from harvester.hashing.windows import SHAPES, SPANS, window_hashes
from harvester.sketch import SIDE, Sketch

NEAR = 14
"""Bits of 64 within which two whole pictures may be copies: of the whole, inside borders, mirrored, on white."""

PART = 10
"""Bits within which one picture may be a part of another."""

MIRRORED_PART = 8
"""The same for a part of its mirror image, of which there are as many more."""

_ROWS = 256  # pictures compared with all others at once

Bits = NDArray[np.uint64]
Places = NDArray[np.intp]


METHOD = zlib.crc32(repr((NEAR, PART, MIRRORED_PART, MEETING, SPANS, SHAPES)).encode())
"""A number that changes with what pairs are looked for by, so that pictures searched by another method are not spared."""


def pairs(
    sketches: Sequence[Sketch],
    done: Collection[int] = frozenset(),
    parts: tuple[Bits, Bits] | None = None,
) -> list[tuple[int, int]]:
    """Places of every two pictures that are worth being compared, the lower place first, in order.

    Of two that are both among the places `done` nothing is said: only what is new is held against all. `parts` is what
    `parts_of` says of these sketches, for whoever has it already.
    """
    new = np.array([place for place in range(len(sketches)) if place not in done], dtype=np.intp)
    if len(sketches) < 2 or not len(new):
        return []
    every = np.arange(len(sketches))
    wholes, windows = _wholes(sketches), parts or parts_of(sketches)
    found: set[tuple[int, int]] = set()
    for rows in _some(new):
        near = _parted(windows, rows, every)
        for mine, theirs in MEETING:
            near |= _near(wholes[mine][rows], wholes[theirs], NEAR)
        found |= _places(near, rows, every)
    for rows in _some(np.setdiff1d(every, new)):
        found |= _places(_parted(windows, rows, new), rows, new)
    return sorted(found)


def parts_of(sketches: Sequence[Sketch]) -> tuple[Bits, Bits]:
    """The hashes of every window of each picture, the whole first, and of its mirror image: (pictures, windows)."""
    greys = np.frombuffer(b"".join(each.greys for each in sketches), np.uint8)
    greys = greys.reshape(-1, SIDE, SIDE)
    told = []
    for turned in (greys, greys[:, :, ::-1]):
        blocks = [window_hashes(turned[at : at + _ROWS]) for at in range(0, len(greys), _ROWS)]
        told.append(np.concatenate(blocks))
    return told[0], told[1]


def _some(places: Places) -> Iterator[Places]:
    yield from (places[at : at + _ROWS] for at in range(0, len(places), _ROWS))


def _parted(windows: tuple[Bits, Bits], rows: Places, columns: Places) -> NDArray[np.bool_]:
    """Which columns, whole, lie near a window of which rows."""
    wholes = windows[0][columns, 0]
    near = np.zeros((len(rows), len(columns)), dtype=bool)
    for hashes, radius in zip(windows, (PART, MIRRORED_PART), strict=True):
        for window in hashes[rows].T:
            near |= _near(window, wholes, radius)
    return near


def _near(rows: Bits, columns: Bits, radius: int) -> NDArray[np.bool_]:
    near: NDArray[np.bool_] = np.bitwise_count(rows[:, None] ^ columns[None]) <= radius
    return near


def _places(near: NDArray[np.bool_], rows: Places, columns: Places) -> set[tuple[int, int]]:
    """What lies near each other, as pairs of different places."""
    left, right = (
        which[at].tolist() for which, at in zip((rows, columns), np.nonzero(near), strict=True)
    )
    return {(min(pair), max(pair)) for pair in zip(left, right, strict=True) if pair[0] != pair[1]}


def _wholes(sketches: Sequence[Sketch]) -> Mapping[str, Bits]:
    return {
        name: np.array([getattr(each, name) for each in sketches], np.uint64) for name in COLUMNS
    }
