"""Duplicates: a search among hashes, a look at the pixels, groups of the same picture and the best copy of each.

The comparison itself is `hashing.verifying`. It stays out of this face, since it brings half a second and 20 MB of
scipy along, which only processes that compare pixels need.
"""

from harvester.hashing.best import Picture, order
from harvester.hashing.candidates import METHOD, NEAR, pairs, parts_of
from harvester.hashing.groups import RADIUS, Group, Likenesses, Member, group, joined
from harvester.hashing.thumbs import Thumb, thumb
from harvester.hashing.verdict import Kind, Likeness, likeness, weights_version
from harvester.sketch import distance

__all__ = [
    "METHOD",
    "NEAR",
    "RADIUS",
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
    "order",
    "pairs",
    "parts_of",
    "thumb",
    "weights_version",
]
