"""What a harvest went through: its revisions and what each changed, its rounds, runs and exports."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harvester.catalog import harvests, history, runs
from harvester.catalog.core import Catalog
from harvester.catalog.harvests import Harvest, Round
from harvester.catalog.history import Revision, Written
from harvester.catalog.lock import running
from harvester.catalog.runs import Run
from harvester.recipe import KINDS, Recipe, table_of


@dataclass(frozen=True, slots=True)
class Change:
    """One key of a recipe file that has another value than before; None where it was or is not set."""

    key: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class History:
    """Everything that is told of one harvest, oldest first. The first revision is compared with the defaults."""

    harvest: Harvest
    revisions: list[tuple[Revision, list[Change]]]
    rounds: list[Round]
    runs: list[tuple[Run, str]]
    exports: list[Written]

    def as_json(self) -> dict[str, Any]:
        """Stable keys; they only grow."""
        return {
            "harvest": self.harvest.id,
            "subject": self.harvest.subject,
            "kind": self.harvest.kind,
            "created": moment(self.harvest.created),
            "revisions": [
                {
                    "revision": revision.number,
                    "created": moment(revision.created),
                    "relaxed": revision.relaxed,
                    "changes": [
                        {"key": one.key, "before": one.before, "after": one.after}
                        for one in changes
                    ],
                }
                for revision, changes in self.revisions
            ],
            "rounds": [_round(found) for found in self.rounds],
            "runs": [_run(run, how) for run, how in self.runs],
            "exports": [
                {
                    "revision": one.revision,
                    "format": one.format,
                    "folder": one.folder,
                    "pictures": one.pictures,
                    "written": moment(one.at),
                }
                for one in self.exports
            ],
        }


def of(catalog: Catalog, library: Path, harvest: Harvest) -> History:
    """The history of a harvest. Reads no candidate, so its length alone decides how long it takes."""
    every = history.revisions(catalog, harvest.id)
    now = runs.of_harvest(catalog, harvest.id)
    at_work = running(library, harvest.id) is not None
    return History(
        harvest,
        list(zip(every, _compared(every), strict=True)),
        harvests.rounds(catalog, harvest.id),
        [(run, _how(run, at_work and run is now[-1])) for run in now],
        history.exports(catalog, harvest.id),
    )


def changes(before: Recipe, after: Recipe) -> list[Change]:
    """Key by key, what differs; keys of tables have their names in front: mix.portrait."""
    old, new = _flat(table_of(before)), _flat(table_of(after))
    keys = dict.fromkeys((*new, *old))
    return [Change(key, old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)]


def moment(seconds: float) -> str:
    """A time as ISO 8601 writes it, in UTC, to the second."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _compared(every: list[Revision]) -> list[list[Change]]:
    if not every:
        return []
    first = every[0].recipe
    defaults = Recipe((), kind=first.kind, target=KINDS[first.kind])
    before = [replace(defaults, kind=Recipe(()).kind), *(one.recipe for one in every)]
    return [changes(old, one.recipe) for old, one in zip(before, every, strict=False)]


def _flat(table: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            found |= {f"{key}.{inner}": one for inner, one in _flat(value).items()}
        else:
            found[key] = value
    return found


def _how(run: Run, at_work: bool) -> str:
    if run.end is not None:
        return run.end.how
    return "running" if at_work else "killed"


def _round(found: Round) -> dict[str, Any]:
    return {
        "round": found.number,
        "revision": found.revision,
        "planned": found.planned,
        "fetched": found.fetched,
        "accepted": found.accepted,
        "state": found.state,
    }


def _run(run: Run, how: str) -> dict[str, Any]:
    end = run.end
    return {
        "run": run.id,
        "revision": run.revision,
        "begun": moment(run.begun),
        "ended": None if run.ended is None else moment(run.ended),
        "how": how,
        "selected": end.selected if end else None,
        "files": end.files if end else None,
        "bytes": end.bytes if end else None,
        "summary": end.summary if end else "",
    }
