"""Bars and frames around a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harvester.gates.ruling import Ruled
from harvester.model import Facts, Ruling


@dataclass(frozen=True, slots=True)
class Borders(Ruled):
    """Reject pictures of which bars or a frame of one colour take more than `share`.

    The same for every kind: bars are learned like any other part. A white margin around a print takes less; a plain
    background behind a figure is none. Size and shape (`short_side`, `pixels`, `aspect`) are those within.
    """

    name: ClassVar[str] = "borders"
    needs: ClassVar[frozenset[str]] = frozenset({"width", "height", "inner_width", "inner_height"})

    share: float = 0.2

    def judge(self, facts: Facts) -> Ruling:
        """Of the area; equal is accepted."""
        if not facts.width or not facts.height:
            return self.unknown("the size is")
        if facts.inner_width is None or facts.inner_height is None:
            return self.unknown("whether there are borders is")
        within = facts.inner_width * facts.inner_height
        told = round(1 - within / (facts.width * facts.height), 2)
        reason = f"borders take {told:.0%} of it, {facts.inner_width}×{facts.inner_height} pixels are within; {self.share:.0%} is accepted"
        return self.ruling(told <= self.share, reason=reason, value=told, threshold=self.share)
