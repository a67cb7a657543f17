"""Shapes of the size of letters, each in one ink on flat ground: what writing is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Grey = NDArray[np.uint8]
Ints = NDArray[np.integer]
Floats = NDArray[np.float32]

_AROUND = 9  # pixels within which the mean is taken that ink stands out from
_INK = 40  # grey levels by which it does
_CONTRAST = 80  # grey levels between a letter and its ground
_FLAT = 14  # grey levels within which ground is of one colour
_MOSTLY = 0.6  # of the points around a letter
_OUTLINE = (90, 120, 0.7)
"""Dark enough for an outline, the contrast that light letters have to it, and around how much of them."""
_AREA = (8, 900)
_HEIGHT = (5, 34)
_WIDTH = 40
_FULL = 0.15  # of its box at least is ink


@dataclass(frozen=True, slots=True)
class Shapes:
    """`box` is top, bottom, left, right, the ends left out; `ink` and `ground` are grey levels."""

    box: Ints
    area: Ints
    ink: Floats
    ground: Floats

    def __len__(self) -> int:
        return len(self.area)

    def only(self, these: NDArray[np.bool_] | slice) -> Shapes:
        """Some of them, in the same order."""
        return Shapes(self.box[these], self.area[these], self.ink[these], self.ground[these])


def shapes(picture: Image.Image) -> tuple[Shapes, Shapes]:
    """Dark ones on light ground, and light ones on dark ground or in a dark outline; from above to below."""
    grey: Grey = np.asarray(picture)
    mean = np.asarray(picture.filter(ImageFilter.BoxBlur(_AROUND)))
    darker = mean.astype(np.int16) - grey
    return _standing(grey, darker > _INK, dark=True), _standing(grey, darker < -_INK, dark=False)


def _standing(grey: Grey, mask: NDArray[np.bool_], *, dark: bool) -> Shapes:
    found = _parts(grey, mask)
    high, wide = found.box[:, 1] - found.box[:, 0], found.box[:, 3] - found.box[:, 2]
    sized = (high >= _HEIGHT[0]) & (high <= _HEIGHT[1]) & (wide <= _WIDTH)
    found = found.only(
        sized & (wide <= 3 * high) & (high <= 9 * wide) & (found.area > _FULL * high * wide)
    )
    points = _points(grey, found.box, 2)
    ground = np.median(points, axis=1).astype(np.float32) if len(found) else found.ground
    contrast = (ground - found.ink) * (1 if dark else -1)
    flat = (np.abs(points - ground[:, None]) <= _FLAT).mean(1) >= _MOSTLY
    clear = flat & (contrast >= _CONTRAST)
    if not dark:
        outlined = ~clear & _outlined(grey, found)
        ground, clear = np.where(outlined, np.float32(0), ground), clear | outlined
    return Shapes(found.box, found.area, found.ink, ground).only(clear)


def _outlined(grey: Grey, found: Shapes) -> NDArray[np.bool_]:
    """As subtitles are, whose ground may be anything."""
    points = _points(grey, found.box, 1)
    if not len(found):
        return np.zeros(0, bool)
    around = (points <= _OUTLINE[0]).mean(1) >= _OUTLINE[2]
    return np.asarray(around & (found.ink - np.median(points, axis=1) >= _OUTLINE[1]))


def _points(grey: Grey, box: Ints, by: int) -> NDArray[np.int16]:
    """Ten points so many pixels outside of each box."""
    top, left = np.maximum(box[:, 0] - by, 0), np.maximum(box[:, 2] - by, 0)
    bottom = np.minimum(box[:, 1] - 1 + by, grey.shape[0] - 1)
    right = np.minimum(box[:, 3] - 1 + by, grey.shape[1] - 1)
    centre, middle = (left + right) // 2, (top + bottom) // 2
    upper, lower = (3 * top + bottom) // 4, (top + 3 * bottom) // 4
    rows = (top, top, top, bottom, bottom, bottom, middle, middle, upper, lower)
    columns = (left, centre, right, left, centre, right, left, right, left, right)
    points: NDArray[np.int16] = grey[np.stack(rows, 1), np.stack(columns, 1)].astype(np.int16)
    return points


def _parts(grey: Grey, mask: NDArray[np.bool_]) -> Shapes:
    """What hangs together in the mask and is neither a speck nor a surface."""
    from scipy import ndimage  # half a second, which only who looks at pixels shall pay

    labels, count = ndimage.label(mask)
    at = np.flatnonzero(mask)
    part = labels.ravel()[at]
    areas = np.bincount(part, minlength=count + 1)
    fit = (areas >= _AREA[0]) & (areas <= _AREA[1])
    at = at[fit[part]]
    part = (np.cumsum(fit) - 1)[part[fit[part]]]
    areas = areas[fit].astype(np.int32)
    ink = np.bincount(part, grey.ravel()[at], len(areas)) / np.maximum(areas, 1)
    box = _boxes(part, at // grey.shape[1], at % grey.shape[1], len(areas))
    return Shapes(box, areas, ink.astype(np.float32), np.zeros(len(areas), np.float32))


def _boxes(part: Ints, row: Ints, column: Ints, count: int) -> Ints:
    """Of the pixels of a part, which come row by row, the last one that is written stays."""
    box = np.zeros((count, 4), np.int32)
    box[part[::-1], 0] = row[::-1]
    box[part, 1] = row + 1
    order = np.argsort(column.astype(np.uint16), kind="stable")
    part, column = part[order], column[order]
    box[part[::-1], 2] = column[::-1]
    box[part, 3] = column + 1
    return box
