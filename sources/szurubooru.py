"""Sites that run szurubooru (booru.bcbnsfw.space, snootbooru.com and others)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote

import harvester as h
from harvester import Ask, Candidate, Name, Page, Query, Reply, Request
from sources import reading, szurubooru_posts, szurubooru_tags
from sources.reading import Row
from sources.szurubooru_terms import passes, term, terms

PER_PAGE, OFFERED = 100, 20
HEADERS = (("Accept", "application/json"), ("Content-Type", "application/json"))
STEPS = {"exact": "autocomplete", "autocomplete": "fuzzy"}
"""How a name is looked up, and by what next."""


@dataclass(frozen=True, slots=True)
class Szurubooru:
    """Walks by id (`id:..N`), so that new posts shift nothing; by offset where a site's table says so.

    What a visitor may see is each site's own choice. Most show posts, and tags one by one, but no list
    of tags; there the posts that have them tell of tags. An account's `token` is `user:token` in Base64.
    """

    site: h.Site
    pace: ClassVar[h.Pace] = h.Pace(api=1.0, files=1.0, parallel=2)
    auth: ClassVar[h.Auth] = h.Auth(h.AuthKind.LOGIN, {"username": "login", "password": "token"})
    narrows: ClassVar[frozenset[str]] = frozenset({"framing", "official", "score", "dates"})
    batch: ClassVar[int] = 1

    def search(self, query: Query) -> Request:
        keyset, start = bool(self.site.options.get("keyset", True)), query.start or ""
        below = int(start) if keyset and start.isdecimal() else None
        state = {"terms": terms(query), "passes": passes(query), "below": below, "offset": 0}
        return self._posts({**state, "keyset": keyset, "spans": query.order == "id"})

    def count(self, query: Query) -> Request:
        params = {"query": " ".join(filter(None, [*terms(query), passes(query)[-1]]))}
        return self._ask(Ask.COUNT, "posts/", {**params, "limit": "1", "fields": "id"})

    def resolve(self, name: str) -> Request:
        return self._lookup(reading.underscored(name), "exact", "tags")

    def detail(self, candidate: Candidate) -> Request:
        return self._ask(Ask.DETAIL, f"post/{candidate.post_id}", {}, id=candidate.post_id)

    def tags(self, names: Sequence[str]) -> Request:
        name = reading.underscored(names[0])
        if name.endswith("*"):
            return self._like(Ask.TAGS, "posts", f"{term(name[:-1])}*", begin=name[:-1])
        return self._ask(Ask.TAGS, f"tag/{quote(name, safe='')}", {}, name=name)

    def parse(self, request: Request, reply: Reply) -> Page:
        if request.ask is Ask.RESOLVE:
            return self._resolved(request.state, reply)
        if request.ask is Ask.TAGS:
            return _told(request.state, reply)
        try:
            found = _body(reply)
        except h.NeedsKey as error:
            if request.ask is Ask.DETAIL:  # which must not end a site whose lists are open
                raise h.Refused(str(error)) from None
            raise
        if request.ask is Ask.COUNT:
            return Page(count=reading.number(found, "total"), end=True)
        if request.ask is Ask.DETAIL:
            return Page((szurubooru_posts.candidate(self.site, found),), end=True)
        return self._listing(request.state, reading.rows(found.get("results"), "results"))

    def _posts(self, state: Row) -> Request:
        edge = [f"id:..{state['below'] - 1}"] if state["below"] else []
        query = " ".join(filter(None, [*state["terms"], state["passes"][0], *edge, "sort:id"]))
        params = {"query": query, "offset": str(state["offset"]), "limit": str(PER_PAGE)}
        return self._ask(Ask.SEARCH, "posts/", params, **state)

    def _ask(self, ask: Ask, path: str, params: dict[str, str], **state: Any) -> Request:
        url, pairs = reading.below(self.site.url, f"api/{path}"), tuple(params.items())
        return Request(self.site.name, url, pairs, ask=ask, headers=HEADERS, state=state)

    def _listing(self, state: Row, rows: list[Row]) -> Page:
        """Only an empty page ends a walk, or the first of its passes."""
        if not rows:
            further = {**state, "passes": state["passes"][1:], "below": None, "offset": 0}
            follow = (self._posts(further),) if further["passes"] else ()
            return Page(follow=follow, end=not follow)
        found = tuple(szurubooru_posts.candidate(self.site, row) for row in rows)
        ids, below = [int(candidate.post_id) for candidate in found], state["below"]
        if not state["keyset"] or (below is not None and max(ids) >= below):
            offset = state["offset"] + len(rows)
            onward = {**state, "keyset": False, "below": None, "offset": offset}
            return Page(found, (self._posts(onward),))
        span = h.Span("id", high=str(max(ids)), low=str(min(ids))) if state["spans"] else None
        return Page(found, (self._posts({**state, "below": min(ids)}),), walked=span)

    def _like(self, ask: Ask, place: str, pattern: str, **state: Any) -> Request:
        """Tags that are like a pattern, from the list of tags or from posts that have some."""
        if place == "tags":
            params = {"query": f"{pattern} sort:usages", "limit": str(OFFERED)}
        else:
            params = {"query": pattern, "limit": str(PER_PAGE), "fields": "tags"}
        return self._ask(ask, f"{place}/", params, **state)

    def _lookup(self, name: str, step: str, by: str) -> Request:
        state = {"name": name, "step": step, "by": by}
        if step == "exact":
            return self._ask(Ask.RESOLVE, f"tag/{quote(name, safe='')}", {}, **state)
        longest = max(re.split(r"[_()]+", name), key=len)
        state["like"] = longest if step == "fuzzy" else name
        pattern = f"*{term(longest)}*" if step == "fuzzy" else f"{term(name)}*"
        return self._like(Ask.RESOLVE, by, pattern, **state)

    def _resolved(self, state: Row, reply: Reply) -> Page:
        """What a step found; where a list is not for visitors, posts are asked instead."""
        name, step, by, names = state["name"], state["step"], state["by"], list[Name]()
        later = STEPS.get(step)
        try:
            names = _names(state, _body(reply))
        except h.NeedsKey:
            if step != "exact" and by == "posts":
                raise
            by, later = ("posts", step) if step != "exact" else (by, later)
        except h.Gone:
            names = []
        follow = (self._lookup(name, later, by),) if later else ()
        return Page(names=tuple(names), follow=follow, end=not follow)


def _names(state: Row, found: Row) -> list[Name]:
    """What a step's reply offers for the name."""
    asked, step, rows = state["name"], state["step"], [found]
    if step != "exact":
        listed = reading.rows(found.get("results"), "results")
        tags = szurubooru_tags.every(listed) if state["by"] == "posts" else listed
        rows = szurubooru_tags.alike(tags, state["like"], within=step == "fuzzy")[:OFFERED]
    told = (szurubooru_tags.name(row, asked, step) for row in rows)
    return sorted(filter(None, told), key=lambda one: one.how != "alias")  # the surest first


