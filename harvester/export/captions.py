"""One line of tags per picture, as trainers expect it: trigger first, blanks for underscores, nothing about the file."""

from __future__ import annotations

from harvester.model import Facts

LEFT_OUT = frozenset(
    {
        *("official", "defects", "watermarks", "upscaled"),
        *("rating", "animation", "size", "housekeeping"),
    }
)
"""Vocabulary sets that speak of the file or the site rather than of what is shown."""

KAOMOJI = 3
"""Names so short (^_^, >_<, 0_0) keep their underscores: they are faces, not words."""


def caption(trigger: str, facts: Facts) -> str:
    """`trigger, count, tags…` on one line; never empty."""
    tags = facts.tags or {}
    unwanted = {
        tag for name, found in (facts.marks or {}).items() if name in LEFT_OUT for tag in found
    }
    subject = trigger.replace(" ", "_")
    shown = [
        tag
        for category in ("general", "unknown")
        for tag in tags.get(category, ())
        if tag not in unwanted and tag.replace(" ", "_") != subject and "," not in tag
    ]
    shown.sort(key=lambda tag: (not tag[:1].isdigit() and tag != "solo", tag))
    return ", ".join(dict.fromkeys(filter(None, [trigger, *map(spaced, shown)])))


def spaced(tag: str) -> str:
    """A tag as words on one line."""
    plain = tag if len(tag) <= KAOMOJI else tag.replace("_", " ")
    return " ".join(plain.split())
