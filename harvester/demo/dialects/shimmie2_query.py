"""Shimmie's search: tags with wildcards, `-` not, terms that compare, ratings, an order; so many terms and no more."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from harvester.demo.posts import ALIASES, Post, dice
from harvester.demo.vault import Vault

Test = Callable[[Post], bool]
MOST, ARTIST = 3, "artist:"
RATINGS = {"g": "s", "s": "s", "q": "q", "e": "e"}
WORDS = {"safe": "s", "questionable": "q", "explicit": "e", "unrated": "?", "unknown": "?"}
_UNCOUNTED = re.compile(r"id[<>]|order:id_")
_COMPARED = re.compile(r"(\w+)(:?[<>]=?|[:=])(.*)", re.DOTALL)
_CARETS = {"^": "^", "s": "/", "b": "\\", "q": "?", "a": "&", "d": "."}


class TooManyTags(Exception):
    """A visitor searches for more terms at once than the site lets anybody."""


@dataclass(frozen=True, slots=True)
class Search:
    """A search ready to be asked of posts."""

    tests: tuple[Test, ...]
    order: str = "id"
    upward: bool = False

    def found(self, posts: Sequence[Post]) -> list[Post]:
        """The posts that fit, in the order asked for; the newest first if none is."""
        fitting = [post for post in posts if all(test(post) for test in self.tests)]
        if self.order.startswith("random"):
            return sorted(fitting, key=lambda post: dice(self.order, post.id).random())
        key = NUMBERS[self.order]
        return sorted(fitting, key=lambda post: (key(post), post.id), reverse=not self.upward)


def uncareted(written: str) -> str:
    """Terms as they were before they were put into an address."""
    return re.sub(r"\^(.)", lambda found: _CARETS.get(found[1], found[0]), written)


def words(post: Post) -> tuple[str, ...]:
    """A post's tags as this site has them: artists with a prefix, everything else plain."""
    named = (
        f"{ARTIST}{name}" if kind == "artist" else name
        for kind, names in post.tags.items()
        for name in names
    )
    return tuple(sorted(named))


def read(terms: Sequence[str], vault: Vault) -> Search:
    """Read a search. What means nothing is a tag. Raises TooManyTags."""
    counted = [term for term in terms if not _UNCOUNTED.match(term.lower())]
    if len(counted) > MOST:
        raise TooManyTags(f"{len(counted)} terms")
    tests, order, upward = [], "id", False
    for term in (one.lower() for one in terms if one != "*"):
        if ordered := re.fullmatch(r"order[=:](\w+?)(?:_(asc|desc))?", term):
            known = ordered[1] in NUMBERS or ordered[1].startswith("random")
            order, upward = (ordered[1], ordered[2] == "asc") if known else (order, upward)
        else:
            tests.append(_term(term, vault))
    return Search(tuple(tests), order, upward)


def _term(term: str, vault: Vault) -> Test:
    if term.startswith("-") and len(term) > 1:
        test = _term(term[1:], vault)
        return lambda post: not test(post)
    parts = _COMPARED.fullmatch(term)
    if parts and (told := _compared(parts[1], parts[2].lstrip(":") or "=", parts[3], vault)):
        return told
    return _tag(term)


def _compared(name: str, sign: str, value: str, vault: Vault) -> Test | None:
    """A term about something else than tags, if it is one."""
    if name == "rating" and sign == "=":
        letters = WORDS.get(value, value)
        return (
            (lambda post: RATINGS[post.rating] in letters)
            if set(letters) <= set("sqe?u*")
            else None
        )
    if name in NUMBERS and re.fullmatch(r"\d+", value):
        number, edge = NUMBERS[name], int(value)
        return lambda post: COMPARISONS[sign](number(post), edge)
    if name == "posted" and re.fullmatch(r"[0-9-]+", value):
        return lambda post: COMPARISONS[sign](stamp(post.created), value)
    if name in {"hash", "md5"} and sign == "=":
        return lambda post: vault.claim(post).md5 == value
    if name in {"ext", "filetype"} and sign == "=":
        return lambda post: post.format == value
    if name == "source" and sign == "=":
        return lambda post: bool(post.source) is (value == "any") if value in {"any", "none"} else value in post.source.lower()  # fmt: skip
    return None


def _tag(term: str) -> Test:
    if "*" in term or "?" in term:
        return lambda post: any(fnmatchcase(word, term) for word in words(post))
    tag = ALIASES.get(term, term)
    if tag.startswith(ARTIST):
        return lambda post: tag.removeprefix(ARTIST) in post.tags["artist"]
    return lambda post: tag in post.words and tag not in post.tags["artist"]


def stamp(moment: datetime) -> str:
    """A time as the site keeps and tells it."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"


COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq,
}  # fmt: skip
NUMBERS: Mapping[str, Callable[[Post], int]] = {
    "id": lambda post: post.id,
    "width": lambda post: post.width,
    "height": lambda post: post.height,
    "tags": lambda post: len(words(post)),
}
