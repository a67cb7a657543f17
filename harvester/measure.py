"""What a picture's file itself says: size, type, hashes, whether it is whole, and its perceptual hash."""

from __future__ import annotations

import hashlib
import struct
import warnings
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import imagehash
from PIL import Image

from harvester.model import Facts, Media

MAX_PIXELS = 100_000_000
"""More pixels than this are never decoded (400 MB as RGBA)."""

_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP")
_REDUCED = 384  # pixels a side: far more than the 32 the hash looks at
_DRAFT = (256, 256)  # a JPEG is decoded at the smallest of 1, 1/2, 1/4, 1/8 no smaller than this
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
_DAMAGE = (
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


def phash(picture: Image.Image) -> int:
    """The 64-bit perceptual hash of a picture, transparent parts on white; unsigned."""
    return int(str(imagehash.phash(_grey(picture))), 16)


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
        picture = Image.open(file, formats=_FORMATS)
    except _DAMAGE as error:
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
            return Measurement(_decoded(picture, facts))
        except _DAMAGE as error:
            return Measurement(facts, f"damaged or cut short: {_told(error)}")


def _decoded(picture: Image.Image, facts: Facts) -> Facts:
    frames = 1 if facts.format == "jpeg" else getattr(picture, "n_frames", 1)
    picture.draft("L", _DRAFT)  # a JPEG is still read to its end, but in grey and smaller
    picture.load()
    turn = picture.getexif().get(_ORIENTATION, 1)
    if turn in (5, 6, 7, 8):
        facts = replace(facts, width=facts.height, height=facts.width)
    reduced = _grey(picture)
    if turn in _TURNS:
        reduced = reduced.transpose(_TURNS[turn])
    media = Media.ANIMATION if frames > 1 else Media.STILL
    return replace(facts, frames=frames, media=media, decodable=True, phash=phash(reduced))


def _grey(picture: Image.Image) -> Image.Image:
    """A grey copy of at most 384 pixels a side, transparent parts on white."""
    if picture.mode.startswith("I;16"):
        picture = picture.convert("I").point([value >> 8 for value in range(1 << 16)], "L")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
    elif picture.mode not in ("L", "RGB"):
        picture = picture.convert("RGB")
    if max(picture.size) > _REDUCED:
        factor = -(-max(picture.size) // _REDUCED)
        picture = picture.reduce((min(factor, picture.width), min(factor, picture.height)))
    if picture.mode != "RGBA":
        return picture.convert("L")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("L")


def _told(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:120] if str(error).strip() else type(error).__name__
