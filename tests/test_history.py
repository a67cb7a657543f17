"""`harvest history` tells what was asked, what each revision changed, and how every run ended; JSON has its shapes."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from harvester.cli.shapes import PLAIN, SHAPES, Shape, misfits
from harvester.demo import Sandbox
from harvester.recipe import Mix, Recipe
from harvester.stages.history import Change, changes
from tests.harness import SUBJECT, Done, Place, killed_at, sandbox

QUICK = ["--tag", SUBJECT, "--site", "danbooru", "--json"]


@pytest.fixture(scope="module")
def site(drawings: Path) -> Iterator[Sandbox]:
    with sandbox(drawings, posts=60) as started:
        yield started


@pytest.fixture(scope="module")
def place(site: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A library after three runs: limited, done, short; for reading only."""
    place = Place(tmp_path_factory.mktemp("history") / "library", {"danbooru": site})
    assert run(place, "--target", "4", "--max-bytes", "50k").code == 3
    assert run(place, "--target", "4").code == 0
    assert run(place, "--target", "60", "--without", "smile").code == 3
    return place


def run(place: Place, *more: str) -> Done:
    return place.inside(*QUICK, *more)


def told(place: Place) -> dict[str, list[dict[str, object]]]:
    return place.inside("history", "--json").json  # type: ignore[no-any-return]


# what changed


def test_a_change_is_told_by_its_key_in_a_recipe_file() -> None:
    before = Recipe(("x",), gates={"short_side": 900})
    after = Recipe(("x",), want=("solo",), mix=Mix(strict=True))

    assert changes(before, after) == [
        Change("with", [], ["solo"]),
        Change("mix.strict", False, True),
        Change("gates.short_side", 900, None),
    ]


def test_recipes_that_are_equal_differ_in_nothing() -> None:
    assert changes(Recipe(("x",)), Recipe(("x",))) == []


def test_a_first_revision_is_told_by_what_is_not_its_default(place: Place) -> None:
    [first, second] = told(place)["revisions"]

    assert {change["key"] for change in first["changes"]} == {"tag", "target", "sites"}  # type: ignore[attr-defined]
    assert [change["key"] for change in second["changes"]] == ["target", "without"]  # type: ignore[attr-defined]


# what came of it


def test_every_run_is_told_with_its_end(place: Place) -> None:
    runs = told(place)["runs"]

    assert [one["how"] for one in runs] == ["limited", "done", "short"]
    assert [one["revision"] for one in runs] == [1, 1, 2]
    assert [one["files"] for one in runs] == [len(place.files(number)) for number in (1, 2, 3)]
    assert "its limit of 50kB" in str(runs[0]["summary"])
    assert runs[1]["selected"] == 4


def test_rounds_say_what_was_planned_fetched_and_accepted(place: Place) -> None:
    rounds = told(place)["rounds"]

    assert rounds
    for one in rounds:
        assert one["planned"] >= one["fetched"] >= one["accepted"]  # type: ignore[operator]


def test_every_export_is_told(place: Place) -> None:
    exports = told(place)["exports"]

    assert len(exports) == 3
    assert exports[1]["pictures"] == 4


def test_people_read_the_same(place: Place) -> None:
    text = place.inside("history", SUBJECT).out

    assert "target: 4 → 60" in text
    assert 'without: – → ["smile"]' in text
    for word in ("limited", "planned", "plain", "revision 2"):
        assert word in text
    assert max(map(len, text.splitlines())) < 200


def test_a_harvest_that_is_not_there_is_said(place: Place) -> None:
    done = place.inside("history", "9")

    assert (done.code, done.out) == (2, "")


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system cannot kill so")
def test_a_killed_run_is_told_as_that(site: Sandbox, tmp_path: Path) -> None:
    place = Place(tmp_path / "library", {"danbooru": site})

    place.run(*QUICK, "--target", "4", by=killed_at("catalog.stored", 1))
    run(place, "--target", "4")

    assert [one["how"] for one in told(place)["runs"]] == ["killed", "done"]


def test_a_run_that_failed_is_told_with_the_reason(tmp_path: Path, site: Sandbox) -> None:
    place = Place(tmp_path / "library", {"danbooru": site})

    assert place.inside("--tag", "nobody_knows_me", "--site", "danbooru").code == 4

    [one] = told(place)["runs"]
    assert one["how"] == "failed"
    assert "nobody_knows_me" in str(one["summary"])


# JSON

COMMANDS = {
    "harvest": [*QUICK[:-1], "--target", "60", "--without", "smile"],
    "plan": ["plan", "--tag", SUBJECT, "--site", "danbooru"],
    "resume": ["resume"],
    "retry": ["retry"],
    "status": ["status"],
    "history": ["history"],
    "sites": ["sites"],
    "sites list": ["sites", "list"],
    "sites show": ["sites", "show", "danbooru"],
    "sites doctor": ["sites", "doctor", "danbooru"],
    "sites add": ["sites", "add", "more", "--family=danbooru", "--url=http://a.test", "--no-probe"],
    "tags": ["tags", "hakurei", "--site", "danbooru"],
    "tags --set": ["tags", "--set", "1"],
    "gates": ["gates"],
    "gates --try": ["gates", "--try", "short_side=640"],
    "check": ["check"],
}


def test_every_shape_is_of_one_of_the_commands_shown_here_or_elsewhere() -> None:
    elsewhere = {
        "dedup",
        "run",
        "demo",
        "init",
        "why",
        "sheet",
        "export",
        "import",
        "tags --profile",
    }
    elsewhere |= {"distinct", "forget", "forget WHAT"}

    assert set(SHAPES) <= set(COMMANDS) | elsewhere
    assert not set(SHAPES) & PLAIN


@pytest.mark.parametrize("name", COMMANDS)
def test_what_a_command_prints_has_its_shape(name: str, place: Place, tmp_path: Path) -> None:
    copy = place.copied(tmp_path / "library")

    done = copy.inside(*COMMANDS[name], "--json")

    assert misfits(done.json, SHAPES[name]) == []


def test_what_is_said_of_pictures_has_its_shape(place: Place, tmp_path: Path) -> None:
    copy = place.copied(tmp_path / "library")
    (tmp_path / "w.toml").write_text(f'tag = "{SUBJECT}"\ntarget = 1\nsites = ["danbooru"]\n')
    key = copy.selection()[0][0]
    lines = {
        "run": ["run", str(tmp_path / "w.toml")],
        "why": ["why", key],
        "sheet": ["sheet", "--to", str(tmp_path / "s.png")],
        "export": ["export", "1", "--to", str(tmp_path / "out")],
        "init": ["init", str(tmp_path / "i.toml"), "--tag", "x"],
    }

    for name, line in lines.items():
        assert misfits(copy.inside(*line, "--json").json, SHAPES[name]) == [], name


@pytest.mark.parametrize(
    ("value", "shape", "told"),
    [
        ({"a": 1}, {"a": "str"}, "result.a is 1, not str"),
        ({}, {"a": "int"}, "result.a is missing"),
        ({"a": 1, "b": 2}, {"a": "int"}, "result.b is not told of"),
        ([1, "x"], ["int"], "result[1] is 'x', not int"),
        (True, "int", "result is True, not int"),
        ({"x": "y"}, {"*": "int"}, "result.x is 'y', not int"),
    ],
)
def test_what_has_another_shape_is_told(value: object, shape: Shape, told: str) -> None:
    assert misfits(value, shape) == [told]
