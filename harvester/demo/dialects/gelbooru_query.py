"""Gelbooru's search language: tags, `-` not, wildcards, groups of alternatives, metatags and `sort:`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from harvester.demo.posts import ALIASES, Post, dice
from harvester.demo.vault import Vault

Test = Callable[[Post], bool]
BRACES = re.compile(r"\{([^{}]*)\}")
BRACKETS = re.compile(r"(?:^|(?<=\s))\(\s([^()]*)\s\)(?=\s|$)")
"""How the newer and the older software write `a or b`: `{a ~ b}` and `( a ~ b )`."""


@dataclass(frozen=True, slots=True)
class Tongue:
    """What differs between the two: how alternatives are written, and the words for ratings."""

    group: re.Pattern[str]
    ratings: Mapping[str, str]  # the world's letter -> the site's word


@dataclass(frozen=True, slots=True)
class Search:
    """A query ready to be asked of posts."""

    tests: tuple[Test, ...]
    sort: str = "id"
    upward: bool = False
    breach: str = ""

    def found(self, posts: Sequence[Post], vault: Vault) -> list[Post]:
        """The posts that fit, in the order asked for; the newest first if none is."""
        fitting = [post for post in posts if all(test(post) for test in self.tests)]
        name, _, seed = self.sort.partition(":")
        if name == "random":
            return sorted(fitting, key=lambda post: dice("sort", seed, post.id).random())
        key = SORTS.get(name, SORTS["id"])
        return sorted(
            fitting, key=lambda post: (key(post, vault), post.id), reverse=not self.upward
        )


def read(text: str, vault: Vault, tongue: Tongue) -> Search:
    """Read a query. Nothing is refused: a term that means nothing finds nothing."""
    groups = tongue.group.findall(text.lower())
    terms = tongue.group.sub(" ", text.lower()).split()
    tests = [_either([_term(one, vault, tongue) for one in group.split("~")]) for group in groups]
    sort, upward, breach = "id", False, ""
    for term in terms:
        name, colon, value = term.partition(":")
        if colon and name == "sort":
            sort, _, direction = value.partition(":")
            upward = direction == "asc"
            sort = value if sort == "random" else sort
            continue
        if colon and name.lstrip("-") == "order":
            breach = "order: is sort: here"
        tests.append(_term(term, vault, tongue))
    return Search(tuple(tests), sort, upward, breach)


def _term(term: str, vault: Vault, tongue: Tongue) -> Test:
    term = term.strip()
    if term.startswith("-") and len(term) > 1:
        test = _term(term[1:], vault, tongue)
        return lambda post: not test(post)
    name, colon, value = term.partition(":")
    if colon and name == "rating":
        word = "general" if value == "safe" and "safe" not in tongue.ratings.values() else value
        return lambda post: tongue.ratings[post.rating] == word
    if colon and name in NUMBERS:
        return _number(name, value)
    if colon and name in NAMED:
        return lambda post: NAMED[name](post, value, vault)
    if "*" in term:
        return lambda post: any(fnmatchcase(word, term) for word in post.words)
    tag = ALIASES.get(term, term)
    return lambda post: tag in post.words


def _either(tests: Sequence[Test]) -> Test:
    return lambda post: any(test(post) for test in tests)


def _number(name: str, value: str) -> Test:
    number = NUMBERS[name]
    found = re.fullmatch(r"(>=|<=|>|<)?(-?\d+)", value)
    if found is None:
        return lambda post: False
    edge = int(found[2])
    tests: dict[str | None, Callable[[int], bool]] = {
        ">=": lambda n: n >= edge, "<=": lambda n: n <= edge,
        ">": lambda n: n > edge, "<": lambda n: n < edge, None: lambda n: n == edge,
    }  # fmt: skip
    return lambda post: tests[found[1]](number(post))


NUMBERS: Mapping[str, Callable[[Post], int]] = {
    "id": lambda post: post.id,
    "score": lambda post: post.score,
    "width": lambda post: post.width,
    "height": lambda post: post.height,
}
NAMED: Mapping[str, Callable[[Post, str, Vault], bool]] = {
    "md5": lambda post, value, vault: not post.hidden and vault.claim(post).md5 == value,
    "user": lambda post, value, _: f"user_{post.uploader}" == value,
    "source": lambda post, value, _: fnmatchcase(post.source.lower(), f"{value}*"),
    "parent": lambda post, value, _: value in {str(post.parent), str(post.id)},
}
SORTS: Mapping[str, Callable[[Post, Vault], Any]] = {
    "id": lambda post, _: post.id,
    "score": lambda post, _: post.score,
    "updated": lambda post, _: post.updated,
    "width": lambda post, _: post.width,
    "height": lambda post, _: post.height,
    "rating": lambda post, _: post.rating,
    "user": lambda post, _: post.uploader,
    "source": lambda post, _: post.source,
}
