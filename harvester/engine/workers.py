"""Supervised worker processes: one that dies, is killed or overruns costs its own task and no other."""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from typing import Any, Generic, TypeVar

from harvester.engine.lanes import Lanes, Ticket
from harvester.engine.worker import Answer, serve
from harvester.ports import Outcome

T = TypeVar("T")

START = 60.0
"""Seconds a new process may take to be ready, on a machine that is busy."""
STILLBORN = 3
"""So many processes that end before they are ready, and no more are started."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one task may use: `seconds` of time, `megabytes` of address space for its whole process."""

    seconds: float
    megabytes: int


class Worker:
    """One process and the pipe to it."""

    def __init__(self, limits: Limits) -> None:
        context = multiprocessing.get_context("spawn")
        self._limits = limits
        self.pipe, theirs = context.Pipe()
        self._process: SpawnProcess = context.Process(
            target=serve, args=(theirs, limits.megabytes), name="harvest-worker", daemon=True
        )
        self.ready = False
        self.deadline = 0.0
        with _ctrl_c_held_back():
            self._process.start()
        theirs.close()

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def give(self, work: Callable[[T], object], task: T) -> None:
        """Start a task. One that cannot be sent, since the process just died, ends as lost."""
        asked = pickle.dumps((work, task))
        self.deadline = time.monotonic() + self._limits.seconds + (0 if self.ready else START)
        with suppress(BrokenPipeError, ConnectionError):
            self.pipe.send_bytes(asked)

    def answer(self) -> tuple[Answer, Any]:
        """What the process says, or how it died."""
        try:
            answer, value = self.pipe.recv()
        except (EOFError, OSError):
            self._process.join(START)
            return Answer.LOST, _death(self._process.exitcode)
        if answer is Answer.READY:
            self.ready = True
            self.deadline = time.monotonic() + self._limits.seconds
        return answer, value

    def hang_up(self) -> None:
        """Tell an idle process to end, without waiting for it. Idempotent."""
        self.pipe.close()

    def dismiss(self) -> None:
        """Hang up; an idle process ends by itself."""
        self.hang_up()
        self._process.join(1)
        self.kill()

    def kill(self) -> None:
        """End the process now. Idempotent."""
        self.pipe.close()
        self._process.kill()
        self._process.join(START)


class Workers(Generic[T]):
    """Up to `number` processes; they stay for the next run."""

    def __init__(self, number: int, limits: Limits) -> None:
        self._number = number
        self._limits = limits
        self._idle: list[Worker] = []
        self._all: set[Worker] = set()
        self._stillborn = 0

    def run(self, work: Callable[[T], object], lanes: Lanes[T]) -> Iterator[Outcome[T, object]]:
        """Outcomes as they come. An error that `work` raises is raised here, and the rest is ended."""
        busy: dict[Worker, Ticket[T]] = {}
        try:
            while True:
                while len(busy) < self._number and (ticket := lanes.take()):
                    worker = self._hire()
                    busy[worker] = ticket
                    worker.give(work, ticket.task)
                if not busy:
                    return
                worker, answer, value = self._next(list(busy))
                ticket = busy.pop(worker)
                lanes.free(ticket)
                self._let_go(worker, answer)
                yield _outcome(ticket.task, answer, value)
        finally:
            for worker in busy:
                self._let_go(worker, Answer.LOST)

    def close(self) -> None:
        """End every process."""
        for worker in self._idle:
            worker.hang_up()  # all of them, and then wait: they end side by side
        for worker in self._idle:
            worker.dismiss()
        for worker in self._all.difference(self._idle):
            worker.kill()
        self._idle.clear()
        self._all.clear()

    def _hire(self) -> Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                return worker
            self._let_go(worker, Answer.LOST)
        worker = Worker(self._limits)
        self._all.add(worker)
        return worker

    def _let_go(self, worker: Worker, answer: Answer) -> None:
        if answer is Answer.LOST or len(self._idle) >= self._number:
            worker.kill()
            self._all.discard(worker)
        else:
            self._idle.append(worker)

    def _next(self, busy: list[Worker]) -> tuple[Worker, Answer, Any]:
        """The next worker whose task has ended, and how."""
        while True:
            now = time.monotonic()
            due = min(worker.deadline for worker in busy) - now
            said = wait([worker.pipe for worker in busy], max(0.0, min(due, 1.0)))
            for worker in busy:
                if worker.pipe in said:
                    answer, value = worker.answer()
                    self._count_stillborn(worker)
                    if answer is not Answer.READY:
                        return worker, answer, value
                elif worker.deadline < now:
                    return worker, Answer.LOST, f"it took longer than {self._limits.seconds:g} s"

    def _count_stillborn(self, worker: Worker) -> None:
        self._stillborn = 0 if worker.ready else self._stillborn + 1
        if self._stillborn >= STILLBORN:
            raise RuntimeError("worker processes end before they are ready; their trace is above")


def _outcome(task: T, answer: Answer, value: Any) -> Outcome[T, object]:
    if answer is Answer.ERROR:
        raise value
    if answer is Answer.BUG:
        raise RuntimeError(f"a worker failed on {task!r}\n{value}")
    if answer is Answer.LOST:
        return Outcome(task, lost=value)
    return Outcome(task, result=value)


def _death(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        with suppress(ValueError):
            return f"its worker process was ended by {signal.Signals(-exit_code).name}"
    return f"its worker process ended with exit code {exit_code}"


@contextmanager
def _ctrl_c_held_back() -> Iterator[None]:
    """A process started within ignores Ctrl-C from its first instruction on; for this one it comes a moment later."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
