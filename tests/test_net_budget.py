"""The pace of a host, shared by every process of a user and proof against clocks that jump."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from harvester.errors import Busy, LibraryError
from harvester.net import FileBudget, state_file
from harvester.net.retry import retry_after
from tests.loopback import FakeClock

TAKE_TURNS = """
import asyncio, sys, time
from pathlib import Path
from harvester.net import FileBudget
async def story():
    budget = FileBudget(Path(sys.argv[1]))
    for _ in range(5):
        await budget.turn("h", 0.05)
        print(time.time(), flush=True)
    budget.close()
asyncio.run(story())
"""
TAKE_A_PLACE = """
import asyncio, sys, os
from pathlib import Path
from harvester.net import FileBudget
async def story():
    budget = FileBudget(Path(sys.argv[1]))
    async with budget.slot("h", 1):
        os._exit(0)
asyncio.run(story())
"""


@pytest.fixture
def time() -> FakeClock:
    return FakeClock()


@pytest.fixture
def budget(tmp_path: Path, time: FakeClock) -> Iterator[FileBudget]:
    made = FileBudget(tmp_path / "pace.db", clock=time.clock)
    yield made
    made.close()


@pytest.fixture
def other(tmp_path: Path, time: FakeClock) -> Iterator[FileBudget]:
    """As another process on the same state has it."""
    made = FileBudget(tmp_path / "pace.db", clock=time.clock)
    yield made
    made.close()


def turns(*takes: tuple[FileBudget, str, float]) -> list[float]:
    """Take these turns one after the other; the seconds each waited."""

    async def story() -> list[float]:
        return [await budget.turn(host, interval) for budget, host, interval in takes]

    return asyncio.run(story())


def test_the_first_turn_waits_for_nothing(budget: FileBudget) -> None:
    assert turns((budget, "h", 5.0)) == [0.0]


def test_two_processes_share_the_pace_of_a_host(budget: FileBudget, other: FileBudget) -> None:
    waited = turns((budget, "h", 2.0), (other, "h", 2.0), (budget, "h", 2.0), (other, "else", 2.0))

    assert waited == [0.0, 2.0, 2.0, 0.0]


def test_a_pace_of_nothing_never_waits(budget: FileBudget, time: FakeClock) -> None:
    assert turns(*[(budget, "h", 0.0)] * 100) == [0.0] * 100
    assert time.slept == []


def test_a_penalty_holds_everybody_back(budget: FileBudget, other: FileBudget) -> None:
    budget.penalty("h", 30.0)
    budget.penalty("h", 10.0)

    assert turns((other, "h", 0.0), (other, "h", 0.0)) == [30.0, 0.0]


def test_a_penalty_that_comes_during_the_wait_counts(
    budget: FileBudget, other: FileBudget, time: FakeClock
) -> None:
    async def story() -> float:
        await budget.turn("h", 2.0)
        waiting = asyncio.ensure_future(budget.turn("h", 2.0))
        await asyncio.sleep(0)
        other.penalty("h", 20.0)
        return await waiting

    start = time.time
    asyncio.run(story())

    assert time.time - start >= 20.0


def test_a_wait_longer_than_the_patience_is_not_begun(budget: FileBudget, time: FakeClock) -> None:
    budget.penalty("h", 3600.0)
    for _ in range(2):
        with pytest.raises(Busy, match="another 3600 s") as caught:
            turns((budget, "h", 1.0))

    assert time.slept == []
    assert caught.value.until is not None


def test_a_clock_set_back_does_not_stretch_a_wait(budget: FileBudget, time: FakeClock) -> None:
    turns((budget, "h", 2.0))
    budget.penalty("h", 20.0)
    time.time -= 86_400.0

    assert turns((budget, "h", 2.0)) == [pytest.approx(20.0)]


def test_a_day_has_a_cap_of_requests(
    budget: FileBudget, other: FileBudget, time: FakeClock
) -> None:
    budget.cap("h", 2)
    turns((budget, "h", 0.0), (other, "h", 0.0))
    with pytest.raises(Busy):
        turns((budget, "h", 0.0))
    time.time += 86_400.0

    assert turns((budget, "h", 0.0)) == [0.0]


def test_no_more_files_are_in_flight_than_allowed(budget: FileBudget) -> None:
    most, now = 0, 0

    async def fetch() -> None:
        nonlocal most, now
        async with budget.slot("h", 3):
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.001)
            now -= 1

    async def story() -> None:
        await asyncio.gather(*(fetch() for _ in range(12)))

    asyncio.run(story())

    assert most == 3


def test_files_in_flight_of_other_processes_count(budget: FileBudget, other: FileBudget) -> None:
    async def story() -> bool:
        async with budget.slot("h", 1):
            waiting = asyncio.ensure_future(anext(aiter(entered())))
            for _ in range(20):
                await asyncio.sleep(0)
            blocked = not waiting.done()
        await waiting
        return blocked

    async def entered() -> AsyncIterator[bool]:
        async with other.slot("h", 1):
            yield True

    assert asyncio.run(story())


def test_the_place_of_a_dead_process_is_free_again(tmp_path: Path, budget: FileBudget) -> None:
    subprocess.run([sys.executable, "-c", TAKE_A_PLACE, tmp_path / "pace.db"], check=True)

    async def story() -> None:
        async with budget.slot("h", 1):
            pass

    asyncio.run(asyncio.wait_for(story(), 2))


def test_two_real_processes_keep_their_distance(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TAKE_TURNS, str(tmp_path / "pace.db")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=60)[0] for process in running]

    moments = sorted(float(line) for text in said for line in text.split())
    assert len(moments) == 10
    assert moments[-1] - moments[0] >= 9 * 0.05 - 0.02


def test_a_damaged_state_says_what_to_delete(tmp_path: Path) -> None:
    path = tmp_path / "pace.db"
    path.write_bytes(b"this is no database, whatever its name says" * 40)

    with pytest.raises(LibraryError, match=r"pace\.db.*delete it"):
        FileBudget(path)


def test_the_state_lies_where_the_environment_says(tmp_path: Path) -> None:
    assert state_file({"HARVEST_STATE": str(tmp_path)}) == tmp_path / "pace.db"
    assert state_file({}).name == "pace.db"


def test_the_state_can_be_read_by_other_programs(tmp_path: Path, budget: FileBudget) -> None:
    turns((budget, "h", 2.0))
    db = sqlite3.connect(tmp_path / "pace.db")
    rows = db.execute("SELECT host, asked FROM pace").fetchall()
    db.close()

    assert rows == [("h", 1)]


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("120", 120.0),
        ("1.5", 1.5),
        ("Tue, 14 Nov 2023 22:14:20 GMT", 60.0),
        ("Tue, 14 Nov 2023 22:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        ("-5", None),
    ],
)
def test_retry_after_is_read_in_both_forms(told: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": told}, now=1_700_000_000.0) == seconds
