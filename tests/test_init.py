"""`harvest init` writes a recipe that `harvest run` takes; every option has its key and every key its comment."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester import recipe as recipes
from harvester.cli.app import harvest
from harvester.cli.beginning import MIXES
from harvester.cli.limiting import given_limits
from harvester.cli.options import common
from harvester.cli.template import TABLES, commented
from harvester.cli.wishing import KEYS
from harvester.gates import GATES
from harvester.limits import Limits
from harvester.model import Rating
from harvester.recipe import KINDS, Caps, Export, Mix, Recipe
from tests.harness import HARVEST, SUBJECT, Done, Place
from tests.screen import on_terminal

TABLES_ALONE = {"weights", "gates", "mix", "caps", "export", "limits"}
"""Keys that are tables: a table is written into a file, not on a line."""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A library in a folder to work in."""
    monkeypatch.chdir(tmp_path)
    return Place(tmp_path / "library", {})


def init(place: Place, *more: str) -> Done:
    return place.inside("init", *more)


# every option has its key


def options_of(command: click.Command) -> set[str]:
    return {param.name or "" for param in command.params if isinstance(param, click.Option)}


def test_every_option_of_the_quick_harvest_has_its_key_and_every_key_its_option() -> None:
    @click.command()
    @common
    def bare(*_: object) -> None:
        """The common options alone."""

    limited = {"max_bytes": None, "max_minutes": None}
    actions = {"new", "version"}

    options = options_of(harvest) - options_of(bare) - actions

    assert options == set(KEYS) | set(limited)
    assert set(given_limits(dict(limited))) == {item.name for item in fields(Limits)}
    code = {key: name for name, key in recipes.KEYS.items()}
    told = {code.get(item.name, item.name) for item in fields(Recipe)} | {"limits"}
    assert set(KEYS.values()) == told - TABLES_ALONE


# the file


def uncommented(text: str) -> str:
    """The file with every key that is shown as a comment switched on."""
    return re.sub(r"(?m)^# (\w+ = )", r"\1", text)


def test_a_template_tells_every_key_there_is() -> None:
    table = tomllib.loads(uncommented(commented(Recipe(("x",)), {}, name="x.toml")))

    assert set(table) == recipes.table_of(Recipe(())).keys() | {"limits"}
    assert set(table["gates"]) == {gate.name for gate in GATES} - {
        *("minors", "real_people", "do_not_post", "forgotten", "rating", "decodable")
    }
    for key, (kind, _) in TABLES.items():
        assert set(table[key]) == {item.name for item in fields(kind)}


def test_the_defaults_it_shows_are_the_defaults() -> None:
    text = uncommented(commented(Recipe(("x",)), {}, name="x.toml"))
    plain = Recipe(("x",))

    found = recipes.parse(tomllib.loads(text))

    assert (found.mix, found.caps, found.export, found.ratings, found.relax) == (
        *(plain.mix, plain.caps, plain.export, plain.ratings, plain.relax),
    )


@settings(deadline=None)
@given(
    tag=st.lists(st.sampled_from(["a", 'b"c', "d\\e", "é #"]), min_size=1, max_size=2),
    kind=st.sampled_from(sorted(KINDS)),
    target=st.integers(1, 1000),
    relax=st.booleans(),
    rating=st.lists(st.sampled_from([r.value for r in Rating]), max_size=3),
    mix=st.sampled_from(sorted(MIXES)),
    gates=st.sampled_from(
        [{}, {"short_side": 900}, {"still": False, "pixels": {"at_least": 5, "at_most": 9}}]
    ),
)
def test_whatever_is_written_is_read_as_it_was(
    tag: list[str],
    kind: str,
    target: int,
    relax: bool,
    rating: list[str],
    mix: str,
    gates: dict[str, object],
) -> None:
    table = {"tag": tag, "kind": kind, "target": target, "relax": relax, "rating": rating}
    whole = recipes.table_of(recipes.parse({**table, "gates": gates}))
    recipe = recipes.parse(
        {**whole, "mix": recipes.table_of(Recipe((), mix=recipes.MIXES[mix]))["mix"]}
    )

    text = commented(recipe, {"max_minutes": 5}, name="x.toml")

    assert recipes.parse(tomllib.loads(text)) == recipe
    assert tomllib.loads(text)["limits"] == {"max_minutes": 5}


