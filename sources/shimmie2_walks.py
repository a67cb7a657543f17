"""Walks through a Shimmie: what of a query it is sent, and where a page leads to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from harvester import Candidate, Query, Rating, Site, Span
from sources import reading
from sources.reading import Row

MOST = 3  # terms a visitor may search for at once on many sites; `id<N` is not counted there
LETTERS = {"s": Rating.GENERAL, "q": Rating.QUESTIONABLE, "e": Rating.EXPLICIT}
UNRATED = f"-rating={''.join(LETTERS)}"
_CARETS = str.maketrans({"^": "^^", "/": "^s", "\\": "^b", "?": "^q", "&": "^a", ".": "^d"})


def begun(query: Query, site: Site) -> dict[str, Any]:
    """The state a walk begins with: by id where the server allows it, else by page number."""
    keyset, start = bool(site.options.get("keyset", True)), query.start or ""
    return {
        **terms(query, site),
        "html": not site.options.get("xml", True),
        "keyset": keyset,
        "below": int(start) if keyset and start.isdecimal() else None,
        "since": query.since.isoformat() if query.since else None,
        "page": 1,
        "obeys": False,  # whether the server was seen to pay heed to `id<N`
        "left": None,  # posts that the first page left over, as far as it tells
    }


def terms(query: Query, site: Site) -> dict[str, Any]:
    """As many terms as the site takes, the rating they vouch for, and what to ask instead of a site without any.

    A site that knows ratings shows nothing else for `rating=s`. One that does not takes that for a tag
    and shows nothing; what it has are posts that nobody rated, as where the user's table gives a default.
    """
    narrow, most = query.narrow, int(site.options.get("tag_limit", MOST))
    names = _spelled(query.names)
    further = _spelled([*(narrow.tags if narrow else ()), *query.want])
    further += [f"-{name}" for name in _spelled(query.avoid)]
    term, vouched = _rating(query.ratings, site.rating_default)
    if not term or len(names) >= most:
        return {"terms": [*names, *further][:most], "vouched": None, "bare": []}
    bare = [] if site.rating_default else [*names, UNRATED, *further][:most]
    return {"terms": [*names, term, *further][:most], "vouched": vouched, "bare": bare}


def sent(state: Row) -> tuple[list[str], int]:
    """The terms and the page number of one page. By id every one is the first page of what lies below."""
    by_id = state["keyset"]
    edge = [f"id<{state['below']}"] if by_id and state["below"] else []
    return [*state["terms"], *edge], 1 if by_id else state["page"]


def onward(
    state: Row, found: Sequence[Candidate], total: int | None
) -> tuple[dict[str, Any] | None, Span | None]:
    """Where a walk goes after a page that shows posts, None at its end, and what the page covered."""
    ids, below, page = [int(one.post_id) for one in found], state["below"], state["page"]
    after = {**state, "page": page + 1, "seen": [ids[0], ids[-1]], "bare": []}
    if page == 1 and total is not None:
        after["left"] = total - len(ids)
    if _is_older(found, state["since"]):
        return None, None
    if not state["keyset"]:  # a server that turns no pages shows the same one for ever
        return (None if after["seen"] == state.get("seen") else after), None
    if ids != sorted(ids, reverse=True) or (below is not None and ids[0] >= below):
        return {**after, "keyset": False, "page": max(2, page)}, None
    span = Span("id", high=str(ids[0]), low=str(ids[-1]))
    return {**after, "below": ids[-1], "obeys": page > 1}, span


def otherwise(state: Row) -> dict[str, Any] | None:
    """What to ask after an empty page: None at the end of a walk, else what the site did not take for a tag."""
    if state["page"] == 1 and state["bare"]:
        return {**state, "terms": state["bare"], "bare": [], "vouched": None}
    is_doubted = state["keyset"] and state["page"] > 1 and not state["obeys"]
    return {**state, "keyset": False} if is_doubted and state["left"] != 0 else None


def by_number(state: Row) -> dict[str, Any] | None:
    """How to go on where `id<N` may be one term too many; None where it is not to blame."""
    is_doubted = state["keyset"] and state["below"] and not state["obeys"]
    return {**state, "keyset": False} if is_doubted else None


def vouched(state: Row) -> Rating | None:
    """The rating that all posts of a walk have at most, if its terms say so."""
    return Rating(state["vouched"]) if state.get("vouched") else None


def path(terms: Sequence[str], page: int = 1) -> str:
    """Where the list of these terms stands, what has a meaning in addresses written with carets."""
    if not terms:
        return f"post/list/{page}"
    return f"post/list/{quote(' '.join(terms).translate(_CARETS), safe='')}/{page}"


def _spelled(names: Sequence[str]) -> list[str]:
    return [spelled for name in names if (spelled := reading.underscored(name))]


def _rating(wanted: Collection[Rating], default: Rating | None) -> tuple[str, Rating | None]:
    """One term for the ratings asked for, and the strictest of them, which all that comes has at most."""
    sent = [letter for letter, rating in LETTERS.items() if rating in wanted]
    if not 0 < len(sent) < len(LETTERS):
        return "", None
    if default:
        return f"-rating={''.join(letter for letter in LETTERS if letter not in sent)}", None
    return f"rating={''.join(sent)}", LETTERS[sent[-1]]


def _is_older(found: Sequence[Candidate], since: str | None) -> bool:
    """Whether a page holds nothing newer; of changes to older posts the site does not tell."""
    edge = datetime.fromisoformat(since) if since else None
    times = [one.claims.created for one in found]
    return edge is not None and all(time is not None and time < edge for time in times)
