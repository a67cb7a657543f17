"""Draws one anime-like figure, head to feet, in figure space: the head is a circle of radius 1 around (0, 0)."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from harvester.demo.canvas import (
    CIRCLE,
    INK,
    SKIN,
    SKIN_SHADE,
    WHITE,
    Canvas,
    Colour,
    Pen,
    Place,
    Point,
    darker,
    lighter,
    oval,
)
from harvester.demo.looks import COSTUMES, Look, dressed


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure's pose and clothes; angles in radians, 0 hangs straight down."""

    look: Look
    costume: str
    expression: str
    arms: tuple[float, float, float, float]
    legs: tuple[float, float]
    fringe: tuple[float, ...]
    turn: float
    behind: bool = False
    prop: str = ""


def posed(look: Look, rng: random.Random, *, costume: str, expression: str, behind: bool) -> Figure:
    """A figure in a pose of the generator's choice."""
    swing = rng.choice((0.2, 0.5, 1.1, 1.9, 2.6))
    other = rng.choice((0.15, 0.4, 0.9, 1.6))
    return Figure(
        look=dressed(look, costume),
        costume=costume if costume in COSTUMES else "",
        expression=expression,
        arms=(swing, swing + rng.uniform(-0.4, 0.9), other, other + rng.uniform(-0.9, 0.5)),
        legs=(rng.uniform(-0.05, 0.4), rng.uniform(-0.05, 0.4)),
        fringe=tuple(rng.uniform(-0.16, 0.16) for _ in range(8)),
        turn=rng.uniform(-0.16, 0.16),
        behind=behind,
        prop=rng.choice(("", "", "gohei", "cup", "umbrella", "book")),
    )


def draw_figure(canvas: Canvas, place: Place, figure: Figure) -> None:
    """The whole figure, back to front; what lies outside the canvas is cut by it."""
    pen = Pen(canvas, place)
    _back_hair(pen, figure)
    _headgear_behind(pen, figure)
    _legs(pen, figure)
    _skirt(pen, figure)
    _torso(pen, figure)
    _arm(pen, figure, side=-1, upper=figure.arms[0], lower=figure.arms[1])
    _arm(pen, figure, side=1, upper=figure.arms[2], lower=figure.arms[3])
    _head(pen, figure)
    if figure.behind:
        _hair_over_face(pen, figure)
    else:
        _face(pen, figure)
        _fringe(pen, figure)
    _headgear_before(pen, figure)


def _back_hair(pen: Pen, figure: Figure) -> None:
    hair, length = figure.look.hair, figure.look.hair_length
    left = [(-1.08, -0.4), (-1.22, 0.6), (-1.15, length * 0.7), (-0.85, length)]
    tips = [(-0.5, length - 0.35), (-0.2, length + 0.1), (0.15, length - 0.3), (0.5, length + 0.05)]
    right = [(0.85, length - 0.2), (1.15, length * 0.7), (1.22, 0.6), (1.08, -0.4)]
    pen.shape([*left, *tips, *right, (0.6, -1.1), (0, -1.25), (-0.6, -1.1)], darker(hair))


def _headgear_behind(pen: Pen, figure: Figure) -> None:
    look = figure.look
    if look.headgear != "bow":
        return
    red: Colour = (206, 38, 48)
    for side in (-1, 1):
        wing = [
            (0.0, -1.0),
            (0.75 * side, -1.75),
            (1.65 * side, -1.95),
            (1.8 * side, -1.1),
            (1.1 * side, -0.75),
        ]
        pen.shape(wing, red)
        pen.stroke([(1.5 * side, -1.85), (1.62 * side, -1.15), (1.1 * side, -0.86)], WHITE, 0.07)
        pen.stroke([(0.2 * side, -1.1), (1.0 * side, -1.45)], darker(red), 0.05)


