"""Whether a picture has colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harvester.gates.ruling import Ruled
from harvester.model import Facts, Ruling


@dataclass(frozen=True, slots=True)
class Coloured(Ruled):
    """Reject pictures that are grey but for less than `share` of their pixels, whatever their tags say.

    Off for a style, which may be one of ink and pencil. A character or a thing is learned with its colours.
    """

    name: ClassVar[str] = "colour"
    needs: ClassVar[frozenset[str]] = frozenset({"colour"})

    share: float = 0.01

    def judge(self, facts: Facts) -> Ruling:
        """A spot of colour in a grey picture is not enough."""
        if facts.colour is None:
            return self.unknown("whether it has colours is")
        told = round(facts.colour, 3)
        reason = f"{told:.1%} of its pixels have a colour; {self.share:.1%} is wanted"
        return self.ruling(
            facts.colour >= self.share, reason=reason, value=told, threshold=self.share
        )
