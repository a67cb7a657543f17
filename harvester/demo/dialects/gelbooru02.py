"""Gelbooru Beta 0.2's dialect: XML with everything in attributes, a poorer JSON, errors with status 200, HTML pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote_plus
from xml.sax.saxutils import quoteattr

from harvester.demo.dialects import gelbooru_board as boards
from harvester.demo.dialects.gelbooru_board import Board, Found, TooDeep, escaped, refused
from harvester.demo.dialects.gelbooru_query import BRACKETS, Tongue
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
from harvester.demo.posts import Post
from harvester.demo.vault import Vault

MOST = 1000
TONGUE = Tongue(BRACKETS, {"g": "safe", "s": "safe", "q": "questionable", "e": "explicit"})
"""An old board has three ratings; its mildest holds what others call sensitive."""
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_FILE = re.compile(
    r"/(images|samples|thumbnails)/([0-9a-f/]+)/(?:sample_|thumbnail_)?([0-9a-f]{32,40})\.(\w+)"
)
_KINDS = {"images": "original", "samples": "sample", "thumbnails": "150x150"}


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
            folder, _, stem, extension = file.groups()
            wanted = Wanted(_KINDS[folder], extension, headers, target.partition("?")[2])
            return serve(self._vault, self._rules, self._owner(stem), wanted)
        if path == "/autocomplete.php":
            return self._completions(params.get("q", ""))
        if path != "/index.php":
            return as_html("<html><body>Not found</body></html>", 404)
        if any(params.get(name, ACCOUNT[name]) != ACCOUNT[name] for name in ("api_key", "user_id")):
            told = as_xml(f"{HEAD}<error>Missing authentication. The key is not known.</error>")
            return replace(told, breach="a wrong key")
        if params.get("page") == "post":
            return self._page(params)
        return self._dapi(params, base)

    def _dapi(self, params: Mapping[str, str], base: str) -> Answer:
        if params.get("page") != "dapi" or params.get("q") != "index":
            return as_html("<html><body>Gelbooru Beta 0.2</body></html>")
        if params.get("s") == "tag":
            return self._tags(params)
        try:
            found = self._board.page(params)
        except TooDeep as deep:
            return refused("too deep", breach=str(deep))
        answer = (
            self._json(found, params)
            if params.get("json") == "1"
            else self._xml(found, params, base)
        )
        return replace(answer, breach=found.breach)

    def _xml(self, found: Found, params: Mapping[str, str], base: str) -> Answer:
        posts = (self._attributes(post, base, single="id" in params) for post in found.posts)
        rows = "\n".join(f" <post {_written(post)}/>" for post in posts)
        return as_xml(
            f'{HEAD}<posts count="{found.count}" offset="{found.offset}">\n{rows}\n</posts>'
        )

    def _json(self, found: Found, params: Mapping[str, str]) -> Answer:
        """The poorer record. Where nothing is found the body is empty."""
        rows = [self._record(post) for post in found.posts]
        if params.get("fields") == "tag_info":
            for row, post in zip(rows, found.posts, strict=True):
                row["tag_info"] = [
                    {"count": count, "type": boards.WORDS[kind], "tag": name}
                    for name, count, kind in self._kinds(post)
                ]
        return as_json(rows) if rows else replace(as_json(rows), body=b"")

    def _tags(self, params: Mapping[str, str]) -> Answer:
        """One name at a time, always as XML."""
        counts, kinds = self._vault.world.tag_counts, self._vault.world.tag_categories
        names = self._board.tags(params, [params.get("name", "")])
        if params.get("order") == "count":
            names.sort(key=lambda name: counts[name], reverse=params.get("direction") == "desc")
        rows = (
            {"type": kinds[name], "count": counts[name], "name": name, "ambiguous": "false", "id": number}
            for number, name in enumerate(names, 1)
        )  # fmt: skip
        told = "".join(f"<tag {_written(row)}/>" for row in rows)
        return as_xml(f'{HEAD}<tags type="array">{told}</tags>')

    def _completions(self, term: str) -> Answer:
        counts = self._vault.world.tag_counts
        found = self._board.completed(term)
        return as_json([{"label": f"{name} ({counts[name]})", "value": name} for name in found])

    def _page(self, params: Mapping[str, str]) -> Answer:
        """A page for people: of a post, with its tags by kind beside it, or a list of posts."""
        found = self._board.page({"id": params.get("id", "")}).posts
        if params.get("s") == "view" and not found:
            return Answer(302, b"", {"Location": "/index.php?page=post&s=list&tags=all"})
        shown = found if params.get("s") == "view" else self._board.page({"limit": "42"}).posts
        kinds = {name: kind for post in shown for name, _, kind in self._kinds(post)}
        items = "\n".join(_item(name, boards.WORDS[kind]) for name, kind in sorted(kinds.items()))
        listed = f'<div id="tag-list"><ul id="tag-sidebar">\n{items}\n</ul></div>'
        return as_html(f"<!doctype html>\n<html><body>{listed}</body></html>")

    def _kinds(self, post: Post) -> list[tuple[str, int, int]]:
        counts, kinds = self._vault.world.tag_counts, self._vault.world.tag_categories
        return [(name, counts[name], kinds[name]) for name in sorted(post.words)]

    def _attributes(self, post: Post, base: str, *, single: bool) -> dict[str, Any]:
        """A post of the XML. Of a hidden one there are no addresses."""
        sample, small = boards.sample(post) or (0, 0), self._board.preview(post, 150)
        files = self._files(post, base, self._rules.ticket(post, single=single))
        return {
            "height": post.height, "score": post.score, "file_url": files["images"],
            "parent_id": post.parent or "", "sample_url": files["samples"],
            "sample_width": sample[0], "sample_height": sample[1],
            "preview_url": files["thumbnails"], "rating": TONGUE.ratings[post.rating][0],
            "tags": f" {' '.join(sorted(post.words))} ", "id": post.id, "width": post.width,
            "change": int(post.updated.timestamp()),
            "md5": "" if post.hidden else self._vault.claim(post).md5, "creator_id": post.uploader,
            "has_children": self._board.has_children(post), "created_at": boards.stamp(post.created),
            "status": boards.status(post), "source": post.source, "has_notes": "false",
            "has_comments": "false", "preview_width": small[0], "preview_height": small[1],
        }  # fmt: skip

    def _record(self, post: Post) -> dict[str, Any]:
        """A post of the JSON, without addresses: a client puts them together."""
        sample = boards.sample(post)
        return {
            "directory": _directory(post), "hash": "" if post.hidden else self._vault.claim(post).md5,
            "height": post.height, "id": post.id,
            "image": None if post.hidden else f"{self._stem(post)}.{post.format}",
            "change": int(post.updated.timestamp()), "owner": "danbooru",
            "parent_id": post.parent or 0, "rating": TONGUE.ratings[post.rating],
            "sample": bool(sample), "sample_height": sample[1] if sample else 0,
            "sample_width": sample[0] if sample else 0, "score": post.score,
            "tags": escaped(" ".join(sorted(post.words))), "width": post.width,
        }  # fmt: skip

    def _files(self, post: Post, base: str, ticket: str) -> dict[str, str]:
        """Addresses by folder; every third original has one without a scheme. Small ones always have."""
        if post.hidden:
            return dict.fromkeys(_KINDS, "")
        stem, bare = self._stem(post), base.partition(":")[2]
        folder = (
            _directory(post)
            or f"{self._vault.claim(post).md5[:2]}/{self._vault.claim(post).md5[2:4]}"
        )
        original = (
            f"{bare if post.id % 3 == 0 else base}/images/{folder}/{stem}.{post.format}{ticket}"
        )
        large = f"{bare}/samples/{folder}/sample_{stem}.jpg" if boards.sample(post) else original
        small = f"{bare}/thumbnails/{folder}/thumbnail_{stem}.jpg"
        return {"images": original, "samples": large, "thumbnails": small}

    def _stem(self, post: Post) -> str:
        """A file's name: its MD5, but 40 digits that are something else for a quarter of the posts."""
        md5 = self._vault.claim(post).md5
        return f"{md5[::-1]}{post.id:08x}" if post.id % 4 == 0 else md5

    def _owner(self, stem: str) -> Post | None:
        if len(stem) == 32:
            return self._vault.owner(stem)
        post = self._vault.world.by_id.get(int(stem[32:], 16))
        return post if post is not None and self._stem(post) == stem else None


def _directory(post: Post) -> str | None:
    """The number of a post's folder; None where it lies in folders named by its MD5."""
    return None if post.id % 10 == 7 else str(post.id % 5000 // 100 + 1)


def _written(row: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={quoteattr(str(value))}" for name, value in row.items())


def _item(name: str, kind: str) -> str:
    css = "general" if kind == "tag" else kind
    link = f"index.php?page=post&amp;s=list&amp;tags={quote_plus(name)}"
    about = f'<a href="index.php?page=wiki&amp;s=list&amp;search={quote_plus(name)}">?</a>'
    shown = escaped(name.replace("_", " "))
    return f'<li class="tag-type-{css} tag">{about} <a href="{link}">{shown}</a></li>'
