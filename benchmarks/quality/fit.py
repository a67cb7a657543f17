"""Finds the defaults of the gates on the half `fit`; the other half is never looked at here.

    python -m benchmarks.quality.fit SET

Every combination of a grid is judged. Of those that reject few enough good pictures the one with the highest F1 is taken.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.art import DRAWN, PHOTO
from benchmarks.quality.measuring import Row, load
from benchmarks.quality.score import is_bad, is_clean

EDGES = tuple(round(1.3 + 0.05 * step, 2) for step in range(30))
REPEATS = tuple(round(0.74 + 0.02 * step, 2) for step in range(13))
BLOCKS = tuple(round(0.1 + 0.05 * step, 2) for step in range(17))
QUALITY = 50
MOST_DRAWN, MOST_PHOTOS = 0.015, 0.04
"""False rejects that are allowed here; stricter than the goals, since another half of pictures will differ."""
FAIR, MOST_FAIR = 70, 0.1
"""JPEGs of this quality and more look well enough; so many of them may be lost."""

Rejected = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Setting:
    """Defaults, and how good they are on this half."""

    edges: float
    repeats: float
    blocks: float
    f1: float
    drawn: float
    photos: float


def is_fair(row: Row) -> bool:
    """Compressed, but well enough."""
    return row.made.spoiled == "between" and row.made.level >= FAIR


def settings(rows: Sequence[Row]) -> Iterator[Setting]:
    """Every combination of the grid that keeps within what is allowed."""
    edges, repeats, blocks, poor = (
        np.array([told(row) for row in rows])
        for told in (
            lambda row: row.facts.edges or 0.0,
            lambda row: row.facts.repeats or 0.0,
            lambda row: -1.0 if row.facts.blockiness is None else row.facts.blockiness,
            lambda row: (row.facts.jpeg_quality or 100) < QUALITY,
        )
    )
    bad = np.array([is_bad(row) for row in rows])
    fair = np.array([is_fair(row) for row in rows])
    good = ~bad & ~fair
    drawn = np.array([row.made.kind in DRAWN for row in rows]) & good
    photos = np.array([row.made.kind == PHOTO for row in rows]) & good
    for edge, repeat, block in itertools.product(EDGES, REPEATS, BLOCKS):
        rejected: Rejected = (edges > edge) | (repeats >= repeat) | (blocks >= block) | poor
        found, wrong = (rejected & bad).sum(), (rejected & good).sum()
        told = (rejected[drawn].mean(), rejected[photos].mean())
        allowed = told[0] <= MOST_DRAWN and told[1] <= MOST_PHOTOS
        if allowed and rejected[fair].mean() <= MOST_FAIR:
            f1 = 2 * found / (found + wrong + bad.sum())
            yield Setting(edge, repeat, block, float(f1), float(told[0]), float(told[1]))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", type=Path)
    rows = [row for row in load(parser.parse_args().set) if row.made.half == "fit"]
    rows = [row for row in rows if is_clean(row) or is_bad(row) or is_fair(row)]
    every = list(settings(rows))
    print(f"{len(rows)} files; {len(every)} settings allowed")
    print(f"best: {max(every, key=lambda setting: setting.f1)}")


if __name__ == "__main__":
    main()
