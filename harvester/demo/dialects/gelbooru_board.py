"""What the two generations of Gelbooru share as servers: pages of posts, lists of tags, how files are named."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from xml.sax.saxutils import quoteattr

from harvester.demo.dialects.gelbooru_query import Tongue, read
from harvester.demo.dialects.shared import Answer, Rules, as_xml
from harvester.demo.drawing import scaled
from harvester.demo.posts import ALIASES, STILLS, Post
from harvester.demo.vault import Vault

PER_PAGE, DEPTH = 100, 20_000
WORDS = {0: "tag", 1: "artist", 3: "copyright", 4: "character", 5: "metadata"}
"""What kinds of tags are called in words; in tag lists they are numbers."""
_CENTRAL = timezone(timedelta(hours=-6))


@dataclass(frozen=True, slots=True)
class Found:
    """One page of posts, how many there are in all, and what its request broke."""

    posts: Sequence[Post]
    count: int
    offset: int
    limit: int
    breach: str = ""


class TooDeep(Exception):
    """More rows were counted off than the site lets anybody reach."""


class Board:
    """A world as a Gelbooru shows it."""

    def __init__(self, vault: Vault, rules: Rules, tongue: Tongue, most: int) -> None:
        self.vault, self.world, self.rules = vault, vault.world, rules
        self._tongue, self._most = tongue, most
        self._shown = [post for post in self.world.posts if "deleted" not in post.status]

    def page(self, asked: Mapping[str, str]) -> Found:
        """The posts of a request. Raises TooDeep."""
        wanted = _whole(asked.get("limit", ""), PER_PAGE)
        limit = max(1, min(self._most, wanted))
        breach = f"limit over {self._most}" if wanted > self._most else ""
        number = _whole(asked.get("pid", ""), 0)
        if "id" in asked:
            posts = [post for post in self._shown if str(post.id) == asked["id"]]
            return Found(posts, len(posts), 0, limit, breach)
        if number >= self.rules.last_page(limit, DEPTH // limit):
            raise TooDeep(f"page {number}")
        search = read(asked.get("tags", ""), self.vault, self._tongue)
        found = search.found(self._shown, self.vault)
        start = number * limit
        some = found[start : start + limit]
        return Found(some, len(found), start, limit, breach or search.breach)

    def tags(self, asked: Mapping[str, str], names: Sequence[str]) -> list[str]:
        """Names of the tags of a tag list, at most as many as the request wants."""
        counts = self.world.tag_counts
        if "name_pattern" in asked:
            fits = like(asked["name_pattern"])
            found = [name for name in counts if fits.fullmatch(name)]
        else:
            found = [name for name in dict.fromkeys(names) if name in counts]
        return found[: _whole(asked.get("limit", ""), PER_PAGE)]

    def completed(self, term: str) -> list[str]:
        """Tags that begin with what was typed, or have another name that does, the most used first."""
        counts, typed = self.world.tag_counts, term.lower()
        found = {ALIASES.get(name, name) for name in (*counts, *ALIASES) if name.startswith(typed)}
        known = (name for name in found if typed and name in counts)
        return sorted(known, key=lambda name: (-counts[name], name))[:10]

    def preview(self, post: Post, side: int) -> tuple[int, int]:
        """The size of a post's small picture."""
        factor = min(1.0, side / max(post.width, post.height))
        return scaled((post.width, post.height), factor)

    def has_children(self, post: Post) -> str:
        return "true" if post.id in self.world.children else "false"


def sample(post: Post) -> tuple[int, int] | None:
    """The size of a post's sample, if it has one."""
    has_one = post.format in STILLS and post.width > 850
    return (850, round(post.height * 850 / post.width)) if has_one else None


def status(post: Post) -> str:
    return next((word for word in ("pending", "flagged") if word in post.status), "active")


def stamp(moment: datetime) -> str:
    """A time as the sites write it: `Thu Nov 24 08:30:35 -0600 2022`."""
    return moment.astimezone(_CENTRAL).strftime("%a %b %d %H:%M:%S %z %Y")


def escaped(text: str) -> str:
    """Text with HTML's references, an apostrophe as `&#039;`."""
    return html.escape(text).replace("&#x27;", "&#039;")


def like(pattern: str) -> re.Pattern[str]:
    """A pattern of SQL: `%` is any letters, `_` any one."""
    signs = {"%": ".*", "_": "."}
    return re.compile("".join(signs.get(sign) or re.escape(sign) for sign in pattern.lower()))


def refused(reason: str, status: int = 200, *, breach: str = "") -> Answer:
    """How these sites say no."""
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    answer = as_xml(f'{head}\n<response success="false" reason={quoteattr(reason)}/>', status)
    return replace(answer, breach=breach)


def overloaded(status: int, wait: str) -> Answer:
    answer = refused("Too many requests" if status == 429 else "search down", status)
    return replace(answer, headers={**answer.headers, "Retry-After": wait})


def _whole(text: str, default: int) -> int:
    return int(text) if text.isdecimal() else default
