"""Opens the catalog of a library, for those that ask nobody else: nothing of the network is loaded for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harvester.catalog.core import Catalog
from harvester.errors import LibraryError

CATALOG = "catalog.db"


@contextmanager
def library(folder: Path, *, create: bool = False) -> Iterator[Catalog]:
    """The catalog of a library; LibraryError when there is none and none is to be made."""
    path = folder / CATALOG
    try:
        if create:
            folder.mkdir(parents=True, exist_ok=True)
        present = path.exists()
    except OSError as error:
        raise LibraryError(
            f"{folder}: the library cannot be made ({error.strerror}); name another place with --library"
        ) from None
    if not present and not create:
        raise LibraryError(
            f"{folder}: there is no library here yet; `harvest --tag NAME` makes one, --library names another"
        )
    catalog = Catalog(path)
    try:
        yield catalog
    finally:
        catalog.close()
