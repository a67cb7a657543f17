"""Who is in the picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from harvester.gates.ruling import Ruled
from harvester.model import Facts, People, Ruling

_SENTENCES = {
    People.NOBODY: "nobody is in the picture",
    People.ALONE: "the subject is alone",
    People.FOCUS: "others are there, the subject is in focus",
    People.SEVERAL: "several people share the picture",
}


@dataclass(frozen=True, slots=True)
class Alone(Ruled):
    """Reject pictures in which the subject is not alone, as far as tags tell."""

    name: ClassVar[str] = "people"
    needs: ClassVar[frozenset[str]] = frozenset({"people"})

    allow: tuple[str, ...] = field(
        default=("alone", "focus"), metadata={"choices": tuple(str(people) for people in People)}
    )

    def judge(self, facts: Facts) -> Ruling:
        """Value is who is there, so that the ranking can put `alone` before `focus`."""
        if facts.people is None:
            return self.unknown("who is in the picture is")
        allowed = ", ".join(self.allow)
        reason = f"{_SENTENCES[facts.people]}; accepted: {allowed}"
        told = facts.people.value
        return self.ruling(told in self.allow, reason=reason, value=told, threshold=allowed)
