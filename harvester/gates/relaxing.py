"""Which thresholds `--relax` loosens, in which order, and from which step on a rejected picture would pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from harvester.gates.lettering import Lettering
from harvester.gates.outfit import Outfit
from harvester.gates.size import Aspect, Pixels, ShortSide
from harvester.gates.source import Flagged
from harvester.model import Facts, Ruling, Verdict
from harvester.ports import Gate


@dataclass(frozen=True, slots=True)
class Step:
    """One loosening: of which gates, in words, and how a gate of the recipe becomes a looser one."""

    gates: tuple[str, ...]
    says: str
    loosen: Callable[[Gate], Gate]

    @property
    def name(self) -> str:
        """The gate it is about."""
        return self.gates[0]


COPIES = ("lowres", "low_res", "low quality", "duplicate", "pixel-perfect_duplicate")
"""Tags of the gate `flagged` that only doubt a file; those that call it damaged are never let through."""


def _forgiving(gate: Gate) -> Gate:
    if not isinstance(gate, Flagged):
        return gate
    return replace(gate, allow=tuple(dict.fromkeys((*gate.allow, *COPIES))))


def _speaking(gate: Gate) -> Gate:
    if not isinstance(gate, Lettering):
        return gate
    return replace(gate, allow=tuple(dict.fromkeys((*gate.allow, "speech"))))


def _smaller(share: Fraction) -> Callable[[Gate], Gate]:
    def loosen(gate: Gate) -> Gate:
        if isinstance(gate, ShortSide):
            return replace(gate, pixels=int(gate.pixels * share))
        if isinstance(gate, Pixels):
            return replace(gate, at_least=int(gate.at_least * share**2))
        return gate

    return loosen


def _longer(gate: Gate) -> Gate:
    return replace(gate, ratio=gate.ratio * 4 / 3) if isinstance(gate, Aspect) else gate


def _outfit(policy: str, *, instead: tuple[str, ...]) -> Callable[[Gate], Gate]:
    def loosen(gate: Gate) -> Gate:
        if isinstance(gate, Outfit) and gate.policy in instead:
            return replace(gate, policy=policy)
        return gate

    return loosen


SIZE = ("short_side", "pixels")
STEPS: tuple[Step, ...] = (
    Step(
        ("flagged",),
        "tags that only doubt a file (too small, a copy) no longer count; damaged files stay out",
        _forgiving,
    ),
    Step(
        SIZE,
        "8/9 of the recipe's short side (720 → 640), `pixels` to match",
        _smaller(Fraction(8, 9)),
    ),
    Step(("outfit",), "canonical → official", _outfit("official", instead=("canonical",))),
    Step(("aspect",), "4/3 of the recipe's ratio (3 → 4)", _longer),
    Step(
        SIZE,
        "32/45 of the recipe's short side (720 → 512), `pixels` to match",
        _smaller(Fraction(32, 45)),
    ),
    Step(
        ("lettering",),
        "speech and letters no longer count; watermarks all over a picture stay out",
        _speaking,
    ),
    Step(
        ("outfit",), "canonical, official → any", _outfit("any", instead=("canonical", "official"))
    ),
)
"""In this order, each on top of those before it. What no step names is never loosened: parts of a page,
layout, chibi, sketches, rating, minors, people, real people, do-not-post, machine-made, edited, formats, damaged files. A file is taken if it passes with
as few steps as possible."""

LOOSENED = frozenset(name for step in STEPS for name in step.gates)


def loosened(gates: Sequence[Gate], level: int) -> tuple[Gate, ...]:
    """The gates after the first `level` steps; 0 is the recipe as it stands."""
    return tuple(_after(gate, level) for gate in gates)


def passes_at(
    gates: Sequence[Gate], facts: Facts, rulings: Sequence[Ruling], *, level: int
) -> int | None:
    """How many steps, up to `level`, let a picture pass that got these strict rulings; 0 strictly, None never."""
    rejecting = {ruling.gate for ruling in rulings if ruling.verdict is Verdict.REJECT}
    if not rejecting:
        return 0
    if not rejecting <= LOOSENED:
        return None
    asked = [gate for gate in gates if gate.name in rejecting]
    for steps in range(1, level + 1):
        told = (_after(gate, steps).judge(facts).verdict for gate in asked)
        if all(verdict is not Verdict.REJECT for verdict in told):
            return steps
    return None


def next_level(gates: Sequence[Gate], level: int) -> int | None:
    """The next level that changes any of these gates; None when nothing is left to loosen."""
    now = loosened(gates, level)
    later = range(level + 1, len(STEPS) + 1)
    return next((number for number in later if loosened(gates, number) != now), None)


def because(level: int, rulings: Sequence[Ruling]) -> str:
    """The mark of a picture that got in at `level`: what spoke against it."""
    against = "; ".join(ruling.reason for ruling in rulings if ruling.verdict is Verdict.REJECT)
    return f"taken by --relax, step {level} of {len(STEPS)} ({STEPS[level - 1].name}): {against}"


def document() -> str:
    """The table of the steps, for docs/choice.md."""
    rows = (
        f"| {number} | {', '.join(f'`{name}`' for name in step.gates)} | {step.says} |"
        for number, step in enumerate(STEPS, 1)
    )
    return "\n".join(["| step | gate | becomes |", "|---|---|---|", *rows]) + "\n"


def _after(gate: Gate, level: int) -> Gate:
    """Each step is a share of the recipe's own threshold, so the last one that names a gate decides."""
    for step in reversed(STEPS[:level]):
        if gate.name in step.gates:
            return step.loosen(gate)
    return gate
