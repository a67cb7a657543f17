"""Fits the weights that tell copies from variants, on one half of the set, and writes harvester/duplicates.toml.

python -m benchmarks.dedup.fit SET
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from benchmarks.dedup.boosting import Settings, fitted, predicted
from benchmarks.dedup.methods import compared, figures_of, sketches
from benchmarks.dedup.run import labels_of
from benchmarks.dedup.score import true_pairs
from harvester.hashing import pairs
from harvester.hashing.verdict import WEIGHTS
from harvester.hashing.verifying import NAMES

TARGET = Path(__file__).parents[2] / "harvester" / WEIGHTS
SETTINGS = Settings()

HEAD = """# What tells copies from variants: boosted trees over the figures of harvester/hashing/verifying.py.
# Written by benchmarks/dedup/fit.py from the half 'fit' of the labelled set; never by hand. Comparisons that are
# stored in a library count only for the version that made them.
"""


def written(
    version: int, base: float, trees: list[tuple[list[int], list[float], list[float]]]
) -> str:
    """The model as TOML, a tree a line."""
    lines = [
        HEAD,
        f"version = {version}",
        f"base = {base:.5f}",
        f"names = {json.dumps(list(NAMES))}",
    ]
    for name, place in (("features", 0), ("limits", 1), ("leaves", 2)):
        rows = (f"    [{', '.join(_number(each) for each in tree[place])}]," for tree in trees)
        lines += [f"{name} = [", *rows, "]"]
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return "inf" if value == float("inf") else f"{value:.5g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", type=Path)
    parser.add_argument("--version", type=int, default=1)
    given = parser.parse_args()
    labels = labels_of(given.set, "fit")
    paths = [given.set / "files" / label.file for label in labels]
    near = pairs(sketches(paths)[0])
    told = figures_of(compared(paths), near)
    known = [(pair, row) for pair, row in zip(near, told, strict=True) if row is not None]
    true = true_pairs(labels)
    x = np.array([row for _, row in known], dtype=np.float64)
    y = np.array([pair in true for pair, _ in known], dtype=np.float64)
    base, trees = fitted(x, y, np.ones(len(y)), SETTINGS)
    right = ((predicted(x, base, trees) > 0) == (y > 0)).mean()
    rows = [(tree.features, tree.limits, tree.leaves) for tree in trees]
    TARGET.write_text(written(given.version, base, rows), encoding="utf-8")
    print(
        f"{len(near)} pairs, {len(y)} that lie over each other, {y.sum():.0f} copies; {right:.4f} right; {TARGET}"
    )


if __name__ == "__main__":
    main()
