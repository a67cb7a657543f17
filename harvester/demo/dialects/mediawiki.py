"""MediaWiki's dialect: the action API, which tells of errors with status 200, files and pages for people."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Protocol
from urllib.parse import quote, unquote

from harvester.demo.dialects import mediawiki_rows as rows
from harvester.demo.dialects import mediawiki_text as text
from harvester.demo.dialects.mediawiki_query import Asked, Fault
from harvester.demo.dialects.mediawiki_shelf import FLAG, FLAG_BODY, Shelf, key
from harvester.demo.dialects.mediawiki_titles import Row, read
from harvester.demo.dialects.shared import (
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

_STRANGERS = re.compile(
    r"^$|^(python-requests|python-urllib|aiohttp|curl|wget)|mozilla", re.IGNORECASE
)
"""User-Agents that say nothing of who asks, or that they are a browser."""
_HEAD = (
    '<!DOCTYPE html>\n<html class="client-nojs" lang="en" dir="ltr"><head><meta charset="UTF-8"/>\n<title>{0}</title>\n'
    '<meta name="generator" content="MediaWiki 1.39.17"/>\n'
    '<link rel="EditURI" type="application/rsd+xml" href="{1}/api.php?action=rsd"/></head>\n<body>{2}</body></html>\n'
)
_SEE = "See {}/api.php for API usage."


class Place(Protocol):
    """Where a wiki keeps its files."""

    def url(self, post: Post, title: str, base: str) -> str: ...
    def thumb(self, post: Post, title: str, width: int, base: str) -> str: ...


class Hashed:
    """Files in folders named by the MD5 of their names, smaller forms beside them, as MediaWiki does by itself."""

    def url(self, post: Post, title: str, base: str) -> str:
        return f"{base}/images/{stored(title)}"

    def thumb(self, post: Post, title: str, width: int, base: str) -> str:
        return f"{base}/images/thumb/{stored(title)}/{width}px-{stored(title).rpartition('/')[2]}"


class Dialect:
    """Answers GET requests over one world; knows no sockets.

    No row of a list is out of reach, so `Rules.depth` changes nothing; a file has one address, so `Rules.moved`
    does not either.
    """

    API: ClassVar[re.Pattern[str]] = re.compile(r"(?P<script>(?:/w)?)/api\.php")
    FILE: ClassVar[re.Pattern[str]] = re.compile(
        r"/images/(?:(?P<thumb>thumb)/)?./../(?P<name>[^/]+)(?:/(?P<width>\d+)px-[^/]+)?"
    )
    rich: ClassVar[bool] = True
    gallery: ClassVar[str] = "mw-gallery-traditional"
    tabs: ClassVar[bool] = False
    picture = staticmethod(text.boxed)

    def __init__(self, vault: Vault, rules: Rules = STRICT) -> None:
        self._vault, self._rules = vault, replace(rules, moved=0)
        self._shelf = Shelf(vault)

    def is_api(self, path: str) -> bool:
        return self.API.fullmatch(path) is not None

    def overloaded(self, status: int, wait: str) -> Answer:
        """A server that is too far behind says so as an error with status 200; too many requests have their own."""
        if status == 503:
            said = "Waiting for a database server: 7 seconds lagged."
            answer = _error("maxlag", said, "", {"host": "db1", "lag": 7, "type": "db"})
            return replace(
                answer, headers={**answer.headers, "Retry-After": wait, "X-Database-Lag": "7"}
            )
        answer = as_html("<html><body><h1>Too many requests</h1></body></html>", status)
        return replace(answer, headers={**answer.headers, "Retry-After": wait})

    def answer(self, target: str, headers: Mapping[str, str], base: str) -> Answer:
        """The answer to `GET target`; header names are lower-case, `base` is the site's own address."""
        path, given = asked(target)
        agent = headers.get("user-agent", "")
        if _STRANGERS.search(agent):
            said = "Please set a user-agent and respect our robot policy"
            return replace(as_html(said, 403), breach=f"User-Agent {agent!r}")
        if file := self.FILE.fullmatch(path):
            return self.file(file, target.partition("?")[2], headers)
        if api := self.API.fullmatch(path):
            return self._api(api.groupdict().get("script", ""), given, base)
        if unquote(path) == f"/images/{key(FLAG.removeprefix('File:'))}":
            return Answer(200, FLAG_BODY, {"Content-Type": "image/svg+xml"})
        return self.people(path, given, base)

    def place(self, script: str) -> Place:
        """Where the files of the wiki lie whose API is below `script`."""
        return Hashed()

    def file(self, found: re.Match[str], query: str, headers: Mapping[str, str]) -> Answer:
        """An original, or a smaller form in one of the widths that are made."""
        post = self._shelf.by_key.get(unquote(found["name"]))
        if found["thumb"] and int(found["width"] or 0) not in rows.WIDTHS:
            said = f"a thumbnail of {found['width']} pixels"
            return replace(as_html("Use thumbnail steps", 400), breach=said)
        if (
            post is None
            or self._shelf.file(f"File:{unquote(found['name']).replace('_', ' ')}") is None
        ):
            return as_html("<html><title>404 Not Found</title></html>", 404)
        kind = f"{found['width']}x{found['width']}" if found["thumb"] else "original"
        return serve(self._vault, self._rules, post, Wanted(kind, post.format, headers, query))

    def people(self, path: str, given: Mapping[str, str], base: str) -> Answer:
        """Pages for people."""
        title = (
            given.get("title", "") if path == "/index.php" else unquote(path.removeprefix("/wiki/"))
        )
        if path not in {"/", "/index.php"} and not path.startswith("/wiki/"):
            return as_html("<html><title>404 Not Found</title></html>", 404)
        named = read(self._shelf, title, follow=True).found or ["Main Page"]
        sheet = self._shelf.sheets.get(named[0])
        shown = (
            self.shown(sheet.title) if sheet else "<p>There is currently no text in this page.</p>"
        )
        status = 200 if sheet or named == ["Main Page"] else 404
        return as_html(_HEAD.format(named[0], base, shown), status)

    def shown(self, title: str) -> str:
        sheet = self._shelf.sheets[title]
        return text.page(sheet, self._shelf, type(self).picture, self.gallery, self.tabs)

    def _api(self, script: str, given: Mapping[str, str], base: str) -> Answer:
        if given.get("format") != "json":
            return as_html("<html><title>MediaWiki API help</title><body>Main module</body></html>")
        root = f"{base}{script}"
        try:
            told, breach = self._told(script, given, base)
        except Fault as fault:
            return replace(_error(fault.code, fault.info, root), breach=fault.breach)
        told |= {"requestid": given["requestid"]} if "requestid" in given else {}
        known = told if given.get("formatversion") == "2" else rows.old_format(told)
        return replace(as_json(known), breach=breach)

    def _told(self, script: str, given: Mapping[str, str], base: str) -> tuple[Row, str]:
        match given.get("action", "help"):
            case "query":
                info = rows.Info(self._shelf, self.place(script), rich=self.rich)
                reply = Asked(self._shelf, info, given, base).answered()
                if "siteinfo" in given.get("meta", "").split("|"):
                    reply.query["general"] = rows.general(base, script, script.strip("/") or "en")
                return reply.as_row(), "; ".join(reply.breaches)
            case "parse":
                return {"parse": self._parsed(given)}, ""
            case other:
                raise Fault("badvalue", f'Unrecognized value for parameter "action": {other}.')

    def _parsed(self, given: Mapping[str, str]) -> Row:
        """A page as it is shown, and the files it shows."""
        named = read(self._shelf, given.get("page", ""), follow="redirects" in given)
        sheet = self._shelf.sheets.get(named.found[0]) if named.found else None
        if sheet is None:
            raise Fault("missingtitle", "The page you specified doesn't exist.")
        wanted = given.get("prop", "text|images").split("|")
        redirects = named.told.get("redirects", [])
        row: Row = {"title": sheet.title, "pageid": sheet.id}
        row |= {"redirects": redirects} if "redirects" in given else {}
        row |= {"text": self.shown(sheet.title)} if "text" in wanted else {}
        names = [key(one.removeprefix("File:")) for one in sheet.files]
        return row | ({"images": names} if "images" in wanted else {})


def stored(title: str) -> str:
    """Where a file lies below the folder of images."""
    name = key(title.removeprefix("File:"))
    digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    return f"{digest[0]}/{digest[:2]}/{quote(name, safe='')}"


def _error(code: str, info: str, root: str, more: Row | None = None) -> Answer:
    error = {"code": code, "info": info, **(more or {}), "docref": _SEE.format(root)}
    answer = as_json({"error": error})
    return replace(answer, headers={**answer.headers, "MediaWiki-API-Error": code})
