"""The figures: how well each measure tells bad from good, and what the gates make of both, as they are shipped.

    python -m benchmarks.quality.score SET [--half test] [--errors]

Defaults were fixed on the half `fit` (`benchmarks.quality.fit`); what is printed by default is the other one. Nothing
here reads the pictures: it works on `facts.jsonl`, which `benchmarks.quality.measuring` writes.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.quality.art import DRAWN, PHOTO, SMOOTH
from benchmarks.quality.measuring import Row, load
from harvester import gates
from harvester.gates.borders import Borders
from harvester.gates.compression import Compression
from harvester.gates.sharpness import Sharp
from harvester.gates.upscaled import Upscaled
from harvester.model import Facts, Verdict

SHIPPED = (Borders(), Sharp(), Upscaled(), Compression())
USUAL = 100.0  # the variance of the Laplacian below which most tools call a picture blurred
HARD = frozenset({"pixel_art", "native", "soft_background", "dark"})
"""Clean variants that are reported by themselves; the last two count as clean as well."""

Measure = Callable[[Row], float]


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


MEASURES: dict[str, Measure] = {  # higher is worse; what is unknown is not bad
    "edges": lambda row: _or(row.facts.edges, 0),
    "repeats": lambda row: _or(row.facts.repeats, 0),
    "jpeg_quality": lambda row: -_or(row.facts.jpeg_quality, 101),
    "blockiness": lambda row: _or(row.facts.blockiness, -1),
    "Laplacian variance": lambda row: -row.laplacian,
}

KINDS_OF_BAD: dict[str, frozenset[str]] = {
    "defocus or motion": frozenset({"defocus", "motion"}),
    "strong blur": frozenset({"strong_blur"}),
    "smooth upscale": frozenset({"upscale_bilinear", "upscale_bicubic", "upscale_lanczos"}),
    "nearest upscale": frozenset({"upscale_nearest"}),
    "JPEG ≤ 20": frozenset({"jpeg_low"}),
    "the same, re-saved": frozenset({"jpeg_resaved"}),
}


def is_clean(row: Row) -> bool:
    """Good pictures: drawn art and photographs, also dark ones and such with a soft background."""
    made = row.made
    return not made.spoiled and made.kind != SMOOTH and made.variant not in ("pixel_art", "native")


def is_bad(row: Row) -> bool:
    """Spoiled so that nobody would train on it."""
    return row.made.spoiled not in ("", "between")


def auc(bad: Sequence[float], good: Sequence[float]) -> float:
    """The chance that a bad picture has the higher value; ties count half."""
    values = np.concatenate([bad, good])
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    above = ranks[places][: len(bad)].sum() - len(bad) * (len(bad) + 1) / 2
    return float(above / (len(bad) * len(good)))


def shipped(facts: Facts) -> bool:
    """Whether the shipped gates reject."""
    return gates.verdict(gates.judge(SHIPPED, facts)) is Verdict.REJECT


def usual(row: Row) -> bool:
    """Whether the usual recipe rejects: too small or too smooth."""
    small = min(row.facts.width or 0, row.facts.height or 0) < 256
    return small or row.laplacian < USUAL or row.facts.decodable is False


def share(rows: Iterable[Row], rejects: Callable[[Row], bool]) -> float:
    """The share that is rejected; 0 of none."""
    told = [rejects(row) for row in rows]
    return sum(told) / len(told) if told else 0.0


def f1(clean: Sequence[Row], bad: Sequence[Row], rejects: Callable[[Row], bool]) -> float:
    """Of finding bad pictures."""
    found, wrong = share(bad, rejects) * len(bad), share(clean, rejects) * len(clean)
    return 2 * found / (2 * found + wrong + len(bad) - found)


def curves(clean: Sequence[Row], bad: Sequence[Row]) -> None:
    """A table of ROC AUC: measures across, ways of being bad down."""
    print(f"| ROC AUC | {' | '.join(MEASURES)} |\n|---|{'---|' * len(MEASURES)}")
    for name, variants in KINDS_OF_BAD.items():
        some = [row for row in bad if row.made.variant in variants]
        told = (
            auc([measure(row) for row in some], [measure(row) for row in clean])
            for measure in MEASURES.values()
        )
        print(f"| {name} ({len(some)}) | {' | '.join(f'{value:.4f}' for value in told)} |")


def whole_gate(clean: Sequence[Row], bad: Sequence[Row]) -> None:
    """What is rejected by the shipped gates together and by the usual recipe."""

    def ours(row: Row) -> bool:
        return shipped(row.facts)

    print("\n| as one gate | shipped | usual recipe |\n|---|---|---|")
    print(f"| F1 | {f1(clean, bad, ours):.3f} | {f1(clean, bad, usual):.3f} |")
    groups: dict[str, list[Row]] = {
        f"rejected of {name}": [row for row in bad if row.made.variant in variants]
        for name, variants in KINDS_OF_BAD.items()
    }
    groups["false rejects of clean drawn art"] = [r for r in clean if r.made.kind in DRAWN]
    groups["false rejects of clean photographs"] = [r for r in clean if r.made.kind == PHOTO]
    for name, some in groups.items():
        print(f"| {name} ({len(some)}) | {share(some, ours):.1%} | {share(some, usual):.1%} |")


def hard_cases(rows: Sequence[Row]) -> None:
    """What is rejected of good pictures that are easily taken for bad ones, and of those in between."""

    def ours(row: Row) -> bool:
        return shipped(row.facts)

    groups: dict[str, list[Row]] = {}
    for row in rows:
        made = row.made
        if not made.spoiled:
            groups.setdefault(f"kind: {made.kind}", []).append(row)
            if made.variant in HARD:
                groups.setdefault(made.variant, []).append(row)
        elif made.spoiled == "between" and made.level:
            groups.setdefault(f"{made.variant} {made.level:g}", []).append(row)
    print("\n| rejected | shipped | usual recipe |\n|---|---|---|")
    for name in sorted(groups):
        some = groups[name]
        print(f"| {name} ({len(some)}) | {share(some, ours):.1%} | {share(some, usual):.1%} |")


def borders(rows: Sequence[Row]) -> None:
    """How often the size within bars and frames is found, and how often one is seen where none is."""
    barred = [row for row in rows if row.made.variant == "borders"]
    none = [row for row in rows if row.made.variant == "clean" and row.made.kind != SMOOTH]

    def right(row: Row) -> bool:
        width, height = row.made.inner
        told = (row.facts.inner_width or 0, row.facts.inner_height or 0)
        return abs(told[0] - width) <= 0.02 * width and abs(told[1] - height) <= 0.02 * height

    print(
        f"\nborders: right to 2 % in {share(barred, right):.1%} of {len(barred)} bars and frames;"
        f" none seen in {share(none, right):.1%} of {len(none)} pictures without"
    )


def errors(rows: Sequence[Row]) -> None:
    """Every clean picture that is rejected, every bad one that is not."""
    for row in rows:
        if is_clean(row) and shipped(row.facts):
            deciding = gates.deciding(gates.judge(SHIPPED, row.facts))
            print("rejected:", row.made.file, deciding.reason if deciding else "")
        elif is_bad(row) and not shipped(row.facts):
            print("passed:", row.made.file, row.facts.edges, row.facts.repeats)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", type=Path)
    parser.add_argument("--half", choices=("fit", "test"), default="test")
    parser.add_argument("--errors", action="store_true")
    given = parser.parse_args()
    rows = [row for row in load(given.set) if row.made.half == given.half]
    clean, bad = [r for r in rows if is_clean(r)], [r for r in rows if is_bad(r)]
    names = {row.made.base for row in rows}
    print(f"half {given.half}: {len(rows)} files of {len(names)} pictures\n")
    curves(clean, bad)
    whole_gate(clean, bad)
    hard_cases(rows)
    borders(rows)
    spent = [row.milliseconds for row in rows]
    print(f"CPU per file, decoding included: median {statistics.median(spent):.0f} ms")
    if given.errors:
        errors(rows)


if __name__ == "__main__":
    main()
