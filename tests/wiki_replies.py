"""Replies of a MediaWiki, recorded and made up, for the tests of the family."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harvester import Candidate, Page, Query, Reply, Request, Site
from sources.mediawiki import MediaWiki

FIXTURES = Path(__file__).parent / "fixtures" / "mediawiki"
WIKI = MediaWiki(Site("wiki", "mediawiki", "https://wiki.test"))
REIMU = Query(("Reimu Hakurei",))
CATEGORY = Query((), start="Category:Reimu Hakurei")
NOTHING = {"batchcomplete": True}


def recorded(name: str) -> Reply:
    return Reply(200, WIKI.api, {}, (FIXTURES / name).read_bytes())


def said(body: object, status: int = 200, **headers: str) -> Reply:
    lower = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, WIKI.api, lower, json.dumps(body).encode())


def pages(*found: Mapping[str, Any], **more: Any) -> Reply:
    return said({"batchcomplete": True, "query": {"pages": list(found)}, **more})


def sent(request: Request) -> dict[str, str]:
    return dict(request.params)


def listed(reply: Reply, wiki: MediaWiki = WIKI) -> Page:
    """What the first page of a category's files becomes."""
    return wiki.parse(wiki.search(CATEGORY), reply)


def one(page: Mapping[str, Any], wiki: MediaWiki = WIKI) -> Candidate:
    (candidate,) = listed(pages(page), wiki).candidates
    return candidate


def found(*titles: str, **more: Any) -> Reply:
    """What a wiki says to a list of titles of which it has these: categories with three files, and pages."""
    rows = [
        {"ns": 14, "title": title, "categoryinfo": {"files": 3, "subcats": 0}}
        if title.startswith("Category:")
        else {"ns": 0, "title": title}
        for title in titles
    ]
    return said({"batchcomplete": True, "query": {"pages": rows, **more}})


def rendered(html: str, *images: str) -> Reply:
    """What a wiki makes of a page."""
    return said({"parse": {"title": "Reimu Hakurei", "text": html, "images": list(images)}})


def a_file(title: str = "File:A.png", **info: Any) -> dict[str, Any]:
    url = f"https://wiki.test/images/{title.removeprefix('File:')}"
    return {"ns": 6, "title": title, "imageinfo": [{"url": url, "mime": "image/png", **info}]}


def walked(wiki: MediaWiki, request: Request, *replies: Reply) -> tuple[list[Request], Page]:
    """Every request of a walk that gets these replies, and its last page."""
    asked, page = [request], Page()
    for reply in replies:
        page = wiki.parse(asked[-1], reply)
        asked += page.follow
    return asked, page
