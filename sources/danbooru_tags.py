"""Danbooru's lists of tags: what they are asked for a name, and what their rows mean."""

from __future__ import annotations

import harvester as h
from harvester import Name
from sources import reading
from sources.reading import Row

CATEGORIES = {0: "general", 1: "artist", 3: "copyright", 4: "character", 5: "meta"}
LOOKUPS: dict[str, tuple[str, str, dict[str, str]]] = {
    "exact": ("tags.json", "search[name]", {}),
    "alias": ("tag_aliases.json", "search[antecedent_name]", {"search[status]": "active"}),
    "autocomplete": ("autocomplete.json", "search[query]", {"search[type]": "tag_query"}),
    "qualified": ("tags.json", "search[name_matches]", {"search[order]": "count"}),
    "fuzzy": ("tags.json", "search[fuzzy_name_matches]", {"search[order]": "similarity"}),
}
"""How a name is looked up, step by step until one settles it: path, parameter, further parameters."""
BY_POSTS = ("posts.json", "tags", {"limit": "1"})  # for servers without a list of tags


def later(step: str) -> str | None:
    """The step after this one."""
    steps = [*LOOKUPS]
    return steps[steps.index(step) + 1] if step in steps[:-1] else None


def name(row: Row, asked: str, step: str) -> Name | None:
    """A row of a tag, alias or autocomplete list as a name; None when no post has it."""
    if step == "alias":
        return Name(reading.needed(row, "consequent_name"), "unknown", how=step, asked=asked)
    if step == "autocomplete":
        meant = row.get("antecedent") == asked and row.get("type") != "tag-autocorrect"
        row, step = {**row, "name": row.get("value")}, "alias" if meant else step
    told = tag(row) if row.get("name") else None  # completions may be words that are no tags
    if told is None or told.count == 0:
        return None
    return Name(told.name, told.category, told.count, step, asked)


def tag(row: Row) -> h.Tag:
    """A row of the list of tags."""
    category = CATEGORIES.get(reading.number(row, "category") or 0, "unknown")
    return h.Tag(reading.needed(row, "name"), category, reading.number(row, "post_count"))
