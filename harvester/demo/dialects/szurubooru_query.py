"""Szurubooru's search language: tokens with escapes, wildcards, ranges, alternatives, sort; what it cannot read is an error."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from harvester.demo.posts import dice

Test = Callable[[Any], bool]
ESCAPABLE = "*\\:-.,"


class BadQuery(Exception):
    """A query the server cannot read; its text is what the site answers."""


class Key(NamedTuple):
    """What a named token is about: how its values are written, and what a row has."""

    kind: str  # number date text
    of: Callable[[Any], Any]
    words: Mapping[str, str] = {}  # what may be written, and what that means; anything, if empty


@dataclass(frozen=True, slots=True)
class Search:
    """A query ready to be asked of rows."""

    tests: tuple[Test, ...]
    sort: tuple[Callable[[Any], Any], bool] | None = None  # a key, and whether it runs downward

    def found(self, rows: Sequence[Any], number: Callable[[Any], Any]) -> list[Any]:
        """The rows that fit; the highest number first where no order is asked for, or for equal ones."""
        fitting = sorted((row for row in rows if all(test(row) for test in self.tests)), key=number)
        fitting.reverse()
        return fitting if self.sort is None else sorted(fitting, key=self.sort[0], reverse=self.sort[1])  # fmt: skip


def read(text: str, plain: Key, keys: Mapping[str, Key], sorts: Mapping[str, Callable[[Any], Any]]) -> Search:  # fmt: skip
    """Read a query. `plain` is what a token without a name is about. Raises BadQuery."""
    tests, sort = list[Test](), None
    for chunk in text.lower().split():
        negated, token = chunk.startswith("-"), chunk.removeprefix("-")
        if not token:
            raise BadQuery("Empty negated token.")
        named = re.fullmatch(r"(.*?)(?<!\\):(.*)", token)
        if named and named[1] == "sort":
            sort = _sorted(named[2], negated, sorts)
            continue
        test = _named(unescaped(named[1]), named[2], keys) if named else _test(plain, token)
        tests.append(_not(test) if negated else test)
    return Search(tuple(tests), sort)


def unescaped(text: str) -> str:
    """A value as it is meant. Raises BadQuery for a backslash that escapes nothing."""
    return "".join(sign for sign, _ in _signs(text))


def _signs(text: str) -> list[tuple[str, bool]]:
    """The letters of a value, each with whether it was escaped."""
    found, place = list[tuple[str, bool]](), 0
    while place < len(text):
        is_escaped = text[place] == "\\"
        place += is_escaped
        if place == len(text):
            raise BadQuery("Unterminated escape sequence (did you forget to escape the ending backslash?)")  # fmt: skip
        if is_escaped and text[place] not in ESCAPABLE:
            raise BadQuery("Unknown escape sequence (did you forget to escape the backslash?)")
        found.append((text[place], is_escaped))
        place += 1
    return found


def _not(test: Test) -> Test:
    return lambda row: not test(row)


def _sorted(value: str, negated: bool, sorts: Mapping[str, Callable[[Any], Any]]) -> tuple[Callable[[Any], Any], bool]:  # fmt: skip
    name, _, direction = value.partition(",")
    if name == "random":
        return lambda row: dice("sort", id(row)).random(), False
    if name not in sorts:
        raise BadQuery(f"Unknown sort token: {name!r}. Available sort tokens: {sorted(sorts)}.")
    if direction not in {"", "asc", "desc"}:
        raise BadQuery(f"Unknown search direction: {direction!r}.")
    return sorts[name], (direction != "asc") is not negated


def _named(name: str, value: str, keys: Mapping[str, Key]) -> Test:
    if name.endswith("-min"):
        name, value = name.removesuffix("-min"), f"{value}.."
    elif name.endswith("-max"):
        name, value = name.removesuffix("-max"), f"..{value}"
    if name not in keys:
        raise BadQuery(f"Unknown named token: {name!r}. Available named tokens: {sorted(keys)}.")
    return _test(keys[name], value)


def _test(key: Key, value: str) -> Test:
    """Whether what a row has is one of the values, within a range, or the value."""
    alternatives = re.split(r"(?<!\\),", value)
    if len(alternatives) > 1:
        if not all(alternatives):
            raise BadQuery("Empty compound value")
        tests = [_plain(key, one) for one in alternatives]
        return lambda row: any(test(row) for test in tests)
    ends = re.split(r"(?<!\\)\.(?<!\\)\.", value, maxsplit=1)
    if len(ends) == 2:
        return _ranged(key, *ends)
    return _plain(key, value)


def _ranged(key: Key, low: str, high: str) -> Test:
    if key.kind == "text":
        raise BadQuery("Ranged criterion is invalid in this context. Did you forget to escape the dots?")  # fmt: skip
    if not low and not high:
        raise BadQuery("Empty ranged value")
    least = _edges(key, low)[0] if low else None
    most = _edges(key, high)[1] if high else None
    return lambda row: (
        (found := key.of(row)) is not None
        and (least is None or found >= least)
        and (most is None or found <= most)
    )


def _plain(key: Key, value: str) -> Test:
    if key.kind == "text":
        return _text(key, value)
    least, most = _edges(key, value)
    return lambda row: (found := key.of(row)) is not None and least <= found <= most


def _edges(key: Key, value: str) -> tuple[Any, Any]:
    """The first and the last value that is meant."""
    plain = unescaped(value)
    if key.kind == "date":
        return _day(plain)
    if not re.fullmatch(r"-?\d+(\.\d+)?", plain):
        raise BadQuery(f"Criterion value {plain!r} must be a number.")
    return float(plain), float(plain)


def _day(value: str) -> tuple[datetime, datetime]:
    whole = re.fullmatch(r"(\d{4})(?:-(\d\d?))?(?:-(\d\d?))?", value)
    try:
        if whole is None:
            raise ValueError(value)
        low = datetime(int(whole[1]), int(whole[2] or 1), int(whole[3] or 1), tzinfo=UTC)
    except ValueError:
        raise BadQuery(f"Invalid date format: {value!r}") from None
    days = 1 if whole[3] else 31 if whole[2] else 366
    after = (low + timedelta(days=days)).replace(day=low.day if whole[3] is None else 1)
    high = low + timedelta(days=1) if whole[3] else after
    return low, high - timedelta(microseconds=1)


def _text(key: Key, value: str) -> Test:
    """Words of a fixed set, or a text with wildcards; case does not count."""
    if key.words:
        meant = key.words.get(unescaped(value))
        if meant is None:
            raise BadQuery(f"Invalid value: {value!r}. Possible values: {sorted(key.words)}.")
        return lambda row: key.of(row) == meant
    signs = (".*" if sign == "*" and not is_escaped else re.escape(sign) for sign, is_escaped in _signs(value))  # fmt: skip
    pattern = re.compile("".join(signs), re.DOTALL | re.IGNORECASE)
    return lambda row: any(pattern.fullmatch(one) for one in _texts(key.of(row)))


def _texts(found: Any) -> Sequence[str]:
    return (found,) if isinstance(found, str) else found or ()
