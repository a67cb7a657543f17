"""How good a picture looks from what is known of it: one number, the same for ranking and for choosing."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from harvester.catalog.candidates import Known
from harvester.gates.outfit import worn
from harvester.gates.ruling import marked
from harvester.model import Facts, Framing, People, Tags
from harvester.profile import Profile, conformity
from harvester.recipe import Recipe
from harvester.stages import gating

WEIGHTS = {
    "official": 2.0,  # art by the makers shows the character as she is meant to be
    "site score": 1.5,  # percentile among this harvest's posts of the same site and year
    "size": 1.0,  # short side within bars and borders, full at FULL_SIDE pixels
    "outfit": 1.0,  # how far her looks are the usual ones; the middle where tags say too little
    "quality": 1.0,  # how sharp and how little compressed its file is; the middle until that is measured, less where bytes are few
    "people": 1.0,  # alone, rather than in focus or unknown
    "framing": 0.5,  # the site says how much of the figure is shown, and it is not small
    "clean": 1.0,  # no tag that speaks against it and is let through (watermark, artefacts, 3D), no signature or title
}
"""What each part may add to a score; documented in docs/choice.md, which a test holds to this table."""

COSTLY = (
    *("defects", "solid", "upscaled", "chibi", "uncoloured", "unfinished"),
    *("speech", "watermarks"),
)
"""Vocabulary sets whose tags make a picture less clean; most of them only where a recipe lets them through."""
SLIGHT, SLIGHTLY = ("signed", "text"), 0.25
"""Sets of which all tags together count as a part of one: names in a corner, a title."""
FULL_SIDE = 1536
MIDDLE = 0.5
"""What a part is worth of which nothing is known: neither good nor bad."""
CRISP, SOFT = 1.0, 3.0
"""Widths of edges in pixels that are as sharp as can be, and not sharp at all."""
FINE, COARSE = 90, 50
"""Qualities of JPEG at which nothing is seen of it, and too much."""
DENSE, THIN = 0.6, 0.3
"""Bits a pixel of a JPEG: with less than the first it may be blurred, cut short or hard pressed, with the last it is."""


def scores(
    known: Mapping[int, Known],
    facts: Mapping[int, Facts],
    sites: Mapping[str, float],
    profile: Profile | None = None,
) -> dict[int, float]:
    """Score by candidate, 0 to the sum of WEIGHTS, times what the recipe says its site counts for.

    `profile` is how the subject usually looks, where that matters. Rounded so that sums in another order are equal.
    """
    percentiles = _percentiles(known, facts)
    return {
        number: round(
            (
                sum(WEIGHTS[name] * share for name, share in _parts(fact).items())
                + WEIGHTS["site score"] * percentiles[number]
                + WEIGHTS["outfit"] * _looks(fact, profile)
            )
            * sites.get(known[number].value.site, 1.0),
            6,
        )
        for number, fact in facts.items()
    }


def usual_looks(library: Path, recipe: Recipe) -> Profile | None:
    """What conformity is held against; None where no look is preferred: no character, or another outfit is asked for."""
    policy = recipe.gates.get("outfit", "official")
    policy = policy.get("policy", "official") if isinstance(policy, Mapping) else policy
    if recipe.kind != "character" or policy not in {True, "official", "canonical"}:
        return None
    return gating.profile(library, recipe)


def _looks(facts: Facts, profile: Profile | None) -> float:
    value = conformity(profile, worn(facts)).value if profile else None
    return MIDDLE if value is None else value


def _parts(facts: Facts) -> dict[str, float]:
    marks = facts.marks or {}
    short = min(facts.inner_width or facts.width or 0, facts.inner_height or facts.height or 0)
    people = {People.ALONE: 1.0, People.FOCUS: 0.5}
    return {
        "official": float("official" in marks),
        "size": min(short / FULL_SIDE, 1.0),
        "quality": quality(facts),
        "people": people.get(facts.people, 0.0) if facts.people else 0.0,
        "framing": float(facts.framing not in {None, Framing.WIDE}),
        "clean": 1.0 / (1 + len(marked(facts, *COSTLY)) + SLIGHTLY * _slight(marks)),
    }


def _slight(marks: Tags) -> int:
    return sum(1 for name in SLIGHT if name in marks)


def quality(facts: Facts) -> float:
    """How good the file itself is, 0 to 1: as good as the worst that was measured of it.

    Until it is here only its claimed bytes tell: few for a JPEG of its size speak against it, many for nothing.
    """
    sides = (
        None if facts.edges is None else (SOFT - facts.edges) / (SOFT - CRISP),
        None if facts.jpeg_quality is None else (facts.jpeg_quality - COARSE) / (FINE - COARSE),
        None if facts.blockiness is None else 1 - facts.blockiness,
    )
    told = [min(1.0, max(0.0, side)) for side in sides if side is not None]
    return min(told) if told else MIDDLE * _density(facts)


def _density(facts: Facts) -> float:
    if facts.format not in {"jpg", "jpeg"} or not (facts.bytes and facts.width and facts.height):
        return 1.0
    bits = facts.bytes * 8 / (facts.width * facts.height)
    return min(1.0, max(0.0, (bits - THIN) / (DENSE - THIN)))


def _percentiles(known: Mapping[int, Known], facts: Mapping[int, Facts]) -> dict[int, float]:
    """Where each post's score and favourites stand among those of its site and year; the middle where nothing is told."""
    told = [
        _standings(known, {n: getattr(fact, name) for n, fact in facts.items()}, facts)
        for name in APPEAL
    ]
    found = {}
    for number in facts:
        shares = [standings[number] for standings in told if number in standings]
        found[number] = sum(shares) / len(shares) if shares else MIDDLE
    return found


APPEAL = ("score", "favourites")
"""Facts that say how much people like a post; sites that have both count both."""


def _standings(
    known: Mapping[int, Known], numbers: Mapping[int, int | None], facts: Mapping[int, Facts]
) -> dict[int, float]:
    """Percentiles of those numbers that are told, each among its peers."""
    peers: dict[tuple[str, int], list[int]] = defaultdict(list)
    for post, number in numbers.items():
        if number is not None:
            peers[_peer(known[post], facts[post])].append(number)
    for listed in peers.values():
        listed.sort()
    return {
        post: _standing(peers[_peer(known[post], facts[post])], number)
        for post, number in numbers.items()
        if number is not None
    }


def _peer(known: Known, fact: Facts) -> tuple[str, int]:
    return known.value.site, fact.created.year if fact.created else 0


def _standing(ordered: list[int], score: int) -> float:
    return (bisect_left(ordered, score) + bisect_right(ordered, score)) / (2 * len(ordered))
