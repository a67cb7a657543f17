"""Hands the selection to an exporter, and remembers where it went."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from harvester.catalog import candidates, files, harvests, history, members
from harvester.catalog.core import Catalog
from harvester.catalog.harvests import Harvest
from harvester.errors import LibraryError, UsageError
from harvester.export import exporter
from harvester.export.captions import caption
from harvester.model import Verdict
from harvester.ports import Item, Store
from harvester.stages import facts, merging
from harvester.stages.crediting import origins


@dataclass(frozen=True, slots=True)
class Delivered:
    """What an export wrote: how many pictures, and which of the last one's were replaced by better copies: key -> key."""

    pictures: int
    replaced: Mapping[str, str]


def deliver(catalog: Catalog, store: Store, harvest: Harvest, form: str, folder: Path) -> Delivered:
    """Write the selection of a harvest into a folder, in place of what an earlier export of it put there."""
    before = history.exported(catalog, harvest.id, str(folder.resolve()))
    better = _better(catalog, harvest, {key for keys in before for key in keys})
    found = [_marked(item, better) for item in items(catalog, store, harvest)]
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
    last = set(before[-1]) if before else set()
    new = {old: key for old, key in better.items() if old in last and key in {*keys} - last}
    return Delivered(len(found), new)


def _better(catalog: Catalog, harvest: Harvest, keys: Collection[str]) -> dict[str, str]:
    """Of these pictures those that are no longer kept, and the better copy of each, by their keys."""
    if not keys:
        return {}
    by_kept = members.copies(catalog, harvest.id)
    copies = [copy for some in by_kept.values() for copy in some]
    known = candidates.load(catalog, [*by_kept, *copies])
    return {
        known[copy].value.key: known[kept].value.key
        for kept, some in by_kept.items()
        for copy in some
        if known[copy].value.key in keys
    }


def _marked(item: Item, better: Mapping[str, str]) -> Item:
    """Said for good of a better copy, so that the same export again writes the same list."""
    old = [worse for worse, key in better.items() if key == item.candidate.key]
    told = [f"replaces {', '.join(sorted(old))}, of which it is a better copy"] if old else []
    return replace(item, mark="; ".join(filter(None, [item.mark, *told])))


def items(catalog: Catalog, store: Store, harvest: Harvest) -> list[Item]:
    """The selection, ready to be written, in its order."""
    chosen = members.selected(catalog, harvest.id)
    known = candidates.load(catalog, [member.candidate for member in chosen])
    claimed = facts.of(catalog, known.values())
    copies = merging.copies(catalog, harvest.id, known)
    measured = files.measurements(catalog, harvest.id)
    told_of = origins(
        catalog, {one.id: (one, *copies.of.get(one.id, ())) for one in known.values()}
    )
    trigger = harvests.recipe_of(catalog, harvest).subject.replace("_", " ")
    found = []
    for member in chosen:
        one = known[member.candidate]
        if one.bare or copies.clear(one.id, claimed[one.id]).verdict is Verdict.REJECT:
            continue  # what a site says of it has changed since it was chosen
        whole = files.asset(catalog, one.asset or "")
        if whole is None or not store.has(whole.sha256, whole.extension):
            raise LibraryError(
                f"{one.value.key}: its file is missing from the library; run `harvest check --repair`"
            )
        told = copies.told(one.id, claimed[one.id])
        laid = facts.with_measurement(told, one.asset, measured)
        name = f"{member.place:04d}_{safe(one.value.key)}"
        path = store.path(whole.sha256, whole.extension)
        mark = member.reason if member.relaxed else ""
        said = caption(trigger, laid)
        found.append(Item(path, name, said, one.value, laid, mark, told_of[one.id]))
    return found


def folder_of(library: Path, harvest: Harvest) -> Path:
    """Where a harvest's own export lies in the library."""
    return library / "exports" / f"{harvest.id}_{safe(harvest.subject)}"


def safe(text: str) -> str:
    """A name that every file system takes and no path hides in; names from the network pass through here."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", text).strip("._")[:60] or "picture"
