"""Work on previews for worker processes: what one shows, and what it is to a stored file."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps

from harvester.hashing import Likeness, likeness, thumb
from harvester.hashing.thumbs import of_picture
from harvester.measure.file import DAMAGE, FORMATS
from harvester.measure.grey import phash

MOST_PIXELS = 4_000_000
"""A preview with more is none, and is not decoded."""

_LEAST = 64  # pixels of the shorter side: of less a hash says too little


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A preview to look at, as it came from the network."""

    candidate: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Shown:
    """What a preview shows."""

    width: int
    height: int
    phash: int


@dataclass(frozen=True, slots=True)
class Match:
    """A preview and the stored file of which its original may be a copy."""

    candidate: int
    data: bytes
    path: Path


def glimpsed(task: Glimpse) -> Shown | str:
    """What a preview shows, or why it is of no use. A bad one is an answer, not an error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = _opened(task.data)
            return picture if isinstance(picture, str) else Shown(*picture.size, phash(picture))
    except DAMAGE as error:
        return f"it cannot be decoded ({type(error).__name__})"


def matched(task: Match) -> Likeness | None:
    """What a preview is to a stored file; None where one of them cannot be read."""
    from harvester.hashing.verifying import Compared  # in the worker only: see `harvester.hashing`

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = _opened(task.data)
            if isinstance(picture, str):
                return None
            return likeness(Compared(of_picture(picture)), Compared(thumb(task.path)))
    except DAMAGE:
        return None


def _opened(data: bytes) -> Image.Image | str:
    """The upright picture, decoded to its end; or why not."""
    with Image.open(BytesIO(data), formats=FORMATS) as file:
        if file.width * file.height > MOST_PIXELS:
            return f"it is {file.width}×{file.height} pixels, which is no preview"
        if min(file.size) < _LEAST:
            return f"it is only {file.width}×{file.height} pixels"
        if getattr(file, "n_frames", 1) > 1:
            return "it moves"
        file.load()
        return ImageOps.exif_transpose(file)
