"""What gates share: how a ruling is made, and the shape of a gate that only looks for marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harvester.model import Facts, Ruling, Verdict


class Ruled:
    """Makes rulings in a gate's name."""

    __slots__ = ()
    name: ClassVar[str]

    def ruling(
        self,
        ok: bool,
        *,
        reason: str,
        value: str | int | float | None = None,
        threshold: str | int | float | None = None,
    ) -> Ruling:
        """Pass or reject. The reason is a sentence for the user that is true of either."""
        return Ruling(self.name, Verdict.PASS if ok else Verdict.REJECT, reason, value, threshold)

    def unknown(self, what: str) -> Ruling:
        """The gate cannot tell, since `what` is not known."""
        return Ruling(self.name, Verdict.UNKNOWN, f"{what} not known")


class Unmarked(Ruled):
    """Rejects pictures that carry a mark of one of `sets`. `finding` is the sentence around the tags found."""

    __slots__ = ()
    needs: ClassVar[frozenset[str]] = frozenset({"marks", "tags"})
    sets: ClassVar[tuple[str, ...]]
    finding: ClassVar[str]

    def judge(self, facts: Facts) -> Ruling:
        """Reject when marked; unknown only when there are no tags that could tell."""
        return self.marks(facts)

    def marks(
        self, facts: Facts, *, allowed: tuple[str, ...] = (), sets: tuple[str, ...] = ()
    ) -> Ruling:
        """The same for other `sets`, or with some tags let through."""
        found = [tag for tag in marked(facts, *(sets or self.sets)) if tag not in allowed]
        if found:
            told = f"{self.finding}: {', '.join(found)}{by_folder(facts, *(sets or self.sets))}"
            return self.ruling(False, reason=told, value=found[0])
        if facts.marks is None or facts.tags is None:
            return self.unknown("the tags are")
        return self.ruling(True, reason=f"no tag says: {self.finding}")


@dataclass(frozen=True, slots=True)
class Tunable(Unmarked):
    """The same, with tags that a recipe lets through."""

    allow: tuple[str, ...] = ()  # tags let through all the same

    def judge(self, facts: Facts) -> Ruling:
        """Tags in `allow` do not count."""
        return self.marks(facts, allowed=self.allow)


def marked(facts: Facts, *sets: str) -> tuple[str, ...]:
    """The tags that put the picture into one of these vocabulary sets."""
    marks = facts.marks or {}
    return tuple(dict.fromkeys(tag for name in sets for tag in marks.get(name, ())))


def by_folder(facts: Facts, *sets: str) -> str:
    """The end of a sentence where the names of a user's own folders put a picture into one of these sets, else ""."""
    names = marked(facts, *(f"{name}_by_folder" for name in sets))
    if not names:
        return ""
    told = ", ".join(map(repr, names))
    return f"; {told} says so, a folder's name: rename it if it speaks of something else"
