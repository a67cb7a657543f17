"""No sexualised minors: the gate that no option turns off, and the check before every byte."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harvester import vocabulary
from harvester.gates.ruling import Ruled, marked
from harvester.model import Facts, Rating, Ruling

ASSUMED = "rating_assumed"
"""Status of a picture whose rating is its site's default, since nobody rated it."""


@dataclass(frozen=True, slots=True)
class Minors(Ruled):
    """Reject sexualised minors always, and young age unless the picture is rated general and shows no nudity.

    A site whose mildest rating is one of three does not say that a picture is general.
    """

    name: ClassVar[str] = "minors"
    needs: ClassVar[frozenset[str]] = frozenset({"marks", "tags", "rating"})

    def judge(self, facts: Facts) -> Ruling:
        """The tags are read here as well: safety does not wait for a caller to have read them into marks."""
        if self._found(facts, "minors"):
            return self.ruling(False, reason="a tag or text names sexualised minors")
        if self._found(facts, "age"):
            return self._young(facts)
        if facts.tags is None:
            return self.unknown("the tags are")
        return self.ruling(True, reason="no tag or text names a minor")

    def _young(self, facts: Facts) -> Ruling:
        if facts.rating is not Rating.GENERAL:
            rating = facts.rating or "unknown"
            reason = f"a tag says young, and the rating is {rating}: only general is let through"
            return self.ruling(
                False, reason=reason, value=str(rating), threshold=Rating.GENERAL.value
            )
        if ASSUMED in facts.status:
            reason = (
                "a tag or text says young, and nobody rated the picture: general is only assumed"
            )
            return self.ruling(False, reason=reason, threshold=Rating.GENERAL.value)
        if marked(facts, "coarse_rating"):
            reason = "a tag says young, and this site's mildest rating is not general alone"
            return self.ruling(False, reason=reason, threshold=Rating.GENERAL.value)
        if self._found(facts, "nudity"):
            return self.ruling(False, reason="a tag says young, and another nudity or sex")
        return self.ruling(
            True, reason="a tag says young; rated general, nothing says nudity or sex"
        )

    @staticmethod
    def _found(facts: Facts, name: str) -> bool:
        common = vocabulary.standard().table("common")
        told = (tag for names in (facts.tags or {}).values() for tag in names)
        return bool(marked(facts, name)) or any(("sets", name) in common.sides(tag) for tag in told)


def clear(facts: Facts) -> Ruling:
    """What every path must ask before it asks for, renders, imports, restores or keeps a byte. Reject means no byte."""
    return Minors().judge(facts)
