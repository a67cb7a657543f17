"""What only the pixels of a picture tell; the part of `model.Facts` that no site can claim."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pixels:
    """Facts that are measured, never claimed; None is *unknown*: not measured, or nothing there to measure."""

    decodable: bool | None = None
    frames: int | None = None
    phash: int | None = None  # 64 bit, unsigned
    sketch: bytes | None = None  # `harvester.sketch`, packed; the catalog keeps it apart
    edges: float | None = None  # pixels wide, the crispest ones, of at most 2 megapixels
    repeats: float | None = (
        None  # 0.5 … 1: share of the steps that fall on every second column and row
    )
    jpeg_quality: int | None = None  # 1 … 100, as libjpeg counts
    blockiness: float | None = None  # share of faint detail that is missing on JPEG's grid alone
    inner_width: int | None = None  # within bars and frames of one colour
    inner_height: int | None = None
    colour: float | None = None  # share of the pixels that are not grey
    letters: float | None = None  # in rows, small ones for their share
