"""One process works on a harvest at a time; another one is told who does."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from harvester.errors import HarvestInUse, LibraryError

PATIENCE = 60.0  # seconds; making the tables takes milliseconds


@contextmanager
def opening(catalog: Path) -> Iterator[None]:
    """Hold the catalog while its tables are made or changed; others wait."""
    folder = catalog.parent / "locks"
    try:
        folder.mkdir(exist_ok=True)
        with FileLock(folder / "catalog.lock", timeout=PATIENCE):
            yield
    except Timeout:
        raise LibraryError(
            f"{catalog}: another process keeps the catalog locked; try again"
        ) from None
    except OSError as error:
        raise LibraryError(
            f"{folder}: the library is not writable ({error.strerror}); check the rights of its folder"
        ) from None


@contextmanager
def held(library: Path, harvest: int) -> Iterator[None]:
    """Hold the lock of a harvest; HarvestInUse names the process that does. A killed holder holds nothing."""
    folder = library / "locks"
    note = folder / f"harvest-{harvest}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f"harvest-{harvest}.lock", timeout=0)
        with lock:
            note.write_text(json.dumps(_myself()), "utf-8")
            yield
            note.unlink(missing_ok=True)
    except Timeout:
        raise HarvestInUse(
            f"harvest {harvest} is in use by {_holder(note)}; wait for it or stop it"
        ) from None
    except PermissionError as error:
        raise LibraryError(
            f"{folder}: the library is not writable ({error.strerror}); check the rights of its folder"
        ) from None


def _myself() -> dict[str, object]:
    since = datetime.now().astimezone().isoformat(timespec="seconds")
    return {"pid": os.getpid(), "since": since, "command": " ".join(sys.argv[1:])}


def _holder(note: Path) -> str:
    try:
        told = json.loads(note.read_text("utf-8"))
        return f"process {told['pid']} (harvest {told['command']}, since {told['since']})"
    except (OSError, ValueError, KeyError):
        return "another process"
