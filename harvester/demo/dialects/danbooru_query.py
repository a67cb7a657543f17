"""The tag query language: tags, negations, wildcards and metatags, with the limit on counted terms."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fnmatch import fnmatchcase

from harvester.demo.posts import ALIASES, STILLS, Post
from harvester.demo.vault import Vault

TAG_LIMIT = 2
FREE = frozenset(
    {
        "status",
        "rating",
        "limit",
        "is",
        "id",
        "date",
        "age",
        "filesize",
        "filetype",
        "parent",
        "child",
        "md5",
    }
    | {
        "width",
        "height",
        "duration",
        "mpixels",
        "ratio",
        "score",
        "upvote",
        "upvotes",
        "downvotes",
        "favcount",
    }
    | {"embedded", "tagcount", "pixiv_id", "pixiv"}
)
COUNTED = frozenset({"order", "has", "source", "user", "random", "gentags", "chartags", "arttags"})

Test = Callable[[Post], bool]


class TooManyTerms(Exception):
    """More counted terms than an anonymous visitor may search for."""


class BadOrder(Exception):
    """More than one `order:`, or a negated one."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A query ready to be asked of posts. `broken` queries find nothing and say nothing."""

    tests: tuple[Test, ...] = ()
    any_of: tuple[Test, ...] = ()
    order: str = "id"
    limit: int | None = None
    broken: bool = False

    def matches(self, post: Post) -> bool:
        if self.broken or not all(test(post) for test in self.tests):
            return False
        return not self.any_of or any(test(post) for test in self.any_of)


def parse(text: str, vault: Vault, *, limited: bool = True) -> Parsed:
    """Read a query. Raises TooManyTerms over the limit, BadOrder for a second or negated order."""
    terms = text.lower().split()
    if limited:
        _check_limit(terms)
    if any(term in {"or", "and"} or term.startswith("(") for term in terms):
        return Parsed(broken=True)
    tests: list[Test] = []
    any_of: list[Test] = []
    order, limit, broken = "", None, False
    for term in terms:
        negated, loose = term.startswith("-"), term.startswith("~")
        name, colon, value = term.lstrip("-~").partition(":")
        if colon and name == "order":
            if order or negated:
                raise BadOrder
            order = value
        elif colon and name == "limit":
            limit = int(value) if value.isdigit() else None
        else:
            test = _test(term.lstrip("-~"), vault)
            broken = broken or test is None
            if test is not None:
                (any_of if loose else tests).append(_not(test) if negated else test)
    return Parsed(tuple(tests), tuple(any_of), order or "id", limit, broken)


def _check_limit(terms: Sequence[str]) -> None:
    counted = [
        term for term in terms if term.lstrip("-~").partition(":")[0] not in FREE or ":" not in term
    ]
    if len(counted) > TAG_LIMIT:
        raise TooManyTerms


def _not(test: Test) -> Test:
    return lambda post: not test(post)


def _test(term: str, vault: Vault) -> Test | None:
    name, colon, value = term.partition(":")
    if colon and (name in FREE or name in COUNTED):
        return _metatag(name, value.strip('"'), vault)
    if not term:
        return None
    if "*" in term:
        return lambda post: any(fnmatchcase(word, term) for word in post.words)
    tag = ALIASES.get(term, term)
    return lambda post: tag in post.words


def _metatag(name: str, value: str, vault: Vault) -> Test | None:
    if name in _NUMBERS:
        number = _NUMBERS[name]
        within = numbers(value)
        return None if within is None else lambda post: within(number(post, vault))
    if name == "date":
        span = _dates(value)
        return None if span is None else lambda post: span[0] <= post.created < span[1]
    named = _NAMED.get(name)
    if named is None:
        return None
    choices = value.split(",")
    return lambda post: any(named(post, choice, vault) for choice in choices)


