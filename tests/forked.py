"""Processes forked from one that has imported everything: to start one takes milliseconds instead of a second of CPU.

What a worker of ours imports costs more than all that most tests have it do. So the workers of what runs within
a test's process are forked from a server of the standard library's. Commands that are processes of their own start
theirs as everywhere, and so does whoever asks for `spawned`.
"""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from multiprocessing.context import SpawnProcess
from typing import Any

import pytest

SPAWNED: Any = SpawnProcess.__dict__["_Popen"]
"""How the standard library starts a process anew."""

IMPORTED = [
    *("harvester.engine.worker", "harvester.stages.tasks", "harvester.hashing.verifying"),
    *("scipy.fftpack", "scipy.ndimage"),
]
"""What a worker needs; the last ones it loads when its first task asks for them."""

POSSIBLE = "forkserver" in multiprocessing.get_all_start_methods()


def begin() -> None:
    """From now on workers are forked, where the system can."""
    if POSSIBLE:
        SpawnProcess._Popen = staticmethod(_forked)  # type: ignore[assignment]


@contextmanager
def spawned() -> Iterator[None]:
    """Workers are started anew here: for tests that are about their processes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SpawnProcess, "_Popen", SPAWNED)
        yield


if sys.platform != "win32":

    def _forked(process: Any) -> Any:
        from multiprocessing.popen_forkserver import Popen

        _serve()
        return Popen(process)

    @cache
    def _serve() -> None:
        """Start the server; it ends with this process. A thread of numpy's in it would not survive a fork."""
        from multiprocessing import forkserver

        forkserver.set_forkserver_preload(IMPORTED)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("OPENBLAS_NUM_THREADS", "1")
            forkserver.ensure_running()
