"""A short run says what stands in the way and what a looser setting would bring; other settings can be tried."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester import recipe as recipes
from harvester.catalog import harvests, members
from harvester.catalog.core import Catalog
from harvester.config import Config
from harvester.demo import Sandbox
from harvester.errors import RecipeError
from harvester.gates.outfit import Outfit
from harvester.gates.people import Alone
from harvester.gates.rating import Rated
from harvester.gates.size import Aspect, Bytes, Pixels, ShortSide
from harvester.model import Facts, People, Rating, State, Verdict
from harvester.ports import Gate
from harvester.stages import shortfall
from harvester.stages.hints import Hint, kept, losses, unfilled
from harvester.stages.libraries import library as opened
from harvester.stages.opening import Ask, shop
from harvester.stages.rounds import rejudge
from harvester.stages.shortfall import hint, looser
from harvester.stages.trying import changed, tried
from tests.harness import SUBJECT, Place, sandbox

sides = st.integers(min_value=1, max_value=3000)
sizes = st.builds(Facts, width=sides, height=sides, bytes=st.integers(0, 10**7))
thresholds = st.one_of(
    st.builds(ShortSide, st.integers(1, 2000)),
    st.builds(Pixels, st.integers(1, 3_000_000)),
    st.builds(Bytes, st.integers(0, 500_000)),
    st.builds(Aspect, st.floats(1, 6)),
)


def short(*values: int) -> list[Facts]:
    return [Facts(width=value, height=2000) for value in values]


# which setting is looser


@given(thresholds, st.lists(sizes, max_size=20))
def test_a_looser_setting_rejects_nothing_that_a_stricter_one_lets_through(
    gate: Gate, known: list[Facts]
) -> None:
    left = [facts for facts in known if gate.judge(facts).verdict is Verdict.REJECT]
    for step in looser(gate):
        still = [facts for facts in known if step.gate.judge(facts).verdict is Verdict.REJECT]

        assert set(map(id, still)) <= set(map(id, left))
        left = still


@pytest.mark.parametrize(
    ("gate", "setting"),
    [
        (ShortSide(720), "short_side=640"),
        (Pixels(518_400), "pixels.at_least=409600"),
        (Bytes(10_000), "bytes.at_least=5000"),
        (Aspect(3.0), "aspect=3.5"),
        (Outfit("canonical"), "outfit=official"),
        (Alone(("alone",)), "people=alone,focus"),
        (Rated((Rating.GENERAL,)), "rating=general,sensitive"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_setting_that_is_offered_can_be_tried_as_it_is_written(
    gate: Gate, setting: str
) -> None:
    step = next(looser(gate))

    assert step.setting == setting
    assert changed(recipes.parse({"tag": "a"}), [setting])


def test_nobody_is_talked_into_more_than_the_next_rating() -> None:
    assert [one.setting for one in looser(Rated((Rating.GENERAL,)))] == ["rating=general,sensitive"]


def test_what_is_loosest_already_has_no_looser_setting() -> None:
    assert not [*looser(Outfit("any")), *looser(ShortSide(300)), *looser(Rated(tuple(Rating)))]


# the hint


@pytest.mark.parametrize(
    ("missing", "setting", "more"),
    [(1, "short_side=640", 2), (2, "short_side=640", 2), (3, "short_side=576", 3)],
)
def test_the_first_setting_that_brings_enough_is_told(
    missing: int, setting: str, more: int
) -> None:
    told = hint(ShortSide(720), short(700, 650, 600, 520), missing=missing)

    assert told is not None
    assert (told.setting, told.more) == (setting, more)


def test_when_none_brings_enough_the_first_that_brings_the_most_is_told() -> None:
    told = hint(ShortSide(720), short(700, 600, 100), missing=50)

    assert told is not None
    assert (told.setting, told.more) == ("short_side=576", 2)


def test_a_setting_that_brings_nothing_is_not_told() -> None:
    assert hint(ShortSide(720), short(100, 200), missing=5) is None


def test_company_is_let_in_step_by_step() -> None:
    told = hint(Alone(("alone",)), [Facts(people=People.SEVERAL)], missing=1)

    assert told is not None
    assert told.setting == "people=alone,focus,several"


def test_the_sentence_names_gates_with_what_they_would_give() -> None:
    hints = [Hint("short_side", "short_side=640", "at 640", 31)]

    told = losses([("people", 300), ("short_side", 212)], hints)

    assert told == [
        "300 rejected by people",
        "212 rejected by short_side, at 640 there would be 31 more",
    ]


def test_a_hint_that_looked_at_the_newest_only_says_at_least() -> None:
    assert Hint("aspect", "aspect=4", "at 4", 7, partly=True).sentence == (
        "at 4 there would be at least 7 more"
    )


def test_framings_that_lack_pictures_are_told_with_what_was_wished() -> None:
    assert unfilled({"full_body": 8, "portrait": 9}, {"full_body": 12, "portrait": 9}) == [
        "full body 8 of 12"
    ]


# a harvest that came out short


@pytest.fixture(scope="module")
def site(drawings: Path) -> Iterator[Sandbox]:
    with sandbox(drawings, posts=150) as found:
        yield found


@pytest.fixture(scope="module")
def harvested(site: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A library whose harvest asked for more than there is; never changed by a test."""
    place = Place(tmp_path_factory.mktemp("short") / "library", {"danbooru": site})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARVEST_STATE", str(place.folder.parent / "state"))
        done = place.collect(target=90)
    assert done.code == 3, done.err
    return place