def _told(state: Row, reply: Reply) -> Page:
    """One tag, or those that begin so; a visitor who may not be told is not kept from the site for that."""
    try:
        found = _body(reply)
    except h.Gone:
        return Page(end=True)
    except h.NeedsKey:
        return Page(tags=(h.Tag(state["name"], "unknown"),) if "name" in state else (), end=True)
    rows = [found]
    if "begin" in state:
        tags = szurubooru_tags.every(reading.rows(found.get("results"), "results"))
        rows = szurubooru_tags.alike(tags, state["begin"], within=False)
    return Page(tags=tuple(map(szurubooru_tags.tag, rows)), end=True)


def _body(reply: Reply) -> Row:
    """The object of a reply. Errors are objects as well, with a name, and mostly with a status of their own."""
    try:
        found = reading.table(reading.value(reply))
    except h.Unexpected:
        reading.refuse(reply)
        raise
    error, said = str(found.get("name") or ""), str(found.get("description") or "")[:120]
    if reply.status < 400 and not error.endswith("Error"):
        return found
    if error == "AuthError":
        raise h.NeedsKey(f"the site wants an account, its token as user:token in Base64: {said}")
    if error.endswith("NotFoundError"):
        raise h.Gone(f"the site says: {said}")
    reading.refuse(reply, said)
    raise h.Refused(f"the site says: {said}")
