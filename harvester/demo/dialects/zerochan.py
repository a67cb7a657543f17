"""Zerochan's dialect: a tag's page as JSON, entries one by one, and JSON that is not always whole."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from urllib.parse import quote_plus, unquote_plus

from harvester.demo.dialects import zerochan_rows as rows
from harvester.demo.dialects.shared import (
    ACCOUNT,
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

PER_PAGE, MOST_PER_PAGE = 24, 250
_FILE = re.compile(r"/[^/]+\.(full|240|600|1024)\.(\d+)\.(\w+)")
_ORDERS = {"id", "fav"}


class Dialect:
    """Answers GET requests over one world; knows no sockets.

    Everything may be asked as a page for people or, with `json`, as data. No last page of the data is
    documented, so `Rules.depth` changes nothing. What is for accounts only is told to nobody.
    """

    def __init__(self, vault: Vault, rules: Rules = STRICT) -> None:
        self._vault, self._rules = vault, rules
        self._shelf = rows.Shelf(vault.world)

    def is_api(self, path: str) -> bool:
        return not _FILE.fullmatch(path)

    def overloaded(self, status: int, wait: str) -> Answer:
        said = "Too many requests" if status == 429 else "Service unavailable"
        answer = _page(said, status)
        return replace(answer, headers={**answer.headers, "Retry-After": wait})

    def answer(self, target: str, headers: Mapping[str, str], base: str) -> Answer:
        """The answer to `GET target`; header names are lower-case, `base` is the site's own address."""
        path, params = asked(target)
        agent = headers.get("user-agent", "")
        if file := _FILE.fullmatch(path):
            return self._file(file, target.partition("?")[2], headers)
        if not agent.endswith(f" - {ACCOUNT['login']}") or "mozilla" in agent.lower():
            return replace(_page("Service unavailable", 503), breach=f"User-Agent {agent!r}")
        if path == "/suggest":
            found = self._shelf.completed(params.get("q", "").lower())
            return as_json({"suggestions": found})
        if path.strip("/").isdigit():
            return self._entry(int(path.strip("/")), "json" in params, base)
        return self._list(path, params, base)

    def _list(self, path: str, params: Mapping[str, str], base: str) -> Answer:
        """The entries that have all tags of the path. Another name of a tag leads to the tag's own page."""
        wanted = [unquote_plus(name) for name in path.strip("/").split(",") if name]
        meant = [self._shelf.others.get(name, name) for name in wanted]
        if meant != wanted:
            where = ",".join(map(quote_plus, meant))
            return Answer(301, b"", {"Location": f"/{where}"})
        names = [self._shelf.called(name) for name in wanted]
        if (
            None in names
        ):  # one by itself is not found, one among others leaves a page with nothing on it
            return _page("No such tag", 404 if len(names) == 1 else 200)
        tags = self._shelf.tags
        found = [post for post in self._shelf.posts.values() if tags[post.id].keys() >= {*names}]
        if "json" not in params:
            return _page(", ".join(wanted) or "Zerochan")
        return self._rows(found, params, base)

    def _rows(self, found: list[Post], params: Mapping[str, str], base: str) -> Answer:
        page, limit = params.get("p", "1"), params.get("l", str(PER_PAGE))
        if not (page.isdigit() and int(page) and limit.isdigit() and int(limit)):
            return replace(_page("Bad request", 400), breach=f"page {page} of {limit}")
        breach = f"{limit} a page" if int(limit) > MOST_PER_PAGE else ""
        breach = breach or (f"order {params['s']}" if params.get("s", "id") not in _ORDERS else "")
        if params.get("s") == "fav":
            found = sorted(found, key=lambda post: (-post.favourites, -post.id))
        size = min(MOST_PER_PAGE, int(limit))
        start = (int(page) - 1) * size
        items = [
            rows.list_row(post, self._shelf.tags[post.id], self._vault, base)
            for post in found[start : start + size]
        ]
        answer = as_json({"items": items, "next": start + size < len(found)})
        return replace(answer, breach=breach)

    def _entry(self, number: int, as_data: bool, base: str) -> Answer:
        post = self._shelf.posts.get(number)
        if post is None:
            return _page("No such entry", 410 if number in self._shelf.deleted else 404)
        if not as_data:
            return _page(rows.primary(post))
        ticket = self._rules.ticket(post, single=True)
        row = rows.entry_row(post, self._shelf.tags[number], self._vault, (base, ticket))
        return _as_it_comes(row)

    def _file(self, file: re.Match[str], query: str, headers: Mapping[str, str]) -> Answer:
        """An original under its extension, or a smaller form."""
        size, number, extension = file.groups()
        post = self._shelf.posts.get(int(number))
        kind = "original" if size == "full" else f"{size}x{size}"
        wanted = Wanted(kind, extension if size == "full" else "jpg", headers, query)
        return serve(self._vault, self._rules, post, wanted)


def _as_it_comes(row: rows.Row) -> Answer:
    """An entry as the site writes it: now and then with raw control characters, a quotation mark that is not
    escaped, something behind it, or a status that says it failed."""
    number, body = row["id"], json.dumps(row, ensure_ascii=False)
    if number % 5 == 1:
        body = body.replace('"source": "', '"source": "\r\n\x01', 1)
    if number % 5 == 2:
        body += "\n<!-- 0.01 s -->"
    if number % 7 == 3:
        body = body.replace('"source": "', '"source": "the "source" of ', 1)
    answer = as_json(None, 500 if number % 11 == 4 else 200)
    return replace(answer, body=body.encode())


def _page(title: str, status: int = 200) -> Answer:
    head = f"<!DOCTYPE html>\n<html><head><title>{escape(title)} - Zerochan</title></head>"
    return as_html(f"{head}<body><script>var z = {{}};</script></body></html>\n", status)
