"""Philomena's query language: terms joined by commas and words, negated, grouped, escaped, with fields and wildcards."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

Test = Callable[[Any], bool]
Reader = Callable[[str], Test]
"""Makes a test of one raw term, its escapes still in it."""

_JOINED = re.compile(r"\s+(AND|&&|OR|\|\|)(?=\s)")
_LEADING = re.compile(r"(AND|&&|OR|\|\||NOT)(?=\s)")
_FIELD = re.compile(r"(\w+)(?:\.(eq|gte?|lte?))?:(.*)", re.DOTALL)
_DAY = re.compile(r"(\d{4})(?:-(\d\d?))?(?:-(\d\d?))?")


class BadQuery(Exception):
    """A query the server cannot read; its text is what the site answers."""


@dataclass(frozen=True, slots=True)
class Token:
    """A sign of the language (`kind` is and, or, not, open, close) or a term."""

    kind: str
    text: str = ""


def parse(query: str, read: Reader) -> Test:
    """The query as one test; an empty one finds nothing."""
    tokens = _tokens(query)
    if not tokens:
        return lambda _: False
    test, rest = _either(tokens, read)
    if rest:
        raise BadQuery("Imbalanced parentheses.")
    return test


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    signs = {",": "and", "-": "not", "!": "not", "(": "open", ")": "close"}
    words = {"AND": "and", "&&": "and", "OR": "or", "||": "or", "NOT": "not"}
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
        elif text[place] in signs:
            found.append(Token(signs[text[place]]))
            place += 1
        elif word := _LEADING.match(text, place):
            found.append(Token(words[word[1]]))
            place = word.end()
        else:
            term, place = _quoted(text, place) if text[place] == '"' else _plain(text, place)
            found.append(Token("term", term))
    return found


def _quoted(text: str, place: int) -> tuple[str, int]:
    whole = re.compile(r'"((?:\\.|[^"\\])*)"', re.DOTALL).match(text, place)
    if whole is None:
        raise BadQuery("A quote is not closed.")
    return re.sub(r'\\(["\\])', r"\1", whole[1]), whole.end()


def _plain(text: str, place: int) -> tuple[str, int]:
    """A term as far as it goes: to a comma, a joining word, or a bracket that closes none of its own."""
    start, depth = place, 0
    while place < len(text):
        sign = text[place]
        if sign == "\\":
            place += 2
            continue
        if (depth == 0 and sign in ",)") or _JOINED.match(text, place):
            break
        depth += {"(": 1, ")": -1}.get(sign, 0)
        place += 1
    if depth:
        raise BadQuery("Imbalanced parentheses.")
    return text[start:place].strip(), min(place, len(text))


def _either(tokens: list[Token], read: Reader) -> tuple[Test, list[Token]]:
    left, rest = _both(tokens, read)
    if rest and rest[0].kind == "or":
        right, rest = _either(rest[1:], read)
        return lambda row: left(row) or right(row), rest
    return left, rest


def _both(tokens: list[Token], read: Reader) -> tuple[Test, list[Token]]:
    left, rest = _one(tokens, read)
    if rest and rest[0].kind == "and":
        right, rest = _both(rest[1:], read)
        return lambda row: left(row) and right(row), rest
    return left, rest


def _one(tokens: list[Token], read: Reader) -> tuple[Test, list[Token]]:
    if not tokens:
        raise BadQuery("Expected a term.")
    first, rest = tokens[0], tokens[1:]
    if first.kind == "not":
        inner, rest = _one(rest, read)
        return lambda row: not inner(row), rest
    if first.kind == "open":
        inner, rest = _either(rest, read)
        if not rest or rest[0].kind != "close":
            raise BadQuery("Imbalanced parentheses.")
        return inner, rest[1:]
    if first.kind != "term":
        raise BadQuery("Expected a term.")
    return read(first.text), rest


def field(raw: str, known: Mapping[str, object]) -> tuple[str, str, str] | None:
    """A term's field, comparison and value, if it begins with a known field."""
    parts = _FIELD.fullmatch(raw)
    return (parts[1], parts[2] or "eq", parts[3].strip()) if parts and parts[1] in known else None


def text_test(raw: str) -> Callable[[str], bool]:
    """Whether a text is the one that is written: with wildcards, or with so many letters that may differ."""
    fuzz = re.search(r"(?<!\\)~(\d+(?:\.\d+)?)$", raw)
    if fuzz:
        wanted, most = _literal(raw[: fuzz.start()]), int(float(fuzz[1]))
        return lambda text: _distance(text, wanted) <= most
    signs = {"*": ".*", "?": "."}
    parts = re.findall(r"\\(.)|(.)", raw.lower(), re.DOTALL)
    if not any(bare in signs for _, bare in parts):
        wanted = _literal(raw)
        return lambda text: text == wanted
    made = "".join(re.escape(kept) or signs.get(bare, re.escape(bare)) for kept, bare in parts)
    pattern = re.compile(made, re.DOTALL)
    return lambda text: pattern.fullmatch(text.lower()) is not None


def _literal(raw: str) -> str:
    return re.sub(r"\\(.)", r"\1", raw.lower())


def _distance(one: str, other: str) -> int:
    """How many letters must be put in, left out or changed."""
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        above, row[0] = row[0], number
        for place, against in enumerate(other, 1):
            cost = min(row[place] + 1, row[place - 1] + 1, above + (letter != against))
            above, row[place] = row[place], cost
    return row[-1]


def number_test(how: str, value: str) -> Callable[[float], bool]:
    try:
        wanted = float(value)
    except ValueError:
        raise BadQuery(f"Expected a number, got {value!r}.") from None
    return lambda number: {
        "eq": number == wanted,
        "gt": number > wanted,
        "gte": number >= wanted,
        "lt": number < wanted,
        "lte": number <= wanted,
    }[how]


def date_test(how: str, value: str) -> Callable[[datetime], bool]:
    """A year, month or day is the whole of it; a time with hours is one second."""
    low, high = _span(value)
    return lambda moment: {
        "eq": low <= moment < high,
        "gt": moment > high,
        "gte": moment >= low,
        "lt": moment < low,
        "lte": moment <= high,
    }[how]


def _span(value: str) -> tuple[datetime, datetime]:
    try:
        if not (day := _DAY.fullmatch(value)):
            moment = datetime.fromisoformat(value)
            moment = moment.replace(tzinfo=moment.tzinfo or UTC)
            return moment, moment + timedelta(seconds=1)
        year, month, date = int(day[1]), int(day[2] or 1), int(day[3] or 1)
        low = datetime(year, month, date, tzinfo=UTC)
        if day[3]:
            return low, low + timedelta(days=1)
        if day[2]:
            return low, (low + timedelta(days=32)).replace(day=1)
        return low, low.replace(year=year + 1)
    except ValueError:
        raise BadQuery(f"Expected a date, got {value!r}.") from None


def flag_test(value: str) -> Callable[[bool], bool]:
    if value not in {"true", "false"}:
        raise BadQuery(f"Expected true or false, got {value!r}.")
    return lambda flag: flag is (value == "true")
