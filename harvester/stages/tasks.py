"""The work that is sent to worker processes: every one of them pays for what this module imports, so it is pixels only."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageOps

from harvester.hashing import Likeness, likeness, thumb
from harvester.measure import Measurement, measure
from harvester.measure.grey import small
from harvester.sketch import sketched

if TYPE_CHECKING:
    from harvester.hashing.verifying import Compared

_AT_HAND = 48  # thumbnails of pictures compared last, of a quarter of a megabyte
_DRAFT = (512, 512)  # a JPEG is decoded no smaller than this


@dataclass(frozen=True, slots=True)
class Measuring:
    """A file to measure."""

    sha256: str
    path: Path


@dataclass(frozen=True, slots=True)
class Drawing:
    """A file of which no sketch was made when it was measured."""

    sha256: str
    path: Path


@dataclass(frozen=True, slots=True)
class Comparison:
    """One picture, and those that come after it and may be copies of it: (SHA-256, file)."""

    first: tuple[str, Path]
    others: tuple[tuple[str, Path], ...]


def measured(task: Measuring) -> Measurement:
    """What the file itself says."""
    return measure(task.path)


def looked(task: Measuring) -> Measurement | str:
    """The same of a file that is not ours and may be gone or closed to us; then why it cannot be read."""
    try:
        return measure(task.path)
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"


def drawn(task: Drawing) -> bytes:
    """The sketch of a file that earlier versions measured."""
    with warnings.catch_warnings(), Image.open(task.path) as file:
        warnings.simplefilter("ignore")  # Pillow warns of sizes that were judged before
        file.draft("L", _DRAFT)
        return sketched(small(ImageOps.exif_transpose(file)).convert("L")).packed()


def compared(task: Comparison) -> tuple[Likeness | None, ...]:
    """What each other picture is to the first; None of a file that cannot be read any more."""
    first = _ready(task.first[1])
    found = []
    for _, path in task.others:
        other = _ready(path)
        found.append(likeness(first, other) if first and other else None)
    return tuple(found)


def results(task: Comparison, told: object) -> dict[tuple[str, str], Likeness]:
    """What a worker told, by pairs of SHA-256; what could not be compared, since a file went away, is left out."""
    both = zip(task.others, told if isinstance(told, tuple) else (), strict=False)
    return {(task.first[0], name): each for (name, _), each in both if isinstance(each, Likeness)}


@lru_cache(maxsize=_AT_HAND)
def _ready(path: Path) -> Compared | None:
    from harvester.hashing.verifying import Compared  # in the worker only: see `harvester.hashing`

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Compared(thumb(path))
    except (OSError, ValueError, SyntaxError):
        return None
