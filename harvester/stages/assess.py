"""Measures the files that are here, in worker processes: sizes, hashes, whether they decode, how good they look."""

from __future__ import annotations

from harvester.catalog import files, harvests
from harvester.catalog.files import Whole
from harvester.measure import Measurement
from harvester.model import Facts
from harvester.stages.shop import Progress, Shop
from harvester.stages.tasks import Measuring, measured


def assess(shop: Shop) -> None:
    """Measure every stored file of this harvest that never was, or was by a version that measured less."""
    tasks = [_task(shop, whole) for whole in files.unmeasured(shop.catalog, shop.harvest.id)]
    if tasks:
        shop.tell(Progress("assess", total=len(tasks)))
    results = shop.engine.run(measured, tasks, lane=lambda task: "")
    for done, outcome in enumerate(results, start=1):
        result = outcome.result
        if not isinstance(result, Measurement):
            result = Measurement(Facts(decodable=False), outcome.lost or "")
        files.measured(shop.catalog, outcome.task.sha256, result.facts, result.note)
        shop.tell(Progress("assess", done=done, total=len(tasks)))


def outdated(shop: Shop) -> bool:
    """Whether an earlier version measured less; if so everything is to be judged again, also after a kill."""
    if not files.lacking(shop.catalog, shop.harvest.id):
        return False
    harvests.unjudged(shop.catalog, shop.harvest)
    return True


def _task(shop: Shop, whole: Whole) -> Measuring:
    return Measuring(whole.sha256, shop.store.path(whole.sha256, whole.extension))
