"""The index of hashes beside the catalog, brought up to it: which pictures of the whole library one is like."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harvester.catalog import hashes
from harvester.catalog.core import Catalog
from harvester.catalog.lock import indexing
from harvester.errors import LibraryError
from harvester.hashing import NEAR
from harvester.hashing.index import Damaged, File, Index, in_memory, mapped, rows_of
from harvester.sketch import Sketch

NAME = "hashes.idx"


@dataclass(frozen=True, slots=True)
class Near:
    """A stored file and by how many bits of 64 the nearest of its hashes differs."""

    sha256: str
    bits: int


def near(
    catalog: Catalog, sketch: Sketch, radius: int = NEAR, *, index: Index | None = None
) -> list[Near]:
    """Every stored picture of this library, of whatever harvest, within so many bits of a sketch; the nearest first.

    Held against each other are the hashes of the whole, inside borders, of the mirror image and on white, as within a
    harvest; parts of pictures are not. Hashes say who may be a copy: only pixels say who is. Whoever asks more than
    once gives the `index` that `index_of` opened; what is stored later is not in it.
    """
    hits = (index_of(catalog) if index is None else index).near(sketch, radius)
    names = hashes.named(catalog, (hit.row for hit in hits))
    return [Near(names[hit.row], hit.bits) for hit in hits if hit.row in names]


def index_of(catalog: Catalog) -> Index:
    """The index of this catalog, up to its last sketch; made anew if it is absent, damaged or of another catalog.

    It is a cache: a process that is killed over it costs the next one a little reading, and in a library that cannot
    be written to it is made in memory.
    """
    path = catalog.path.with_name(NAME)
    try:
        with indexing(path):
            return _of_disk(catalog, path)
    except LibraryError:
        return _of_memory(catalog)


def _of_disk(catalog: Catalog, path: Path) -> Index:
    file = _standing(catalog, path)
    if file is None:
        draft = path.with_name(f"{NAME}.new")
        file = _filled(catalog, File.new(draft))
        draft.replace(path)
    else:
        file = _filled(catalog, file)
    return mapped(path, file.reach)


def _standing(catalog: Catalog, path: Path) -> File | None:
    """The file that is there, if it can be added to: it holds what the catalog held up to some row."""
    try:
        file = File.open(path)
    except (FileNotFoundError, Damaged):
        return None
    if file.reach.rows and not hashes.is_there(catalog, file.reach.row, file.reach.mark):
        file.close()
        return None
    return file


def _filled(catalog: Catalog, file: File) -> File:
    """Add what the catalog has beyond it, and close it."""
    try:
        before = file.reach
        for some in hashes.since(catalog, before.row):
            rows = rows_of([each.row for each in some], [each.hashes for each in some])
            file.append(rows, some[-1].mark)
        if file.reach != before or not before.rows:
            file.commit()
    finally:
        file.close()
    return file


def _of_memory(catalog: Catalog) -> Index:
    found = [
        rows_of([each.row for each in some], [each.hashes for each in some])
        for some in hashes.since(catalog, 0)
    ]
    return in_memory(np.concatenate(found, axis=1)) if found else Index(())
