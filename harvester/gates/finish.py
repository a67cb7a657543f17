"""Whether a picture was drawn to its end, and shows its subject in its own proportions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harvester.gates.ruling import Unmarked
from harvester.model import Facts, Ruling


@dataclass(frozen=True, slots=True)
class Finished(Unmarked):
    """Reject sketches, line art and unfinished pictures.

    Off for a style, which may be one of sketches. Loose lines and empty areas are learned like any other detail.
    """

    name: ClassVar[str] = "finish"
    sets: ClassVar[tuple[str, ...]] = ("unfinished",)
    finding: ClassVar[str] = "not drawn to its end"

    allow: tuple[str, ...] = ()  # tags let through all the same

    def judge(self, facts: Facts) -> Ruling:
        """Tags in `allow` do not count."""
        return self.marks(facts, allowed=self.allow)


@dataclass(frozen=True, slots=True)
class Depicted(Unmarked):
    """Reject chibi and tiny figures, which have other proportions than the subject.

    Off for a style and for other subjects. A character learned from both is neither; a harvest of chibi pictures
    sets `depiction = false`.
    """

    name: ClassVar[str] = "depiction"
    sets: ClassVar[tuple[str, ...]] = ("chibi",)
    finding: ClassVar[str] = "in other proportions"

    allow: tuple[str, ...] = ()  # tags let through all the same

    def judge(self, facts: Facts) -> Ruling:
        """Tags in `allow` do not count."""
        return self.marks(facts, allowed=self.allow)
