"""Runs the sandbox in a process of its own, which ends with the one that started it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from harvester.errors import HarvestError


@dataclass(frozen=True, slots=True)
class Options:
    """What the sandbox is started with; `more` is handed to its command line as it is."""

    posts: int = 2000
    pictures: Path | None = None
    port: int = 0
    seed: int = 1
    log: Path | None = None
    dialect: str = "danbooru"
    more: Sequence[str] = ()

    def arguments(self) -> list[str]:
        given = ["--posts", str(self.posts), "--port", str(self.port), "--seed", str(self.seed)]
        given += ["--dialect", self.dialect]
        for name, path in (("--pictures", self.pictures), ("--log", self.log)):
            given += [name, str(path)] if path is not None else []
        return [*given, *self.more]


@dataclass(frozen=True, slots=True)
class Process:
    """A running sandbox: its handle and address. A context manager that stops it."""

    handle: subprocess.Popen[str]
    url: str

    def stop(self) -> None:
        """End it, by its handle alone; harmless when it has ended already."""
        for pipe in (self.handle.stdin, self.handle.stdout):
            if pipe is not None and not pipe.closed:
                pipe.close()
        if self.handle.poll() is None:
            self.handle.terminate()
        try:
            self.handle.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.handle.kill()
            self.handle.wait()

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def start_process(options: Options | None = None) -> Process:
    """Start the sandbox and wait for its address. It also ends when this process does, however that dies."""
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    handle = subprocess.Popen(  # noqa: S603 - our own module, our own arguments
        [
            sys.executable,
            "-m",
            "harvester.demo",
            "--until-eof",
            *(options or Options()).arguments(),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    line = handle.stdout.readline() if handle.stdout else ""
    word, _, url = line.strip().partition(" ")
    process = Process(handle, url)
    if word != "sandbox":
        process.stop()
        raise HarvestError(
            f"the sandbox did not start (exit code {handle.returncode}); is port {options.port if options else 0} taken?"
        )
    return process
