"""`harvest export` and `harvest check`: take the dataset out, and prove the library whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harvester.cli import completing
from harvester.cli.options import FOLDER, Globals, common
from harvester.errors import Exit
from harvester.export import FORMATS

if TYPE_CHECKING:  # loaded when it is used, so that completion answers at once
    from harvester.stages.deliver import Delivered


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
        written = deliver(catalog, LocalStore(options.library), found, form, folder)
    told = {
        "harvest": found.id,
        "format": form,
        "folder": str(folder),
        "pictures": written.pictures,
        "replaced": [{"old": old, "new": new} for old, new in sorted(written.replaced.items())],
    }
    options.show(told, lambda: _told(written, found.subject, folder))


def _told(written: Delivered, subject: str, folder: Path) -> str:
    lines = [f"{written.pictures} pictures of {subject} with captions in {folder}"]
    if written.replaced:
        lines.append(f"{len(written.replaced)} replaced by a better copy:")
        lines += [f"  {old} by {new}" for old, new in sorted(written.replaced.items())]
    return "\n".join(lines)


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
