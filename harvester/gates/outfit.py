"""Whether the subject looks as it officially does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from harvester.gates.ruling import Unmarked
from harvester.model import Facts, Ruling

_FAN_MADE = ("cosplay", "outfit_changes", "identity_changes")
_SETS: dict[str, tuple[str, ...]] = {
    "canonical": (*_FAN_MADE, "official_outfits"),
    "official": _FAN_MADE,
}


@dataclass(frozen=True, slots=True)
class Outfit(Unmarked):
    """Reject outfits and looks that are not the subject's own; `any` takes all, `canonical` only the first one."""

    name: ClassVar[str] = "outfit"
    finding: ClassVar[str] = "another outfit or look"

    policy: str = field(default="official", metadata={"choices": ("canonical", "official", "any")})

    def judge(self, facts: Facts) -> Ruling:
        """`official` lets official alternative outfits through, for captions to name."""
        if self.policy == "any":
            return self.ruling(True, reason="any outfit is accepted")
        return self.marks(facts, sets=_SETS[self.policy])
