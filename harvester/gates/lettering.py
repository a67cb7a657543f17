"""Speech, captions and watermarks that stand over a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harvester.gates.ruling import Unmarked
from harvester.model import Facts, Ruling, Verdict
from harvester.vocabulary import fold

SPEECH = "speech"


@dataclass(frozen=True, slots=True)
class Lettering(Unmarked):
    """Reject pictures tagged with speech, subtitles or watermarks all over them, and those with more than `letters` letters in rows.

    Off for other subjects, which may be signs, covers or pages. What is written over a character or a scene is learned
    with it. Signatures, names, addresses, dates and small watermarks stand on most of what fans draw, titles and logos
    on much of what makers publish: they only make a picture less clean (docs/choice.md), and small letters count for
    less. `allow` takes tags, or `speech` and `watermarks` for all of a sort; with `speech` letters are not counted.
    """

    name: ClassVar[str] = "lettering"
    needs: ClassVar[frozenset[str]] = frozenset({"letters", "marks", "tags"})
    sets: ClassVar[tuple[str, ...]] = (SPEECH, "watermarks")
    finding: ClassVar[str] = "written over"

    letters: int = 14
    allow: tuple[str, ...] = ()  # tags, or one of `sets`, let through all the same

    def judge(self, facts: Facts) -> Ruling:
        """Tags reject by themselves, however they are spelled; whoever allows speech allows its letters."""
        let, marks = {fold(name) for name in self.allow}, facts.marks or {}
        allowed = tuple(
            tag
            for name in self.sets
            for tag in marks.get(name, ())
            if name in let or fold(tag) in let
        )
        told = self.marks(facts, allowed=allowed)
        if told.verdict is Verdict.REJECT or facts.letters is None or SPEECH in let:
            return told
        count = round(facts.letters)
        reason = f"{count} letters in rows stand over it; {self.letters} are accepted"
        return self.ruling(
            count <= self.letters, reason=reason, value=count, threshold=self.letters
        )
