"""Reads folders and ZIPs that the user named: never outside of them, never what is no regular file, never a change."""

from __future__ import annotations

import errno
import os
import stat
import struct
import threading
import zipfile
import zlib
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Protocol, cast
from zipfile import ZipInfo

from harvester.errors import Refused, Unreachable

TEXTS = (".txt", ".caption", ".json")
"""Endings of the files that say something of the picture beside them."""

ENTRIES = 200_000
"""More files in one ZIP are no collection of pictures."""

RATIO = 200
"""A file that is packed more tightly than this unpacks to nothing but a full disk; smaller ones than `SMALL` do no harm."""
SMALL = 1 << 20

DEEPEST = 50
LIBRARY = "catalog.db"
"""A folder that holds this is a library of ours: its pictures are harvested already."""

Parts = tuple[str, ...]
Kind = tuple[str, int | None, datetime | None]
"""What a name in a folder is, and size and time of a file."""


class Unread(Exception):
    """A file that is not read; the rest of a sentence that begins with its name."""


DAMAGE = (
    *(Unread, zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, EOFError),
    *(NotImplementedError, RuntimeError, ValueError, ArithmeticError, LookupError, MemoryError),
)
"""What reading a damaged or odd ZIP raises, beside OSError."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file by its place below what the user named; `beside` are texts about it, `fault` why it cannot be read."""

    parts: Parts
    bytes: int | None = None
    modified: datetime | None = None
    beside: tuple[Parts, ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What an earlier run read of a file; as long as size and time are the same it is not read again."""

    bytes: int | None
    modified: datetime | None
    format: str | None
    md5: str | None


class Place(Protocol):
    """A folder or a ZIP."""

    def entries(self, after: Parts) -> Iterator[Entry]:
        """Every file whose place is behind `after`, in the order of their places."""
        ...

    def file(self, parts: Parts) -> AbstractContextManager[BinaryIO]:
        """One file, open for reading. Raises OSError, or one of DAMAGE."""
        ...


class Disk:
    """The places that one run reads, each opened once for as long as it stays the same."""

    def __init__(self) -> None:
        self.seen: dict[str, Mapping[str, Seen]] = {}  # site -> address -> what is known of a file
        self._lock = threading.Lock()
        self._trees: dict[Path, Tree] = {}
        self._archives: dict[Path, tuple[tuple[int, int], Archive]] = {}

    def at(self, path: Path) -> Place:
        """The folder or ZIP at a path. Unreachable when it is not there, Refused when it is neither."""
        try:
            found = path.stat()
        except OSError as error:
            raise Unreachable(
                f"{path} is not there ({reason(error)}); put it back, or name another folder"
            ) from None
        if stat.S_ISDIR(found.st_mode):
            return self._trees.setdefault(path, Tree(path))
        if not stat.S_ISREG(found.st_mode):
            raise Refused(f"{path} is neither a folder nor a ZIP file; name one of these")
        state = (found.st_size, found.st_mtime_ns)
        with self._lock:
            known = self._archives.get(path)
            if known is not None and known[0] == state:
                return known[1]
            if known is not None:
                known[1].close()
            self._archives[path] = (state, Archive(path, found.st_size))
            return self._archives[path][1]

    def close(self) -> None:
        """Close what is open."""
        with self._lock:
            for _, archive in self._archives.values():
                archive.close()
            self._archives.clear()


class Tree:
    """A folder and those below it. Links are told of and not followed, hidden files and libraries of ours left out."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[
            Parts, dict[str, Kind]
        ] = {}  # while one listing goes on from page to page

    def entries(self, after: Parts) -> Iterator[Entry]:
        """Depth first, names in the order of their letters."""
        if not after:
            self._known.clear()
        try:
            yield from self._below((), after)
        except OSError as error:
            raise Unreachable(
                f"{self._root} cannot be opened ({reason(error)}); check its rights, or name another folder"
            ) from None

    @contextmanager
    def file(self, parts: Parts) -> Iterator[BinaryIO]:
        """One file, open for reading."""
        if parts[-1:] == ("",):  # a folder that could not be opened
            os.close(_opened(self._root, parts[:-1], folder=True))
            raise Unread("is a folder; the next run looks into it")
        with os.fdopen(_opened(self._root, parts, folder=False), "rb") as file:
            yield file

    def _below(self, parts: Parts, after: Parts) -> Iterator[Entry]:
        found = self._names(parts)
        if LIBRARY in found:
            if parts:
                return
            raise Refused(
                f"{self._root} is a library of this program; name its exports, or another folder"
            )
        names = [*found]
        texts = {name.lower(): name for name in names if name.lower().endswith(TEXTS)}
        begun = after[: len(parts)] == parts and len(after) > len(parts)
        for name in names[bisect_left(names, after[len(parts)]) if begun else 0 :]:
            here, (kind, size, modified) = (*parts, name), found[name]
            if name.startswith(".") or name.lower() in texts:
                continue
            if kind == "folder":
                yield from self._folder(here, after)
            elif here > after:
                beside = tuple((*parts, texts[one]) for one in _texts_of(name) if one in texts)
                fault = "" if kind == "file" else f"is {kind}, which is not read"
                yield Entry(here, size, modified, beside, fault)

    def _folder(self, here: Parts, after: Parts) -> Iterator[Entry]:
        if len(here) > DEEPEST:
            yield Entry((*here, ""), fault=f"lies more than {DEEPEST} folders deep")
            return
        try:
            yield from self._below(here, after)
        except OSError as error:
            yield Entry((*here, ""), fault=f"is a folder that cannot be opened: {reason(error)}")

    def _names(self, parts: Parts) -> dict[str, Kind]:
        """What a folder holds, in the order of the names."""
        if parts not in self._known:
            self._known[parts] = dict(sorted(self._scanned(parts).items()))
        return self._known[parts]

    def _scanned(self, parts: Parts) -> dict[str, Kind]:
        if os.open not in os.supports_dir_fd:
            return _scanned(str(_unlinked(self._root, parts)))
        handle = _opened(self._root, parts, folder=True)
        try:
            return _scanned(handle)
        finally:
            os.close(handle)


