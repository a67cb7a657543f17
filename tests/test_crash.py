"""A run killed at any instant and started again ends like one that never was, and asks for nothing twice."""

from __future__ import annotations

import json
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harvester.boundary import BOUNDARIES
from harvester.demo import Rules, Sandbox
from tests.harness import Done, Place, killed_at, sandbox

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system cannot kill so"),
]

BESIDE = {"catalog.previewed"}
"""Crossed only where two sites show one picture: tests/test_previewing.py kills there."""

ALONE = [boundary for boundary in BOUNDARIES if boundary not in BESIDE]

FIRST = 'tag = "hakurei_reimu"\ntarget = 7\nsites = ["danbooru"]\n'
MORE = FIRST.replace("7", "9") + "[gates]\nshort_side = 1024\n"
JUDGED_AFRESH = ("catalog.ruled", "catalog.round", "catalog.leased")


@dataclass(frozen=True, slots=True)
class Reference:
    """What an uninterrupted run came to: `seconds` it took, how often it crossed each boundary."""

    place: Place
    crossed: Counter[str]
    seconds: float


@pytest.fixture(scope="module")
def site(drawings: Path) -> Iterator[Sandbox]:
    """One sandbox for all; some of its files lie elsewhere than its lists say."""
    with sandbox(drawings, rules=Rules(moved=2)) as started:
        yield started


@pytest.fixture(scope="module")
def first(site: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """A first run."""
    place = Place(tmp_path_factory.mktemp("reference") / "library", {"danbooru": site})
    run(place, FIRST)  # the sandbox draws its pictures: this one tells nothing about time
    shutil.rmtree(place.folder)
    return uninterrupted(place, FIRST)


@pytest.fixture(scope="module")
def more(first: Reference, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """A run with a changed recipe after a first one."""
    return uninterrupted(first.place.copied(tmp_path_factory.mktemp("more") / "library"), MORE)


def uninterrupted(place: Place, recipe: str) -> Reference:
    begun = time.monotonic()
    done = run(place, recipe, by=killed_at("any", 0))
    assert done.code == 0, done.err
    crossed = Counter(json.loads(done.err.splitlines()[-1]))
    return Reference(place, crossed, time.monotonic() - begun)


def run(place: Place, recipe: str, *, by: tuple[str, ...] = ()) -> Done:
    """A run to its end within this process, or one that another program kills."""
    words = asked(place, recipe)
    return place.run(*words, by=by) if by else place.inside(*words)


def asked(place: Place, recipe: str) -> list[str]:
    """The command line of a run."""
    place.folder.mkdir(parents=True, exist_ok=True)
    (place.folder / "recipe.toml").write_text(recipe, "utf-8")
    return ["run", str(place.folder / "recipe.toml"), "--json", "-q"]


def kills(crossings: int) -> tuple[int, ...]:
    """At which crossing, counted from its start, each of several runs in a row is killed."""
    return (1,) if crossings == 1 else (1, max(1, crossings // 2))


def survives(place: Place, recipe: str, boundary: str, reference: Reference) -> None:
    """Kill runs at a boundary, run to the end, compare."""
    left: list[tuple[set[str], dict[str, int]]] = []
    for number in kills(reference.crossed[boundary]):
        killed = run(place, recipe, by=killed_at(boundary, number))
        # what was under way beside the first kill may leave the second one too few crossings
        assert killed.code == -signal.SIGKILL or left, killed.err
        left.append(place.remains())
    ends_like(place, recipe, reference, left)


def ends_like(
    place: Place, recipe: str, reference: Reference, left: list[tuple[set[str], dict[str, int]]]
) -> None:
    """The next run ends as the reference did; `left` is what the runs before it left on the disk."""
    done = run(place, recipe)
    assert done.code == 0, done.err
    assert place.selection() == reference.place.selection()
    assert place.states() == reference.place.states()
    assert exported(place) == exported(reference.place)
    for number, (whole, half) in enumerate(left, start=2):
        nothing_whole_was_fetched_again(place, number, whole, half)
    pages = Counter(page for number in range(1, len(left) + 2) for page in place.pages(number))
    assert pages.total() - len(pages) <= len(left)
    assert set(pages) == set(reference.place.pages())
    assert place.inside("check", "--json").json == {
        **{key: [] for key in ("damaged", "missing", "unknown", "faults")},
        **{"objects": len(place.stored()), "half": 0, "clean": True, "repaired": False},
    }


def nothing_whole_was_fetched_again(
    place: Place, number: int, whole: set[str], half: dict[str, int]
) -> None:
    """A run that finds files: a whole one is not asked for, of a half one only what is missing."""
    asked = {f"danbooru:{entry.post}": entry.range for entry in reversed(place.files(number))}
    assert not whole & set(asked)
    for key in half.keys() & asked.keys():
        assert asked[key] == f"bytes={half[key]}-"


def exported(place: Place) -> dict[str, bytes]:
    """The files of the dataset that a run writes."""
    [folder] = [path for path in (place.folder / "exports").iterdir() if path.is_dir()]
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_declared_boundary_is_crossed_on_the_way_of_a_picture(first: Reference) -> None:
    assert set(first.crossed) == set(ALONE)


@pytest.mark.parametrize("boundary", ALONE)
def test_runs_killed_at_a_boundary_end_like_one_that_was_not(
    boundary: str, first: Reference, tmp_path: Path
) -> None:
    place = Place(tmp_path / "library", first.place.sites)

    survives(place, FIRST, boundary, first)


@pytest.mark.parametrize("boundary", JUDGED_AFRESH)
def test_a_changed_recipe_is_judged_to_the_end_however_often_it_is_killed(
    boundary: str, first: Reference, more: Reference, tmp_path: Path
) -> None:
    survives(first.place.copied(tmp_path / "library"), MORE, boundary, more)


@pytest.mark.parametrize("seed", [1, 2])
def test_two_kills_at_random_moments_change_nothing(
    seed: int, first: Reference, tmp_path: Path
) -> None:
    place = Place(tmp_path / "library", first.place.sites)
    dice = random.Random(seed)
    left = []
    for _ in range(2):
        handle = place.start(*asked(place, FIRST))
        time.sleep(dice.uniform(0.2, 1.0) * first.seconds)
        handle.kill()
        handle.communicate()
        left.append(place.remains())

    ends_like(place, FIRST, first, left)
