"""Groups of copies of the same picture, by average link: a picture joins those it is like as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harvester.hashing.best import Picture, order
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
    """A copy that is not kept, how far it lies from the rest of its group (0 the same, 1 another), and what says so."""

    picture: Picture
    distance: float
    evidence: str


@dataclass(frozen=True, slots=True)
class Group:
    """The copy that is kept and those that are the same picture."""

    kept: Picture
    members: tuple[Member, ...] = ()


def group(pictures: Iterable[Picture], known: Likenesses | None = None) -> tuple[Group, ...]:
    """Every picture in exactly one group, the same groups whatever the order they come in; best copies first.

    The same file or pixels are one. Then the two groups that are most alike are joined, again and again, while
    their pictures are rather the same than not on the average; so a chain of small differences never joins two ends
    that differ much, and one mistake is outvoted.
    """
    ordered = order(pictures)
    units = _units(ordered)
    links = _links([ordered[unit[0]] for unit in units], known or {})
    found: list[list[Picture]] = []
    for places in joined(len(units), links):
        numbers = sorted(number for place in places for number in units[place])
        found.append([ordered[number] for number in numbers])
    found.sort(key=lambda copies: ordered.index(copies[0]))
    return tuple(_group(copies, known or {}) for copies in found)


def _units(pictures: list[Picture]) -> list[list[int]]:
    """Places of pictures that are the same file or pixels, also by way of a third one."""
    unit = list(range(len(pictures)))
    first: dict[tuple[str, str], int] = {}
    for number, picture in enumerate(pictures):
        for name in _names(picture.facts):
            other = first.setdefault(name, number)
            if unit[other] != unit[number]:
                gone, kept = max(unit[other], unit[number]), min(unit[other], unit[number])
                unit = [kept if each == gone else each for each in unit]
    found: dict[int, list[int]] = {}
    for number, each in enumerate(unit):
        found.setdefault(each, []).append(number)
    return list(found.values())


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
    for places in _islands(count, [pair for pair, chance in links.items() if chance >= 0.5]):
        if len(places) == 1:
            found.append(places)
            continue
        at = {place: number for number, place in enumerate(places)}
        alike = np.zeros((len(places), len(places)))
        for (one, other), chance in links.items():
            if one in at and other in at:
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


def _islands(count: int, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
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


def _group(copies: list[Picture], known: Likenesses) -> Group:
    kept, *others = copies
    return Group(kept, tuple(_member(each, kept, copies, known) for each in others))


def _member(picture: Picture, kept: Picture, copies: list[Picture], known: Likenesses) -> Member:
    """What joins a copy to the kept one; by way of another copy where nothing joins the two."""
    told = [_joint(picture, other, known) for other in (kept, *copies) if other is not picture]
    found = [joint for joint in told if joint is not None]
    straight = _joint(picture, kept, known)
    distance, evidence = straight or min(found)
    return Member(picture, distance, evidence)


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
