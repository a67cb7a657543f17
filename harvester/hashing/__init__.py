"""Duplicates: a search among hashes, a look at the pixels, groups of the same picture and the best copy of each."""

from harvester.hashing.best import Picture, order
from harvester.hashing.candidates import METHOD, NEAR, pairs, parts_of
from harvester.hashing.groups import RADIUS, Group, Likenesses, Member, group, joined
from harvester.hashing.thumbs import Thumb, thumb
from harvester.hashing.verdict import Kind, Likeness, likeness, model
from harvester.hashing.verifying import Compared
from harvester.sketch import distance

__all__ = [
    "METHOD",
    "NEAR",
    "RADIUS",
    "Compared",
    "Group",
    "Kind",
    "Likeness",
    "Likenesses",
    "Member",
    "Picture",
    "Thumb",
    "distance",
    "group",
    "joined",
    "likeness",
    "model",
    "order",
    "pairs",
    "parts_of",
    "thumb",
]