def test_every_mix_by_name_is_told_and_none_else() -> None:
    assert set(MIXES) == set(recipes.MIXES)
    assert recipes.MIXES["balanced"] == Mix()
    assert (Caps(), Export()) == (Recipe(()).caps, Recipe(()).export)


# in a pipe


def test_options_answer_for_a_person(place: Place) -> None:
    more = [
        "--target",
        "9",
        "--mix",
        "faces",
        "--relax",
        "--max-bytes",
        "1G",
        "--rating",
        "general",
    ]

    done = init(place, "--tag", "Hakurei Reimu", *more)

    assert done.code == 0
    assert "run hakurei_reimu.toml" in done.out
    found = recipes.load(Path("hakurei_reimu.toml"))
    assert (found.subject, found.target, found.relax) == (SUBJECT, 9, True)
    assert found.mix == recipes.MIXES["faces"]
    assert found.ratings == (Rating.GENERAL,)
    assert tomllib.loads(Path("hakurei_reimu.toml").read_text())["limits"] == {"max_bytes": "1G"}


def test_what_is_missing_is_said(place: Place) -> None:
    done = init(place, "--target", "9")

    assert (done.code, done.out) == (2, "")
    assert "--tag is missing" in done.err
    assert list(Path().glob("*.toml")) == []


def test_a_file_that_is_there_is_left_alone_without_force(place: Place) -> None:
    path = Path("mine.toml")
    path.write_text("mine")

    refused = init(place, "mine.toml", "--tag", "x")

    assert (refused.code, path.read_text()) == (2, "mine")
    assert "--force" in refused.err
    assert init(place, "mine.toml", "--tag", "x", "--force").code == 0
    assert recipes.load(path).tag == ("x",)


def test_a_name_that_leads_elsewhere_does_not(place: Place) -> None:
    done = init(place, "--tag", "../../etc/x", "--json")

    assert Path(done.json["recipe"]).parent == Path()


@pytest.mark.parametrize(
    "wrong",
    [["--tag", "loli"], ["--tag", "x", "--target", "0"], ["--tag", "x", "--max-bytes", "x"]],
)
def test_what_run_would_refuse_is_refused_here(wrong: list[str], place: Place) -> None:
    assert init(place, *wrong).code == 4
    assert list(Path().glob("*.toml")) == []


# on a terminal


def asked(place: Place, answers: str, *more: str) -> tuple[int, str]:
    place.configure()
    command = [HARVEST, "--library", str(place.folder), "init", "mine.toml", *more]
    shown = on_terminal(
        command, type_when=lambda text: answers.encode() if text.endswith(":") else None
    )
    return shown.code, shown.text


def test_questions_are_asked_and_their_answers_written(place: Place) -> None:
    code, text = asked(place, "hakurei_reimu\rcharacter\r12\rdanboru\rdanbooru\rfigures\r")

    assert code == 0, text
    assert "did you mean 'danbooru'" in text
    found = recipes.load(Path("mine.toml"))
    assert (found.tag, found.target, found.sites) == ((SUBJECT,), 12, ("danbooru",))
    assert found.mix == recipes.MIXES["figures"]


def test_enter_alone_takes_what_is_offered(place: Place) -> None:
    code, text = asked(place, "touhou\rstyle\r\r\r")

    assert code == 0, text
    found = recipes.load(Path("mine.toml"))
    assert (found.kind, found.target, found.sites) == ("style", 100, ("danbooru",))


def test_what_options_said_is_not_asked(place: Place) -> None:
    given = ["--tag", "x", "--kind", "other", "--target", "5", "--site", "danbooru"]

    code, text = asked(place, "", *given)

    assert code == 0, text
    assert "Whom" not in text
    assert "How many" not in text
