"""Whether a picture has the pixels that its size promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harvester.gates.ruling import Ruled
from harvester.model import Facts, Ruling


@dataclass(frozen=True, slots=True)
class Upscaled(Ruled):
    """Reject pictures that were enlarged by repeating pixels; smooth enlargements have wide edges (`sharpness`).

    The same for every kind. Pixel art is enlarged so on purpose: a harvest of it sets `upscaled = false`.
    """

    name: ClassVar[str] = "upscaled"
    needs: ClassVar[frozenset[str]] = frozenset({"repeats"})

    repeats: float = 0.88  # share

    def judge(self, facts: Facts) -> Ruling:
        """Evenly spread steps have a share of a little over one half."""
        if facts.repeats is None:
            return self.unknown("whether its pixels repeat is")
        told = round(facts.repeats, 2)
        reason = f"{told:.0%} of its steps keep to half of the columns and rows; less than {self.repeats:.0%} is accepted"
        return self.ruling(
            facts.repeats < self.repeats, reason=reason, value=told, threshold=self.repeats
        )
