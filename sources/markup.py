"""Reads XML and HTML as sites write them: mended where they are wrong, and without entities of a server's own."""

from __future__ import annotations

import html
import re
from xml.etree.ElementTree import Element, ParseError, fromstring

from bs4 import BeautifulSoup, Tag
from bs4.exceptions import ParserRejectedMarkup

from harvester import Reply, Unexpected

_REFERENCE = re.compile(r"&(?:(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|\w{1,32});)?")
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml(reply: Reply) -> Element:
    """The root of an XML body; Unexpected when it is none.

    What sites write wrongly is mended: control characters, a bare `&`, entities of HTML. A document
    type is refused, and with it every entity a server could define.
    """
    mended = _NO_XML.sub("", _REFERENCE.sub(_mended, reply.text)).strip("\ufeff \t\r\n")
    try:
        if "<!DOCTYPE" in mended:
            raise ValueError("a document type")
        return fromstring(mended)  # noqa: S314 - without a document type there are no entities
    except (ParseError, ValueError):
        raise _unread(reply) from None


def page(reply: Reply) -> BeautifulSoup:
    """An HTML body; Unexpected when there is no mark-up in it, or none that can be read."""
    text = reply.text.replace("<?", "&lt;?")  # XHTML is read as HTML
    try:
        if "<" in text:
            return BeautifulSoup(text, "html.parser")
    except (ParserRejectedMarkup, RecursionError):
        pass
    raise _unread(reply)


def attribute(tag: Tag | None, name: str) -> str:
    """An attribute as it is written; empty when there is none, or not even a tag."""
    return str(tag.get(name) or "") if tag else ""


def unescaped(written: str) -> str:
    """A text without the references of HTML, as sites write `&#039;` into JSON."""
    return _REFERENCE.sub(lambda found: html.unescape(found[0]), written)


def _mended(found: re.Match[str]) -> str:
    """A reference as XML knows it: the letter that HTML means, else a plain `&`."""
    letter = html.unescape(found[0]) if found[1] else "&"
    return html.escape(letter) if letter != found[0] else f"&amp;{found[0][1:]}"


def _unread(reply: Reply) -> Unexpected:
    return Unexpected("body", reply.text.strip()[:60] or "nothing")