_NUMBERS: dict[str, Callable[[Post, Vault], float]] = {
    "id": lambda post, _: post.id,
    "score": lambda post, _: post.score,
    "upvotes": lambda post, _: post.up,
    "downvotes": lambda post, _: -post.down,
    "favcount": lambda post, _: post.favourites,
    "width": lambda post, _: post.width,
    "height": lambda post, _: post.height,
    "mpixels": lambda post, _: post.width * post.height / 1e6,
    "ratio": lambda post, _: round(post.width / post.height, 2),
    "tagcount": lambda post, _: len(post.words),
    "gentags": lambda post, _: len(post.tags["general"]),
    "chartags": lambda post, _: len(post.tags["character"]),
    "arttags": lambda post, _: len(post.tags["artist"]),
    "pixiv": lambda post, _: post.pixiv or 0,
    "pixiv_id": lambda post, _: post.pixiv or 0,
    "filesize": lambda post, vault: vault.claim(post).bytes,
}


def numbers(text: str) -> Callable[[float], bool] | None:
    """`>5 >=5 <5 <=5 5..9 5...9 ..9 5.. 1,2,3 5` as a test; None when it is none of them."""
    figure = r"-?\d+(?:\.\d+)?"
    if found := re.fullmatch(rf"(>=|<=|>|<)({figure})", text):
        edge = float(found[2])
        sides: dict[str, Callable[[float], bool]] = {
            ">": lambda n: n > edge, ">=": lambda n: n >= edge,
            "<": lambda n: n < edge, "<=": lambda n: n <= edge,
        }  # fmt: skip
        return sides[found[1]]
    if found := re.fullmatch(rf"({figure})?(\.\.\.?)({figure})?", text):
        low = float(found[1]) if found[1] else float("-inf")
        high = float(found[3]) if found[3] else float("inf")
        return lambda n: low <= n < high if found[2] == "..." else low <= n <= high
    if re.fullmatch(rf"{figure}(,{figure})*", text):
        allowed = {float(part) for part in text.split(",")}
        return lambda n: n in allowed
    return None


def _dates(text: str) -> tuple[datetime, datetime] | None:
    """From the first moment of the first day to the last of the last."""
    first, dots, last = text.partition("..")
    try:
        start = _day(first) if first else datetime.min.replace(tzinfo=UTC)
        end = _day(last) + timedelta(days=1) if last else datetime.max.replace(tzinfo=UTC)
    except ValueError:
        return None
    return (start, end) if dots else (start, start + timedelta(days=1))


def _day(text: str) -> datetime:
    day = date.fromisoformat(text)
    return datetime(day.year, day.month, day.day, 5, tzinfo=UTC)  # the site's day begins at -05:00


def _has_status(post: Post, value: str) -> bool:
    if value in {"any", "all"}:
        return True
    if value == "active":
        return not post.status & {"deleted", "banned"}
    if value in {"modqueue", "unmoderated"}:
        return bool(post.status & {"pending", "flagged"})
    return value in post.status


def _is(post: Post, value: str, vault: Vault) -> bool:
    if value in {"sfw", "nsfw"}:
        return (post.rating in "gs") == (value == "sfw")
    if value == "parent":
        return post.id in vault.world.children
    if value == "child":
        return post.parent is not None
    if value in {"general", "sensitive", "questionable", "explicit"}:
        return post.rating == value[0]
    return (
        _has_status(post, value)
        if value not in {*STILLS, "gif", "mp4", "zip"}
        else post.format == value
    )


def _has(post: Post, value: str, vault: Vault) -> bool:
    return {
        "parent": post.parent is not None,
        "children": post.id in vault.world.children,
        "source": bool(post.source),
    }.get(value, False)


def _relation(own: int | None, value: str) -> bool:
    if value in {"any", "none"}:
        return (own is not None) == (value == "any")
    return str(own) == value


_NAMED: dict[str, Callable[[Post, str, Vault], bool]] = {
    "rating": lambda post, value, _: post.rating == value[:1],
    "status": lambda post, value, _: _has_status(post, value),
    "filetype": lambda post, value, _: post.format == value,
    "is": _is,
    "has": _has,
    "md5": lambda post, value, vault: not post.hidden and vault.claim(post).md5 == value,
    "parent": lambda post, value, _: _relation(post.parent, value) or str(post.id) == value,
    "child": lambda post, value, vault: (post.id in vault.world.children) == (value == "any"),
    "source": lambda post, value, _: fnmatchcase(post.source.lower(), value + "*"),
    "user": lambda post, value, _: value == f"user_{post.uploader}",
}
