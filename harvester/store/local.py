"""The store in a folder of the library: `objects/ab/<sha256>.<ext>`, downloads beside them in `objects/parts`."""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harvester.boundary import cross
from harvester.errors import LibraryError

_SHA256 = re.compile(r"[0-9a-f]{64}")
_EXTENSION = re.compile(r"[a-z0-9]{1,8}")
_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


class LocalStore:
    """Files below `root/objects`. No name in it comes from the network: parts are named by a hash of theirs."""

    def __init__(self, root: Path) -> None:
        self._objects = root / "objects"
        self._parts = self._objects / "parts"

    def part(self, name: str) -> Path:
        """Where the download called `name` (`site:id`) is written; the same name, the same path."""
        with _complaint(self._parts):
            self._parts.mkdir(parents=True, exist_ok=True)
        return self._parts / f"{hashlib.sha256(name.encode()).hexdigest()[:40]}.part"

    def parts(self) -> list[Path]:
        """What is half downloaded, or whole and not taken in yet."""
        return sorted(self._parts.glob("*.part"))

    def adopt(self, part: Path, sha256: str, extension: str) -> Path:
        """Take in a part whose bytes are synced and hash to `sha256`; the object's path.

        Idempotent: once the part is gone, an object that is there is made durable and returned.
        """
        target = self.path(sha256, extension)
        with _complaint(target):
            self._make_folder(target.parent)
            if part.exists() or not target.exists():
                part.replace(target)
            cross("store.renamed")
            sync_folder(target.parent)
            cross("store.synced")
        return target

    def path(self, sha256: str, extension: str) -> Path:
        """Where that object lies, or would."""
        if not _SHA256.fullmatch(sha256) or not _EXTENSION.fullmatch(extension):
            raise ValueError(f"no object can be called {sha256!r}.{extension!r}")
        return self._objects / sha256[:2] / f"{sha256}.{extension}"

    def has(self, sha256: str, extension: str) -> bool:
        """Whether the object is there; `verify` says whether it is whole."""
        return self.path(sha256, extension).is_file()

    def verify(self, sha256: str, extension: str) -> bool:
        """Whether the object is there and its bytes still hash to its name. Reads all of it."""
        path = self.path(sha256, extension)
        with _complaint(path):
            try:
                with path.open("rb") as file:
                    return hashlib.file_digest(file, "sha256").hexdigest() == sha256
            except FileNotFoundError:
                return False

    def remove(self, sha256: str, extension: str) -> None:
        """Delete the object; one that is not there is no error."""
        path = self.path(sha256, extension)
        with _complaint(path):
            path.unlink(missing_ok=True)

    def erase(self, sha256: str) -> None:
        """Delete the object of that name, whatever its format; one that is not there is no error."""
        path = self.path(sha256, "any")
        with _complaint(path):
            for found in path.parent.glob(f"{sha256}.*"):
                found.unlink(missing_ok=True)

    def objects(self) -> Iterator[tuple[str, Path]]:
        """Every stored object as (sha256 by its name, path), in the order of their names."""
        for path in sorted(self._objects.glob("[0-9a-f][0-9a-f]/*.*")):
            if _SHA256.fullmatch(path.stem):
                yield path.stem, path

    def _make_folder(self, folder: Path) -> None:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            sync_folder(folder.parent)


def unusable(error: OSError, where: Path) -> LibraryError:
    """The one sentence for a file system that will not take or give what the library needs."""
    again = "then run the same command again"
    if error.errno in _FULL:
        return LibraryError(f"the disk is full at {where}: free some space, {again}")
    if error.errno in _FORBIDDEN:
        return LibraryError(
            f"no permission to write {where}: make the library folder writable for you"
            f" or name another one with --library, {again}"
        )
    reason = error.strerror or str(error)
    return LibraryError(f"cannot use {where} ({reason}): check the disk, {again}")


@contextmanager
def _complaint(where: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unusable(error, where) from error


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut; Windows syncs no folders."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
