"""Where else in a library a picture is: files of other harvests that hashes find and pixels confirm."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harvester.catalog import candidates, files, likenesses, members
from harvester.catalog.core import Catalog
from harvester.hashing import Kind, Likeness, weights_version
from harvester.sketch import unpacked
from harvester.stages.alike import read
from harvester.stages.indexing import near
from harvester.stages.tasks import Comparison, compared
from harvester.store.local import LocalStore

MOST = 12
"""So many of the nearest files are compared; a picture seldom has more copies."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A candidate of other harvests whose file shows the same: a duplicate or a variant, and what says so."""

    key: str
    harvests: tuple[int, ...]
    kind: str
    distance: float
    evidence: str


def elsewhere(catalog: Catalog, asset: str, harvest: int) -> tuple[Elsewhere, ...]:
    """What other harvests have of the picture that a stored file shows, the likest first.

    Pairs that were never compared are compared now, and nothing of it is kept.
    """
    told = {asset: Likeness(Kind.DUPLICATE, 0.0, "the same file")}
    sketch = likenesses.sketches(catalog, [asset]).get(asset)
    if sketch is not None:
        found = [hit.sha256 for hit in near(catalog, unpacked(sketch)) if hit.sha256 != asset]
        strangers = [sha256 for sha256 in found if not _is_of(catalog, sha256, harvest)]
        told |= _likenesses(catalog, asset, strangers[:MOST])
    return tuple(_told(catalog, told, harvest))


def _is_of(catalog: Catalog, sha256: str, harvest: int) -> bool:
    """Whether it is the same harvest's: then the two were compared there."""
    return any(number == harvest for number, _ in files.members_of(catalog, sha256))


def _likenesses(catalog: Catalog, asset: str, others: list[str]) -> dict[str, Likeness]:
    store = LocalStore(catalog.path.parent)
    known = likenesses.of_asset(catalog, asset, weights_version())
    paths = {
        name: store.path(name, whole.extension)
        for name in (asset, *(other for other in others if other not in known))
        if (whole := files.asset(catalog, name)) is not None
    }
    found = {other: read(known[other]) for other in others if other in known}
    mine = paths.pop(asset, None)
    if mine is not None and paths:
        results = compared(Comparison((asset, mine), tuple(paths.items())))
        found |= {other: each for other, each in zip(paths, results, strict=True) if each}
    return found


def _told(catalog: Catalog, told: dict[str, Likeness], harvest: int) -> Iterable[Elsewhere]:
    for sha256, each in sorted(told.items(), key=lambda item: (item[1].distance, item[0])):
        if each.kind is Kind.DIFFERENT:
            continue
        for one in candidates.by_asset(catalog, sha256):
            numbers = {number for number, _ in members.of_candidate(catalog, one.id)}
            if others := tuple(sorted(numbers - {harvest})):
                said = str(each.kind), each.distance, each.evidence
                yield Elsewhere(one.value.key, others, *said)
