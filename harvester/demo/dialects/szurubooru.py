"""Szurubooru's dialect: JSON for who accepts it, what visitors and accounts may see, and how the site says no."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from harvester.demo.dialects import szurubooru_rows as rows
from harvester.demo.dialects.shared import (
    ACCOUNT,
    STRICT,
    Answer,
    Rules,
    Wanted,
    as_json,
    asked,
    serve,
)
from harvester.demo.dialects.szurubooru_query import BadQuery, Key, read
from harvester.demo.dialects.szurubooru_rows import SAFETY, Board
from harvester.demo.posts import Post
from harvester.demo.vault import Vault

MOST = 100
_PAIR = base64.b64encode(f"{ACCOUNT['login']}:{ACCOUNT['token']}".encode()).decode()
SIGNED = {f"Token {_PAIR}"}
"""How the sandbox's account signs: with `user:token` in Base64."""
_FILE = re.compile(r"/data/(posts|generated-thumbnails)/(\d+)_([0-9a-f]{16})\.(\w+)")
_PLAIN = {"Content-Type": "text/plain"}


class Dialect:
    """Answers GET requests over one world; knows no sockets.

    Rights are those a fresh server gives: visitors see posts and single tags, accounts also lists of
    tags. It documents no last row, so `Rules.depth` changes nothing.
    """

    def __init__(self, vault: Vault, rules: Rules = STRICT) -> None:
        self._vault, self._rules = vault, rules
        self._board = board = rows.board_of(vault)
        self._post_keys = _post_keys(vault, board)
        self._tag_keys = {
            "name": Key("text", lambda tag: tag.names),
            "category": Key("text", lambda tag: tag.category),
            "usages": Key("number", lambda tag: board.usages[tag]),
        }

    def is_api(self, path: str) -> bool:
        return path.startswith("/api/")

    def overloaded(self, status: int, wait: str) -> Answer:
        """The software has no limit of its own; what stands in front of it answers."""
        body = b"<html><head><title>Too Many Requests</title></head><body>nginx</body></html>"
        return Answer(status, body, {"Content-Type": "text/html", "Retry-After": wait})

    def answer(self, target: str, headers: Mapping[str, str], base: str) -> Answer:
        """The answer to `GET target`; header names are lower-case, `base` is the site's own address."""
        written, params = asked(target)
        path = unquote(written)
        if file := _FILE.fullmatch(path):
            return self._file(file, target.partition("?")[2], headers)
        if not self.is_api(path):
            return Answer(404, b"not found", _PLAIN)
        if "application/json" not in headers.get("accept", ""):
            told = ("ValidationError", "Not Acceptable", "This API only supports JSON responses.")
            return replace(_error(406, *told), breach="no Accept header")
        signed = headers.get("authorization", "")
        if signed and signed not in SIGNED:
            return _error(403, "AuthError", "Authentication error", "Invalid token.")
        try:
            return self._routed(path, params, is_known=bool(signed))
        except BadQuery as error:
            told = ("SearchError", "Search error", str(error))
            return replace(_error(400, *told), breach="a query not to be read")

    def _routed(self, path: str, params: Mapping[str, str], *, is_known: bool) -> Answer:
        match path.removeprefix("/api/").rstrip("/").partition("/"):
            case "posts", "", "":
                return self._page(params, self._posts)
            case "post", _, number:
                return self._post(number, params)
            case "tags", "", "":
                return self._page(params, self._tags) if is_known else _denied()
            case "tag", _, name:
                tag = self._board.by_name.get(name.lower())
                found = rows.tag_row(self._board, tag) if tag else None
                missing = ("TagNotFoundError", "Not found", f"Tag {name!r} not found.")
                return as_json(found) if found else _error(404, *missing)
            case "tag-categories", "", "":
                told = ("default", "meta", "artist", "copyright", "character")
                return as_json({"results": [{"name": name, "version": 1, "color": "default", "usages": 1, "default": name == "default", "order": 1} for name in told]})  # fmt: skip
        return _error(404, "ValidationError", "Not found", "Requested resource does not exist.")

    def _page(
        self, params: Mapping[str, str], search: Callable[[str], tuple[list[Any], Callable[[Any], rows.Row]]]
    ) -> Answer:  # fmt: skip
        """A page of posts or tags, with the fields that were asked for."""
        offset, limit = params.get("offset") or "0", params.get("limit") or str(MOST)
        if not limit.isdigit() or not 1 <= int(limit) <= MOST or not offset.isdigit():
            why = f"Parameter 'limit' must be at most {MOST}."
            refused = _error(400, "InvalidParameterError", "Invalid parameter", why)
            return replace(refused, breach=f"limit {limit}, offset {offset}")
        query = params.get("query", "")
        found, row = search(query)
        some = found[int(offset) :][: int(limit)]
        fields = set(filter(None, params.get("fields", "").split(",")))
        results = [_chosen(row(one), fields) for one in some]
        told = {"query": query, "offset": int(offset), "limit": int(limit), "total": len(found)}
        return as_json({**told, "results": results})

    def _posts(self, query: str) -> tuple[list[Any], Callable[[Any], rows.Row]]:
        sorts = {name: key.of for name, key in self._post_keys.items() if key.kind != "text"}
        plain = self._post_keys["tag"]
        search = read("" if query == "*" else query, plain, self._post_keys, sorts)
        found = search.found([*self._board.posts.values()], lambda post: post.id)
        return found, lambda post: self._row(post, single=False)

    def _tags(self, query: str) -> tuple[list[Any], Callable[[Any], rows.Row]]:
        search = read(query, self._tag_keys["name"], self._tag_keys, {"usages": lambda tag: self._board.usages[tag]})  # fmt: skip
        found = search.found([*self._board.usages], lambda tag: tag.names[0])
        return found, lambda tag: rows.tag_row(self._board, tag)

    def _row(self, post: Post, *, single: bool) -> rows.Row:
        ticket = self._rules.ticket(post, single=single)
        return rows.post_row(self._board, post, self._vault, ticket)

    def _post(self, number: str, params: Mapping[str, str]) -> Answer:
        if not number.isdigit():
            return _error(400, "InvalidPostIdError", "Invalid post ID", f"Invalid post ID: {number!r}.")  # fmt: skip
        post = self._board.posts.get(int(number))
        if post is None:
            return _error(404, "PostNotFoundError", "Not found", f"Post {number} not found.")
        fields = set(filter(None, params.get("fields", "").split(",")))
        return as_json(_chosen(self._row(post, single=True), fields))

    def _file(self, file: re.Match[str], query: str, headers: Mapping[str, str]) -> Answer:
        post = self._board.posts.get(int(file[2]))
        if post is not None and rows.file_name(post) != f"{file[2]}_{file[3]}":
            post = None
        kind = "original" if file[1] == "posts" else "300x300"
        return serve(self._vault, self._rules, post, Wanted(kind, file[4], headers, query))