class Archive:
    """A ZIP, read in place. Names in it are names and no paths; one entry is read at a time."""

    def __init__(self, path: Path, size: int) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (OSError, *DAMAGE) as error:
            raise Refused(
                f"{path} is neither a folder nor a whole ZIP file ({reason(error)})"
            ) from None
        found = [one for one in self._zip.infolist() if one.filename and not one.is_dir()]
        self._found = {tuple(one.filename.split("/")): one for one in found}
        self._order = sorted(parts for parts in self._found if not _is_hidden(parts))
        self._texts = {_folded(one): one for one in self._order if _folded(one)[-1].endswith(TEXTS)}
        self._lock = threading.Lock()
        what = ""
        if len(found) > ENTRIES:
            what = f"holds more than {ENTRIES} files"
        elif sum(one.compress_size for one in found) > size:
            what = "holds files that lie over each other"
        if what:
            self._zip.close()
            raise Refused(f"{path} {what}, as no collection of pictures does; it is not opened")

    def entries(self, after: Parts) -> Iterator[Entry]:
        """In the order of their names, folder by folder."""
        for parts in self._order[bisect_left(self._order, after) :]:
            if parts == after or _folded(parts) in self._texts:
                continue
            info, folder = self._found[parts], _folded(parts[:-1])
            names = ((*folder, one) for one in _texts_of(parts[-1]))
            beside = tuple(self._texts[one] for one in names if one in self._texts)
            yield Entry(parts, info.file_size, _packed_at(info), beside, _refusal(info))

    @contextmanager
    def file(self, parts: Parts) -> Iterator[BinaryIO]:
        """One file, open for reading; its damage shows while it is read."""
        info = self._found.get(parts)
        if info is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        if refusal := _refusal(info):
            raise Unread(refusal)
        with self._lock, closing(self._zip.open(info)) as file:
            yield cast("BinaryIO", file)

    def close(self) -> None:
        """Close the file, once nobody reads it."""
        with self._lock:
            self._zip.close()


