"""No sexualised minors: the gate that no option turns off, and the check before every byte."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harvester import vocabulary
from harvester.gates.ruling import Ruled, by_folder, marked
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
            told = f"a tag or text names sexualised minors{by_folder(facts, 'minors')}"
            return self.ruling(False, reason=told)
        if self._found(facts, "age"):
            return self._young(facts)
        if facts.tags is None:
            return self.unknown("the tags are")
        return self.ruling(True, reason="no tag or text names a minor")

    def _young(self, facts: Facts) -> Ruling:
        why, value = self._too_much(facts)
        if why:
            return self.ruling(
                False,
                reason=why + by_folder(facts, "age"),
                value=value,
                threshold=Rating.GENERAL.value,
            )
        if self._found(facts, "nudity"):
            told = f"a tag says young, and another nudity or sex{by_folder(facts, 'age', 'nudity')}"
            return self.ruling(False, reason=told)
        return self.ruling(
            True, reason="a tag says young; rated general, nothing says nudity or sex"
        )

    @staticmethod
    def _too_much(facts: Facts) -> tuple[str, str | None]:
        """Why the rating does not let young age through, and the rating where that says it; "" where it does."""
        if facts.rating is not Rating.GENERAL:
            rating = str(facts.rating or "unknown")
            told = f"a tag says young, and the rating is {rating}: only general is let through"
            return told, rating
        if ASSUMED in facts.status:
            return (
                "a tag or text says young, and nobody rated the picture: general is only assumed",
                None,
            )
        if marked(facts, "coarse_rating"):
            return "a tag says young, and this site's mildest rating is not general alone", None
        return "", None

    @staticmethod
    def _found(facts: Facts, name: str) -> bool:
        common = vocabulary.standard().table("common")
        told = (tag for names in (facts.tags or {}).values() for tag in names)
        return bool(marked(facts, name)) or any(("sets", name) in common.sides(tag) for tag in told)


def clear(facts: Facts) -> Ruling:
    """What every path must ask before it asks for, renders, imports, restores or keeps a byte. Reject means no byte."""
    return Minors().judge(facts)
