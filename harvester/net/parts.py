"""A file on its way: the `.part`, its hashes, and the note beside it that lets another process go on."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from harvester.errors import LibraryError
from harvester.model import File, Pairs
from harvester.net.guard import sniff

HEAD = 512
_BLOCK = 1 << 20
_KINDS = ("sha256", "md5", "sha1", "sha512")


@dataclass(frozen=True, slots=True)
class Note:
    """What a `.part` is a part of. `whole` is the SHA-256 of a complete one."""

    url: str
    etag: str = ""
    modified: str = ""
    whole: str = ""

    @property
    def validator(self) -> str:
        """What If-Range may carry; a weak ETag may not, since it does not promise equal bytes."""
        return self.etag if self.etag.startswith('"') else self.modified


_NOTHING = File("original", ())


@dataclass(frozen=True, slots=True)
class Download:
    """One file to fetch: `urls` are alternatives in order, `expect` holds the site's claims about the bytes.

    `page` shows the picture in a browser, for the case that the file is refused to our own client.
    """

    key: str
    site: str
    urls: tuple[str, ...]
    part: Path
    headers: Pairs = ()
    expect: File = _NOTHING
    max_bytes: int = 64 << 20
    interval: float = 1.0
    parallel: int = 2
    signed: bool = False
    page: str = ""


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A whole, synced `.part` and what its bytes say. `url` is where it came from, without secrets."""

    key: str
    sha256: str
    md5: str
    sha1: str
    bytes: int
    format: str
    url: str
    sha512: str | None = None


class Hashes:
    """Length, head and hashes of a file, kept up while it grows."""

    def __init__(self, claimed: File) -> None:
        self.bytes = 0
        self.head = b""
        self._claimed = claimed
        self._hashes = {kind: hashlib.new(kind, usedforsecurity=False) for kind in _KINDS}

    @classmethod
    def of(cls, path: Path, claimed: File) -> Hashes:
        """Those of a file on disk."""
        hashes = cls(claimed)
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                hashes.update(block)
        return hashes

    def update(self, block: bytes) -> None:
        """More bytes at the end."""
        if len(self.head) < HEAD:
            self.head += block[: HEAD - len(self.head)]
        self.bytes += len(block)
        for running in self._hashes.values():
            running.update(block)

    def hex(self, kind: str) -> str:
        """One hash in lower-case hex."""
        return self._hashes[kind].hexdigest()

    @property
    def claimed(self) -> bool:
        """Did the site tell a hash?"""
        return any(getattr(self._claimed, kind) for kind in self._hashes)

    def difference(self) -> str | None:
        """Where the file differs from its claims, as the rest of a sentence; None if nowhere."""
        claimed = self._claimed
        for kind in self._hashes:
            claim = getattr(claimed, kind)
            if claim and claim.lower() != self.hex(kind):
                return f"has the {kind} {self.hex(kind)}, the site claims {claim.lower()}"
        if claimed.bytes and claimed.bytes != self.bytes:
            return f"is {self.bytes} bytes long, the site claims {claimed.bytes}"
        return None


class Part:
    """An open `.part`. Bytes only ever get added at its end."""

    def __init__(self, path: Path, claimed: File, *, keep: bool) -> None:
        self.path = path
        with disk(path):
            self.hashes = Hashes.of(path, claimed) if keep else Hashes(claimed)
            self._file = path.open("ab" if keep else "wb", buffering=0)

    def write(self, block: bytes) -> None:
        """Add a block; it survives this process, not yet a power cut."""
        with disk(self.path):
            view = memoryview(block)
            while view:
                view = view[self._file.write(view) :]
        self.hashes.update(block)

    def sync(self) -> None:
        """Make everything written durable."""
        with disk(self.path):
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def result(task: Download, hashes: Hashes, url: str) -> Downloaded:
    """What a whole part is, told to the driver."""
    return Downloaded(
        key=task.key,
        sha256=hashes.hex("sha256"),
        md5=hashes.hex("md5"),
        sha1=hashes.hex("sha1"),
        bytes=hashes.bytes,
        format=sniff(hashes.head) or "",
        url=url,
        sha512=hashes.hex("sha512"),
    )


def note_of(part: Path) -> Note | None:
    """The note beside a part; None if there is none that can be read."""
    try:
        return Note(**json.loads(_beside(part).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def save_note(part: Path, note: Note) -> None:
    """Write the note beside a part, whole or not at all."""
    with disk(part):
        draft = part.with_name(f"{part.name}.json.new")
        draft.write_text(json.dumps(asdict(note)), "utf-8")
        draft.replace(_beside(part))


def mark_whole(part: Path, note: Note, hashes: Hashes) -> None:
    """Make sure that a complete part is known as such: by a claimed hash, else by its note."""
    if hashes.claimed:
        with disk(part):
            _beside(part).unlink(missing_ok=True)
    else:
        save_note(part, replace(note, whole=hashes.hex("sha256")))


def sync(part: Path) -> None:
    """Make a part that another process wrote durable."""
    with disk(part), part.open("rb") as file:
        os.fsync(file.fileno())


def discard(part: Path) -> None:
    """Remove a part and its note; nothing happens if they are gone."""
    with disk(part):
        for path in (part, _beside(part), part.with_name(f"{part.name}.json.new")):
            path.unlink(missing_ok=True)


def _beside(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


@contextmanager
def disk(path: Path) -> Iterator[None]:
    """Faults of the disk as a sentence."""
    try:
        yield
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        remedy = (
            "free some space or name another folder with --library" if full else "check the folder"
        )
        raise LibraryError(
            f"cannot write {path}: {error.strerror or error}; {remedy}, then run the same command again"
        ) from error
