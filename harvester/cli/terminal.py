"""Progress on stderr: a live line on a terminal, plain lines in a pipe, nothing with -q or --json in a pipe."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from harvester.cli.options import Globals
from harvester.stages.shop import Progress, Shop

EVERY = 5.0
"""Seconds between two plain lines of one stage."""

WORDS = {
    "names": "looking up names",
    "discover": "finding candidates",
    "fetch": "fetching originals",
    "assess": "measuring",
}


class Terminal:
    """Shows how a run goes on. Results never pass through here: they go to stdout."""

    def __init__(self, options: Globals) -> None:
        self._quiet = options.verbose < 0
        self._live: Any = None
        self._task: Any = None
        self._stage = ""
        self._said = 0.0

    def __enter__(self) -> Terminal:
        if not self._quiet and sys.stderr.isatty():
            self._live = _rich_progress()
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def begin(self, ready: Shop, library: Path) -> None:
        """Say what is being done, and where."""
        sites = ", ".join(ready.adapters)
        self._line(
            f"harvest {ready.harvest.id}: {ready.recipe.subject}, {ready.recipe.target} pictures from {sites};"
            f" library {library.resolve()}"
        )

    def show(self, progress: Progress) -> None:
        """One step forward."""
        if self._quiet:
            return
        text = WORDS.get(progress.stage, progress.stage)
        if self._live is not None:
            self._live_show(progress, text)
        elif progress.stage != self._stage or time.monotonic() - self._said > EVERY:
            self._said = time.monotonic()
            self._line(f"{text}{_where(progress)}")
        self._stage = progress.stage

    def end(self) -> None:
        """Take the live line away."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _live_show(self, progress: Progress, text: str) -> None:
        if progress.stage != self._stage or self._task is None:
            if self._task is not None:
                self._live.remove_task(self._task)
            self._task = self._live.add_task(text, total=progress.total, note="")
        note = " ".join(filter(None, [progress.site, printable(progress.note)]))
        self._live.update(self._task, completed=progress.done, total=progress.total, note=note)

    def _line(self, text: str) -> None:
        if self._quiet:
            return
        if self._live is not None:
            self._live.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            print(printable(text), file=sys.stderr, flush=True)


def printable(text: str) -> str:
    """Text from the network without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def _where(progress: Progress) -> str:
    site = f" on {progress.site}" if progress.site else ""
    done = (
        f": {progress.done} of {progress.total}"
        if progress.total
        else f": {progress.done}"
        if progress.done
        else ""
    )
    note = f" ({progress.note})" if progress.note else ""
    return f"{site}{done}{note}"


def _rich_progress() -> Any:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        console=Console(stderr=True),
        transient=True,
    )
