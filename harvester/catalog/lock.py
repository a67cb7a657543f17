"""One process works on a harvest at a time; another one is told who does."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from harvester.errors import HarvestInUse, LibraryError

PATIENCE = 60.0  # seconds; making the tables takes milliseconds


@contextmanager
def opening(catalog: Path) -> Iterator[None]:
    """Hold the catalog while its tables are made or changed; others wait."""
    with _alone(catalog.parent / "locks", catalog):
        yield


@contextmanager
def indexing(index: Path) -> Iterator[None]:
    """Hold the index of hashes while it is opened and added to; others wait."""
    with _alone(index.parent / "locks", index):
        yield


@contextmanager
def _alone(folder: Path, what: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout  # those that only read do without

    try:
        folder.mkdir(exist_ok=True)
        with FileLock(folder / f"{what.stem}.lock", timeout=PATIENCE):
            yield
    except Timeout:
        raise LibraryError(f"{what}: another process keeps it locked; try again") from None
    except OSError as error:
        raise LibraryError(
            f"{folder}: the library is not writable ({error.strerror}); check the rights of its folder"
        ) from None


@contextmanager
def held(library: Path, harvest: int) -> Iterator[None]:
    """Hold the lock of a harvest; HarvestInUse names the process that does. A killed holder holds nothing."""
    from filelock import FileLock, Timeout

    folder = library / "locks"
    note = folder / f"harvest-{harvest}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f"harvest-{harvest}.lock", timeout=0)
        with lock:
            note.write_text(json.dumps(_myself()), "utf-8")
            try:
                yield
            finally:
                note.unlink(missing_ok=True)
    except Timeout:
        raise HarvestInUse(
            f"harvest {harvest} is in use by {_holder(note)}; wait for it or stop it"
        ) from None
    except PermissionError as error:
        raise LibraryError(
            f"{folder}: the library is not writable ({error.strerror}); check the rights of its folder"
        ) from None


@dataclass(frozen=True, slots=True)
class Running:
    """The process that works on a harvest; `started` is its own start, `since` when it took the harvest."""

    pid: int
    started: float
    since: str
    command: str

    def __str__(self) -> str:
        return f"process {self.pid} (harvest {self.command}, since {self.since})"


def running(library: Path, harvest: int) -> Running | None:
    """Who works on a harvest; None when nobody does. Only looks: the lock itself is not touched."""
    found = _noted(library / "locks" / f"harvest-{harvest}.json")
    if found is None:
        return None
    import psutil

    try:
        alive = abs(psutil.Process(found.pid).create_time() - found.started) < 1.0
    except psutil.Error:
        return None
    return found if alive else None


def _myself() -> dict[str, object]:
    import psutil

    since = datetime.now().astimezone().isoformat(timespec="seconds")
    me = psutil.Process()
    command = " ".join(sys.argv[1:])
    return {"pid": me.pid, "started": me.create_time(), "since": since, "command": command}


def _noted(note: Path) -> Running | None:
    try:
        return msgspec.json.decode(note.read_bytes(), type=Running)
    except (OSError, msgspec.MsgspecError):
        return None


def _holder(note: Path) -> str:
    return str(_noted(note) or "another process")
