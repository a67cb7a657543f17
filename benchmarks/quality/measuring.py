"""Measures every file of the labelled set with the program's own measures, and with the usual recipe's.

    python -m benchmarks.quality.measuring SET

Writes `facts.jsonl` beside the files: the line of `set.jsonl` with what was measured, and milliseconds of CPU time.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.quality.art import digest
from benchmarks.quality.making import Made
from harvester.measure import measure
from harvester.model import Facts

TOLD = (
    *("decodable", "width", "height", "edges", "repeats", "jpeg_quality", "blockiness"),
    *("inner_width", "inner_height", "colour"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A file of the set, its facts, and what the usual recipe would have measured."""

    made: Made
    facts: Facts
    laplacian: float
    milliseconds: float


def laplacian_variance(path: Path) -> float:
    """What most tools call sharpness: the variance of the Laplacian of the grey picture."""
    grey = np.asarray(Image.open(path).convert("L"), np.float32)
    middle = grey[1:-1, 1:-1]
    around = grey[1:-1, 2:] + grey[1:-1, :-2] + grey[2:, 1:-1] + grey[:-2, 1:-1]
    return float((around - 4 * middle).var())


def measured(folder: Path) -> Iterator[Row]:
    """Every file, by chance but the largest last: a run that is broken off has measured a fair part of the set."""
    every = [json.loads(line) for line in (folder / "set.jsonl").read_text("utf-8").splitlines()]
    for told in sorted(every, key=lambda one: (one["variant"] == "native", digest(one["base"]))):
        made = Made(**{**told, "inner": tuple(told["inner"])})
        began = time.process_time()
        facts = measure(folder / made.file).facts
        spent = (time.process_time() - began) * 1000
        yield Row(made, facts, laplacian_variance(folder / made.file), spent)


def load(folder: Path) -> list[Row]:
    """The rows of `facts.jsonl`."""
    rows = []
    for line in (folder / "facts.jsonl").read_text("utf-8").splitlines():
        told = json.loads(line)
        made = Made(**{**told["made"], "inner": tuple(told["made"]["inner"])})
        rows.append(Row(made, Facts(**told["facts"]), told["laplacian"], told["milliseconds"]))
    return rows


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", type=Path)
    folder = parser.parse_args().set
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    with (folder / "facts.jsonl").open("w", encoding="utf-8") as told:
        for row in measured(folder):
            facts = {name: getattr(row.facts, name) for name in TOLD}
            line = {
                "made": asdict(row.made),
                "facts": facts,
                "laplacian": row.laplacian,
                "milliseconds": row.milliseconds,
            }
            told.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
