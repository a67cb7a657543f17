"""What a wiki tells of a file, of a category and of itself, and how the old format writes it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import quote

from harvester.demo.dialects.mediawiki_shelf import (
    CATEGORY,
    FILE,
    FLAG,
    FLAG_BODY,
    Shelf,
    file_title,
    is_shared,
    key,
)
from harvester.demo.dialects.mediawiki_titles import Row
from harvester.demo.dialects.shared import TYPES
from harvester.demo.posts import Post

WIDTHS = (20, 40, 60, 120, 250, 330, 500, 960, 1280, 1920, 3840)
"""Widths of thumbnails that are made; others are refused."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of each file: kinds of fields, which of the texts of its page (all if none is named), a width."""

    props: Collection[str]
    texts: Collection[str] = ()
    width: int = 0


class Info:
    """`imageinfo` of one wiki; `place` says where a file and its smaller forms lie, `rich` what its page is read for."""

    def __init__(self, shelf: Shelf, place: Any, *, rich: bool) -> None:
        self._shelf, self._place, self._rich = shelf, place, rich

    def repository(self, title: str) -> str:
        """Where a file lies: here, elsewhere, nowhere."""
        post = self._shelf.file(title)
        if post is None:
            return "local" if title == FLAG else ""
        return "shared" if is_shared(post) else "local"

    def row(self, title: str, wanted: Wanted, base: str) -> Row | None:
        """One revision of a file: what was asked for and may be told."""
        post = self._shelf.file(title)
        if title == FLAG:
            return _chosen(self._flag(base), wanted.props)
        if post is None:
            return None
        own = file_title(post)
        if post.status & {"pending", "banned"}:
            sign = "filemissing" if "pending" in post.status else "filehidden"
            return {
                sign: True,
                **({"canonicaltitle": own} if "canonicaltitle" in wanted.props else {}),
            }
        told = self._whole(post, own, base)
        if wanted.texts:
            texts = told["extmetadata"]
            told["extmetadata"] = {name: texts[name] for name in texts if name in wanted.texts}
        if wanted.width and "url" in wanted.props:
            told |= self._thumb(post, wanted.width, base)
        return _chosen(told, wanted.props)

    def _whole(self, post: Post, title: str, base: str) -> Row:
        page = quote(key(title), safe="/:(),!*@;$'-_.~")
        number = self._shelf.sheets[title].id if title in self._shelf.sheets else None
        short = {"descriptionshorturl": f"{base}/index.php?curid={number}"} if number else {}
        is_video = post.format == "mp4"
        return {
            "timestamp": f"{post.created:%Y-%m-%dT%H:%M:%SZ}", "user": f"Editor {post.uploader}",
            "size": self._shelf.bytes(post), "width": post.width, "height": post.height,
            **({"duration": 1.2} if post.format in {"gif", "mp4"} else {}),
            "canonicaltitle": title, "url": self._place.url(post, title, base),
            "descriptionurl": f"{base}/wiki/{page}", **short,
            "sha1": self._shelf.sha1(post), "extmetadata": self._said(post, title),
            "mime": TYPES[post.format], "mediatype": "VIDEO" if is_video else "BITMAP", "bitdepth": 8,
        }  # fmt: skip

    def _flag(self, base: str) -> Row:
        return {
            "timestamp": "2012-01-01T00:00:00Z", "user": "Keeper", "size": len(FLAG_BODY),
            "width": 20, "height": 20, "canonicaltitle": FLAG,
            "url": f"{base}/images/{key(FLAG.removeprefix('File:'))}",
            "descriptionurl": f"{base}/wiki/{key(FLAG)}",
            "descriptionshorturl": f"{base}/index.php?curid=1", "sha1": hashlib.sha1(FLAG_BODY, usedforsecurity=False).hexdigest(),
            "mime": "image/svg+xml", "mediatype": "DRAWING", "bitdepth": 0,
        }  # fmt: skip

    def _said(self, post: Post, title: str) -> Row:
        name = title.removeprefix("File:").rpartition(".")[0]
        told: Row = {
            "DateTime": _value(
                f"{post.created:%Y-%m-%d %H:%M:%S}", "mediawiki-metadata", hidden=True
            ),
            "ObjectName": _value(name, "mediawiki-metadata", hidden=True),
        }
        if not self._rich:
            return told
        artist = ", ".join(post.tags["artist"]) or "unknown"
        sheet = self._shelf.sheets.get(title)
        categories = [one.removeprefix("Category:") for one in (sheet.categories if sheet else ())]
        return told | {
            "CommonsMetadataExtension": _value(1.2, "extension", hidden=True),
            "Categories": _value("|".join(categories), "commons-categories", hidden=True),
            "Assessments": _value("", "commons-categories", hidden=True),
            "ImageDescription": _value(f"<p>{escape(name)}, seen in <i>Touhou</i></p>"),
            "Credit": _value("Own work", hidden=True),
            "Artist": _value(f'<a href="/wiki/{key(artist)}">{escape(artist)}</a>'),
            "DateTimeOriginal": _value(f"{post.created:%Y-%m-%d}"),
            "LicenseShortName": _value("CC BY-SA 4.0", hidden=True),
            "UsageTerms": _value("Creative Commons Attribution-Share Alike 4.0", hidden=True),
            "LicenseUrl": _value("https://creativecommons.org/licenses/by-sa/4.0", hidden=True),
            "Copyrighted": _value("True", hidden=True),
            "Restrictions": _value("", hidden=True),
        }

    def _thumb(self, post: Post, width: int, base: str) -> Row:
        """The next width that is made, never one above the file's own."""
        made = min(next((one for one in WIDTHS if one >= width), WIDTHS[-1]), post.width)
        url = self._place.thumb(post, file_title(post), made, base)
        height = max(1, round(post.height * made / post.width))
        return {"thumburl": url, "thumbwidth": made, "thumbheight": height, "responsiveUrls": {}}


