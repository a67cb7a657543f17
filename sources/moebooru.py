"""Sites that run Moebooru (yande.re, konachan.com, www.sakugabooru.com and others)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import harvester as h
from harvester import Ask, Candidate, Name, Page, Query, Reply, Request
from sources import markup, moebooru_posts, moebooru_tags, reading
from sources.lookups import told_or_unknown
from sources.moebooru_tags import STEPS
from sources.moebooru_terms import MOST, is_meant, terms
from sources.reading import Row

PER_PAGE = 100
WHOLE = {"api_version": "2", "include_tags": "1", "include_pools": "1"}
"""Asks for the kinds of all tags on a page with it; a server that does not know this answers a bare list."""
TOO_MANY = re.compile(r"search.{1,40}\btags at (?:a time|once)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Moebooru:
    """Walks by id (`id:<N`), so that new posts shift nothing; by number where a server does not obey."""

    site: h.Site
    pace: ClassVar[h.Pace] = h.Pace(api=1.0, files=1.0, parallel=2)
    auth: ClassVar[h.Auth] = h.Auth(h.AuthKind.QUERY, {"username": "login", "api_key": "api_key"})
    narrows: ClassVar[frozenset[str]] = frozenset({"score", "dates"})
    batch: ClassVar[int] = 10_000  # the list of all tags answers for any number of them

    def search(self, query: Query) -> Request:
        keyset = query.order == "id" and bool(self.site.options.get("keyset", True))
        below = query.start if keyset and (query.start or "").isdecimal() else None
        since = query.since.isoformat() if query.since and query.order != "id" else None
        named, free = self._terms(query)
        bare = [] if query.narrow or query.since or below or not free else named
        state = {"terms": named + free, "bare": bare, "ratings": sorted(query.ratings)}
        state |= {"page": 1, "keyset": keyset, "obeys": False, "since": since}
        return self._posts(state | {"below": int(below) if below else None})

    def count(self, query: Query) -> Request:
        named, free = self._terms(query)
        params = {"tags": " ".join(named + free), "limit": "1"}
        return self._ask(Ask.COUNT, "post.xml", params)  # the JSON form tells no number

    def detail(self, candidate: Candidate) -> Request:
        params = {"tags": f"id:{candidate.post_id}", **WHOLE}
        return self._ask(Ask.DETAIL, "post.json", params, id=candidate.post_id)

    def resolve(self, name: str) -> Request:
        return self._lookup(reading.underscored(name), "exact")

    def tags(self, names: Sequence[str]) -> Request:
        wanted = [reading.underscored(name) for name in names]
        return self._ask(Ask.TAGS, *moebooru_tags.batch(wanted), names=wanted)

    def parse(self, request: Request, reply: Reply) -> Page:
        state = request.state
        if request.ask is Ask.RESOLVE:
            return self._resolved(state["name"], state["step"], reply)
        if request.ask is Ask.TAGS:
            return _told(state["names"], reply)
        if request.ask is Ask.SEARCH and _refuses_keyset(state, reply):
            return Page(follow=(self._posts({**state, "keyset": False}),))
        _refuse(reply)
        if request.ask is Ask.COUNT:
            return Page(count=reading.number(markup.xml(reply).attrib, "count"), end=True)
        posts = moebooru_posts.candidates(self.site, reading.value(reply))
        return self._listing(state, posts) if request.ask is Ask.SEARCH else _one(state, posts)

    def _terms(self, query: Query) -> tuple[list[str], list[str]]:
        return terms(query, int(self.site.options.get("tag_limit", MOST)))

    def _posts(self, state: dict[str, Any]) -> Request:
        edge = [f"id:<{state['below']}"] if state["keyset"] and state["below"] else []
        params = {"tags": " ".join([*state["terms"], *edge]), "limit": str(PER_PAGE)}
        params["page"] = "1" if state["keyset"] else str(state["page"])
        return self._ask(Ask.SEARCH, "post.json", params | WHOLE, **state)

    def _ask(self, ask: Ask, path: str, params: dict[str, str], **state: Any) -> Request:
        url = reading.below(self.site.url, path)
        return Request(self.site.name, url, tuple(params.items()), ask=ask, state=state)

    def _listing(self, state: Row, found: tuple[Candidate, ...]) -> Page:
        """Only an empty page ends a walk, or one that is the page before it once more."""
        below, page = state["below"], state["page"]
        if not found and state["bare"]:  # perhaps a server that takes its metatags for tags
            bare = {"terms": state["bare"], "bare": [], "doubt": True}
            return Page(follow=(self._posts({**state, **bare}),))
        if state.get("doubt") and not any(is_meant(one, state["ratings"]) for one in found):
            return Page(end=True)  # no: it had understood them
        if not found:  # a server that takes `id:<N` for a tag finds nothing either
            doubted = state["keyset"] and page > 1 and not state["obeys"]
            follow = (self._posts({**state, "keyset": False}),) if doubted else ()
            return Page(follow=follow, end=not follow)
        ids = [int(candidate.post_id) for candidate in found]
        onward = {**state, "page": page + 1, "seen": [ids[0], ids[-1]], "bare": [], "doubt": False}
        if not state["keyset"]:
            over = onward["seen"] == state.get("seen") or reading.is_older(found, state["since"])
            return Page(found, () if over else (self._posts(onward),), end=over)
        if ids != sorted(ids, reverse=True) or (below is not None and ids[0] >= below):
            numbered = {**onward, "keyset": False, "page": max(2, page)}
            return Page(found, (self._posts(numbered),))
        onward |= {"below": ids[-1], "obeys": below is not None}
        span = h.Span("id", high=str(ids[0]), low=str(ids[-1]))
        return Page(found, (self._posts(onward),), walked=span)

    def _lookup(self, name: str, step: str) -> Request:
        """A step that looks a name up; `posts` is for servers without a list of tags."""
        by_posts = "post.json", {"tags": name, "limit": "1", **WHOLE}
        asked = by_posts if step == "posts" else moebooru_tags.lookup(name, step)
        return self._ask(Ask.RESOLVE, *asked, name=name, step=step)

    def _resolved(self, name: str, step: str, reply: Reply) -> Page:
        """What a step found; where the site has no such list another step goes on."""
        later, names = STEPS.get(step), list[Name]()
        try:
            _refuse(reply)
            names = self._names(name, step, reading.value(reply))
        except (h.Gone, h.Unexpected):
            if step == "posts":
                raise
            later = "posts" if step == "exact" else later
        follow = (self._lookup(name, later),) if later else ()
        return Page(names=tuple(names), follow=follow, end=not follow)

    def _names(self, asked: str, step: str, found: object) -> list[Name]:
        if step != "posts":
            tags = moebooru_tags.found(asked, step, found)
            return [Name(tag.name, tag.category, tag.count, step, asked) for tag in tags]
        shown = (post.claims.tags or {} for post in moebooru_posts.candidates(self.site, found))
        kinds = [kind for table in shown for kind, tags in table.items() if asked in tags]
        return [Name(asked, kind, asked=asked) for kind in kinds[:1]]


def _one(state: Row, posts: tuple[Candidate, ...]) -> Page:
    for post in posts:
        if post.post_id == state["id"]:
            return Page((post,), end=True)
    raise h.Gone(f"post {state['id']} is no more")


def _told(names: Sequence[str], reply: Reply) -> Page:
    def read() -> Iterable[h.Tag]:
        _refuse(reply)
        return moebooru_tags.chosen(names, reading.value(reply))

    return told_or_unknown(names, read)


def _refuses_keyset(state: Row, reply: Reply) -> bool:
    """Servers that only imitate Moebooru may refuse `id:<N`; there a walk goes on by number."""
    refused = reply.status in {400, 422, 424, 500} and not TOO_MANY.search(reply.text)
    return refused and state["keyset"] and state["below"] is not None and not state["obeys"]


def _refuse(reply: Reply) -> None:
    """Errors are `{success: false, reason}` or a page of HTML. No waiting mends the 500 for too many tags."""
    if reply.status >= 400 and TOO_MANY.search(reply.text):
        raise h.Refused("this site searches for fewer tags at once; set tag_limit in its table")
    said = _reason(reply)
    if reply.status == 421:
        raise h.Busy(f"the site says 421, too many requests: {said}")
    if said and reply.status < 400:
        raise h.Refused(f"the site says: {said}")
    reading.refuse(reply, said)


def _reason(reply: Reply) -> str:
    """Why the site refused, in its own words; "" when it did not, or not in JSON."""
    try:
        found = reading.value(reply)
    except h.Unexpected:
        return ""
    refused = isinstance(found, dict) and "success" in found and not reading.flag(found, "success")
    return str(found.get("reason") or "no reason given")[:120] if refused else ""
