"""Takes a flat ground away, so that a figure can be compared whatever plain colour lies behind it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from harvester.hashing.thumbs import Thumb

_EDGE = 0.35  # of the edge has one colour: a figure on a flat ground
_SPREAD = (9, 6, 6)  # levels by which brightness and colours of a ground may differ from its own
_APART = 14  # levels that make another ground

_OUTLINE = np.ones((5, 5), dtype=bool)  # in which a figure and its ground mix

Bands = NDArray[np.int16]
Floats = NDArray[np.float32]
Colour = tuple[int, int, int]
Grounds = tuple[Colour, Colour]
"""Brightness and the two colours of two flat grounds."""


def ground(thumbnail: Thumb) -> tuple[int, int, int] | None:
    """The colour of a flat ground, if one holds a good part of the edge."""
    return _colour(_bands(thumbnail))


def apart(one: tuple[int, int, int] | None, other: tuple[int, int, int] | None) -> bool:
    """Whether two flat grounds have clearly different colours."""
    if one is None or other is None:
        return False
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) > _APART


def bare(thumbnail: Thumb) -> Thumb:
    """The same with its flat ground white, a little of the figure's outline with it."""
    bands = _bands(thumbnail)
    colour = _colour(bands)
    if colour is None:
        return thumbnail
    near = _near(bands, colour)
    reached = ndimage.binary_propagation(_rim(near.shape) & near, mask=near)
    mask = Image.fromarray(ndimage.binary_dilation(reached, _OUTLINE))
    luma = thumbnail.luma.copy()
    luma.paste(255, (0, 0), mask.resize(luma.size))
    tints = []
    for band in thumbnail.tints:
        tint = band.copy()
        tint.paste(128, (0, 0), mask)
        tints.append(tint)
    return Thumb(luma, (tints[0], tints[1]), thumbnail.box)


def regrounded(
    canvas: tuple[Floats, Floats], source: tuple[Floats, Floats], grounds: Grounds
) -> tuple[Floats, Floats]:
    """The source as if its figure stood on the ground of the canvas; both as brightness and colours at half its size.

    Where a figure hides its ground by a share, the two differ by the rest of what the grounds differ by. Which share
    explains most of what differs is found for every pixel: of outlines, of hair, of gaps that the figure encloses.
    """
    step = np.array(grounds[0], dtype=np.float32) - np.array(grounds[1], dtype=np.float32)
    high, wide = canvas[0].shape
    shown = np.zeros((high, wide), dtype=np.float32)
    differs = [canvas[0] - source[0]]
    for one, other in zip(canvas[1], source[1], strict=True):
        apart = np.repeat(np.repeat(one - other, 2, axis=0), 2, axis=1)
        differs.append(np.pad(apart, ((0, 1), (0, 1)), mode="edge")[:high, :wide])
    for along, each in zip(step, differs, strict=True):
        shown += along * each
    share = np.clip(shown / float(step @ step), 0, 1)
    half = share[::2, ::2]
    tints = [
        band + along * half[: band.shape[0], : band.shape[1]]
        for band, along in zip(source[1], step[1:], strict=True)
    ]
    return source[0] + step[0] * share, np.stack(tints)


def _bands(thumbnail: Thumb) -> Bands:
    size = thumbnail.tints[0].size
    luma = thumbnail.luma.resize(size, Image.Resampling.BOX)
    return np.stack([np.asarray(each, dtype=np.int16) for each in (luma, *thumbnail.tints)])


def _colour(bands: Bands) -> tuple[int, int, int] | None:
    rim = bands[:, _rim(bands.shape[1:])]
    most = int(np.bincount(rim[0] >> 3, minlength=32).argmax())
    own = rim[:, np.abs(rim[0] - (most * 8 + 4)) <= 8]
    colour = tuple(int(each) for each in np.median(own, axis=1))
    share = _near(rim, (colour[0], colour[1], colour[2])).mean()
    return (colour[0], colour[1], colour[2]) if share >= _EDGE else None


def _near(bands: Bands, colour: tuple[int, int, int]) -> NDArray[np.bool_]:
    near = np.ones(bands.shape[1:], dtype=bool)
    for band, own, spread in zip(bands, colour, _SPREAD, strict=True):
        near &= np.abs(band - own) <= spread
    return near


def _rim(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    rim = np.ones(shape, dtype=bool)
    rim[1:-1, 1:-1] = False
    return rim
