"""What every engine does: each task answered once, whatever becomes of its worker."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from harvester.engine import LocalEngine
from harvester.errors import LibraryError
from harvester.ports import Engine

pytestmark = pytest.mark.usefixtures("spawned")

ENGINES: dict[str, Callable[[], Engine]] = {
    "local": lambda: LocalEngine(2, seconds=5, megabytes=1024, per_lane=2, at_once=5),
}
"""A new engine gets this suite by its line here: two workers, five seconds, two per lane, five at once."""

needs_posix = pytest.mark.skipif(os.name == "nt", reason="POSIX signals and limits")


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    engine = ENGINES[request.param]()
    yield engine
    engine.close()


def no_lane(task: object) -> str:
    return ""


# work for processes: found again by name, so it stands at the top of a module


def square(number: int) -> int:
    return number * number


def end_itself(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def linger(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def fill_memory(megabytes: int) -> int:
    return len(bytearray(megabytes << 20))


def stumble(number: int) -> int:
    raise KeyError("planted")


def find_the_disk_full(number: int) -> int:
    raise LibraryError("the disk is full")


def tell_process(number: int) -> int:
    return os.getpid()


class Named:
    """Work that tells which process does task 3, and waits there to be killed."""

    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __call__(self, number: int) -> int:
        if number == 3:
            self.victim.with_suffix(".new").write_text(str(os.getpid()))
            self.victim.with_suffix(".new").rename(self.victim)
            time.sleep(60)
        return number


def kill_whom(victim: Path) -> None:
    wait_until(victim.exists)
    os.kill(int(victim.read_text()), signal.SIGKILL)


async def square_later(number: int) -> int:
    await asyncio.sleep(0.001)
    return number * number


class SquareLater:
    async def __call__(self, number: int) -> int:
        return await square_later(number)


@pytest.mark.parametrize("work", [square, square_later, SquareLater()])
def test_every_task_is_answered_exactly_once(engine: Engine, work: Callable[[int], object]) -> None:
    outcomes = list(engine.run(work, range(50), lane=no_lane))

    assert sorted(outcome.task for outcome in outcomes) == list(range(50))
    assert all(outcome.result == outcome.task**2 for outcome in outcomes)
    assert not any(outcome.lost for outcome in outcomes)


@pytest.mark.parametrize("work", [square, square_later])
def test_no_tasks_give_no_outcomes(engine: Engine, work: Callable[[int], object]) -> None:
    assert list(engine.run(work, [], lane=no_lane)) == []


@needs_posix
def test_a_dead_worker_is_an_outcome_of_its_own_task_only(engine: Engine) -> None:
    outcomes = {outcome.task: outcome for outcome in engine.run(end_itself, range(8), lane=no_lane)}

    assert outcomes.pop(3).lost == "its worker process was ended by SIGKILL"
    assert {outcome.result for outcome in outcomes.values()} == {0, 1, 2, 4, 5, 6, 7}


@needs_posix
def test_a_worker_killed_from_outside_costs_one_task(engine: Engine, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    killer = threading.Thread(target=kill_whom, args=(victim,))
    killer.start()

    outcomes = list(engine.run(Named(victim), range(6), lane=no_lane))

    killer.join()
    assert Counter(outcome.lost for outcome in outcomes) == {
        None: 5,
        "its worker process was ended by SIGKILL": 1,
    }


def test_a_task_that_overruns_is_lost_and_the_others_go_on(engine: Engine) -> None:
    outcomes = {outcome.task: outcome for outcome in engine.run(linger, [30, 0, 0.1], lane=no_lane)}

    assert outcomes[30].lost == "it took longer than 5 s"
    assert outcomes[0].result == 0
    assert outcomes[0.1].result == 0.1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the address space")
def test_a_task_that_needs_too_much_memory_is_lost(engine: Engine) -> None:
    outcomes = {
        outcome.task: outcome for outcome in engine.run(fill_memory, [8, 4096], lane=no_lane)
    }

    assert outcomes[4096].lost == "it needed more than 1024 MB of memory"
    assert outcomes[8].result == 8 << 20


def test_a_bug_in_a_worker_surfaces_with_its_trace(engine: Engine) -> None:
    with pytest.raises(RuntimeError, match=r"(?s)in stumble.*planted"):
        list(engine.run(stumble, range(3), lane=no_lane))

    assert [outcome.result for outcome in engine.run(square, [2], lane=no_lane)] == [4]


def test_an_error_of_ours_in_a_worker_keeps_its_class(engine: Engine) -> None:
    with pytest.raises(LibraryError, match="disk is full"):
        list(engine.run(find_the_disk_full, range(3), lane=no_lane))


def test_an_error_in_a_coroutine_cancels_the_rest(engine: Engine) -> None:
    cancelled: list[int] = []

    async def work(number: int) -> None:
        if number == 2:
            raise LibraryError("the disk is full")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(number)
            raise

    with pytest.raises(LibraryError):
        list(engine.run(work, range(100), lane=no_lane))

    assert sorted(cancelled) == [0, 1, 3, 4]


def test_a_lane_is_never_used_by_more_than_it_is_wide(engine: Engine) -> None:
    now: Counter[str] = Counter()
    most: Counter[str] = Counter()

    async def work(lane: str) -> None:
        now[lane] += 1
        most[lane] = max(most[lane], now[lane])
        await asyncio.sleep(0.005)
        now[lane] -= 1

    outcomes = list(engine.run(work, ["a"] * 20 + ["b"] * 20, lane=lambda lane: lane))

    assert len(outcomes) == 40
    assert most == {"a": 2, "b": 2}


def test_a_slow_lane_does_not_hold_up_another(engine: Engine) -> None:
    async def work(lane: str) -> None:
        await asyncio.sleep(0.3 if lane == "slow" else 0)

    tasks = ["slow"] * 4 + ["fast"] * 10
    order = [outcome.task for outcome in engine.run(work, tasks, lane=lambda lane: lane)]

    assert order == ["fast"] * 10 + ["slow"] * 4


@pytest.mark.parametrize(("work", "at_once"), [(square, 2), (square_later, 5)])
def test_tasks_are_pulled_as_places_become_free(
    engine: Engine, work: Callable[[int], object], at_once: int
) -> None:
    pulled: list[int] = []
    threads: set[str] = set()

    def tasks() -> Iterator[int]:
        for number in range(1000):
            pulled.append(number)
            threads.add(threading.current_thread().name)
            yield number

    outcomes = engine.run(work, tasks(), lane=no_lane)
    next(outcomes)

    assert len(pulled) <= at_once
    assert threads == {threading.current_thread().name}


def test_one_crowded_lane_does_not_pull_all_tasks(engine: Engine) -> None:
    pulled: list[int] = []

    def tasks() -> Iterator[int]:
        for number in range(10_000):
            pulled.append(number)
            yield number

    next(engine.run(square_later, tasks(), lane=lambda _: "one host"))

    assert len(pulled) < 200


def test_workers_are_used_again(engine: Engine) -> None:
    first = {outcome.result for outcome in engine.run(tell_process, range(9), lane=no_lane)}
    again = {outcome.result for outcome in engine.run(tell_process, range(9), lane=no_lane)}

    assert len(first | again) <= 2


def test_two_runs_can_take_turns(engine: Engine) -> None:
    squares = engine.run(square, range(6), lane=no_lane)
    later = engine.run(square_later, range(6), lane=no_lane)
    processes = engine.run(tell_process, range(6), lane=no_lane)

    rows = list(zip(squares, later, processes, strict=True))

    assert sorted(row[0].task for row in rows) == list(range(6))
    assert sorted(row[1].task for row in rows) == list(range(6))


def test_leaving_a_run_early_leaves_nothing_behind(engine: Engine) -> None:
    outcomes = engine.run(linger, [0, 60, 60], lane=no_lane)
    next(outcomes)

    outcomes.close()  # type: ignore[attr-defined]

    started = time.monotonic()
    assert [outcome.result for outcome in engine.run(square, [5], lane=no_lane)] == [25]
    assert time.monotonic() - started < 30


def test_close_ends_every_process_and_may_be_called_twice(engine: Engine) -> None:
    pids = {outcome.result for outcome in engine.run(tell_process, range(9), lane=no_lane)}

    engine.close()
    engine.close()

    assert not any(psutil.pid_exists(pid) for pid in pids if isinstance(pid, int))


def test_a_closed_engine_can_be_used_again(engine: Engine) -> None:
    engine.close()

    assert [outcome.result for outcome in engine.run(square, [3], lane=no_lane)] == [9]


DRIVER = """
import sys, time
from pathlib import Path
from tests.contracts.test_engine_contract import ENGINES, Mark, linger, no_lane

