"""A command in a real pseudo-terminal, and what a person would see there."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.exe\r\nharvest: all is well"
"""What a hostile site may say: a title, a cleared screen, a colour, turned writing, a line of its own."""

ESCAPE = re.compile("[\x1b\x9b\x07\u202e]")

LOGIN = "import os, sys; os.login_tty(0); os.execv(sys.argv[1], sys.argv[1:])"
"""Makes the terminal a process's own, so that Ctrl-C reaches it as typed."""

PIECE = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])|\x1b.|[\s\S]")
SILENT = frozenset("mhl")
"""Sequences that set colours and the cursor: nothing moves by them."""


class Screen:
    """As much of a terminal as our displays use; any other sequence is an error."""

    def __init__(self, columns: int, rows: int = 200) -> None:
        self.columns = columns
        self.lines = [""] * rows
        self.row = self.column = 0
        self._rest = ""

    def feed(self, text: str) -> None:
        text = self._rest + text
        cut = re.search(r"\x1b(\[[?0-9;]*)?$", text)  # a sequence that is not whole yet
        self._rest = cut[0] if cut else ""
        for found in PIECE.finditer(text.removesuffix(self._rest)):
            self._take(found[0], found[1] or "", found[2] or "")

    def _take(self, whole: str, number: str, letter: str) -> None:
        if letter == "A":
            self.row = max(self.row - int(number or 1), 0)
        elif letter == "K":
            self.lines[self.row] = "" if number == "2" else self.lines[self.row][: self.column]
        elif letter:
            assert letter in SILENT, repr(whole)
        elif whole == "\r":
            self.column = 0
        elif whole == "\n":
            self.row += 1
        else:
            assert whole.isprintable(), repr(whole)
            self._put(whole)

    def _put(self, letter: str) -> None:
        if self.column == self.columns:
            self.row, self.column = self.row + 1, 0
        line = self.lines[self.row].ljust(self.column)
        self.lines[self.row] = line[: self.column] + letter + line[self.column + 1 :]
        self.column += 1

    @property
    def text(self) -> str:
        """What stands on it, without the empty lines at its end."""
        return "\n".join(line.rstrip() for line in self.lines).rstrip()


@dataclass
class Shown:
    """A command that ran in a terminal: its exit code, every byte it sent, every picture it showed."""

    code: int
    raw: str
    screen: Screen
    pictures: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What stands on the screen at the end."""
        return self.screen.text


def on_terminal(
    command: Sequence[str | Path],
    *,
    columns: int = 100,
    env: Mapping[str, str] | None = None,
    type_when: Callable[[str], bytes | None] = lambda text: None,
    seconds: float = 60,
) -> Shown:
    """Run a command; `type_when` is shown the screen and says what is typed, once."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    given = {name: value for name, value in os.environ.items() if name not in FREE}
    handle = subprocess.Popen(
        [sys.executable, "-c", LOGIN, *map(str, command)],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**given, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **(env or {})},
    )
    os.close(slave)
    shown = Shown(0, "", Screen(columns))
    typed = False
    end = time.monotonic() + seconds
    try:
        while (chunk := _read(master, end)) is not None:
            text = chunk.decode("utf-8", "replace")
            shown.raw += text
            shown.screen.feed(text)
            shown.pictures.append(shown.text)
            if not typed and (keys := type_when(shown.text)):
                typed = True
                _await_reader(handle.pid)
                os.write(master, keys)
        shown.code = handle.wait(timeout=10)
    finally:
        os.close(master)
        if handle.poll() is None:
            handle.kill()
            handle.wait()
    return shown


FREE = {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TERM", "CI"}


def _await_reader(pid: int) -> None:
    """Wait until a program that shows its prompt rests.

    A Ctrl-C between its writing and its reading would interrupt neither: Python notes it, and then reads on.
    """
    end = time.monotonic() + 5
    while psutil.Process(pid).status() == psutil.STATUS_RUNNING and time.monotonic() < end:
        time.sleep(0.01)


def _read(master: int, end: float) -> bytes | None:
    """The next bytes; None when the other side is gone."""
    ready, _, _ = select.select([master], [], [], max(end - time.monotonic(), 0))
    if not ready:
        raise TimeoutError("the command in the terminal does not end")
    try:
        return os.read(master, 1 << 16) or None
    except OSError:  # how Linux says that the other side is closed
        return None
