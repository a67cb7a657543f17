"""Which of several copies of a picture is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harvester.model import Facts

_ROLES = {"original": 0, "sample": 1, "preview": 2}
_FORMATS = {"png": 0, "webp": 0, "bmp": 0, "avif": 1, "jpeg": 1, "jpg": 1, "gif": 2}


@dataclass(frozen=True, slots=True)
class Picture:
    """One copy: `key` names it, `rank` is its place in the frozen order, `role` is original, sample or preview.

    `relaxed` is how many thresholds had to be loosened for it; a copy with fewer is better, whatever its size.
    """

    key: str
    rank: int
    facts: Facts
    role: str = "original"
    relaxed: int = 0


def order(pictures: Iterable[Picture]) -> list[Picture]:
    """The best copy first: an original before a sample, then more pixels, the better format, more bytes, rank, key.

    PNG and WebP stand before JPEG and AVIF since they are more often lossless. What is not known comes last.
    """
    return sorted(pictures, key=_place)


def _place(picture: Picture) -> tuple[int, int, int, int, int, int, str]:
    facts = picture.facts
    return (
        picture.relaxed,
        _ROLES.get(picture.role, len(_ROLES)),
        -(facts.width or 0) * (facts.height or 0),
        _FORMATS.get(facts.format or "", 3),
        -(facts.bytes or 0),
        picture.rank,
        picture.key,
    )
