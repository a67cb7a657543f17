"""Spots outside of what the borders enclose: on a dark or plain picture much is taken for a border that is none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from harvester.hashing.aligning import Floats, Matrix, covered, warped
from harvester.hashing.thumbs import Thumb

_LONGEST = 128  # pixels of the longer side
_SLACK = 4.0  # grey levels that encoders may add anywhere
_LEAST = 0.015  # of the width or height: a border so thin is not looked at


@dataclass(frozen=True, slots=True)
class Strays:
    """The whole picture, by how much it stands out of its rows and columns, and what its borders enclose, in shares."""

    luma: Image.Image
    stray: Image.Image
    box: tuple[float, float, float, float]

    @property
    def bordered(self) -> bool:
        """Whether anything lies outside."""
        left, top, right, bottom = self.box
        return max(left, top, 1 - right, 1 - bottom) > _LEAST


def strays(thumbnail: Thumb) -> Strays:
    """A border's rows and columns have one colour each, so what is left of them once it is taken away are spots."""
    width, height = thumbnail.luma.size
    left, top, right, bottom = thumbnail.box
    factor = min(1.0, _LONGEST / max(width, height))
    size = (max(8, round(width * factor)), max(8, round(height * factor)))
    luma = thumbnail.luma.resize(size, Image.Resampling.BOX).convert("F")
    values = np.asarray(luma)
    rows = values - np.median(values, axis=1, keepdims=True)
    columns = values - np.median(values, axis=0, keepdims=True)
    stray = np.where(np.abs(rows) < np.abs(columns), rows, columns)
    box = (left / width, top / height, right / width, bottom / height)
    return Strays(luma, Image.fromarray(stray.astype(np.float32)), box)


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
    one = np.asarray(canvas.stray)
    other = np.asarray(warped(source.stray, size, whole))
    return np.where(there, _beyond(one, other), np.float32(0))


def _boxed(each: Strays) -> Matrix:
    """From shares of the whole to shares of what the borders enclose, a little of the border with it."""
    left, top, right, bottom = each.box
    left, top, right, bottom = left - _LEAST, top - _LEAST, right + _LEAST, bottom + _LEAST
    wide, high = right - left, bottom - top
    return np.array([[1 / wide, 0, -left / wide], [0, 1 / high, -top / high], [0, 0, 1]])


def _beyond(one: Floats, other: Floats) -> Floats:
    """By how much the stronger of two spots stands out of what the other shows around it."""
    return np.maximum(_over(np.abs(one), np.abs(other)), _over(np.abs(other), np.abs(one)))


def _over(one: Floats, other: Floats) -> Floats:
    padded = np.pad(other, 1, mode="edge")
    rows = np.maximum(np.maximum(padded[:-2], padded[2:]), padded[1:-1])
    most = np.maximum(np.maximum(rows[:, :-2], rows[:, 2:]), rows[:, 1:-1])
    return np.asarray(np.maximum(one - most - _SLACK, 0))
