"""Sites that run Shimmie2 (rule34.paheal.net, rule34hentai.net, whyneko.com and others)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar

import harvester as h
from harvester import Ask, Candidate, Name, Page, Query, Rating, Reply, Request
from sources import markup, reading, shimmie2_names, shimmie2_pages, shimmie2_posts, shimmie2_walks
from sources.reading import Row

PER_PAGE, OFFERED = 100, 50
POSTS, TAGS = "api/danbooru/find_posts", "api/danbooru/find_tags"
COOKIES = (("ui-tnc-agreed", "true"),)  # some sites show a page of consent in the place of others
TOO_MANY = re.compile(r"search for up to \d+ tags")
TOO_DEEP = re.compile(r"pages of results are searchable")
_VIEWED = re.compile(r"post/view/([1-9]\d{0,11})")


@dataclass(frozen=True, slots=True)
class Shimmie2:
    """Walks by id (`id<N`), else by page number, through the XML or, where that is off, through pages.

    Everything is optional there, the XML too (`xml = false` in the site's table says that it is off).
    It tells no ratings: what it shows is held to be rated as the search was for. Lists on pages tell
    them where the site has any, and leave out where the pictures lie.
    """

    site: h.Site
    pace: ClassVar[h.Pace] = h.Pace(api=1.0, files=1.0, parallel=2)
    auth: ClassVar[h.Auth] = h.Auth()
    narrows: ClassVar[frozenset[str]] = frozenset({"framing", "official"})

    @property
    def _has_xml(self) -> bool:
        return bool(self.site.options.get("xml", True))

    def search(self, query: Query) -> Request:
        return self._posts(shimmie2_walks.begun(query, self.site))

    def count(self, query: Query) -> Request:
        terms = shimmie2_walks.terms(query, self.site)["terms"]
        if not self._has_xml:
            return self._page(Ask.COUNT, shimmie2_walks.path(terms))
        return self._ask(Ask.COUNT, POSTS, {"tags": " ".join(terms), "limit": "1"})

    def resolve(self, name: str) -> Request:
        step = "exact" if self._has_xml else "autocomplete"
        return self._lookup(reading.underscored(name), step, lists=self._has_xml)

    def detail(self, candidate: Candidate) -> Request:
        """By the XML, which alone tells names of files, what came from there; else by the post's page."""
        number = candidate.post_id
        state = {"id": number, "vouched": candidate.claims.rating}
        if self._has_xml and any(word.role == "filename" for word in candidate.words):
            return self._ask(Ask.DETAIL, POSTS, {"id": number}, **state)
        return self._page(Ask.DETAIL, f"post/view/{number}", **state)

    def parse(self, request: Request, reply: Reply) -> Page:
        if TOO_DEEP.search(reply.text):
            raise h.TooDeep("this site turns no further page; narrow the search by id")
        if TOO_MANY.search(reply.text):
            return self._with_fewer_terms(request)
        if request.ask is Ask.RESOLVE:
            return self._resolved(request.state, reply)
        if request.kind == "html":
            return self._shown(request, reply)
        if _is_off(reply):
            return self._without_xml(request)
        reading.refuse(reply)
        return self._told(request, reply)

    def _posts(self, state: Row) -> Request:
        terms, page = shimmie2_walks.sent(state)
        if state["html"]:
            return self._page(Ask.SEARCH, shimmie2_walks.path(terms, page), **state)
        params = {"tags": " ".join(terms), "limit": str(PER_PAGE), "page": str(page)}
        return self._ask(Ask.SEARCH, POSTS, params, **state)

    def _page(self, ask: Ask, path: str, **state: Any) -> Request:
        url = reading.below(self.site.url, path)
        return Request(self.site.name, url, ask=ask, cookies=COOKIES, kind="html", state=state)

    def _ask(self, ask: Ask, path: str, params: dict[str, str], **state: Any) -> Request:
        url = reading.below(self.site.url, path)
        return Request(self.site.name, url, tuple(params.items()), ask=ask, state=state)

    def _with_fewer_terms(self, request: Request) -> Page:
        """Older sites count `id<N` as well; there a walk goes on by page number."""
        numbered = shimmie2_walks.by_number(request.state) if request.ask is Ask.SEARCH else None
        if numbered is None:
            raise h.Refused("this site searches for fewer terms at once; set its tag_limit")
        return Page(follow=(self._posts(numbered),))

    def _without_xml(self, request: Request) -> Page:
        """How to go on where the XML turns out to be off."""
        if request.ask is Ask.SEARCH:
            return Page(follow=(self._posts({**request.state, "html": True}),))
        if request.ask is Ask.COUNT:
            return Page(end=True)
        raise h.Refused("this site's XML is off; set xml = false in its table")

    def _told(self, request: Request, reply: Reply) -> Page:
        root = markup.xml(reply)
        if root.tag != "posts":
            raise h.Unexpected("root", root.tag)
        total = reading.number(root.attrib, "count")
        if request.ask is Ask.COUNT:
            return Page(count=total, end=True)
        vouched = shimmie2_walks.vouched(request.state)
        found = tuple(shimmie2_posts.candidate(self.site, one.attrib, vouched) for one in root)
        if request.ask is Ask.SEARCH:
            return self._listing(request.state, found, total)
        return _one(found, request.state["id"])

    def _shown(self, request: Request, reply: Reply) -> Page:
        state = request.state
        if request.ask is Ask.DETAIL:
            reading.refuse(reply)
        found = self._found(reply, shimmie2_walks.vouched(state))
        if request.ask is Ask.COUNT:
            return Page(count=shimmie2_pages.count(reply, len(found)), end=True)
        if request.ask is Ask.SEARCH:
            return self._listing(state, found, None)
        return _one(found if _VIEWED.search(reply.url) else (), state["id"])

    def _found(self, reply: Reply, vouched: Rating | None) -> tuple[Candidate, ...]:
        """The posts of a page. A search that one post fits leads to its page, one that none does is not found."""
        if reply.status != 404:
            reading.refuse(reply)
        shown, viewed = shimmie2_pages.document(reply), _VIEWED.search(reply.url)
        if viewed is None:
            return shimmie2_pages.listed(self.site, shown, vouched)
        return (shimmie2_pages.single(self.site, viewed[1], shown, vouched),)

    def _listing(self, state: Row, found: tuple[Candidate, ...], total: int | None) -> Page:
        """Only an empty page ends a walk, or one that is the page before it once more."""
        after, span = shimmie2_walks.otherwise(state), None
        if found:
            after, span = shimmie2_walks.onward(state, found, total)
        follow = (self._posts(after),) if after else ()
        return Page(found, follow, walked=span, end=not follow)

    def _lookup(self, name: str, step: str, *, lists: bool) -> Request:
        """A step that looks a name up; `posts` is for sites that have no list of tags."""
        state = {"name": name, "step": step, "lists": lists}
        if step == "posts":
            return self._page(Ask.RESOLVE, shimmie2_walks.path([name]), **state)
        if step == "exact":
            return self._ask(Ask.RESOLVE, TAGS, {"name": name}, **state)
        params = {"s": name, "limit": str(OFFERED)}
        return self._ask(Ask.RESOLVE, "api/internal/autocomplete", params, **state)

    def _resolved(self, state: Row, reply: Reply) -> Page:
        """What a step found; where a site has no such list a search for the name tells whether it has posts."""
        step, lists, names = state["step"], state["lists"], tuple[Name, ...]()
        try:
            names = self._names(state["name"], step, reply)
        except (h.Gone, h.Unexpected):
            if step == "posts":
                raise
            lists = lists and step != "exact"
        later = "autocomplete" if step == "exact" else ""
        if step == "autocomplete" and not lists and not names:
            later = "posts"
        follow = (self._lookup(state["name"], later, lists=lists),) if later else ()
        return Page(names=names, follow=follow, end=not follow)

    def _names(self, asked: str, step: str, reply: Reply) -> tuple[Name, ...]:
        if step == "posts":
            kind = shimmie2_posts.category(asked)
            is_there = bool(self._found(reply, None))
            return (Name(asked, kind, asked=asked),) if is_there else ()
        reading.refuse(reply)
        if step == "autocomplete":
            return shimmie2_names.completed(reading.value(reply), asked)
        root = markup.xml(reply)
        if root.tag != "tags":
            raise h.Unexpected("root", root.tag)
        return shimmie2_names.listed((one.attrib for one in root), asked)


def _one(found: tuple[Candidate, ...], number: str) -> Page:
    """A post by itself. One that is no more, or not for visitors, leads to a list or to nothing."""
    meant = tuple(post for post in found if post.post_id == number)
    if not meant:
        raise h.Gone(f"the site shows no post {number} any more")
    return Page(meant, end=True)


def _is_off(reply: Reply) -> bool:
    """Whether a page for people, found or not, stands where the XML should."""
    begins = reply.text[:99].lstrip("\ufeff \r\n").lower().startswith(("<!doctype html", "<html"))
    return reply.status == 404 or (reply.status < 400 and begins)
