"""What of a query Moebooru's server is sent: so many tags as it takes of either sign, and metatags, which are free."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from harvester import Candidate, Query, Rating
from sources import reading

MOST = 6  # so many wanted tags and so many unwanted ones
LETTERS = {"s": Rating.GENERAL, "q": Rating.QUESTIONABLE, "e": Rating.EXPLICIT}


def terms(query: Query, most: int) -> tuple[list[str], list[str]]:
    """The tags, names first, and the metatags."""
    narrow = query.narrow
    names = (reading.underscored(name) for name in query.names)
    wanted = [f"~{name}" if name in LETTERS else name for name in names]
    wanted += _plain([*(narrow.tags if narrow else ()), *query.want])
    unwanted = [f"-{name}" for name in _plain(query.avoid)]
    free = _rating(query.ratings)
    if query.order == "updated":
        free.append("order:change")
    elif query.since:
        free.append(f"date:>={query.since:%Y-%m-%d}")
    if narrow and narrow.by in {"score", "dates"}:
        free.append(f"{'score:>=' if narrow.by == 'score' else 'date:'}{narrow.value}")
    return wanted[:most] + unwanted[:most], free


def _plain(names: Sequence[str]) -> list[str]:
    """Further tags that can be sent: a lone s, q or e is read as a rating, `*` and `~` widen a search."""
    tags = (reading.underscored(name) for name in names)
    return [tag for tag in tags if tag not in LETTERS and "*" not in tag and tag[:1] not in "-~"]


def _rating(wanted: frozenset[Rating]) -> list[str]:
    """One term for any choice of the three ratings there are."""
    sent = [letter for letter, rating in LETTERS.items() if rating in wanted]
    left = [letter for letter in LETTERS if letter not in sent]
    sign, few = ("", sent) if len(sent) == 1 else ("-", left)
    return [f"{sign}rating:{few[0]}"] if len(few) == 1 else []


def is_meant(post: Candidate, ratings: Collection[str]) -> bool:
    """Whether the metatags of a plain walk let this post through, as far as it tells."""
    claims = post.claims
    return "deleted" not in claims.status and (not claims.rating or claims.rating in ratings)
