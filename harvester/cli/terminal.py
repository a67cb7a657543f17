"""Progress on stderr: a live display on a terminal, plain lines in a pipe or a dumb terminal, nothing with -q."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from harvester.cli.meter import LONG, Meter, Wait
from harvester.cli.options import Globals
from harvester.cli.picture import WIDE, line, picture, waiting
from harvester.cli.printing import Row, printable

if TYPE_CHECKING:  # the stages load the network, which --help and status do without
    from harvester.stages.shop import Progress, Shop

EVERY = 5.0
"""Seconds between two plain lines of one stage."""

FRAMES = 8
"""Pictures a second of a live display."""


class Terminal:
    """Shows how a run goes on. Results never pass through here: they go to stdout.

    `show` and `wait` may be called from any thread.
    """

    def __init__(self, options: Globals) -> None:
        self._quiet = options.verbose < 0
        self._meter = Meter()
        self._lock = threading.RLock()
        self._live: Any = None
        self._said = 0.0

    def __enter__(self) -> Terminal:
        if not self._quiet and lively(sys.stderr):
            self._live = live(self._rows)
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
        from harvester import registry

        self._meter.intervals = {
            name: registry.interval(adapter, for_files=True)
            for name, adapter in ready.adapters.items()
        }
        sites = ", ".join(ready.adapters)
        self._line(
            f"harvest {ready.harvest.id}: {ready.recipe.subject}, {ready.recipe.target} pictures from {sites};"
            f" library {library.resolve()}"
        )

    def show(self, progress: Progress) -> None:
        """One step forward."""
        with self._lock:
            begins = self._meter.step(progress)
            if self._live is None and self._is_news(begins, progress):
                self._said = time.monotonic()
                self._line(line(self._meter, _columns()))

    def wait(self, host: str, seconds: float, why: str) -> None:
        """The network begins to wait."""
        with self._lock:
            news = self._meter.wait(host, seconds, why)
            if news and seconds >= LONG and self._live is None:
                now = self._meter.now()
                self._line(waiting(Wait(host, now, now + seconds, why), now))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing is painted meanwhile, so that a person can be asked something."""
        live = self._live
        if live is not None:
            live.stop()
        try:
            yield
        finally:
            if live is not None:
                live.start()

    def end(self) -> None:
        """Take the live display away; the cursor is where it was. Nothing is said afterwards."""
        self._quiet = True
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _is_news(self, begins: bool, progress: Progress) -> bool:
        if progress.stage == "target":
            return False
        whole = progress.total is not None and self._meter.done == self._meter.total
        return begins or (whole and progress.done > 0) or time.monotonic() - self._said > EVERY

    def _rows(self, columns: int, unicode: bool) -> list[Row]:
        with self._lock:
            return picture(self._meter, columns, unicode=unicode)

    def _line(self, text: str) -> None:
        if self._quiet:
            return
        if self._live is not None:
            self._live.console.print(
                printable(text), markup=False, highlight=False, emoji=False, soft_wrap=True
            )
        else:
            print(printable(text), file=sys.stderr, flush=True)


def lively(stream: Any) -> bool:
    """Whether the stream is a terminal that can go back over what it shows."""
    kind = os.environ.get("TERM", "windows" if os.name == "nt" else "dumb")
    return bool(stream.isatty()) and kind not in {"dumb", "unknown", ""}


def live(rows: Callable[[int, bool], list[Row]], *, err: bool = True) -> Any:
    """A display that is painted over and over, and gone when it is stopped.

    `rows` makes its lines for so many columns, with or without letters beyond ASCII.
    """
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    plain = bool(os.environ.get("NO_COLOR"))
    console = Console(stderr=err, highlight=False, no_color=plain)

    def painted() -> Text:
        unicode = console.encoding.lower().startswith("utf")
        lines = [
            Text.assemble(*((text, "" if plain else style) for text, style in row))
            for row in rows(console.width, unicode)
        ]
        return Text("\n", no_wrap=True, overflow="crop").join(lines)

    return Live(
        console=console,
        get_renderable=painted,
        refresh_per_second=FRAMES,
        transient=True,
        redirect_stdout=False,
    )


def _columns() -> int:
    """The width of a dumb terminal; a pipe has none."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or WIDE
    except (OSError, ValueError):
        return WIDE
