"""What the dialects have in common: answers, scaled limits, and the bytes of files with ranges."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

from harvester.demo.posts import Post
from harvester.demo.vault import Vault

ACCOUNT: Mapping[str, str] = {
    "login": "sandbox", "api_key": "sandbox-key", "user_id": "1", "token": "sandbox-key",
}  # fmt: skip
"""The one account the sandbox knows."""

TYPES = {
    "jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "gif": "image/gif",
    "mp4": "video/mp4", "zip": "application/zip", "webm": "video/webm",
}  # fmt: skip
_PLAIN = {"Content-Type": "text/plain"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: `post_id` is set when it is the file of a post, `breach` when the request broke a
    limit that the site documents."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    post_id: int | None = None
    forbidden: bool = False
    breach: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """The limits of a site where a test wants others. `depth`: rows that can be reached by counting pages;
    None is what the site documents. `moved`: about one original in so many lies elsewhere than a list said;
    the post by itself tells the new address. `rate`: API requests a second before 429. 0 is never."""

    depth: int | None = None
    moved: int = 0
    rate: float = 0

    def ticket(self, post: Post, *, single: bool) -> str:
        """What stands behind the address of this post's original."""
        return "" if not self._has_moved(post) else "?at=2" if single else "?at=1"

    def is_there(self, post: Post, query: str) -> bool:
        """Whether an original can be had under an address that ends with `query`."""
        return f"?{query}" == "?at=2" or not self._has_moved(post)

    def last_page(self, per_page: int, documented: int) -> int:
        """The last page by number that may be asked for."""
        return documented if self.depth is None else max(1, self.depth // per_page)

    def _has_moved(self, post: Post) -> bool:
        return chosen(str(post.id), self.moved)


STRICT = Rules()
"""The limits as the sites document them."""


class Dialect(Protocol):
    """One family's way to answer GET requests over a world; knows no sockets."""

    def __init__(self, vault: Vault, rules: Rules = STRICT) -> None: ...
    def answer(self, target: str, headers: Mapping[str, str], base: str) -> Answer:
        """The answer to `GET target`; header names are lower-case, `base` is the site's own address."""
        ...

    def is_api(self, path: str) -> bool:
        """Whether this is a page of the API or of the site, not a file."""
        ...

    def overloaded(self, status: int, wait: str) -> Answer:
        """How the site says 429 or 503; `wait` is for `Retry-After`."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which file of a post is asked for and how. `kind` is original, sample or a size such as 180x180."""

    kind: str
    extension: str
    headers: Mapping[str, str]
    query: str = ""


def asked(target: str) -> tuple[str, dict[str, str]]:
    """Path and parameters of a target; of a parameter given twice the last counts."""
    parts = urlsplit(target)
    return parts.path, dict(parse_qsl(parts.query, keep_blank_values=True))


def as_json(value: object, status: int = 200) -> Answer:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status, body, {"Content-Type": "application/json; charset=utf-8"})


def as_xml(text: str, status: int = 200) -> Answer:
    return Answer(status, text.encode(), {"Content-Type": "text/xml; charset=utf-8"})


def as_html(text: str, status: int = 200) -> Answer:
    return Answer(status, text.encode(), {"Content-Type": "text/html; charset=utf-8"})


def chosen(text: str, every: int) -> bool:
    """True for about one text in so many, always the same ones."""
    return (
        every > 0 and int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") % every == 0
    )


def serve(vault: Vault, rules: Rules, post: Post | None, wanted: Wanted) -> Answer:
    """A file of a post, or why there is none."""
    if post is not None and post.forbidden:
        return Answer(500, b"forbidden", _PLAIN, post.id, forbidden=True)
    if post is None or not _is_there(post, rules, wanted):
        return Answer(404, b"not found", _PLAIN, post.id if post else None)
    body = vault.body(post, wanted.kind)
    etag = f'"{vault.claim(post).md5}-{wanted.kind}"'
    kind = TYPES.get(wanted.extension, "application/octet-stream")
    return _ranged(body, post, {"ETag": etag, "Content-Type": kind}, wanted.headers)


def _is_there(post: Post, rules: Rules, wanted: Wanted) -> bool:
    if post.hidden:
        return False
    if wanted.kind != "original":
        return True
    is_named = wanted.extension == post.format and post.truth.defect != "missing"
    return is_named and rules.is_there(post, wanted.query)


def _ranged(body: bytes, post: Post, told: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
    """A file, or the part of it that was asked for while the condition holds."""
    modified = format_datetime(post.created.replace(microsecond=0), usegmt=True)
    base = {**told, "Last-Modified": modified, "Accept-Ranges": "bytes"}
    wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", headers.get("range", ""))
    if headers.get("if-none-match") == told["ETag"]:
        return Answer(304, b"", base, post.id)
    holds = headers.get("if-range", modified) in {told["ETag"], modified}
    if not wanted or not any(wanted.groups()) or not holds:
        return Answer(200, body, base, post.id)
    if wanted[1]:
        start, end = int(wanted[1]), min(int(wanted[2] or len(body)), len(body) - 1)
    else:
        start, end = max(0, len(body) - int(wanted[2])), len(body) - 1
    if start > end:
        return Answer(416, b"", base | {"Content-Range": f"bytes */{len(body)}"}, post.id)
    part = base | {"Content-Range": f"bytes {start}-{end}/{len(body)}"}
    return Answer(206, body[start : end + 1], part, post.id)
