"""What one tag says of a picture: every address it has for it, the larger one it names, the size it tells."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import Tag

from sources.webpage import addresses

SRCSETS = ("srcset", "data-srcset", "data-lazy-srcset", "data-original-set", "data-ll-srcset")
LAZY = (
    *("data-src", "data-original", "data-lazy-src", "data-lazy", "data-url", "data-echo"),
    *("data-ll-src", "data-img-src", "data-img", "data-image", "data-bg", "data-background-image"),
)
"""Attributes that hold what is shown once a script puts it into `src`."""
FULL = (
    *("data-full", "data-full-src", "data-full-url", "data-fullsize", "data-large", "data-hires"),
    *(
        "data-large-src",
        "data-large-file",
        "data-large_image",
        "data-orig-file",
        "data-original-src",
    ),
    *("data-zoom", "data-zoom-src", "data-zoom-image", "data-highres", "data-high-res-src"),
)
"""Attributes of a picture, or of the link around it, that name the larger one."""
SIZES = (("data-pswp-width", "data-pswp-height"), ("width", "height"))
"""Attributes for a picture's size, that of the larger one first, then the room it has on the page."""

_DESCRIPTOR = re.compile(r"(\d{1,6}(?:\.\d{1,4})?)([wx])")
_BACKGROUND = re.compile(r"""url\(\s*(?:"([^"]+)"|'([^']+)'|([^'"()\s]+))""")
_PIXELS = re.compile(r"\s*(\d{1,5})(?:\.\d+)?\s*(?:px)?\s*")

Entry = tuple[str, int | None, float]
"""An address with the width in pixels and the density that are told of it."""


def text(tag: Tag | None, key: str) -> str:
    """An attribute's text; "" where there is none."""
    found = tag.get(key) if tag is not None else None
    return found if isinstance(found, str) else ""


def entries(tag: Tag, base: str) -> Iterator[Entry]:
    """All addresses of one picture; of those that are told to be equal the first is meant."""
    picture = tag.find_parent("picture")
    for one in (tag, *(picture.find_all("source") if picture else ())):
        for key in SRCSETS:
            yield from _parsed(text(one, key), base)
    for key in (*LAZY, "src"):
        yield from _entry(base, text(tag, key))
    style = text(tag, "style")
    for found in _BACKGROUND.findall(style) if "background" in style else ():
        yield from _entry(base, "".join(found))


def full(tag: Tag, link: Tag | None, base: str) -> str | None:
    """The larger picture that a tag, or the link around it, names: as an attribute, or by leading there."""
    for one in filter(None, (tag, link)):
        for key in FULL:
            for url, _, _ in _entry(base, text(one, key)):
                return url
    there = addresses.whole(base, text(link, "href"))
    return there if there and addresses.is_picture(there) and addresses.is_wanted(there) else None


def about(link: Tag | None, base: str) -> str | None:
    """The page of the same site that a link leads to; not the one it stands on, nor the site's first."""
    href = text(link, "href").strip()
    url = addresses.whole(base, href)
    if link is None or url is None or href.startswith("#") or addresses.is_picture(url):
        return None
    leads_on = {"next", "prev", "nofollow"}.intersection(link.get_attribute_list("rel"))
    is_here = url == addresses.whole(base, base) or addresses.identity(url, base) == "/"
    return None if leads_on or is_here or not addresses.is_same_host(url, base) else url


def room(tag: Tag) -> tuple[int | None, int | None]:
    """Width and height that a tag tells, each as far as it does."""
    for wide, high in SIZES:
        width, height = pixels(text(tag, wide)), pixels(text(tag, high))
        if width is not None or height is not None:
            return width, height
    return None, None


def pixels(written: str) -> int | None:
    """A number of pixels, also as `600px`; None for anything else."""
    found = _PIXELS.fullmatch(written)
    return int(found[1]) if found and int(found[1]) else None


def _parsed(srcset: str, base: str) -> Iterator[Entry]:
    """Addresses apart by commas, each with what is told of it behind a blank; an address may hold commas itself."""
    left = srcset.split()[::-1]
    while left:
        url, told = left.pop(), ""
        while left and not url.endswith(","):
            said, comma, rest = left.pop().partition(",")
            told = told or said
            if rest:
                left.append(rest)
            if comma:
                break
        found = _DESCRIPTOR.fullmatch(told)
        wide = int(float(found[1])) if found and found[2] == "w" else None
        density = float(found[1]) if found and found[2] == "x" else 1.0
        yield from _entry(base, url.strip(","), wide or None, density)


def _entry(base: str, found: str, wide: int | None = None, density: float = 0.0) -> Iterator[Entry]:
    """Such attributes may hold something else as well: a word, a number, JSON."""
    if not re.search(r"[/.]", found) or found.lstrip()[:1] in {"{", "["}:
        return
    url = addresses.whole(base, found)
    if url is not None and addresses.is_wanted(url):
        yield url, wide, density
