"""Shimmie's dialect: the XML that remembers Danbooru, completions, pages for people, and how the site says no."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from urllib.parse import unquote

from harvester.demo.dialects import shimmie2_pages as pages
from harvester.demo.dialects.shared import (
    STRICT,
    Answer,
    Rules,
    Wanted,
    as_json,
    as_xml,
    asked,
    serve,
)
from harvester.demo.dialects.shimmie2_query import MOST, TooManyTags, read, uncareted, words
from harvester.demo.posts import ALIASES, STILLS, Post
from harvester.demo.vault import Vault

PER_PAGE, MOST_PER_PAGE, LAST_PAGE, ENDLESS = 24, 100, 500, 10**9
COMPLETED, LONGEST = 1000, 32  # the most completions, the most letters that are completed
_ORIGINAL = re.compile(r"/_images/[0-9a-f]{32}/(\d+)(?: - .*)?\.(\w+)|/image/(\d+)\.(\w+)")
_THUMBNAIL = re.compile(r"/_thumbs/([0-9a-f]{32})/thumb\.(jpg)")
_LIST = re.compile(r"/post/list(?:/(?P<terms>[^/]+))??(?:/(?P<page>\d+))?")
_PLAIN = {"Content-Type": "text/plain"}


class Dialect:
    """Answers GET requests over one world; knows no sockets.

    The site takes stills, GIFs and videos, rates with three letters that its XML does not tell, and
    forgets what was deleted. `xml` is whether the extension that speaks XML is on.
    """

    def __init__(self, vault: Vault, rules: Rules = STRICT, *, xml: bool = True) -> None:
        self._vault, self._rules = vault, rules
        self._routes: dict[str, Callable[[Mapping[str, str]], Answer]] = {
            "/api/internal/autocomplete": self._autocomplete,
            "/robots.txt": lambda _: Answer(200, b"User-agent: *\nCrawl-delay: 3\nDisallow: /post/next\n", _PLAIN),
        }  # fmt: skip
        if xml:
            self._routes |= dict.fromkeys(_FIND_POSTS, self._find_posts)
            self._routes["/api/danbooru/find_tags"] = self._find_tags

    @cached_property
    def _posts(self) -> Mapping[int, Post]:
        taken = (post for post in self._vault.world.posts if post.format in {*STILLS, "gif", "mp4"})
        return {p.id: p for p in taken if not p.hidden and "deleted" not in p.status}

    @cached_property
    def _counts(self) -> Counter[str]:
        return Counter(word for post in self._posts.values() for word in words(post))

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return {name: number for number, name in enumerate(sorted(self._counts), 1)}

    def is_api(self, path: str) -> bool:
        return not path.startswith(("/_images/", "/_thumbs/", "/image/"))

    def overloaded(self, status: int, wait: str) -> Answer:
        answer = pages.refusal("Too busy", "Too many people are here", status)
        return replace(answer, headers={**answer.headers, "Retry-After": wait})

    def answer(self, target: str, headers: Mapping[str, str], base: str) -> Answer:
        """The answer to `GET target`; header names are lower-case, `base` is the site's own address."""
        written, params = asked(target)
        path = unquote(written)
        if not headers.get("user-agent"):
            return replace(pages.refusal("Forbidden", "Who are you?", 403), breach="no User-Agent")
        if not self.is_api(path):
            return self._file(path, target.partition("?")[2], headers)
        try:
            if path in self._routes:
                return self._routes[path](params)
            if listed := _LIST.fullmatch(written):
                return self._list(listed["terms"] or "", int(listed["page"] or 1))
        except TooManyTags as error:
            why = f"Anonymous users may only search for up to {MOST} tags at a time"
            return replace(pages.refusal("Permission Denied", why, 403), breach=str(error))
        if viewed := re.fullmatch(r"/post/view/(\d+)", path):
            return self._view(int(viewed[1]), base)
        return pages.refusal("Page not Found", f"No handler could be found for the page '{path[1:]}'", 404)  # fmt: skip

    def _found(self, terms: Sequence[str]) -> list[Post]:
        return read(terms, self._vault).found([*self._posts.values()])

    def _too_deep(self, page: int, size: int, documented: int) -> Answer | None:
        last = self._rules.last_page(size, documented)
        if page <= last:
            return None
        why = f"Only {last} pages of results are searchable - if you want to find older results, use more specific search terms"
        return replace(pages.refusal("Permission Denied", why, 403), breach=f"page {page}")

    def _find_posts(self, params: Mapping[str, str]) -> Answer:
        wanted = _whole(params.get("limit", ""), MOST_PER_PAGE)
        size, single = min(max(1, wanted), MOST_PER_PAGE), False
        page = max(1, _whole(params.get("page", ""), _whole(params.get("pid", ""), 0) + 1))
        if refused := self._too_deep(page, size, ENDLESS):
            return refused
        if "id" in params:
            numbers = (int(one) for one in params["id"].split(",") if one.isdigit())
            found = [self._posts[number] for number in numbers if number in self._posts]
            page, size, single = 1, len(found), True
        elif "md5" in params:
            owners = (self._vault.owner(md5) for md5 in params["md5"].lower().split(","))
            found = [post for post in owners if post and post.id in self._posts]
            page, size, single = 1, len(found), True
        else:
            found = self._found(params.get("tags", "").split())
        start = (page - 1) * size
        rows = [
            pages.row(post, self._vault, self._rules.ticket(post, single=single))
            for post in found[start : start + size]
        ]
        answer = _xml(pages.listing(len(found), start, rows))
        return replace(answer, breach="limit over 100" if wanted > MOST_PER_PAGE else "")

    def _find_tags(self, params: Mapping[str, str]) -> Answer:
        wanted = {name.lower() for name in params.get("name", "").split(",")}
        told = (
            pages.tag(name, self._counts[name], number)
            for name, number in self._numbers.items()
            if not params.get("name") or name.lower() in wanted
        )
        return _xml(pages.element("tags", {}, "".join(told)))

    def _autocomplete(self, params: Mapping[str, str]) -> Answer:
        """Tags that begin so, or go on so behind their prefix, and aliases of tags that do not."""
        typed, limit = params.get("s", "").lower(), _whole(params.get("limit", ""), COMPLETED)
        if not typed or typed[0] in "_%" or len(typed) > LONGEST:
            return as_json([])
        begun = {name: None for name in self._counts if _begins(name, typed)}
        others = {
            old: new for old, new in ALIASES.items() if _begins(old, typed) and new in self._counts
        }
        found = {**begun, **{old: new for old, new in others.items() if not _begins(new, typed)}}
        told = {
            name: {"newtag": new, "count": self._counts[new or name]} for name, new in found.items()
        }
        first = sorted(told, key=lambda name: (-int(told[name]["count"] or 0), name))[:limit]
        return as_json({name: told[name] for name in first} or [])

    def _list(self, written: str, page: int) -> Answer:
        """A list. The only post that fits is shown by itself."""
        terms = uncareted(unquote(written)).split()
        if refused := self._too_deep(page, PER_PAGE, LAST_PAGE):
            return refused
        found = self._found(terms)
        if len(found) == 1 and terms and page == 1:
            return Answer(302, b"", {"Location": f"/post/view/{found[0].id}"})
        start = (page - 1) * PER_PAGE
        last = max(1, -(-len(found) // PER_PAGE))
        return pages.index(terms, found[start : start + PER_PAGE], last, self._vault)

    def _view(self, number: int, base: str) -> Answer:
        post = self._posts.get(number)
        if post is None:
            return pages.refusal("Post not found", "No post in the database has that ID", 404)
        return pages.view(post, self._vault, self._rules.ticket(post, single=True), base)

    def _file(self, path: str, query: str, headers: Mapping[str, str]) -> Answer:
        if small := _THUMBNAIL.fullmatch(path):
            side = f"{pages.SIDE}x{pages.SIDE}"
            post = self._vault.owner(small[1])
            return serve(self._vault, self._rules, post, Wanted(side, small[2], headers))
        if whole := _ORIGINAL.fullmatch(path):
            post = self._posts.get(int(whole[1] or whole[3]))
            wanted = Wanted("original", whole[2] or whole[4], headers, query)
            return serve(self._vault, self._rules, post, wanted)
        return Answer(404, b"not found", _PLAIN)


_FIND_POSTS = ("/api/danbooru/find_posts", "/api/danbooru/find_posts/index.xml", "/api/danbooru/post/index.xml")  # fmt: skip


def _xml(text: str) -> Answer:
    return replace(as_xml(text), headers={"Content-Type": "application/xml"})


def _begins(name: str, typed: str) -> bool:
    return name.startswith(typed) or name.partition(":")[2].startswith(typed)


def _whole(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() else default
