"""Spots outside of what the borders enclose: on a dark or plain picture much is taken for a border that is none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harvester.hashing.aligning import Floats, Matrix, covered, laid
from harvester.hashing.neighbours import gathered, trimmed
from harvester.hashing.thumbs import Thumb

_LONGEST = 128  # pixels of the longer side
_SLACK = 4.0  # grey levels that encoders may add anywhere
_LEAST = 0.015  # of the width or height: a border so thin is not looked at


@dataclass(frozen=True)
class Strays:
    """The whole picture's brightness, small, and what its borders enclose, in shares."""

    luma: Image.Image
    box: tuple[float, float, float, float]

    @cached_property
    def stray(self) -> Image.Image:
        """By how much the picture stands out of its rows and columns.

        A border's rows and columns have one colour each, so what is left of them once it is taken away are spots.
        """
        values = np.array(self.luma)
        rows, columns = (
            values - _medians(values)[:, None],
            values - _medians(np.ascontiguousarray(values.T)),
        )
        return Image.fromarray(np.where(np.abs(rows) < np.abs(columns), rows, columns))

    @property
    def bordered(self) -> bool:
        """Whether anything lies outside."""
        left, top, right, bottom = self.box
        return max(left, top, 1 - right, 1 - bottom) > _LEAST


def strays(thumbnail: Thumb) -> Strays:
    """Of a thumbnail; what stands out is found once it is asked for, since most pictures have no borders."""
    width, height = thumbnail.luma.size
    left, top, right, bottom = thumbnail.box
    factor = min(1.0, _LONGEST / max(width, height))
    size = (max(8, round(width * factor)), max(8, round(height * factor)))
    luma = thumbnail.luma.resize(size, Image.Resampling.BOX)
    return Strays(luma, (left / width, top / height, right / width, bottom / height))


def _medians(rows: NDArray[np.uint8]) -> Floats:
    """Of each row."""
    middle = rows.shape[1] // 2
    low = middle - 1 + rows.shape[1] % 2
    ordered = np.partition(rows, (low, middle), axis=1).astype(np.float32)
    return np.asarray((ordered[:, low] + ordered[:, middle]) / 2)


def outside(canvas: Strays, source: Strays, whole: Matrix) -> Floats | None:
    """Grey levels by which spots outside of what the borders of either enclose stand in only one of them.

    As the whole canvas sees it; None where nothing lies outside.
    """
    if not (canvas.bordered or source.bordered):
        return None
    size = canvas.luma.size
    enclosed = np.ones((size[1], size[0]), dtype=bool)
    for each, matrix in ((canvas, np.eye(3)), (source, whole)):
        enclosed &= covered(_boxed(each) @ matrix, size)
    there = covered(whole, size) & ~enclosed
    if not there.any():
        return None
    one = np.array(canvas.stray)
    other = laid(source.stray, size, whole)
    return np.where(there, _beyond(one, other), np.float32(0))


def _boxed(each: Strays) -> Matrix:
    """From shares of the whole to shares of what the borders enclose, a little of the border with it."""
    left, top, right, bottom = each.box
    left, top, right, bottom = left - _LEAST, top - _LEAST, right + _LEAST, bottom + _LEAST
    wide, high = right - left, bottom - top
    return np.array([[1 / wide, 0, -left / wide], [0, 1 / high, -top / high], [0, 0, 1]])


def _beyond(one: Floats, other: Floats) -> Floats:
    """By how much the stronger of two spots stands out of what the other shows around it."""
    one, other = np.abs(one), np.abs(other)
    most = np.maximum(one - _around(other), other - _around(one))
    most -= np.float32(_SLACK)
    return np.asarray(np.maximum(most, 0))


def _around(values: Floats) -> Floats:
    """The most within a pixel."""
    return trimmed(gathered(np.pad(values, 1, mode="edge"), np.maximum))
