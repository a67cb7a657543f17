"""Whether a picture is sharp where it should be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harvester.gates.ruling import Ruled
from harvester.model import Facts, Ruling


@dataclass(frozen=True, slots=True)
class Sharp(Ruled):
    """Reject pictures that are out of focus, moved, or smoothly enlarged: even their crispest edges are wide.

    The same for every kind: a trainer learns blur as part of whatever it is shown. Only the crispest edges count, so a
    soft background, flat colours and line art cost nothing.
    """

    name: ClassVar[str] = "sharpness"
    needs: ClassVar[frozenset[str]] = frozenset({"edges"})

    edges: float = 2.45  # pixels

    def judge(self, facts: Facts) -> Ruling:
        """Equal is enough; a picture without any edge is not judged."""
        if facts.edges is None:
            return self.unknown("how wide its edges are is")
        told = round(facts.edges, 1)
        reason = f"its crispest edges are {told:g} pixels wide; {self.edges:g} are accepted"
        return self.ruling(
            facts.edges <= self.edges, reason=reason, value=told, threshold=self.edges
        )
