"""Brings together what is known of the copies of one picture: tags, sources and credits, also of copies by looks alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from harvester import claims, vocabulary
from harvester.catalog import candidates, members
from harvester.catalog.candidates import Known
from harvester.catalog.core import Catalog
from harvester.gates.minors import clear
from harvester.model import Facts, Ruling
from harvester.stages import facts

OF_THE_COPY = frozenset(
    {
        *("edited", "flagged", "defects", "upscaled", "watermarks", "speech", "signed", "text"),
        *("size", "housekeeping", "uncoloured", "animation", "layout", "cut", "interface"),
        *("scans", "screenshots"),
    }
)
"""Vocabulary sets that tell how a copy was made, cut or marked: true of that copy, and perhaps not of the kept one."""


@dataclass(frozen=True, slots=True)
class Copies:
    """The copies by looks of the pictures that a harvest keeps, and what sites claim of each."""

    of: Mapping[int, tuple[Known, ...]]
    claimed: Mapping[int, Facts]

    def told(self, kept: int, known: Facts) -> Facts:
        """What is known of a kept picture with what its copies add to it.

        Facts of its own come first; of opinions the rules of `claims` count. A copy adds no framing, since it may be cut,
        and no tag that speaks of the copy.
        """
        others = [
            _of_the_picture(self.claimed[one.id], one.family) for one in self.of.get(kept, ())
        ]
        return claims.merged([known, *others]) if others else known

    def clear(self, kept: int, known: Facts) -> Ruling:
        """The minors gate, for which every word that was said of any copy counts."""
        return clear_together([known, *(self.claimed[one.id] for one in self.of.get(kept, ()))])


def copies(catalog: Catalog, harvest: int, kept: Iterable[int]) -> Copies:
    """The copies of these kept candidates in a harvest, those left out of which nothing may be kept."""
    by_kept = members.copies(catalog, harvest)
    wanted = {number: by_kept[number] for number in kept if number in by_kept}
    known = candidates.load(catalog, [copy for some in wanted.values() for copy in some])
    found = {
        number: tuple(known[copy] for copy in some if not known[copy].bare)
        for number, some in wanted.items()
    }
    return Copies(found, facts.of(catalog, (one for some in found.values() for one in some)))


def clear_together(told: Sequence[Facts]) -> Ruling:
    """The minors gate on all that is said of one picture: an age that one site names counts with another's rating."""
    return clear(claims.merged(told))


def _of_the_picture(known: Facts, family: str) -> Facts:
    table = vocabulary.standard().table(family)

    def speaks(tag: str) -> bool:
        return not any(
            group == "framing" or name in OF_THE_COPY for group, name in table.sides(tag)
        )

    tags = {kind: tuple(filter(speaks, names)) for kind, names in (known.tags or {}).items()}
    return replace(
        known,
        tags=None if known.tags is None else tags,
        marks={name: tags for name, tags in (known.marks or {}).items() if name not in OF_THE_COPY},
        framing=None,
    )
