"""Coroutines on an event loop in a thread of its own, so that connections outlive a call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from harvester.engine.lanes import Lanes, Ticket
from harvester.ports import Outcome

T = TypeVar("T")

PATIENCE = 10.0
"""Seconds that cancelled coroutines have to put their things away."""


class LoopThread:
    """One event loop, started when it is first needed."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: Thread | None = None

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The running loop."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = Thread(target=self._loop.run_forever, name="harvest-loop", daemon=True)
            self._thread.start()
        return self._loop

    def run(
        self, work: Callable[[T], Coroutine[Any, Any, object]], lanes: Lanes[T], *, at_once: int
    ) -> Iterator[Outcome[T, object]]:
        """Outcomes as they come. What `work` raises is raised here, and the rest is cancelled."""
        loop = self.loop
        running: set[asyncio.Task[object]] = set()  # touched on the loop's thread only
        ended: SimpleQueue[tuple[Ticket[T], asyncio.Task[object]]] = SimpleQueue()

        async def one(ticket: Ticket[T]) -> object:
            return await work(ticket.task)

        def start(ticket: Ticket[T]) -> None:
            task = loop.create_task(one(ticket))
            running.add(task)
            task.add_done_callback(lambda task: end(ticket, task))

        def end(ticket: Ticket[T], task: asyncio.Task[object]) -> None:
            running.discard(task)
            if not task.cancelled():
                task.exception()  # seen, or asyncio would complain of those a stopped run leaves
            ended.put((ticket, task))

        under_way = 0
        try:
            while True:
                while under_way < at_once and (ticket := lanes.take()):
                    loop.call_soon_threadsafe(start, ticket)
                    under_way += 1
                if not under_way:
                    return
                ticket, task = _next(ended)
                under_way -= 1
                lanes.free(ticket)
                yield Outcome(ticket.task, result=task.result())
        finally:
            if under_way and not loop.is_closed():
                asyncio.run_coroutine_threadsafe(_cancel(running), loop).result(PATIENCE)

    def close(self) -> None:
        """Cancel what runs and end the thread; the next use starts another."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        self._loop = self._thread = None
        asyncio.run_coroutine_threadsafe(_wind_up(), loop).result(PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.close()


def _next(ended: SimpleQueue[T]) -> T:
    """Wait for an item, waking now and then: Windows delivers Ctrl-C only between two waits."""
    while True:
        try:
            return ended.get(timeout=0.5)
        except Empty:
            continue


async def _cancel(running: set[asyncio.Task[object]]) -> None:
    tasks = set(running)
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=PATIENCE / 2)


async def _wind_up() -> None:
    await _cancel(asyncio.all_tasks() - {asyncio.current_task()})
    await asyncio.get_running_loop().shutdown_asyncgens()
