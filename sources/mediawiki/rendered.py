"""The pictures of a rendered page, in its order, each with what stands around it: captions, tabs, headings.

Read from the HTML of `action=parse`, as MediaWiki, its gallery and tab extensions and Fandom write it.
A picture is known by its file's name, which the page says in one of several places; what else is
to be known of the file the API tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qs, unquote, urlsplit

from bs4 import Tag

from harvester import Reply, Unexpected, Word
from sources import markup, reading, tabs
from sources.reading import Row
from sources.tabs import parents

Picture = tuple[str, tuple[Word, ...]]

LONGEST = 200  # characters of a text beside a picture; whole paragraphs are no captions
BOXES = frozenset(
    [
        "gallerybox",
        "wikia-gallery-item",
        "lightbox-gallery-item",
        "tsingle",
        "thumbinner",
        "thumb",
        "pi-image",
    ]
)
"""Classes of what holds one picture and its caption; a `figure` is another such box."""
CAPTIONS = ".gallerytext, .lightbox-caption, .wikia-gallery-caption, figcaption, .thumbcaption, .pi-caption"
APART = frozenset(["navbox", "infobox", "portable-infobox"])
"""Classes of boxes about which the heading above them says nothing."""

_STORED = re.compile(r"/(?:thumb/)?[0-9a-f]/[0-9a-f]{2}/([^/]+\.\w+)")
_FILE = re.compile(r"\.(png|jpe?g|gif|webp|avif|svg|bmp|tiff?|apng|webm|mp4|ogv)$", re.IGNORECASE)


def pictures(parsed: Row) -> list[Picture]:
    """The files a page shows, in order, each once; those that its HTML does not name come last, without a word."""
    found: dict[str, dict[Word, None]] = {}
    for name, words in _shown(_html(parsed)):
        found.setdefault(name, {}).update(dict.fromkeys(words))
    for listed in reading.many(parsed.get("images")):
        if isinstance(listed, str) and (unnamed := _named(listed)):
            found.setdefault(unnamed, {})
    return [(name, tuple(words)) for name, words in found.items()]


def _html(parsed: Row) -> str:
    """The page's text, which stands in an object of its own in format 1."""
    row, key = parsed, "text"
    if isinstance(parsed.get("text"), dict):
        row, key = parsed["text"], "*"
    return reading.text(row, key) or ""


def _shown(html: str) -> Iterator[Picture]:
    try:
        page = markup.page(Reply(200, "", {}, html.encode("utf-8", "replace")))
    except (
        Unexpected
    ):  # an empty page, or none that can be read: the list of its files is there all the same
        return
    headings: dict[str, str] = {}
    labels: dict[int, str] = {}
    for tag in page.find_all(["h2", "h3", "h4", "img", "video"]):
        if tag.name.startswith("h"):
            headings = {level: text for level, text in headings.items() if level < tag.name}
            headings[tag.name] = _heading(tag)
        elif name := _file_name(tag):
            above = [] if any(parents(tag, APART)) else [*headings.values()]
            yield name, tuple(_words(tag, above, tabs.above(page, tag, labels)))


def _words(tag: Tag, headings: Iterable[str], opened: Iterable[str]) -> Iterator[Word]:
    told = [
        *(("heading", text) for text in headings),
        *(("tab", text) for text in opened),
        ("caption", _caption(tag)),
    ]
    for role, text in told:
        if short := " ".join(text.split())[:LONGEST]:
            yield Word(role, short)


def _heading(tag: Tag) -> str:
    """What a heading says, without the links to edit what stands below it."""
    told = tag.select_one(".mw-headline") or tag
    return "".join(
        text for text in told.find_all(string=True) if not text.find_parent(class_="mw-editsection")
    )


def _caption(tag: Tag) -> str:
    """The text of the innermost box that holds this picture, no other one, and a caption."""
    for box in parents(tag, BOXES, "figure"):
        if len({_file_name(one) for one in box.find_all("img")} - {None}) > 1:
            break
        for caption in box.select(CAPTIONS):
            return "" if any(one is caption for one in tag.parents) else caption.get_text(" ")
    return ""


def _file_name(tag: Tag) -> str | None:
    """The file that an image shows: as the page calls it, as the link around it does, or by where it is stored."""
    if told := markup.attribute(tag, "data-image-name"):
        return _named(told)
    if told := markup.attribute(tag, "data-image-key"):
        return _named(unquote(told))
    link = tag.find_parent("a")
    if link is not None and (name := _linked(markup.attribute(link, "href"))):
        return name
    addresses = (markup.attribute(tag, key) for key in ("data-src", "src"))
    return next(filter(None, map(_stored, addresses)), None)


def _linked(href: str) -> str | None:
    """The file that a link leads to or whose page it does, whatever the wiki calls that name space."""
    try:
        parts = urlsplit(href)
        asked = parse_qs(parts.query).get("title", [""])[0]
    except ValueError:
        return None
    space, _, name = unquote(asked or parts.path.rpartition("/")[2]).rpartition(":")
    return _named(name) if space and _FILE.search(name) else _stored(href)


def _stored(address: str) -> str | None:
    try:
        found = _STORED.search(urlsplit(address).path)
    except ValueError:
        return None
    return _named(unquote(found[1])) if found else None


def _named(name: str) -> str | None:
    """A file's name as titles are written."""
    spaced = " ".join(re.sub(r"[_|#<>\[\]{}\x00-\x1f\x7f\ufffd]+", " ", name).split())
    return (spaced[:1].upper() + spaced[1:]) or None
