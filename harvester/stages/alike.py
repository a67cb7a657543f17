"""What stored pictures are already known to be to each other."""

from __future__ import annotations

from harvester.catalog import likenesses
from harvester.catalog.core import Catalog
from harvester.hashing import Kind, Likeness, Likenesses, model


def told(catalog: Catalog, harvest: int) -> Likenesses:
    """Of the files of a harvest's members, by their SHA-256; what another version of the weights said does not count."""
    rows = likenesses.of_harvest(catalog, harvest, model().version)
    return {pair: Likeness(Kind(kind), apart, text) for pair, (kind, apart, text) in rows.items()}
