"""Danbooru's dialect: which path answers what, and how the site says no."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from harvester.demo.dialects import danbooru_rows as rows
from harvester.demo.dialects.danbooru_query import BadOrder, Parsed, TooManyTerms, parse
from harvester.demo.dialects.shared import STRICT, Answer, Rules, Wanted, as_json, serve
from harvester.demo.posts import ALIASES, OTHER_NAMES, Post
from harvester.demo.vault import Vault

PER_PAGE, MOST_PER_PAGE, LAST_PAGE = 20, 200, 1000
_FILE = re.compile(r"/(original|sample|\d+x\d+|full)/(..)/(..)/(?:sample-)?([0-9a-f]{32})\.(\w+)")
_REFUSED_AGENTS = ("mozilla", "python")


class Dialect:
    """Answers GET requests over one world; knows no sockets."""

    def __init__(self, vault: Vault, rules: Rules = STRICT) -> None:
        self._vault, self._world, self._rules = vault, vault.world, rules
        self._routes: dict[str, Callable[[Mapping[str, str], str], Answer]] = {
            "/posts.json": self._posts,
            "/counts/posts.json": self._count,
            "/tags.json": self._tags,
            "/tag_aliases.json": lambda asked, _: as_json(
                rows.alias_rows(_search(asked), _limit(asked, 1000))
            ),
            "/tag_implications.json": lambda asked, _: as_json(
                rows.implication_rows(_search(asked), _limit(asked, 1000))
            ),
            "/autocomplete.json": self._autocomplete,
        }

    def is_api(self, path: str) -> bool:
        return path.endswith(".json")

    def overloaded(self, status: int, wait: str) -> Answer:
        limited = ("RateLimiter::RateLimitError", "doing that too fast")
        told = limited if status == 429 else ("Unavailable", "down for maintenance")
        answer = _error(status, *told)
        return replace(answer, headers={**answer.headers, "Retry-After": wait})

    def answer(self, target: str, headers: Mapping[str, str], base: str) -> Answer:
        """The answer to `GET target`; header names are lower-case, `base` is the site's own address."""
        agent = headers.get("user-agent", "")
        if not agent or agent.lower().startswith(_REFUSED_AGENTS):
            page = b"<html><title>Just a moment...</title></html>"
            challenge = {"Content-Type": "text/html", "cf-mitigated": "challenge"}
            return Answer(403, page, challenge, breach="a User-Agent that hides who asks")
        parts = urlsplit(target)
        if file := _FILE.fullmatch(parts.path):
            return self._file(file, parts.query, headers)
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
            told = "You cannot search for more than 2 tags at a time."
            refused = _error(422, "PostQuery::TagLimitError", told)
            return replace(refused, breach="more than 2 terms")
        except BadOrder:
            told = "Only one order metatag is allowed, and not a negated one."
            return replace(_error(422, "PostQuery::Error", told), breach="a second order")
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
            last = self._rules.last_page(limit, LAST_PAGE)
            if number > last:
                told = f"You cannot go beyond page {last}."
                refused = _error(410, "PaginationExtension::PaginationError", told)
                return replace(refused, breach=f"page {number}")
            chosen = self._ordered(found, query)[(number - 1) * limit : number * limit]
        return as_json([self._row(post, asked, base) for post in chosen])

    def _ordered(self, found: list[Post], query: Parsed) -> list[Post]:
        key = _ORDERS.get(query.order)
        if key is None:
            return found
        backwards = not query.order.endswith("_asc")
        return sorted(found, key=lambda post: (key(post, self._vault), post.id), reverse=backwards)

    def _row(
        self, post: Post, asked: Mapping[str, str], base: str, *, single: bool = False
    ) -> rows.Row:
        ticket = self._rules.ticket(post, single=single)
        row = rows.post_row(post, self._vault, base, ticket)
        return rows.only(row, asked["only"]) if asked.get("only") else row

    def _one(self, post: Post | None, asked: Mapping[str, str], base: str) -> Answer:
        if post is None:
            return _error(404, "ActiveRecord::RecordNotFound", "That record was not found.")
        return as_json(self._row(post, asked, base, single=True))

    def _count(self, asked: Mapping[str, str], _: str) -> Answer:
        query = parse(asked.get("tags", ""), self._vault, limited=False)
        return as_json({"counts": {"posts": sum(map(query.matches, self._world.posts))}})

    def _tags(self, asked: Mapping[str, str], _: str) -> Answer:
        return as_json(rows.tag_rows(self._world, _search(asked), _limit(asked, 1000)))

    def _autocomplete(self, asked: Mapping[str, str], _: str) -> Answer:
        return as_json(
            rows.suggestion_rows(self._world, _search(asked).get("query", ""), _limit(asked, 20))
        )

    def _wiki(self, title: str) -> Answer:
        name = ALIASES.get(title, title)
        if name not in self._world.tag_counts:
            return _error(404, "ActiveRecord::RecordNotFound", "That record was not found.")
        names = list(OTHER_NAMES.get(name, ()))
        return as_json(
            {
                "id": len(name),
                "title": name,
                "body": "",
                "other_names": names,
                "is_deleted": False,
                "is_locked": False,
            }
        )

    def _file(self, found: re.Match[str], query: str, headers: Mapping[str, str]) -> Answer:
        kind, _, _, md5, extension = found.groups()
        kind = "original" if kind == "full" else kind
        wanted = Wanted(kind, extension, headers, query)
        return serve(self._vault, self._rules, self._vault.owner(md5), wanted)


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


def _search(asked: Mapping[str, str]) -> dict[str, str]:
    return {
        key[7:-1]: value
        for key, value in asked.items()
        if key.startswith("search[") and key.endswith("]")
    }


def _limit(asked: Mapping[str, str], most: int) -> int:
    text = asked.get("limit", "")
    return min(most, max(1, int(text))) if text.isdigit() else PER_PAGE


def _error(status: int, name: str, message: str) -> Answer:
    return as_json({"success": False, "error": name, "message": message, "backtrace": []}, status)
