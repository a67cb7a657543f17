"""Several pictures in one, and pages that are hardly pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harvester.gates.ruling import Tunable


@dataclass(frozen=True, slots=True)
class Layout(Tunable):
    """Reject comics, reference sheets, multiple views and other pages that hold several pictures."""

    name: ClassVar[str] = "layout"
    sets: ClassVar[tuple[str, ...]] = ("layout",)
    finding: ClassVar[str] = "several pictures in one"
