"""Duplicates: hashes, a search among them, groups of the same picture and the best copy of each."""

from harvester.hashing.best import Picture, order
from harvester.hashing.groups import RADIUS, Group, Member, group
from harvester.hashing.index import Index
from harvester.hashing.phash import distance, from_signed, phash, to_signed

__all__ = [
    "RADIUS",
    "Group",
    "Index",
    "Member",
    "Picture",
    "distance",
    "from_signed",
    "group",
    "order",
    "phash",
    "to_signed",
]
