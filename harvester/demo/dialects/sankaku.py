"""Sankaku's dialect: one tag for visitors, pages by token, kinds of tags by the post, files signed for some hours."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

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
from harvester.demo.posts import CATEGORIES, STILLS, Post
from harvester.demo.vault import Vault

PER_PAGE, MOST_PER_PAGE, MOST_TAGS = 20, 100, 100
HOURS = 6.0
RATINGS = {"g": "s", "s": "s", "q": "q", "e": "e"}
MEDIUM, MEDIA = 8, {"official_art", "photo_(medium)", "greyscale", "animated", "animated_gif", "video"}  # fmt: skip
TYPES = {
    **{"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "gif": "image/gif"},
    **{"mp4": "video/mp4", "zip": "application/zip"},
}
_FILE = re.compile(r"/data/(?:(sample|preview)/)?\w\w/\w\w/([0-9a-f]{32})\.(\w+)")
_PREFIX = {"sample": "sample", "preview": "300x300"}

Row = dict[str, Any]


class Dialect:
    """Answers GET requests over one world; knows no sockets.

    An address of a file is good for `lifetime` seconds by the wall clock; a test may set it at any time.
    """

    def __init__(self, vault: Vault, rules: Rules = STRICT) -> None:
        self._vault, self._rules = vault, rules
        self.lifetime = HOURS * 3600
        self._routes: dict[str, Callable[[Mapping[str, str], bool, str], Answer]] = {
            "/v2/posts/keyset": self._keyset,
            "/v2/posts": self._numbered,
        }

    @cached_property
    def _posts(self) -> Sequence[Post]:
        """What there is, the newest first."""
        return sorted(self._vault.world.posts, key=lambda post: -post.id)

    def is_api(self, path: str) -> bool:
        return not path.startswith("/data/")

    def overloaded(self, status: int, wait: str) -> Answer:
        if status != 429:
            answer = as_html("<html>Service Unavailable</html>", status)
            return replace(answer, headers={**answer.headers, "Retry-After": wait})
        moment = (
            time.time() + float(wait) if wait.isdigit() else parsedate_to_datetime(wait).timestamp()
        )
        answer = as_json({"success": False}, 429)
        told = {"Retry-After": wait, "X-RateLimit-Reset": str(int(moment) + 1)}
        return replace(answer, headers={**answer.headers, **told})

    def answer(self, target: str, headers: Mapping[str, str], base: str) -> Answer:
        """The answer to `GET target`; header names are lower-case, `base` is the site's own address."""
        path, params = asked(target)
        if not headers.get("user-agent"):
            return replace(as_html("<html>Forbidden</html>", 403), breach="no User-Agent")
        if not self.is_api(path):
            return self._file(path, params, headers)
        token = headers.get("authorization", "")
        if token not in {"", f"Bearer {ACCOUNT['api_key']}"}:
            return replace(_refused("snackbar__invalid-token", 401), breach="a token that is none")
        if path in self._routes:
            return self._limited(path, params, bool(token), base)
        if found := re.fullmatch(r"/posts/(\w+)/tags", path):
            return self._tags(found[1], params)
        return replace(_refused("snackbar__not-found", 404), breach=f"there is no {path}")

    def _limited(self, path: str, params: Mapping[str, str], known: bool, base: str) -> Answer:
        """A search, within what is allowed."""
        terms, limit = params.get("tags", "").split(), _number(params.get("limit"), PER_PAGE)
        if len(terms) > 1 and not known:
            refused = _refused("snackbar__anonymous_tags-explicit-limit", 429)
            return replace(refused, breach=f"{len(terms)} tags")
        answer = self._routes[path](params, known, base)
        return replace(answer, breach=f"limit {limit}") if limit > MOST_PER_PAGE else answer

    def _keyset(self, params: Mapping[str, str], known: bool, base: str) -> Answer:
        """A page and the tokens of those beside it."""
        below = _edge(params["next"]) if params.get("next") else 1 << 62
        if below is None:
            return replace(_refused("snackbar__invalid-next", 400), breach="a token that is none")
        found = [post for post in self._found(params) if post.id < below]
        size = min(MOST_PER_PAGE, _number(params.get("limit"), PER_PAGE))
        listed = found[:size]
        following = _token(listed[-1].id) if len(found) > size else None
        meta = {"next": following, "prev": _token(listed[0].id) if params.get("next") and listed else None}  # fmt: skip
        return as_json({"meta": meta, "data": [self._row(post, known, base) for post in listed]})

    def _numbered(self, params: Mapping[str, str], known: bool, base: str) -> Answer:
        """A page by its number, without anything around it."""
        size = min(MOST_PER_PAGE, _number(params.get("limit"), PER_PAGE))
        start = (_number(params.get("page"), 1) - 1) * size
        listed = self._found(params)[start : start + size]
        is_one = params.get("tags", "").startswith(("id_range:", "md5:"))
        return as_json([self._row(post, known, base, single=is_one) for post in listed])

    def _found(self, params: Mapping[str, str]) -> list[Post]:
        terms = params.get("tags", "").lower().split()
        return [post for post in self._posts if all(self._has(post, term) for term in terms)]

    def _has(self, post: Post, term: str) -> bool:
        name, colon, value = term.partition(":")
        if colon and name == "id_range":
            return str(post.id) == value
        if colon and name == "md5":
            return self._vault.claim(post).md5 == value
        return term in post.words

    def _tags(self, number: str, params: Mapping[str, str]) -> Answer:
        """A post's tags with their types."""
        post = self._vault.world.by_id.get(int(number)) if number.isdigit() else None
        if post is None:
            return _refused("snackbar__not-found", 404)
        kinds = {name: kind for kind, names in post.tags.items() for name in names}
        listed = [
            {"id": index, "name": name, "type": MEDIUM if name in MEDIA else _TYPE[kinds[name]]}
            for index, name in enumerate(sorted(kinds), 1)
        ]
        size = min(MOST_TAGS, _number(params.get("limit"), PER_PAGE))
        start = (_number(params.get("page"), 1) - 1) * size
        return as_json({"total": len(listed), "data": listed[start : start + size]})

    def _row(self, post: Post, known: bool, base: str, *, single: bool = False) -> Row:
        """A post; without the addresses of its files where it is not for this visitor."""
        claim = self._vault.claim(post)
        taken_down = post.hidden or "banned" in post.status
        status = "deleted" if taken_down else next(iter(sorted(post.status)), "active")
        is_for_accounts = post.rating == "e" and not known
        is_shown = status == "active" and not is_for_accounts
        sample = (850, round(post.height * 850 / post.width))
        if post.format not in STILLS or post.width <= sample[0]:
            sample = (post.width, post.height)
        scale = min(1.0, 300 / max(post.width, post.height))
        ticket = self._rules.ticket(post, single=single).replace("?", "&")
        whole = self._address(post, "", base) + ticket
        smaller = self._address(post, "sample/", base) if sample[0] == 850 else whole
        return {
            "id": str(post.id), "rating": RATINGS[post.rating], "status": status,
            "author": {"id": str(post.uploader), "name": f"user{post.uploader}"},
            "sample_url": smaller if is_shown else None,
            "sample_width": sample[0], "sample_height": sample[1],
            "preview_url": self._address(post, "preview/", base) if is_shown else None,
            "preview_width": max(1, round(post.width * scale)),
            "preview_height": max(1, round(post.height * scale)),
            "file_url": whole if is_shown else None, "width": post.width, "height": post.height,
            "file_size": claim.bytes, "file_type": TYPES[post.format],
            "created_at": {"json_class": "Time", "s": int(post.created.timestamp()), "n": 0},
            "md5": claim.md5, "parent_id": str(post.parent) if post.parent else None,
            "has_children": False, "fav_count": post.favourites, "vote_count": post.up,
            "total_score": post.score, "source": post.source or None, "in_visible_pool": False,
            "is_premium": False, "redirect_to_signup": is_for_accounts,
            "video_duration": 4.2 if post.format == "mp4" else None,
            "tag_names": sorted(post.words),
        }  # fmt: skip

    def _address(self, post: Post, kind: str, base: str) -> str:
        """Where a file lies, signed until it expires."""
        md5, expiry = self._vault.claim(post).md5, int(time.time() + self.lifetime)
        extension = "jpg" if kind else post.format
        path = f"/data/{kind}{md5[:2]}/{md5[2:4]}/{md5}.{extension}"
        return f"{base}{path}?e={expiry}&m={_signature(path, str(expiry))}"

    def _file(self, path: str, params: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        found, expiry = _FILE.fullmatch(path), params.get("e", "")
        if found is None:
            return Answer(404, b"not found", {"Content-Type": "text/plain"})
        if params.get("m") != _signature(path, expiry):
            return replace(as_html("<html>403</html>", 403), breach="an address without a signature")  # fmt: skip
        if time.time() >= int(expiry):
            return replace(as_html("<html>403</html>", 403), breach="an address that has expired")
        moved = f"at={params['at']}" if "at" in params else ""
        wanted = Wanted(_PREFIX.get(found[1] or "", "original"), found[3], headers, moved)
        return serve(self._vault, self._rules, self._vault.owner(found[2]), wanted)


_TYPE = {category: 9 if number == 5 else number for category, number in CATEGORIES.items()}


def _signature(path: str, expiry: str) -> str:
    secret = hashlib.sha256(f"sandbox:{path}:{expiry}".encode()).digest()
    return base64.urlsafe_b64encode(secret)[:22].decode()


def _token(number: int) -> str:
    return base64.urlsafe_b64encode(f"below {number}".encode()).decode()


def _edge(token: str) -> int | None:
    try:
        word, _, number = base64.urlsafe_b64decode(token).decode().partition(" ")
        return int(number) if word == "below" else None
    except ValueError:
        return None


def _number(text: str | None, default: int) -> int:
    return max(1, int(text)) if text and text.isdigit() else default


def _refused(code: str, status: int) -> Answer:
    return as_json({"success": False, "code": code}, status)
