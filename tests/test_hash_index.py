"""The index of hashes finds what brute force finds, and is nothing but a cache: whatever befalls it, no picture is missed."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harvester.catalog import candidates, files, hashes, likenesses
from harvester.catalog.core import Catalog
from harvester.catalog.files import Whole
from harvester.hashing import NEAR, pairs, parts_of
from harvester.hashing.index import COLUMNS, MEETING, ROWS, Index, in_memory, rows_of
from harvester.sketch import SIDE, Sketch
from harvester.stages.indexing import NAME, index_of, near
from tests.catalogs import a_candidate

FLAT = bytes(SIDE * SIDE)
words = st.integers(0, 2**64 - 1)


def apart(one: Sketch, other: Sketch) -> int:
    """The definition, one pair of bits at a time."""
    return min(
        bin(getattr(one, mine) ^ getattr(other, theirs)).count("1") for mine, theirs in MEETING
    )


def some(count: int, seed: int = 1) -> list[Sketch]:
    """Sketches of which many are near each other."""
    dice = random.Random(seed)
    roots = [dice.getrandbits(64) for _ in range(max(1, count // 5))]

    def hash() -> int:
        flipped = sum(1 << bit for bit in dice.sample(range(64), dice.randrange(24)))
        return dice.choice(roots) ^ flipped

    return [Sketch(hash(), hash(), hash(), hash(), FLAT) for _ in range(count)]


def indexed(sketches: list[Sketch], first: int = 1) -> Index:
    numbers = list(range(first, first + len(sketches)))
    return in_memory(rows_of(numbers, [sketch.packed() for sketch in sketches]))


@given(st.lists(st.tuples(words, words, words, words), min_size=1, max_size=30), st.integers(0, 64))
def test_what_is_found_is_what_brute_force_finds(
    made: list[tuple[int, int, int, int]], radius: int
) -> None:
    sketches = [Sketch(*each, FLAT) for each in made]
    index = indexed(sketches)

    for asked in sketches[:5]:
        bits = {n: apart(asked, other) for n, other in enumerate(sketches, start=1)}
        expected = sorted((far, n) for n, far in bits.items() if far <= radius)
        assert [(hit.bits, hit.row) for hit in index.near(asked, radius)] == expected


@given(st.data(), st.integers(0, 20), st.sampled_from(COLUMNS))
def test_a_hash_is_found_to_the_last_bit_of_its_radius(
    data: st.DataObject, radius: int, column: str
) -> None:
    values = {name: data.draw(words) for name in COLUMNS}
    flipped = data.draw(st.sets(st.integers(0, 63), min_size=radius, max_size=radius))
    other = values[column] ^ sum(1 << bit for bit in flipped)
    index = indexed([Sketch(**values, greys=FLAT)])

    assert [hit.bits for hit in index.within(column, other, radius)] == [radius]
    assert index.within(column, other, radius - 1) == []


def test_blocks_make_no_difference() -> None:
    sketches = some(ROWS * 2 + 77)
    index = indexed(sketches)
    asked = sketches[ROWS]
    values = np.array([[getattr(each, name) for name in COLUMNS] for each in sketches], np.uint64)
    bits = np.full(len(sketches), 65)
    for mine, theirs in MEETING:
        column = values[:, COLUMNS.index(theirs)]
        bits = np.minimum(bits, np.bitwise_count(column ^ np.uint64(getattr(asked, mine))))

    found = index.near(asked, NEAR)

    assert len(index.blocks) == 3
    assert {hit.row: hit.bits for hit in found} == {
        int(n) + 1: int(bits[n]) for n in np.flatnonzero(bits <= NEAR)
    }


# beside a catalog


def name_of(number: int) -> str:
    return f"{number:064x}"


def fill(catalog: Catalog, sketches: dict[int, Sketch]) -> None:
    """Stored files with these sketches."""

    def work(db: object) -> None:
        for number in sketches:
            one = candidates.put(db, a_candidate(number), family="danbooru")  # type: ignore[arg-type]
            whole = Whole(name_of(number), "0" * 32, "0" * 40, number, "png", "")
            files.stored(db, one, whole)  # type: ignore[arg-type]
        packed = {name_of(number): sketch.packed() for number, sketch in sketches.items()}
        likenesses.draw(db, packed)  # type: ignore[arg-type]

    catalog.write(work)


def forget(catalog: Catalog, number: int) -> None:
    catalog.write(lambda db: files.forget(db, name_of(number)))


def expected(sketches: dict[int, Sketch], asked: Sketch) -> dict[str, int]:
    told = {name_of(number): apart(asked, other) for number, other in sketches.items()}
    return {name: bits for name, bits in told.items() if bits <= NEAR}


def found(catalog: Catalog, asked: Sketch) -> dict[str, int]:
    hits = near(catalog, asked)
    assert hits == sorted(hits, key=lambda hit: hit.bits)
    assert len({hit.sha256 for hit in hits}) == len(hits)
    return {hit.sha256: hit.bits for hit in hits}


@pytest.fixture
def sketches() -> dict[int, Sketch]:
    return dict(enumerate(some(60), start=1))


@pytest.fixture
def filled(catalog: Catalog, sketches: dict[int, Sketch]) -> Catalog:
    """A catalog of sixty pictures, and its index."""
    fill(catalog, sketches)
    assert found(catalog, sketches[1]) == expected(sketches, sketches[1])
    return catalog


def file_of(catalog: Catalog) -> Path:
    return catalog.path.with_name(NAME)


def test_an_empty_library_is_like_nothing(catalog: Catalog, sketches: dict[int, Sketch]) -> None:
    assert near(catalog, sketches[1]) == []
    assert near(catalog, sketches[1]) == []


def test_what_comes_later_is_added_behind(filled: Catalog, sketches: dict[int, Sketch]) -> None:
    before = file_of(filled).stat().st_ino
    more = dict(enumerate(some(40, seed=2), start=100))

    fill(filled, more)

    every = {**sketches, **more}
    for number in (1, 60, 100, 139):
        assert found(filled, every[number]) == expected(every, every[number])
    assert file_of(filled).stat().st_ino == before


def test_a_file_that_is_gone_is_not_found(filled: Catalog, sketches: dict[int, Sketch]) -> None:
    filled.write(lambda db: files.forget(db, name_of(5)))

    assert name_of(5) not in found(filled, sketches[5])


def test_a_picture_that_is_sketched_anew_is_found_by_its_new_hashes_only(
    filled: Catalog, sketches: dict[int, Sketch]
) -> None:
    fill(filled, {5: Sketch(0, 0, 0, 0, FLAT)})
    old = sketches.pop(5)
    every = {**sketches, 5: Sketch(0, 0, 0, 0, FLAT)}

    for asked in (old, every[5]):
        assert found(filled, asked) == expected(every, asked)


def test_the_same_sketch_again_is_no_new_row(filled: Catalog, sketches: dict[int, Sketch]) -> None:
    before = index_of(filled).reach

    fill(filled, sketches)

    assert index_of(filled).reach == before


def spoilt(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "absent": lambda data: b"",
    "cut off in its head": lambda data: data[:10],
    "cut off": lambda data: data[:5000],
    "of another version": lambda data: data[:8] + b"\x09" + data[9:],
    "no index": lambda data: b"\x00" * len(data),
    "a bit of its head": lambda data: spoilt(data, 20),
    "a bit of a number": lambda data: spoilt(data, 4096 + 8),
    "a bit of a hash": lambda data: spoilt(data, 4096 + (ROWS * 2 + 3) * 8),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_index_is_made_anew(
    filled: Catalog, sketches: dict[int, Sketch], damage: Callable[[bytes], bytes]
) -> None:
    path = file_of(filled)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))

    for asked in list(sketches.values())[:5]:
        assert found(filled, asked) == expected(sketches, asked)
    assert path.read_bytes()[:4096] == whole[:4096]


def test_an_index_that_is_gone_is_made_anew(filled: Catalog, sketches: dict[int, Sketch]) -> None:
    file_of(filled).unlink()

    assert found(filled, sketches[3]) == expected(sketches, sketches[3])
    assert file_of(filled).is_file()


def test_an_index_that_is_ahead_of_a_restored_catalog_is_made_anew(
    path: Path, sketches: dict[int, Sketch]
) -> None:
    """Rows of the same numbers come after the copy that was put back, with other pictures in them."""
    first = {number: sketches[number] for number in range(1, 31)}
    with closing(Catalog(path)) as catalog:
        fill(catalog, first)
    shutil.copy(path, path.with_suffix(".copy"))
    with closing(Catalog(path)) as catalog:
        fill(catalog, {number: sketches[number] for number in range(31, 61)})
        index_of(catalog)
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    shutil.copy(path.with_suffix(".copy"), path)

    other = dict(enumerate(some(40, seed=9), start=200))
    with closing(Catalog(path)) as catalog:
        fill(catalog, other)
        every = {**first, **other}
        for asked in [*every.values(), *sketches.values()]:
            assert found(catalog, asked) == expected(every, asked)


def test_an_index_of_another_library_is_made_anew(
    filled: Catalog, sketches: dict[int, Sketch], tmp_path: Path
) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    shutil.copy(file_of(filled), folder / NAME)
    mine = dict(enumerate(some(60, seed=5), start=1))
    with closing(Catalog(folder / "catalog.db")) as other:
        fill(other, mine)

        assert found(other, mine[1]) == expected(mine, mine[1])


@pytest.mark.skipif(os.name == "nt", reason="a folder in the way is another fault there")
def test_where_no_index_can_be_written_it_is_made_in_memory(
    catalog: Catalog, sketches: dict[int, Sketch]
) -> None:
    fill(catalog, sketches)
    file_of(catalog).mkdir()

    assert found(catalog, sketches[2]) == expected(sketches, sketches[2])


def test_one_that_is_held_does_not_change_while_others_add(
    filled: Catalog, sketches: dict[int, Sketch]
) -> None:
    held = index_of(filled)
    fill(filled, dict(enumerate(some(40, seed=2), start=100)))
    near(filled, sketches[1])

    told = {hit.sha256 for hit in near(filled, sketches[1], index=held)}

    assert told == set(expected(sketches, sketches[1]))


KILLED = """
import os, signal, sys
from pathlib import Path
from harvester.catalog.core import Catalog
from harvester.hashing import index
from harvester.stages.indexing import index_of

