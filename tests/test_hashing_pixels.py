"""Copies are found by small likenesses of pictures, and told from variants by their pixels."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from harvester.hashing import Kind, Likeness, distance, likeness, pairs, thumb, weights_version
from harvester.hashing.thumbs import of_picture
from harvester.hashing.verdict import model
from harvester.hashing.verifying import NAMES, Compared, figures
from harvester.hashing.windows import SHAPES, window_hashes
from harvester.measure.grey import small
from harvester.sketch import SIDE, Sketch, hashes, inside, sketched, unpacked


def drawn(seed: int = 1, size: tuple[int, int] = (600, 800)) -> Image.Image:
    """A soft ground with shapes and strokes: enough for small differences to be small."""
    chance = random.Random(seed)
    corners = Image.new("RGB", (3, 3))
    for x in range(3):
        for y in range(3):
            corners.putpixel((x, y), tuple(chance.randrange(40, 220) for _ in range(3)))
    picture = corners.resize(size, Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(picture)
    for _ in range(30):
        x, y = chance.randrange(size[0]), chance.randrange(size[1])
        across = chance.randrange(size[0] // 20, size[0] // 4)
        colour = tuple(chance.randrange(256) for _ in range(3))
        pen.ellipse((x, y, x + across, y + chance.randrange(20, 200)), fill=colour)
        pen.line((x, y, x + across, y - across), fill="black", width=3)
    return picture


def sketch_of(picture: Image.Image) -> Sketch:
    return sketched(small(picture).convert("L"))


def said(left: Image.Image, right: Image.Image) -> Likeness:
    return likeness(Compared(of_picture(left)), Compared(of_picture(right)))


def with_another_mouth(picture: Image.Image) -> Image.Image:
    changed = picture.copy()
    x, y, wide = picture.width * 0.45, picture.height * 0.4, picture.width * 0.035
    box = (x - wide, y - wide, x + wide, y + wide)
    dark = sum(picture.getpixel((round(x), round(y)))) > 380  # type: ignore[arg-type]
    ImageDraw.Draw(changed).ellipse(box, fill="black" if dark else "white")
    return changed


def cropped(picture: Image.Image, share: float) -> Image.Image:
    x, y = (round(side * share / 2) for side in picture.size)
    return picture.crop((x, y, picture.width - x, picture.height - y))


def with_strip(picture: Image.Image, place: str) -> Image.Image:
    """A strip with writing, added above or below."""
    strip = Image.new("RGB", (picture.width, picture.height // 18), "#202040")
    ImageDraw.Draw(strip).text((10, 8), "posted by somebody", "white", font_size=24)
    joined = Image.new("RGB", (picture.width, picture.height + strip.height))
    joined.paste(picture, (0, strip.height if place == "above" else 0))
    joined.paste(strip, (0, 0 if place == "above" else picture.height))
    return joined


Change = Callable[[Image.Image], Image.Image]
COPIES: dict[str, Change] = {
    "smaller": lambda picture: picture.resize((270, 360), Image.Resampling.LANCZOS),
    "larger": lambda picture: picture.resize((1200, 1600), Image.Resampling.BICUBIC),
    "framed": lambda picture: ImageOps.expand(picture, 50, "black"),
    "letterboxed": lambda picture: ImageOps.pad(picture, (1100, 800), color="white"),
    "with a strip above": lambda picture: with_strip(picture, "above"),
    "with a strip below": lambda picture: with_strip(picture, "below"),
    "mirrored": ImageOps.mirror,
    "grey": lambda picture: picture.convert("L").convert("RGB"),
    "brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.15),
    "blurred": lambda picture: picture.filter(ImageFilter.GaussianBlur(1)),
    "cut by 5 %": lambda picture: cropped(picture, 0.05),
    "cut by 15 %": lambda picture: cropped(picture, 0.15),
}
each_copy = pytest.mark.parametrize("change", COPIES.values(), ids=COPIES)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_hashes_are_the_very_bits_of_imagehash(seed: int, coarse: int) -> None:
    chance = np.random.default_rng(seed)
    tile = chance.integers(0, 256, (-(-SIDE // coarse), -(-SIDE // coarse)), dtype=np.uint8)
    grey = np.kron(tile, np.ones((coarse, coarse), np.uint8))[:SIDE, :SIDE]

    told = imagehash.phash(Image.fromarray(grey))

    assert int(hashes(grey[None])[0]) == int(str(told), 16)


@pytest.mark.parametrize("size", [(32, 32), (50, 400), (384, 300), (1, 1), (7, 2)])
def test_the_hash_of_the_whole_is_imagehash_s_at_any_size(size: tuple[int, int]) -> None:
    grey = drawn(3).convert("L").resize(size)

    assert sketched(grey).phash == int(str(imagehash.phash(grey)), 16)


def test_a_sketch_survives_the_catalog() -> None:
    sketch = sketch_of(drawn())

    assert unpacked(sketch.packed()) == sketch
    assert len(sketch.packed()) == 32 + SIDE * SIDE


def test_a_frame_makes_no_difference_to_what_is_inside() -> None:
    framed = ImageOps.expand(drawn(), 60, "navy")

    assert distance(sketch_of(framed).inner, sketch_of(drawn()).inner) <= 4


def test_a_frame_around_a_white_ground_is_cut_off_with_it() -> None:
    figure = ImageOps.expand(drawn(size=(300, 400)), 80, "white")

    box = inside(np.asarray(ImageOps.expand(figure, 20, "red").convert("L")))

    assert box == (100, 100, 400, 500)


def test_plain_shapes_on_a_wide_ground_are_no_borders() -> None:
    """Of a square, a bar and a disc on grey all is kept, not only the disc."""
    plain = Image.new("L", (450, 450), 90)
    pen = ImageDraw.Draw(plain)
    pen.rectangle((120, 120, 330, 330), fill=200)
    pen.rectangle((120, 120, 330, 150), fill=30)
    pen.ellipse((250, 230, 320, 300), fill=10)

    assert inside(np.asarray(plain)) == (120, 120, 331, 331)


@pytest.mark.parametrize("colour", ["white", "black", "red"])
def test_a_picture_of_one_colour_has_no_borders(colour: str) -> None:
    flat = Image.new("RGB", (90, 120), colour)

    assert inside(np.asarray(flat.convert("L"))) == (0, 0, 90, 120)


def test_a_mirror_image_is_found_by_the_mirrored_hash() -> None:
    assert distance(sketch_of(ImageOps.mirror(drawn())).mirrored, sketch_of(drawn()).inner) <= 2


def test_a_figure_is_found_on_whatever_plain_ground() -> None:
    figure = Image.new("RGBA", (500, 500))
    round_ = Image.new("L", (300, 420))
    ImageDraw.Draw(round_).ellipse((0, 0, 299, 419), fill=255)
    figure.paste(drawn(size=(300, 420)), (100, 40), round_)
    on = {colour: Image.new("RGBA", (500, 500), colour) for colour in ("white", "black")}
    told = {
        colour: sketch_of(Image.alpha_composite(ground, figure).convert("RGB")).bare
        for colour, ground in on.items()
    }

    assert distance(told["white"], told["black"]) <= 6


def test_the_first_window_is_the_whole_and_a_part_is_like_its_window() -> None:
    grey = np.asarray(drawn().convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS))
    part = drawn().crop((0, 0, round(600 * 0.8), round(800 * 0.8))).convert("L")
    asked = np.asarray(part.resize((SIDE, SIDE), Image.Resampling.LANCZOS))

    told = window_hashes(np.stack([grey, asked]))

    assert told.shape == (2, len(SHAPES))
    assert distance(int(told[0, 0]), int(hashes(grey[None])[0])) <= 2
    assert np.bitwise_count(told[0] ^ told[1, 0]).min() <= 6


@each_copy
def test_a_copy_is_worth_being_compared(change: Change) -> None:
    sketches = [sketch_of(each) for each in (drawn(1), drawn(2), change(drawn(1)))]

    assert (0, 2) in pairs(sketches)


def test_strangers_are_not_compared() -> None:
    assert pairs([sketch_of(drawn(seed)) for seed in range(12)]) == []


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_pictures_make_no_pair(count: int) -> None:
    assert pairs([sketch_of(drawn())] * count) == []


@each_copy
def test_a_copy_is_a_duplicate(change: Change) -> None:
    told = said(drawn(), change(drawn()))

    assert told.kind is Kind.DUPLICATE, told


@pytest.mark.parametrize("seed", range(1, 7))
def test_another_mouth_makes_a_variant(seed: int) -> None:
    told = said(drawn(seed), with_another_mouth(drawn(seed)))

    assert told.kind is Kind.VARIANT, told


@pytest.mark.parametrize(
    "change", [COPIES["smaller"], COPIES["brighter"]], ids=["smaller", "brighter"]
)
def test_another_mouth_is_seen_in_a_copy(change: Change) -> None:
    assert said(drawn(), change(with_another_mouth(drawn()))).kind is Kind.VARIANT


def test_another_picture_is_different() -> None:
    told = said(drawn(1), drawn(2))

    assert told.kind is Kind.DIFFERENT
    assert told.distance == pytest.approx(1, abs=0.1)


def test_evidence_says_how_one_lies_over_the_other() -> None:
    assert said(drawn(), ImageOps.mirror(drawn())).evidence.startswith("mirrored")
    assert "% of the other" in said(drawn(), cropped(drawn(), 0.15)).evidence


def test_flat_colours_are_not_made_equal() -> None:
    red, blue = (Image.new("RGB", (400, 400), "white") for _ in range(2))
    ImageDraw.Draw(red).rectangle((120, 150, 250, 280), fill=(200, 40, 40))
    ImageDraw.Draw(blue).rectangle((120, 150, 250, 280), fill=(40, 60, 200))

    assert said(red, blue).kind is not Kind.DUPLICATE


def told_of(left: Image.Image, right: Image.Image) -> dict[str, float]:
    told = figures(Compared(of_picture(left)), Compared(of_picture(right)))
    assert told is not None
    return dict(zip(NAMES, told, strict=True))


def test_a_spot_is_seen_where_a_plain_ground_passes_for_a_border() -> None:
    plain = ImageOps.expand(drawn(size=(300, 400)), 150, "#202020")
    spotted = plain.copy()
    ImageDraw.Draw(spotted).ellipse((285, 65, 297, 77), fill="#c0c0c0")

    assert told_of(plain, plain.copy())["outside_margin"] == 0
    assert told_of(plain, spotted)["outside_margin"] > 75


def test_a_border_around_a_copy_is_no_spot() -> None:
    plain = ImageOps.expand(drawn(size=(300, 400)), 60, "white")

    told = told_of(plain, ImageOps.expand(plain, 40, "black"))

    assert max(told["outside"], told["outside_margin"]) < 25


@pytest.mark.parametrize("colour", ["black", "#808080", "#3a5f8a"])
def test_a_figure_with_a_gap_is_the_same_before_any_plain_ground(colour: str) -> None:
    figure, ring = Image.new("RGBA", (600, 800)), Image.new("L", (600, 800))
    pen = ImageDraw.Draw(ring)
    pen.ellipse((80, 100, 520, 700), fill=255)
    pen.ellipse((240, 300, 360, 480), fill=0)
    figure.paste(drawn(), (0, 0), ring.filter(ImageFilter.GaussianBlur(2)))
    left, right = (
        Image.alpha_composite(Image.new("RGBA", figure.size, ground), figure).convert("RGB")
        for ground in ("white", colour)
    )

    told = told_of(left, right)

    assert told["bare"] == 1
    assert told["inner"] < 16
    assert told_of(with_another_mouth(left), right)["inner"] > 2 * told["inner"]


def test_what_is_clipped_in_a_brighter_copy_is_no_difference() -> None:
    grey = drawn().convert("L").convert("RGB")
    bright = ImageEnhance.Brightness(grey).enhance(1.35)

    assert told_of(grey, bright)["inner"] < 8
    assert told_of(bright, grey)["inner"] < 8


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    drawn(1).save(path)
    before = thumb(path)
    drawn(2, (600, 700)).save(path)

    assert thumb(path).luma.size != before.luma.size
    assert thumb(path) is thumb(path)


def test_a_file_is_compared_as_it_is_seen(tmp_path: Path) -> None:
    """Turned by its EXIF, and with its transparent parts on white."""
    exif = Image.Exif()
    exif[0x0112] = 6
    drawn().transpose(Image.Transpose.ROTATE_90).save(
        tmp_path / "turned.jpg", exif=exif, quality=90
    )
    drawn().convert("RGBA").save(tmp_path / "plain.png")

    told = likeness(*(Compared(thumb(tmp_path / name)) for name in ("turned.jpg", "plain.png")))

    assert told.kind is Kind.DUPLICATE


SHAPED = [(1, 1), (2, 900), (900, 3), (16, 16), (8, 8), (9, 11), (10, 40), (900, 40), (44, 900)]


@pytest.mark.parametrize("size", SHAPED)
def test_pictures_of_any_shape_can_be_compared(size: tuple[int, int]) -> None:
    odd = drawn().resize(size)
    framed = [ImageOps.expand(odd, 2 * max(size), colour) for colour in ("red", "blue")]

    assert said(odd, odd.copy()).distance <= 1
    assert said(odd, drawn()).distance <= 1
    assert said(framed[0], framed[1]).distance <= 1


def test_the_version_of_the_weights_is_told_without_reading_them() -> None:
    assert weights_version() == model().version


def test_the_process_that_drives_a_harvest_loads_no_scipy() -> None:
    asked = (
        "import sys, harvester.stages.rounds; from harvester.hashing import weights_version;"
        "weights_version(); print('scipy' in sys.modules)"
    )

    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "False"
