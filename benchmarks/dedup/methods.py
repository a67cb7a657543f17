"""The methods that are compared: ours, as the harvester has it, and ImageHash at its usual thresholds."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image, ImageOps

from benchmarks.dedup.score import Pair
from harvester.hashing import Thumb, joined, likeness, pairs, thumb
from harvester.hashing.verifying import Compared, figures
from harvester.measure.grey import small
from harvester.sketch import Sketch, sketched

_AT_ONCE = 200  # pairs given to a worker


@dataclass(frozen=True, slots=True)
class Answer:
    """Pairs held to be copies, groups of places, and CPU milliseconds: a picture beyond its decode, a pair, a search."""

    pairs: set[Pair]
    groups: list[list[int]]
    per_picture: float
    per_pair: float
    search: float
    compared: int


def sketched_file(path: Path) -> tuple[Sketch, float]:
    """The sketch of a file as measuring makes it, and the CPU seconds it took beyond the decode."""
    with Image.open(path) as file:
        grey = small(ImageOps.exif_transpose(file)).convert("L")
    start = time.process_time()
    return sketched(grey), time.process_time() - start


def sketches(paths: Sequence[Path]) -> tuple[list[Sketch], float]:
    """The sketch of every file, and the CPU milliseconds each took beyond the decode."""
    told = [sketched_file(path) for path in paths]
    return [sketch for sketch, _ in told], 1000 * sum(spent for _, spent in told) / len(paths)


def compared(paths: Sequence[Path]) -> list[Compared]:
    """Every file ready to be compared."""
    return [Compared(thumb(path)) for path in paths]


def figures_of(
    paths: Sequence[Path], near: Sequence[Pair], workers: Executor
) -> list[tuple[float, ...] | None]:
    """What tells copies from variants, of each pair; the lower place first."""
    thumbs = list(workers.map(thumb, paths, chunksize=32))
    tasks = [near[at : at + _AT_ONCE] for at in range(0, len(near), _AT_ONCE)]
    held = [{place: thumbs[place] for pair in task for place in pair} for task in tasks]
    return list(itertools.chain.from_iterable(workers.map(_figures_of, held, tasks)))


def _figures_of(held: Mapping[int, Thumb], near: Sequence[Pair]) -> list[tuple[float, ...] | None]:
    ready = {place: Compared(thumbnail) for place, thumbnail in held.items()}
    return [figures(ready[one], ready[other]) for one, other in near]


def ours(paths: Sequence[Path]) -> Answer:
    """Sketches for the search, pixels for the verdict, average link for the groups."""
    drawn, per_picture = sketches(paths)
    start = time.process_time()
    near = pairs(drawn)
    search = time.process_time() - start
    ready = compared(paths)
    start = time.process_time()
    chances = {pair: 1 - likeness(ready[pair[0]], ready[pair[1]]).distance for pair in near}
    per_pair = 1000 * (time.process_time() - start) / max(1, len(near))
    found = {pair for pair, chance in chances.items() if chance >= 0.5}
    groups = joined(len(paths), chances)
    return Answer(found, groups, per_picture, per_pair, 1000 * search, len(near))


def by_hash(
    name: str, radius: int, make: Callable[[Image.Image], imagehash.ImageHash]
) -> Callable[[Sequence[Path]], Answer]:
    """One hash of the file as it is; pairs within a radius, groups by whatever hangs together."""

    def method(paths: Sequence[Path]) -> Answer:
        hashes, spent = [], 0.0
        for path in paths:
            with Image.open(path) as file:
                file.load()
                start = time.process_time()
                hashes.append(int(str(make(file)), 16))
                spent += time.process_time() - start
        values = np.array(hashes, np.uint64)
        start = time.process_time()
        near = np.triu(np.bitwise_count(values[:, None] ^ values[None]) <= radius, 1)
        search = 1000 * (time.process_time() - start)
        found = {(int(one), int(other)) for one, other in zip(*np.nonzero(near), strict=True)}
        return Answer(
            found, _islands(len(paths), found), 1000 * spent / len(paths), 0.0, search, len(found)
        )

    method.__name__ = name
    return method


def _islands(count: int, found: set[Pair]) -> list[list[int]]:
    home = list(range(count))
    for one, other in sorted(found):
        if home[one] != home[other]:
            gone, kept = max(home[one], home[other]), min(home[one], home[other])
            home = [kept if place == gone else place for place in home]
    groups: dict[int, list[int]] = {}
    for place, each in enumerate(home):
        groups.setdefault(each, []).append(place)
    return list(groups.values())


METHODS: dict[str, Callable[[Sequence[Path]], Answer]] = {
    "harvester": ours,
    "ImageHash pHash <= 8": by_hash("phash 8", 8, imagehash.phash),
    "ImageHash pHash <= 10": by_hash("phash 10", 10, imagehash.phash),
    "ImageHash dHash <= 8": by_hash("dhash 8", 8, imagehash.dhash),
}
