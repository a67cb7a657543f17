"""Sites that run Gelbooru Beta 0.2 (safebooru.org, tbib.org, xbooru.com, hypnohub.net, rule34.xxx and others)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar
from xml.etree.ElementTree import Element

import harvester as h
from harvester import Ask, Candidate, Facts, Page, Query, Rating, Reply, Request
from sources import gelbooru, gelbooru_tags, markup, reading
from sources.reading import Row

PATTERNS = gelbooru_tags.PATTERNS | {"autocomplete": "{}%"}  # its own completion tells no kinds
BY_POSTS = "posts"  # the step of a look-up that asks for a post with the name
JSON = {"json": "1", "fields": "tag_info"}
XML = ("<?xml", "<posts")  # how a list of posts begins, however broken it goes on


@dataclass(frozen=True, slots=True)
class Gelbooru02:
    """Walks by id (`id:<LAST` on the first page); by page number for another order.

    Asks for XML, which tells more: a page whose XML is broken is asked for once more as JSON, and so is
    every page of a site whose JSON tells kinds of tags (`tag_info`). Elsewhere those stand on the post's
    own page, for the tag list takes one name at a time.
    """

    site: h.Site
    pace: ClassVar[h.Pace] = h.Pace(api=1.0, files=1.0, parallel=2)
    auth: ClassVar[h.Auth] = h.Auth(h.AuthKind.QUERY, {"api_key": "api_key", "user_id": "user_id"})
    narrows: ClassVar[frozenset[str]] = frozenset({"framing", "official"})
    batch: ClassVar[int] = 1

    @property
    def _has_kinds(self) -> bool:
        return bool(self.site.options.get("tag_info"))

    def search(self, query: Query) -> Request:
        return self._posts({**gelbooru.walk(query, self.site), "json": self._has_kinds})

    def count(self, query: Query) -> Request:
        params = {**gelbooru.page(gelbooru.walk(query, self.site)), "limit": "1"}
        return self._dapi(Ask.COUNT, "post", params)

    def detail(self, candidate: Candidate) -> Request:
        """The post's page where only kinds of tags are missing, else its record with its files' addresses."""
        number = candidate.post_id
        if self._has_kinds or candidate.incomplete != {"tags"}:
            further = JSON if self._has_kinds else {}
            state = {"id": number, "json": self._has_kinds}
            return self._dapi(Ask.DETAIL, "post", {"id": number, **further}, **state)
        claims = candidate.claims
        tags = sorted(name for names in (claims.tags or {}).values() for name in names)
        state = {"id": number, "tags": tags, "rating": claims.rating}
        params = (("page", "post"), ("s", "view"), ("id", number))
        url = reading.below(gelbooru.home(self.site), "index.php")
        return Request(self.site.name, url, params, Ask.DETAIL, kind="html", state=state)

    def resolve(self, name: str) -> Request:
        return self._lookup(reading.underscored(name), gelbooru_tags.STEPS[0])

    def tags(self, names: Sequence[str]) -> Request:
        begin = reading.underscored(names[0].removesuffix("*")) if "*" in names[0] else ""
        one = {"name": reading.underscored(names[0])}
        params = {"name_pattern": f"{begin}%", "limit": "100"} if begin else one
        return self._dapi(Ask.TAGS, "tag", params, begin=begin, name=one["name"])

    def parse(self, request: Request, reply: Reply) -> Page:
        try:
            return self._parsed(request, reply)
        except (h.Gone, h.Unexpected):
            if page := self._without_a_list(request):
                return page
            raise

    def _without_a_list(self, request: Request) -> Page | None:
        """A server that only imitates may have no list of tags: there a post that carries a name settles it."""
        name = request.state.get("name", "")
        if request.ask is Ask.TAGS and not request.state["begin"]:
            return Page(tags=(h.Tag(name, "unknown"),), end=True)
        if request.ask is not Ask.RESOLVE or request.state["step"] != gelbooru_tags.STEPS[0]:
            return None
        params = {"tags": name, "limit": "1"}
        return Page(follow=(self._dapi(Ask.RESOLVE, "post", params, name=name, step=BY_POSTS),))

    def _parsed(self, request: Request, reply: Reply) -> Page:
        reading.refuse(reply)
        if request.kind == "html":
            return self._viewed(request, reply)
        if request.state.get("json"):
            # no results are an empty body
            posts = reading.rows(gelbooru.body(reply)) if reply.text.strip() else []
            return self._records(request, [self._whole(post) for post in posts])
        try:
            root = markup.xml(reply)
        except h.Unexpected:
            if request.ask is Ask.SEARCH and reply.text[:99].lstrip("\ufeff \r\n").startswith(XML):
                return Page(follow=(self._posts({**request.state, "json": True}),))
            raise
        return self._document(request, root)

    def _document(self, request: Request, root: Element) -> Page:
        gelbooru.complain(root)
        by_posts = request.state.get("step") == BY_POSTS
        is_of_tags = request.ask in {Ask.RESOLVE, Ask.TAGS} and not by_posts
        if root.tag != ("tags" if is_of_tags else "posts"):
            raise h.Unexpected("root", root.tag)
        # attributes of an element; imitations of the newer generation have elements within it
        rows = [one.attrib or {part.tag: part.text or "" for part in one} for one in root]
        if by_posts:
            name = request.state["name"]
            carried = [name for row in rows if name in reading.split(row, "tags")]
            return Page(names=tuple(h.Name(n, "unknown", asked=n) for n in carried[:1]), end=True)
        if request.ask is Ask.RESOLVE:
            return self._resolved(request, rows)
        if request.ask is Ask.TAGS:
            return gelbooru_tags.told(rows, request.state["begin"])
        count = reading.number(root.attrib, "count")
        if request.ask is Ask.COUNT:
            return Page(count=count, end=True)
        is_short = not rows and request.ask is Ask.SEARCH
        if is_short and (count or 0) > request.state["pid"] * gelbooru.PER_PAGE:
            raise h.Busy(f"the site shows an empty page although it counts {count} posts")
        return self._records(request, rows)

    def _posts(self, state: Mapping[str, Any]) -> Request:
        params = gelbooru.page(state)
        if state["json"]:
            params |= JSON
        return self._dapi(Ask.SEARCH, "post", params, **state)

    def _dapi(self, ask: Ask, kind: str, params: Mapping[str, str], **state: Any) -> Request:
        asked = {"page": "dapi", "s": kind, "q": "index", **params}
        url = reading.below(self.site.url, "index.php")
        return Request(self.site.name, url, tuple(asked.items()), ask=ask, state=state)

    def _records(self, request: Request, rows: Sequence[Row]) -> Page:
        told = tuple(map(self._candidate, rows))
        if request.ask is Ask.DETAIL:
            return gelbooru.single(told, request.state["id"])
        if not told:
            return Page(end=True)
        state, span = gelbooru.onward(request.state, told)
        follow = (self._posts({**state, "json": self._has_kinds}),) if state else ()
        return Page(told, follow, walked=span, end=not follow)

    def _candidate(self, post: Row) -> Candidate:
        infos = reading.rows(post.get("tag_info") or [], "tag_info")
        told = [gelbooru_tags.tag({**info, "name": info.get("tag")}) for info in infos]
        kinds = {tag.name: tag.category for tag in told}
        found = gelbooru.candidate(post, self.site, kinds)
        is_vague = not self._has_kinds and "unknown" in (found.claims.tags or {})
        return replace(found, incomplete=frozenset({"tags"} if is_vague else ()))

    def _whole(self, post: Row) -> Row:
        """A JSON record as the XML tells it: the hash under its name, addresses built where there are none."""
        md5, image = reading.text(post, "hash") or "", reading.text(post, "image")
        given = {**post, "md5": reading.text(post, "md5") or md5}
        if image is None or reading.text(post, "file_url"):
            return given
        folder = reading.text(post, "directory") or f"{md5[:2]}/{md5[2:4]}"
        stem, home = image.rpartition(".")[0], gelbooru.home(self.site)
        given["file_url"] = f"{home}/images/{folder}/{image}"
        given["preview_url"] = f"{home}/thumbnails/{folder}/thumbnail_{stem}.jpg"
        if reading.flag(post, "sample"):
            given["sample_url"] = f"{home}/samples/{folder}/sample_{stem}.jpg"
        return given

    def _viewed(self, request: Request, reply: Reply) -> Page:
        """The kinds of a post's tags, from the list beside the picture. A post that is no more leads elsewhere."""
        if "s=view" not in reply.url:
            raise h.Gone("the site shows its list instead of the post")
        kinds = gelbooru_tags.shown(reply)
        if not kinds:
            raise h.Unexpected("tag-type")
        number, rating = request.state["id"], request.state["rating"]
        tags = gelbooru_tags.grouped(kinds, request.state["tags"])
        claims = Facts(rating=Rating(rating) if rating else None, tags=tags)
        page_url = gelbooru.page_url(self.site, number)
        found = Candidate(self.site.name, number, page_url, claims)
        told = tuple(h.Tag(name, kind) for name, kind in kinds.items())
        return Page((found,), end=True, tags=told)

    def _lookup(self, name: str, step: str) -> Request:
        params = {"name": name}
        if pattern := PATTERNS.get(step):
            params = {"name_pattern": pattern.format(name), "order": "count", "direction": "desc"}
        return self._dapi(Ask.RESOLVE, "tag", {**params, "limit": "100"}, name=name, step=step)

    def _resolved(self, request: Request, rows: Sequence[Row]) -> Page:
        name, step = request.state["name"], request.state["step"]
        later = gelbooru_tags.STEPS[gelbooru_tags.STEPS.index(step) + 1 :]
        follow = tuple(self._lookup(name, step) for step in later[:1])
        return Page(names=gelbooru_tags.names(rows, name, step), follow=follow, end=not follow)
