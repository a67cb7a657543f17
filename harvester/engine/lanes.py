"""Which task may start next: in the order given, but none whose lane is full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ticket(Generic[T]):
    """A task that was let in, and the lane it takes a place of."""

    task: T
    lane: str


class Lanes(Generic[T]):
    """Lets tasks in, `wide` at once per lane; the lane "" has no limit.

    Tasks are pulled as they are needed, on the caller's thread, and at most `ahead` of them wait
    here because their lane is full.
    """

    def __init__(
        self, tasks: Iterable[T], lane: Callable[[T], str], *, wide: int, ahead: int = 64
    ) -> None:
        self._tasks = iter(tasks)
        self._lane = lane
        self._wide = wide
        self._ahead = ahead
        self._held: list[Ticket[T]] = []
        self._running: Counter[str] = Counter()

    def take(self) -> Ticket[T] | None:
        """The next task that may start; None when there is none now, or no more at all."""
        for index, ticket in enumerate(self._held):
            if self._has_room(ticket.lane):
                del self._held[index]
                return self._started(ticket)
        while len(self._held) < self._ahead:
            try:
                task = next(self._tasks)
            except StopIteration:
                return None
            ticket = Ticket(task, self._lane(task))
            if self._has_room(ticket.lane):
                return self._started(ticket)
            self._held.append(ticket)
        return None

    def free(self, ticket: Ticket[T]) -> None:
        """A task that was let in has ended."""
        self._running[ticket.lane] -= 1

    def _has_room(self, lane: str) -> bool:
        return lane == "" or self._running[lane] < self._wide

    def _started(self, ticket: Ticket[T]) -> Ticket[T]:
        self._running[ticket.lane] += 1
        return ticket
