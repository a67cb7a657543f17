"""Letters in rows are counted in pixels, whatever the script's direction; drawing, patterns and signatures are none."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont

from harvester.gates.lettering import Lettering
from harvester.measure import measure
from harvester.measure.lettering import letters
from harvester.model import Verdict
from tests.test_measure_quality import drawn

SPOKEN = "WHAT ARE YOU\nDOING HERE?\nI THOUGHT THAT\nNOBODY KNEW"
FEW = Lettering().letters


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def spoken(picture: Image.Image, *, size: int = 24, text: str = SPOKEN) -> Image.Image:
    """With a speech bubble."""
    pen = ImageDraw.Draw(picture)
    box = pen.multiline_textbbox((200, 200), text, font(size), anchor="mm", align="center")
    around = (box[0] - 45, box[1] - 40, box[2] + 45, box[3] + 40)
    pen.ellipse(around, "white", "black", 3)
    pen.multiline_text((200, 200), text, "black", font(size), anchor="mm", align="center")
    return picture


def subtitled(picture: Image.Image, *, bar: bool = False) -> Image.Image:
    pen, low = ImageDraw.Draw(picture), picture.height - 30
    if bar:
        pen.rectangle((0, low - 80, picture.width, picture.height), "black")
    pen.multiline_text(
        (picture.width // 2, low),
        "I would never have come here\nif it were not for you",
        "white",
        font(34),
        anchor="md",
        align="center",
        stroke_width=0 if bar else 3,
        stroke_fill="black",
    )
    return picture


WRITTEN: dict[str, Callable[[Image.Image], Image.Image]] = {
    "a bubble": spoken,
    "a subtitle": subtitled,
    "a bar": lambda picture: subtitled(picture, bar=True),
    "a large bubble": lambda picture: spoken(picture, size=40),
    "columns": lambda picture: spoken(picture).rotate(90, expand=True),
}


@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("kind", ["png", "jpg", "webp"])
def test_what_is_written_over_a_picture_is_counted_and_rejected(
    tmp_path: Path, write: Callable[[Image.Image], Image.Image], kind: str
) -> None:
    path = tmp_path / f"a.{kind}"
    write(drawn(800, 1000)).save(path, quality=90)
    facts = measure(path).facts

    assert (facts.letters or 0) > FEW
    assert Lettering().judge(facts).verdict is Verdict.REJECT


def test_what_is_written_is_the_same_in_a_picture_of_twice_the_size() -> None:
    grey = spoken(drawn(800, 1000)).convert("L")

    assert letters(grey.resize((1600, 2000))) == pytest.approx(letters(grey), rel=0.2)


def signed(picture: Image.Image) -> Image.Image:
    """A name and an address in a corner, as small as they are there."""
    pen = ImageDraw.Draw(picture)
    low = (picture.width - 20, picture.height - 16)
    pen.rectangle((low[0] - 220, low[1] - 50, *low), "white")
    pen.multiline_text(low, "@some_artist\nartist.example/2024", "black", font(15), anchor="rd")
    return picture


def titled(picture: Image.Image) -> Image.Image:
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, picture.width, 140), "white")
    pen.text((40, 20), "Adventure", "black", font(90))
    return picture


def haired(picture: Image.Image) -> Image.Image:
    """Fine strokes side by side, as hair, fur and grass are drawn."""
    pen, chance = ImageDraw.Draw(picture), random.Random(5)
    for x in range(0, picture.width, 7):
        top = chance.randrange(picture.height)
        pen.line((x, top, x + chance.randrange(-9, 10), top + chance.randrange(8, 60)), "black", 2)
    return picture


def tiled(shape: str, step: int) -> Callable[[Image.Image], Image.Image]:
    """Printed all over with dots, checks or crosses."""

    def tile(picture: Image.Image) -> Image.Image:
        pen = ImageDraw.Draw(picture)
        pen.rectangle((0, 0, *picture.size), "white")
        for x in range(0, picture.width, 2 * step):
            for y in range(0, picture.height, 2 * step):
                box = (x, y, x + step, y + step)
                if shape == "dots":
                    pen.ellipse(box, "black")
                elif shape == "checks":
                    pen.rectangle(box, "black")
                else:
                    pen.line(box, "black", 3)
                    pen.line((x + step, y, x, y + step), "black", 3)
        return picture

    return tile


UNWRITTEN: dict[str, Callable[[Image.Image], Image.Image]] = {
    "drawn": lambda picture: picture,
    "signed": signed,
    "a title": titled,
    "hair": haired,
    **{f"{shape} {step}": tiled(shape, step) for shape in ("dots", "checks", "crosses") for step in (8, 14, 22)},
}  # fmt: skip


@pytest.mark.parametrize("make", UNWRITTEN.values(), ids=UNWRITTEN)
@pytest.mark.parametrize("seed", range(3))
def test_drawing_patterns_and_signatures_are_let_through(
    make: Callable[[Image.Image], Image.Image], seed: int
) -> None:
    assert letters(make(drawn(800, 1000, seed=seed)).convert("L")) <= FEW


@pytest.mark.parametrize("size", [(1, 1), (2, 900), (5, 5), (64, 64), (641, 640)])
@pytest.mark.parametrize("colour", ["white", "black"])
def test_nothing_is_written_on_an_empty_picture(size: tuple[int, int], colour: Any) -> None:
    assert letters(Image.new("L", size, colour)) == 0


def test_a_page_of_noise_is_no_page_of_letters() -> None:
    noise = Image.frombytes("L", (700, 700), random.Random(1).randbytes(490_000))

    assert letters(noise) == 0


def test_a_picture_with_neither_has_no_letters_and_one_that_cannot_be_read_none_known(
    tmp_path: Path,
) -> None:
    plain, broken = tmp_path / "plain.png", tmp_path / "broken.png"
    Image.new("RGB", (300, 300), "white").save(plain)
    broken.write_bytes(plain.read_bytes()[:60])

    assert measure(plain).facts.letters == 0
    assert measure(broken).facts.letters is None
