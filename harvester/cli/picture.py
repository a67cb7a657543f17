"""How a run looks while it goes on: lines for a live display, and single lines for a pipe."""

from __future__ import annotations

from datetime import datetime, timedelta

from harvester.cli.meter import Line, Meter, Wait
from harvester.cli.printing import Row, clock, cut, duration, join, printable, width_of

WORDS = {
    "names": "looking up names",
    "discover": "finding candidates",
    "tags": "sorting tags",
    "detail": "asking posts for details",
    "preview": "looking at previews",
    "fetch": "fetching originals",
    "assess": "measuring files",
    "compare": "comparing pictures",
    "deliver": "writing the dataset",
}
WIDE = 10_000
"""Columns of a line that nothing bounds."""

MOST_SITES = 8
BAR = 24
ROOMY = 60
"""Columns left for figures with which they need not be short."""


def picture(meter: Meter, columns: int, *, unicode: bool = True) -> list[Row]:
    """The live display, no line of it wider than the terminal."""
    if not meter.stage:
        return []
    room = columns - 1  # a full line would make some terminals begin another
    rows: list[Row] = [_head(meter, room)]
    sites = [line for line in meter.lines.values() if line.site]
    label = min(max((width_of(printable(line.site)) for line in sites), default=0), room // 3)
    rows += [_site(line, meter.now(), (room, label, unicode)) for line in sites[:MOST_SITES]]
    if len(sites) > MOST_SITES:
        rows.append([(f"  and {len(sites) - MOST_SITES} more sites", "dim")])
    if waits := meter.waits():
        rows.append([(cut(f"  waiting for {_waits(waits, meter.now())}", room), "yellow")])
    rows.append([(cut(f"  {_foot(meter)}", room), "dim")])
    return rows


def line(meter: Meter, columns: int = WIDE) -> str:
    """The same in one line, for a pipe or a terminal that cannot go back."""
    sites = "" if len(meter.lines) > 1 else next(iter(meter.lines))
    where = f" on {printable(sites)}" if sites else ""
    notes = [printable(line.note) for line in meter.lines.values() if line.note]
    note = f" ({notes[-1]})" if notes else ""
    parts = [*_counts(meter)]
    if meter.accepted:
        parts.append(_accepted(meter))
    told = join(parts, columns - 30)
    return cut(f"{_word(meter)}{where}{': ' if told else ''}{told}{note}", columns)


def waiting(wait: Wait, now: float) -> str:
    """One long wait in words, with the moment it ends."""
    end = datetime.now().astimezone() + timedelta(seconds=wait.left(now))
    return f"{printable(wait.host)}: waiting {duration(wait.left(now))} ({wait.why}), until {end:%H:%M:%S}"


def _head(meter: Meter, room: int) -> Row:
    word = _word(meter)
    left = room - len(word) - 2
    return [(word, "bold"), (f"  {join(_counts(meter, left), left)}", "")]


def _word(meter: Meter) -> str:
    return WORDS.get(meter.stage, meter.stage)


def _counts(meter: Meter, room: int = WIDE) -> list[str]:
    """How far, how long still, how fast; what matters most first."""
    told = []
    unit = {"discover": "pages", "fetch": "files", "assess": "files"}.get(meter.stage)
    if meter.total:
        told.append(f"{meter.done} of {meter.total}")
    elif meter.stage == "discover":
        told.append(f"{meter.done} found")
    if (left := meter.left()) is not None:
        rounds = " in this round" if meter.stage == "fetch" and room >= ROOMY else ""
        told.append(f"about {duration(_rounded(left))} left{rounds}")
    if unit and (rate := meter.rate()) is not None:
        told.append(_rate(rate, unit))
    if speed := meter.speed():
        told.append(f"{speed / 1e6:.1f} MB/s" if speed >= 1e6 else f"{speed / 1e3:.0f} kB/s")
    return told


def _rate(rate: float, unit: str) -> str:
    """So many a second, or a minute where that is less than one."""
    return f"{rate:.1f} {unit}/s" if rate >= 1 else f"{rate * 60:.0f} {unit}/min"


def _rounded(seconds: float) -> float:
    """Upward, to what a person takes for an estimate."""
    step = 1 if seconds < 10 else 5 if seconds < 60 else 15
    return -(-seconds // step) * step


def _site(line: Line, now: float, room: tuple[int, int, bool]) -> Row:
    columns, label, unicode = room
    name = cut(printable(line.site), label)
    row: Row = [(f"  {name}{' ' * (label - width_of(name))}  ", "")]
    left = columns - label - 4
    if line.total is not None and left >= BAR:
        wide = BAR if left > ROOMY else BAR // 2
        row += [*_bar(line.done, line.total, wide, unicode=unicode), ("  ", "")]
        left -= wide + 2
    parts = [f"{line.done} of {line.total}"] if line.total is not None else []
    rate = line.rate(now)
    if rate is not None:
        parts.append(_rate(rate, "files" if line.total is not None else "pages"))
    told = join(parts, left)
    note = printable(line.note)
    if note and left - width_of(told) > 12:
        told = f"{told} · {note}" if told else note
    return [*row, (cut(told, left), "")]


def _bar(done: int, total: int, wide: int, *, unicode: bool) -> Row:
    full = min(wide, wide * done // total) if total else wide
    on, off = ("━", "─") if unicode else ("#", "-")
    return [(on * full, "green"), (off * (wide - full), "dim")]


def _waits(waits: list[Wait], now: float) -> str:
    told = []
    for wait in sorted(waits, key=lambda wait: -wait.until):
        end = f", {duration(wait.left(now))}" if wait.long and wait.left(now) else ""
        told.append(f"{printable(wait.host)} ({wait.why}{end})")
    return ", ".join(told)


def _foot(meter: Meter) -> str:
    running = clock(meter.now() - meter.began)
    return f"{_accepted(meter)} · {running}" if meter.target else running


def _accepted(meter: Meter) -> str:
    return f"{meter.accepted} accepted, target {meter.target}"
