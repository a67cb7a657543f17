"""`harvest history`: what changed from revision to revision, and what rounds, runs and exports came to."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from harvester.cli import completing
from harvester.cli.options import Globals, common
from harvester.cli.printing import cut, table
from harvester.limits import shown

SUMMARY = 60
"""Columns for what a run came to; `--json` has all of it."""

if TYPE_CHECKING:  # loaded when it is used, so that completion answers at once
    from harvester.stages.history import History


@click.command()
@click.argument("harvest", required=False, shell_complete=completing.harvest)
@common
def history_command(options: Globals, harvest: str | None) -> None:
    """Show what a harvest went through."""
    from harvester.stages import history
    from harvester.stages.choosing import harvest_of
    from harvester.stages.libraries import library

    with library(options.library) as catalog:
        found = history.of(catalog, options.library, harvest_of(catalog, harvest))
    options.show(found.as_json(), lambda: _text(found))


def _text(found: History) -> str:
    told = found.as_json()
    lines = [
        f"harvest {told['harvest']}: {told['subject']} ({told['kind']}), since {_at(told['created'])}"
    ]
    for revision in told["revisions"]:
        relaxed = f", relaxed {revision['relaxed']} steps" if revision["relaxed"] else ""
        lines += ["", f"revision {revision['revision']}, {_at(revision['created'])}{relaxed}"]
        lines += [f"  {_change(change)}" for change in revision["changes"]]
    lines += _section(
        "round", ["revision", "planned", "fetched", "accepted", "state"], told["rounds"]
    )
    runs = [
        {
            **run,
            "begun": _at(run["begun"]),
            "fetched": _fetched(run),
            "summary": cut(run["summary"], SUMMARY),
        }
        for run in told["runs"]
    ]
    lines += _section("run", ["revision", "begun", "how", "selected", "fetched", "summary"], runs)
    exports = [{**one, "written": _at(one["written"])} for one in told["exports"]]
    lines += _section("written", ["revision", "format", "pictures", "folder"], exports)
    return "\n".join(lines)


def _section(first: str, others: list[str], rows: list[dict[str, Any]]) -> list[str]:
    """A table, if there is anything in it; what is not known is a dash."""
    cells = [{key: "–" if value is None else value for key, value in row.items()} for row in rows]
    return ["", table([first, *others], cells)] if cells else []


def _change(change: dict[str, Any]) -> str:
    before, after = (_value(change[side]) for side in ("before", "after"))
    return f"{change['key']}: {before} → {after}"


def _value(value: object) -> str:
    return "–" if value is None or value == [] else json.dumps(value, ensure_ascii=False)


def _fetched(run: dict[str, Any]) -> str | None:
    if run["files"] is None:
        return None
    return f"{run['files']} ({shown(run['bytes'])}B)" if run["files"] else "0"


def _at(moment: str) -> str:
    """In the time of this machine."""
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")
