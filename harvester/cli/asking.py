"""Asks a person which of several names is meant; only where one sits at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from harvester.cli.options import Globals
from harvester.cli.printing import printable
from harvester.cli.terminal import Terminal

if TYPE_CHECKING:  # the stages load the network, which --help and status do without
    from harvester.model import Name
    from harvester.stages.shop import Pick

SHOWN = 9


def picker(options: Globals, terminal: Terminal) -> Pick | None:
    """What asks the person at the terminal; None in a pipe, with --json and with -q."""
    if options.json or options.verbose < 0 or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None

    def pick(site: str, asked: str, choices: Sequence[Name]) -> Name | None:
        with terminal.paused():
            return _picked(site, asked, choices[:SHOWN])

    return pick


def _picked(site: str, asked: str, choices: Sequence[Name]) -> Name | None:
    """The choice whose number is typed; None for Enter alone."""
    click.echo(f"{site} has no post tagged '{printable(asked)}'. Which one is meant?", err=True)
    for number, name in enumerate(choices, 1):
        count = "" if name.count is None else f"  {name.count:,} posts"
        click.echo(f"  {number}  {printable(name.name)}{count}", err=True)
    numbers = [str(number) for number in range(1, len(choices) + 1)]
    while True:
        said = click.prompt(
            "Its number, or Enter for none", default="", show_default=False, err=True
        ).strip()
        if not said:
            return None
        if said in numbers:
            return choices[int(said) - 1]
        click.echo("That is no number of the list.", err=True)
