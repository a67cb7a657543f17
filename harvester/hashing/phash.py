"""64-bit perceptual hashes as numbers: unsigned in memory, signed in SQLite."""

from __future__ import annotations

from harvester.measure import phash

__all__ = ["distance", "from_signed", "phash", "to_signed"]

_BITS = 64


def distance(left: int, right: int) -> int:
    """How many of the 64 bits differ."""
    return (left ^ right).bit_count()


def to_signed(value: int) -> int:
    """An unsigned 64-bit value as SQLite's signed INTEGER."""
    return value - (1 << _BITS) if value >= 1 << (_BITS - 1) else value


def from_signed(value: int) -> int:
    """Back from SQLite: `from_signed(to_signed(v)) == v`."""
    return value % (1 << _BITS)
