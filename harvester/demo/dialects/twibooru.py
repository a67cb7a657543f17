"""Twibooru's dialect: Philomena's searches under an API of its own, with texts among the posts."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from harvester.demo.dialects import philomena
from harvester.demo.dialects.shared import STRICT, Answer, Rules, as_html, as_json, asked
from harvester.demo.vault import Vault

API = "/api/v3"
LISTS = {"posts": "images", "tags": "tags"}  # what a search is called here and at Philomena's
WORDLESS = "zip"  # moving pictures of this kind are described in words here: a post without a file
OF_A_FILE = {
    *("width", "height", "aspect_ratio", "mime_type", "format", "duration", "animated", "name"),
    *("view_url", "representations", "intensities", "thumbnails_generated"),
}
ROW = dict[str, Any]


class Dialect:
    """Answers GET requests over one world; knows no sockets.

    What searches, filters and files are is Philomena's: it is asked, and its rows are told in this site's
    words. There is no completion of names.
    """

    def __init__(self, vault: Vault, rules: Rules = STRICT) -> None:
        self._vault = vault
        self._philomena = philomena.Dialect(vault, rules)

    def is_api(self, path: str) -> bool:
        return self._philomena.is_api(path)

    def overloaded(self, status: int, wait: str) -> Answer:
        if status != 429:
            return self._philomena.overloaded(status, wait)
        moment = (
            time.time() + float(wait) if wait.isdigit() else parsedate_to_datetime(wait).timestamp()
        )
        told = {"Retry-After": wait, "X-RL-Reset": str(int(moment) + 1)}
        return Answer(429, b"Rate limit exceeded.\n", {"Content-Type": "text/plain", **told})

    def answer(self, target: str, headers: Mapping[str, str], base: str) -> Answer:
        """The answer to `GET target`; header names are lower-case, `base` is the site's own address."""
        path, params = asked(target)
        if not self.is_api(path) or not headers.get("user-agent"):
            return self._philomena.answer(target, headers, base)
        rest = path.removeprefix(f"{API}/")
        kind, _, name = rest.partition("/")
        if rest == path or (kind, name in LISTS) not in {("search", True), ("posts", False)}:
            return replace(as_html("<html>Not found</html>", 404), breach=f"there is no {path}")
        there = f"search/{LISTS[name]}" if kind == "search" else f"images/{name}"
        meant = f"{philomena.API}/{there}?{urlencode(params)}"
        found = self._philomena.answer(meant, headers, base)
        if found.status != 200:
            return found
        told = as_json(self._told(json.loads(found.body)))
        return replace(told, breach=found.breach)

    def _told(self, found: ROW) -> ROW:
        """An answer of Philomena's in this site's words."""
        if "tags" in found:
            return {"tags": [_tag(row) for row in found["tags"]], "total": found["total"]}
        if "image" in found:
            return {"post": self._post(found["image"])}
        return {"posts": [self._post(row) for row in found["images"]], "total": found["total"]}

    def _post(self, row: ROW) -> ROW:
        """A post; of one that was taken down as little is told as there."""
        dates = {name: f"{told[:-1]}.000Z" for name, told in row.items() if name.endswith("_at")}
        if row["hidden_from_users"]:
            return {**row, **dates}
        post = self._vault.world.by_id[row["id"]]
        is_text = post.format == WORDLESS
        kept = {name: told for name, told in row.items() if not is_text or name not in OF_A_FILE}
        place = {
            "id_at_location": row["id"] - 4_000_000,
            "location": "derpibooru",
            "url_at_location": f"https://derpibooru.test/images/{row['id'] - 4_000_000}",
        }
        kind = {"media_type": "paste" if is_text else "image"}
        return {**kept, **dates, **kind, "locations": [place] if row["id"] % 3 == 0 else []}


def _tag(row: ROW) -> ROW:
    """A tag, or an alias; its number of posts has another name than at Philomena's."""
    return {("posts" if name == "images" else name): told for name, told in row.items()}
