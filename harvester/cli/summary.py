"""What a run came to, as a table for people and as JSON for programs."""

from __future__ import annotations

import shutil
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harvester.catalog import harvests, members
from harvester.catalog.core import Catalog
from harvester.catalog.harvests import Harvest
from harvester.cli.terminal import printable
from harvester.model import Framing, State
from harvester.recipe import FRAMINGS, Recipe
from harvester.selection import quotas
from harvester.stages.shop import Shop


@dataclass(frozen=True, slots=True)
class Summary:
    """One harvest as it stands. The states add up to what was found."""

    harvest: Harvest
    target: int
    selected: int
    states: dict[State, int]
    framings: dict[str, int]
    wishes: dict[str, int]
    reasons: list[tuple[State, str, int]]
    trouble: dict[str, str]

    @property
    def found(self) -> int:
        """How many candidates there are."""
        return sum(self.states.values())

    @property
    def sentence(self) -> str:
        """The outcome in one line."""
        if self.selected >= self.target:
            return f"{self.selected} of {self.target} pictures"
        missing = self.target - self.selected
        return f"{self.selected} of {self.target} pictures, {missing} missing: {self._why_short()}"

    def _why_short(self) -> str:
        if not self.found:
            return next(iter(self.trouble.values()), "the sites have none under this name")
        losses = [(gate, n) for state, gate, n in self.reasons if state is State.REJECTED][:3]
        parts = [f"{n} rejected by {gate}" for gate, n in losses]
        for state in (State.DUPLICATE, State.FAILED, State.HIDDEN, State.BLOCKED, State.GONE):
            if number := self.states.get(state, 0):
                parts.append(f"{number} {state.value}")
        left = self.states.get(State.WANTED, 0)
        parts.append(
            f"{left} still wanted" if left else f"all {self.found} candidates were looked at"
        )
        return "; ".join(parts)

    def as_json(self, folder: Path | None = None) -> dict[str, Any]:
        """Stable keys; they only grow."""
        return {
            "harvest": self.harvest.id,
            "subject": self.harvest.subject,
            "kind": self.harvest.kind,
            "revision": self.harvest.revision,
            "target": self.target,
            "selected": self.selected,
            "found": self.found,
            "states": {state.value: number for state, number in self.states.items()},
            "framing": self.framings,
            "mix": self.wishes,
            "reasons": [
                {"state": state.value, "by": gate, "count": number}
                for state, gate, number in self.reasons
            ],
            "trouble": self.trouble,
            "summary": self.sentence,
            "folder": str(folder) if folder else None,
        }

    def as_text(self, folder: Path | None = None) -> str:
        """A table, then what to do next; as wide as the terminal."""
        number, subject = self.harvest.id, self.harvest.subject
        counted = ", ".join(f"{n} {state.value}" for state, n in self.states.items())
        rejected = [f"{gate} {n}" for state, gate, n in self.reasons if state is State.REJECTED]
        rows = [
            ("candidates", f"{self.found} found: {counted or 'none'}"),
            ("framing", ", ".join(self._framings()) if self.selected else ""),
            ("rejected", "by " + ", ".join(rejected[:8]) if rejected else ""),
            *(("trouble", printable(reason)) for reason in self.trouble.values()),
            ("pictures", str(folder) if folder else ""),
        ]
        lines = [_wrapped(f"harvest {number}", f"{subject} ({self.kind}): {self.sentence}"), ""]
        lines += [_wrapped(f"  {label}", text) for label, text in rows if text]
        return "\n".join([*lines, "", *self._next()])

    @property
    def kind(self) -> str:
        """What the subject is."""
        return self.harvest.kind

    def _framings(self) -> list[str]:
        wished = [
            f"{name.replace('_', ' ')} {self.framings.get(name, 0)}/{wish}"
            for name, wish in self.wishes.items()
        ]
        others = [
            f"{name.replace('_', ' ') or 'unknown'} {n}"
            for name, n in self.framings.items()
            if name not in self.wishes
        ]
        return wished + others

    def _next(self) -> list[str]:
        number = self.harvest.id
        steps = [f"harvest status {number} · harvest why SITE:ID"]
        if self.selected:
            steps.insert(0, f"harvest export {number} --format plain --to DIR")
        if self.states.get(State.FAILED):
            steps.append(f"harvest retry {number}")
        return [f"  {'' if number else 'next':<12}{step}" for number, step in enumerate(steps)]


def _wrapped(label: str, text: str) -> str:
    width = max(40, shutil.get_terminal_size((100, 24)).columns)
    head = f"{label:<14}"
    return textwrap.fill(
        text,
        width,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_on_hyphens=False,
        break_long_words=False,
    )


def of(ready: Shop) -> Summary:
    """The summary of a run that has just ended."""
    return told(ready.catalog, ready.harvest, ready.recipe, dict(ready.trouble))


def told(
    catalog: Catalog, harvest: Harvest, recipe: Recipe, trouble: dict[str, str] | None = None
) -> Summary:
    """The summary of a harvest as the catalog has it."""
    chosen = members.selected(catalog, harvest.id)
    framings: dict[str, int] = {}
    for member in chosen:
        name = member.framing.value if member.framing else ""
        framings[name] = framings.get(name, 0) + 1
    mixed = quotas(recipe.target, recipe.mix) if recipe.kind == "character" else {}
    if trouble is None:
        stopped = [w for w in harvests.walks(catalog, harvest.id) if w.state == "stopped"]
        trouble = {walk.site: walk.reason for walk in stopped}
    order = {state: number for number, state in enumerate(State)}
    states = members.counts(catalog, harvest.id)
    return Summary(
        harvest=harvest,
        target=recipe.target,
        selected=len(chosen),
        states=dict(sorted(states.items(), key=lambda item: order[item[0]])),
        framings={name: framings[name] for name in _order(framings)},
        wishes={framing.value: number for framing, number in mixed.items()},
        reasons=members.deciding(catalog, harvest.id),
        trouble=trouble,
    )


def _order(framings: dict[str, int]) -> list[str]:
    known = [framing.value for framing in (*FRAMINGS, Framing.WIDE)]
    return [name for name in (*known, "") if name in framings]