def _legs(pen: Pen, figure: Figure) -> None:
    for side, angle in ((-1, figure.legs[0]), (1, figure.legs[1])):
        hip = (0.42 * side, 4.6)
        foot = (hip[0] + 4.5 * math.sin(angle) * side, hip[1] + 4.5 * math.cos(angle))
        knee = ((hip[0] + foot[0]) / 2, (hip[1] + foot[1]) / 2)
        trousers = figure.costume == "casual"
        upper = figure.look.skirt if trousers else SKIN
        pen.shape(_limb(hip, knee, 0.36, 0.28), upper)
        pen.shape(_limb(knee, foot, 0.28, 0.2), upper if trousers else WHITE)
        toe = 0.5 * side
        pen.shape(
            [(foot[0] - 0.2 * side, foot[1] - 0.1), (foot[0] + 0.2 * side, foot[1] - 0.15),
             (foot[0] + toe, foot[1] + 0.3), (foot[0] - 0.25 * side, foot[1] + 0.32)],
            (96, 54, 44),
        )  # fmt: skip


def _limb(start: Point, end: Point, width: float, tip: float) -> list[Point]:
    length = math.hypot(end[0] - start[0], end[1] - start[1]) or 1.0
    nx, ny = -(end[1] - start[1]) / length, (end[0] - start[0]) / length
    return [
        (start[0] + nx * width, start[1] + ny * width),
        (end[0] + nx * tip, end[1] + ny * tip),
        (end[0] - nx * tip, end[1] - ny * tip),
        (start[0] - nx * width, start[1] - ny * width),
    ]


def _skirt(pen: Pen, figure: Figure) -> None:
    look = figure.look
    if figure.costume == "casual":
        pen.shape([(-0.62, 3.0), (-0.85, 4.9), (0.85, 4.9), (0.62, 3.0)], look.skirt)
        return
    hem, spread = (8.6, 1.15) if figure.costume == "kimono" else (5.7, 1.75)
    waves = [(spread * (1 - i / 4), hem + (0.16 if i % 2 else -0.06)) for i in range(9)]
    pen.shape([(-0.6, 3.0), (0.6, 3.0), *waves], look.skirt)
    frill = [*waves, *[(x * 0.96, y - 0.32) for x, y in reversed(waves)]]
    pen.shape(frill, look.trim, outline=False)
    for i in range(-2, 3):
        pen.stroke(
            [(0.25 * i, 3.4), (0.36 * spread * i * 0.8, hem - 0.4)], darker(look.skirt), 0.06
        )
    if figure.costume == "maid" or look.headgear == "hat":
        pen.shape([(-0.45, 3.1), (0.45, 3.1), (0.9, hem - 0.7), (-0.9, hem - 0.7)], WHITE)


def _torso(pen: Pen, figure: Figure) -> None:
    look = figure.look
    pen.shape([(-0.2, 0.8), (0.2, 0.8), (0.26, 1.5), (-0.26, 1.5)], SKIN_SHADE, outline=False)
    body = [
        (-0.4, 1.35),
        (0.4, 1.35),
        (0.88, 1.55),
        (0.72, 2.4),
        (0.6, 3.2),
        (-0.6, 3.2),
        (-0.72, 2.4),
        (-0.88, 1.55),
    ]
    pen.shape(body, look.top)
    pen.shape(
        [(0.3, 1.5), (0.8, 1.6), (0.58, 3.15), (0.35, 3.15)], darker(look.top, 0.82), outline=False
    )
    if figure.behind:
        return
    if figure.costume == "kimono":
        pen.shape([(-0.4, 1.35), (-0.1, 1.35), (0.5, 2.9), (0.2, 3.0)], look.trim)
        pen.shape([(-0.64, 2.7), (0.64, 2.7), (0.62, 3.3), (-0.62, 3.3)], look.accent)
        return
    for side in (-1, 1):
        pen.shape(
            [(0.0, 1.75), (0.42 * side, 1.3), (0.85 * side, 1.6), (0.4 * side, 2.0)], look.trim
        )
    pen.shape(
        [(0.0, 1.7), (0.28, 1.95), (0.18, 2.6), (0.0, 2.35), (-0.18, 2.6), (-0.28, 1.95)],
        look.accent,
    )