def main():
    engine = ENGINES[sys.argv[1]]()
    try:
        for outcome in engine.run(Mark(sys.argv[2]), range(10), lane=no_lane):
            pass
    finally:
        if sys.argv[3] == "close":
            engine.close()

if __name__ == "__main__":
    main()
"""


class Mark:
    """Work that leaves its process id in a folder and then takes its time."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __call__(self, number: int) -> None:
        Path(self.folder, str(os.getpid())).touch()
        time.sleep(1.5)


@needs_posix
@pytest.mark.parametrize("how", ["close", "forget"])
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("name", ENGINES)
def test_no_worker_outlives_the_driver(
    name: str, sent: signal.Signals, how: str, tmp_path: Path
) -> None:
    script = tmp_path / "driver.py"
    script.write_text(DRIVER)
    marks = tmp_path / "marks"
    marks.mkdir()
    driver = subprocess.Popen(
        [sys.executable, str(script), name, str(marks), how],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_until(lambda: len(list(marks.iterdir())) == 2)

    if sent is signal.SIGINT:
        os.killpg(driver.pid, sent)  # as a terminal does: the whole group hears Ctrl-C
    else:
        driver.kill()
    _, said = driver.communicate(timeout=30)

    assert said.count("KeyboardInterrupt") == (1 if sent is signal.SIGINT else 0)
    wait_until(lambda: not any(psutil.pid_exists(int(mark.name)) for mark in marks.iterdir()))


def wait_until(true: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for something another process does."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.05)
