"""Whether a picture has the pixels that its size promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harvester.gates.ruling import Unmarked
from harvester.model import Facts, Ruling, Verdict


@dataclass(frozen=True, slots=True)
class Upscaled(Unmarked):
    """Reject pictures that are tagged as enlarged or as a sample, and those that were enlarged by repeating pixels.

    The same for every kind. Smooth enlargements have wide edges (`sharpness`). Pixel art is enlarged by repeating
    pixels on purpose: a harvest of it sets `upscaled = false`.
    """

    name: ClassVar[str] = "upscaled"
    needs: ClassVar[frozenset[str]] = frozenset({"repeats", "marks", "tags"})
    sets: ClassVar[tuple[str, ...]] = ("upscaled",)
    finding: ClassVar[str] = "tagged as enlarged or as a sample of a better file"

    repeats: float = 0.88  # share
    allow: tuple[str, ...] = ()  # tags let through all the same

    def judge(self, facts: Facts) -> Ruling:
        """Tags reject by themselves. Evenly spread steps have a share of a little over one half."""
        told = self.marks(facts, allowed=self.allow)
        if told.verdict is Verdict.REJECT:
            return told
        if facts.repeats is None:
            return self.unknown("whether its pixels repeat is")
        share = round(facts.repeats, 2)
        reason = f"{share:.0%} of its steps keep to half of the columns and rows; less than {self.repeats:.0%} is accepted"
        return self.ruling(
            facts.repeats < self.repeats, reason=reason, value=share, threshold=self.repeats
        )
