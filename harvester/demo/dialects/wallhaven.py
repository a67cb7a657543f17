"""Wallhaven's dialect: wallpapers by the page, their tags one by one, a key for what visitors may not see."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from harvester.demo.dialects import wallhaven_rows as rows
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
from harvester.demo.dialects.wallhaven_rows import Wall, Wallpaper
from harvester.demo.vault import Vault

PER_PAGE = 24
API = "/api/v1"
CATEGORIES, PURITIES = ("general", "anime", "people"), ("sfw", "sketchy", "nsfw")
PLAIN = "100"  # what is shown to those who do not say
_FULL = re.compile(r"/full/\w\w/wallhaven-(\w+)\.(\w+)")
_THUMB = re.compile(r"/(lg|orig|small)/\w\w/(\w+)\.jpg")
_TERM = re.compile(r"([+-]?)(?:\{([^}]*)\}|(\S+))")
SIZES = {"lg": 432, "orig": 300, "small": 300}
SORTS: Mapping[str, Callable[[Wallpaper], Any]] = {
    "date_added": lambda one: one.post.created,
    "views": lambda one: one.views,
    "favorites": lambda one: one.post.favourites,
}

Test = Callable[[Wallpaper], bool]


class Dialect:
    """Answers GET requests over one world; knows no sockets.

    The site takes still JPEGs and PNGs. It documents no last page, so `Rules.depth` changes nothing.
    """

    def __init__(self, vault: Vault, rules: Rules = STRICT) -> None:
        self._vault, self._rules = vault, rules
        self._wall = Wall(vault.world)

    def is_api(self, path: str) -> bool:
        return not path.startswith(("/full/", "/lg/", "/orig/", "/small/"))

    def overloaded(self, status: int, wait: str) -> Answer:
        said = "Too Many Attempts." if status == 429 else "Service Unavailable"
        answer = as_html(f"<html><title>{said}</title></html>", status)
        return replace(answer, headers={**answer.headers, "Retry-After": wait})

    def answer(self, target: str, headers: Mapping[str, str], base: str) -> Answer:
        """The answer to `GET target`; header names are lower-case, `base` is the site's own address."""
        path, params = asked(target)
        if not headers.get("user-agent"):
            return replace(as_html("<html>Forbidden</html>", 403), breach="no User-Agent")
        if not self.is_api(path):
            return self._file(path, target.partition("?")[2], headers)
        key = headers.get("x-api-key") or params.get("apikey", "")
        if key and key != ACCOUNT["api_key"]:
            return replace(_refused(401), breach="a key that is none")
        if path == f"{API}/search":
            return self._search(params, bool(key), base)
        if single := re.fullmatch(rf"{API}/w/(\w+)", path):
            return self._single(single[1], bool(key), base)
        return replace(_refused(404), breach=f"there is no {path}")

    def _search(self, params: Mapping[str, str], known: bool, base: str) -> Answer:
        shown = params.get("purity", PLAIN)
        if not re.fullmatch("[01]{3}", shown + params.get("categories", "111")[3:]):
            return replace(_refused(400), breach=f"purity {shown}")
        if shown[2] == "1" and not known:
            return replace(_refused(401), breach="nsfw without a key")
        number = re.fullmatch(r"id:(\d+)", params.get("q", "").strip())
        if "id:" in params.get("q", "") and not number:
            return replace(_refused(400), breach="id: beside other terms")
        test = self._tagged(int(number[1])) if number else self._like(params.get("q", ""))
        kinds = _chosen(params.get("categories", "111"), CATEGORIES)
        purities = _chosen(shown, PURITIES)
        found = [
            one
            for one in self._wall.wallpapers.values()
            if one.category in kinds and one.purity in purities and test(one)
        ]
        tag = self._wall.named.get(int(number[1])) if number else None
        query: object = params.get("q") or None
        if number:
            query = {"id": int(number[1]), "tag": tag}
        return self._page(_sorted(found, params), params, query, base)

    def _page(
        self, found: Sequence[Wallpaper], params: Mapping[str, str], query: object, base: str
    ) -> Answer:
        page = int(params["page"]) if params.get("page", "").isdigit() else 1
        listed = found[(page - 1) * PER_PAGE : page * PER_PAGE]
        meta = {
            "current_page": page,
            "last_page": max(1, -(-len(found) // PER_PAGE)),
            "per_page": PER_PAGE,
            "total": len(found),
            "query": query,
            "seed": None,
        }
        data = [self._row(one, base, single=False) for one in listed]
        return as_json({"data": data, "meta": meta})

    def _single(self, number: str, known: bool, base: str) -> Answer:
        one = self._wall.wallpapers.get(number)
        if one is None:
            return _refused(404)
        if one.purity == "nsfw" and not known:
            return replace(_refused(401), breach="nsfw without a key")
        row = self._row(one, base, single=True)
        uploader = rows.uploader(one.post, base)
        tags = [self._wall.tag(name) for name in one.tags]
        return as_json({"data": {**row, "uploader": uploader, "tags": tags}})

    def _row(self, one: Wallpaper, base: str, *, single: bool) -> rows.Row:
        ticket = self._rules.ticket(one.post, single=single)
        return rows.wallpaper_row(one, self._vault, base, ticket)

    def _tagged(self, number: int) -> Test:
        """Exactly the wallpapers of one tag."""
        name = self._wall.named.get(number)
        return lambda one: name in one.tags

    def _like(self, text: str) -> Test:
        """Every keyword begins a word of some tag, or of another name of it; none that is unwanted does."""
        tests: list[tuple[bool, list[str]]] = []
        for sign, group, word in _TERM.findall(text.lower()):
            if not word.startswith("@") and ":" not in word:
                tests.append((sign != "-", (group or word).split()))
        if text.startswith(("like:", "@")) or not tests:
            return lambda one: not text
        return lambda one: all(
            all(map(self._wall.words(one).__contains__, words)) is wanted for wanted, words in tests
        )

    def _file(self, path: str, query: str, headers: Mapping[str, str]) -> Answer:
        if whole := _FULL.fullmatch(path):
            one, wanted = whole[1], Wanted("original", whole[2], headers, query)
        elif thumb := _THUMB.fullmatch(path):
            side = SIZES[thumb[1]]
            one, wanted = thumb[2], Wanted(f"{side}x{side}", "jpg", headers)
        else:
            return _refused(404)
        found = self._wall.wallpapers.get(one)
        return serve(self._vault, self._rules, found.post if found else None, wanted)


def _chosen(bits: str, names: Sequence[str]) -> set[str]:
    return {name for bit, name in zip(bits, names, strict=False) if bit == "1"}


def _sorted(found: list[Wallpaper], params: Mapping[str, str]) -> list[Wallpaper]:
    """The likest are those with the fewest tags beside."""
    if params.get("sorting") == "relevance":
        return sorted(found, key=lambda one: (len(one.tags), one.post.id))
    key = SORTS.get(params.get("sorting", ""), SORTS["date_added"])
    descending = params.get("order") != "asc"
    return sorted(found, key=lambda one: (key(one), one.post.id), reverse=descending)


def _refused(status: int) -> Answer:
    said = {400: "Bad Request", 401: "Unauthorized", 404: "Nothing here"}[status]
    return as_json({"error": said}, status)