def _arm(pen: Pen, figure: Figure, *, side: int, upper: float, lower: float) -> None:
    look = figure.look
    shoulder = (0.78 * side, 1.75)
    elbow = (shoulder[0] + 1.5 * math.sin(upper) * side, shoulder[1] + 1.5 * math.cos(upper))
    hand = (elbow[0] + 1.5 * math.sin(lower) * side, elbow[1] + 1.5 * math.cos(lower))
    pen.shape(_limb(shoulder, elbow, 0.26, 0.22), look.top if figure.costume else SKIN)
    pen.shape(oval(hand[0], hand[1], 0.24, 0.24), SKIN)
    wide = 0.34 if figure.costume in {"school_uniform", "casual", "maid", "santa_costume"} else 0.72
    pen.shape(_limb(elbow, hand, 0.3, wide), look.sleeves)
    near = (elbow[0] + (hand[0] - elbow[0]) * 0.82, elbow[1] + (hand[1] - elbow[1]) * 0.82)
    pen.shape(
        _limb(near, hand, wide * 0.92, wide),
        look.trim if figure.costume else look.skirt,
        outline=False,
    )
    if side < 0 and figure.prop:
        _prop(pen, figure.prop, hand)


def _prop(pen: Pen, prop: str, hand: Point) -> None:
    x, y = hand
    if prop == "gohei":
        pen.stroke([(x + 0.3, y + 1.2), (x - 0.6, y - 2.2)], (150, 104, 62), 0.12)
        for side in (-1, 1):
            zigzag = [(x - 0.55, y - 2.1), (x - 0.55 + 0.6 * side, y - 1.7), (x - 0.45 + 0.3 * side, y - 1.4),
                      (x - 0.45 + 0.8 * side, y - 0.9), (x - 0.4 + 0.3 * side, y - 1.1)]  # fmt: skip
            pen.shape(zigzag, WHITE)
    elif prop == "cup":
        pen.shape(
            [(x - 0.4, y - 0.5), (x + 0.2, y - 0.5), (x + 0.1, y + 0.2), (x - 0.3, y + 0.2)],
            (110, 150, 120),
        )
    elif prop == "book":
        pen.shape(
            [(x - 0.9, y - 0.8), (x + 0.3, y - 0.6), (x + 0.3, y + 0.5), (x - 0.9, y + 0.3)],
            (70, 80, 130),
        )
    else:
        pen.stroke([(x, y + 0.6), (x - 0.2, y - 3.2)], (90, 70, 60), 0.1)
        canopy = [(x - 0.2 + 2.4 * c, y - 2.6 - 1.6 * abs(s)) for c, s in CIRCLE[:15]]
        pen.shape(canopy, (150, 90, 160))


def _head(pen: Pen, figure: Figure) -> None:
    top = [(0.88 * cos, -0.1 + 0.95 * sin) for cos, sin in CIRCLE[14:]]
    chin = [
        (0.86, 0.2),
        (0.62, 0.66),
        (0.2, 0.96),
        (0.0, 1.0),
        (-0.2, 0.96),
        (-0.62, 0.66),
        (-0.86, 0.2),
    ]
    pen.shape([*top, *chin], SKIN)
    if not figure.behind:
        for side in (-1, 1):
            pen.shape(
                oval(0.52 * side + figure.turn, 0.5, 0.16, 0.08), (250, 188, 176), outline=False
            )


def _face(pen: Pen, figure: Figure) -> None:
    turn, mood = figure.turn, figure.expression
    for side in (-1, 1):
        x = 0.38 * side + turn
        if mood in {"closed_eyes", "sleeping"} or (mood == "one_eye_closed" and side > 0):
            pen.stroke([(x - 0.2, 0.16), (x, 0.27), (x + 0.2, 0.16)], INK, 0.07)
        else:
            _eye(pen, x, figure.look.eyes, small=mood == "surprised")
        slant = {"angry": 0.12, "frown": -0.08}.get(mood, 0.0) * side
        pen.stroke(
            [(x - 0.2, -0.26 + slant), (x + 0.2, -0.26 - slant)],
            darker(figure.look.hair, 0.6),
            0.05,
        )
    pen.stroke([(turn * 1.3, 0.42), (turn * 1.3 + 0.04, 0.48)], SKIN_SHADE, 0.05)
    _mouth(pen, turn, mood)


