"""How large a picture must and may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harvester.gates.ruling import Ruled
from harvester.model import Facts, Ruling

SIZE = frozenset({"width", "height", "inner_width", "inner_height"})


def within(facts: Facts) -> tuple[int, int] | None:
    """Width and height within bars and frames where they were measured, else those of the file."""
    width = facts.width if facts.inner_width is None else facts.inner_width
    height = facts.height if facts.inner_height is None else facts.inner_height
    return None if width is None or height is None else (width, height)


@dataclass(frozen=True, slots=True)
class ShortSide(Ruled):
    """Reject pictures whose shorter side has fewer than `pixels` pixels."""

    name: ClassVar[str] = "short_side"
    needs: ClassVar[frozenset[str]] = SIZE

    pixels: int = 720

    def judge(self, facts: Facts) -> Ruling:
        """Equal is enough."""
        size = within(facts)
        if size is None:
            return self.unknown("the size is")
        short = min(size)
        where = "" if size == (facts.width, facts.height) else " within its borders"
        reason = f"the short side{where} has {short} pixels; {self.pixels} are wanted"
        return self.ruling(short >= self.pixels, reason=reason, value=short, threshold=self.pixels)


@dataclass(frozen=True, slots=True)
class Pixels(Ruled):
    """Reject pictures with fewer than `at_least` or more than `at_most` pixels altogether."""

    name: ClassVar[str] = "pixels"
    needs: ClassVar[frozenset[str]] = SIZE

    at_least: int = 518_400
    at_most: int = 100_000_000

    def judge(self, facts: Facts) -> Ruling:
        """Both bounds are included."""
        size = within(facts)
        if size is None:
            return self.unknown("the size is")
        return _between(self, size[0] * size[1], "pixels", self.at_least, self.at_most)


@dataclass(frozen=True, slots=True)
class Bytes(Ruled):
    """Reject files with fewer than `at_least` or more than `at_most` bytes."""

    name: ClassVar[str] = "bytes"
    needs: ClassVar[frozenset[str]] = frozenset({"bytes"})

    at_least: int = 10_000
    at_most: int = 64_000_000

    def judge(self, facts: Facts) -> Ruling:
        """Both bounds are included."""
        if facts.bytes is None:
            return self.unknown("the file size is")
        return _between(self, facts.bytes, "bytes", self.at_least, self.at_most)


@dataclass(frozen=True, slots=True)
class Aspect(Ruled):
    """Reject pictures whose longer side is more than `ratio` times the shorter one."""

    name: ClassVar[str] = "aspect"
    needs: ClassVar[frozenset[str]] = SIZE

    ratio: float = 3.0

    def judge(self, facts: Facts) -> Ruling:
        """Equal is enough; a picture without extent has no ratio."""
        size = within(facts)
        if size is None or 0 in size:
            return self.unknown("the size is")
        long, short = max(size), min(size)
        told = round(long / short, 2)
        reason = f"the long side is {told:g} times the short one; {self.ratio:g} times is accepted"
        return self.ruling(
            long <= self.ratio * short, reason=reason, value=told, threshold=self.ratio
        )


def _between(gate: Ruled, value: int, unit: str, low: int, high: int) -> Ruling:
    reason = f"the picture has {value} {unit}; {low} to {high} are accepted"
    return gate.ruling(
        low <= value <= high, reason=reason, value=value, threshold=low if value < low else high
    )
