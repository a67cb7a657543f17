"""The gates in their documented order, built from settings and judged together."""

from __future__ import annotations

from collections.abc import Sequence

from harvester.gates.building import (
    ALWAYS,
    GATES,
    KINDS,
    Row,
    build,
    describe,
    document,
)
from harvester.gates.minors import clear
from harvester.model import Facts, Ruling, Verdict
from harvester.ports import Gate

__all__ = [
    "ALWAYS",
    "GATES",
    "KINDS",
    "Row",
    "build",
    "clear",
    "deciding",
    "describe",
    "document",
    "judge",
    "verdict",
]


def judge(gates: Sequence[Gate], facts: Facts) -> tuple[Ruling, ...]:
    """Every gate's ruling, in the order of the gates; none is spared because another rejects."""
    return tuple(gate.judge(facts) for gate in gates)


def deciding(rulings: Sequence[Ruling]) -> Ruling | None:
    """The first reject, which is the reason people are told."""
    return next((ruling for ruling in rulings if ruling.verdict is Verdict.REJECT), None)


def verdict(rulings: Sequence[Ruling]) -> Verdict:
    """Reject if any gate rejects, else unknown if any does not know, else pass."""
    told = {ruling.verdict for ruling in rulings}
    return next((each for each in (Verdict.REJECT, Verdict.UNKNOWN) if each in told), Verdict.PASS)
