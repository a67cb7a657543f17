"""The pictures a page shows, in its order: the largest copy of each, what it links to, its size where that is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bs4 import BeautifulSoup, Tag

from harvester import Credit, Word
from sources.webpage import addresses, attributes

LARGE = 400  # pixels; what is shown smaller than that is often a larger file made to fit
ICON = 64  # pixels; nothing that is smaller both ways is a picture of anybody
FURNITURE = "nav, footer, [role=navigation], [role=contentinfo]"
"""Parts of a page that show no pictures anybody came for."""

_PARTS = re.compile(
    r"logo|icon|sprite|spinner|loading|loader|placeholder|avatar|badge|button|banner|blank|pixel",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture as a page shows it: `original` is the larger one it names, `page` the page about it.

    `every` holds all addresses that the page has for it.
    """

    url: str
    width: int | None = None
    height: int | None = None
    original: str | None = None
    page: str | None = None
    tag: Tag | None = None
    every: frozenset[str] = frozenset()
    words: tuple[Word, ...] = ()
    credits: tuple[Credit, ...] = field(default=())

    @property
    def is_plausible(self) -> bool:
        """Whether it may be more than a part of the page, as far as its name and size are told."""
        if self.original or self.page:
            return True
        sides = (side for side in (self.width, self.height) if side is not None)
        is_part = _PARTS.search(addresses.file_name(self.url)) is not None
        return not is_part and all(side >= LARGE / 2 for side in sides)


def shown(page: BeautifulSoup, base: str, selector: str = "") -> Iterator[Shown]:
    """Every picture of a page, or of the parts of it that the selector names."""
    named = _within(page, selector or FURNITURE)
    for tag in page.find_all(_may_show):
        if (id(tag) in named) is bool(selector) and (found := _picture(tag, base)) is not None:
            yield found


def _within(page: BeautifulSoup, selector: str) -> set[int]:
    """The tags that a selector names, and all that lie in one."""
    return {id(one) for top in page.select(selector) for one in (top, *top.find_all(True))}


def _may_show(tag: Tag) -> bool:
    if tag.name in {"img", "amp-img"} or _is_backed(tag):
        return True
    return tag.name == "a" and tag.find(["img", "amp-img"]) is None and not _holds_backed(tag)


def _is_backed(tag: Tag) -> bool:
    return tag.has_attr("data-bg") or "background" in attributes.text(tag, "style")


def _holds_backed(tag: Tag) -> bool:
    return tag.find(_is_backed) is not None


def _picture(tag: Tag, base: str) -> Shown | None:
    link = tag if tag.name == "a" else tag.find_parent("a")
    entries = [*attributes.entries(tag, base)]
    original = attributes.full(tag, link, base)
    width, height = attributes.room(tag)
    if original is not None:
        every = frozenset({original, *(url for url, _, _ in entries)})
        url = _largest(entries)[0] if entries else original
        width, height = _of_original(tag, link)
        return Shown(url, width, height, original, None, tag, every)
    if not entries or _is_tiny(width, height):
        return None
    url, wide, _ = _largest(entries)
    every = frozenset(url for url, _, _ in entries)
    page = None if _is_large(wide, width, height) else attributes.about(link, base)
    width, height = _size(wide, width, height)
    return Shown(url, width, height, None, page, tag, every)


def _largest(entries: list[attributes.Entry]) -> attributes.Entry:
    return max(entries, key=lambda entry: (entry[1] or 0, entry[2]))


def _of_original(tag: Tag, link: Tag | None) -> tuple[int | None, int | None]:
    """Only some galleries tell the size of what a small picture links to."""
    for one in (tag, link):
        keys = attributes.SIZES[0]
        width, height = (attributes.pixels(attributes.text(one, key)) for key in keys)
        if width and height:
            return width, height
    return None, None


def _is_large(wide: int | None, width: int | None, height: int | None) -> bool:
    return (wide or 0) >= LARGE or min(width or 0, height or 0) >= LARGE


def _size(wide: int | None, width: int | None, height: int | None) -> tuple[int | None, int | None]:
    """What may be claimed: the width that is told of a file, or the room of a picture if there is much.

    In a small room there may stand a large file.
    """
    if wide:
        return wide, round(wide * height / width) if width and height else None
    return (width, height) if min(width or 0, height or 0) >= LARGE else (None, None)


def _is_tiny(width: int | None, height: int | None) -> bool:
    """A counter of visitors, or an icon."""
    sides = [side for side in (width, height) if side is not None]
    return any(side <= 2 for side in sides) or (len(sides) == 2 and max(sides) < ICON)
