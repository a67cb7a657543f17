"""Pages that were asked for before: one that has not changed since costs a question and no answer's body."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from harvester.model import Pairs, Reply

MOST_BYTES = 64 << 20
"""What all pages together may take on disk, compressed; those that were not asked for longest go first."""
MOST_PAGE = 4 << 20
"""A longer page is not remembered."""
KEPT = ("content-type", "content-language", "x-robots-tag", "link")
"""Headers of a page that mean the same the next time."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A page as it came, and by what its server knows that one."""

    reply: Reply
    etag: str = ""
    modified: str = ""

    @property
    def conditions(self) -> Pairs:
        """Headers that ask for the page only if it is another one by now."""
        told = (("If-None-Match", self.etag), ("If-Modified-Since", self.modified))
        return tuple((name, value) for name, value in told if value)


class Memory:
    """Pages by the address they were asked by, one file each below a folder; None remembers nothing.

    Several processes may use it at once: a file is replaced whole. What cannot be read or written is
    as good as not there.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._is_tidy = False

    def find(self, asked: str) -> Remembered | None:
        """The page that this address gave last."""
        if self._folder is None:
            return None
        path = self._path(self._folder, asked)
        try:
            head, _, body = zlib.decompress(path.read_bytes()).partition(b"\n")
            told = json.loads(head)
            reply = Reply(200, told["url"], dict(told["headers"]), body, "html")
            found = Remembered(reply, str(told["etag"]), str(told["modified"]))
        except (OSError, zlib.error, ValueError, KeyError, TypeError):
            return None
        with suppress(OSError):
            os.utime(path)
        return found if told["asked"] == asked else None

    def put(self, asked: str, reply: Reply) -> None:
        """Remember a page, if its server tells by what it would know it again."""
        etag, modified = (reply.headers.get(key, "") for key in ("etag", "last-modified"))
        refused = "no-store" in reply.headers.get("cache-control", "").lower()
        if self._folder is None or refused or not (etag or modified) or len(reply.body) > MOST_PAGE:
            return
        headers = {key: reply.headers[key] for key in KEPT if key in reply.headers}
        told = {"asked": asked, "url": reply.url, "headers": headers, "etag": etag}
        head = json.dumps({**told, "modified": modified}).encode()
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._tidy(self._folder)
            whole = zlib.compress(head + b"\n" + reply.body)
            handle, name = tempfile.mkstemp(dir=self._folder)
            draft = Path(name)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(whole)
                draft.replace(self._path(self._folder, asked))
            except OSError:
                draft.unlink()
                raise

    def _path(self, folder: Path, asked: str) -> Path:
        return folder / f"{hashlib.sha256(asked.encode('utf-8', 'replace')).hexdigest()}.page"

    def _tidy(self, folder: Path) -> None:
        """Make room, once in the life of a process."""
        if self._is_tidy:
            return
        self._is_tidy = True
        told = [(path.stat(), path) for path in folder.iterdir() if path.is_file()]
        room = MOST_BYTES
        for stat, path in sorted(told, key=lambda item: -item[0].st_mtime):
            room -= stat.st_size
            if room < 0:
                path.unlink(missing_ok=True)


def memory_folder(env: Mapping[str, str]) -> Path:
    """Where pages are remembered: below HARVEST_CACHE, else in the user's cache folder."""
    return Path(env.get("HARVEST_CACHE") or platformdirs.user_cache_dir("harvester")) / "pages"
