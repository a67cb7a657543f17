"""Parts of a site's pages rather than pictures: icons, flags, logos, maps, what a game has for items and skills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harvester.gates.ruling import Ruled, marked
from harvester.model import Facts, Ruling
from harvester.vocabulary import fold


@dataclass(frozen=True, slots=True)
class Interface(Ruled):
    """Reject icons, flags, sprites, logos, maps, buttons and pictures of items and skills, by the words of a file's name and categories, and files that more than `uses` pages show.

    A picture of somebody stands on her own page, in galleries and lists, seldom on more than ten pages; what a
    template puts on every page stands on hundreds. A small picture with a name that says nothing is for `short_side`.
    """

    name: ClassVar[str] = "interface"
    needs: ClassVar[frozenset[str]] = frozenset({"marks", "uses"})

    uses: int = 30
    allow: tuple[str, ...] = ()  # words let through all the same, where a subject is called so

    def judge(self, facts: Facts) -> Ruling:
        """The name first, which says what it is; unknown only where nothing is told at all."""
        allowed = {fold(word) for word in self.allow}
        if found := [word for word in marked(facts, "interface") if fold(word) not in allowed]:
            told = ", ".join(word.replace("_", " ") for word in found)
            reason = f"its name or category says it is a part of a page: {told}"
            return self.ruling(False, reason=reason, value=found[0])
        if facts.uses is not None and facts.uses > self.uses:
            reason = f"{facts.uses} pages show it; pictures are on {self.uses} at most"
            return self.ruling(False, reason=reason, value=facts.uses, threshold=self.uses)
        if facts.marks is None and facts.uses is None:
            return self.unknown("what the file is called is")
        return self.ruling(
            True, reason="nothing says that it is a part of a page", value=facts.uses
        )
