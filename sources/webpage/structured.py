"""What a page tells machines of its pictures: `og:image` and the like, JSON-LD, and whether it wants them left alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bs4 import BeautifulSoup

from harvester import Credit, Reply, Unexpected
from sources import reading
from sources.webpage import addresses, attributes, words
from sources.webpage.pictures import Shown

NODES = 5_000
"""So many values of a page's JSON-LD are looked at."""
TYPES = frozenset({"imageobject", "photograph", "painting", "drawing", "visualartwork"})
HELD = ("image", "primaryimageofpage", "associatedmedia")
"""Where other things hold their pictures."""
CARDS = "meta[property='og:image'], meta[property='og:image:url'], meta[property='og:image:secure_url'], meta[name='twitter:image'], link[rel~=image_src]"
FORBIDS = frozenset({"noai", "noimageai"})


def is_opted_out(page: BeautifulSoup, reply: Reply) -> bool:
    """Does the page ask programs that train models to leave it alone? As `download` reads it of a file's answer."""
    metas = page.select("meta[name=robots i], meta[name=lora-harvester i]")
    told = [attributes.text(meta, "content") for meta in metas]
    spoken = ",".join((*told, reply.headers.get("x-robots-tag", ""))).lower()
    return not FORBIDS.isdisjoint(re.split(r"[\s,:;]+", spoken))


def cards(page: BeautifulSoup, base: str) -> Iterator[Shown]:
    """The picture that a page is shared with."""
    told = {key: _meta(page, f"og:image:{key}") for key in ("width", "height", "alt")}
    size = (attributes.pixels(told["width"]), attributes.pixels(told["height"]))
    for number, tag in enumerate(page.select(CARDS)):
        url = addresses.whole(base, attributes.text(tag, "content") or attributes.text(tag, "href"))
        if url is not None and addresses.is_wanted(url):
            said = words.short("caption", told["alt"]) if not number else ()
            width, height = size if not number else (None, None)
            yield Shown(url, width, height, every=frozenset({url}), words=said)


def described(page: BeautifulSoup, base: str) -> Iterator[Shown]:
    """The pictures that JSON-LD describes."""
    for script in page.select("script[type='application/ld+json' i]"):
        try:
            body = (script.string or script.get_text()).encode("utf-8", "replace")
            found = reading.value(Reply(200, base, {}, body))
        except Unexpected:
            continue
        yield from _described(found, base)


def _described(found: Any, base: str) -> Iterator[Shown]:
    left, seen = [(found, False)], 0
    while left and seen < NODES:
        value, is_picture = left.pop(0)
        seen += 1
        if isinstance(value, list):
            left += [(one, is_picture) for one in value]
        elif isinstance(value, dict):
            row = {str(key).lower(): one for key, one in value.items()}
            is_picture = is_picture or not TYPES.isdisjoint(_types(row))
            if is_picture:
                yield from _object(row, base)
            left += [(one, key in HELD) for key, one in row.items() if isinstance(one, dict | list)]
            left += [
                (one, True) for key, one in row.items() if key in HELD and isinstance(one, str)
            ]
        elif isinstance(value, str) and is_picture:
            yield from _object({"url": value}, base)


def _types(row: dict[str, Any]) -> set[str]:
    return {str(one).rpartition("/")[2].lower() for one in reading.many(row.get("@type"))}


def _object(row: dict[str, Any], base: str) -> Iterator[Shown]:
    url = addresses.whole(base, _text(row, "contenturl"))
    if url is None:
        plain = addresses.whole(base, _text(row, "url"))
        url = plain if plain and (addresses.is_picture(plain) or set(row) == {"url"}) else None
    if url is None or not addresses.is_wanted(url):
        return
    thumb = addresses.whole(base, _text(row, "thumbnailurl"))
    width, height = (attributes.pixels(_text(row, key)) for key in ("width", "height"))
    keys = ("caption", "name", "description")
    said = [word for key in keys for word in words.short("caption", _text(row, key))]
    every = frozenset(filter(None, (url, thumb)))
    credits = tuple(_credits(row, base))
    yield Shown(url, width, height, every=every, words=tuple(dict.fromkeys(said)), credits=credits)


def _credits(row: dict[str, Any], base: str) -> Iterator[Credit]:
    keys = ("creator", "author", "copyrightholder", "credittext")
    author = next((name for key in keys if (name := _text(row, key))), None)
    licence = _text(row, "license") or None
    url = addresses.whole(base, licence) if licence and "/" in licence else None
    if author or licence:
        yield Credit(author, licence, url)


def _text(row: dict[str, Any], key: str) -> str:
    """A text, the number or name of a thing, or that of the first of several."""
    found = next(iter(reading.many(row.get(key))), None)
    if isinstance(found, dict):
        told = {str(name).lower(): one for name, one in found.items()}
        found = told.get("name", told.get("value", told.get("@id", told.get("url"))))
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return ""
    return str(found)


def _meta(page: BeautifulSoup, name: str) -> str:
    return attributes.text(page.select_one(f"meta[property='{name}']"), "content")