def kill(*_):
    os.kill(os.getpid(), signal.SIGKILL)

at = sys.argv[2]
if at == "rows":
    wait = index.File.append
    def append(self, rows, mark):
        wait(self, rows, mark)
        self._file.flush()
        kill()
    index.File.append = append
elif at == "head":
    index.os.fsync = kill
elif at == "half a head":
    done = index.os.fsync
    def sync(handle):
        done(handle)
        os.pwrite(handle, b"HARVIDX\\n" + bytes(9), 0)
        kill()
    index.os.fsync = sync
elif at == "name":
    Path.replace = kill
index_of(Catalog(Path(sys.argv[1])))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system cannot kill so")
@pytest.mark.parametrize("anew", [True, False])
@pytest.mark.parametrize("at", ["rows", "head", "half a head", "name"])
def test_a_kill_at_any_step_loses_nothing(
    filled: Catalog, sketches: dict[int, Sketch], at: str, anew: bool
) -> None:
    more = dict(enumerate(some(40, seed=2), start=100))
    fill(filled, more)
    if anew:
        file_of(filled).unlink()
    command = [sys.executable, "-c", KILLED, str(filled.path), at]

    killed = subprocess.run(command, check=False, capture_output=True)

    assert killed.returncode == (-signal.SIGKILL if anew or at != "name" else 0), killed.stderr
    every = {**sketches, **more}
    for asked in list(every.values())[::7]:
        assert found(filled, asked) == expected(every, asked)


