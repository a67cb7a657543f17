"""How much is written over a picture: letters in rows, as speech bubbles and subtitles have them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harvester.measure.shapes import Shapes, shapes

SIDE = 640
"""Pixels of the short side in which letters are looked for; large ones in half of it."""
_MOST = 300  # shapes that are looked at: more are a page or a pattern, and its upper part tells
_SMALL = (
    0.02  # of the short side: smaller letters count for less, as signatures and addresses have them
)
_GAP, _BESIDE, _TALLER = 0.9, 0.6, 2.0
"""Between neighbours: the gap in heights, how much of the lower one lies beside the other, the ratio of heights."""
_SAME_GROUND, _SAME_INK = 16, 45  # grey levels
_SHORTEST = 5  # letters in a row
_LINED_UP = 0.6  # of the letters begin or end on one line
_ALIKE = 0.5  # of them at most have one size, else they are a pattern
_VARIED = (0.15, 0.2)  # how much widths and areas vary, as shares of their means
_EVEN = 8  # grey levels of deviation of the ground along a row

Row = NDArray[np.intp]
Edges = tuple[NDArray[np.float32], ...]
"""Top, bottom, left and right of shapes; for columns turned so that they read as rows."""


def letters(grey: Image.Image) -> float:
    """Letters that stand in rows or columns, small ones for their share: of one ink, one way and one size only."""
    side = min(SIDE, *grey.size)
    fine = _reduced(grey, side)
    most = 0.0
    for picture in (fine, fine.reduce(2)):
        for found in shapes(picture):
            some = found.only(slice(_MOST))
            most = max(most, *(_told(some, turned, min(picture.size)) for turned in (False, True)))
    return most


def _reduced(grey: Image.Image, side: int) -> Image.Image:
    factor = side / min(grey.size)
    if factor == 1:
        return grey
    size = (max(1, round(grey.width * factor)), max(1, round(grey.height * factor)))
    return grey.resize(size, Image.Resampling.BOX)


def _told(found: Shapes, turned: bool, side: int) -> float:
    if len(found) < _SHORTEST:
        return 0.0
    top, bottom, left, right = found.box.T.astype(np.float32)
    edges = (left, right, top, bottom) if turned else (top, bottom, left, right)
    told = 0.0
    for row in _rows(found, edges):
        if _written(found, edges, row):
            height = float(np.median((edges[1] - edges[0])[row]))
            told += len(row) * min(1.0, height / (_SMALL * side))
    return told


def _rows(found: Shapes, edges: Edges) -> Iterator[Row]:
    """Chains of shapes each of which is the next of the one before it, and that one the nearest before it."""
    first, second, gaps = _pairs(found, edges)
    order = np.argsort(-gaps, kind="stable")  # the nearest is written last, and stays
    after, before = np.full((2, len(found)), -1)
    after[first[order]] = second[order]
    before[second[order]] = first[order]
    mutual = np.flatnonzero(after >= 0)
    mutual = mutual[before[after[mutual]] == mutual]
    following = np.full(len(found), -1)
    following[mutual] = after[mutual]
    for start in np.setdiff1d(mutual, following[mutual]):
        row = [start]
        while following[row[-1]] >= 0:
            row.append(following[row[-1]])
        if len(row) >= _SHORTEST:
            yield np.array(row)


def _pairs(found: Shapes, edges: Edges) -> tuple[Row, Row, NDArray[np.float32]]:
    """Shapes with those that may follow them in a row, and the gaps between."""
    top, bottom, left, right = edges
    high = bottom - top
    gap = left[None] - right[:, None]
    near = (gap >= -1) & (gap <= _GAP * np.maximum(high[:, None], high[None]))
    first, second = np.nonzero(near)
    low, tall = np.minimum(high[first], high[second]), np.maximum(high[first], high[second])
    beside = np.minimum(bottom[first], bottom[second]) - np.maximum(top[first], top[second])
    fits = (beside >= _BESIDE * low) & (tall <= _TALLER * low) & (first != second)
    fits &= np.abs(found.ground[first] - found.ground[second]) <= _SAME_GROUND
    fits &= np.abs(found.ink[first] - found.ink[second]) <= _SAME_INK
    first, second = first[fits], second[fits]
    return first, second, gap[first, second]


def _written(found: Shapes, edges: Edges, row: Row) -> bool:
    """Letters keep to a line and differ from each other; leaves, windows and printed patterns do one of the two."""
    top, bottom, left, right = (edge[row] for edge in edges)
    high, wide, area = bottom - top, right - left, found.area[row]
    slack = max(1.0, 0.08 * float(np.median(high)))
    lined = max((np.abs(edge - np.median(edge)) <= slack).mean() for edge in (top, bottom))
    alike = (np.abs(wide[:, None] - wide) <= 1) & (np.abs(high[:, None] - high) <= 1)
    alike &= np.abs(area[:, None] - area) <= 0.15 * np.maximum(area[:, None], area)
    varied = wide.std() >= _VARIED[0] * wide.mean() and area.std() >= _VARIED[1] * area.mean()
    even = found.ground[row].std() <= _EVEN
    return bool(lined >= _LINED_UP and alike.mean(1).max() <= _ALIKE and varied and even)
