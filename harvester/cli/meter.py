"""How fast a run goes on and what it waits for; an end is foretold only where it is known."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the stages load the network, which --help and status do without
    from harvester.stages.shop import Progress

WINDOW = 30
"""A rate is that of so many last steps."""

FEWEST, SOONEST = 5, 2.0
"""So many steps and seconds must have been seen before an end is foretold."""

LINGERS = 1.5
"""Seconds for which a wait is still told after its end, so that short ones can be read."""

LONG = 3.0
"""Seconds; a wait as long as that is told with its end, and postpones the foretold one."""


@dataclass(slots=True)
class Line:
    """One site in the present stage. `interval`: seconds between two files that its pace demands."""

    site: str
    interval: float = 0.0
    done: int = 0
    total: int | None = None
    note: str = ""
    stamps: deque[float] = field(default_factory=lambda: deque(maxlen=WINDOW + 1))
    sizes: deque[int] = field(default_factory=lambda: deque(maxlen=WINDOW))
    steps: int = 0

    def step(self, progress: Progress, now: float) -> None:
        """Take in one step forward."""
        if self.stamps and progress.done < self.done:  # another batch began
            self.stamps.clear()
            self.sizes.clear()
            self.steps = 0
        if self.stamps:
            self.steps += 1
            self.sizes.append(progress.bytes)
        self.stamps.append(now)
        self.done, self.total, self.note = progress.done, progress.total, progress.note

    def rate(self, now: float) -> float | None:
        """Steps per second over the last ones; None while too few were seen to say."""
        seen = len(self.stamps) - 1
        if seen < 2 or now - self.stamps[0] < 0.5:
            return None
        return seen / (now - self.stamps[0])

    def speed(self, now: float) -> float:
        """Bytes per second over the last steps."""
        passed = now - self.stamps[0] if self.stamps else 0.0
        return sum(self.sizes) / passed if passed >= 0.5 else 0.0

    def left(self, now: float) -> float | None:
        """Seconds to the end of a known total, never fewer than the pace demands; None if unknown."""
        if self.total is None:
            return None
        missing = max(self.total - self.done, 0)
        if not missing:
            return 0.0
        rate = self.rate(now)
        if rate is None or self.steps < FEWEST or now - self.stamps[0] < SOONEST:
            return None
        return missing * max(1 / rate, self.interval)


@dataclass(frozen=True, slots=True)
class Wait:
    """One host that is waited for, in this process's monotonic seconds."""

    host: str
    since: float
    until: float
    why: str

    def left(self, now: float) -> float:
        """Seconds until it ends."""
        return max(self.until - now, 0.0)

    @property
    def long(self) -> bool:
        """Long enough to be told with its end."""
        return self.until - self.since >= LONG


class Meter:
    """Takes in steps and waits; knows the stage, its sites, their rates and when the stage will end."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self.began = now()
        self.stage = ""
        self.lines: dict[str, Line] = {}
        self.accepted = 0
        self.target: int | None = None
        self.intervals: Mapping[str, float] = {}
        self._waits: dict[str, Wait] = {}

    def step(self, progress: Progress) -> bool:
        """Take in one step forward; True when it begins a stage."""
        if progress.stage == "target":
            self.accepted, self.target = progress.done, progress.total
            return False
        begins = progress.stage != self.stage
        if begins:
            self.stage = progress.stage
            self.lines = {}
        if progress.site not in self.lines:
            pace = self.intervals.get(progress.site, 0.0) if progress.stage == "fetch" else 0.0
            self.lines[progress.site] = Line(progress.site, pace)
        self.lines[progress.site].step(progress, self.now())
        return begins

    def wait(self, host: str, seconds: float, why: str) -> bool:
        """Take in that a host is waited for; False when that was known already, or told better."""
        now = self.now()
        known = self._waits.get(host)
        if known and known.until > now and known.until >= now + seconds - 0.5:
            return False
        if known and known.why == why and known.until + LINGERS > now and seconds < LONG:
            self._waits[host] = Wait(host, now, now + seconds, why)
            return False
        self._waits[host] = Wait(host, now, now + seconds, why)
        return True

    def waits(self) -> list[Wait]:
        """What is waited for now, or was a moment ago."""
        now = self.now()
        return [wait for wait in self._waits.values() if wait.until + LINGERS > now]

    @property
    def done(self) -> int:
        """Steps done in this stage. An open stage counts over all sites by itself."""
        if self.total is None:
            return max((line.done for line in self.lines.values()), default=0)
        return sum(line.done for line in self.lines.values())

    @property
    def total(self) -> int | None:
        """Steps of this stage over all sites; None where its end is open."""
        totals = [line.total for line in self.lines.values() if line.total is not None]
        return sum(totals) if totals else None

    def rate(self) -> float | None:
        """Steps per second of all sites together."""
        now = self.now()
        rates = [rate for line in self.lines.values() if (rate := line.rate(now)) is not None]
        return sum(rates) if rates else None

    def speed(self) -> float:
        """Bytes per second of all sites together."""
        now = self.now()
        return sum(line.speed(now) for line in self.lines.values())

    def left(self) -> float | None:
        """Seconds until the stage ends, the slowest site deciding; None when any site's end is unknown."""
        if self.total is None:
            return None
        now = self.now()
        standing = [wait for wait in self._waits.values() if wait.until > now and wait.long]
        seen = min([now, *(wait.since for wait in standing)])
        ends = [line.left(max(seen, line.stamps[-1])) for line in self.lines.values()]
        if not ends or None in ends:
            return None
        longest = max(end for end in ends if end is not None)
        pause = max((wait.left(now) for wait in standing), default=0.0)
        return longest + pause if longest else None
