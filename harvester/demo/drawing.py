"""From a sketch to the bytes of a picture file: the same sketch gives the same bytes, in every process."""

from __future__ import annotations

import io
import random
import zipfile
from dataclasses import dataclass, replace
from itertools import pairwise

from PIL import Image, ImageFilter

from harvester.demo.canvas import INK, WHITE, Canvas, Colour, Place
from harvester.demo.figure import draw_figure, posed
from harvester.demo.looks import LOOKS
from harvester.demo.scenery import BACKGROUNDS, scatter

# framing -> the part of figure space the picture's height shows: from, to (the head is -1 … 1, the feet are at 9.4)
SHOWS: dict[str, tuple[float, float]] = {
    "close_up": (-1.0, 1.15),
    "portrait": (-2.1, 1.9),
    "upper_body": (-2.2, 3.5),
    "cowboy_shot": (-2.3, 5.6),
    "full_body": (-2.4, 10.0),
    "wide": (-13.0, 13.0),
}

_LARGEST = 1.08

LIGHTS: tuple[tuple[float, float, float], ...] = (
    (1.0, 1.0, 1.0), (1.0, 1.0, 1.0), (1.0, 0.9, 0.78), (0.8, 0.88, 1.0), (0.62, 0.66, 0.86), (1.0, 0.82, 0.86),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is in a picture. `seed` decides whatever the other fields leave open: pose, colours, layout."""

    seed: str
    width: int
    height: int
    framing: str = "upper_body"
    cast: tuple[str, ...] = ("hakurei_reimu",)  # who is in it, the subject first
    costume: str = ""
    expression: str = "smile"
    background: str = "simple"
    layout: str = "single"  # single, comic or views
    finish: str = "colour"  # colour, greyscale, sepia or transparent
    behind: bool = False
    tilted: bool = False


@dataclass(frozen=True, slots=True)
class Coding:
    """How a picture was saved, and what was done to it on the way."""

    format: str = "jpg"
    quality: int = 90
    scale: float = 1.0
    blur: float = 0.0  # radius in pixels
    keep: float = 1.0  # less than 1: the file ends early


def draw(sketch: Sketch) -> Image.Image:
    """The picture as a palette image."""
    rng = random.Random(sketch.seed)  # noqa: S311 - a drawing, not a secret
    canvas = Canvas(sketch.width, sketch.height)
    if sketch.layout == "comic":
        _comic(canvas, sketch, rng)
    else:
        _scene(canvas, sketch, rng)
    light = rng.choice(LIGHTS) if sketch.background != "white" else LIGHTS[0]
    image = canvas.image
    image.putpalette(
        [level for colour in canvas.colours for level in _lit(colour, light, sketch.finish)]
    )
    return image


def encode(image: Image.Image, coding: Coding, *, transparent: bool = False) -> bytes:
    """The picture as a file of the coding's format, with its damage done."""
    if coding.blur or coding.scale != 1.0 or coding.format in {"jpg", "webp"}:
        image = image.convert("RGB")
    if coding.blur:
        # Blurred at half size, which looks the same and takes a third of the time.
        half = image.reduce(2).filter(ImageFilter.GaussianBlur(coding.blur / 2))
        image = half.resize(image.size, Image.Resampling.BILINEAR)
    if coding.scale != 1.0:
        image = image.resize(scaled(image.size, coding.scale), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    if coding.format == "jpg":
        image.save(buffer, "JPEG", quality=coding.quality)
    elif coding.format == "webp":
        image.save(buffer, "WEBP", quality=coding.quality, method=0)
    elif transparent and image.mode == "P":
        image.save(buffer, "PNG", compress_level=1, transparency=0)
    else:
        image.save(buffer, "PNG", compress_level=1)
    whole = buffer.getvalue()
    return whole[: int(len(whole) * coding.keep)]


def render(sketch: Sketch, coding: Coding) -> bytes:
    """The bytes of the original file; moving kinds get a few small frames."""
    if coding.format == "gif":
        return _gif(sketch)
    if coding.format == "zip":
        return _ugoira(sketch)
    if coding.format == "mp4":
        # Enough to be taken for a film by its first bytes; nobody plays it.
        body = b"".join(f"{sketch.seed}:{i};".encode() for i in range(4000))
        return b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + body
    return encode(draw(sketch), coding, transparent=sketch.finish == "transparent")


def room(framing: str, people: int) -> float:
    """The least width a unit of height at which so many people fit without being drawn smaller."""
    top, bottom = SHOWS[framing]
    return _LARGEST * people * _elbow_room(framing) / (bottom - top) if people > 1 else 0.0


def _elbow_room(framing: str) -> float:
    return 1.05 if framing == "close_up" else 1.84


def scaled(size: tuple[int, int], factor: float) -> tuple[int, int]:
    """A size times a factor, in whole pixels."""
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _scene(canvas: Canvas, sketch: Sketch, rng: random.Random) -> None:
    if sketch.finish == "transparent":
        canvas.box(0, 0, canvas.width, canvas.height, WHITE)
    else:
        BACKGROUNDS[sketch.background](canvas, rng)
    cast = sketch.cast * 3 if sketch.layout == "views" else sketch.cast
    top, bottom = SHOWS[sketch.framing]
    grown = rng.uniform(0.92, _LARGEST)
    scale = canvas.height / (bottom - top) * grown
    if len(cast) > 1:
        scale = min(scale, canvas.width / (len(cast) * _elbow_room(sketch.framing)))
    tilt = rng.choice((-0.3, -0.22, 0.22, 0.3)) if sketch.tilted else rng.uniform(-0.09, 0.09)
    shift = rng.uniform(-0.14, 0.14) if len(cast) == 1 else rng.uniform(-0.03, 0.03)
    if sketch.framing == "wide":
        shift *= 2.2
    for index, name in reversed(list(enumerate(cast))):
        place = Place(
            scale * (1 if index == 0 else rng.uniform(0.92, 1.05)),
            canvas.width * ((index + 0.5) / len(cast) + shift),
            -top * scale / grown * rng.uniform(0.94, 1.06) + scale * (1 - 1 / grown),
            tilt if index == 0 else -tilt,
            mirrored=rng.random() < 0.5,
        )
        mood = sketch.expression if index == 0 else "smile"
        figure = posed(
            LOOKS.get(name, LOOKS["hakurei_reimu"]),
            rng,
            costume=sketch.costume if index == 0 else "",
            expression=mood,
            behind=sketch.behind,
        )
        draw_figure(canvas, place, figure)
    if sketch.finish != "transparent":
        scatter(canvas, rng)


def _comic(canvas: Canvas, sketch: Sketch, rng: random.Random) -> None:
    canvas.box(0, 0, canvas.width, canvas.height, WHITE)
    rows = rng.choice((2, 3, 4))
    gap = canvas.width * 0.03
    height = (canvas.height - gap) / rows
    for row in range(rows):
        split = rng.choice((1.0, 0.5, 0.62))
        edges = [0.0, split, 1.0] if split < 1 else [0.0, 1.0]
        for left, right in pairwise(edges):
            box = (
                gap + left * (canvas.width - gap),
                gap + row * height,
                right * (canvas.width - gap),
                (row + 1) * height,
            )
            _panel(canvas, sketch, rng, box)


def _panel(
    canvas: Canvas, sketch: Sketch, rng: random.Random, box: tuple[float, float, float, float]
) -> None:
    width, height = int(box[2] - box[0]), int(box[3] - box[1])
    inside = Canvas(width, height)
    framing = rng.choice(("portrait", "upper_body", "cowboy_shot", "full_body"))
    part = replace(
        sketch,
        width=width,
        height=height,
        framing=framing,
        background=rng.choice(list(BACKGROUNDS)),
        layout="single",
    )
    _scene(inside, part, rng)
    bubble = rng.uniform(0.1, 0.16) * width
    inside.disc(bubble * 1.4, bubble * 1.2, bubble, WHITE)
    for line in range(3):
        inside.line(
            [
                (bubble * 0.8, bubble * (0.8 + 0.3 * line)),
                (bubble * 1.9, bubble * (0.8 + 0.3 * line)),
            ],
            INK,
            3,
        )
    # Palettes differ between panel and page: translate the panel's indices into the page's.
    table = [canvas.ink(colour) for colour in inside.colours]
    canvas.image.paste(
        inside.image.point(table + [0] * (256 - len(table))), (int(box[0]), int(box[1]))
    )
    canvas.line(
        [(box[0], box[1]), (box[2], box[1]), (box[2], box[3]), (box[0], box[3]), (box[0], box[1])],
        INK,
        5,
    )


def _lit(colour: Colour, light: tuple[float, float, float], finish: str) -> tuple[int, int, int]:
    if finish in {"greyscale", "sepia"}:
        grey = (colour[0] * 299 + colour[1] * 587 + colour[2] * 114) // 1000
        return (
            (grey, grey, grey)
            if finish == "greyscale"
            else (grey, grey * 86 // 100, grey * 68 // 100)
        )
    return (int(colour[0] * light[0]), int(colour[1] * light[1]), int(colour[2] * light[2]))


def _frames(sketch: Sketch) -> list[Image.Image]:
    moods = (sketch.expression, "closed_eyes", "open_mouth")
    return [draw(replace(sketch, expression=mood)).convert("RGB") for mood in moods]


def _gif(sketch: Sketch) -> bytes:
    first, *others = (frame.quantize(64, dither=Image.Dither.NONE) for frame in _frames(sketch))
    buffer = io.BytesIO()
    first.save(buffer, "GIF", save_all=True, append_images=others, duration=200, loop=0)
    return buffer.getvalue()


def _ugoira(sketch: Sketch) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, frame in enumerate(_frames(sketch)):
            entry = zipfile.ZipInfo(f"{number:06}.jpg", date_time=(2020, 1, 1, 0, 0, 0))
            archive.writestr(entry, encode(frame, Coding(quality=85)))
    return buffer.getvalue()
