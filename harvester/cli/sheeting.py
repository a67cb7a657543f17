"""`harvest sheet`: the selection on one picture."""

from __future__ import annotations

from pathlib import Path

import click

from harvester.cli import completing
from harvester.cli.options import FILE, Globals, common
from harvester.errors import UsageError


@click.command()
@click.argument("harvest", required=False, shell_complete=completing.harvest)
@click.option(
    "--to", "path", type=FILE, help="PNG to write (default: in the library's exports folder)."
)
@common
def sheet_command(options: Globals, harvest: str | None, path: Path | None) -> None:
    """Draw the selection of a harvest on one PNG."""
    from harvester.stages.choosing import harvest_of
    from harvester.stages.libraries import library
    from harvester.stages.sheeting import draw_sheet, sheet_of
    from harvester.store.local import LocalStore

    if path is not None and path.suffix.lower() != ".png":
        raise UsageError(f"{path}: a contact sheet is a PNG; name a file that ends in .png")
    with library(options.library) as catalog:
        found = harvest_of(catalog, harvest)
        target = path or sheet_of(options.library, found)
        number = draw_sheet(catalog, LocalStore(options.library), found, target)
    told = {"harvest": found.id, "sheet": str(target), "pictures": number}
    options.show(told, lambda: f"{number} pictures of {found.subject} on {target}")
