"""The surface pictures are drawn on, and where a figure stands on it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PIL import Image, ImageDraw

Point = tuple[float, float]
Colour = tuple[int, int, int]

INK: Colour = (52, 36, 44)
WHITE: Colour = (250, 248, 246)
SKIN: Colour = (252, 224, 204)
SKIN_SHADE: Colour = (236, 186, 166)


CIRCLE = tuple((math.cos(math.tau * i / 28), math.sin(math.tau * i / 28)) for i in range(28))


def darker(colour: Colour, factor: float = 0.72) -> Colour:
    """The colour in shadow."""
    return (int(colour[0] * factor), int(colour[1] * factor), int(colour[2] * factor))


class Canvas:
    """A palette picture: a byte a pixel keeps drawing fast, and light is a change of the palette alone."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.image = Image.new("P", (width, height), 0)
        self._pen = ImageDraw.Draw(self.image)
        self._inks: dict[Colour, int] = {}

    def ink(self, colour: Colour) -> int:
        """The palette index of a colour; past 256 colours the nearest one there is."""
        index = self._inks.get(colour)
        if index is not None:
            return index
        if len(self._inks) == 256:
            near = min(
                self._inks, key=lambda c: sum(abs(a - b) for a, b in zip(c, colour, strict=True))
            )
            return self._inks[near]
        self._inks[colour] = len(self._inks)
        return self._inks[colour]

    def polygon(self, points: list[Point], colour: Colour) -> None:
        self._pen.polygon(points, fill=self.ink(colour))

    def line(self, points: list[Point], colour: Colour, width: float) -> None:
        self._pen.line(points, fill=self.ink(colour), width=max(1, round(width)))

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        if right > left and bottom > top:
            self._pen.rectangle((left, top, right, bottom), fill=self.ink(colour))

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        self._pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=self.ink(colour))

    @property
    def colours(self) -> tuple[Colour, ...]:
        """The palette, in index order."""
        return tuple(self._inks)


@dataclass(frozen=True, slots=True)
class Place:
    """Where figure space lies on the canvas: pixels per unit, the head's centre, tilt and mirroring."""

    scale: float
    x: float
    y: float
    tilt: float = 0.0
    mirrored: bool = False

    def put(self, points: list[Point]) -> list[Point]:
        """Figure space to pixels."""
        across = -self.scale if self.mirrored else self.scale
        cos, sin = math.cos(self.tilt), math.sin(self.tilt)
        return [
            (
                self.x + across * px * cos - self.scale * py * sin,
                self.y + across * px * sin + self.scale * py * cos,
            )
            for px, py in points
        ]


def lighter(colour: Colour) -> Colour:
    """The colour in light."""
    return (min(255, colour[0] + 46), min(255, colour[1] + 42), min(255, colour[2] + 40))


def oval(x: float, y: float, across: float, down: float) -> list[Point]:
    """An ellipse as a polygon, so that it tilts with the figure."""
    return [(x + across * cos, y + down * sin) for cos, sin in CIRCLE]


class Pen:
    """Canvas and place in one: shapes given in figure space, outlined like ink drawings."""

    def __init__(self, canvas: Canvas, place: Place) -> None:
        self._canvas, self._place = canvas, place
        self._stroke = max(1.0, place.scale * 0.035)

    def shape(self, points: list[Point], colour: Colour, *, outline: bool = True) -> None:
        put = self._place.put(points)
        self._canvas.polygon(put, colour)
        if outline:
            self._canvas.line([*put, put[0]], INK, self._stroke)

    def stroke(self, points: list[Point], colour: Colour, width: float = 0.035) -> None:
        self._canvas.line(self._place.put(points), colour, width * self._place.scale)
