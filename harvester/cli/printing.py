"""Text on its way to people and programs: nothing in it that a terminal would obey, nothing wider than its place."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence

import click

INSTEAD = "�"
COMMAND = re.compile(r" {2}harvest [a-z-]")


def printable(text: str) -> str:
    """One line of text without what a terminal would obey: controls, escapes, marks that turn the writing direction."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(letter) for letter in text)


def printable_lines(text: str) -> str:
    """The same for our own layout of several lines."""
    return "\n".join(map(printable, text.split("\n")))


def json_text(value: object) -> str:
    """JSON for people to read as well; whatever a terminal would obey is written as \\uXXXX."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return text if text.isascii() else "".join(map(_escaped, text))


def width_of(text: str) -> int:
    """How many columns a line of printable text takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(letter) for letter in text)


def cut(text: str, columns: int) -> str:
    """The text, shortened with … where it is wider."""
    if width_of(text) <= columns:
        return text
    kept, used = "", 0
    for letter in text:
        used += _columns(letter)
        if used > columns - 1:
            break
        kept += letter
    return f"{kept.rstrip()}…" if columns > 0 else ""


def some(number: int, noun: str, plural: str = "") -> str:
    """So many of something."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def size(number: int) -> str:
    """Bytes as people say them."""
    for unit, one in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= one:
            return f"{number / one:.1f} {unit}"
    return f"{number} bytes"


def table(columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> str:
    """Rows under their headings, each column as wide as it must be; what a cell says stays on its line."""
    cells = [columns, *([printable(str(row[column])) for column in columns] for row in rows)]
    widths = [max(width_of(line[index]) for line in cells) for index in range(len(columns))]
    return "\n".join(
        "  ".join(
            cell + " " * (width - width_of(cell)) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in cells
    )


def fitted(text: str, columns: int) -> str:
    """Lines no wider than the terminal, gone on with below their last column; commands to copy stay whole."""
    return "\n".join(row for line in text.split("\n") for row in _folded(line, columns))


def _folded(line: str, columns: int) -> list[str]:
    if width_of(line) <= columns or COMMAND.search(line):
        return [line]
    words = re.findall(r"\s*\S+", line)
    hang = max((gap.end() for gap in re.finditer(r" {2,}(?=\S)", line)), default=0)
    if hang > columns // 2:
        hang = len(line) - len(line.lstrip()) + 4
    rows = [""]
    for word in words:
        below = " " * hang + word.lstrip()
        if rows[-1] and width_of(rows[-1] + word) > columns >= width_of(below):
            rows.append(below)
        else:
            rows[-1] += word
    return rows


def duration(seconds: float) -> str:
    """A length of time as it is spoken: 40 s, 3 min, 1 h 20 min."""
    whole = int(seconds + 0.5)
    if whole < 90:
        return f"{whole} s"
    minutes = (whole + 30) // 60
    if minutes < 90:
        return f"{minutes} min"
    return re.sub(r" 0 min$", "", f"{minutes // 60} h {minutes % 60} min")


def clock(seconds: float) -> str:
    """A running time: 0:05, 12:30, 1:02:30."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _shown(letter: str) -> str:
    if letter.isprintable():
        return letter
    return " " if unicodedata.category(letter) == "Zs" else INSTEAD


def _escaped(letter: str) -> str:
    if letter.isprintable() or letter == "\n":
        return letter
    return json.dumps(letter)[1:-1]


def _columns(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


Row = list[tuple[str, str]]
"""A line on the screen: pieces of text, each with the name of a style."""


def join(parts: list[str], columns: int) -> str:
    """As many of the parts, in their order, as have room."""
    line = ""
    for part in parts:
        longer = f"{line} · {part}" if line else part
        if width_of(longer) <= columns:
            line = longer
    return line


def say_waiting(host: str, seconds: float, why: str) -> None:
    """A line about a wait that somebody at a terminal would wonder about."""
    if seconds >= 2:
        click.echo(printable(f"waiting {duration(seconds)} for {host}: {why}"), err=True)
