"""How revealing a picture may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harvester.gates.ruling import Ruled
from harvester.model import Facts, Rating, Ruling

DEFAULT = (Rating.GENERAL, Rating.SENSITIVE)


@dataclass(frozen=True, slots=True)
class Rated(Ruled):
    """Reject pictures whose rating is not among those asked for, or not known."""

    name: ClassVar[str] = "rating"
    needs: ClassVar[frozenset[str]] = frozenset({"rating"})

    allowed: tuple[Rating, ...] = DEFAULT

    def judge(self, facts: Facts) -> Ruling:
        """Never unknown: an unrated picture is not taken on trust."""
        wanted = ", ".join(self.allowed)
        rating = facts.rating.value if facts.rating else "unknown"
        reason = f"the rating is {rating}; asked for: {wanted}"
        return self.ruling(
            facts.rating in self.allowed, reason=reason, value=rating, threshold=wanted
        )