def _post_keys(vault: Vault, board: Board) -> dict[str, Key]:
    words = {word: word for word in SAFETY.values()} | {"questionable": "sketchy"}
    types = {"image": "image", "animation": "animation", "animated": "animation", "video": "video", "flash": "flash"}  # fmt: skip
    keys = {
        "id": Key("number", lambda post: post.id),
        "tag": Key("text", lambda post: board.names[post.id]),
        "score": Key("number", lambda post: post.score),
        "uploader": Key("text", lambda post: f"user_{post.uploader}"),
        "fav-count": Key("number", lambda post: post.favourites),
        "tag-count": Key("number", lambda post: len(board.tagged[post.id])),
        "image-width": Key("number", lambda post: post.width),
        "image-height": Key("number", lambda post: post.height),
        "image-area": Key("number", lambda post: post.width * post.height),
        "image-aspect-ratio": Key("number", lambda post: post.width / post.height),
        "file-size": Key("number", lambda post: vault.claim(post).bytes),
        "content-checksum": Key("text", lambda post: board.sha1(post)),
        "md5": Key("text", lambda post: vault.claim(post).md5),
        "type": Key("text", rows.kind, types),
        "safety": Key("text", lambda post: SAFETY[post.rating], words),
        "creation-date": Key("date", lambda post: post.created),
        "last-edit-date": Key("date", lambda post: None if post.updated == post.created else post.updated),
        "source": Key("text", lambda post: post.source),
    }  # fmt: skip
    return keys | {alias: keys[name] for alias, name in ALIASED.items()}


ALIASED = {
    "rating": "safety", "width": "image-width", "height": "image-height", "area": "image-area",
    "ar": "image-aspect-ratio", "sha1": "content-checksum", "date": "creation-date", "edit-date": "last-edit-date",
}  # fmt: skip
"""Other names of the keys."""


def _chosen(row: rows.Row, fields: set[str]) -> rows.Row:
    if not fields <= row.keys():
        raise BadQuery(f"Invalid key: {sorted(fields - row.keys())[0]!r}.")
    return {key: value for key, value in row.items() if key in fields} if fields else row


def _error(status: int, name: str, title: str, description: str) -> Answer:
    return as_json({"name": name, "title": title, "description": description}, status)


def _denied() -> Answer:
    return _error(403, "AuthError", "Authentication error", "Insufficient privileges to do this.")
