"""The index of hashes at a million pictures: opening, one hash, a picture with all its hashes, adding, memory.

    python -m benchmarks.hash_index [--rows 1000000] [--catalog 50000] [--runs 7] [--folder DIR]

Every run is a process of its own that opens the index as the product does, sums checked, and asks it for a hundred
pictures. Half of those are in it with some bits flipped. Beside it stands the plainest exact search there is: the same
columns as whole arrays in memory, one expression over each. Both must find the same. The catalog of the second table
is one of ours with real sketches of noise, from which the index is made and then added to.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harvester.catalog import candidates, files, likenesses
from harvester.catalog.core import Catalog
from harvester.catalog.files import Whole
from harvester.hashing import NEAR
from harvester.hashing.index import COLUMNS, MEETING, File, mapped
from harvester.model import Candidate
from harvester.sketch import SIDE, Sketch
from harvester.stages.indexing import NAME, index_of

ASKED = 100
AT_ONCE = 50_000
CHANGED = 5  # bits flipped in a picture that is asked for

Bits = NDArray[np.uint64]


def made(path: Path, rows: int) -> None:
    """An index of random hashes, as many as a library of so many pictures has."""
    dice = np.random.default_rng(1)
    file = File.new(path)
    for first in range(1, rows + 1, AT_ONCE):
        count = min(AT_ONCE, rows + 1 - first)
        numbers = np.arange(first, first + count, dtype=np.uint64)[None]
        hashes = dice.integers(0, 2**64, (len(COLUMNS), count), dtype=np.uint64)
        file.append(np.concatenate([numbers, hashes]), mark=1)
    file.commit()
    file.close()


def pictures(columns: Bits) -> list[Sketch]:
    """What is asked for: pictures of the index with bits flipped, and strangers, in turns."""
    dice = np.random.default_rng(2)
    found = []
    for number in range(ASKED):
        words = dice.integers(0, 2**64, len(COLUMNS), dtype=np.uint64)
        if number % 2:
            words = columns[1:, dice.integers(0, columns.shape[1])].copy()
            words ^= np.uint64(sum(1 << int(bit) for bit in dice.choice(64, CHANGED, False)))
        phash, inner, mirrored, bare = (int(word) for word in words)
        found.append(Sketch(phash, inner, mirrored, bare, bytes(SIDE * SIDE)))
    return found


def plain(columns: Bits, asked: Sketch) -> set[tuple[int, int]]:
    """Brute force over whole arrays."""
    bits = np.full(columns.shape[1], 65, np.uint8)
    for mine, theirs in MEETING:
        column = columns[1 + COLUMNS.index(theirs)]
        bits = np.minimum(bits, np.bitwise_count(column ^ np.uint64(getattr(asked, mine))))
    return {(int(columns[0, at]), int(bits[at])) for at in np.flatnonzero(bits <= NEAR)}


def plain_one(columns: Bits, value: int) -> NDArray[np.intp]:
    """Brute force over one whole array."""
    return np.flatnonzero(np.bitwise_count(columns[1] ^ np.uint64(value)) <= NEAR)


def timed(work: Callable[[Sketch], object], asked: list[Sketch]) -> float:
    """Median milliseconds of CPU time of one question."""
    told = []
    for sketch in asked:
        begun = time.process_time()
        work(sketch)
        told.append((time.process_time() - begun) * 1000)
    return statistics.median(told)


def run(path: Path, *, check: bool) -> dict[str, float]:
    """One process: opens the index and asks."""
    begun, wall = time.process_time(), time.perf_counter()
    file = File.open(path)
    file.close()
    index = mapped(path, file.reach)
    opened = (time.process_time() - begun) * 1000, (time.perf_counter() - wall) * 1000
    asked = pictures(np.concatenate(index.blocks[:1], axis=1))
    one = timed(lambda sketch: index.within("phash", sketch.phash, NEAR), asked)
    every = timed(lambda sketch: index.near(sketch, NEAR), asked)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    columns = np.concatenate(index.blocks, axis=1)
    if check and any({*index.near(each, NEAR)} != plain(columns, each) for each in asked):
        raise SystemExit("the index and brute force disagree")
    return {
        "open, CPU ms": opened[0],
        "open, wall ms": opened[1],
        "one hash, ms": one,
        "one hash, brute force, ms": timed(lambda sketch: plain_one(columns, sketch.phash), asked),
        "a picture, ms": every,
        "a picture, brute force, ms": timed(lambda sketch: plain(columns, sketch), asked),
        "memory of the process, MB": memory,
    }


def from_catalog(folder: Path, rows: int) -> dict[str, float]:
    """Seconds of making the index out of a catalog, and of adding a round's pictures to it."""
    with closing(Catalog(folder / "catalog.db")) as catalog:
        _fill(catalog, 0, rows)
        made_in = _seconds(lambda: index_of(catalog))
        _fill(catalog, rows, 100)
        added_in = _seconds(lambda: index_of(catalog))
        same_in = _seconds(lambda: index_of(catalog))
    size = (folder / NAME).stat().st_size / 1e6
    return {"made, s": made_in, "100 added, s": added_in, "as it is, s": same_in, "MB": size}


def _fill(catalog: Catalog, first: int, count: int) -> None:
    dice = np.random.default_rng(first)
    packed = {}
    for number in range(first, first + count):
        packed[f"{number:064x}"] = dice.bytes(32 + SIDE * SIDE)

    def work(db: object) -> None:
        one = candidates.put(db, Candidate("s", "1", ""), family="danbooru")  # type: ignore[arg-type]
        for name in packed:
            files.stored(db, one, Whole(name, "0" * 32, "0" * 40, 1, "png", ""))  # type: ignore[arg-type]
        likenesses.draw(db, packed)  # type: ignore[arg-type]

    catalog.write(work)


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--catalog", type=int, default=50_000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.once:
        print(json.dumps(run(given.folder / NAME, check=given.runs > 0)))
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        made(folder / NAME, given.rows)
        told = [_once(folder, first=number == 0) for number in range(given.runs)]
        print(f"{given.rows:,} pictures, {given.runs} runs: median (least .. most)")
        for key in told[0]:
            values = sorted(one[key] for one in told)
            print(
                f"  {key:<30}{statistics.median(values):8.1f}  ({values[0]:.1f} .. {values[-1]:.1f})"
            )
        (folder / NAME).unlink()
        print(f"out of a catalog of {given.catalog:,}")
        for key, value in from_catalog(folder, given.catalog).items():
            print(f"  {key:<30}{value:8.2f}")


def _once(folder: Path, *, first: bool) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.hash_index", "--once", "--folder", str(folder)]
    done = subprocess.run(
        [*command, "--runs", str(int(first))], check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
