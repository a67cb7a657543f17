"""Everything that is told of a picture's quality, from one grey copy of it."""

from __future__ import annotations

from dataclasses import replace

from PIL import Image

from harvester.measure import blocks, edges, surround
from harvester.measure.grey import working
from harvester.measure.lettering import letters
from harvester.measure.tiles import busiest
from harvester.model import Facts


def looked(facts: Facts, grey: Image.Image, *, whole: bool) -> Facts:
    """The facts with what the copy tells. Unless it is `whole`, what only single pixels show stays unknown."""
    judged = working(grey)
    tiles = busiest(judged)
    facts = replace(facts, edges=_short(edges.width(tiles)), letters=_short(letters(judged)))
    facts = _within(facts, grey)
    if not whole:
        return facts
    tiles = tiles if judged is grey else busiest(grey)
    return replace(
        facts, repeats=_short(edges.repeats(tiles)), blockiness=_short(blocks.blockiness(tiles))
    )


def _within(facts: Facts, grey: Image.Image) -> Facts:
    """With the size inside borders, in pixels of the file."""
    width, height = facts.width or grey.width, facts.height or grey.height
    within = surround.inside(grey)
    return replace(
        facts,
        inner_width=width - round((grey.width - within[0]) * width / grey.width),
        inner_height=height - round((grey.height - within[1]) * height / grey.height),
    )


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
