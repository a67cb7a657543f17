"""Titles as a wiki takes them: how they are written, where they lead, and what is no title at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from harvester.demo.dialects.mediawiki_shelf import FILE, MAIN, NAMES, SPACES, Shelf

AT_ONCE = 50
_FORBIDDEN = "<>[]{}|#"
Row = dict[str, Any]


@dataclass
class Titles:
    """What a list of titles came to: written as they should be, followed where asked, the bad ones aside."""

    found: list[str] = field(default_factory=list)
    bad: list[Row] = field(default_factory=list)
    told: dict[str, list[Row]] = field(default_factory=dict)  # normalized and redirects


def read(shelf: Shelf, given: str, *, follow: bool) -> Titles:
    """The `titles` of a request, or those a generator gave."""
    titles = Titles()
    for asked in dict.fromkeys(given.split("|")):
        if broken := [letter for letter in asked if letter in _FORBIDDEN]:
            said = f'The requested page title contains invalid characters: "{broken[0]}".'
            titles.bad.append({"title": asked, "invalidreason": said, "invalid": True})
            continue
        title = written(asked)
        if title != asked:
            moved = {"fromencoded": False, "from": asked, "to": title}
            titles.told.setdefault("normalized", []).append(moved)
        sheet = shelf.sheets.get(title)
        if follow and sheet and sheet.to:
            titles.told.setdefault("redirects", []).append({"from": title, "to": sheet.to})
            title = sheet.to
        if title and title not in titles.found:
            titles.found.append(title)
    return titles


def written(asked: str) -> str:
    """A title with its name space in English and the first letter large."""
    spaced = " ".join(asked.replace("_", " ").split())
    head, colon, rest = spaced.partition(":")
    space = SPACES.get(head.strip().lower(), MAIN) if colon else MAIN
    text = rest.strip() if space else spaced
    return f"{NAMES[space]}{text[:1].upper()}{text[1:]}" if text else ""


def space_of(title: str) -> int:
    return next((space for space, name in NAMES.items() if name and title.startswith(name)), MAIN)


def base_row(shelf: Shelf, title: str) -> Row:
    """What every reply tells of a page: its number, or that it is missing."""
    sheet, space = shelf.sheets.get(title), space_of(title)
    if sheet:
        return {"pageid": sheet.id, "ns": space, "title": title}
    row: Row = {"ns": space, "title": title, "missing": True}
    is_known = space == FILE and shelf.file(title) is not None
    return row | ({"known": True} if is_known else {})