def _eye(pen: Pen, x: float, colour: Colour, *, small: bool) -> None:
    size = 0.7 if small else 1.0
    pen.shape(oval(x, 0.14, 0.21, 0.27), WHITE, outline=False)
    pen.shape(oval(x, 0.16, 0.16 * size, 0.23 * size), colour, outline=False)
    pen.shape(oval(x, 0.2, 0.08 * size, 0.12 * size), darker(colour, 0.35), outline=False)
    pen.shape(oval(x - 0.06, 0.06, 0.06, 0.07), WHITE, outline=False)
    pen.stroke([(x - 0.23, 0.02), (x - 0.1, -0.13), (x + 0.1, -0.13), (x + 0.23, 0.02)], INK, 0.08)


def _mouth(pen: Pen, turn: float, mood: str) -> None:
    if mood in {"open_mouth", "surprised", "one_eye_closed"}:
        pen.shape(oval(turn, 0.7, 0.16, 0.12), (190, 70, 76))
    elif mood in {"smile", "closed_eyes"}:
        pen.stroke([(turn - 0.18, 0.64), (turn, 0.74), (turn + 0.18, 0.64)], INK, 0.045)
    elif mood in {"frown", "angry"}:
        pen.stroke([(turn - 0.16, 0.74), (turn, 0.66), (turn + 0.16, 0.74)], INK, 0.045)
    else:
        pen.stroke([(turn - 0.1, 0.69), (turn + 0.1, 0.69)], INK, 0.045)


def _fringe(pen: Pen, figure: Figure) -> None:
    hair, jitter = figure.look.hair, figure.fringe
    over = [
        (-0.98, 0.35),
        (-1.0, -0.5),
        (-0.7, -1.0),
        (0.0, -1.24),
        (0.7, -1.0),
        (1.0, -0.5),
        (0.98, 0.35),
    ]
    tips = [
        (0.78 - 0.22 * i + jitter[i], (-0.05 if i % 2 else -0.48) + jitter[7 - i]) for i in range(8)
    ]
    pen.shape([*over, *tips], hair)
    for i in (-2, 0, 2):
        pen.stroke([(0.18 * i, -1.1), (0.26 * i, -0.5)], darker(hair), 0.05)
    pen.stroke([(-0.5, -0.85), (0.0, -0.97), (0.4, -0.9)], lighter(hair), 0.07)
    for side in (-1, 1):
        lock = [
            (0.86 * side, -0.3),
            (1.06 * side, 0.2),
            (1.0 * side, 1.5),
            (0.8 * side, 1.7),
            (0.74 * side, 0.4),
        ]
        pen.shape(lock, hair)
        if figure.look.headgear == "bow":
            pen.shape(
                [(0.72 * side, 0.7), (1.08 * side, 0.7), (1.06 * side, 1.35), (0.74 * side, 1.35)],
                (206, 38, 48),
            )


def _hair_over_face(pen: Pen, figure: Figure) -> None:
    hair, length = figure.look.hair, figure.look.hair_length
    pen.shape([*oval(0, -0.12, 1.05, 1.12)[14:], (1.1, 0.4), (1.0, length * 0.8), (0.5, length), (0, length - 0.3),
               (-0.5, length), (-1.0, length * 0.8), (-1.1, 0.4)], hair)  # fmt: skip
    for i in range(-3, 4):
        pen.stroke([(0.12 * i, -1.0), (0.27 * i, length * 0.75)], darker(hair), 0.05)


def _headgear_before(pen: Pen, figure: Figure) -> None:
    gear = figure.look.headgear
    if gear == "hat":
        pen.shape([(-0.95, -0.75), (-0.35, -2.5), (0.3, -2.7), (0.95, -0.75)], (40, 38, 48))
        pen.shape(oval(0, -0.72, 1.7, 0.34), (40, 38, 48))
        pen.shape([(-0.98, -0.85), (-0.85, -1.15), (0.85, -1.15), (0.98, -0.85)], WHITE)
    elif gear in {"headband", "mob_cap"}:
        rise = 0.45 if gear == "headband" else 0.95
        frill = [
            (-0.95 + 0.19 * i, -0.85 - (rise if 1 < i < 9 else rise / 2) - 0.1 * (i % 2))
            for i in range(11)
        ]
        pen.shape([(-0.95, -0.7), *frill, (0.95, -0.7)], WHITE)
    elif gear == "clip":
        pen.shape(oval(-0.75, -0.45, 0.24, 0.24), (110, 170, 90))
    elif figure.behind:
        pen.shape(oval(0, -1.0, 0.26, 0.22), (180, 30, 40))
