"""What stored pictures are already known to be to each other."""

from __future__ import annotations

from harvester.catalog import likenesses
from harvester.catalog.core import Catalog
from harvester.catalog.likenesses import Pair, Told
from harvester.hashing import Kind, Likeness, Likenesses, weights_version


def told(catalog: Catalog, harvest: int) -> Likenesses:
    """Of the files of a harvest's members, by their SHA-256; what another version of the weights said does not count."""
    rows = likenesses.of_harvest(catalog, harvest, weights_version())
    return {pair: read(row) for pair, row in rows.items()}


def read(row: Told) -> Likeness:
    """What a row says of a pair."""
    kind, apart, text = row
    return Likeness(Kind(kind), apart, text)


def written(found: Likenesses) -> dict[Pair, Told]:
    """Rows that say the same."""
    return {pair: (str(one.kind), one.distance, one.evidence) for pair, one in found.items()}
