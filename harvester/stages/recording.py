"""Keeps a record of every run: that it began, and how it ended, whatever ended it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from harvester.catalog import harvests, runs
from harvester.catalog.runs import End
from harvester.errors import HarvestError
from harvester.stages.shop import Shop


@contextmanager
def recorded(shop: Shop) -> Iterator[Record]:
    """A run's record; it says that the run was stopped or failed unless `ended` told it otherwise."""
    record = Record(shop, runs.begin(shop.catalog, shop.harvest))
    try:
        yield record
    except HarvestError as error:
        record.ended("failed", str(error))
        raise
    except KeyboardInterrupt:
        record.ended("stopped", "stopped from outside")
        raise
    except BaseException as error:
        record.ended("failed", f"a bug: {error!r}")
        raise


class Record:
    """The row of one run."""

    def __init__(self, shop: Shop, number: int) -> None:
        self._shop = shop
        self._number = number

    def ended(self, how: str, summary: str, *, selected: int | None = None) -> None:
        """The run has ended: done short limited stopped failed; `summary` in a sentence."""
        shop, meter = self._shop, self._shop.meter
        if how != "stopped":  # a harvest that was stopped is still to be ended
            harvests.end(shop.catalog, shop.harvest.id, how, summary)
        end = End(how, summary, selected, meter.files, meter.bytes)
        runs.finish(shop.catalog, self._number, end)
