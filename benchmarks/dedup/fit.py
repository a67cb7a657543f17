"""Fits the weights that tell copies from variants, on one half of the set, and writes harvester/duplicates.toml.

python -m benchmarks.dedup.fit SET
"""

from __future__ import annotations

import argparse
import hashlib
import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.dedup.boosting import Settings, fitted, predicted
from benchmarks.dedup.generate import Label
from benchmarks.dedup.methods import figures_of, sketched_file
from benchmarks.dedup.run import labels_of
from benchmarks.dedup.score import Pair, pairs_of, rates, true_pairs
from harvester.hashing import joined, pairs
from harvester.hashing.verdict import WEIGHTS
from harvester.hashing.verifying import NAMES

HARVESTER = Path(__file__).parents[2] / "harvester"
TARGET = HARVESTER / WEIGHTS
SETTINGS = Settings(trees=300, depth=4, rate=0.08, least=8.0, ridge=4.0)
FOLDS = 5

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


@dataclass(frozen=True, slots=True)
class Known:
    """The pairs of one half that lie over each other: what is told of them, and which are copies."""

    labels: list[Label]
    pairs: list[Pair]
    x: NDArray[np.float64]
    y: NDArray[np.float64]


def known(folder: Path, half: str) -> Known:
    """Computed with all cores, and kept beside the set for the next time as long as the method is the same."""
    labels = labels_of(folder, half)
    kept = folder / f"figures_{half}.npz"
    if kept.exists():
        table = np.load(kept)
        if table.get("method") == _method():
            places = [(int(one), int(other)) for one, other in table["pairs"]]
            return Known(labels, places, table["x"], table["y"])
    paths = [folder / "files" / label.file for label in labels]
    with ProcessPoolExecutor() as workers:
        near = pairs([sketch for sketch, _ in workers.map(sketched_file, paths, chunksize=32)])
        told = figures_of(paths, near, workers)
    rows = [(pair, row) for pair, row in zip(near, told, strict=True) if row is not None]
    true = true_pairs(labels)
    x = np.array([row for _, row in rows], dtype=np.float64)
    y = np.array([pair in true for pair, _ in rows], dtype=np.float64)
    np.savez_compressed(kept, method=_method(), pairs=[pair for pair, _ in rows], x=x, y=y)
    return Known(labels, [pair for pair, _ in rows], x, y)


def _method() -> str:
    """Of the modules from which figures come."""
    modules = [*sorted((HARVESTER / "hashing").glob("*.py")), HARVESTER / "sketch.py"]
    return hashlib.sha256(b"".join(module.read_bytes() for module in modules)).hexdigest()


def held_out(told: Known, settings: Settings) -> NDArray[np.float64]:
    """The odds of every pair by trees that saw nobody of its fold: characters are dealt into folds."""
    fold = [hashlib.md5(label.family.encode()).digest()[0] % FOLDS for label in told.labels]
    one, other = (np.array([fold[pair[side]] for pair in told.pairs]) for side in (0, 1))
    odds = np.zeros(len(told.y))
    for number in range(FOLDS):
        seen = (one != number) & (other != number)
        base, trees = fitted(told.x[seen], told.y[seen], np.ones(seen.sum()), settings)
        odds[one == number] = predicted(told.x[one == number], base, trees)
    return odds


def reported(told: Known, odds: NDArray[np.float64]) -> str:
    """Pairs and clusters, as run.py scores them."""
    chances = dict(zip(told.pairs, (1 / (1 + np.exp(-odds))).tolist(), strict=True))
    found = {pair for pair, chance in chances.items() if chance >= 0.5}
    groups = joined(len(told.labels), chances)
    return f"pairs {rates(found, told.labels)}; clusters {rates(pairs_of(groups), told.labels)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", type=Path)
    parser.add_argument("--version", type=int, default=1)
    given = parser.parse_args()
    told = known(given.set, "fit")
    print(f"{len(told.y)} pairs that lie over each other, {told.y.sum():.0f} of copies")
    print("held out by character:", reported(told, held_out(told, SETTINGS)))
    base, trees = fitted(told.x, told.y, np.ones(len(told.y)), SETTINGS)
    print("fitted to:", reported(told, predicted(told.x, base, trees)))
    rows = [(tree.features, tree.limits, tree.leaves) for tree in trees]
    TARGET.write_text(written(given.version, base, rows), encoding="utf-8")


if __name__ == "__main__":
    main()
