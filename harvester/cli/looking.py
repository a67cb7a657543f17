"""`harvest status`: how far each harvest is, once or until its run ends."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from harvester.cli import completing
from harvester.cli.options import Globals, common
from harvester.cli.printing import Row, cut, printable
from harvester.errors import UsageError

if TYPE_CHECKING:  # loaded when it is used, so that completion answers at once
    from harvester.catalog.core import Catalog
    from harvester.catalog.lock import Running
    from harvester.cli.summary import Summary

EVERY = 2.0
"""Seconds between two looks of --watch."""


@click.command()
@click.argument("harvest", required=False, shell_complete=completing.harvest)
@click.option("--watch", is_flag=True, help="Look every 2 seconds, until the run ends or Ctrl-C.")
@common
def status_command(options: Globals, harvest: str | None, watch: bool) -> None:
    """Show how far harvests are (all, or one by number or tag)."""
    from harvester.stages.libraries import library

    if watch and options.json:
        raise UsageError("--watch shows lines for people; it does not go with --json")
    with library(options.library) as catalog:
        if watch:
            _watch(options, catalog, harvest)
        told = _look(options, catalog, harvest)
    head = f"library {options.library.resolve()}\n\n"
    empty = "no harvest yet; `harvest --tag NAME` starts one"
    options.show(
        [one.as_json() | {"running": _pid(run)} for one, run in told],
        lambda: head + ("\n\n".join(_text(options, one, run) for one, run in told) or empty),
    )


Look = list[tuple["Summary", "Running | None"]]


def _look(options: Globals, catalog: Catalog, name: str | None) -> Look:
    """Every harvest that is meant, and who is at work on it."""
    from harvester.catalog import harvests
    from harvester.catalog.lock import running
    from harvester.cli import summary
    from harvester.stages.choosing import harvest_of

    chosen = [harvest_of(catalog, name)] if name else harvests.every(catalog)
    return [
        (
            summary.told(catalog, one, harvests.recipe_of(catalog, one)),
            running(options.library, one.id),
        )
        for one in chosen
    ]


def _pid(run: Running | None) -> int | None:
    return run.pid if run else None


def _text(options: Globals, told: Summary, run: Running | None) -> str:
    return told.as_text(command=options.command, run=_run(told, run))


def _run(told: Summary, run: Running | None) -> str:
    if run is not None:
        return f"under way: {run}"
    return "" if told.harvest.ended else "was interrupted, or is about to begin"


def _watch(options: Globals, catalog: Catalog, name: str | None) -> None:
    """Show what changes until nobody is at work any more; Ctrl-C is the other way to end it."""
    from harvester.cli.terminal import lively

    looks = _looks(options, catalog, name)
    try:
        if lively(sys.stdout):
            _repaint(looks)
        else:
            _append(looks)
    except KeyboardInterrupt:
        click.echo()


def _looks(options: Globals, catalog: Catalog, name: str | None) -> Iterator[Look]:
    """One look after another; the last one is at harvests that nobody works on."""
    while True:
        look = _look(options, catalog, name)
        yield look
        if not any(run for _, run in look):
            return
        time.sleep(EVERY)


def _repaint(looks: Iterator[Look]) -> None:
    from harvester.cli.terminal import live

    rows: list[Row] = []
    with live(lambda columns, unicode: [_cut(row, columns) for row in rows], err=False):
        for look in looks:
            lines = [line for told, run in look for line in [*_lines(told, run), ""]]
            room = shutil.get_terminal_size((100, 24)).lines - 2
            rows = [[(line, "")] for line in lines[:room]] + [[("Ctrl-C ends the watch", "dim")]]


def _append(looks: Iterator[Look]) -> None:
    shown: dict[int, str] = {}
    for look in looks:
        for told, run in look:
            line = " ".join(" ".join(_lines(told, run)).split())
            if shown.get(told.harvest.id) != line:
                shown[told.harvest.id] = line
                click.echo(printable(line))
                sys.stdout.flush()


def _lines(told: Summary, run: Running | None) -> list[str]:
    """One harvest as it stands, in short."""
    counted = ", ".join(f"{number} {state.value}" for state, number in told.states.items())
    lines = [
        f"harvest {told.harvest.id}  {told.harvest.subject}: {told.selected} of {told.target} chosen",
        f"  {told.found} found: {counted or 'nothing yet'}",
        f"  {_run(told, run) or 'no run is under way'}",
    ]
    return [printable(line) for line in lines]


def _cut(row: Row, columns: int) -> Row:
    return [(cut(text, columns - 1), style) for text, style in row]
