"""Finds the files of folders that people have already: pictures by their first bytes, and what is none with a sentence."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harvester.errors import HarvestError, UsageError
from harvester.net.disk import Entry, Tree, reason
from harvester.net.guard import PICTURES, sniff

HEAD = 512  # bytes that tell what a file is


@dataclass(frozen=True, slots=True)
class Filed:
    """A file as it lies in a folder that was named; `beside` are texts about it. `place` is its path below `folder`."""

    path: Path
    folder: Path
    place: tuple[str, ...]
    bytes: int
    modified: int  # nanoseconds
    inode: tuple[int, int]
    beside: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is not looked at, or no picture: the rest of a sentence that begins with its name."""

    path: Path
    why: str


def gathered(folders: Sequence[Path]) -> tuple[list[Filed], list[Skipped]]:
    """What lies in the folders and below them, in the order named and by name, each file once.

    Links are told of and not followed, hidden files left out. UsageError for what is no folder.
    """
    found: list[Filed] = []
    skipped: list[Skipped] = []
    seen: set[Path] = set()
    for folder in folders:
        root = root_of(folder)
        for entry in _entries(folder):
            where = root.joinpath(*entry.parts)
            if where in seen:
                continue
            seen.add(where)
            one = _filed(folder, entry)
            (found if isinstance(one, Filed) else skipped).append(one)  # type: ignore[arg-type]
    return found, skipped


def root_of(folder: Path) -> Path:
    """A folder with links resolved; UsageError for what is none."""
    try:
        if folder.is_dir():
            return folder.resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"{folder} cannot be opened ({error}); name a folder") from None
    if folder.is_symlink() and not folder.exists():
        raise UsageError(f"{folder} is a link that leads nowhere, or in a ring; name a folder")
    if folder.exists():
        raise UsageError(f"{folder} is a file; name the folder it lies in")
    raise UsageError(f"there is no folder {folder}; name one with pictures in it")


def _entries(folder: Path) -> Iterator[Entry]:
    try:
        yield from Tree(folder).entries(())
    except HarvestError as error:  # speaks of the folder itself
        raise UsageError(str(error)) from None


def _filed(folder: Path, entry: Entry) -> Filed | Skipped:
    path = folder.joinpath(*entry.parts)
    if entry.fault:
        return Skipped(path, entry.fault)
    try:
        told = path.stat(follow_symlinks=False)
    except OSError as error:
        return Skipped(path, f"cannot be read: {reason(error)}")
    beside = tuple(folder.joinpath(*parts) for parts in entry.beside)
    inode = told.st_dev, told.st_ino
    return Filed(path, folder, entry.parts, told.st_size, told.st_mtime_ns, inode, beside)


def pictures(files: Iterable[Filed]) -> tuple[list[Filed], list[Skipped]]:
    """Those whose first bytes are a picture's; the others are not read any further."""
    found, others = [], []
    for one in files:
        why = _foreign(one.path)
        if why:
            others.append(Skipped(one.path, why))
        else:
            found.append(one)
    return found, others


def _foreign(path: Path) -> str:
    try:
        with path.open("rb", buffering=0) as file:
            head = file.read(HEAD)
    except OSError as error:
        return f"cannot be read: {reason(error)}"
    if not head:
        return "is empty"
    kind = sniff(head)
    if kind in PICTURES:
        return ""
    return f"is a {kind} file, no picture that is known here" if kind else "is no picture"


def is_below(path: Path, folder: Path) -> bool:
    """Whether a path lies in a folder, or is it, links resolved."""
    one, other = os.path.realpath(path), os.path.realpath(folder)
    return Path(one) == Path(other) or Path(other) in Path(one).parents
