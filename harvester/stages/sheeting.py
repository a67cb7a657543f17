"""Draws the contact sheet of a harvest's selection."""

from __future__ import annotations

from pathlib import Path

from harvester.catalog.core import Catalog
from harvester.catalog.harvests import Harvest
from harvester.errors import LibraryError, UsageError
from harvester.export.sheet import sheet
from harvester.ports import Store
from harvester.stages.deliver import folder_of, items


def sheet_of(library: Path, harvest: Harvest) -> Path:
    """Where a harvest's own sheet lies: beside its folder of pictures, so that no trainer reads it."""
    folder = folder_of(library, harvest)
    return folder.with_name(f"{folder.name}.png")


def draw_sheet(catalog: Catalog, store: Store, harvest: Harvest, path: Path) -> int:
    """Draw the selection into a PNG; how many pictures are on it."""
    found = items(catalog, store, harvest)
    if not found:
        raise UsageError(
            f"harvest {harvest.id} has no pictures selected yet; `harvest resume {harvest.id}` goes on"
        )
    try:
        return sheet(found, path, title=f"{harvest.subject} · harvest {harvest.id}")
    except OSError as error:
        raise LibraryError(
            f"{path}: cannot be written ({error.strerror}); make room or name another file with --to"
        ) from None
