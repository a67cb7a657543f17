"""The inside of a worker process: take a task, answer it, within the limits."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import traceback
from contextlib import suppress
from enum import Enum
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from threading import Thread

from harvester.errors import HarvestError

Pipe = Connection  # of (work, task) one way and (Answer, value) the other


class Answer(Enum):
    """What a worker says: that it is there, or how its task ended."""

    READY = "ready"
    DONE = "done"
    LOST = "lost"
    ERROR = "error"  # an error of our own tree, for the driver to raise as it is
    BUG = "bug"


def serve(pipe: Pipe, megabytes: int) -> None:
    """Answer tasks until the driver hangs up, and end the process: taking its modules apart takes a tenth of a second."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver decides what Ctrl-C means
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # numpy would set memory aside for every core
    Thread(target=_end_with_the_driver, daemon=True).start()
    _limit_memory(megabytes)
    pipe.send((Answer.READY, None))
    with suppress(EOFError, BrokenPipeError):
        while True:
            asked = pipe.recv_bytes()
            answer, value = _answer(asked, megabytes)
            pipe.send_bytes(value)
            if answer is Answer.LOST:
                break  # whatever filled the memory shall not cost the next task as well
    os._exit(0)


def _answer(asked: bytes, megabytes: int) -> tuple[Answer, bytes]:
    """How the task ended, and the same pickled: a result that cannot be pickled is a bug of the work."""
    answer: tuple[Answer, object]
    try:
        work, task = pickle.loads(asked)  # noqa: S301 - the driver's own words
        answer = (Answer.DONE, work(task))
        return Answer.DONE, pickle.dumps(answer)
    except MemoryError:
        answer = (Answer.LOST, f"it needed more than {megabytes} MB of memory")
    except HarvestError as error:
        answer = (Answer.ERROR, error)
    except Exception:  # noqa: BLE001 - the worker's edge; the driver raises it again
        answer = (Answer.BUG, traceback.format_exc())
    return answer[0], pickle.dumps(answer)


def _end_with_the_driver() -> None:
    """Wait for the driver's death, in the middle of a task too; a hung-up pipe is noticed between tasks only."""
    driver = parent_process()
    if driver is not None:
        wait([driver.sentinel])
        os._exit(1)


def _limit_memory(megabytes: int) -> None:
    """Cap the address space where the system can; macOS refuses and Windows has no such call."""
    if sys.platform == "win32":
        return
    import resource

    with suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, hard))
