"""Danbooru's dialect: which path answers what, and how the site says no."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from harvester.demo import rows
from harvester.demo.posts import ALIASES, OTHER_NAMES, Post
from harvester.demo.query import BadOrder, Parsed, TooManyTerms, parse
from harvester.demo.vault import Vault

PER_PAGE, MOST_PER_PAGE, LAST_PAGE = 20, 200, 1000
TYPES = {
    "jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "gif": "image/gif",
    "mp4": "video/mp4", "zip": "application/zip", "webm": "video/webm",
}  # fmt: skip
_FILE = re.compile(r"/(original|sample|\d+x\d+|full)/(..)/(..)/(?:sample-)?([0-9a-f]{32})\.(\w+)")
_REFUSED_AGENTS = ("mozilla", "python")


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: `post_id` is set when it is the file of a post."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    post_id: int | None = None
    forbidden: bool = False


class Dialect:
    """Answers GET requests over one world; knows no sockets."""

    def __init__(self, vault: Vault) -> None:
        self._vault, self._world = vault, vault.world
        self._routes: dict[str, Callable[[Mapping[str, str], str], Answer]] = {
            "/posts.json": self._posts,
            "/counts/posts.json": self._count,
            "/tags.json": self._tags,
            "/tag_aliases.json": lambda asked, _: _json(
                rows.alias_rows(_search(asked), _limit(asked, 1000))
            ),
            "/tag_implications.json": lambda asked, _: _json(
                rows.implication_rows(_search(asked), _limit(asked, 1000))
            ),
            "/autocomplete.json": self._autocomplete,
        }

    def answer(self, target: str, headers: Mapping[str, str], base: str) -> Answer:
        """The answer to `GET target`; header names are lower-case, `base` is the site's own address."""
        agent = headers.get("user-agent", "")
        if not agent or agent.lower().startswith(_REFUSED_AGENTS):
            page = b"<html><title>Just a moment...</title></html>"
            return Answer(403, page, {"Content-Type": "text/html", "cf-mitigated": "challenge"})
        parts = urlsplit(target)
        if file := _FILE.fullmatch(parts.path):
            return self._file(file, headers)
        asked = dict(parse_qsl(parts.query, keep_blank_values=True))
        blank = [key for key, value in asked.items() if key.startswith("search[") and not value]
        if blank:
            left = urlencode({key: value for key, value in asked.items() if key not in blank})
            return Answer(302, b"", {"Location": f"{parts.path}?{left}"})
        if ("login" in asked) != ("api_key" in asked):
            return _error(401, "SessionLoader::AuthenticationFailure", "Invalid name or API key")
        return self._api(parts.path, asked, base)

    def _api(self, path: str, asked: Mapping[str, str], base: str) -> Answer:
        try:
            if path in self._routes:
                return self._routes[path](asked, base)
        except TooManyTerms:
            return _error(
                422, "PostQuery::TagLimitError", "You cannot search for more than 2 tags at a time."
            )
        except BadOrder:
            return _error(
                422, "PostQuery::Error", "Only one order metatag is allowed, and not a negated one."
            )
        if single := re.fullmatch(r"/posts/(\d+)\.json", path):
            return self._one(self._world.by_id.get(int(single[1])), asked, base)
        if wiki := re.fullmatch(r"/wiki_pages/(.+)\.json", path):
            return self._wiki(wiki[1])
        return _error(405, "ActionController::RoutingError", f'No route matches [GET] "{path}"')

    def _posts(self, asked: Mapping[str, str], base: str) -> Answer:
        if md5 := asked.get("md5"):
            owner = self._vault.owner(md5)
            return self._one(None if owner is None or owner.hidden else owner, asked, base)
        query = parse(asked.get("tags", ""), self._vault)
        page = asked.get("page", "1")
        limit = query.limit if query.limit is not None else _limit(asked, MOST_PER_PAGE)
        limit = min(MOST_PER_PAGE, max(1, limit))
        found = [post for post in reversed(self._world.posts) if query.matches(post)]
        if keyset := re.fullmatch(r"([ab])(\d+)", page):
            chosen = _beside(found, keyset[1], int(keyset[2]), limit)
        else:
            number = max(1, int(page)) if page.isdigit() else 1
            if number > LAST_PAGE:
                return _error(
                    410,
                    "PaginationExtension::PaginationError",
                    f"You cannot go beyond page {LAST_PAGE}.",
                )
            chosen = self._ordered(found, query)[(number - 1) * limit : number * limit]
        return _json([self._row(post, asked, base) for post in chosen])

    def _ordered(self, found: list[Post], query: Parsed) -> list[Post]:
        key = _ORDERS.get(query.order)
        if key is None:
            return found
        backwards = not query.order.endswith("_asc")
        return sorted(found, key=lambda post: (key(post, self._vault), post.id), reverse=backwards)

    def _row(self, post: Post, asked: Mapping[str, str], base: str) -> rows.Row:
        row = rows.post_row(post, self._vault, base)
        return rows.only(row, asked["only"]) if asked.get("only") else row

    def _one(self, post: Post | None, asked: Mapping[str, str], base: str) -> Answer:
        if post is None:
            return _error(404, "ActiveRecord::RecordNotFound", "That record was not found.")
        return _json(self._row(post, asked, base))

    def _count(self, asked: Mapping[str, str], _: str) -> Answer:
        query = parse(asked.get("tags", ""), self._vault, limited=False)
        return _json({"counts": {"posts": sum(map(query.matches, self._world.posts))}})

    def _tags(self, asked: Mapping[str, str], _: str) -> Answer:
        return _json(rows.tag_rows(self._world, _search(asked), _limit(asked, 1000)))

    def _autocomplete(self, asked: Mapping[str, str], _: str) -> Answer:
        return _json(
            rows.suggestion_rows(self._world, _search(asked).get("query", ""), _limit(asked, 20))
        )

    def _wiki(self, title: str) -> Answer:
        name = ALIASES.get(title, title)
        if name not in self._world.tag_counts:
            return _error(404, "ActiveRecord::RecordNotFound", "That record was not found.")
        names = list(OTHER_NAMES.get(name, ()))
        return _json(
            {
                "id": len(name),
                "title": name,
                "body": "",
                "other_names": names,
                "is_deleted": False,
                "is_locked": False,
            }
        )

    def _file(self, found: re.Match[str], headers: Mapping[str, str]) -> Answer:
        kind, _, _, md5, extension = found.groups()
        post = self._vault.owner(md5)
        if post is not None and post.forbidden:
            return Answer(
                500, b"forbidden", {"Content-Type": "text/plain"}, post.id, forbidden=True
            )
        gone = (
            post is None or post.hidden or (kind == "original" and post.truth.defect == "missing")
        )
        if post is None or gone:
            return Answer(
                404, b"not found", {"Content-Type": "text/plain"}, post.id if post else None
            )
        if kind == "original" and extension != post.format:
            return Answer(404, b"not found", {"Content-Type": "text/plain"}, post.id)
        body = self._vault.body(post, "original" if kind == "full" else kind)
        return _ranged(
            body, post, f'"{md5}-{kind}"', TYPES.get(extension, "application/octet-stream"), headers
        )


