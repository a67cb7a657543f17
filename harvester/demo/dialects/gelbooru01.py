"""The dialect of Gelbooru 0.1.11: lists and posts as HTML, and no API at all."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from html import escape
from urllib.parse import quote

from harvester.demo.dialects.shared import (
    STRICT,
    Answer,
    Rules,
    Wanted,
    as_html,
    asked,
    serve,
)
from harvester.demo.posts import FIRST_ID, STILLS, Post
from harvester.demo.vault import Vault

PER_PAGE = 20
RATINGS = {"g": "Safe", "s": "Safe", "q": "Questionable", "e": "Explicit"}
NAME = "place"  # of this booru among those of its host
LIST = "/index.php?page=post&s=list&tags=all"
_ORIGINAL = re.compile(rf"/{NAME}//images/\d+/([0-9a-f]{{40}})\.(\w+)")
_THUMBNAIL = re.compile(rf"/{NAME}/thumbnails//\d+/thumbnail_([0-9a-f]{{40}})\.(jpg)")
_PAGE = """<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml"><head><title>The Place</title></head><body>
<div id="header"><a href="index.php?page=post&amp;s=list&amp;tags=all">Posts</a></div>
{}<div id="footer">Running Gelbooru Beta 0.1.11</div></body></html>
"""


class Dialect:
    """Answers GET requests over one world; knows no sockets.

    The site takes stills and GIFs, calls Safe what shows nothing at all, and forgets what was deleted.
    It documents no last row, so `Rules.depth` changes nothing.
    """

    def __init__(self, vault: Vault, rules: Rules = STRICT) -> None:
        self._vault, self._rules = vault, rules

    @cached_property
    def _posts(self) -> Mapping[int, Post]:
        """What there is, the newest first."""
        taken = (post for post in self._vault.world.posts if post.format in {*STILLS, "gif"})
        shown = (post for post in taken if not post.hidden and "deleted" not in post.status)
        return {post.id: post for post in sorted(shown, key=lambda post: -post.id)}

    @cached_property
    def _owners(self) -> Mapping[str, Post]:
        return {digest(post): post for post in self._posts.values()}

    def is_api(self, path: str) -> bool:
        return not path.startswith(f"/{NAME}/")

    def overloaded(self, status: int, wait: str) -> Answer:
        answer = as_html("<html><body>Too many people are here.</body></html>", status)
        return replace(answer, headers={**answer.headers, "Retry-After": wait})

    def answer(self, target: str, headers: Mapping[str, str], base: str) -> Answer:
        """The answer to `GET target`; header names are lower-case, `base` is the site's own address."""
        path, params = asked(target)
        if not headers.get("user-agent"):
            return replace(_page("Forbidden", 403), breach="no User-Agent")
        for kind, pattern in (("original", _ORIGINAL), ("150x150", _THUMBNAIL)):
            if file := pattern.fullmatch(path):
                wanted = Wanted(kind, file[2], headers, target.partition("?")[2])
                return serve(self._vault, self._rules, self._owners.get(file[1]), wanted)
        if path != "/index.php":
            return _page("<h1>Not Found</h1>\n", 404)
        match params.get("page"), params.get("s"):
            case "post", "list":
                return self._list(params, base)
            case "post", "view":
                return self._view(params.get("id", ""), base)
            case "dapi", _:
                return replace(_page("<h1>Not Found</h1>\n", 404), breach="there is no API")
        return _page("<h1>The Place</h1>\n")

    def _list(self, params: Mapping[str, str], base: str) -> Answer:
        tags, row = params.get("tags", "all"), params.get("pid", "0")
        if not row.isdigit():
            return replace(_page("<h1>Not Found</h1>\n", 404), breach=f"row {row}")
        wanted = [tag for tag in tags.lower().split() if tag != "all"]
        found = [post for post in self._posts.values() if post.words.issuperset(wanted)]
        thumbs = "".join(_thumb(post, base) for post in found[int(row) :][:PER_PAGE])
        listed = f'<div id="post-list"><div class="content">\n{thumbs}</div></div>\n'
        return _page(listed + _pager(tags, int(row), len(found)))

    def _view(self, number: str, base: str) -> Answer:
        """A post by its id; one that is not there leads back to the list."""
        post = self._posts.get(int(number)) if number.isdigit() else None
        if post is None:
            return Answer(302, b"", {"Location": LIST})
        url = f"{address(post, base)}{self._rules.ticket(post, single=True)}"
        source = f'<a href="{escape(post.source)}" rel="nofollow">{escape(post.source[:30])}</a>'
        statistics = (
            f"Posted: {post.created:%Y-%m-%d %H:%M:%S} <br/>By: Anonymous <br/>"
            f"Size: {post.width}x{post.height} <br/>Source: {source if post.source else ''}<br/>"
            f"Rating: {RATINGS[post.rating]}<br/>Score: {post.score} <br/>"
        )
        return _page(
            f'<div id="tag_list"><h5>Statistics</h5>Id: {post.id}<br/>{statistics}</div>\n'
            f'<div id="note-container"><img alt="img" src="{escape(url)}" id="image"/></div>\n'
            f'<textarea id="tags" name="tags" cols="40" rows="5">{escape(_tags(post))}</textarea>\n'
        )


def digest(post: Post) -> str:
    """The name of a post's files: 40 hexadecimal digits that are no hash of their bytes."""
    return hashlib.sha1(f"{NAME}:{post.id}".encode(), usedforsecurity=False).hexdigest()


def address(post: Post, base: str) -> str:
    return f"{base}/{NAME}//images/{_folder(post)}/{digest(post)}.{post.format}"


def _folder(post: Post) -> int:
    return (post.id - FIRST_ID) // 1000 + 1


def _tags(post: Post) -> str:
    return " ".join(sorted(post.words))


def _thumb(post: Post, base: str) -> str:
    title = f" {_tags(post)} score:{post.score} rating:{RATINGS[post.rating]}"
    picture = f"{base}/{NAME}/thumbnails//{_folder(post)}/thumbnail_{digest(post)}.jpg"
    return (
        f'<span class="thumb"><a id="p{post.id}" href="index.php?page=post&amp;s=view&amp;id={post.id}">'
        f'<img src="{picture}" alt="post" title="{escape(title)}"/></a></span>\n'
    )


def _pager(tags: str, row: int, count: int) -> str:
    """The numbered pages around this one, and the last one."""
    last = max(0, count - 1) // PER_PAGE * PER_PAGE
    near: Sequence[int] = range(max(0, row - 80), min(last, row + 80) + 1, PER_PAGE)
    where = f"?page=post&amp;s=list&amp;tags={quote(tags)}&amp;pid="
    links = [f'<a href="{where}{at}">{at // PER_PAGE + 1}</a>' for at in near if at != row]
    if row < last:
        links.append(f'<a href="{where}{last}" alt="last page">&gt;&gt;</a>')
    return f'<div id="paginator"><b>{row // PER_PAGE + 1}</b> {" ".join(links)}</div>\n'


def _page(content: str, status: int = 200) -> Answer:
    return as_html(_PAGE.format(content), status)
