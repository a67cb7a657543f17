"""e621's search language: tags, `-` not, `~` or, groups, wildcards and metatags, at most 40 terms."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta, timezone
from fnmatch import fnmatchcase

from harvester.demo.dialects.danbooru_query import numbers
from harvester.demo.dialects.e621_board import Board, Shown

TAG_LIMIT = 40
EASTERN = timezone(timedelta(hours=-5))
_FREE = re.compile(r"status:deleted|rating:\w+|limit:\d+")
_ALL = {"deleted", "any", "all"}

Test = Callable[[Shown], bool]


class BadQuery(Exception):
    """The site answers 422 and says why; `breach` when the search is too large for it."""

    def __init__(self, reason: str, breach: str = "") -> None:
        super().__init__(reason)
        self.reason, self.breach = reason, breach


@dataclass(slots=True)
class Search:
    """A query read term by term."""

    board: Board
    order: str = "id_desc"
    limit: int | None = None
    shows_deleted: bool = False
    _rest: list[str] = field(default_factory=list)

    def read(self, text: str) -> Test:
        """The query as a test of posts. Raises BadQuery."""
        self._rest = text.lower().split()
        words = [term for term in self._rest if term.strip("-~") not in {"(", ")"}]
        counted = [term for term in words if not _FREE.fullmatch(term)]
        if len(counted) > TAG_LIMIT:
            reason = f"You cannot search for more than {TAG_LIMIT} tags at a time"
            raise BadQuery(reason, f"{len(counted)} terms")
        asked = self._group(nested=False)
        shows_deleted = self.shows_deleted
        return lambda shown: (shows_deleted or not shown.is_deleted) and asked(shown)

    def _group(self, *, nested: bool) -> Test:
        every: list[Test] = []
        either: list[Test] = []
        while self._rest:
            term = self._rest.pop(0)
            if term == ")":
                if not nested:
                    raise BadQuery("the brackets do not balance")
                return _all(every, either)
            sign = term[0] if term[0] in "-~" else ""
            test = self._term(term.removeprefix(sign), sign)
            if test is not None:
                (either if sign == "~" else every).append(_not(test) if sign == "-" else test)
        if nested:
            raise BadQuery("the brackets do not balance")
        return _all(every, either)

    def _term(self, term: str, sign: str) -> Test | None:
        """None for what orders or limits and tests nothing."""
        if term == "(":
            return self._group(nested=True)
        name, colon, value = term.partition(":")
        if colon and name == "order":
            self.order = value
            return None
        if colon and name == "limit":
            self.limit = int(value) if value.isdigit() else None
            return None
        if colon and name == "status" and value in _ALL:
            self.shows_deleted = True
        if colon and (name in _NUMBERS or name in _NAMED or name == "date"):
            return _metatag(name, value.strip('"'), self.board)
        if not term or ("*" in term and sign == "~"):
            raise BadQuery(f"invalid tag: {sign}{term}")
        if "*" in term:
            return lambda shown: any(fnmatchcase(word, term) for word in shown.words)
        tag = self.board.aliases.get(term, term)
        return lambda shown: tag in shown.words


def _all(every: list[Test], either: list[Test]) -> Test:
    return lambda shown: (
        all(test(shown) for test in every) and (not either or any(test(shown) for test in either))
    )


def _not(test: Test) -> Test:
    return lambda shown: not test(shown)


def _metatag(name: str, value: str, board: Board) -> Test:
    if name in _NAMED:
        named = _NAMED[name]
        return lambda shown: named(shown, value, board)
    figure = _day if name == "date" else _NUMBERS[name]
    within = numbers(_dated(value) if name == "date" else value)
    if within is None:
        raise BadQuery(f"invalid {'date' if name == 'date' else 'tag'}: {name}:{value}")
    return lambda shown: within(figure(shown, board))


def _dated(value: str) -> str:
    """A range of days as a range of their numbers."""
    try:
        return re.sub(
            r"\d{4}-\d\d?-\d\d?", lambda day: str(date.fromisoformat(day[0]).toordinal()), value
        )
    except ValueError:
        raise BadQuery(f"invalid date: {value}") from None


def _day(shown: Shown, _: Board) -> float:
    return shown.post.created.astimezone(EASTERN).date().toordinal()


_NUMBERS: Mapping[str, Callable[[Shown, Board], float]] = {
    "id": lambda shown, _: shown.post.id,
    "score": lambda shown, _: shown.post.score,
    "favcount": lambda shown, _: shown.post.favourites,
    "width": lambda shown, _: shown.post.width,
    "height": lambda shown, _: shown.post.height,
    "mpixels": lambda shown, _: shown.post.width * shown.post.height / 1e6,
    "ratio": lambda shown, _: round(shown.post.width / shown.post.height, 2),
    "filesize": lambda shown, board: board.vault.claim(shown.post).bytes,
    "tagcount": lambda shown, _: len(shown.words),
    "gentags": lambda shown, _: len(shown.tags["general"]),
    "arttags": lambda shown, _: len(shown.tags["artist"]),
    "conttags": lambda shown, _: len(shown.tags["contributor"]),
    "chartags": lambda shown, _: len(shown.tags["character"]),
    "copytags": lambda shown, _: len(shown.tags["copyright"]),
    "spectags": lambda shown, _: len(shown.tags["species"]),
    "metatags": lambda shown, _: len(shown.tags["meta"]),
    "lortags": lambda shown, _: len(shown.tags["lore"]),
    "invtags": lambda shown, _: len(shown.tags["invalid"]),
}


def _has_status(shown: Shown, value: str, _: Board) -> bool:
    if value == "deleted":
        return shown.is_deleted
    if value == "active":
        return not shown.is_deleted and not shown.post.status
    return value in {"any", "all"} or value in shown.post.status


def _is_true(value: str) -> bool:
    return value == "true"


_NAMED: Mapping[str, Callable[[Shown, str, Board], bool]] = {
    "rating": lambda shown, value, _: shown.rating == value[:1],
    "status": _has_status,
    "filetype": lambda shown, value, _: shown.extension == value,
    "type": lambda shown, value, _: shown.extension == value,
    "md5": lambda shown, value, board: board.vault.claim(shown.post).md5 == value,
    "parent": lambda shown, value, _: value in {str(shown.post.parent), str(shown.post.id)},
    "child": lambda shown, value, board: (
        (shown.post.id in board.world.children) == (value != "none")
    ),
    "hasparent": lambda shown, value, _: (shown.post.parent is not None) == _is_true(value),
    "ischild": lambda shown, value, _: (shown.post.parent is not None) == _is_true(value),
    "isparent": lambda shown, value, board: (
        (shown.post.id in board.world.children) == _is_true(value)
    ),
    "inpool": lambda shown, value, _: not _is_true(value),
    "hassource": lambda shown, value, _: bool(shown.post.source) == _is_true(value),
    "source": lambda shown, value, _: fnmatchcase(shown.post.source.lower(), f"{value}*"),
}