_ORDERS: dict[str, Callable[[Post, Vault], Any]] = {
    "id_asc": lambda post, _: -post.id,
    "score": lambda post, _: post.score,
    "score_asc": lambda post, _: post.score,
    "upvotes": lambda post, _: post.up,
    "favcount": lambda post, _: post.favourites,
    "created_at": lambda post, _: post.created,
    "created_at_asc": lambda post, _: post.created,
    "change": lambda post, _: post.updated,
    "mpixels": lambda post, _: post.width * post.height,
    "mpixels_asc": lambda post, _: post.width * post.height,
    "portrait": lambda post, _: post.height / post.width,
    "landscape": lambda post, _: post.width / post.height,
    "tagcount": lambda post, _: len(post.words),
    "filesize": lambda post, vault: vault.claim(post).bytes,
    "md5": lambda post, vault: vault.claim(post).md5,
    "random": lambda post, _: hash((post.id * 2_654_435_761) % 1_000_003),
}


def _beside(found: Sequence[Post], side: str, edge: int, limit: int) -> Sequence[Post]:
    """Keyset paging. Both ways hand back descending ids; upward it is the rows nearest above the edge."""
    if side == "b":
        return [post for post in found if post.id < edge][:limit]
    return [post for post in found if post.id > edge][-limit:]


def _ranged(body: bytes, post: Post, etag: str, kind: str, headers: Mapping[str, str]) -> Answer:
    """A file, or the part of it that was asked for while the condition holds."""
    modified = format_datetime(post.created.replace(microsecond=0), usegmt=True)
    base = {"Content-Type": kind, "ETag": etag, "Last-Modified": modified, "Accept-Ranges": "bytes"}
    wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", headers.get("range", ""))
    if headers.get("if-none-match") == etag:
        return Answer(304, b"", base, post.id)
    if (
        not wanted
        or not any(wanted.groups())
        or headers.get("if-range", etag) not in {etag, modified}
    ):
        return Answer(200, body, base, post.id)
    if wanted[1]:
        start, end = int(wanted[1]), min(int(wanted[2] or len(body)), len(body) - 1)
    else:
        start, end = max(0, len(body) - int(wanted[2])), len(body) - 1
    if start > end:
        return Answer(416, b"", base | {"Content-Range": f"bytes */{len(body)}"}, post.id)
    return Answer(
        206,
        body[start : end + 1],
        base | {"Content-Range": f"bytes {start}-{end}/{len(body)}"},
        post.id,
    )


def _search(asked: Mapping[str, str]) -> dict[str, str]:
    return {
        key[7:-1]: value
        for key, value in asked.items()
        if key.startswith("search[") and key.endswith("]")
    }


def _limit(asked: Mapping[str, str], most: int) -> int:
    text = asked.get("limit", "")
    return min(most, max(1, int(text))) if text.isdigit() else PER_PAGE


def _json(value: object, status: int = 200) -> Answer:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status, body, {"Content-Type": "application/json; charset=utf-8"})


def _error(status: int, name: str, message: str) -> Answer:
    return _json({"success": False, "error": name, "message": message, "backtrace": []}, status)
