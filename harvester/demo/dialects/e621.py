"""e621's dialect: which path answers what, and how the site says no."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from harvester.demo.dialects import e621_rows as rows
from harvester.demo.dialects.e621_board import Board, Shown
from harvester.demo.dialects.e621_query import BadQuery, Search
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
from harvester.demo.vault import Vault

PER_PAGE, MOST_PER_PAGE, LAST_PAGE = 75, 320, 750
_FILE = re.compile(r"/data(?:/(preview|sample))?/(..)/(..)/([0-9a-f]{32})\.(\w+)")
_NAMELESS = re.compile(
    r"$|mozilla|opera|python|aiohttp|httpx|curl|wget|go-http|java|okhttp|libwww|axios|node", re.I
)
_NO_ADDRESS = "a file whose address this visitor was not told"


class _Refusal(Exception):
    """The site's own error, ready to be sent."""

    def __init__(self, status: int, reason: str, breach: str = "") -> None:
        super().__init__(reason)
        self.answer = replace(_error(status, reason), breach=breach)


class Dialect:
    """Answers GET requests over one world; knows no sockets."""

    def __init__(self, vault: Vault, rules: Rules = STRICT) -> None:
        self._vault, self._rules, self._board = vault, rules, Board(vault)
        self._told: set[int] = set()  # posts for accounts whose address an account was told
        self._routes: dict[str, Callable[[Mapping[str, str], str, bool], Answer]] = {
            "/posts.json": self._posts,
            "/posts/count.json": self._count,
            "/tags.json": self._tags,
            "/tags/autocomplete.json": self._completions,
            "/tag_aliases.json": self._aliases,
        }

    def is_api(self, path: str) -> bool:
        return path.endswith(".json")

    def overloaded(self, status: int, wait: str) -> Answer:
        answer = _error(status, "Throttled: please slow down")
        return replace(answer, headers={**answer.headers, "Retry-After": wait})

    def answer(self, target: str, headers: Mapping[str, str], base: str) -> Answer:
        """The answer to `GET target`; header names are lower-case, `base` is the site's own address."""
        if _NAMELESS.match(headers.get("user-agent", "").strip()):
            page = as_html("<html><title>403 Forbidden</title></html>", 403)
            return replace(page, breach="a User-Agent that does not say who asks")
        path, given = asked(target)
        if file := _FILE.fullmatch(path):
            return self._file(file, target.partition("?")[2], headers)
        try:
            account = _is_account(given, headers)
            if path in self._routes:
                return self._routes[path](given, base, account)
            if single := re.fullmatch(r"/posts/(\d+)\.json", path):
                return self._one(int(single[1]), base, account=account)
            if single := re.fullmatch(r"/tags/(.+)\.json", path):
                return self._tag(single[1])
            raise _Refusal(404, "not found")
        except _Refusal as refusal:
            return refusal.answer

    def _posts(self, given: Mapping[str, str], base: str, account: bool) -> Answer:
        search = Search(self._board)
        test = _read(search, given.get("tags", ""))
        limit = _limit(given) if search.limit is None else _limit({"limit": str(search.limit)})
        found = [shown for shown in reversed(self._board.posts) if test(shown)]
        chosen = self._paged(found, given, limit, search.order)
        listed = [self._row(shown, base, account=account, single=False) for shown in chosen]
        if "only" not in given:
            return as_json({"posts": listed})
        kept = given["only"].split(",")
        return as_json([{key: row[key] for key in kept if key in row} for row in listed])

    def _paged(
        self, found: list[Shown], given: Mapping[str, str], limit: int, order: str
    ) -> Sequence[Shown]:
        page = given.get("page", "1")
        if keyset := re.fullmatch(r"([ab])(\d+)", page):
            edge = int(keyset[2])
            if keyset[1] == "b":
                return [shown for shown in found if shown.post.id < edge][:limit]
            above = [shown for shown in found if shown.post.id > edge]
            return above[-limit:] if limit else []
        number = self._page(page, limit)
        return _ordered(found, order, self._board)[(number - 1) * limit : number * limit]

    def _page(self, page: str, limit: int) -> int:
        last = self._rules.last_page(max(1, limit), LAST_PAGE)
        if not page.isdigit() or not 1 <= int(page) <= last:
            raise _Refusal(410, f"You cannot go beyond page {last}", f"page {page}")
        return int(page)

    def _row(self, shown: Shown, base: str, *, account: bool, single: bool) -> rows.Row:
        is_open = shown.is_open_to(account=account)
        if is_open and shown.is_for_accounts:
            self._told.add(shown.post.id)
        ticket = self._rules.ticket(shown.post, single=single) if is_open else None
        return rows.post_row(shown, self._board, base, ticket)

    def _one(self, number: int, base: str, *, account: bool) -> Answer:
        shown = self._board.by_id.get(number)
        if shown is None:
            raise _Refusal(404, "not found")
        return as_json({"post": self._row(shown, base, account=account, single=True)})

    def _count(self, given: Mapping[str, str], _base: str, _account: bool) -> Answer:
        test = _read(Search(self._board), given.get("tags", ""))
        depth = self._rules.depth or LAST_PAGE * MOST_PER_PAGE
        count = min(depth + 1, sum(map(test, self._board.posts)))
        return as_json({"count": count, "capped": count > depth})

    def _tags(self, given: Mapping[str, str], _base: str, _account: bool) -> Answer:
        return self._listed(given, rows.tag_rows(self._board, _searched(given)), "tags")

    def _aliases(self, given: Mapping[str, str], _base: str, _account: bool) -> Answer:
        found = rows.alias_rows(self._board, _searched(given))
        return self._listed(given, found, "tag_aliases")

    def _listed(self, given: Mapping[str, str], found: list[rows.Row], name: str) -> Answer:
        """A page of a list; an empty one comes as an object."""
        limit = _limit(given)
        number = self._page(given.get("page", "1"), limit)
        shown = found[(number - 1) * limit : number * limit]
        return as_json(shown or {name: []})

    def _completions(self, given: Mapping[str, str], _base: str, _account: bool) -> Answer:
        typed = _searched(given).get("name_matches", "").lower()
        if len(typed) < rows.TYPED:
            return replace(as_json([]), breach="a completion of fewer than 3 characters")
        return as_json(rows.completion_rows(self._board, typed))

    def _tag(self, name: str) -> Answer:
        if name not in self._board.counts:
            raise _Refusal(404, "not found")
        return as_json(rows.tag_row(self._board, name))

    def _file(self, found: re.Match[str], query: str, headers: Mapping[str, str]) -> Answer:
        role, _, _, md5, extension = found.groups()
        owner = self._vault.owner(md5)
        if owner is None:
            return serve(self._vault, self._rules, None, Wanted("original", extension, headers))
        shown = self._board.by_id[owner.id]
        if not owner.forbidden and not shown.is_open_to(account=owner.id in self._told):
            missing = serve(self._vault, self._rules, None, Wanted("original", extension, headers))
            return replace(missing, post_id=owner.id, breach=_NO_ADDRESS)
        kind = {"preview": f"{rows.PREVIEW}x{rows.PREVIEW}", "sample": "sample"}.get(
            role, "original"
        )
        if kind == "original":
            extension = owner.format if extension == shown.extension else ""
        wanted = Wanted(kind, extension, headers, query)
        return serve(self._vault, self._rules, replace(owner, hidden=False), wanted)


