"""Anime-Pictures' dialect: lists without tags, posts one by one, and files behind a redirect that sets a cookie."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from http.cookies import CookieError, SimpleCookie

from harvester.demo.dialects import animepictures_rows as rows
from harvester.demo.dialects.shared import (
    STRICT,
    Answer,
    Rules,
    Wanted,
    as_html,
    as_json,
    asked,
    serve,
)
from harvester.demo.posts import Post
from harvester.demo.vault import Vault

PER_PAGE = 80
API = "/api/v3"
TICKET = "way"  # the cookie that the redirect to a file sets
_DOWNLOAD = re.compile(r"/pictures/download_image/(\d+)-\d+x\d+-[^/]*\.(\w+)")
_STORED = re.compile(r"/stored/(\d+)\.(\w+)")
_PREVIEW = re.compile(r"/[0-9a-f]{3}/([0-9a-f]{32})_(sp|cp|bp)\.jpg")
SIZES = {"sp": "150x150", "cp": "300x300", "bp": "600x600"}
ORDERS: Mapping[str, Callable[[Post], float]] = {
    "date": lambda post: post.created.timestamp(),
    "date_r": lambda post: -post.created.timestamp(),
    "rating": lambda post: post.score,
    "views": lambda post: post.favourites,
    "size": lambda post: post.width * post.height,
    "tag_num": lambda post: len(post.words),
    "stars_date": lambda post: post.updated.timestamp(),
}


class Dialect:
    """Answers GET requests over one world; knows no sockets.

    Visitors see what is not erotic at all. The last page is told and no other limit is documented, so
    `Rules.depth` changes nothing.
    """

    def __init__(self, vault: Vault, rules: Rules = STRICT) -> None:
        self._vault, self._rules = vault, rules
        self._gallery = rows.Gallery(vault.world)

    def is_api(self, path: str) -> bool:
        return path.startswith(f"{API}/")

    def overloaded(self, status: int, wait: str) -> Answer:
        said = "Too Many Requests" if status == 429 else "Service Temporarily Unavailable"
        answer = as_html(f"<html><head><title>{said}</title></head></html>", status)
        return replace(answer, headers={**answer.headers, "Retry-After": wait})

    def answer(self, target: str, headers: Mapping[str, str], base: str) -> Answer:
        """The answer to `GET target`; header names are lower-case, `base` is the site's own address."""
        path, params = asked(target)
        if not headers.get("user-agent"):
            return replace(as_html("<html>Forbidden</html>", 403), breach="no User-Agent")
        if not self.is_api(path):
            return self._file(path, target.partition("?")[2], headers, base)
        if path == f"{API}/posts":
            return self._posts(params, base)
        if path == f"{API}/tags:autocomplete":
            return as_json({"tags": self._gallery.completed(params.get("tag", "").lower())})
        if single := re.fullmatch(rf"{API}/posts/(\d+)", path):
            return self._single(int(single[1]), base)
        return replace(_refused(404), breach=f"there is no {path}")

    def _posts(self, params: Mapping[str, str], base: str) -> Answer:
        page, size = params.get("page", "0"), params.get("posts_per_page", str(PER_PAGE))
        order = params.get("order_by", "date")
        if not (page.isdigit() and size.isdigit() and int(size)) or order not in ORDERS:
            return replace(_refused(400), breach=f"page {page} of {size} by {order}")
        per_page = min(PER_PAGE, int(size))
        shown_to_all = [
            *self._gallery.posts.values(),
            *(post for post, _ in self._gallery.replaced.values()),
        ]
        found = [post for post in shown_to_all if self._is_meant(post, params)]
        found.sort(key=lambda post: (ORDERS[order](post), post.id), reverse=True)
        last = max(0, len(found) - 1) // per_page
        shown = found[int(page) * per_page :][:per_page]
        told = {
            "posts": [self._row(post, base) for post in shown],
            "posts_per_page": per_page,
            "response_posts_count": len(shown),
            "page_number": int(page),
            "posts_count": len(found),
            "max_pages": last,
        }
        beyond = int(page) > last
        return replace(as_json(told), breach=f"page {page} of {last}" if beyond else "")

    def _is_meant(self, post: Post, params: Mapping[str, str]) -> bool:
        """`&&` binds tighter than `||`; a post has none of the tags that are denied."""
        tags, wanted = self._gallery.tags[post.id], params.get("search_tag", "").lower()
        denied = params.get("denied_tags", "").lower().strip()
        either = [[tag.strip() for tag in all_.split("&&")] for all_ in wanted.split("||")]
        return denied not in tags and any(
            all(tag in tags for tag in every if tag) for every in either
        )

    def _row(self, post: Post, base: str) -> rows.Row:
        """A row; that of a post which was replaced names the one that stands for it."""
        _, picture = self._gallery.replaced.get(post.id, (post, post))
        row = rows.post_row(picture, len(self._gallery.tags[picture.id]), self._vault, base)
        return {**row, "id": post.id, "redirect_id": picture.id if picture is not post else None}

    def _single(self, number: int, base: str) -> Answer:
        if number in self._gallery.replaced:
            row = self._row(self._gallery.replaced[number][0], base)
            return as_json({"post": row, "tags": [], "file_url": ""})
        post = self._gallery.all.get(number)
        if post is None:
            return _refused(404)
        if post.rating != "g":
            return _refused(403)
        name = rows.file_name(post) + self._rules.ticket(post, single=True)
        tags = list(self._gallery.tag_rows(post))
        return as_json({"post": self._row(post, base), "tags": tags, "file_url": name})

    def _file(self, path: str, query: str, headers: Mapping[str, str], base: str) -> Answer:
        if download := _DOWNLOAD.fullmatch(path):
            return self._led(int(download[1]), download[2], query, headers)
        if stored := _STORED.fullmatch(path):
            if _cookies(headers).get(TICKET) != _ticket(stored[1]):
                return replace(_refused(403), breach="a file without the cookie of its redirect")
            post = self._gallery.posts.get(int(stored[1]))
            return serve(
                self._vault, self._rules, post, Wanted("original", stored[2], headers, query)
            )
        preview = _PREVIEW.fullmatch(path)
        post = self._vault.owner(preview[1]) if preview else None
        kind = SIZES[preview[2]] if preview else ""
        return serve(self._vault, self._rules, post, Wanted(kind, "jpg", headers))

    def _led(self, number: int, extension: str, query: str, headers: Mapping[str, str]) -> Answer:
        """On to where a file lies, for those that come from the site's pages; the way is open with a cookie."""
        if not headers.get("referer") or _cookies(headers).get("sitelang") != "en":
            return replace(_refused(403), breach="a download without Referer or sitelang")
        post = self._gallery.posts.get(number)
        if post is None or not self._rules.is_there(post, query):
            return replace(_refused(404), post_id=number)
        where = f"/stored/{number}.{extension}" + (f"?{query}" if query else "")
        ticket = f"{TICKET}={_ticket(str(number))}; Path=/; HttpOnly"
        return Answer(302, b"", {"Location": where, "Set-Cookie": ticket})


def _ticket(number: str) -> str:
    return hashlib.sha256(f"ticket:{number}".encode()).hexdigest()[:16]


def _cookies(headers: Mapping[str, str]) -> dict[str, str]:
    try:
        found = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in found.items()}


def _refused(status: int) -> Answer:
    said = {400: "Bad Request", 403: "Forbidden", 404: "Not Found"}[status]
    return as_json({"success": False, "error": said}, status)
