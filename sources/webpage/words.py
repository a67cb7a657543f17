"""What a page says around a picture: captions, headings above it, tabs, its file's name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bs4 import BeautifulSoup, Tag

from harvester import Word
from sources import tabs
from sources.webpage import addresses, attributes

LONGEST = 200  # characters of a text beside a picture; whole paragraphs are no captions
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
PICTURES = ("img", "amp-img")
CAPTIONS = "figcaption, .caption, .wp-caption-text, .gallery-caption, .thumbcaption, .gallerytext, .lightbox-caption"
NAMES = ("data-image-name", "data-image-key")
"""Attributes in which wikis write a file's name."""
DEPTH = 6  # levels above a picture at which its box may be


class Surroundings:
    """The texts of one page, asked picture by picture in its order."""

    def __init__(self, page: BeautifulSoup) -> None:
        self._page = page
        self._panels: dict[int, str] = {}
        self._above = _headings(page)

    def words(self, tag: Tag | None, url: str) -> tuple[Word, ...]:
        """What is said around this tag of a picture whose best known address is `url`."""
        told = [("filename", _name(tag, url))]
        if tag is not None:
            told += [("heading", text) for text in self._above.get(id(tag), ())]
            told += [("tab", text) for text in tabs.above(self._page, tag, self._panels)]
            told += [("caption", text) for text in _captions(tag)]
        return tuple(dict.fromkeys(_short(told)))


def short(role: str, text: str) -> tuple[Word, ...]:
    """A text as a word, cut where it is long; none if it is empty."""
    return tuple(_short([(role, text)]))


def _short(told: Iterable[tuple[str, str]]) -> Iterator[Word]:
    for role, text in told:
        if cut := " ".join(text.split())[:LONGEST]:
            yield Word(role, cut)


def _headings(page: BeautifulSoup) -> dict[int, tuple[str, ...]]:
    """The headings above each tag that may show a picture, the page's first."""
    open_: dict[str, str] = {}
    found = {}
    for tag in page.find_all(True):
        if tag.name in HEADINGS:
            open_ = {level: text for level, text in open_.items() if level < tag.name}
            open_[tag.name] = tag.get_text(" ")
        elif tag.name in {*PICTURES, "a"} or tag.has_attr("style") or tag.has_attr("data-bg"):
            found[id(tag)] = tuple(open_.values())
    return found


def _name(tag: Tag | None, url: str) -> str:
    told = (attributes.text(tag, key) for key in NAMES)
    return next(filter(None, told), "") or addresses.file_name(url)


def _captions(tag: Tag) -> Iterator[str]:
    yield _boxed(tag)
    yield from (attributes.text(tag, key) for key in ("alt", "title", "data-caption"))
    link = tag if tag.name == "a" else tag.find_parent("a")
    yield from (attributes.text(link, key) for key in ("title", "data-caption"))
    if tag.name == "a" and tag.find(PICTURES) is None:
        yield tag.get_text(" ")


def _boxed(tag: Tag) -> str:
    """The text of the innermost box that holds this picture, no other one, and a caption."""
    for box, _ in zip(tag.parents, range(DEPTH), strict=False):
        several = len(box.find_all(PICTURES, limit=3))
        if several > 2 or (several == 2 and box.find("noscript") is None):
            break
        caption = box.select_one(CAPTIONS)
        if caption is not None:
            return caption.get_text(" ")
    return ""