def _value(value: object, source: str = "commons-desc-page", *, hidden: bool = False) -> Row:
    return {"value": value, "source": source} | ({"hidden": ""} if hidden else {})


_GIVEN_WITH = {
    "size": ("size", "width", "height", "duration"),
    "url": ("thumburl", "thumbwidth", "thumbheight", "responsiveUrls", "url", "descriptionurl", "descriptionshorturl"),
    "dimensions": ("size", "width", "height", "duration"),
}  # fmt: skip


def _chosen(row: Row, wanted: Collection[str]) -> Row:
    keys = {name for one in wanted for name in _GIVEN_WITH.get(one, (one,))}
    return {name: value for name, value in row.items() if name in keys}


def category_row(shelf: Shelf, title: str) -> Row | None:
    """How many pages, files and categories stand in a category; None where nothing does and no page is."""
    members = shelf.members.get(title, [])
    if not members and title not in shelf.sheets:
        return None
    files = sum(sheet.space == FILE for sheet in members)
    subcats = sum(sheet.space == CATEGORY for sheet in members)
    pages = len(members) - files - subcats
    return {
        "size": len(members),
        "pages": pages,
        "files": files,
        "subcats": subcats,
        "hidden": False,
    }


def general(base: str, path: str, lang: str) -> Row:
    """What a wiki tells of itself, as far as anybody asks."""
    return {
        "mainpage": "Main Page", "base": f"{base}/wiki/Main_Page", "sitename": "The Sandbox Wiki",
        "generator": "MediaWiki 1.39.17", "case": "first-letter", "lang": lang, "readonly": False,
        "articlepath": "/wiki/$1", "scriptpath": path, "script": f"{path}/index.php", "server": base,
        "servername": "127.0.0.1", "wikiid": "sandbox", "misermode": False, "uploadsenabled": True,
    }  # fmt: skip


def old_format(told: Any) -> Any:
    """A reply as format 1 writes it: pages by number, missing ones below nothing, what is true as an empty text."""
    if isinstance(told, list):
        return [old_format(one) for one in told]
    if not isinstance(told, dict):
        return told
    made: Row = {}
    for name, value in told.items():
        if name == "pages" and isinstance(value, list):
            made[name] = {_number(page, at): old_format(page) for at, page in enumerate(value, 1)}
        elif name == "text" and isinstance(value, str):
            made[name] = {"*": value}
        elif value is not False and name != "fromencoded":
            made[name] = "" if value is True else old_format(value)
    return made


def _number(page: Row, at: int) -> str:
    return str(page.get("pageid", -at))
