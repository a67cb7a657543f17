"""Compares the pictures of a harvest that may be copies of each other, in worker processes; each pair once for ever."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from harvester.catalog import files, likenesses
from harvester.hashing import METHOD, Likeness, Likenesses, pairs, parts_of, weights_version
from harvester.sketch import Sketch, unpacked
from harvester.stages.alike import told, written
from harvester.stages.shop import Progress, Shop
from harvester.stages.tasks import Comparison, Drawing, compared, drawn, results

_AT_ONCE = 200  # results written in one transaction


def compare(shop: Shop, assets: Iterable[str]) -> Likenesses:
    """What these stored pictures are to each other, where a sketch says that they may be more than strangers.

    Only what came since the last time is searched against all; the catalog remembers up to where that was.
    """
    sketches = _sketches(shop, sorted(set(assets)))
    names = [*sketches]
    method = zlib.crc32(f"{METHOD} {weights_version()}".encode())
    known = told(shop.catalog, shop.harvest.id)
    done = likenesses.searched(shop.catalog, shop.harvest.id, method)
    wanted: dict[str, list[str]] = {}
    for one, other in _near(shop, sketches, done):
        pair = names[one], names[other]
        if pair not in known:
            wanted.setdefault(pair[0], []).append(pair[1])
    found = _compared(shop, wanted)
    failed = {
        name
        for one in wanted
        for other in wanted[one]
        if (one, other) not in found
        for name in (one, other)
    }
    if (searched := {*names} - failed) != done:
        shop.catalog.write(
            lambda db: likenesses.search(db, shop.harvest.id, method, sorted(searched))
        )
    return {**known, **found}


def _near(
    shop: Shop, sketches: Mapping[str, Sketch], done: frozenset[str]
) -> list[tuple[int, int]]:
    """Places of those that may be copies, not both of which were searched before."""
    names = [*sketches]
    before = {place for place, name in enumerate(names) if name in done}
    if len(before) == len(names):
        return []
    if new := [name for name in names if name not in shop.parts]:
        parts = parts_of([sketches[name] for name in new])
        shop.parts.update(zip(new, zip(*parts, strict=True), strict=True))
    straight, mirrored = zip(*(shop.parts[name] for name in names), strict=True)
    return pairs([*sketches.values()], before, (np.stack(straight), np.stack(mirrored)))


def _sketches(shop: Shop, names: Sequence[str]) -> dict[str, Sketch]:
    known = likenesses.sketches(shop.catalog, names)
    tasks = [
        Drawing(name, path) for name in names if name not in known and (path := _path(shop, name))
    ]
    made: dict[str, bytes] = {}
    for outcome in shop.engine.run(drawn, tasks, lane=lambda task: ""):
        if isinstance(outcome.result, bytes):
            made[outcome.task.sha256] = outcome.result
    if made:
        shop.catalog.write(lambda db: likenesses.draw(db, made))
    return {name: unpacked(data) for name, data in sorted({**known, **made}.items())}


def _path(shop: Shop, sha256: str) -> Path | None:
    whole = files.asset(shop.catalog, sha256)
    return shop.store.path(sha256, whole.extension) if whole else None


def _compared(shop: Shop, wanted: dict[str, list[str]]) -> dict[tuple[str, str], Likeness]:
    names = {*wanted, *(name for others in wanted.values() for name in others)}
    paths = {name: path for name in names if (path := _path(shop, name))}
    tasks = [
        Comparison((name, paths[name]), tuple((other, paths[other]) for other in others))
        for name, others in wanted.items()
    ]
    found: dict[tuple[str, str], Likeness] = {}
    total = sum(map(len, wanted.values()))
    if total:
        shop.tell(Progress("compare", total=total))
    keep = _keeper(shop, found)
    for outcome in shop.engine.run(compared, tasks, lane=lambda task: ""):
        found |= results(outcome.task, outcome.result)
        shop.tell(Progress("compare", done=len(found), total=total))
        keep(_AT_ONCE)
    keep(1)
    return found


def _keeper(shop: Shop, found: dict[tuple[str, str], Likeness]) -> Callable[[int], None]:
    """Writes what was found since the last time, if that is at least so many."""
    kept: set[tuple[str, str]] = set()

    def keep(least: int) -> None:
        new = written({pair: each for pair, each in found.items() if pair not in kept})
        if len(new) >= least:
            version = weights_version()
            shop.catalog.write(
                lambda db: likenesses.tell(db, new, version), crossing="catalog.compared"
            )
            kept.update(new)

    return keep
