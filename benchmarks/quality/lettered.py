"""How well writing over pictures is told from drawing: makes the labelled set, measures it, fits the default, scores it.

    python -m benchmarks.quality.lettered make ART... --out SET
    python -m benchmarks.quality.lettered measure SET
    python -m benchmarks.quality.lettered fit SET
    python -m benchmarks.quality.lettered score SET [--half test] [--errors]

The pictures, their kinds and halves are those of `art.py`. `fit` looks at its own half alone: of the numbers of letters
at which at most one clean drawn picture in two hundred is rejected, the lowest.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from PIL import Image

from benchmarks.quality.art import DRAWN, PHOTO, bases, digest
from benchmarks.quality.lettering import variants
from benchmarks.quality.making import prepared, save
from benchmarks.quality.score import auc
from harvester.gates.lettering import Lettering
from harvester.measure.grey import fine, working
from harvester.measure.lettering import letters
from harvester.model import Facts, Verdict

GRID = range(6, 41, 2)
MOST = 0.005  # of clean drawn pictures may be rejected here: other pictures and other fonts will differ
CLEAN = ("clean", "signature", "line_art", "pattern")
WRITTEN = ("bubbles", "subtitle", "watermark")


@dataclass(frozen=True, slots=True)
class Row:
    """A file of the set, and what was measured of it."""

    file: str
    half: str
    kind: str
    variant: str
    level: float
    letters: float = 0.0
    milliseconds: float = 0.0


def make(art: Sequence[Path], out: Path) -> None:
    """Write the files and `set.jsonl`, one line for each."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / "set.jsonl").open("w", encoding="utf-8") as told:
        for base in bases(art):
            picture, alpha = prepared(base)
            for variant in variants(
                picture, alpha, base.half, Random(digest(base.name + " lettered"))
            ):
                path = save(variant, out / f"{base.name}--{variant.name}")
                row = Row(path.name, base.half, base.kind, variant.name, variant.level)
                told.write(json.dumps(asdict(row)) + "\n")


def measured(folder: Path) -> Iterator[Row]:
    """Every file, with what the program counts in it and the CPU time that took, decoding apart."""
    for row in load(folder / "set.jsonl"):
        with Image.open(folder / row.file) as picture:
            grey = working(fine(picture)[0])
        began = time.process_time()
        found = letters(grey)
        spent = (time.process_time() - began) * 1000
        yield Row(row.file, row.half, row.kind, row.variant, row.level, round(found, 3), spent)


def load(path: Path) -> list[Row]:
    """The rows of a file of lines."""
    return [Row(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def share(rows: Iterable[Row], gate: Lettering) -> float:
    """The share that the gate rejects; 0 of none."""
    told = [gate.judge(Facts(letters=row.letters)).verdict is Verdict.REJECT for row in rows]
    return sum(told) / len(told) if told else 0.0


def fit(rows: Sequence[Row]) -> None:
    """The default, and what the numbers around it would come to."""
    clean = [row for row in rows if row.variant in CLEAN and row.kind in DRAWN]
    written = [row for row in rows if row.variant == "bubbles"]
    for most in GRID:
        gate = Lettering(most)
        print(f"{most}: {share(clean, gate):.1%} of clean, {share(written, gate):.1%} of bubbles")
    print("best:", min(most for most in GRID if share(clean, Lettering(most)) <= MOST))


def score(rows: Sequence[Row]) -> None:
    """ROC AUC against clean drawn art, signed or not, and what the shipped gate rejects."""
    drawn = [row for row in rows if row.kind in DRAWN]
    usual = [row.letters for row in drawn if row.variant in ("clean", "signature")]
    gate = Lettering()
    print("| | ROC AUC | rejected |\n|---|---|---|")
    for name in WRITTEN:
        some = [row for row in drawn if row.variant == name]
        told = auc([row.letters for row in some], usual)
        print(f"| {name} ({len(some)}) | {told:.4f} | {share(some, gate):.1%} |")
    for name in CLEAN:
        some = [row for row in drawn if row.variant == name]
        print(f"| {name} ({len(some)}) | | {share(some, gate):.1%} |")
    photos = [row for row in rows if row.kind == PHOTO and row.variant in ("clean", "signature")]
    print(f"| photographs, signed or not ({len(photos)}) | | {share(photos, gate):.1%} |")
    spent = [row.milliseconds for row in rows]
    print(f"CPU per file: median {statistics.median(spent):.0f} ms, most {max(spent):.0f} ms")


def errors(rows: Sequence[Row]) -> None:
    """Every clean picture that is rejected."""
    for row in rows:
        if row.variant in CLEAN and share([row], Lettering()):
            print("rejected:", row.file, row.letters)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=("make", "measure", "fit", "score"))
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--half", choices=("fit", "test"), default="test")
    parser.add_argument("--errors", action="store_true")
    given = parser.parse_args()
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    folder: Path = given.folders[0]
    if given.step == "make":
        make(given.folders, given.out or parser.error("--out says where to write the set"))
        return
    if given.step == "measure":
        lines = [json.dumps(asdict(row)) for row in measured(folder)]
        (folder / "letters.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
        return
    half = "fit" if given.step == "fit" else given.half
    rows = [row for row in load(folder / "letters.jsonl") if row.half == half]
    print(f"half {half}: {len(rows)} files")
    (fit if given.step == "fit" else score)(rows)
    if given.errors:
        errors(rows)


if __name__ == "__main__":
    main()