def reason(error: BaseException) -> str:
    """Why something could not be read, in a few words and on one line."""
    told = error.strerror if isinstance(error, OSError) else None
    return " ".join((told or str(error) or type(error).__name__).split())[:160]


def _folded(parts: Parts) -> Parts:
    return tuple(part.lower() for part in parts)


def _texts_of(name: str) -> Iterator[str]:
    """What texts about a picture may be called, in lower case: `a.txt` or `a.png.txt` beside `a.png`."""
    stem = name.rpartition(".")[0] or name
    for one in dict.fromkeys((stem.lower(), name.lower())):
        yield from (one + ending for ending in TEXTS)


def _scanned(where: str | int) -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    with os.scandir(where) as entries:
        for entry in entries:
            if entry.is_symlink() or getattr(entry, "is_junction", lambda: False)():
                found[entry.name] = "a link", None, None
            elif entry.is_dir(follow_symlinks=False):
                found[entry.name] = "folder", None, None
            elif not entry.is_file(follow_symlinks=False):
                found[entry.name] = "no regular file", None, None
            else:
                told = entry.stat(follow_symlinks=False)
                found[entry.name] = "file", told.st_size, _moment(told.st_mtime_ns)
    return found


def _opened(root: Path, parts: Parts, *, folder: bool) -> int:
    """A handle on what lies below `root`, gone to step by step so that no link leads elsewhere meanwhile."""
    if any(part in {"", ".", ".."} or {"/", "\0", os.sep, os.altsep} & {*part} for part in parts):
        raise PermissionError(errno.EACCES, "its name leads out of the folder")
    if os.open not in os.supports_dir_fd:
        return _regular(os.open(_unlinked(root, parts), os.O_RDONLY | getattr(os, "O_BINARY", 0)))
    shared = os.O_RDONLY | os.O_CLOEXEC
    handle = os.open(root, shared | os.O_DIRECTORY)
    for number, part in enumerate(parts, start=1):
        kind = os.O_DIRECTORY if folder or number < len(parts) else os.O_NONBLOCK | os.O_NOCTTY
        try:
            deeper = os.open(part, shared | os.O_NOFOLLOW | kind, dir_fd=handle)
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise OSError(errno.ELOOP, "it is a link, which is not followed") from None
            raise
        finally:
            os.close(handle)
        handle = deeper
    return handle if folder else _regular(handle)


def _regular(handle: int) -> int:
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    os.close(handle)
    raise OSError(errno.EINVAL, "it is no regular file")


def _unlinked(root: Path, parts: Parts) -> Path:
    """The path below `root`, where a system cannot go step by step; no part of it is a link."""
    path = root
    for part in parts:
        path = path / part
        if path.is_symlink() or getattr(path, "is_junction", lambda: False)():
            raise OSError(errno.ELOOP, "it is a link, which is not followed")
    return path


def _moment(nanoseconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(nanoseconds / 1e9, UTC)
    except (OSError, OverflowError, ValueError):  # a file from the year 60000
        return None


def _packed_at(info: ZipInfo) -> datetime | None:
    try:
        return datetime(*info.date_time, tzinfo=UTC)
    except ValueError:  # the month 0, which many programs write
        return None


def _is_hidden(parts: Parts) -> bool:
    return parts[0] == "__MACOSX" or any(part.startswith(".") and part.strip(".") for part in parts)


def _refusal(info: ZipInfo) -> str:
    """Why an entry is not read; "" if it is."""
    if info.flag_bits & 1:
        return "is encrypted; unpack it with its password, and name the folder"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "is a link, which is not followed"
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return "is packed in a way that is not read here; unpack it, and name the folder"
    if info.file_size > max(SMALL, RATIO * info.compress_size):
        return f"would unpack to more than {RATIO} times its size, as no picture does"
    return ""
