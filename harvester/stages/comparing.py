"""Compares the pictures of a harvest that may be copies of each other, in worker processes; each pair once for ever."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from harvester.catalog import files, likenesses
from harvester.hashing import Likeness, Likenesses, model, pairs
from harvester.sketch import Sketch, unpacked
from harvester.stages.alike import told
from harvester.stages.shop import Progress, Shop
from harvester.stages.tasks import Comparison, Drawing, compared, drawn

_AT_ONCE = 200  # results written in one transaction


def compare(shop: Shop, assets: Iterable[str]) -> Likenesses:
    """What these stored pictures are to each other, where a sketch says that they may be more than strangers."""
    names = sorted(set(assets))
    sketches = _sketches(shop, names)
    known = told(shop.catalog, shop.harvest.id)
    drawn_names = [name for name in names if name in sketches]
    near = pairs([sketches[name] for name in drawn_names])
    wanted: dict[str, list[str]] = {}
    for one, other in near:
        pair = drawn_names[one], drawn_names[other]
        if pair not in known:
            wanted.setdefault(pair[0], []).append(pair[1])
    return {**known, **_compared(shop, wanted)}


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
    return {name: unpacked(data) for name, data in {**known, **made}.items()}


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
        results = outcome.result if isinstance(outcome.result, tuple) else ()
        for (other, _), result in zip(outcome.task.others, results, strict=False):
            if isinstance(result, Likeness):
                found[outcome.task.first[0], other] = result
        shop.tell(Progress("compare", done=len(found), total=total))
        keep(_AT_ONCE)
    keep(1)
    return found


def _keeper(shop: Shop, found: dict[tuple[str, str], Likeness]) -> Callable[[int], None]:
    """Writes what was found since the last time, if that is at least so many."""
    written: set[tuple[str, str]] = set()

    def keep(least: int) -> None:
        new = {
            pair: (str(each.kind), each.distance, each.evidence)
            for pair, each in found.items()
            if pair not in written
        }
        if len(new) >= least:
            version = model().version
            shop.catalog.write(
                lambda db: likenesses.tell(db, new, version), crossing="catalog.compared"
            )
            written.update(new)

    return keep
