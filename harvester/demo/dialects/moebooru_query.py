"""Moebooru's query language: six wanted and six unwanted tags, metatags besides, a lone letter as a rating."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from harvester.demo.dialects.danbooru_query import numbers
from harvester.demo.dialects.moebooru_shelf import Shelf, Shown

TAG_LIMIT, EXPANDED = 6, 25
METATAGS = frozenset({
    "id", "width", "height", "score", "mpixels", "ratio", "date", "rating", "source", "md5", "ext",
    "user", "fav", "vote", "pool", "parent", "order", "deleted", "holds", "pending", "shown", "limit",
    "change", "sub", "unlocked",
})  # fmt: skip
NEGATED = frozenset({"rating", "pool", "vote"})
Test = Callable[[Shown], bool]


class TooManyTags(Exception):
    """More tags of one sign than may be searched for at once."""


@dataclass(frozen=True, slots=True)
class Search:
    """A query ready to be asked of posts. `single` is the id when it asks for one post by it."""

    tests: tuple[Test, ...] = ()
    any_of: tuple[Test, ...] = ()
    order: str = "id_desc"
    limit: int | None = None
    single: int | None = None

    def matches(self, shown: Shown) -> bool:
        if not all(test(shown) for test in self.tests):
            return False
        return not self.any_of or any(test(shown) for test in self.any_of)


def parse(text: str, shelf: Shelf) -> Search:
    """Read a query. Raises TooManyTags."""
    tests: list[Test] = []
    any_of: list[Test] = []
    meta: dict[str, str] = {}
    signs = {"-": 0, "": 0}
    for term in text.lower().split():
        name, colon, value = term.lstrip("-").partition(":")
        negated = term.startswith("-")
        if term in {"s", "q", "e"}:
            tests.append(_rated(term))
        elif colon and name in METATAGS and (not negated or name in NEGATED):
            meta[name] = value
            if test := _metatag(name, value, shelf):
                tests.append(_not(test) if negated else test)
        else:
            signs["-" if negated else ""] += 1
            found = _tagged(term.lstrip("-~"), shelf)
            if term.startswith("~") or ("*" in term and not negated):
                any_of.append(found)
            else:
                tests.append(_not(found) if negated else found)
    if max(signs.values()) > TAG_LIMIT:
        raise TooManyTags
    if "id" not in meta:
        tests.append(_alive(meta.get("deleted", "false")))
    single = meta.get("id", "")
    limit = meta.get("limit", "")
    return Search(
        tuple(tests),
        tuple(any_of),
        meta.get("order", "id_desc"),
        int(limit) if limit.isdigit() else None,
        int(single) if single.isdigit() else None,
    )


def _not(test: Test) -> Test:
    return lambda shown: not test(shown)


def _tagged(tag: str, shelf: Shelf) -> Test:
    if "*" in tag:
        like = [name for name, _ in shelf.counts.most_common() if fnmatchcase(name, tag)]
        names = frozenset(like[:EXPANDED])
        return lambda shown: not names.isdisjoint(shown.kinds)
    name = shelf.aliases.get(tag, tag)
    return lambda shown: name in shown.kinds


def _alive(told: str) -> Test:
    if told in {"all", "any"}:
        return lambda shown: True
    return lambda shown: (shown.status == "deleted") == (told == "true")


def _rated(value: str) -> Test:
    return lambda shown: shown.rating == value[:1]


def _flag(value: str, read: Test) -> Test | None:
    return (
        None if value not in {"true", "false"} else lambda shown: read(shown) == (value == "true")
    )


def _metatag(name: str, value: str, shelf: Shelf) -> Test | None:
    if name in _NUMBERS:
        within, number = numbers(value), _NUMBERS[name]
        return (lambda _: False) if within is None else lambda shown: within(number(shown))
    if name == "date":
        return _dated(value)
    if name == "parent":
        return lambda shown: (
            shown.post.parent is None if value == "none" else value in _family(shown)
        )
    if name == "md5":
        return lambda shown: shelf.vault.claim(shown.post).md5 == value
    named: Mapping[str, Test | None] = {
        "rating": _rated(value),
        "ext": lambda shown: shown.post.format == value,
        "source": lambda shown: shown.post.source.lower().startswith(value),
        "user": lambda shown: value == f"user_{shown.post.uploader}",
        "holds": _flag(value, lambda shown: shown.held),
        "pending": _flag(value, lambda shown: shown.status == "pending"),
        "shown": _flag(value, lambda shown: shown.listed),
    }
    return named.get(name)


def _family(shown: Shown) -> set[str]:
    return {str(shown.post.id), str(shown.post.parent)}


def _dated(value: str) -> Test:
    """Days are numbers as well."""
    try:
        days = re.sub(
            r"\d{4}-\d\d-\d\d", lambda day: str(date.fromisoformat(day[0]).toordinal()), value
        )
    except ValueError:
        return lambda _: False
    within = numbers(days)
    return lambda shown: within is not None and within(shown.post.created.date().toordinal())


_NUMBERS: dict[str, Callable[[Shown], float]] = {
    "id": lambda shown: shown.post.id,
    "width": lambda shown: shown.post.width,
    "height": lambda shown: shown.post.height,
    "score": lambda shown: shown.post.score,
    "mpixels": lambda shown: shown.post.width * shown.post.height / 1e6,
    "ratio": lambda shown: round(shown.post.width / shown.post.height, 2),
    "change": lambda shown: shown.post.updated.timestamp(),
}
