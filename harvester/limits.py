"""What one run may spend, bytes and minutes; no part of a recipe's identity, so another limit is no new revision."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from harvester.errors import RecipeError
from harvester.tables import check_keys

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
BINARY = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Limits:
    """None is no bound. A run that reaches one stops between two steps; the next run goes on."""

    max_bytes: int | None = field(
        default=None,
        metadata={
            "says": "Bytes of pictures that one run fetches at most: 500M, 2G, 512MiB.",
            "example": "2G",
        },
    )
    max_minutes: float | None = field(
        default=None, metadata={"says": "Minutes that one run takes at most.", "example": 30}
    )

    def over(self, other: Limits) -> Limits:
        """These limits, and the other's where none is given here."""
        return Limits(
            self.max_bytes if self.max_bytes is not None else other.max_bytes,
            self.max_minutes if self.max_minutes is not None else other.max_minutes,
        )


def parse(value: object, *, where: str = "the command line") -> Limits:
    """Limits from a table as TOML or options give it; unknown keys and odd values are errors."""
    if not isinstance(value, Mapping):
        raise RecipeError(f"{where}: [limits] must be a table, not {value!r}")
    check_keys(value, [item.name for item in fields(Limits)], where=f"{where} [limits]")
    given = {name: found for name, found in value.items() if found is not None}
    return Limits(
        size(given["max_bytes"], where) if "max_bytes" in given else None,
        _minutes(given["max_minutes"], where) if "max_minutes" in given else None,
    )


def size(value: object, where: str) -> int:
    """A number of bytes as people write it: 500M, 2G, 512MiB."""
    told = SIZE.fullmatch(str(value).strip()) if isinstance(value, int | str) else None
    if told is None or isinstance(value, bool):
        raise RecipeError(
            f"{where}: max_bytes = {value!r}; it is a size such as 500M, 2G or 512MiB"
        )
    number, unit, binary = told.groups()
    found = int(float(number) * (BINARY if binary else UNITS)[unit.lower()])
    if not 0 < found < 1 << 62:
        raise RecipeError(f"{where}: max_bytes = {value!r}; at least 1 byte must be allowed")
    return found


def _minutes(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise RecipeError(f"{where}: max_minutes = {value!r}; it is a number of minutes above 0")
    return float(value)


def shown(number: int) -> str:
    """A number of bytes as people write it, and as `max_bytes` takes it: 500M, 1.5G."""
    for unit in ("T", "G", "M", "k"):
        if number >= UNITS[unit.lower()]:
            return f"{number / UNITS[unit.lower()]:.4g}{unit}"
    return str(number)
