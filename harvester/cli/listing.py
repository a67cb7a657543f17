"""`harvest gates`: what there is, printed from the code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import click

from harvester import gates
from harvester.cli.options import Globals, common
from harvester.errors import UsageError
from harvester.gates.building import Row


@click.command()
@click.option(
    "--try",
    "settings",
    multiple=True,
    metavar="GATE=VALUE",
    help="Show what this setting would make of a harvest; several count together.",
)
@click.option("--set", "harvest", help="The harvest it is tried on (default: the last one).")
@common
def gates_command(options: Globals, settings: tuple[str, ...], harvest: str | None) -> None:
    """List the gates with their settings and defaults, or try other settings on a harvest."""
    if settings:
        from harvester.cli.trying import show_trial  # it loads the stages; the lists do without

        return show_trial(options, settings, harvest)
    if harvest is not None:
        raise UsageError("--set goes with --try, e.g. --try short_side=640")
    rows = gates.describe()
    return options.show([asdict(row) for row in rows], lambda: _gates(rows))


def _gates(rows: Sequence[Row]) -> str:
    lines: list[str] = []
    told: set[str] = set()
    for row in rows:
        if row.name not in told:
            always = " (always on)" if row.name in gates.ALWAYS else ""
            lines.append(f"{row.name}{always}: {row.doc}")
        told.add(row.name)
        if row.field:
            lines.append(f"    {row.field} = {row.default}")
    return "\n".join(
        [
            *lines,
            "",
            "A recipe sets them under [gates], e.g. short_side = 1024; false switches one off.",
        ]
    )
