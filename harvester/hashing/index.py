"""The hashes of every picture of a library as a packed array on the disk: mapped, appended to, searched without a miss."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harvester.sketch import Sketch

Bits = NDArray[np.uint64]

VERSION = 1
ROWS = 1 << 14
"""Rows of a block. Of each block the numbers lie together, then each of the four hashes, so that a scan reads no more
than the column it asks of, and what it computes with stays in the processor's cache."""

COLUMNS = ("phash", "inner", "mirrored", "bare")
MEETING = (
    *(("phash", "phash"), ("inner", "inner"), ("bare", "bare")),
    *(("mirrored", "inner"), ("inner", "mirrored")),
)
"""Which hash of one picture is held against which of another; the last two find a mirror image."""

_MAGIC = b"HARVIDX\n"
_HEAD = struct.Struct("<8sIIQQq5I")
_SUM = struct.Struct("<I")
_START = 4096  # where the first block begins
_WIDE = 1 + len(COLUMNS)
_FAR = 65  # more bits than two hashes can lie apart


class Hit(NamedTuple):
    """A row whose hashes lie near those that were asked for, and how many bits apart the nearest two are."""

    row: int
    bits: int


@dataclass(frozen=True, slots=True)
class Reach:
    """Up to which row of the catalog an index goes; `mark` is that row's own random number, `rows` how many there are."""

    row: int = 0
    mark: int = 0
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Index:
    """Blocks of columns (row number and four hashes, by rows). What it holds does not change while it is held."""

    blocks: tuple[Bits, ...]
    reach: Reach = Reach()

    def near(self, asked: Sketch, radius: int) -> list[Hit]:
        """The rows of all pictures of which one hash lies within `radius` bits of its like, the nearest first.

        Every such row is among them and no other: see MEETING for what is held against what. The numbers are those
        of the catalog's sketches (`catalog.hashes.named` says whose they are, and leaves out what is gone since).
        """
        hits = []
        for block in self.blocks:
            least = np.full(block.shape[1], _FAR, np.uint8)
            for mine, theirs in MEETING:
                np.minimum(least, _apart(block, theirs, getattr(asked, mine)), out=least)
            hits += _hits(block, least, radius)
        return sorted(hits, key=lambda hit: (hit.bits, hit.row))

    def within(self, column: str, value: int, radius: int) -> list[Hit]:
        """The same of one hash only: of `column` of every picture."""
        found = (_hits(block, _apart(block, column, value), radius) for block in self.blocks)
        return sorted((hit for hits in found for hit in hits), key=lambda hit: (hit.bits, hit.row))


def _apart(block: Bits, column: str, value: int) -> NDArray[np.uint8]:
    bits: NDArray[np.uint8] = np.bitwise_count(block[1 + COLUMNS.index(column)] ^ np.uint64(value))
    return bits


def _hits(block: Bits, bits: NDArray[np.uint8], radius: int) -> list[Hit]:
    return [Hit(int(block[0, at]), int(bits[at])) for at in np.flatnonzero(bits <= radius)]


def rows_of(numbers: list[int], hashes: list[bytes]) -> Bits:
    """Columns out of row numbers and packed sketches, of which the first 32 bytes are read."""
    told = np.frombuffer(b"".join(hash[:32] for hash in hashes), ">u8").reshape(-1, len(COLUMNS))
    return np.concatenate([np.array([numbers], np.uint64), told.T.astype(np.uint64)])


def in_memory(rows: Bits) -> Index:
    """An index that lies on no disk."""
    blocks = tuple(rows[:, at : at + ROWS] for at in range(0, rows.shape[1], ROWS))
    return Index(blocks, Reach(rows=rows.shape[1]))


# ---- on the disk --------------------------------------------------------------------------


class Damaged(Exception):
    """The file is no index of this version, or not what was written; it is made anew out of the catalog."""


