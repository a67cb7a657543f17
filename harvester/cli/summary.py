"""What a run came to, as a table for people and as JSON for programs."""

from __future__ import annotations

import shutil
import textwrap
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harvester.catalog import harvests, members
from harvester.catalog.core import Catalog
from harvester.catalog.harvests import Harvest
from harvester.catalog.members import Member
from harvester.cli.printing import printable
from harvester.folders import is_folder, path_of
from harvester.model import Framing, State
from harvester.recipe import FRAMINGS, Recipe
from harvester.selection import conceded, quotas
from harvester.stages.hints import Hint, kept, losses, unfilled

if TYPE_CHECKING:  # it loads the network, which status does without
    from harvester.stages.shop import Shop

WIDEST = 120
"""Columns; longer lines are hard to read however wide the terminal is."""


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
    hints: tuple[Hint, ...] = ()
    relaxed: dict[str, int] = field(
        default_factory=dict
    )  # gate that --relax loosened -> chosen by it
    over: dict[str, int] = field(default_factory=dict)  # kind of cap that gave way -> chosen so
    limit: str = ""  # which limit ended the run
    stopped: str = ""  # the same in words
    folders: tuple[str, ...] = ()  # of the user's own that are asked beside sites
    limited: bool = False  # that was so of its last run
    replaced: int = 0  # pictures of the folder that this run replaced by better copies

    @property
    def how(self) -> str:
        """How the run ended."""
        if self.selected >= self.target:
            return "done"
        return "limited" if self.limit else "short"

    @property
    def found(self) -> int:
        """How many candidates there are."""
        return sum(self.states.values())

    @property
    def sentence(self) -> str:
        """The outcome in one line."""
        if self.selected >= self.target:
            relaxed = sum(self.relaxed.values())
            told = f", {relaxed} of them by --relax" if relaxed else ""
            return f"{self.selected} of {self.target} pictures{told}"
        missing = self.target - self.selected
        return f"{self.selected} of {self.target} pictures, {missing} missing: {self._why_short()}"

    def _why_short(self) -> str:
        if self.limit:
            return f"{self.stopped}; the same command goes on"
        left = self.states.get(State.WANTED, 0)
        waiting = f"{left} that pass are not fetched yet"
        if self.limited:
            return f"the last run came to its limit; {waiting}"
        if not self.found:
            return next(iter(self.trouble.values()), "the sites have none under this name")
        rejected = [(gate, n) for state, gate, n in self.reasons if state is State.REJECTED]
        parts = unfilled(self.framings, self.wishes) if self.selected else []
        parts += losses(rejected, self.hints)
        for state in (State.DUPLICATE, State.FAILED, State.HIDDEN, State.BLOCKED, State.GONE):
            if number := self.states.get(state, 0):
                parts.append(f"{number} {state.value}")
        if unseen := self.states.get(State.FOUND, 0):  # a run was stopped before it judged them
            return "; ".join([*parts, f"{unseen} not looked at yet"])
        parts.append(waiting if left else f"all {self.found} candidates were looked at")
        return "; ".join(parts)

    def as_json(self, folder: Path | None = None, sheet: Path | None = None) -> dict[str, Any]:
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
            "hints": [asdict(hint) | {"sentence": hint.sentence} for hint in self.hints],
            "trouble": self.trouble,
            "relaxed": self.relaxed,
            "over": self.over,
            "limit": self.limit or None,
            "folders": list(self.folders),
            "replaced": self.replaced,
            "summary": self.sentence,
            "folder": str(folder) if folder else None,
            "sheet": str(sheet) if sheet else None,
        }

    def as_text(
        self,
        folder: Path | None = None,
        sheet: Path | None = None,
        *,
        command: Callable[[str], str] = "harvest {}".format,
        run: str = "",
        again: str = "",
    ) -> str:
        """A table, then what to do next; as wide as the terminal.

        `command` writes a command out as it is to be typed; `run` says whether one is under way; `again`
        is what goes on where `resume` cannot.
        """
        number, subject = self.harvest.id, self.harvest.subject
        counted = ", ".join(f"{n} {state.value}" for state, n in self.states.items())
        rejected = [f"{gate} {n}" for state, gate, n in self.reasons if state is State.REJECTED]
        rows = [
            ("candidates", f"{self.found} found: {counted or 'none'}"),
            ("framing", ", ".join(self._framings()) if self.selected else ""),
            ("limit", self.stopped),
            ("relaxed", ", ".join(f"{gate} {n}" for gate, n in self.relaxed.items())),
            ("over caps", ", ".join(f"{kind} {n}" for kind, n in self.over.items())),
            ("rejected", "by " + ", ".join(rejected[:8]) if rejected else ""),
            *(("trouble", printable(reason)) for reason in self.trouble.values()),
            *(("folder", printable(path)) for path in self.folders),
            ("run", printable(run)),
            ("replaced", f"{self.replaced} by a better copy" if self.replaced else ""),
            ("pictures", str(folder) if folder else ""),
            ("sheet", str(sheet) if sheet else ""),
        ]
        told = printable(f"{subject} ({self.kind}): {self.sentence}")
        lines = [_wrapped(f"harvest {number}", told), ""]
        lines += [_wrapped(f"  {label}", text) for label, text in rows if text]
        return "\n".join([*lines, "", *self._next(command, again)])

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

    def _next(self, command: Callable[[str], str], again: str) -> list[str]:
        number = self.harvest.id
        steps = []
        if self.selected < self.target:
            steps.append(again or command(f"resume {number}"))
        if self.selected:
            steps.append(command(f"export {number} --format plain --to DIR"))
        if self.states.get(State.FAILED) and not again:
            steps.append(command(f"retry {number}"))
        steps.append(command("why SITE:ID" if self.found else f"status {number}"))
        return [f"  {'' if place else 'next':<12}{step}" for place, step in enumerate(steps)]


