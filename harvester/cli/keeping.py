"""`harvest export` and `harvest check`: take the dataset out, and prove the library whole."""

from __future__ import annotations

from pathlib import Path

import click

from harvester.cli import completing
from harvester.cli.options import FOLDER, Globals, common
from harvester.errors import Exit
from harvester.export import FORMATS


@click.command()
@click.argument("harvest", required=False, shell_complete=completing.harvest)
@click.option(
    "--format",
    "form",
    default="plain",
    show_default=True,
    help=f"One of: {', '.join(FORMATS)}.",
    shell_complete=completing.format,
)
@click.option(
    "--to",
    "folder",
    type=FOLDER,
    required=True,
    help="Folder to write; new, empty, or an earlier export.",
)
@common
def export_command(options: Globals, harvest: str | None, form: str, folder: Path) -> None:
    """Write the selection of a harvest as a dataset."""
    from harvester.stages.choosing import harvest_of
    from harvester.stages.deliver import deliver
    from harvester.stages.libraries import library
    from harvester.store.local import LocalStore

    with library(options.library) as catalog:
        found = harvest_of(catalog, harvest)
        number = deliver(catalog, LocalStore(options.library), found, form, folder)
    told = {"harvest": found.id, "format": form, "folder": str(folder), "pictures": number}
    options.show(told, lambda: f"{number} pictures of {found.subject} with captions in {folder}")


@click.command()
@click.option(
    "--repair", is_flag=True, help="Drop what is damaged, so that the next run fetches it again."
)
@common
def check_command(options: Globals, repair: bool) -> int:
    """Verify that every stored file is whole and every row true."""
    from harvester.stages import checking
    from harvester.stages.libraries import library
    from harvester.store.local import LocalStore

    with library(options.library) as catalog:
        report = checking.check(catalog, LocalStore(options.library), repair=repair)
    options.show(report.as_json(), report.as_text)
    return Exit.DONE if report.clean or repair else Exit.LIBRARY