class File:
    """An index file that is open for adding rows; whoever opens it holds the library's lock on it.

    Nothing counts until `commit`: rows go behind those that are there, are made durable, and only then the head says
    so. A reader that mapped the file before goes on seeing what it saw.
    """

    def __init__(self, path: Path, file: BinaryIO, reach: Reach, sums: tuple[int, ...]) -> None:
        self.path = path
        self.reach = reach
        self._file = file
        self._sums = sums

    @classmethod
    def new(cls, path: Path) -> File:
        """An empty one, in place of whatever was there."""
        return cls(path, path.open("w+b"), Reach(), (0,) * _WIDE)

    @classmethod
    def open(cls, path: Path) -> File:
        """The one that is there. Raises Damaged; FileNotFoundError when there is none."""
        file = path.open("r+b")
        try:
            reach, sums = _head(file.read(_HEAD.size + _SUM.size))
            if path.stat().st_size < _START + _blocks(reach.rows) * ROWS * _WIDE * 8:
                raise Damaged("it was cut off")
            if _summed(mapped(path, reach)) != sums:
                raise Damaged("its sums are wrong")
        except BaseException:
            file.close()
            raise
        return cls(path, file, reach, sums)

    def append(self, rows: Bits, mark: int) -> None:
        """Add rows in the catalog's order; `mark` belongs to the last of them."""
        at, end = self.reach.rows, self.reach.rows + rows.shape[1]
        self._file.truncate(_START + _blocks(end) * ROWS * _WIDE * 8)
        for number, column in enumerate(rows.astype("<u8")):
            done = 0
            while done < len(column):
                block, place = divmod(at + done, ROWS)
                some = column[done : done + ROWS - place]
                self._file.seek(_START + ((block * _WIDE + number) * ROWS + place) * 8)
                self._file.write(some.tobytes())
                done += len(some)
        told = zip(rows.astype("<u8"), self._sums, strict=True)
        self._sums = tuple(zlib.crc32(column.tobytes(), before) for column, before in told)
        self.reach = Reach(int(rows[0, -1]), mark, end)

    def commit(self) -> None:
        """Make durable what was added, then say that it is there."""
        self._file.flush()
        os.fsync(self._file.fileno())
        reach = self.reach
        head = _HEAD.pack(_MAGIC, VERSION, ROWS, reach.rows, reach.row, reach.mark, *self._sums)
        self._file.seek(0)
        self._file.write(head + _SUM.pack(zlib.crc32(head)))
        self._file.flush()

    def close(self) -> None:
        """Close the file; what was not committed is not there."""
        self._file.close()


def mapped(path: Path, reach: Reach) -> Index:
    """The rows of a file as they lie there; a page of it is read when it is first looked at."""
    if not reach.rows:
        return Index((), reach)
    count = _blocks(reach.rows)
    whole = np.memmap(path, "<u8", "r", _START, (count, _WIDE, ROWS))
    rest = reach.rows - (count - 1) * ROWS
    return Index((*whole[:-1], whole[-1, :, :rest]), reach)


def _blocks(rows: int) -> int:
    return -(-rows // ROWS)


def _head(data: bytes) -> tuple[Reach, tuple[int, ...]]:
    if len(data) < _HEAD.size + _SUM.size:
        raise Damaged("it is too short")
    head, told = data[: _HEAD.size], _SUM.unpack(data[_HEAD.size :])[0]
    magic, version, size, rows, row, mark, *sums = _HEAD.unpack(head)
    if zlib.crc32(head) != told or magic != _MAGIC:
        raise Damaged("its head is no index's")
    if (version, size) != (VERSION, ROWS):
        raise Damaged("another version wrote it")
    return Reach(row, mark, rows), tuple(sums)


def _summed(index: Index) -> tuple[int, ...]:
    """The sum of each column over all rows."""
    return tuple(_running(block[column] for block in index.blocks) for column in range(_WIDE))


def _running(parts: Iterator[Bits]) -> int:
    found = 0
    for part in parts:
        found = zlib.crc32(part.tobytes(), found)
    return found
