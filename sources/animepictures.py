"""Anime-Pictures (anime-pictures.net), whose lists tell neither tags nor files: each post has to be asked for its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote

import harvester as h
from harvester import Ask, Candidate, Page, Query, Reply, Request
from sources import animepictures_posts, reading
from sources.animepictures_posts import spelled
from sources.reading import Row

PER_PAGE = 80
API = "api/v3"
ENGLISH = {"lang": "en"}  # which of a tag's names is told


@dataclass(frozen=True, slots=True)
class AnimePictures:
    """Walks by page number from 0 to the last one, which every page tells; the newest first.

    Visitors see what is not erotic at all. No post is fetched before its tags are known.
    """

    site: h.Site
    pace: ClassVar[h.Pace] = h.Pace(api=1.0, files=1.0, parallel=2)
    auth: ClassVar[h.Auth] = h.Auth()
    narrows: ClassVar[frozenset[str]] = frozenset({"framing", "official"})

    def search(self, query: Query) -> Request:
        return self._posts(Ask.SEARCH, {"asked": _asked(query), "page": 0})

    def count(self, query: Query) -> Request:
        return self._posts(Ask.COUNT, {"asked": _asked(query), "page": 0})

    def resolve(self, name: str) -> Request:
        params = {"tag": spelled(name), **ENGLISH}
        return self._ask(Ask.RESOLVE, "tags:autocomplete", params, {"name": spelled(name)})

    def detail(self, candidate: Candidate) -> Request:
        number = candidate.post_id
        return self._ask(Ask.DETAIL, f"posts/{quote(number, safe='')}", ENGLISH, {"id": number})

    def parse(self, request: Request, reply: Reply) -> Page:
        if request.ask is Ask.DETAIL and reply.status in {401, 403}:
            raise h.Refused("the site shows this post to accounts only")  # others it does show
        reading.refuse(reply)
        found = reading.table(reading.value(reply))
        match request.ask:
            case Ask.COUNT:
                return Page(count=reading.number(found, "posts_count"), end=True)
            case Ask.RESOLVE:
                rows = reading.rows(found.get("tags"), "tags")
                names = animepictures_posts.names(rows, request.state["name"])
                return Page(names=names, end=True)
            case Ask.DETAIL:
                return self._single(request.state["id"], found)
            case _:
                return self._listing(request.state, found)

    def _posts(self, ask: Ask, state: dict[str, Any]) -> Request:
        params = {**state["asked"], "page": str(state["page"]), "posts_per_page": str(PER_PAGE)}
        return self._ask(ask, "posts", {**params, "order_by": "date", **ENGLISH}, state)

    def _ask(self, ask: Ask, path: str, params: dict[str, str], state: dict[str, Any]) -> Request:
        url = reading.below(self.site.url, f"{API}/{path}")
        return Request(self.site.name, url, tuple(params.items()), ask=ask, state=state)

    def _listing(self, state: Mapping[str, Any], found: Row) -> Page:
        """An empty page or the last one ends a walk."""
        candidates = animepictures_posts.listed(
            self.site, reading.rows(found.get("posts"), "posts")
        )
        last = reading.number(found, "max_pages")
        if not candidates or (last is not None and state["page"] >= last):
            return Page(candidates, end=True)
        return Page(candidates, (self._posts(Ask.SEARCH, {**state, "page": state["page"] + 1}),))

    def _single(self, number: str, found: Row) -> Page:
        post = reading.table(found.get("post"), "post")
        if other := reading.positive(post, "redirect_id"):
            raise h.Gone(f"post {number} was replaced by post {other}")
        if str(reading.identity(post, "id")) != number:
            raise h.Unexpected("id", post.get("id"))
        tags = animepictures_posts.tags(found)
        candidate = animepictures_posts.whole(self.site, found, tags)
        return Page((candidate,), end=True, tags=tags)


def _asked(query: Query) -> dict[str, str]:
    """The server's share: every tag that is wanted, and one that is not, for nothing tells how to name more of those."""
    narrow = query.narrow.tags if query.narrow else ()
    wanted = "&&".join(map(spelled, (*query.names, *narrow, *query.want)))
    denied = {"denied_tags": spelled(query.avoid[0])} if query.avoid else {}
    return {"search_tag": wanted, **denied}
