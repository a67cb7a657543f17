"""A file is measured as it is, whole or damaged; a bad one is an answer, not an error."""

from __future__ import annotations

import hashlib
import io
import random
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from harvester.hashing import distance
from harvester.measure import measure, phash
from harvester.model import Facts, Media


def drawn(width: int = 300, height: int = 400, *, seed: int = 1) -> Image.Image:
    """A picture with enough shapes for its hash to mean something."""
    chance = random.Random(seed)
    picture = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(picture)
    for _ in range(25):
        x, y = chance.randrange(width), chance.randrange(height)
        size = chance.randrange(width // 10, width // 2)
        pen.ellipse((x, y, x + size, y + size), fill=tuple(chance.randrange(256) for _ in range(3)))
    return picture


def saved(path: Path, picture: Image.Image, **options: Any) -> Path:
    picture.save(path, **options)
    return path


def facts_of(path: Path) -> Facts:
    return measure(path).facts


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "avif", "gif", "bmp"])
def test_size_format_and_kind_are_read_from_the_file(tmp_path: Path, kind: str) -> None:
    facts = facts_of(saved(tmp_path / f"any name.{kind}", drawn()))

    assert (facts.width, facts.height, facts.format) == (300, 400, kind)
    assert (facts.media, facts.frames, facts.decodable) == (Media.STILL, 1, True)


def test_hashes_and_length_are_those_of_the_bytes(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", drawn())
    data = path.read_bytes()

    facts = facts_of(path)

    assert facts.bytes == len(data)
    assert facts.md5 == hashlib.md5(data).hexdigest()
    assert facts.sha1 == hashlib.sha1(data).hexdigest()
    assert facts.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("turn", range(1, 9))
def test_size_and_hash_are_those_after_orientation(tmp_path: Path, turn: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the turn that orientation undoes
    stored = drawn() if turn == 1 else drawn().transpose(Image.Transpose(back[turn]))

    facts = facts_of(saved(tmp_path / "a.jpg", stored, exif=exif, quality=95))

    assert (facts.width, facts.height) == (300, 400)
    assert distance(facts.phash or 0, phash(drawn())) <= 4


@pytest.mark.parametrize(
    ("kind", "quality"), [("jpeg", 40), ("webp", 50), ("avif", 50), ("png", None)]
)
def test_the_hash_survives_encoding_and_resizing(
    tmp_path: Path, kind: str, quality: int | None
) -> None:
    large = drawn(1500, 2000)
    path = saved(tmp_path / "a", large.resize((600, 800)), format=kind, quality=quality)

    assert distance(facts_of(path).phash or 0, phash(large)) <= 4


def test_other_pictures_have_other_hashes(tmp_path: Path) -> None:
    assert distance(phash(drawn(seed=1)), phash(drawn(seed=2))) > 16


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "LA", "I;16"])
def test_every_mode_of_png_can_be_measured(tmp_path: Path, mode: str) -> None:
    picture = (
        drawn().convert("L").point(lambda v: v * 256, "I").convert("I;16")
        if mode == "I;16"
        else drawn().convert(mode)
    )
    facts = facts_of(saved(tmp_path / "a.png", picture))

    assert facts.decodable is True
    if mode != "1":
        assert distance(facts.phash or 0, phash(drawn())) <= 8


def test_a_cmyk_jpeg_can_be_measured(tmp_path: Path) -> None:
    facts = facts_of(saved(tmp_path / "a.jpg", drawn().convert("CMYK"), quality=95))

    assert distance(facts.phash or 0, phash(drawn())) <= 8


def test_transparent_parts_count_as_white(tmp_path: Path) -> None:
    picture = drawn()
    hidden = Image.new("RGBA", picture.size, (255, 0, 0, 0))
    hidden.paste(picture, mask=Image.new("1", picture.size, 0))
    hidden.paste(picture.crop((0, 0, 150, 400)), (0, 0))
    flat = Image.new("RGB", picture.size, "white")
    flat.paste(picture.crop((0, 0, 150, 400)), (0, 0))

    assert facts_of(saved(tmp_path / "a.png", hidden)).phash == phash(flat)


@pytest.mark.parametrize("kind", ["gif", "png", "webp"])
def test_moving_pictures_are_animations(tmp_path: Path, kind: str) -> None:
    more = [drawn(seed=2), drawn(seed=3)]
    facts = facts_of(saved(tmp_path / f"a.{kind}", drawn(), save_all=True, append_images=more))

    assert (facts.media, facts.frames) == (Media.ANIMATION, 3)


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "avif", "gif", "bmp"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.95])
def test_a_file_cut_short_is_not_decodable(tmp_path: Path, kind: str, part: float) -> None:
    path = saved(tmp_path / "a", drawn(), format=kind)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])

    result = measure(path)

    assert result.facts.decodable is False
    assert result.note
    assert result.facts.sha256


def test_a_large_jpeg_cut_short_is_noticed_though_it_is_decoded_small(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jpg", drawn(2000, 3000), progressive=True)
    path.write_bytes(path.read_bytes()[:-2000])

    assert facts_of(path).decodable is False


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "avif", "gif", "bmp"])
def test_no_damage_makes_measuring_fail(tmp_path: Path, kind: str) -> None:
    data = bytearray(saved(tmp_path / "a", drawn(60, 80), format=kind).read_bytes())
    for seed in range(60):
        chance = random.Random(seed)
        damaged = bytearray(data)
        for _ in range(chance.randrange(1, 12)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        path = tmp_path / "damaged"
        path.write_bytes(damaged)

        assert measure(path).facts.decodable in (True, False)


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a", b"<html>not here</html>", b"<svg/>", b"PK\x03\x04", b"\x00" * 99]
)
def test_what_is_no_picture_is_not_decodable(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(data)

    result = measure(path)

    assert (result.facts.decodable, result.facts.bytes) == (False, len(data))
    assert result.note


@pytest.mark.parametrize(
    ("head", "media"),
    [
        (b"\x1aE\xdf\xa3webm", Media.VIDEO),
        (b"\0\0\0\x18ftypmp42", Media.VIDEO),
        (b"CWS\x0a", Media.FLASH),
    ],
)
def test_videos_and_flash_are_told_by_their_first_bytes(
    tmp_path: Path, head: bytes, media: Media
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(head + b"\0" * 100)

    assert facts_of(path).media is media


def bomb(width: int, height: int) -> bytes:
    """A tiny PNG that claims to be huge."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [10_001, 12_000, 60_000])
def test_a_bomb_is_refused_by_its_header(tmp_path: Path, side: int) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(bomb(side, side))

    result = measure(path)

    assert result.facts.decodable is False
    assert "pixels" in result.note


def test_the_bound_on_pixels_is_included(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", drawn())

    assert measure(path, max_pixels=120_000).facts.decodable is True
    assert measure(path, max_pixels=119_999).facts.decodable is False


def test_a_picture_within_another_kind_of_file_is_not_looked_for(tmp_path: Path) -> None:
    inside = io.BytesIO()
    drawn().save(inside, "TIFF")
    path = tmp_path / "a.jpg"
    path.write_bytes(inside.getvalue())

    assert facts_of(path).decodable is False


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        measure(tmp_path / "nowhere.png")
