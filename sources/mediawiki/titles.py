"""How a subject's names are spelled on a wiki, and in which order its ways are tried."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

Plan = list[list[str]]  # [way, title, name it was made of]; lists, because it travels as JSON

WAYS = ("file", "category", "page", "search")
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


def direct(start: str) -> Plan:
    """The one thing the user pointed at: `Category:…`, `File:…` or a page."""
    way, rest = _prefixed(start)
    return [[way or "page", title(rest), start]]


def plan(names: Iterable[str]) -> Plan:
    """Every way with every spelling, best way first. A name with a prefix goes its own way only."""
    steps: list[list[str]] = []
    for name in names:
        way, rest = _prefixed(name)
        if way:
            steps.append([way, title(rest), name])
            continue
        spelled = spellings(name)
        steps += [["category", one, name] for one in spelled]
        steps += [["page", "|".join(spelled), name], ["search", words(name), name]]
    steps.sort(key=lambda step: WAYS.index(step[0]))
    unique: dict[tuple[str, str], list[str]] = {}
    for step in steps:
        unique.setdefault((step[0], step[1]), step)
    return list(unique.values()) or [["search", "", ""]]


def next_at(plan: Plan, at: int, found: Collection[str]) -> int | None:
    """The place after `at`. Once files were found, only names without any are asked on, and in this way only."""
    for place in range(at + 1, len(plan)):
        way, _, name = plan[place]
        if not found or (way == plan[at][0] and name not in found):
            return place
    return None


def _prefixed(name: str) -> tuple[str | None, str]:
    spaced = name.strip(" _:")
    for prefix, way in PREFIXES.items():
        if spaced.lower().startswith(prefix):
            return way, spaced[len(prefix) :]
    return None, spaced
