"""Szurubooru's search language: names with their signs escaped, ranges, alternatives by commas."""

from __future__ import annotations

import re
from collections.abc import Iterable

from harvester import Query, Rating
from sources import reading

SAFETY = {"safe": Rating.GENERAL, "sketchy": Rating.SENSITIVE, "unsafe": Rating.EXPLICIT}
STILL = "type:image"
_SIGNS = re.compile(r"[\\:,*-]|\.(?=\.)|(?<=\.)\.")


def term(name: str) -> str:
    """A name that stands for itself: `:` would begin a value, `-` a negation, `,` another name, `..` a range."""
    return _SIGNS.sub(lambda sign: f"\\{sign[0]}", reading.underscored(name))


def terms(query: Query) -> list[str]:
    """The whole query, for the server takes as many terms as one likes."""
    narrow = query.narrow
    sent = [term(name) for name in query.names]
    if narrow and narrow.tags:
        sent.append(any_of(narrow.tags))
    sent += [term(name) for name in query.want]
    sent += [f"-{excluded}" for name in query.avoid if (excluded := term(name))]
    wanted = [word for word, rating in SAFETY.items() if rating in query.ratings]
    if 0 < len(wanted) < len(SAFETY):
        sent.append(f"safety:{','.join(wanted)}")
    sent.append(STILL)
    if narrow and narrow.by == "score":
        sent.append(f"score:{narrow.value}..")
    if narrow and narrow.by == "dates":
        sent.append(f"creation-date:{narrow.value}")
    return [one for one in sent if one]


def passes(query: Query) -> list[str]:
    """The terms by which a walk goes through what is new, or through what was edited and then what is new."""
    if not query.since:
        return [""]
    keys = ["creation-date"] if query.order == "id" else ["last-edit-date", "creation-date"]
    return [f"{key}:{query.since:%Y-%m-%d}.." for key in keys]


def any_of(names: Iterable[str]) -> str:
    """One term for any of these names."""
    return ",".join(filter(None, map(term, names)))