def test_several_processes_that_add_at_once_end_with_one_index(
    filled: Catalog, sketches: dict[int, Sketch]
) -> None:
    file_of(filled).unlink()
    script = (
        "import sys; from pathlib import Path; from harvester.catalog.core import Catalog;"
        "from harvester.stages.indexing import index_of; index_of(Catalog(Path(sys.argv[1])))"
    )
    command = [sys.executable, "-c", script, str(filled.path)]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(4)]
    more = dict(enumerate(some(40, seed=2), start=100))
    fill(filled, more)

    ended = [(one.communicate()[1], one.returncode) for one in running]

    assert [code for _, code in ended] == [0] * 4, ended
    every = {**sketches, **more}
    for asked in list(every.values())[::7]:
        assert found(filled, asked) == expected(every, asked)


moves = st.lists(
    st.tuples(st.sampled_from(["add", "forget", "again", "look", "drop"]), st.integers(1, 12)),
    max_size=15,
)


@given(moves)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=15
)
def test_whatever_happens_the_index_says_what_the_catalog_says(
    tmp_path_factory: pytest.TempPathFactory, made: list[tuple[str, int]]
) -> None:
    known: dict[int, Sketch] = {}
    with closing(Catalog(tmp_path_factory.mktemp("any") / "catalog.db")) as catalog:
        for turn, (what, number) in enumerate(made):
            if what in {"add", "again"}:
                known[number] = some(number, seed=turn)[-1]
                fill(catalog, {number: known[number]})
            elif what == "forget":
                known.pop(number, None)
                forget(catalog, number)
            elif what == "drop":
                file_of(catalog).unlink(missing_ok=True)
            for asked in known.values() if what == "look" else ():
                assert found(catalog, asked) == expected(known, asked)
        for asked in known.values():
            assert found(catalog, asked) == expected(known, asked)


def test_rows_are_read_in_their_order_some_at_a_time(
    filled: Catalog, sketches: dict[int, Sketch]
) -> None:
    [rows] = hashes.since(filled, 0)

    assert [row.row for row in rows] == list(range(1, 61))
    assert [list(part) for part in hashes.since(filled, 60)] == []
    assert len({row.mark for row in rows}) == 60


# searching what is new


def drawn_sketches(count: int) -> list[Sketch]:
    """Sketches with greys of their own, some of which are parts of others."""
    dice = np.random.default_rng(3)
    found = []
    for number in range(count):
        cells = np.random.default_rng(number % 7).integers(0, 256, (8, 8))
        greys = np.kron(cells, np.ones((4, 4))) + dice.integers(-20, 20, (SIDE, SIDE))
        greys = greys[:, ::-1] if number % 3 == 0 else greys
        packed = np.clip(greys, 0, 255).astype(np.uint8).tobytes()
        phash, inner, mirrored, bare = (int(word) for word in dice.integers(0, 2**63, 4))
        found.append(Sketch(phash, inner, mirrored, bare, packed))
    return found


@given(st.sets(st.integers(0, 39)))
@settings(deadline=None, max_examples=25)
def test_new_pictures_against_all_find_what_all_against_all_does(done: set[int]) -> None:
    sketches = drawn_sketches(40)
    every = pairs(sketches)

    left = pairs(sketches, done, parts_of(sketches))

    assert len(every) > 20
    assert left == [pair for pair in every if not {*pair} <= done]
