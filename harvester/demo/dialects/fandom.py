"""Fandom, a MediaWiki whose files come from a CDN that sends WebP unless it is told not to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar
from urllib.parse import parse_qs, unquote

from harvester.demo.dialects import mediawiki, mediawiki_text
from harvester.demo.dialects.mediawiki import Place, stored
from harvester.demo.dialects.shared import Answer, Wanted, as_html, serve
from harvester.demo.posts import Post

WIKI = "sandboxwiki"
FOREIGN = "de"
"""The language of the other wiki under the same name: the same pages, and files that were uploaded a day later."""
_CHALLENGE = (
    "<!DOCTYPE html><html lang='en-US'><head><title>Just a moment...</title></head>"
    "<body><script src='/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1'></script></body></html>"
)


@dataclass(frozen=True, slots=True)
class Cdn:
    """Files by the time of their last change; those of a wiki in another language by that, too."""

    language: str

    def url(self, post: Post, title: str, base: str) -> str:
        prefix = f"&path-prefix={self.language}" if self.language else ""
        uploaded = post.created + timedelta(days=bool(self.language))
        return f"{base}/{WIKI}/images/{stored(title)}/revision/latest?cb={uploaded:%Y%m%d%H%M%S}{prefix}"

    def thumb(self, post: Post, title: str, width: int, base: str) -> str:
        whole, _, query = self.url(post, title, base).partition("?")
        return f"{whole}/scale-to-width-down/{width}?{query}"


class Dialect(mediawiki.Dialect):
    """Answers GET requests over one world; knows no sockets. Each language has an API of its own."""

    API: ClassVar[re.Pattern[str]] = re.compile(rf"(?P<script>(?:/{FOREIGN})?)/api\.php")
    FILE: ClassVar[re.Pattern[str]] = re.compile(
        rf"/{WIKI}/images/./../(?P<name>[^/]+)/revision/latest(?:/scale-to-width-down/(?P<width>\d+))?"
    )
    rich: ClassVar[bool] = False
    gallery: ClassVar[str] = "wikia-gallery"
    tabs: ClassVar[bool] = True
    picture = staticmethod(mediawiki_text.lazy)

    def place(self, script: str) -> Place:
        return Cdn(script.strip("/"))

    def file(self, found: re.Match[str], query: str, headers: Mapping[str, str]) -> Answer:
        """The original with `format=original`; else a WebP, whatever the name says. A wiki in another language
        has its files under `path-prefix` only."""
        given = {name: values[-1] for name, values in parse_qs(query).items()}
        title = f"File:{unquote(found['name']).replace('_', ' ')}"
        post = self._shelf.file(title)
        if post is None:
            return as_html("<html><title>404 Not Found</title></html>", 404)
        if f"cb={given.get('cb')}" not in Cdn(given.get("path-prefix", "")).url(post, title, ""):
            lost = as_html("<html><title>404 Not Found</title></html>", 404)
            return replace(lost, breach=f"a file looked for in another language: {query}")
        if found["width"] or given.get("format") != "original":
            return serve(self._vault, self._rules, post, Wanted("720x720", "webp", headers, query))
        return serve(
            self._vault, self._rules, post, Wanted("original", post.format, headers, query)
        )

    def people(self, path: str, given: Mapping[str, str], base: str) -> Answer:
        """Programs that ask for pages meet a challenge."""
        answer = as_html(_CHALLENGE, 403)
        told = {**answer.headers, "cf-mitigated": "challenge", "Server": "cloudflare"}
        return replace(answer, headers=told, breach=f"a page for people: {path}")
