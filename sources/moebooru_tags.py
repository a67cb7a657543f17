"""Moebooru's lists of tags: what to ask them for a name, and what they answer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harvester import Tag
from sources import reading
from sources.reading import Row

KINDS = {"0": "general", "1": "artist", "3": "copyright", "4": "character"}
KINDS |= {kind: kind for kind in KINDS.values()}
KINDS |= {"circle": "artist", "style": "general", "faults": "meta"}
"""Kinds of tags by number and by name. From 5 on each site numbers its own: there only the name is sure."""
STEPS = {
    "exact": "alias",
    "alias": "autocomplete",
    "autocomplete": "qualified",
    "qualified": "fuzzy",
}
"""How a name is looked up, and by what next."""

Asked = tuple[str, dict[str, str]]


def lookup(name: str, step: str) -> Asked:
    """Path and parameters of a step. Without a `*` the server looks for the name anywhere within a tag."""
    if step == "alias":
        return "tag/summary.json", {}
    longest = max(re.split(r"[_()]+", name), key=len)
    patterns = {"exact": name, "autocomplete": f"{name}*", "qualified": f"{name}_(*"}
    return _like(patterns.get(step, longest), 1000 if step == "exact" else 20)


def batch(names: Sequence[str]) -> Asked:
    """Path and parameters that tell of tags: one name or pattern, or by the list of all tags any number."""
    return ("tag/summary.json", {}) if len(names) > 1 else _like(names[0], 1000)


def _like(pattern: str, most: int) -> Asked:
    return "tag.json", {"name": pattern, "order": "count", "limit": str(most)}


def found(asked: str, step: str, told: object) -> list[Tag]:
    """What a step offers for a name: itself, what it is another name of, or tags that are like it."""
    if step == "alias":
        return [tag for tag, aliases in _every(told) if asked in aliases]
    tags = [tag for tag in _listed(told) if tag.count != 0]
    if step == "exact":
        return [tag for tag in tags if tag.name == asked]
    return [tag for tag in tags if step == "fuzzy" or tag.name.startswith(asked)]


def chosen(names: Sequence[str], told: object) -> tuple[Tag, ...]:
    """Of the tags of a reply those that were asked for."""
    if isinstance(told, dict) and "data" in told:
        return tuple(tag for tag, _ in _every(told) if tag.name in {*names})
    begins = tuple(name[:-1] for name in names if name.endswith("*"))
    return tuple(tag for tag in _listed(told) if tag.name in names or tag.name.startswith(begins))


def _listed(told: object) -> list[Tag]:
    return [
        Tag(reading.needed(row, "name"), _kind(row), reading.number(row, "count"))
        for row in reading.rows(told)
    ]


def _kind(row: Row) -> str:
    return KINDS.get(str(row.get("type")).lower(), "unknown")


def _every(told: object) -> list[tuple[Tag, list[str]]]:
    """The list of all tags, each with its other names: type`name`alias`alias` and so on."""
    entries = [entry.split("`") for entry in reading.split(reading.table(told), "data")]
    whole = (entry for entry in entries if len(entry) > 1 and entry[1])
    return [(Tag(name, KINDS.get(kind, "unknown")), also) for kind, name, *also in whole]
