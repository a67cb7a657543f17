"""Keeps a run within its limits: what it has spent, and whether another step may begin."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from harvester.limits import Limits, shown


class LimitReached(Exception):
    """A limit of this run is reached; raised and caught between two whole steps of `rounds`."""


@dataclass(slots=True)
class Meter:
    """What one run has spent. A file under way counts with the bytes its site claims, until it is here.

    A file is begun as long as the bytes so far are below the limit, so a run exceeds it by one
    picture at most, and every run gets on by one. Told on the event loop's thread, read anywhere.
    """

    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], float] = time.monotonic
    files: int = 0
    bytes: int = 0
    _under_way: int = 0
    _refused: bool = False
    _begun: float = field(init=False)

    def __post_init__(self) -> None:
        self._begun = self.clock()

    @property
    def reached(self) -> str:
        """Which limit is reached, as the recipe calls it; empty while none is."""
        most, minutes = self.limits.max_bytes, self.limits.max_minutes
        if minutes is not None and self.clock() - self._begun >= minutes * 60:
            return "max_minutes"
        if most is not None and (self._refused or self.bytes >= most):
            return "max_bytes"
        return ""

    @property
    def sentence(self) -> str:
        """What has stopped the run; empty while nothing has."""
        reached = self.reached
        if reached == "max_bytes":
            return f"this run has come to its limit of {shown(self.limits.max_bytes or 0)}B"
        if reached == "max_minutes":
            return f"this run has come to its limit of {self.limits.max_minutes:g} minutes"
        return ""

    def check(self) -> None:
        """Raise LimitReached when no further step may begin."""
        if self.reached:
            raise LimitReached

    def may_begin(self, claimed: int) -> bool:
        """May a file of so many bytes be begun? If so it is under way."""
        most = self.limits.max_bytes
        if most is not None and self.bytes + self._under_way >= most:
            self._refused = True
        if self.reached:
            return False
        self._under_way += claimed
        return True

    def ended(self, claimed: int, came: int, *, whole: bool) -> None:
        """A file that was begun with `claimed` is not under way any more; so many bytes came."""
        self._under_way -= claimed
        self.bytes += came
        self.files += whole
