"""Groups of copies of the same picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harvester.hashing.best import Picture, order
from harvester.hashing.index import Index
from harvester.model import Facts

RADIUS = 6
"""Bits of pHash 64 within which two pictures are held to be copies.

Re-encoding, resizing, watermarks and greying stay within 6 bits. Beyond that one gains mostly crops (median 10)
and loses variants: of pictures that differ in the expression alone 63 % lie within 8 bits, and no radius of any
hash keeps both apart. A lost variant is lost for good, a copy too many is seen in the review.
"""

ASPECT = 0.10
"""How far the ratios of width and height of two copies may lie apart."""

_EXACT = ("sha256", "md5", "pixel_hash")


@dataclass(frozen=True, slots=True)
class Member:
    """A copy that is not kept, how many bits it lies from the kept one, and what says so."""

    picture: Picture
    distance: int
    evidence: str


@dataclass(frozen=True, slots=True)
class Group:
    """The copy that is kept and those that are the same picture."""

    kept: Picture
    members: tuple[Member, ...] = ()


def group(pictures: Iterable[Picture], *, radius: int = RADIUS) -> tuple[Group, ...]:
    """Every picture in exactly one group, the same groups whatever the order they come in; best copies first.

    Each picture, best first, joins the group of the same file or pixels, else the nearest kept picture within
    `radius` and a like aspect ratio, else starts a group. Copies are compared with the kept one only, so that a
    chain of small differences never joins two ends that differ much.
    """
    groups: list[list[Member]] = []
    kept: list[Picture] = []
    same: dict[tuple[str, str], int] = {}
    index: Index[int] = Index()
    for picture in order(pictures):
        place, member = (
            _exact(picture, same) or _near(picture, kept, index, radius) or (len(kept), None)
        )
        if member is None:
            kept.append(picture)
            groups.append([])
            if picture.facts.phash is not None:
                index.add(place, picture.facts.phash)
        else:
            groups[place].append(member)
        for name, value in _names(picture.facts):
            same.setdefault((name, value), place)
    return tuple(Group(best, tuple(members)) for best, members in zip(kept, groups, strict=True))


def _names(facts: Facts) -> list[tuple[str, str]]:
    return [(name, value) for name in _EXACT if (value := getattr(facts, name))]


def _exact(picture: Picture, same: dict[tuple[str, str], int]) -> tuple[int, Member] | None:
    for name in _names(picture.facts):
        if name in same:
            return same[name], Member(picture, 0, f"same {name[0].replace('_', ' ')}")
    return None


def _near(
    picture: Picture, kept: list[Picture], index: Index[int], radius: int
) -> tuple[int, Member] | None:
    if picture.facts.phash is None:
        return None
    for place, distance in index.near(picture.facts.phash, radius):
        if _alike(picture.facts, kept[place].facts):
            return place, Member(picture, distance, f"pHash {distance} of 64 bits apart")
    return None


def _alike(left: Facts, right: Facts) -> bool:
    """Whether the aspect ratios agree; unknown sizes contradict nothing."""
    if not (left.width and left.height and right.width and right.height):
        return True
    one, other = left.width * right.height, right.width * left.height
    return max(one, other) <= (1 + ASPECT) * min(one, other)
