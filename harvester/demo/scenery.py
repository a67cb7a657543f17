"""Backgrounds: a dozen kinds of places, each laid out anew for every picture."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from harvester.demo.canvas import WHITE, Canvas, Colour, darker

HUES: tuple[Colour, ...] = (
    (238, 150, 150), (240, 190, 120), (236, 226, 140), (160, 210, 150), (130, 200, 200),
    (140, 180, 236), (176, 160, 230), (226, 160, 214), (120, 110, 130), (70, 84, 120),
    (60, 96, 84), (132, 72, 70), (230, 226, 220), (190, 170, 140),
)  # fmt: skip


def _bands(canvas: Canvas, start: Colour, end: Colour, *, upright: bool, steps: int = 18) -> None:
    for i in range(steps):
        part = i / (steps - 1)
        colour = _mix(start, end, part)
        if upright:
            top = canvas.height * i / steps
            canvas.box(0, top, canvas.width, top + canvas.height / steps + 1, colour)
        else:
            left = canvas.width * i / steps
            canvas.box(left, 0, left + canvas.width / steps + 1, canvas.height, colour)


def _mix(start: Colour, end: Colour, part: float) -> Colour:
    return (
        int(start[0] + (end[0] - start[0]) * part),
        int(start[1] + (end[1] - start[1]) * part),
        int(start[2] + (end[2] - start[2]) * part),
    )


def _hills(canvas: Canvas, rng: random.Random, base: Colour) -> None:
    width, height = canvas.width, canvas.height
    for layer in range(3):
        level = height * (0.4 + 0.2 * layer + rng.uniform(-0.12, 0.12))
        swing, pitch, phase = (
            height * rng.uniform(0.05, 0.16),
            rng.uniform(1.5, 6),
            rng.uniform(0, 6),
        )
        ridge = [
            (width * i / 24, level + swing * math.sin(phase + pitch * i / 24)) for i in range(25)
        ]
        canvas.polygon([(0, height), *ridge, (width, height)], darker(base, 1.0 - 0.22 * layer))


def _outdoors(canvas: Canvas, rng: random.Random) -> None:
    _bands(canvas, rng.choice(HUES[4:7]), rng.choice(HUES[:6]), upright=True)
    canvas.disc(
        rng.uniform(0, canvas.width), rng.uniform(0, canvas.height * 0.5),
        canvas.width * rng.uniform(0.08, 0.25), (255, 250, 214),
    )  # fmt: skip
    for _ in range(rng.randrange(2, 6)):
        x, y = rng.uniform(0, canvas.width), rng.uniform(0, canvas.height * 0.5)
        for puff in range(4):
            canvas.disc(
                x + puff * canvas.width * 0.07,
                y + rng.uniform(-1, 1) * 20,
                canvas.width * rng.uniform(0.05, 0.11),
                WHITE,
            )
    _hills(canvas, rng, rng.choice(((120, 176, 110), (150, 150, 96), (110, 150, 150))))


def _night(canvas: Canvas, rng: random.Random) -> None:
    _bands(
        canvas, (16, 20, 48), rng.choice(((64, 40, 96), (30, 70, 110), (96, 50, 70))), upright=True
    )
    for _ in range(60):
        canvas.disc(
            rng.uniform(0, canvas.width),
            rng.uniform(0, canvas.height),
            rng.uniform(1, 4),
            (250, 246, 210),
        )
    canvas.disc(
        rng.uniform(0, canvas.width),
        rng.uniform(0, canvas.height * 0.6),
        canvas.width * rng.uniform(0.1, 0.28),
        (246, 240, 200),
    )
    _hills(canvas, rng, (40, 46, 74))


def _indoors(canvas: Canvas, rng: random.Random) -> None:
    width, height = canvas.width, canvas.height
    wall, floor = rng.choice(HUES), rng.choice(HUES)
    canvas.box(0, 0, width, height, wall)
    canvas.box(0, height * rng.uniform(0.55, 0.85), width, height, darker(floor, 0.8))
    for _ in range(rng.randrange(2, 4)):
        left, top = rng.uniform(-0.1, 0.8) * width, rng.uniform(-0.05, 0.5) * height
        right, bottom = left + rng.uniform(0.2, 0.5) * width, top + rng.uniform(0.15, 0.4) * height
        canvas.box(left - 12, top - 12, right + 12, bottom + 12, darker(wall, 0.6))
        canvas.box(left, top, right, bottom, rng.choice(HUES))
        canvas.line([((left + right) / 2, top), ((left + right) / 2, bottom)], darker(wall, 0.6), 8)
    for i in range(rng.randrange(3, 8)):
        left = rng.uniform(0, 0.9) * width
        canvas.box(
            left, height * 0.45, left + width * 0.08, height * (0.6 + 0.03 * i), rng.choice(HUES)
        )


def _shrine(canvas: Canvas, rng: random.Random) -> None:
    width, height = canvas.width, canvas.height
    _bands(canvas, rng.choice(HUES), rng.choice(HUES), upright=True)
    _hills(canvas, rng, (90, 130, 90))
    middle, half = width * rng.uniform(0.2, 0.8), width * rng.uniform(0.22, 0.5)
    top, red = height * rng.uniform(0.05, 0.4), (196, 60, 44)
    for side in (-1, 1):
        canvas.box(
            middle + side * half * 0.75 - width * 0.035,
            top,
            middle + side * half * 0.75 + width * 0.035,
            height,
            red,
        )
    canvas.box(middle - half, top, middle + half, top + height * 0.05, red)
    canvas.box(
        middle - half * 1.15,
        top - height * 0.07,
        middle + half * 1.15,
        top - height * 0.02,
        darker(red, 0.5),
    )


def _forest(canvas: Canvas, rng: random.Random) -> None:
    width, height = canvas.width, canvas.height
    _bands(
        canvas,
        rng.choice(((200, 226, 180), (240, 220, 160), (120, 160, 160))),
        (60, 92, 70),
        upright=True,
    )
    for _ in range(rng.randrange(4, 10)):
        left, thick = rng.uniform(-0.05, 1) * width, rng.uniform(0.03, 0.13) * width
        canvas.box(
            left, 0, left + thick, height, rng.choice(((84, 62, 50), (60, 48, 44), (120, 96, 74)))
        )
    for _ in range(26):
        canvas.disc(
            rng.uniform(0, width),
            rng.uniform(0, height * 0.45),
            width * rng.uniform(0.04, 0.12),
            rng.choice(((70, 120, 70), (96, 150, 84), (50, 90, 60))),
        )


def _shards(canvas: Canvas, rng: random.Random) -> None:
    width, height = canvas.width, canvas.height
    canvas.box(0, 0, width, height, rng.choice(HUES))
    for _ in range(rng.randrange(8, 16)):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        reach = rng.uniform(0.15, 0.5) * width
        canvas.polygon(
            [(x + rng.uniform(-reach, reach), y + rng.uniform(-reach, reach)) for _ in range(3)],
            darker(rng.choice(HUES), rng.uniform(0.5, 1.0)),
        )


def _stripes(canvas: Canvas, rng: random.Random) -> None:
    width, height = canvas.width, canvas.height
    one, two = rng.sample(HUES, 2)
    canvas.box(0, 0, width, height, one)
    pitch, lean = width * rng.uniform(0.12, 0.4), rng.uniform(-1, 1) * width
    left = float(-width)
    while left < 2 * width:
        canvas.polygon(
            [
                (left, 0),
                (left + pitch / 2, 0),
                (left + pitch / 2 + lean, height),
                (left + lean, height),
            ],
            two,
        )
        left += pitch * rng.uniform(0.8, 1.6)


def _tiles(canvas: Canvas, rng: random.Random) -> None:
    across, down = rng.randrange(3, 7), rng.randrange(4, 8)
    width, height = canvas.width / across, canvas.height / down
    for i in range(across * down):
        column, row = i % across, i // across
        colour = darker(rng.choice(HUES), rng.choice((0.4, 0.7, 1.0)))
        canvas.box(column * width, row * height, (column + 1) * width, (row + 1) * height, colour)


def _rings(canvas: Canvas, rng: random.Random) -> None:
    _bands(canvas, rng.choice(HUES), darker(rng.choice(HUES), 0.5), upright=rng.random() < 0.5)
    for _ in range(rng.randrange(5, 12)):
        x, y, radius = (
            rng.uniform(0, canvas.width),
            rng.uniform(0, canvas.height),
            canvas.width * rng.uniform(0.06, 0.3),
        )
        canvas.disc(x, y, radius, rng.choice(HUES))
        canvas.disc(x, y, radius * 0.7, darker(rng.choice(HUES), rng.uniform(0.4, 1.0)))


def _ocean(canvas: Canvas, rng: random.Random) -> None:
    width, height = canvas.width, canvas.height
    line = height * rng.uniform(0.25, 0.7)
    _bands(canvas, rng.choice(HUES[:7]), WHITE, upright=True)
    canvas.box(0, line, width, height, rng.choice(((40, 110, 160), (60, 150, 170), (30, 60, 110))))
    for _ in range(14):
        x, y = rng.uniform(0, width), rng.uniform(line, height)
        canvas.line([(x, y), (x + width * rng.uniform(0.05, 0.3), y)], (220, 240, 244), 5)
    canvas.polygon(
        [
            (0, height),
            (0, height * rng.uniform(0.7, 0.95)),
            (width, height * rng.uniform(0.7, 1.0)),
            (width, height),
        ],
        (232, 210, 160),
    )


def _plain(canvas: Canvas, rng: random.Random) -> None:
    canvas.box(0, 0, canvas.width, canvas.height, (250, 250, 250))
    x, y = rng.uniform(0.1, 0.9) * canvas.width, rng.uniform(0.1, 0.9) * canvas.height
    colour = rng.choice(HUES)
    if rng.random() < 0.5:
        canvas.disc(x, y, canvas.width * rng.uniform(0.25, 0.6), colour)
    else:
        canvas.box(
            x - canvas.width * 0.3,
            0,
            x + canvas.width * rng.uniform(0.05, 0.4),
            canvas.height,
            colour,
        )


def _simple(canvas: Canvas, rng: random.Random) -> None:
    one, two = rng.sample(HUES, 2)
    _bands(canvas, darker(one, rng.uniform(0.5, 1)), two, upright=rng.random() < 0.5)
    if rng.random() < 0.7:
        _dots(canvas, rng, darker(two, 0.7))


def _dots(canvas: Canvas, rng: random.Random, colour: Colour) -> None:
    step = canvas.width / rng.randrange(4, 9)
    left, right = sorted((rng.uniform(0, canvas.width), rng.uniform(0, canvas.width)))
    for row in range(int(canvas.height / step) + 1):
        x = left
        while x < right:
            canvas.disc(x, row * step, step * 0.35, colour)
            x += step


BACKGROUNDS: dict[str, Callable[[Canvas, random.Random], None]] = {
    "outdoors": _outdoors,
    "night": _night,
    "indoors": _indoors,
    "shrine": _shrine,
    "forest": _forest,
    "abstract": _shards,
    "striped": _stripes,
    "tiles": _tiles,
    "rings": _rings,
    "ocean": _ocean,
    "white": _plain,
    "simple": _simple,
}


def scatter(canvas: Canvas, rng: random.Random) -> None:
    """Petals, leaves and lights before the figure; large ones near the edges so that no two pictures are framed alike."""
    width, height = canvas.width, canvas.height
    colour = rng.choice(HUES)
    for _ in range(rng.randrange(0, 24)):
        x, y, size = rng.uniform(0, width), rng.uniform(0, height), width * rng.uniform(0.008, 0.03)
        canvas.polygon(
            [(x - size, y), (x, y - size * 0.6), (x + size, y), (x, y + size * 0.7)], colour
        )
    for _ in range(rng.randrange(0, 5)):
        edge = rng.choice((0.0, 1.0))
        x, y = (
            (edge * width, rng.uniform(0, height))
            if rng.random() < 0.6
            else (rng.uniform(0, width), edge * height)
        )
        canvas.disc(
            x, y, width * rng.uniform(0.08, 0.22), darker(rng.choice(HUES), rng.uniform(0.3, 1))
        )
