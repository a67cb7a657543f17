"""Bytes of pictures that the browser showed and our own client was refused, until somebody takes them."""

from __future__ import annotations

import tempfile
from typing import IO

MOST_BYTES = 512 << 20
"""What is kept at once; a picture that does not fit is not kept."""


class Kept:
    """Pictures by address in one temporary file without a name: gone with the process, however that ends."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._places: dict[str, tuple[int, int]] = {}
        self._end = 0

    def put(self, url: str, body: bytes) -> bool:
        """Keep a picture; False if there is no room for it."""
        if url in self._places:
            return True
        if self._end + len(body) > MOST_BYTES:
            return False
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="harvest-shown-")  # noqa: SIM115 - closed below
        self._file.seek(self._end)
        self._file.write(body)
        self._places[url] = self._end, len(body)
        self._end += len(body)
        return True

    def take(self, url: str) -> bytes | None:
        """A picture's bytes, which are not kept any longer."""
        place = self._places.pop(url, None)
        if place is None or self._file is None:
            return None
        begin, length = place
        self._file.seek(begin)
        found = self._file.read(length)
        if not self._places:  # nothing is left that anybody may want
            self._end = 0
            self._file.truncate(0)
        return found

    def close(self) -> None:
        """Let go of all of it."""
        self._places.clear()
        self._end = 0
        if self._file is not None:
            self._file.close()
            self._file = None
