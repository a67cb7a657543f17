"""Photographs of people are out of scope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harvester.gates.ruling import Unmarked


@dataclass(frozen=True, slots=True)
class RealPeople(Unmarked):
    """Reject photographs and pictures of real people."""

    name: ClassVar[str] = "real_people"
    sets: ClassVar[tuple[str, ...]] = ("real_people",)
    finding: ClassVar[str] = "a photograph or a real person"
