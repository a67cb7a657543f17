"""The lists of a wiki, which may also be generators: members of categories, searches, files and pages by their names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harvester.demo.dialects.mediawiki_shelf import (
    CATEGORY,
    FILE,
    MAIN,
    NAMES,
    Sheet,
    Shelf,
    is_shared,
    key,
)
from harvester.demo.dialects.mediawiki_titles import Row, written
from harvester.demo.dialects.shared import chosen

MOST = 500
LISTS: Mapping[str, str] = {
    "categorymembers": "cm", "allimages": "ai", "allpages": "ap", "search": "sr", "prefixsearch": "ps",
}  # fmt: skip
"""List -> what its parameters begin with; as a generator they have a `g` before that."""
TYPES: Mapping[str, int] = {"page": MAIN, "subcat": CATEGORY, "file": FILE}
_BAD_CONTINUE = (
    "badcontinue",
    "Invalid continue param. You should pass the original value returned by the previous query.",
    "a continue the server never gave",
)


@dataclass(frozen=True, slots=True)
class Given:
    """A list's own parameters."""

    every: Mapping[str, str]
    prefix: str

    def get(self, name: str, default: str = "") -> str:
        return self.every.get(self.prefix + name, default)


@dataclass
class Batch:
    """Some titles of a list, and how it goes on."""

    titles: list[str] = field(default_factory=list)
    onward: Mapping[str, str | int] = field(default_factory=dict)
    start: int = 0
    total: int = 0
    breach: str = ""
    fault: tuple[str, ...] = ()


def limit(asked: str | None, default: int) -> tuple[int, str]:
    """How many rows are given, and the limit that was broken: `max` is as many as anybody gets."""
    if not asked or asked == "max":
        return (MOST if asked else default), ""
    number = int(asked) if asked.lstrip("-").isdecimal() else default
    broken = "" if 1 <= number <= MOST else f"{asked} rows at once"
    return min(MOST, max(1, number)), broken


def batch(name: str, shelf: Shelf, given: Given) -> Batch:
    match name:
        case "categorymembers":
            return _members(shelf, given)
        case "allimages":
            return _all(sorted(_images(shelf, given)), given)
        case "allpages":
            space = int(given.get("namespace", "0"))
            prefix = NAMES.get(space, "") + written(given.get("prefix"))
            return _all(
                sorted(one.title for one in _there(shelf, [space]) if one.title.startswith(prefix)),
                given,
            )
    return _hits(name, shelf, given)


def images(shelf: Shelf, named: Sequence[str], given: Given) -> Batch:
    """The files that pages show, in the order of their names. What a page shows twice is told once."""
    size, breach = limit(given.get("limit"), 10)
    shown = [
        (sheet.id, key(text))
        for one in named
        if (sheet := shelf.sheets.get(one))
        for text in _texts(sheet)
    ]
    every = sorted(set(shown))
    tokens = [f"{number}|{text}" for number, text in every]
    start, fault = _start(tokens, given.get("continue"))
    onward = {"gimcontinue": tokens[start + size]} if start + size < len(tokens) else {}
    found = [f"File:{text.replace('_', ' ')}" for _, text in every[start : start + size]]
    return Batch(found, onward, start, len(every), breach, fault)


def listed(name: str, shelf: Shelf, title: str, given: Mapping[str, str]) -> Row:
    """A row of a list that is none of pages."""
    sheet = shelf.sheets[title]
    row: Row = {"pageid": sheet.id, "ns": sheet.space, "title": title}
    if name == "prefixsearch":
        return {"ns": sheet.space, "title": title, "pageid": sheet.id}
    if name == "search":
        about = {
            "size": 46,
            "wordcount": len(sheet.text.split()),
            "snippet": "",
            "timestamp": "2024-01-01T00:00:00Z",
        }
        return {"ns": sheet.space, "title": title, "pageid": sheet.id, **about}
    if name == "allimages":
        post = shelf.by_file[title]
        told = {"canonicaltitle": title, "sha1": shelf.sha1(post), "size": shelf.bytes(post)}
        wanted = given.get("aiprop", "").split("|")
        return {
            "name": key(sheet.text),
            **{one: told[one] for one in told if one in wanted},
            "ns": FILE,
            "title": title,
        }
    return row


def _texts(sheet: Sheet) -> list[str]:
    return [title.removeprefix("File:") for title in sheet.files]


