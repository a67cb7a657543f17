"""Gelbooru 0.2.5's dialect: a key for everything, refusals as XML, files only for who says where they come from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harvester.demo.dialects import gelbooru_board as boards
from harvester.demo.dialects.gelbooru_board import Board, TooDeep, escaped, refused
from harvester.demo.dialects.gelbooru_query import BRACES, Tongue
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

MOST, MOST_NAMES = 100, 100
TONGUE = Tongue(BRACES, {"g": "general", "s": "sensitive", "q": "questionable", "e": "explicit"})
_FILE = re.compile(
    r"/(images|samples|thumbnails)/(..)/(..)/(?:sample_|thumbnail_)?([0-9a-f]{32})\.(\w+)"
)
_KINDS = {"images": "original", "samples": "sample", "thumbnails": "250x250"}


class Dialect:
    """Answers GET requests over one world; knows no sockets."""

    def __init__(self, vault: Vault, rules: Rules = STRICT) -> None:
        self._vault, self._rules = vault, rules
        self._board = Board(vault, rules, TONGUE, MOST)

    def is_api(self, path: str) -> bool:
        return path.endswith(".php")

    def overloaded(self, status: int, wait: str) -> Answer:
        return boards.overloaded(status, wait)

    def answer(self, target: str, headers: Mapping[str, str], base: str) -> Answer:
        """The answer to `GET target`; header names are lower-case, `base` is the site's own address."""
        path, params = asked(target)
        if file := _FILE.fullmatch(path):
            return self._file(file, target.partition("?")[2], headers, base)
        if path != "/index.php":
            return as_html("<html><body>Not found</body></html>", 404)
        if params.get("page") == "autocomplete2":
            return self._completions(params.get("term", ""))
        if params.get("page") != "dapi" or params.get("q") != "index":
            return as_html("<html><body>Gelbooru</body></html>")
        if any(params.get(name) != ACCOUNT[name] for name in ("api_key", "user_id")):
            return refused("Missing authentication.", 401, breach="no key")
        return self._dapi(params, base)

    def _dapi(self, params: Mapping[str, str], base: str) -> Answer:
        if params.get("s") == "tag":
            return self._tags(params)
        try:
            found = self._board.page(params)
        except TooDeep as deep:
            return refused("Unable to search this deep", breach=str(deep))
        rows = [self._row(post, base, single="id" in params) for post in found.posts]
        told = {"limit": found.limit, "offset": found.offset, "count": found.count}
        return replace(_listed(told, "post", rows), breach=found.breach)

    def _tags(self, params: Mapping[str, str]) -> Answer:
        names = [params["name"]] if "name" in params else params.get("names", "").split()
        counts, kinds = self._vault.world.tag_counts, self._vault.world.tag_categories
        rows = [
            {"id": number, "name": escaped(name), "count": counts[name], "type": kinds[name], "ambiguous": 0}
            for number, name in enumerate(self._board.tags(params, names), 1)
        ]  # fmt: skip
        told = {"limit": MOST, "offset": 0, "count": len(rows)}
        breach = f"{len(names)} names" if len(names) > MOST_NAMES else ""
        return replace(_listed(told, "tag", rows), breach=breach)

    def _completions(self, term: str) -> Answer:
        counts, kinds = self._vault.world.tag_counts, self._vault.world.tag_categories
        return as_json(
            [
                {"type": "tag", "label": escaped(name), "value": escaped(name),
                 "post_count": str(counts[name]), "category": boards.WORDS[kinds[name]]}
                for name in self._board.completed(term)
            ]
        )  # fmt: skip

    def _row(self, post: Post, base: str, *, single: bool) -> dict[str, Any]:
        """One post. Of a hidden one there are no addresses."""
        md5 = "" if post.hidden else self._vault.claim(post).md5
        folder = f"{md5[:2]}/{md5[2:4]}" if md5 else ""
        ticket = self._rules.ticket(post, single=single)
        sample, small = boards.sample(post), self._board.preview(post, 250)
        return {
            "id": post.id, "created_at": boards.stamp(post.created), "score": post.score,
            "width": post.width, "height": post.height, "md5": md5, "directory": folder,
            "image": f"{md5}.{post.format}" if md5 else "", "rating": TONGUE.ratings[post.rating],
            "source": post.source, "change": int(post.updated.timestamp()), "owner": "danbooru",
            "creator_id": post.uploader, "parent_id": post.parent or 0, "sample": int(bool(sample)),
            "preview_height": small[1], "preview_width": small[0],
            "tags": escaped(" ".join(sorted(post.words))), "title": "",
            "has_notes": "false", "has_comments": "false",
            "file_url": f"{base}/images/{folder}/{md5}.{post.format}{ticket}" if md5 else "",
            "preview_url": f"{base}/thumbnails/{folder}/thumbnail_{md5}.jpg" if md5 else "",
            "sample_url": f"{base}/samples/{folder}/sample_{md5}.jpg" if md5 and sample else "",
            "sample_height": sample[1] if sample else 0, "sample_width": sample[0] if sample else 0,
            "status": boards.status(post), "post_locked": 0, "has_children": self._board.has_children(post),
        }  # fmt: skip

    def _file(
        self, found: re.Match[str], query: str, headers: Mapping[str, str], base: str
    ) -> Answer:
        """A file. Whoever does not come from the site's own pages gets one of those instead, with status 200."""
        folder, *_, md5, extension = found.groups()
        kind = _KINDS[folder]
        if kind == "original" and not headers.get("referer", "").startswith(f"{base}/"):
            page = as_html("<html><body>This picture is shown on its own page.</body></html>")
            return replace(page, breach="no Referer for a full-size file")
        post = self._vault.owner(md5)
        return serve(self._vault, self._rules, post, Wanted(kind, extension, headers, query))


def _listed(told: Mapping[str, int], key: str, rows: list[dict[str, Any]]) -> Answer:
    """A list as this software writes it: no key where there is nothing, an object where there is one."""
    held = {key: rows[0] if len(rows) == 1 else rows} if rows else {}
    return as_json({"@attributes": told, **held})
