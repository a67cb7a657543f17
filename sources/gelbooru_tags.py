"""Kinds of tags on Gelbooru sites, and their names as look-ups find them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote_plus

import harvester as h
from harvester import Name, Page, Reply
from sources import markup, reading
from sources.reading import Row

CATEGORIES = {"0": "general", "1": "artist", "3": "copyright", "4": "character", "5": "meta"}
CATEGORIES |= {"tag": "general", "metadata": "meta"} | {kind: kind for kind in CATEGORIES.values()}
"""Kinds of tags by their numbers and by the sites' words for them."""
STEPS = ("exact", "autocomplete", "qualified", "fuzzy")
"""How a name is looked up, one request each. No list of aliases can be asked; completion tells some."""
PATTERNS = {"qualified": "{}_(%", "fuzzy": "%{}%"}
_LINKED = re.compile(r"[?&;]tags=([^&#]+)")


def grouped(kinds: Mapping[str, str], names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Tags by category; those whose kind was not told are of unknown category."""
    found: dict[str, list[str]] = {}
    for name in sorted({*kinds, *names} - {""}):
        found.setdefault(kinds.get(name, "unknown"), []).append(name)
    return {kind: tuple(listed) for kind, listed in found.items()}


def spelled(written: str) -> str:
    """A tag as the site means it: without HTML's references and without blanks."""
    return "_".join(markup.unescaped(written).split())


def tag(row: Row) -> h.Tag:
    """A row of a tag list or of a completion."""
    name = reading.text(row, "value") or reading.needed(row, "name")
    kind = reading.text(row, "category") or reading.text(row, "type") or ""
    count = reading.number(row, "count" if "count" in row else "post_count")
    return h.Tag(spelled(name), CATEGORIES.get(kind, "unknown"), count)


def told(rows: Iterable[Row], begin: str) -> Page:
    """The page of a tag list, for tags that begin so: in the server's patterns `_` stands for any letter."""
    found = (one for one in map(tag, rows) if one.name and one.name.startswith(begin))
    return Page(tags=tuple(found), end=True)


def names(rows: Iterable[Row], asked: str, step: str) -> tuple[Name, ...]:
    """The rows of one step of a look-up that fit and have posts."""
    return tuple(filter(None, (_name(row, asked, step) for row in rows)))


def _name(row: Row, asked: str, step: str) -> Name | None:
    """A completion whose label is what was typed, and whose value is another tag, tells an alias."""
    found, label = tag(row), spelled(reading.text(row, "label") or "").lower()
    fits = {"exact": found.name == asked, "qualified": found.name.startswith(f"{asked}_(")}
    if found.count == 0 or not fits.get(step, bool(found.name)):
        return None
    how = "alias" if label == asked != found.name else step
    return Name(found.name, found.category, found.count, how, asked)


def shown(reply: Reply) -> dict[str, str]:
    """Tag -> its kind, out of the list beside a picture, where the items' classes tell it."""
    found: dict[str, str] = {}
    for item in markup.page(reply).find_all("li", class_=re.compile("^tag-type-")):
        kind = next(name for name in item["class"] if name.startswith("tag-type-"))
        for link in item.find_all("a", href=True):
            linked = _LINKED.search(str(link["href"]))
            if linked and link.get_text(strip=True) not in {"?", "+", "-"}:
                found[spelled(unquote_plus(linked[1]))] = CATEGORIES.get(kind[9:], "unknown")
    return found
