"""How much of the figure is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from harvester.gates.ruling import Ruled, marked
from harvester.model import Facts, Framing, Ruling

_ALL = tuple(str(framing) for framing in Framing)


@dataclass(frozen=True, slots=True)
class Framed(Ruled):
    """Reject figures cut off at the head or reduced to a part of the body, and framings not in `allow`."""

    name: ClassVar[str] = "framing"
    needs: ClassVar[frozenset[str]] = frozenset({"framing", "marks"})

    allow: tuple[str, ...] = field(default=_ALL, metadata={"choices": _ALL})

    def judge(self, facts: Facts) -> Ruling:
        """A cut figure is rejected whatever else is told; no framing tag means unknown."""
        if cut := marked(facts, "cut"):
            reason = f"the figure is cut off or only a part of it is shown: {', '.join(cut)}"
            return self.ruling(False, reason=reason, value=cut[0])
        if facts.framing is None:
            return self.unknown("the framing is")
        allowed = ", ".join(self.allow)
        reason = f"the framing is {facts.framing}; accepted: {allowed}"
        told = facts.framing.value
        return self.ruling(told in self.allow, reason=reason, value=told, threshold=allowed)
