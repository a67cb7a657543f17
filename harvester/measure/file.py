"""Reads a file once for its hashes, decodes it once to its end, and has everything else measured."""

from __future__ import annotations

import hashlib
import struct
import warnings
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from harvester.measure.blocks import quality
from harvester.measure.colours import share
from harvester.measure.grey import FINE, fine, small
from harvester.measure.looking import looked
from harvester.model import Facts, Media
from harvester.sketch import sketched

MAX_PIXELS = 100_000_000
"""More pixels than this are never decoded (400 MB as RGBA)."""

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP")
_CHUNK = 1 << 20
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    ArithmeticError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
"""What Pillow's decoders are known to raise at damaged or hostile files."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """Measured facts, and a sentence when something about the file is wrong."""

    facts: Facts
    note: str = ""


def measure(path: Path, *, max_pixels: int = MAX_PIXELS) -> Measurement:
    """Read a file once for its hashes and decode it once, to its end. A bad file is an answer, not an error.

    Width and height are those after EXIF orientation. Raises OSError only when the file cannot be read at all.
    """
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of what is answered here: bombs, odd EXIF
        facts = _hashed(file)
        file.seek(0)
        return _opened(file, facts, max_pixels)


def _hashed(file: BinaryIO) -> Facts:
    hashes = (
        hashlib.md5(usedforsecurity=False),
        hashlib.sha1(usedforsecurity=False),
        hashlib.sha256(),
    )
    size, head = 0, b""
    while chunk := file.read(_CHUNK):
        head = head or chunk[:64]
        size += len(chunk)
        for each in hashes:
            each.update(chunk)
    md5, sha1, sha256 = (each.hexdigest() for each in hashes)
    return Facts(
        bytes=size, md5=md5, sha1=sha1, sha256=sha256, media=_moving(head), decodable=False
    )


def _moving(head: bytes) -> Media | None:
    """Videos and Flash by their first bytes; pictures are told by Pillow."""
    if head.startswith((b"\x1aE\xdf\xa3", b"OggS")):
        return Media.VIDEO
    if head[4:8] == b"ftyp" and head[8:12] not in (b"avif", b"avis", b"mif1", b"heic"):
        return Media.VIDEO
    return Media.FLASH if head[:3] in (b"FWS", b"CWS", b"ZWS") else None


def _opened(file: BinaryIO, facts: Facts, max_pixels: int) -> Measurement:
    if facts.media is not None:
        return Measurement(facts, f"not a picture: {facts.media}")
    try:
        picture = Image.open(file, formats=FORMATS)
    except DAMAGE as error:
        return Measurement(facts, f"not a picture that can be opened: {_told(error)}")
    with picture:
        width, height = picture.size
        kind = "jpeg" if picture.format == "MPO" else str(picture.format).lower()
        facts = replace(facts, width=width, height=height, format=kind)
        if width * height > max_pixels:
            return Measurement(
                facts, f"{width}×{height} pixels are more than {max_pixels}; not decoded"
            )
        try:
            return Measurement(_decoded(picture, facts, file))
        except DAMAGE as error:
            return Measurement(facts, f"damaged or cut short: {_told(error)}")


def _decoded(picture: Image.Image, facts: Facts, file: BinaryIO) -> Facts:
    frames = 1 if facts.format == "jpeg" else getattr(picture, "n_frames", 1)
    tables = getattr(picture, "quantization", {}) if facts.format == "jpeg" else {}
    coloured = picture.mode == "RGB"
    picture.draft("L", _enough(picture.size))  # a JPEG is read to its end all the same
    picture.load()
    facts = replace(
        facts,
        frames=frames,
        media=Media.ANIMATION if frames > 1 else Media.STILL,
        decodable=True,
        jpeg_quality=quality(tables),
    )
    few = small(picture)
    turn = picture.getexif().get(_ORIENTATION, 1)
    grey, factor = fine(picture)
    facts = looked(facts, grey, whole=factor == 1 and grey.width == facts.width)
    lost = coloured and picture.mode == "L"  # as a draft a JPEG has no colours
    colour = _colour_of(file) if lost else share(few)
    return _upright(replace(facts, colour=round(colour, 4)), few, turn)


def _enough(size: tuple[int, int]) -> tuple[int, int]:
    """The size at which a JPEG is decoded: the largest of 1, 1/2, 1/4, 1/8 that keeps to what is looked at."""
    for scale in (1, 2, 4):
        if size[0] * size[1] <= FINE * scale * scale:
            return size[0] // scale, size[1] // scale
    return size[0] // 8, size[1] // 8


def _colour_of(file: BinaryIO) -> float:
    """The colour of a JPEG, read once more, as small as it goes."""
    file.seek(0)
    with Image.open(file, formats=FORMATS) as picture:
        picture.draft("RGB", (1, 1))
        picture.load()
        return share(small(picture))


def _upright(facts: Facts, few: Image.Image, turn: int) -> Facts:
    """The facts after orientation, with the hash of the picture as people see it."""
    if turn in _TURNS:
        few = few.transpose(_TURNS[turn])
    if turn in (5, 6, 7, 8):
        facts = replace(
            facts,
            width=facts.height,
            height=facts.width,
            inner_width=facts.inner_height,
            inner_height=facts.inner_width,
        )
    sketch = sketched(few.convert("L"))
    return replace(facts, phash=sketch.phash, sketch=sketch.packed())


def _told(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:120] if str(error).strip() else type(error).__name__
