"""Whether compression has taken too much of a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harvester.gates.ruling import Ruled
from harvester.model import Facts, Ruling


@dataclass(frozen=True, slots=True)
class Compression(Ruled):
    """Reject pictures of a JPEG quality below `quality`, and those that show such blocks whatever they are saved as.

    The same for every kind: blocks and halos around lines are learned like any other detail. Sites' own samples are of
    quality 80 and more.
    """

    name: ClassVar[str] = "compression"
    needs: ClassVar[frozenset[str]] = frozenset({"jpeg_quality", "blockiness"})

    quality: int = 50
    blocks: float = 0.55  # share

    def judge(self, facts: Facts) -> Ruling:
        """The tables of a JPEG first; they say nothing of what it was before it was saved so."""
        if facts.jpeg_quality is not None and facts.jpeg_quality < self.quality:
            reason = f"it is a JPEG of quality {facts.jpeg_quality}; {self.quality} is accepted"
            return self.ruling(
                False, reason=reason, value=facts.jpeg_quality, threshold=self.quality
            )
        if facts.blockiness is None:
            return self.unknown("whether blocks show is")
        told = round(max(facts.blockiness, 0), 2)
        reason = f"{told:.0%} of its faint detail is missing in blocks of JPEG; less than {self.blocks:.0%} is accepted"
        return self.ruling(
            facts.blockiness < self.blocks, reason=reason, value=told, threshold=self.blocks
        )