_ORDERS: Mapping[str, Callable[[Shown, Board], Any]] = {
    "score": lambda shown, _: shown.post.score,
    "favcount": lambda shown, _: shown.post.favourites,
    "created": lambda shown, _: shown.post.created,
    "updated": lambda shown, _: shown.post.updated,
    "mpixels": lambda shown, _: shown.post.width * shown.post.height,
    "portrait": lambda shown, _: shown.post.height / shown.post.width,
    "landscape": lambda shown, _: shown.post.width / shown.post.height,
    "filesize": lambda shown, board: board.vault.claim(shown.post).bytes,
    "tagcount": lambda shown, _: len(shown.words),
    "md5": lambda shown, board: board.vault.claim(shown.post).md5,
    "random": lambda shown, _: shown.post.id * 2_654_435_761 % 1_000_003,
}


def _ordered(found: list[Shown], order: str, board: Board) -> Sequence[Shown]:
    """Newest first, unless the search says otherwise; `order:id` alone begins with the oldest."""
    if order in {"id", "id_asc"}:
        return found[::-1]
    key = _ORDERS.get(order.removesuffix("_asc"))
    if key is None:
        return found
    backwards = not order.endswith("_asc")
    return sorted(found, key=lambda shown: (key(shown, board), shown.post.id), reverse=backwards)


def _read(search: Search, text: str) -> Callable[[Shown], bool]:
    try:
        return search.read(text)
    except BadQuery as bad:
        raise _Refusal(422, bad.reason, bad.breach) from None


def _is_account(given: Mapping[str, str], headers: Mapping[str, str]) -> bool:
    """Whether the request is signed; half an account or a wrong one is refused."""
    pair = given.get("login"), given.get("api_key")
    scheme, _, code = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        pair = "", ""
        with suppress(ValueError):
            login, _, key = base64.b64decode(code).decode().partition(":")
            pair = login, key
    if pair == (None, None):
        return False
    if pair != (ACCOUNT["login"], ACCOUNT["api_key"]):
        raise _Refusal(401, "Invalid API key")
    return True


def _searched(given: Mapping[str, str]) -> dict[str, str]:
    return {key[7:-1]: value for key, value in given.items() if re.fullmatch(r"search\[\w+\]", key)}


def _limit(given: Mapping[str, str]) -> int:
    limit = given.get("limit", str(PER_PAGE))
    if not limit.isdigit() or int(limit) > MOST_PER_PAGE:
        raise _Refusal(410, f"limit must be 0 to {MOST_PER_PAGE}", f"limit {limit}")
    return int(limit)


def _error(status: int, reason: str) -> Answer:
    return as_json({"success": False, "reason": reason}, status)
