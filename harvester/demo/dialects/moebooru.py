"""Moebooru's dialect: which path answers what, and how the site says no."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from harvester.demo.dialects import moebooru_rows as rows
from harvester.demo.dialects.moebooru_query import Search, TooManyTags, parse
from harvester.demo.dialects.moebooru_shelf import Shelf, Shown
from harvester.demo.dialects.shared import (
    ACCOUNT,
    STRICT,
    Answer,
    Rules,
    Wanted,
    as_html,
    as_json,
    as_xml,
    asked,
    serve,
)
from harvester.demo.vault import Vault

PER_PAGE, MOST_PER_PAGE, CLAMPED = 40, 100, 1000  # what the help allows, and what the server gives
NO_LAST_PAGE = 10**9
_FILE = re.compile(r"/(image|jpeg|sample|data/preview/../..)/([0-9a-f]{32})(?:/[^/]*)?\.(\w+)")
_TOO_MANY = "Error: You cannot search for more than 6 tags at a time"


@dataclass(frozen=True, slots=True)
class Found:
    """Every post of a search in its order, those of the page, and which limit the request broke."""

    search: Search
    every: list[Shown]
    page: list[Shown]
    start: int
    breach: str


class Dialect:
    """Answers GET requests over one world; knows no sockets."""

    def __init__(self, vault: Vault, rules: Rules = STRICT) -> None:
        self._vault, self._rules, self._shelf = vault, rules, Shelf(vault)
        self._routes: dict[str, Callable[[Mapping[str, str], str], Answer]] = {
            "/post.json": self._posts,
            "/post/index.json": self._posts,
            "/post.xml": self._posts_xml,
            "/tag.json": lambda given, _: as_json(rows.tag_rows(self._shelf, given)),
            "/tag/summary.json": lambda *_: as_json(rows.summary(self._shelf)),
        }

    def is_api(self, path: str) -> bool:
        return path.endswith((".json", ".xml"))

    def overloaded(self, status: int, wait: str) -> Answer:
        """Bodies of errors may be HTML: here that of a server too busy to answer is."""
        busy = as_html("<html><title>503 Service Temporarily Unavailable</title></html>", 503)
        answer = _error(status, "throttled") if status != 503 else busy
        return replace(answer, headers={**answer.headers, "Retry-After": wait})

    def answer(self, target: str, headers: Mapping[str, str], base: str) -> Answer:
        """The answer to `GET target`; header names are lower-case, `base` is the site's own address."""
        path, given = asked(target)
        if file := _FILE.fullmatch(path):
            return self._file(file, target.partition("?")[2], headers)
        if path not in self._routes:
            return as_html("<html><title>404 Not Found</title></html>", 404)
        if not _is_welcome(given):
            return replace(_error(403, "access denied"), breach="an account that is none")
        try:
            return self._routes[path](given, base)
        except TooManyTags:
            refused = as_json({"success": False, "reason": _TOO_MANY}, 500)
            return replace(refused, breach="more than 6 tags of one sign")

    def _posts(self, given: Mapping[str, str], base: str) -> Answer:
        found = self._found(given)
        shown = self._rows(found, base)
        if given.get("api_version") != "2":
            return replace(as_json(shown), breach=found.breach)
        whole: dict[str, Any] = {"posts": shown}
        if given.get("include_pools") == "1":
            whole |= {"pool_posts": [], "pools": []}
        if given.get("include_tags") == "1":
            whole["tags"] = rows.kinds_of(found.page)
        return replace(as_json(whole), breach=found.breach)

    def _posts_xml(self, given: Mapping[str, str], base: str) -> Answer:
        if given.get("api_version") == "2":
            return replace(_error(424, "invalid parameters"), breach="XML of the second version")
        found = self._found(given)
        text = rows.posts_xml(self._rows(found, base), len(found.every), found.start)
        return replace(as_xml(text), breach=found.breach)

    def _found(self, given: Mapping[str, str]) -> Found:
        search = parse(given.get("tags", ""), self._shelf)
        every = [one for one in self._shelf.posts if search.matches(one)]
        if given.get("filter") == "1":
            every = [one for one in every if one.listed and not one.held]
        if key := _ORDERS.get(search.order.removesuffix("_asc")):
            backwards = not search.order.endswith("_asc") and search.order != "id"
            every.sort(key=lambda one: (key(one), one.post.id), reverse=backwards)
        limit = search.limit or _number(given.get("limit"), PER_PAGE)
        breach = f"limit {limit}" if limit > MOST_PER_PAGE else ""
        limit = min(CLAMPED, max(1, limit))
        number = max(1, _number(given.get("page"), 1))
        if number > self._rules.last_page(limit, NO_LAST_PAGE):
            return Found(search, every, [], 0, breach)  # no page is forbidden: it is only empty
        start = (number - 1) * limit
        return Found(search, every, every[start : start + limit], start, breach)

    def _rows(self, found: Found, base: str) -> list[rows.Row]:
        shown = []
        for one in found.page:
            ticket = self._rules.ticket(one.post, single=found.search.single == one.post.id)
            shown.append(rows.post_row(one, self._shelf, base, ticket))
        return shown

    def _file(self, found: re.Match[str], query: str, headers: Mapping[str, str]) -> Answer:
        folder, md5, extension = found.groups()
        post = self._vault.owner(md5)
        if post is None or self._shelf.by_id[post.id].status == "deleted":
            refused = as_html("<html><title>404 Not Found</title></html>", 404)
            return replace(refused, breach="the file of a deleted post") if post else refused
        kinds = {"image": "original", "jpeg": _whole(post.width, post.height), "sample": "sample"}
        kind = kinds.get(folder, f"{rows.PREVIEW}x{rows.PREVIEW}")
        return serve(self._vault, self._rules, post, Wanted(kind, extension, headers, query))


_ORDERS: dict[str, Callable[[Shown], Any]] = {
    "id": lambda one: one.post.id,
    "score": lambda one: one.post.score,
    "mpixels": lambda one: one.post.width * one.post.height,
    "portrait": lambda one: one.post.height / one.post.width,
    "landscape": lambda one: one.post.width / one.post.height,
    "change": lambda one: one.post.updated,
}


def _whole(width: int, height: int) -> str:
    """The vault's name for the whole picture as a JPEG: a box that it fits in. (720 would be a WebP.)"""
    edge = max(width, height, 721)
    return f"{edge}x{edge}"


def _is_welcome(given: Mapping[str, str]) -> bool:
    """Nobody needs an account; who gives one, gives the right one."""
    signed = {key: given[key] for key in ("username", "api_key") if key in given}
    return not signed or signed == {"username": ACCOUNT["login"], "api_key": ACCOUNT["api_key"]}


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdigit() else otherwise


def _error(status: int, reason: str) -> Answer:
    return as_json({"success": False, "reason": reason}, status)