def _members(shelf: Shelf, given: Given) -> Batch:
    """A category's members, those of one kind after those of another."""
    title = written(given.get("title"))
    if not given.get("title"):
        said = (
            f'One of the parameters "{given.prefix}title" and "{given.prefix}pageid" is required.'
        )
        return Batch(fault=("missingparam", said))
    if not title.startswith("Category:"):
        return Batch(fault=("invalidcategory", "The category name you entered is not valid."))
    size, breach = limit(given.get("limit"), 10)
    kinds = [kind for kind in TYPES if kind in given.get("type", "page|subcat|file").split("|")]
    members = shelf.members.get(title, [])
    every = [(kind, sheet) for kind in kinds for sheet in members if sheet.space == TYPES[kind]]
    tokens = [
        f"{kind}|{sheet.text.upper().encode().hex().upper()}|{sheet.id}" for kind, sheet in every
    ]
    asked = given.get("continue")
    head, _, number = asked.rpartition("|")
    if chosen(asked, 3) and number[:1] not in {"", "0"}:
        return Batch(
            onward={f"{given.prefix}continue": f"{head}|0{number}"}, breach=breach
        )  # nothing yet, but more
    start, fault = _start(tokens, f"{head}|{number.lstrip('0')}" if asked else "")
    onward = {f"{given.prefix}continue": tokens[start + size]} if start + size < len(tokens) else {}
    return Batch(
        [sheet.title for _, sheet in every[start : start + size]],
        onward,
        start,
        len(every),
        breach,
        fault,
    )


def _images(shelf: Shelf, given: Given) -> list[str]:
    """Files of this wiki by the beginning of their names, or by their hash."""
    prefix, sha1 = written(given.get("prefix")), given.get("sha1")
    own = [
        title for title, post in shelf.by_file.items() if shelf.file(title) and not is_shared(post)
    ]
    if sha1:
        return [title for title in own if shelf.sha1(shelf.by_file[title]) == sha1]
    return [title for title in own if title.removeprefix("File:").startswith(prefix)]


def _all(every: list[str], given: Given) -> Batch:
    size, breach = limit(given.get("limit"), 10)
    tokens = [key(title.partition(":")[2] or title) for title in every]
    start, fault = _start(tokens, given.get("continue"))
    onward = {f"{given.prefix}continue": tokens[start + size]} if start + size < len(tokens) else {}
    return Batch(every[start : start + size], onward, start, len(every), breach, fault)


def _hits(name: str, shelf: Shelf, given: Given) -> Batch:
    """Pages that have all the words that are searched, or whose title begins as it is typed."""
    size, breach = limit(given.get("limit"), 10)
    spaces = [int(one) for one in (given.get("namespace") or "0").split("|") if one.isdecimal()]
    typed = given.get("search").casefold()
    if not typed.strip():
        return Batch(fault=("missingparam", f'The "{given.prefix}search" parameter must be set.'))
    if name == "prefixsearch":
        own = typed.partition(":")[2] if typed.partition(":")[0] in {"category", "file"} else typed
        found = [
            one for one in _there(shelf, spaces) if one.text.casefold().startswith(own.strip())
        ]
    else:
        words = set(_words(typed))
        found = [one for one in _there(shelf, spaces) if words and words <= _said(one)]
    found = [one for one in found if not one.to]
    offset = given.get("offset", "0")
    if not offset.isdecimal():
        return Batch(fault=_BAD_CONTINUE)
    start = int(offset)
    onward = {f"{given.prefix}offset": start + size} if start + size < len(found) else {}
    return Batch(
        [one.title for one in found[start : start + size]], onward, start, len(found), breach
    )


def _there(shelf: Shelf, spaces: Sequence[int]) -> list[Sheet]:
    return [sheet for sheet in shelf.sheets.values() if sheet.space in spaces]


def _said(sheet: Sheet) -> set[str]:
    """Words of a page: of its title, and what the text of a file's page says is to be seen."""
    return {*_words(sheet.text), *(sheet.post.tags["general"] if sheet.post else ())}


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _start(tokens: Sequence[str], asked: str) -> tuple[int, tuple[str, ...]]:
    if not asked:
        return 0, ()
    return (tokens.index(asked), ()) if asked in tokens else (0, _BAD_CONTINUE)
