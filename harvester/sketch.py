"""Small likenesses of a picture for finding its copies: hashes of the whole and of what its borders enclose, and 32×32 greys."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 32
"""Pixels a side of the greys: what pHash looks at."""

_ENOUGH = 160  # pixels a side in which borders are looked for
_SPREAD = 10  # grey levels by which a row of a border may differ from its colour
_FRAMES = 5  # one inside the other, the mixed line between two counted
_FRAMED = 0.5  # of the picture at least are left by a frame
_PART = 0.25  # of a picture with a wide ground are left by what is cut off within it
_FLAT = 3.0  # grey levels of deviation: less is no picture
_LEAST = 6  # pixels that are left inside
_LOW = 8  # frequencies a side that pHash looks at
_STRAY = 0.025  # of a row may have another colour all the same
_ROWS = 0.45  # of a picture are cut off at one side at most
_GROUND = 0.35  # of the edge has one colour: a figure on a flat ground

_HEAD = struct.Struct(">4Q")

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Sketch:
    """Hashes (64 bit, unsigned) and the greys of what lies inside the borders, row by row."""

    phash: int
    inner: int
    mirrored: int
    bare: int
    greys: bytes

    def packed(self) -> bytes:
        """The same in 1,056 bytes."""
        return _HEAD.pack(self.phash, self.inner, self.mirrored, self.bare) + self.greys


def unpacked(data: bytes) -> Sketch:
    """The inverse of `Sketch.packed`."""
    phash, inner, mirrored, bare = _HEAD.unpack_from(data)
    return Sketch(phash, inner, mirrored, bare, data[_HEAD.size :])


def sketched(grey: Image.Image) -> Sketch:
    """The sketch of a grey picture that is upright and small already (a few hundred pixels a side).

    `inner` is what pHash says once uniform borders are cut off, `mirrored` the same of its mirror image, `bare` the
    same with a flat ground made white, so that a figure is found whatever plain colour lies behind it.
    """
    whole = np.asarray(_small(grey))
    tiny = grey.reduce(-(-max(grey.size) // _ENOUGH)) if max(grey.size) > _ENOUGH else grey
    box = inside(np.asarray(tiny))
    small = np.asarray(_small(tiny, box))
    ground = flat_ground(small)
    plain = small if ground is None else np.where(ground, np.uint8(255), small)
    told = hashes(np.stack([whole, small, small[:, ::-1], plain]))
    phash, inner, mirrored, bare = (int(value) for value in told)
    return Sketch(phash, inner, mirrored, bare, small.tobytes())


def _small(grey: Image.Image, box: Box | None = None) -> Image.Image:
    return grey.resize((SIDE, SIDE), Image.Resampling.LANCZOS, box)


def hashes(greys: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """The pHash of each 32×32 grey at once, the very bits that ImageHash gives."""
    from scipy import fftpack  # half a second, which who only reads sketches shall not pay

    turned = fftpack.dct(fftpack.dct(greys, axis=-2), axis=-1)
    return packed(turned[..., :_LOW, :_LOW])


def packed(blocks: NDArray[np.floating[Any]]) -> NDArray[np.uint64]:
    """One bit for each of the 64 lowest frequencies: whether it is above their median."""
    flat = blocks.reshape(*blocks.shape[:-2], _LOW * _LOW)
    ordered = np.partition(flat, (31, 32), axis=-1)
    above = flat > (ordered[..., 31:32] + ordered[..., 32:33]) / 2
    return np.packbits(above, axis=-1).view(">u8")[..., 0].astype(np.uint64)


def inside(pixels: NDArray[np.uint8]) -> Box:
    """The box that uniform borders enclose, all of it where there are none or nothing else is there.

    A frame around a white ground is cut off with the ground, so that the frame makes no difference. But what a wide
    ground enclosed is the picture: the plain shapes at its own edges are cut off only where they leave a good part.
    """
    left, top, right, bottom = 0, 0, pixels.shape[1], pixels.shape[0]
    least, framed = 0.0, True
    for _ in range(_FRAMES):
        box = _inside(pixels[top:bottom, left:right])
        content = pixels[top + box[1] : top + box[3], left + box[0] : left + box[2]]
        if box == (0, 0, right - left, bottom - top) or content.std() < _FLAT:
            break
        area = (right - left) * (bottom - top)
        if framed:
            framed, least = content.size >= _FRAMED * area, _PART * area
        elif content.size < least:
            break
        left, top, right, bottom = left + box[0], top + box[1], left + box[2], top + box[3]
    return left, top, right, bottom


def _inside(pixels: NDArray[np.uint8]) -> Box:
    height, width = pixels.shape
    top, bottom = _uniform(pixels), _uniform(pixels[::-1])
    if top + bottom >= min(height - _LEAST, round(height * 2 * _ROWS) - 1):
        return 0, 0, width, height
    rows = pixels[top : height - bottom]
    left, right = _uniform(rows.T), _uniform(rows.T[::-1])
    if left + right >= min(width - _LEAST, round(width * 2 * _ROWS) - 1):
        return 0, 0, width, height
    return left, top, width - right, height - bottom


def _uniform(rows: NDArray[np.uint8]) -> int:
    """How many of the first rows show the colour of the first one, and no more than a stray spot of another."""
    counts = np.bincount(rows[0], minlength=256)
    colour = int(counts.argmax())
    low, high = max(colour - _SPREAD, 0), min(colour + _SPREAD, 255)
    enough = _STRAY * rows.shape[1]
    if rows.shape[1] - int(counts[low : high + 1].sum()) > enough:
        return 0
    limit = max(1, int(len(rows) * _ROWS))
    # What is darker than the lowest wraps around to the brightest.
    apart = rows[:limit] - np.uint8(low) > high - low
    strays = np.add.reduce(apart, axis=1, dtype=np.intp) > enough
    return int(np.argmax(strays)) if strays.any() else limit


def distance(left: int, right: int) -> int:
    """How many of the 64 bits of two hashes differ."""
    return (left ^ right).bit_count()


def flat_ground(pixels: NDArray[np.uint8], spread: int = 14) -> NDArray[np.bool_] | None:
    """Where a flat ground is seen from the edge inward, if one colour holds a good part of the edge."""
    from scipy import ndimage  # as above

    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]).astype(np.int16)
    colour = int(np.bincount(edge >> 3, minlength=32).argmax()) * 8 + 4
    if np.count_nonzero(np.abs(edge - colour) <= spread) < _GROUND * edge.size:
        return None
    near = np.abs(pixels.astype(np.int16) - colour) <= spread
    rim = np.ones_like(near)
    rim[1:-1, 1:-1] = False
    found: NDArray[np.bool_] = ndimage.binary_propagation(near & rim, mask=near)
    return found
