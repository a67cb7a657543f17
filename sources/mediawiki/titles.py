"""How a subject's names are spelled on a wiki, and which titles may be its starting points."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

Step = list[str | int]
"""[way, title, how many levels of categories below it are walked]; a list, because it travels as JSON."""

SUBPAGES = (
    *("Gallery", "Images", "Image Gallery", "Image gallery", "Artwork", "Art", "Pictures"),
    *("Outfits", "Costumes", "Skins", "Illustrations", "Appearance", "Galerie", "Galería"),
    *("Galeria", "Galleria", "Галерея", "ギャラリー", "图集", "画廊"),
)
"""Where wikis put the pictures of a page whose text they would crowd, likeliest first."""

AT_ONCE = 50  # titles that one request may name
ROOM = 5000  # bytes of titles in one address, as far as servers take them
PREFIXES = {"category:": "category", "file:": "file"}  # understood by wikis of every language
FORBIDDEN = re.compile(r"[#<>\[\]{}|_\s\x00-\x1f\x7f]+")
INITIAL = re.compile(r"(?<![\w'’])\w")


def title(name: str) -> str:
    """A name as a wiki writes titles: blanks for underscores, the first letter large."""
    spaced = FORBIDDEN.sub(" ", name).strip(" :")
    return spaced[:1].upper() + spaced[1:]


def spellings(name: str) -> list[str]:
    """Titles a name may stand under, likeliest first: `hakurei_reimu` is *Hakurei Reimu* or *Reimu Hakurei*."""
    written = title(name)
    capital = INITIAL.sub(lambda letter: letter[0].upper(), written)
    turned = " ".join(reversed(capital.split(" "))) if capital.count(" ") == 1 else capital
    likeliest = [capital, written] if name.islower() else [written, capital]
    return list(dict.fromkeys([*likeliest, turned]))


def words(name: str) -> str:
    """A name as search words, without what search engines take for operators."""
    return " ".join(re.sub(r"[^\w'’.]+|_", " ", name).split())


def prefixed(name: str) -> tuple[str | None, str]:
    """The way that a name asks for by its prefix, and the name without it."""
    spaced = name.strip(" _:")
    for prefix, way in PREFIXES.items():
        if spaced.lower().startswith(prefix):
            return way, spaced[len(prefix) :]
    return None, spaced


def places(spelled: Iterable[str]) -> str:
    """The titles that may be starting points of a subject so spelled, for one request: what wikis rarely have is cut."""
    pages = [one for one in spelled if one]
    categories = [f"Category:{one}" for one in pages]
    below = [f"{one}/{sub}" for sub in SUBPAGES for one in pages]
    every = [*categories, *pages, *below]
    return "|".join(every[: fitting(every)])


def fitting(listed: Sequence[str]) -> int:
    """How many of these titles, from the first on, one request can name; one always can."""
    room = ROOM
    for number, one in enumerate(listed[:AT_ONCE]):
        room -= len(quote(one)) + len("%7C")
        if room < 0 and number:
            return number
    return len(listed[:AT_ONCE])


def direct(start: str, depth: int) -> Step:
    """The one thing the user pointed at: `Category:…`, `File:…`, all files that begin as `File:…*`, or a page."""
    way, rest = prefixed(start)
    if way == "file" and rest.endswith("*"):
        return ["prefix", title(rest[:-1]), 0]
    return [way or "page", title(rest), depth]


def plan(names: Iterable[str], depth: int) -> tuple[list[Step], list[list[Step]]]:
    """What is asked first, and what instead, one group after the other, where nothing is found.

    A category stands for its subject: the pages of its name are looked for as well, but no further spelling.
    """
    first: list[Step] = []
    searches: list[Step] = []
    begins: list[Step] = []
    for name in names:
        way, rest = prefixed(name)
        if way == "file":
            first.append(direct(name, depth))
            continue
        spelled = [title(rest)] if way else spellings(name)
        first.append(["explore", places(spelled), 0])
        if way is None:
            searches.append(["search", words(name), 0])
            begins += [["prefix", one, 0] for one in spelled]
    then = [_once(group) for group in (searches, begins) if group]
    return (_once([one for one in first if one[1]]) or [["search", "", 0]]), then


def categories(names: Iterable[str]) -> list[str]:
    """The categories that may be a subject's own."""
    found: list[str] = []
    for name in names:
        way, rest = prefixed(name)
        if way != "file":
            found += [title(rest)] if way else spellings(name)
    return [f"Category:{one}" for one in dict.fromkeys(found) if one]


def _once(steps: list[Step]) -> list[Step]:
    return list({(step[0], step[1]): step for step in reversed(steps)}.values())[::-1]
