"""Sites that run Gelbooru 0.2.5 (gelbooru.com), which answer nobody without a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import harvester as h
from harvester import Ask, Candidate, Page, Query, Reply, Request
from sources import gelbooru, gelbooru_tags, reading
from sources.reading import Row


@dataclass(frozen=True, slots=True)
class Gelbooru025:
    """Walks by id (`id:<LAST` on the first page); by page number for another order.

    Lists tell no kinds of tags: `tags` tells those of a hundred at once.
    """

    site: h.Site
    pace: ClassVar[h.Pace] = h.Pace(api=1.0, files=1.0, parallel=2)
    auth: ClassVar[h.Auth] = h.Auth(
        h.AuthKind.QUERY, {"api_key": "api_key", "user_id": "user_id"}, required=True
    )
    narrows: ClassVar[frozenset[str]] = frozenset({"framing", "official", "score"})
    batch: ClassVar[int] = 100

    def search(self, query: Query) -> Request:
        return self._posts(gelbooru.walk(query, self.site))

    def count(self, query: Query) -> Request:
        params = {**gelbooru.page(gelbooru.walk(query, self.site)), "limit": "1"}
        return self._dapi(Ask.COUNT, "post", params)

    def detail(self, candidate: Candidate) -> Request:
        return self._dapi(Ask.DETAIL, "post", {"id": candidate.post_id}, id=candidate.post_id)

    def resolve(self, name: str) -> Request:
        return self._lookup(reading.underscored(name), gelbooru_tags.STEPS[0])

    def tags(self, names: Sequence[str]) -> Request:
        begin = reading.underscored(names[0].removesuffix("*")) if "*" in names[0] else ""
        many = {"names": " ".join(map(reading.underscored, names))}
        params = {"name_pattern": f"{begin}%"} if begin else many
        return self._dapi(Ask.TAGS, "tag", {**params, "limit": str(self.batch)}, begin=begin)

    def parse(self, request: Request, reply: Reply) -> Page:
        reading.refuse(reply)
        found = gelbooru.body(reply)
        if request.ask is Ask.RESOLVE:
            return self._resolved(request, found)
        if request.ask is Ask.TAGS:
            return gelbooru_tags.told(_rows(found, "tag"), request.state["begin"])
        posts = _rows(found, "post")
        if request.ask is Ask.COUNT:
            attributes = reading.inner(found, "@attributes") if isinstance(found, dict) else {}
            return Page(count=reading.number(attributes, "count"), end=True)
        told = tuple(gelbooru.candidate(post, self.site) for post in posts)
        if request.ask is Ask.DETAIL:
            return gelbooru.single(told, request.state["id"])
        if not told:
            return Page(end=True)
        state, span = gelbooru.onward(request.state, told)
        follow = (self._posts(state),) if state else ()
        return Page(told, follow, walked=span, end=not follow)

    def _posts(self, state: Mapping[str, Any]) -> Request:
        return self._dapi(Ask.SEARCH, "post", gelbooru.page(state), **state)

    def _dapi(self, ask: Ask, kind: str, params: Mapping[str, str], **state: Any) -> Request:
        asked = {"page": "dapi", "s": kind, "q": "index", "json": "1", **params}
        return self._ask(ask, asked, state)

    def _ask(self, ask: Ask, params: Mapping[str, str], state: Mapping[str, Any]) -> Request:
        url = reading.below(self.site.url, "index.php")
        return Request(self.site.name, url, tuple(params.items()), ask=ask, state=state)

    def _lookup(self, name: str, step: str) -> Request:
        state = {"name": name, "step": step}
        if step == "autocomplete":
            params = {"page": "autocomplete2", "type": "tag_query", "term": name, "limit": "10"}
            return self._ask(Ask.RESOLVE, params, state)
        pattern = gelbooru_tags.PATTERNS.get(step)
        params = {"name_pattern": pattern.format(name)} if pattern else {"name": name}
        return self._dapi(Ask.RESOLVE, "tag", {**params, "limit": "100"}, **state)

    def _resolved(self, request: Request, found: object) -> Page:
        name, step = request.state["name"], request.state["step"]
        rows = reading.rows(found) if step == "autocomplete" else _rows(found, "tag")
        later = gelbooru_tags.STEPS[gelbooru_tags.STEPS.index(step) + 1 :]
        follow = tuple(self._lookup(name, step) for step in later[:1])
        return Page(names=gelbooru_tags.names(rows, name, step), follow=follow, end=not follow)


def _rows(found: object, key: str) -> list[Row]:
    """The rows under a key that is missing where there are none, and holds an object where there is one."""
    if isinstance(found, list):
        return reading.rows(found)
    told = reading.table(found)
    if not told.keys() & {key, "@attributes"}:
        raise h.Unexpected(key, sorted(told))
    return reading.rows(told.get(key) or [], key)