def told_by(place: Place, *words: str) -> Any:
    return place.inside("--json", *words).json


def trial(place: Place, *settings: str) -> Any:
    return told_by(place, "gates", *(f"--try={setting}" for setting in settings))


def test_a_short_run_says_what_is_missing_and_what_would_help(harvested: Place) -> None:
    [found] = told_by(harvested, "status")

    assert "full body" in found["summary"]
    assert "rejected by people, with several there would be" in found["summary"]
    assert found["hints"]


def test_every_hint_is_what_trying_its_setting_comes_to(harvested: Place) -> None:
    [found] = told_by(harvested, "status")

    for told in found["hints"]:
        other = trial(harvested, told["setting"])
        assert other["then"]["passing"] - other["now"]["passing"] == told["more"], told


def test_while_a_run_is_under_way_no_old_hint_is_told(harvested: Place, tmp_path: Path) -> None:
    place = harvested.copied(tmp_path / "library")
    with opened(place.folder) as catalog:
        [found] = harvests.every(catalog)
        harvests.end(catalog, found.id, None, None)

        assert kept(catalog, found) == ()


def test_a_harvest_that_met_its_target_has_no_hints(harvested: Place, tmp_path: Path) -> None:
    place = harvested.copied(tmp_path / "library")
    with opened(place.folder) as catalog:
        [found] = harvests.every(catalog)
        recipe = harvests.recipe_of(catalog, found)

        assert shortfall.keep(catalog, found, recipe, missing=0) == ()
        assert kept(catalog, found) == ()


# trying settings


def accepted_and_rejected(catalog: Catalog, harvest: int) -> tuple[int, dict[str, int]]:
    counts = members.counts(catalog, harvest)
    by_gate = {g: n for s, g, n in members.deciding(catalog, harvest) if s is State.REJECTED}
    return counts.get(State.ACCEPTED, 0), by_gate


@pytest.mark.parametrize(
    "settings",
    [
        ("short_side=900",),
        ("short_side=640",),
        ("people=alone",),
        ("people=alone,focus,several", "outfit=any"),
        ("layout=false", "rating=general"),
        ("pixels.at_least=1000000", "aspect=1.5"),
    ],
    ids=" ".join,
)
def test_what_trying_foretells_is_what_judging_by_it_comes_to(
    harvested: Place, tmp_path: Path, settings: tuple[str, ...]
) -> None:
    place = harvested.copied(tmp_path / "library")
    tables = {name: {"family": "danbooru", "url": one.url} for name, one in place.sites.items()}
    with opened(place.folder) as catalog:
        [found] = harvests.every(catalog)
        recipe = harvests.recipe_of(catalog, found)
        other = changed(recipe, settings)
        foretold = tried(catalog, found, recipe, other)

    with shop(Ask(other, place.folder, Config(sites=tables)), tell=lambda _: None) as (ready, _):
        rejudge(ready)
        came = accepted_and_rejected(ready.catalog, ready.harvest.id)

    assert (foretold.then.accepted, foretold.then.rejected) == came


def test_trying_changes_nothing(harvested: Place) -> None:
    before = harvested.rows("select * from members order by 1, 2")

    trial(harvested, "short_side=2000")

    assert harvested.rows("select * from members order by 1, 2") == before
    assert harvested.rows("select count(*) from revisions") == [(1,)]


def test_the_same_settings_change_no_number(harvested: Place) -> None:
    found = trial(harvested, "short_side=720")

    assert found["now"] == found["then"]
    assert found["fetch"] == 0


def test_a_trial_is_shown_as_a_table(harvested: Place) -> None:
    text = harvested.inside("gates", "--try", "short_side=900").out

    assert "nothing is changed" in text
    assert "rejected by short_side" in text


@pytest.mark.parametrize(
    "words",
    [
        ["--try", "shrt_side=3"],
        ["--try", "short_side"],
        ["--try", "rating=rude"],
        ["--try", "minors=false"],
    ],
    ids=lambda words: str(words[1]),
)
def test_a_setting_that_makes_no_sense_is_refused(harvested: Place, words: list[str]) -> None:
    assert harvested.inside("gates", *words).code == 4


def test_a_harvest_is_named_only_with_a_trial(harvested: Place) -> None:
    assert harvested.inside("gates", "--set", SUBJECT).code == 2


def test_one_key_of_a_gate_leaves_its_others_as_they_are() -> None:
    recipe = replace(recipes.parse({"tag": "a"}), gates={"pixels": {"at_most": 9_000_000}})

    assert changed(recipe, ["pixels.at_least=100"]).gates == {
        "pixels": {"at_most": 9_000_000, "at_least": 100}
    }


def test_a_gate_that_had_one_value_keeps_it_as_its_first_key() -> None:
    recipe = replace(recipes.parse({"tag": "a"}), gates={"pixels": 300})

    assert changed(recipe, ["pixels.at_most=500"]).gates == {
        "pixels": {"at_least": 300, "at_most": 500}
    }


def test_a_setting_without_a_value_is_told_how_to_write() -> None:
    with pytest.raises(RecipeError, match="short_side=640"):
        changed(recipes.parse({"tag": "a"}), ["short_side="])
