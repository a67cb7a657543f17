"""Which of several copies of a picture is kept: rules in a stated order, measured between the copies themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log

from harvester.model import Facts

RULES = (
    "fewer steps of --relax",
    "the original, not a sample",
    "not enlarged",
    "larger",
    "less compressed",
    "untouched by others",
    "the better format",
    "more bytes",
    "first in order",
)
"""What decides, in this order; `Order.because` names the first on which two copies differ."""

ENLARGED = 1.15
"""By so much a copy's sides must be longer than another's to be asked whether it shows more."""

GAIN = 0.35
"""A copy s times as long with no more than s to this power of the other's detail was enlarged from it.

Enlarging by 1.5 or 2 leaves 0.6 to 1.1 of the detail; what was made smaller by 1.4 has lost 1.2 to 1.7 times, by 2 at
least 1.5 times.
"""

REPEATED = (
    0.88  # share of steps on every second column from which pixels are repeated, as the gate has it
)
SIZE = 0.02  # of the area by which sizes may differ and count as one: rounding, not a crop
FRAMED = 0.97  # of the area lies within borders at most, in a framed copy
GREY, COLOURED = (
    0.02,
    0.1,
)  # of the pixels have a colour at most, in a greyed copy; at least, in the picture
TRACES, TRACE = 0.15, 0.05
"""Loss that clean pictures may show as well; from there on every step counts."""

_LOSSES = ((100, 0.0), (95, 0.0), (80, 0.2), (60, 0.55), (40, 0.7), (20, 0.9), (0, 1.0))
"""How blocky JPEGs of a quality are, as `blockiness` measures it."""

_ENOUGH, _WORKING = (
    2_000_000,
    1_500_000,
)  # `edges` of a larger picture are those of a copy this large
_ROLES = {"original": 0, "sample": 1, "preview": 2}
_FORMATS = {"png": 0, "webp": 0, "bmp": 1, "avif": 2, "jpeg": 2, "jpg": 2, "gif": 3}


@dataclass(frozen=True, slots=True)
class Picture:
    """One copy: `key` names it, `rank` is its place in the frozen order, `role` is original, sample or preview.

    `relaxed` is how many thresholds had to be loosened for it; a copy with fewer is better, whatever its size.
    """

    key: str
    rank: int
    facts: Facts
    role: str = "original"
    relaxed: int = 0


Place = tuple[int, int, bool, int, int, bool, int, int, tuple[int, str]]
"""One part for each of RULES; less is better."""


@dataclass(frozen=True, slots=True)
class Order:
    """Copies of one picture, the best first, each with its place by every rule."""

    copies: tuple[Picture, ...]
    places: tuple[Place, ...]

    def because(self, worse: int) -> str:
        """The rule by which the first copy stands before another, with the figures where there are some."""
        best, place = self.places[0], self.places[worse]
        rule = next(n for n, part in enumerate(best) if part != place[n])
        told = _FIGURES.get(RULES[rule])
        sides = [told(copy.facts) for copy in (self.copies[0], self.copies[worse])] if told else []
        return f"{RULES[rule]} ({', not '.join(sides)})" if all(sides) and sides else RULES[rule]


def order(copies: Iterable[Picture]) -> Order:
    """Copies of one picture by RULES, the best first.

    Whether a copy was enlarged, greyed or framed shows beside the others, so each rule gives every copy one place among
    these copies, and the places are compared as they stand: a real order, the same whatever order they come in. What is not known speaks against nothing, but
    an unknown size comes last.
    """
    known = list(copies)
    enlarged = _enlarged(known)
    sizes = _sizes(known, enlarged)
    touched = _touched(known)
    placed = [
        (
            (
                each.relaxed,
                _role(each),
                enlarged[n],
                sizes[n],
                _traces(each.facts),
                touched[n],
                _FORMATS.get(each.facts.format or "", len(_FORMATS)),
                -(each.facts.bytes or 0),
                (each.rank, each.key),
            ),
            n,
        )
        for n, each in enumerate(known)
    ]
    placed.sort()
    return Order(tuple(known[n] for _, n in placed), tuple(place for place, _ in placed))


def listed(pictures: Iterable[Picture]) -> list[Picture]:
    """Pictures that need not be copies of each other, in an order of their own."""
    return sorted(
        pictures,
        key=lambda one: (one.relaxed, _role(one), -_area(one.facts), one.rank, one.key),
    )


def _role(picture: Picture) -> int:
    return _ROLES.get(picture.role, len(_ROLES))


def _enlarged(copies: Sequence[Picture]) -> list[bool]:
    """Which copies are said to be enlarged, repeat pixels, or show no more than a smaller one does."""
    repeating = [_repeats(each.facts) for each in copies]
    some = not all(repeating)  # pixel art repeats in every copy
    details = [None if repeating[n] else _detail(each.facts) for n, each in enumerate(copies)]
    return [
        _is_tagged(each.facts)
        or (repeating[n] and some)
        or any(_shows_no_more(details[n], other) for other in details)
        for n, each in enumerate(copies)
    ]


def _repeats(facts: Facts) -> bool:
    return facts.repeats is not None and facts.repeats >= REPEATED


def _is_tagged(facts: Facts) -> bool:
    return "upscaled" in (facts.marks or {})


def _detail(facts: Facts) -> tuple[float, float] | None:
    """(pixels a side that sharpness was measured in, how many edges fit into them)."""
    area = (facts.width or 0) * (facts.height or 0)
    if not area or not facts.edges:
        return None
    side = (area if area <= _ENOUGH else _WORKING) ** 0.5
    return side, side / facts.edges


def _shows_no_more(one: tuple[float, float] | None, other: tuple[float, float] | None) -> bool:
    """Whether a picture has no more detail than one with clearly fewer pixels."""
    if one is None or other is None:
        return False
    longer = one[0] / other[0]
    return longer >= ENLARGED and one[1] <= other[1] * longer**GAIN


def _sizes(copies: Sequence[Picture], enlarged: Sequence[bool]) -> list[int]:
    """How far each is from the largest of those that the rules before did not part: 0 for as large."""
    peers: dict[tuple[int, int, bool], list[int]] = defaultdict(list)
    for n, each in enumerate(copies):
        peers[each.relaxed, _role(each), enlarged[n]].append(n)
    found = [0] * len(copies)
    for places in peers.values():
        largest = max(_area(copies[n].facts) for n in places)
        for n in places:
            area = _area(copies[n].facts)
            found[n] = int(log(largest / area) / -log(1 - SIZE)) if area else 1 << 30
    return found


def _area(facts: Facts) -> int:
    """Pixels within borders, as far as they are known: a frame makes nothing larger."""
    inner = (facts.inner_width or 0) * (facts.inner_height or 0)
    return inner or (facts.width or 0) * (facts.height or 0)


def _traces(facts: Facts) -> int:
    """Steps of what compression took; 0 where nothing shows, or nothing is known."""
    told = [facts.blockiness, None if facts.jpeg_quality is None else _loss(facts.jpeg_quality)]
    loss = max((each for each in told if each is not None), default=0.0)
    return 0 if loss < TRACES else 1 + int((loss - TRACES) / TRACE)


def _loss(quality: int) -> float:
    """What a JPEG of this quality has lost, between the qualities that were measured."""
    for (high, least), (low, most) in pairwise(_LOSSES):
        if quality >= low:
            return least + (most - least) * (high - quality) / (high - low)
    return 1.0


def _touched(copies: Sequence[Picture]) -> list[bool]:
    """Which copies somebody changed: by their tags, by a frame or by lost colours that another copy has not."""
    frames = [_is_framed(each.facts) for each in copies]
    colours = [each.facts.colour for each in copies]
    bare = any(framed is False for framed in frames)
    coloured = any(colour is not None and colour >= COLOURED for colour in colours)
    return [
        "edited" in (each.facts.marks or {})
        or bool(frames[n] and bare)
        or (coloured and (colour := colours[n]) is not None and colour <= GREY)
        for n, each in enumerate(copies)
    ]


def _is_framed(facts: Facts) -> bool | None:
    """Whether borders are a part of it; None where nothing was measured."""
    whole = (facts.width or 0) * (facts.height or 0)
    if not (whole and facts.inner_width and facts.inner_height):
        return None
    return facts.inner_width * facts.inner_height < FRAMED * whole


def _told_size(facts: Facts) -> str:
    width, height = facts.inner_width or facts.width, facts.inner_height or facts.height
    return f"{width}×{height}" if width and height else ""


def _told_traces(facts: Facts) -> str:
    if facts.jpeg_quality is not None and _loss(facts.jpeg_quality) >= (facts.blockiness or 0):
        return f"JPEG quality {facts.jpeg_quality}"
    return (
        "" if facts.blockiness is None else f"{max(facts.blockiness, 0):.0%} of faint detail lost"
    )


_FIGURES: dict[str, Callable[[Facts], str]] = {
    "not enlarged": _told_size,
    "larger": _told_size,
    "less compressed": _told_traces,
    "the better format": lambda facts: (facts.format or "").upper(),
    "more bytes": lambda facts: f"{facts.bytes:,}" if facts.bytes else "",
}
