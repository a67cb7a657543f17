"""Any page with pictures, by its address or a pattern of addresses: galleries, blogs, articles. What stands there is taken as the subject's.

`pictures` and `attributes` find what a page shows, `structured` what it tells machines, `words` what it says around
them, `onward` the page that comes next; `candidates` makes candidates of it, and `details` asks for what a page
leaves out: larger copies, whose addresses `thumbnails` guesses, and pages about one picture.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import harvester as h
from harvester import Candidate, Page, Query, Reply, Request, Site
from sources import reading
from sources.webpage import addresses, candidates, details, onward
from sources.webpage.candidates import Read

PAGES = 50
"""So many pages of one walk are asked at most; `page_limit` in the site's table says otherwise."""
FIRST = 1
"""What `{page}` counts from; `first_page` in the site's table says otherwise."""
ENDED = frozenset({404, 410})
"""Statuses of the page behind the last one."""

State = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WebPage:
    """Walks the pages of a gallery: by counting `{page}` up, else by their links to the next one."""

    site: Site

    pace: ClassVar[h.Pace] = h.Pace(api=2.0, files=1.0, parallel=2)
    auth: ClassVar[h.Auth] = h.Auth()
    narrows: ClassVar[frozenset[str]] = frozenset()

    @property
    def whole(self) -> bool:
        """Nothing can be looked for where the address has no place for a name: all of it is the subject's."""
        return "{tag}" not in self.site.url

    @property
    def renders(self) -> bool:
        """May a browser show these pages?"""
        return self.site.options.get("render") is not False

    def search(self, query: Query) -> Request:
        number = self._first
        if query.start and query.start.isascii() and query.start.isdigit():
            number = int(query.start)
        state = {"name": query.names[0], "number": number, "asked": 1}
        return self._asked(state, render=self.site.options.get("render") is True)

    def detail(self, candidate: Candidate) -> Request:
        return details.question(self.site, candidate, self._rule)

    def parse(self, request: Request, reply: Reply) -> Page:
        if request.method == "HEAD":
            return details.answered(self.site, request.state, reply)
        if request.ask is h.Ask.DETAIL:
            reading.refuse(reply)
            found = candidates.read(self.site, reply, rule=self._rule)
            may_render = self._may_render(request) and not found.shows
            return details.told(self.site, request, found, rule=self._rule, render=may_render)
        return self._walked(request, reply)

    @property
    def _counts(self) -> bool:
        return "{page}" in self.site.url

    @property
    def _first(self) -> int:
        return int(self.site.options.get("first_page", FIRST))

    @property
    def _rule(self) -> str:
        return str(self.site.options.get("thumbnails", ""))

    def _may_render(self, request: Request) -> bool:
        return self.renders and request.kind != "render"

    def _asked(self, state: State, *, render: bool, url: str | None = None) -> Request:
        url = url or addresses.page(self.site.url, state["name"], state["number"])
        kind = "render" if render else "html"
        return Request(self.site.name, url, kind=kind, state=state)

    def _walked(self, request: Request, reply: Reply) -> Page:
        state = request.state
        if reply.status in ENDED:
            if state["asked"] > 1:
                return Page(end=True)
            raise h.Refused(
                f"there is no page at {request.url} ({reply.status}); check the address"
            )
        reading.refuse(reply)
        found = candidates.read(self.site, reply, rule=self._rule)
        following = self._following(request, found)
        is_bare = state["asked"] == 1 and not found.shows and following is None
        if is_bare and self._may_render(request):
            return Page(found.candidates, follow=(replace(request, kind="render"),))
        return Page(found.candidates, follow=(following,) if following else (), end=not following)

    def _following(self, request: Request, found: Read) -> Request | None:
        """The page that comes next, asked for in the way that this one was; None behind the last one."""
        state = request.state
        if state["asked"] >= int(self.site.options.get("page_limit", PAGES)):
            return None
        state = {**state, "asked": state["asked"] + 1}
        render = request.kind == "render"
        if self._counts:
            told = [_short(one.post_id) for one in found.candidates]
            if not found.shows or not set(told).difference(state.get("known", ())):
                return None
            number = state["number"] + 1
            known = [*dict.fromkeys((*state.get("first", told), *told))]
            state |= {"number": number, "known": known, "first": state.get("first", told)}
            return self._asked(state, render=render)
        selector = str(self.site.options.get("next", ""))
        url = onward.following(found.page, found.here, found.base, selector)
        return self._asked(state, render=render, url=url) if url else None


def _short(post_id: str) -> str:
    """Enough of a picture's name to know it again: a page that shows nothing new is behind the last one."""
    return hashlib.sha256(post_id.encode("utf-8", "replace")).hexdigest()[:8]
