"""Groups of copies of the same picture, by average link: a picture joins those it is like as a whole."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harvester.hashing.best import Order, Picture, listed, order
from harvester.hashing.verdict import Kind, Likeness
from harvester.model import Facts
from harvester.sketch import distance

RADIUS = 6
"""Bits of pHash 64 within which two pictures that nobody could compare are held to be copies.

Re-encoding, resizing, watermarks and greying stay within 6 bits; so do most variants, which is why pictures are
compared wherever both files are here.
"""

ASPECT = 0.10
"""How far the ratios of width and height of two such copies may lie apart."""

_EXACT = ("sha256", "md5", "pixel_hash")
_BY_HASH = 0.1  # distance of two copies by their hashes alone

Pair = tuple[str, str]
Likenesses = Mapping[Pair, Likeness]
"""What is known of two files, by their SHA-256, the lower first."""


@dataclass(frozen=True, slots=True)
class Member:
    """A copy that is not kept, how far it lies from the rest of its group (0 the same, 1 another), and what says so.

    `because` is the rule by which the kept one is better.
    """

    picture: Picture
    distance: float
    evidence: str
    because: str


@dataclass(frozen=True, slots=True)
class Group:
    """The copy that is kept and those that are the same picture."""

    kept: Picture
    members: tuple[Member, ...] = ()


def group(
    pictures: Iterable[Picture],
    known: Likenesses | None = None,
    apart: Collection[Pair] = frozenset(),
) -> tuple[Group, ...]:
    """Every picture in exactly one group, the same groups whatever the order they come in; of each the best is kept.

    The same file or pixels are one. Then the two groups that are most alike are joined, again and again, while
    their pictures are rather the same than not on the average; so a chain of small differences never joins two ends
    that differ much, and one mistake is outvoted. `apart` names pictures, by SHA-256 or key, that never end in one
    group, whatever says so and also not by way of a third one; the very same file alone is always one.
    """
    ordered = listed(pictures)
    foes = _foes(ordered, apart)
    units = _units(ordered, foes)
    links = _links([ordered[unit[0]] for unit in units], known or {}) | _never(units, foes)
    found = [
        sorted(number for place in places for number in units[place])
        for places in joined(len(units), links)
    ]
    copies = ([ordered[number] for number in numbers] for numbers in sorted(found))
    return tuple(_group(order(each), known or {}) for each in copies)


def _foes(pictures: list[Picture], apart: Collection[Pair]) -> frozenset[tuple[int, int]]:
    """Places of every two pictures that were told apart."""
    if not apart:
        return frozenset()
    places: dict[str, list[int]] = {}
    for number, picture in enumerate(pictures):
        for name in filter(None, (picture.key, picture.facts.sha256)):
            places.setdefault(name, []).append(number)
    return frozenset(
        (left, right)
        for one, other in apart
        for left in places.get(one, ())
        for right in places.get(other, ())
    )


def _units(pictures: list[Picture], foes: frozenset[tuple[int, int]]) -> list[list[int]]:
    """Places of pictures that are the same file or pixels, also by way of a third one; never of two foes."""
    unit = list(range(len(pictures)))
    holders: dict[tuple[str, str], list[int]] = {}
    for number, picture in enumerate(pictures):
        for name in _names(picture.facts):
            for other in holders.setdefault(name, []):
                both = {unit[number], unit[other]}
                if name[0] == "sha256" or all({unit[x], unit[y]} != both for x, y in foes):
                    unit = [min(both) if each in both else each for each in unit]
                    break
            holders[name].append(number)
    found: dict[int, list[int]] = {}
    for number, each in enumerate(unit):
        found.setdefault(each, []).append(number)
    return list(found.values())


def _never(
    units: list[list[int]], foes: frozenset[tuple[int, int]]
) -> dict[tuple[int, int], float]:
    """Links that no mean outweighs, between units of which two members were told apart."""
    home = {number: place for place, unit in enumerate(units) for number in unit}
    pairs = (sorted((home[one], home[other])) for one, other in foes)
    return {(one, other): -math.inf for one, other in pairs if one != other}


def _names(facts: Facts) -> list[tuple[str, str]]:
    return [(name, value) for name in _EXACT if (value := getattr(facts, name))]


def _links(pictures: list[Picture], known: Likenesses) -> dict[tuple[int, int], float]:
    """How surely two pictures are the same, where anything says so."""
    links = {}
    place = {picture.facts.sha256: number for number, picture in enumerate(pictures)}
    for (left, right), likeness in known.items():
        if left in place and right in place:
            one, other = sorted((place[left], place[right]))
            links[one, other] = 1 - likeness.distance
    for one, other in _near(pictures):
        links.setdefault((one, other), 1 - _BY_HASH)
    return {pair: chance for pair, chance in links.items() if chance > 0}


def _near(pictures: list[Picture]) -> list[tuple[int, int]]:
    hashed = [n for n, picture in enumerate(pictures) if picture.facts.phash is not None]
    values = np.array([pictures[n].facts.phash for n in hashed], dtype=np.uint64)
    found: list[tuple[int, int]] = []
    for row, number in enumerate(hashed):
        close = np.flatnonzero(np.bitwise_count(values[row + 1 :] ^ values[row]) <= RADIUS)
        others = (hashed[row + 1 + int(step)] for step in close)
        one = pictures[number].facts
        found.extend((number, each) for each in others if _alike(one, pictures[each].facts))
    return found


def _alike(left: Facts, right: Facts) -> bool:
    """Whether the aspect ratios agree; unknown sizes contradict nothing."""
    if not (left.width and left.height and right.width and right.height):
        return True
    one, other = left.width * right.height, right.width * left.height
    return max(one, other) <= (1 + ASPECT) * min(one, other)


def joined(count: int, links: Mapping[tuple[int, int], float]) -> list[list[int]]:
    """Groups by average link; what is not linked counts as nothing alike."""
    found: list[list[int]] = []
    apart = islands(count, [pair for pair, chance in links.items() if chance >= 0.5])
    home = {place: number for number, places in enumerate(apart) for place in places}
    inside: dict[int, list[tuple[int, int, float]]] = {}
    for (one, other), chance in links.items():
        if home[one] == home[other]:
            inside.setdefault(home[one], []).append((one, other, chance))
    for number, places in enumerate(apart):
        at = {place: n for n, place in enumerate(places)}
        alike = np.zeros((len(places), len(places)))
        for one, other, chance in inside.get(number, ()):
            alike[at[one], at[other]] = alike[at[other], at[one]] = chance
        found.extend([places[n] for n in each] for each in average_link(alike))
    return found


def average_link(alike: NDArray[np.float64]) -> list[list[int]]:
    """Groups of the rows of a symmetric table of chances, joined while the mean between two groups is at least ½."""
    groups: list[list[int]] = [[number] for number in range(len(alike))]
    mean = alike.copy()
    np.fill_diagonal(mean, -1)
    while len(groups) > 1:
        one, other = sorted(divmod(int(mean.argmax()), len(groups)))
        if mean[one, other] < 0.5:
            break
        sizes = len(groups[one]), len(groups[other])
        merged = (mean[one] * sizes[0] + mean[other] * sizes[1]) / sum(sizes)
        mean[one], mean[:, one] = merged, merged
        mean[one, one] = -1
        mean = np.delete(np.delete(mean, other, 0), other, 1)
        groups[one] += groups.pop(other)
    return groups


def islands(count: int, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """What hangs together through pairs, each island in order."""
    home = list(range(count))

    def root(place: int) -> int:
        while home[place] != place:
            home[place] = place = home[home[place]]
        return place

    for one, other in pairs:
        low, high = sorted((root(one), root(other)))
        home[high] = low
    found: dict[int, list[int]] = {}
    for place in range(count):
        found.setdefault(root(place), []).append(place)
    return list(found.values())


def _group(best: Order, known: Likenesses) -> Group:
    kept, *others = best.copies
    members = []
    for place, copy in enumerate(others, start=1):
        distance, evidence = _joined_by(copy, best.copies, known)
        members.append(Member(copy, distance, evidence, best.because(place)))
    return Group(kept, tuple(members))


def _joined_by(
    picture: Picture, copies: tuple[Picture, ...], known: Likenesses
) -> tuple[float, str]:
    """What joins a copy to the kept one, which is the first; by way of another copy where nothing joins the two."""
    straight = _joint(picture, copies[0], known)
    if straight is not None:
        return straight
    told = (_joint(picture, other, known) for other in copies if other is not picture)
    return min(joint for joint in told if joint is not None)


def _joint(picture: Picture, other: Picture, known: Likenesses) -> tuple[float, str] | None:
    for name, value in _names(picture.facts):
        if getattr(other.facts, name) == value:
            return 0.0, f"same {name.replace('_', ' ')}"
    left, right = sorted((picture.facts.sha256 or "", other.facts.sha256 or ""))
    likeness = known.get((left, right))
    if likeness is not None:
        if likeness.kind is not Kind.DUPLICATE:
            return None
        return likeness.distance, likeness.evidence
    one, two = picture.facts.phash, other.facts.phash
    if one is None or two is None or distance(one, two) > RADIUS:
        return None
    return _BY_HASH, f"pHash {distance(one, two)} of 64 bits apart"
