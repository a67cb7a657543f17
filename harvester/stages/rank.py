"""How good a picture looks from what is known of it: one number, the same for ranking and for choosing."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping

from harvester.catalog.candidates import Known
from harvester.model import Facts, People

WEIGHTS = {
    "official": 2.0,  # art by the makers shows the character as she is meant to be
    "site score": 1.5,  # percentile among this harvest's posts of the same site and year
    "size": 1.0,  # short side, full at FULL_SIDE pixels
    "people": 1.0,  # alone, rather than in focus or unknown
    "framing": 0.5,  # the site says how much of the figure is shown
    "clean": 1.0,  # no tag of a defect that is let through (watermark, sketch, artefacts)
}
"""What each part may add to a score; documented in docs/choice.md."""

FULL_SIDE = 1536


def scores(
    known: Mapping[int, Known], facts: Mapping[int, Facts], sites: Mapping[str, float]
) -> dict[int, float]:
    """Score by candidate, 0 to the sum of WEIGHTS, times what the recipe says its site counts for.

    Rounded so that sums in another order are equal.
    """
    percentiles = _percentiles(known, facts)
    return {
        number: round(
            (
                sum(WEIGHTS[name] * share for name, share in _parts(fact).items())
                + WEIGHTS["site score"] * percentiles[number]
            )
            * sites.get(known[number].value.site, 1.0),
            6,
        )
        for number, fact in facts.items()
    }


def _parts(facts: Facts) -> dict[str, float]:
    marks = facts.marks or {}
    short = min(facts.width or 0, facts.height or 0)
    people = {People.ALONE: 1.0, People.FOCUS: 0.5}
    return {
        "official": float("official" in marks),
        "size": min(short / FULL_SIDE, 1.0),
        "people": people.get(facts.people, 0.0) if facts.people else 0.0,
        "framing": float(facts.framing is not None),
        "clean": 1.0 / (1 + len(marks.get("defects", ()))),
    }


def _percentiles(known: Mapping[int, Known], facts: Mapping[int, Facts]) -> dict[int, float]:
    """Where each post's score stands among those of its site and year; the middle where nothing is told."""
    peers: dict[tuple[str, int], list[int]] = defaultdict(list)
    for number, fact in facts.items():
        if fact.score is not None:
            peers[_peer(known[number], fact)].append(fact.score)
    for listed in peers.values():
        listed.sort()
    return {
        number: 0.5
        if fact.score is None
        else _standing(peers[_peer(known[number], fact)], fact.score)
        for number, fact in facts.items()
    }


def _peer(known: Known, fact: Facts) -> tuple[str, int]:
    return known.value.site, fact.created.year if fact.created else 0


def _standing(ordered: list[int], score: int) -> float:
    return (bisect_left(ordered, score) + bisect_right(ordered, score)) / (2 * len(ordered))
