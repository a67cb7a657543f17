"""Where a picture comes from and what its site says about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harvester import vocabulary
from harvester.gates.ruling import Ruled, Tunable, Unmarked, marked
from harvester.model import Facts, Ruling

_CLOSED = frozenset({"banned", "dnp", "do_not_post"})


@dataclass(frozen=True, slots=True)
class DoNotPost(Unmarked):
    """Reject works whose makers asked sites not to keep them."""

    name: ClassVar[str] = "do_not_post"
    needs: ClassVar[frozenset[str]] = frozenset({"marks", "tags", "status"})
    sets: ClassVar[tuple[str, ...]] = ("do_not_post",)
    finding: ClassVar[str] = "its maker does not want it posted"

    def judge(self, facts: Facts) -> Ruling:
        """By tag, or by the site's own flag."""
        if closed := facts.status & _CLOSED:
            told = ", ".join(sorted(closed))
            return self.ruling(False, reason=f"the site closed it on request: {told}", value=told)
        return self.marks(facts)


@dataclass(frozen=True, slots=True)
class Forgotten(Ruled):
    """Reject what you had removed with `harvest forget`: by hash, by SITE:ID or by artist."""

    name: ClassVar[str] = "forgotten"
    needs: ClassVar[frozenset[str]] = frozenset({"marks"})

    def judge(self, facts: Facts) -> Ruling:
        """The mark says of what and when; what a library was never told of is let through."""
        told = marked(facts, vocabulary.FORGOTTEN)
        return self.ruling(not told, reason="; ".join(told) or "nobody had it removed")


@dataclass(frozen=True, slots=True)
class Status(Ruled):
    """Reject posts that their site took down; deletions on boorus are mostly judgements of quality."""

    name: ClassVar[str] = "status"
    needs: ClassVar[frozenset[str]] = frozenset({"status"})

    reject: tuple[str, ...] = ("deleted", "duplicate", "hidden")

    def judge(self, facts: Facts) -> Ruling:
        """Pending and flagged posts pass."""
        found = ", ".join(sorted(facts.status.intersection(self.reject)))
        reason = f"the site says: {found}" if found else "the site has not taken it down"
        return self.ruling(not found, reason=reason, value=found or None)


@dataclass(frozen=True, slots=True)
class MachineMade(Unmarked):
    """Reject pictures made by image generators."""

    name: ClassVar[str] = "machine_made"
    sets: ClassVar[tuple[str, ...]] = ("machine_made",)
    finding: ClassVar[str] = "made by an image generator"


@dataclass(frozen=True, slots=True)
class Edited(Unmarked):
    """Reject pictures that somebody other than the artist has changed."""

    name: ClassVar[str] = "edited"
    sets: ClassVar[tuple[str, ...]] = ("edited",)
    finding: ClassVar[str] = "changed by a third party"


@dataclass(frozen=True, slots=True)
class Flagged(Tunable):
    """Reject files that the site itself tags as too small, damaged or a worse copy of another."""

    name: ClassVar[str] = "flagged"
    sets: ClassVar[tuple[str, ...]] = ("flagged",)
    finding: ClassVar[str] = "tagged as a worse or damaged copy"
