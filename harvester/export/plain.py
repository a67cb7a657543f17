"""The layout every trainer reads: pictures, and beside each a `.txt` with one line of caption."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

from harvester import boundary
from harvester.errors import UsageError
from harvester.ports import Item, Origin

MANIFEST = ".harvest.json"
"""Names what an export wrote, so that the next one replaces its own files and nobody else's: a file's name, and
what is said of it: why a picture was taken with `--relax`, else nothing."""

PART = f"{MANIFEST}.part"
"""The manifest while it is being written; a killed export may leave it."""

CREDITS = "harvest-credits.json"
"""Says of each picture who shows it, who made it, where it was taken from and under what licence, as far as that is known;
in the order of the selection."""

AS_THEY_ARE = {"jpeg": ".jpg", "png": ".png"}
"""Formats every trainer reads; anything else is written as PNG, without loss."""


class Plain:
    """Pictures with captions in one folder."""

    name: ClassVar[str] = "plain"

    def write(self, items: Sequence[Item], folder: Path) -> None:
        """Write the items and remove what an earlier export put here. Other files are never touched."""
        old = claimed(folder)
        folder.mkdir(parents=True, exist_ok=True)
        names = {name: item.mark for item in items for name in _names(item)}
        credits = _credits(items)
        names |= {CREDITS: ""} if credits else {}
        # both lists first: whatever happens after this, the next export knows what is ours
        _note(folder, {name: names.get(name, "") for name in sorted({*old, *names})})
        for item in items:
            picture, text = _names(item)
            _write_picture(item, folder / picture)
            (folder / text).write_text(item.caption + "\n", "utf-8")
        if credits:
            told = json.dumps(credits, ensure_ascii=False, indent=1) + "\n"
            # half a letter, which sites may send, is no UTF-8, but its escape is JSON
            (folder / CREDITS).write_text(told, "utf-8", errors="backslashreplace")
        boundary.cross("export.written")
        for name in sorted(old - names.keys()):
            (folder / name).unlink(missing_ok=True)
        _note(folder, names)


def claimed(folder: Path) -> set[str]:
    """The names in a folder that an earlier export wrote; UsageError when somebody else's files are there."""
    note = folder / MANIFEST
    if note.is_file():
        return {name for name in _noted(note) if Path(name).name == name != ".."}
    if folder.is_dir() and any(path.name != PART for path in folder.iterdir()):
        raise UsageError(
            f"{folder} holds files that no export wrote; name an empty or a new folder"
        )
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a folder")
    return set()


def _noted(note: Path) -> list[str]:
    """The names in a manifest; one of an earlier version is a list of them."""
    try:
        names = json.loads(note.read_text("utf-8"))
    except ValueError:
        names = None
    told = [*names, *names.values()] if isinstance(names, dict) else names
    if not isinstance(told, list) or not all(isinstance(one, str) for one in told):
        raise UsageError(
            f"{note} is damaged, so it is not known which files are ours; name another folder"
        )
    return list(names)


def _note(folder: Path, names: Mapping[str, str]) -> None:
    part = folder / PART
    part.write_text(json.dumps(names, ensure_ascii=False, indent=0), "utf-8")
    part.replace(folder / MANIFEST)


def _credits(items: Sequence[Item]) -> dict[str, dict[str, Any]]:
    """What is known of each picture's origin, by the name of its file; what is not known is left out."""
    told = {_names(item)[0]: _origin(item.origin) for item in items}
    return {name: said for name, said in told.items() if said}


def _origin(origin: Origin) -> dict[str, Any]:
    credits = [
        {key: text for key, text in asdict(one).items() if text is not None}
        for one in origin.credits
    ]
    said = asdict(origin) | {"credits": [one for one in credits if one]}
    return {key: value for key, value in said.items() if value}


def _names(item: Item) -> tuple[str, str]:
    return item.name + AS_THEY_ARE.get(item.facts.format or "", ".png"), item.name + ".txt"


def _write_picture(item: Item, target: Path) -> None:
    if item.facts.format in AS_THEY_ARE:
        shutil.copyfile(item.path, target)
        return
    from PIL import Image, ImageOps

    with Image.open(item.path) as picture:
        upright = ImageOps.exif_transpose(picture)
        upright.convert(
            "RGBA" if "transparency" in picture.info or "A" in picture.getbands() else "RGB"
        ).save(target)
