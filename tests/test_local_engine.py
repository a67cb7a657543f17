"""What the local engine does beyond the contract: single coroutines, lanes, Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harvester.engine import LocalEngine
from harvester.engine.lanes import Lanes
from harvester.errors import LibraryError

pytestmark = pytest.mark.usefixtures("spawned")


@pytest.fixture
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(1) as engine:
        yield engine


def test_wait_gives_what_a_coroutine_returns(engine: LocalEngine) -> None:
    async def loop_and_answer() -> tuple[object, str]:
        return asyncio.get_running_loop(), "answer"

    assert engine.wait(loop_and_answer()) == (engine.loop, "answer")


def test_wait_raises_what_a_coroutine_raises(engine: LocalEngine) -> None:
    async def fail() -> None:
        raise LibraryError("the disk is full")

    with pytest.raises(LibraryError, match="disk is full"):
        engine.wait(fail())


def test_connections_outlive_a_run_since_the_loop_stays(engine: LocalEngine) -> None:
    async def loop(_: int) -> object:
        return asyncio.get_running_loop()

    loops = {outcome.result for _ in range(2) for outcome in engine.run(loop, [1], lane=str)}

    assert loops == {engine.loop}


def test_an_engine_that_did_nothing_started_nothing() -> None:
    script = (
        "import threading, psutil\n"
        "from harvester.engine import LocalEngine\n"
        "LocalEngine(2).close()\n"
        "assert threading.active_count() == 1\n"
        "assert not psutil.Process().children()\n"
    )

    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[1])


WAITING = """
import asyncio
from harvester.engine import LocalEngine

async def hold():
    print("holding", flush=True)
    try:
        await asyncio.sleep(60)
    finally:
        print("put away", flush=True)

with LocalEngine() as engine:
    try:
        engine.wait(hold())
    except KeyboardInterrupt:
        print("stopped", flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_while_waiting_lets_the_coroutine_put_its_things_away() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING],
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "holding\n"

    process.send_signal(signal.SIGINT)

    assert process.communicate(timeout=30)[0].split("\n")[:2] == ["put away", "stopped"]


def test_a_full_lane_is_passed_over_until_it_has_room() -> None:
    lanes = Lanes(["a1", "a2", "b1"], lambda task: task[0], wide=1)
    first, second = lanes.take(), lanes.take()

    assert first is not None
    assert second is not None
    assert (first.task, second.task, lanes.take()) == ("a1", "b1", None)

    lanes.free(first)
    third = lanes.take()
    assert third is not None
    assert third.task == "a2"


def test_the_lane_without_a_name_has_no_limit() -> None:
    lanes = Lanes(range(9), lambda _: "", wide=1)

    assert len([ticket for ticket in iter(lanes.take, None) if ticket]) == 9
