"""Values of `model` as JSON text in a column, and back; the same value always gives the same text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar

import msgspec

from harvester.errors import LibraryError

T = TypeVar("T")


def dump(value: Any) -> str:
    """JSON text, keys and sets in order; fields of ours that hold their default are left out."""
    return msgspec.json.encode(_bare(value), order="deterministic").decode()


def whole(value: Any) -> str:
    """JSON text with every field written out: what must keep its meaning when a default changes."""
    return msgspec.json.encode(value, order="deterministic").decode()


def _bare(value: Any) -> Any:
    """Without fields at their default; what others put into a table (a state, settings) stays as it is."""
    if is_dataclass(value) and not isinstance(value, type):
        given = ((name, getattr(value, name), default) for name, default in _defaults(type(value)))
        return {name: _bare(found) for name, found, default in given if found != default}
    if isinstance(value, tuple | list):
        return [_bare(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _bare(item) for key, item in value.items()}
    return value


@cache
def _defaults(kind: type[Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(
        (
            item.name,
            item.default_factory() if item.default_factory is not MISSING else item.default,
        )
        for item in fields(kind)
    )


def load(text: str, kind: type[T]) -> T:
    """The value of type `kind` that `dump` wrote."""
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError as error:
        raise LibraryError(
            f"a row of the catalog cannot be read as {kind.__name__} ({error}); run `harvest check`"
        ) from None


def signed(value: int | None) -> int | None:
    """A 64-bit hash as SQLite's signed integer holds it."""
    return value - (1 << 64) if value is not None and value >= 1 << 63 else value


def unsigned(value: int | None) -> int | None:
    """The inverse of `signed`."""
    return value + (1 << 64) if value is not None and value < 0 else value
