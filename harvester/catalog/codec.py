"""Values of `model` as JSON text in a column, and back; the same value always gives the same text."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from harvester.errors import LibraryError

T = TypeVar("T")


def dump(value: Any) -> str:
    """JSON text, keys and sets in order; what is unknown or empty is left out."""
    return msgspec.json.encode(_bare(msgspec.to_builtins(value, order="deterministic"))).decode()


def _bare(value: Any) -> Any:
    """Without the fields that hold nothing; reading gives them their defaults again."""
    if not isinstance(value, dict):
        return [_bare(item) for item in value] if isinstance(value, list | tuple) else value
    return {key: _bare(item) for key, item in value.items() if item not in (None, [], (), {})}


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
