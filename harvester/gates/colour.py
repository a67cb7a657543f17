"""Whether a picture has colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harvester.gates.ruling import Unmarked
from harvester.model import Facts, Ruling, Verdict


@dataclass(frozen=True, slots=True)
class Coloured(Unmarked):
    """Reject pictures that are tagged as monochrome, and those that are grey but for less than `share` of their pixels.

    Off for a style, which may be one of ink and pencil. A character or a thing is learned with its colours.
    """

    name: ClassVar[str] = "colour"
    needs: ClassVar[frozenset[str]] = frozenset({"colour", "marks", "tags"})
    sets: ClassVar[tuple[str, ...]] = ("uncoloured",)
    finding: ClassVar[str] = "without its colours"

    share: float = 0.01
    allow: tuple[str, ...] = ()  # tags let through all the same

    def judge(self, facts: Facts) -> Ruling:
        """Tags reject by themselves: one ink of any colour is no more than grey. A spot of colour is not enough."""
        told = self.marks(facts, allowed=self.allow)
        if told.verdict is Verdict.REJECT:
            return told
        if facts.colour is None:
            return self.unknown("whether it has colours is")
        share = round(facts.colour, 3)
        reason = f"{share:.1%} of its pixels have a colour; {self.share:.1%} is wanted"
        return self.ruling(
            facts.colour >= self.share, reason=reason, value=share, threshold=self.share
        )
