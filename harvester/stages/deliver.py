"""Hands the selection to an exporter, and remembers where it went."""

from __future__ import annotations

import re
from pathlib import Path

from harvester.catalog import candidates, files, harvests, members
from harvester.catalog.core import Catalog
from harvester.catalog.harvests import Harvest
from harvester.errors import LibraryError, UsageError
from harvester.export import exporter
from harvester.export.captions import caption
from harvester.gates.minors import clear
from harvester.model import Verdict
from harvester.ports import Item, Store
from harvester.stages import facts


def deliver(catalog: Catalog, store: Store, harvest: Harvest, form: str, folder: Path) -> int:
    """Write the selection of a harvest into a folder; how many pictures."""
    found = items(catalog, store, harvest)
    if not found:
        raise UsageError(
            f"harvest {harvest.id} has no pictures selected yet; `harvest resume {harvest.id}` goes on"
        )
    try:
        exporter(form).write(found, folder)
    except OSError as error:
        raise LibraryError(
            f"{folder}: cannot be written ({error.strerror}); make room or name another folder"
        ) from None
    keys = [item.candidate.key for item in found]
    harvests.put_export(catalog, harvest, (form, str(folder.resolve())), keys)
    return len(found)


def items(catalog: Catalog, store: Store, harvest: Harvest) -> list[Item]:
    """The selection, ready to be written, in its order."""
    chosen = members.selected(catalog, harvest.id)
    known = candidates.load(catalog, [member.candidate for member in chosen])
    claimed = facts.of(catalog, known.values())
    measured = files.measurements(catalog, harvest.id)
    trigger = harvests.recipe_of(catalog, harvest).subject.replace("_", " ")
    found = []
    for member in chosen:
        one = known[member.candidate]
        if one.bare or clear(claimed[one.id]).verdict is Verdict.REJECT:
            continue  # what a site says of it has changed since it was chosen
        whole = files.asset(catalog, one.asset or "")
        if whole is None or not store.has(whole.sha256, whole.extension):
            raise LibraryError(
                f"{one.value.key}: its file is missing from the library; run `harvest check --repair`"
            )
        laid = facts.with_measurement(claimed[one.id], one.asset, measured)
        name = f"{member.place:04d}_{safe(one.value.key)}"
        path = store.path(whole.sha256, whole.extension)
        mark = member.reason if member.relaxed else ""
        found.append(Item(path, name, caption(trigger, laid), one.value, laid, mark))
    return found


def folder_of(library: Path, harvest: Harvest) -> Path:
    """Where a harvest's own export lies in the library."""
    return library / "exports" / f"{harvest.id}_{safe(harvest.subject)}"


def safe(text: str) -> str:
    """A name that every file system takes and no path hides in; names from the network pass through here."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", text).strip("._")[:60] or "picture"