def _wrapped(label: str, text: str) -> str:
    width = min(max(40, shutil.get_terminal_size((100, 24)).columns), WIDEST)
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
    from harvester.stages.shortfall import keep  # it loads the gates, which status does without

    found = told(ready.catalog, ready.harvest, ready.recipe, dict(ready.trouble))
    missing = found.target - found.selected
    return replace(
        found,
        limit=ready.meter.reached,
        limited=bool(ready.meter.reached),
        stopped=ready.meter.sentence,
        hints=keep(ready.catalog, ready.harvest, ready.recipe, missing=missing),
    )


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
    stopped = [w for w in harvests.walks(catalog, harvest.id) if w.state == "stopped"]
    trouble = {walk.site: walk.reason for walk in stopped} | (trouble or {})
    order = {state: number for number, state in enumerate(State)}
    reasons = members.deciding(catalog, harvest.id)
    states: Counter[State] = Counter()
    for state, _, counted in reasons:
        states[state] += counted
    return Summary(
        harvest=harvest,
        target=recipe.target,
        selected=len(chosen),
        states=dict(sorted(states.items(), key=lambda item: order[item[0]])),
        framings={name: framings[name] for name in _order(framings)},
        wishes={framing.value: number for framing, number in mixed.items()},
        reasons=reasons,
        trouble=trouble,
        relaxed=_relaxed(chosen),
        over=dict(Counter(filter(None, (conceded(member.why) for member in chosen)))),
        folders=tuple(str(path_of(url)) for url in recipe.sites if is_folder(url)),
        limited=harvest.ended == "limited",
        hints=kept(catalog, harvest) if len(chosen) < recipe.target else (),
    )


def _relaxed(chosen: Sequence[Member]) -> dict[str, int]:
    """How many were chosen by which step of `--relax`."""
    levels = [member.relaxed for member in chosen if member.relaxed]
    if not levels:
        return {}
    from harvester.gates.relaxing import STEPS  # it loads the gates

    return dict(Counter(STEPS[level - 1].name for level in levels))


def _order(framings: dict[str, int]) -> list[str]:
    known = [framing.value for framing in (*FRAMINGS, Framing.WIDE)]
    return [name for name in (*known, "") if name in framings]
