"""Several pictures in one, and pages that are hardly pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harvester.gates.ruling import Unmarked
from harvester.model import Facts, Ruling


@dataclass(frozen=True, slots=True)
class Layout(Unmarked):
    """Reject comics, reference sheets, multiple views and other pages that hold several pictures."""

    name: ClassVar[str] = "layout"
    sets: ClassVar[tuple[str, ...]] = ("layout",)
    finding: ClassVar[str] = "several pictures in one"

    allow: tuple[str, ...] = ()  # tags let through all the same

    def judge(self, facts: Facts) -> Ruling:
        """Tags in `allow` do not count."""
        return self.marks(facts, allowed=self.allow)
