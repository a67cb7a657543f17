"""Prints how well each method does on the half of the set that nothing was fitted to.

python -m benchmarks.dedup.run SET [--half test] [--only harvester]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.dedup.generate import Label
from benchmarks.dedup.methods import METHODS, Answer
from benchmarks.dedup.score import merged_variants, mistakes, pairs_of, rates, recall_by_group


def labels_of(folder: Path, half: str) -> list[Label]:
    """The labels of one half, in the order they were written."""
    rows = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    return [label for label in (Label(**row) for row in rows) if label.half == half]


def report(name: str, answer: Answer, labels: Sequence[Label], *, whole: bool) -> None:
    """One method's figures; with `whole` also each class's, and where it fails."""
    joined = pairs_of(answer.groups)
    print(f"\n{name}")
    print(f"  pairs     {rates(answer.pairs, labels)}")
    print(f"  clusters  {rates(joined, labels)}")
    print(
        f"  CPU: {answer.per_picture:.2f} ms a picture beyond its decode, {answer.per_pair:.2f} ms a pair of"
        f" {answer.compared}, {answer.search:.0f} ms for the search"
    )
    if not whole:
        return
    print("  copies found (pairs / clusters, of how many):")
    first, second = (recall_by_group(found, labels) for found in (answer.pairs, joined))
    for group, (share, count) in first.items():
        print(f"    {group:16} {share:.3f} / {second[group][0]:.3f}  of {count}")
    print("  look-alikes wrongly merged (pairs / clusters, of how many):")
    first, second = (merged_variants(found, labels) for found in (answer.pairs, joined))
    for sort, (share, count) in first.items():
        print(f"    {sort:16} {share:.3f} / {second[sort][0]:.3f}  of {count}")
    for title, counter in zip(("wrong", "missed"), mistakes(answer.pairs, labels), strict=True):
        print(f"  {title}: " + "; ".join(f"{n}× {what}" for what, n in counter.most_common(12)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", type=Path)
    parser.add_argument("--half", choices=("fit", "test"), default="test")
    parser.add_argument("--only", choices=METHODS)
    given = parser.parse_args()
    labels = labels_of(given.set, given.half)
    paths = [given.set / "files" / label.file for label in labels]
    print(
        f"{len(paths)} files of {len({label.picture for label in labels})} pictures, half '{given.half}'"
    )
    for name, method in METHODS.items():
        if given.only in (None, name):
            report(name, method(paths), labels, whole=name == "harvester")


if __name__ == "__main__":
    main()
