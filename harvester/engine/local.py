"""The engine of one machine: an event loop for what waits, supervised processes for what computes."""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Callable, Coroutine, Iterable, Iterator
from types import TracebackType
from typing import Any, TypeGuard, TypeVar

from harvester.engine.lanes import Lanes
from harvester.engine.loop import LoopThread
from harvester.engine.workers import Limits, Workers
from harvester.ports import Outcome

T = TypeVar("T")
R = TypeVar("R")


class LocalEngine:
    """Runs coroutine functions on `loop`, plain functions in worker processes.

    `workers` processes (one per core, at most 8), each task within `seconds` and its process within
    `megabytes`; coroutines `at_once` in all; `per_lane` tasks of one lane. Nothing starts before it
    is needed; tasks are pulled on the caller's thread, as places become free.
    """

    def __init__(
        self,
        workers: int | None = None,
        *,
        seconds: float = 60,
        megabytes: int = 1024,
        per_lane: int = 4,
        at_once: int = 16,
    ) -> None:
        self.per_lane = per_lane
        self.at_once = at_once
        self._loop = LoopThread()
        self._workers: Workers[Any] = Workers(
            workers or min(8, _cores()), Limits(seconds, megabytes)
        )

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The running event loop; what coroutines share (connections) lives on it."""
        return self._loop.loop

    def run(
        self, work: Callable[[T], object], tasks: Iterable[T], *, lane: Callable[[T], str]
    ) -> Iterator[Outcome[T, object]]:
        """Every task answered once, in any order. What `work` raises is a bug or the end: raised here."""
        lanes = Lanes(tasks, lane, wide=self.per_lane)
        if _is_coroutine_function(work):
            return self._loop.run(work, lanes, at_once=self.at_once)
        return self._workers.run(work, lanes)

    def wait(self, coroutine: Coroutine[Any, Any, R]) -> R:
        """Run one coroutine on `loop` and wait for its result; Ctrl-C cancels it."""

        async def work(task: Coroutine[Any, Any, R]) -> R:
            return await task

        [outcome] = self.run(work, [coroutine], lane=lambda _: "")
        return outcome.result  # type: ignore[return-value]  # the port knows results as objects

    def close(self) -> None:
        """End the processes and the loop, and with them whatever still runs. Idempotent."""
        self._workers.close()
        self._loop.close()

    def __enter__(self) -> LocalEngine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _is_coroutine_function(
    work: Callable[[T], object],
) -> TypeGuard[Callable[[T], Coroutine[Any, Any, object]]]:
    called = getattr(work, "__call__", None)  # noqa: B004 - asks what it is, not whether it is
    return inspect.iscoroutinefunction(work) or inspect.iscoroutinefunction(called)


def _cores() -> int:
    """Cores this process may use, where the system tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
