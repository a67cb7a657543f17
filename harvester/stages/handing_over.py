"""Writes the finished folder and the contact sheet of a harvest into its library, and takes out what was removed."""

from __future__ import annotations

from pathlib import Path

from harvester.catalog import members
from harvester.export import exporter
from harvester.stages.deliver import deliver, folder_of
from harvester.stages.sheeting import draw_sheet, sheet_of
from harvester.stages.shop import Shop


def hand_over(ready: Shop, where: Path) -> tuple[Path | None, Path | None, int]:
    """The folder and the contact sheet of the selection, written into the library, and how many better copies came."""
    form = ready.recipe.export.format
    if form == "none" or not members.selected(ready.catalog, ready.harvest.id):
        return None, None, 0
    folder, sheet = folder_of(where, ready.harvest), sheet_of(where, ready.harvest)
    written = deliver(ready.catalog, ready.store, ready.harvest, form, folder)
    draw_sheet(ready.catalog, ready.store, ready.harvest, sheet)
    return folder, sheet, len(written.replaced)


def take_out(ready: Shop, where: Path) -> Path | None:
    """Write both anew where there are any, so that they show what is selected now; the folder, None where there is none."""
    folder, sheet = folder_of(where, ready.harvest), sheet_of(where, ready.harvest)
    if ready.recipe.export.format == "none" or not folder.is_dir():
        return None
    if hand_over(ready, where)[0] is None:
        exporter(ready.recipe.export.format).write([], folder)
        sheet.unlink(missing_ok=True)
    return folder
