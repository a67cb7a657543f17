"""The picture within bars and frames of one colour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Grey = NDArray[np.uint8]

_ALIKE = 12  # grey levels: what JPEG makes of one colour
_WHOLE = 0.995  # of a line must be alike for it to belong to a bar
_OTHER = 6  # grey levels by which what begins behind a bar differs from its last line
_STRAIGHT = 0.85  # of the line behind a bar must differ: less is a figure before a plain background
_MOST = 0.5  # of the area may a frame on three or four sides take: more is an object before a plain background
_THIN = 4  # pixels: a thinner line is none
_SOFT = 9  # lines within which the picture begins
_FARTHEST = 0.45  # of a side


def inside(grey: Image.Image) -> tuple[int, int]:
    """Width and height of what is within; those of the picture where there is no bar.

    A bar ends in a straight line from side to side. A plain background ends at the outline of what stands before
    it, and belongs to the picture.
    """
    whole: Grey = np.asarray(grey)
    found = [_depth(lines) for lines in _sides(whole)]
    rows = whole[:, found[2] : whole.shape[1] - found[3]]
    columns = whole[found[0] : whole.shape[0] - found[1]]
    seen = (rows, rows[::-1], columns.T, columns.T[::-1])
    depths = [_seam(lines, depth) for depth, lines in zip(found, seen, strict=True)]
    height, width = whole.shape[0] - depths[0] - depths[1], whole.shape[1] - depths[2] - depths[3]
    if sum(depth > 0 for depth in depths) > 2 and width * height < (1 - _MOST) * whole.size:
        return grey.size
    return width, height


def _sides(whole: Grey) -> tuple[Grey, Grey, Grey, Grey]:
    """The lines from each side on: from above, from below, from the left, from the right."""
    return whole, whole[::-1], whole.T, whole.T[::-1]


def _depth(lines: Grey) -> int:
    """How many lines from the first on are of its colour; 0 if nothing else comes within reach."""
    colour = int(np.median(lines[0]))
    farthest = int(len(lines) * _FARTHEST)
    for depth in range(farthest + 1):
        alike = np.abs(lines[depth].astype(np.int16) - colour) <= _ALIKE
        if alike.mean() < _WHOLE:
            return depth
    return 0


def _seam(lines: Grey, depth: int) -> int:
    """The line at which the picture begins all along the bar, and at once; 0 if it does not.

    JPEG lets the picture's first lines glimmer through the last ones of the bar.
    """
    if depth < _THIN:
        return 0
    last = lines[depth - 2].astype(np.int16)
    begun = np.abs(lines[depth : depth + _SOFT].astype(np.int16) - last) > _OTHER
    straight = np.flatnonzero(begun.mean(1) >= _STRAIGHT)
    return depth + int(straight[0]) if len(straight) else 0
