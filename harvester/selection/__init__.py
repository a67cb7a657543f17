"""Chooses the wanted number out of the accepted: the best sum of scores by framing mix and caps. Pure and deterministic."""

from harvester.selection.choice import FIRM, Choice, Selection
from harvester.selection.choosing import select
from harvester.selection.places import Wishes, artist_cap, quotas, wishes
from harvester.selection.reasons import conceded

__all__ = [
    "FIRM",
    "Choice",
    "Selection",
    "Wishes",
    "artist_cap",
    "conceded",
    "quotas",
    "select",
    "wishes",
]
