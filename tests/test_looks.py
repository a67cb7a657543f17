"""How a character usually looks: learned once by a harvest, kept on the card, obeyed when it is corrected."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harvester.card import Card, load
from harvester.cli.shapes import SHAPES, misfits
from harvester.demo import Sandbox, truth
from harvester.profile import Profile
from tests.harness import SUBJECT, Place, sandbox


@pytest.fixture(scope="module")
def site(drawings: Path) -> Iterator[Sandbox]:
    with sandbox(drawings, posts=500) as started:
        yield started


@pytest.fixture(scope="module")
def whole(site: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A harvest that has looked at all posts there are."""
    place = Place(tmp_path_factory.mktemp("whole") / "library", {"place": site})
    done = place.collect("--pool", "0")
    assert done.code == 0, done.err
    return place


def card_of(place: Place) -> Card:
    card = load(place.folder / "cards" / "character" / f"{SUBJECT}.toml")
    assert card is not None
    return card


def looks(place: Place) -> Profile:
    found = card_of(place).profile
    assert found is not None
    return found


def unlike(place: Place) -> set[str]:
    return {key for key, told in place.states().items() if "unlike the usual looks" in told[3]}


def test_an_outfit_that_nobody_tagged_as_another_is_recognised(whole: Place, site: Sandbox) -> None:
    found = {int(key.partition(":")[2]) for key in unlike(whole)}

    assert found
    assert all(truth(site.world, post).costume for post in found), "nobody in her own clothes"


def test_the_looks_are_kept_on_the_card_and_shown(whole: Place) -> None:
    told = whole.inside("tags", "--profile", SUBJECT, "--json").json
    text = whole.inside("tags", "--profile", SUBJECT).out

    assert misfits(told, SHAPES["tags --profile"]) == []
    assert looks(whole).tags["brown_hair"] == 1.0
    assert {row["tag"]: row["share"] for row in told["tags"]} == looks(whole).tags
    assert "red_skirt" in told["outfits"][0]["tags"]
    assert "  100%  brown_hair" in text
    assert str(looks(whole).posts) in text


def test_looks_that_are_known_are_not_learned_again(whole: Place, tmp_path: Path) -> None:
    place = whole.copied(tmp_path / "library")
    before = card_of(place)
    place.collect("--pool", "0", target=8)

    assert card_of(place) == before


def test_a_corrected_card_is_obeyed_by_the_next_run(whole: Place, tmp_path: Path) -> None:
    place = whole.copied(tmp_path / "library")
    path = place.folder / "cards" / "character" / f"{SUBJECT}.toml"
    before = unlike(place)
    text = path.read_text("utf-8").replace(
        "[profile.tags]\n", "[profile.tags]\nschool_uniform = 0.9\n"
    )
    path.write_text(text, "utf-8")
    place.collect("--pool", "0")
    left = unlike(place)

    assert left < before
    tagged = {
        post.id for post in place.sites["place"].world.posts if "school_uniform" in post.words
    }
    assert not {int(key.partition(":")[2]) for key in left} & tagged


def test_a_run_that_is_killed_after_learning_comes_to_the_same_selection(
    site: Sandbox, whole: Place, tmp_path: Path
) -> None:
    place = Place(tmp_path / "library", {"place": site})
    kill = (
        "import os; from harvester.stages import profiling;"
        "profiling.know = lambda shop: os._exit(9) if profiling.gating.profile("
        "shop.catalog.path.parent, shop.recipe) else False;"
        "from harvester.stages import rounds; rounds.know = profiling.know;"
        "from harvester.cli import main; main()"
    )
    killed = place.collect("--pool", "0", by=(sys.executable, "-c", kill))
    assert killed.code == 9, killed.err
    assert looks(place) == looks(whole), "the card was written before"
    place.collect("--pool", "0")

    assert unlike(place) == unlike(whole)
    assert place.selection() == whole.selection()


def test_a_named_outfit_takes_only_pictures_of_it(whole: Place, tmp_path: Path) -> None:
    place = whole.copied(tmp_path / "library")
    recipe = tmp_path / "reimu.toml"
    recipe.write_text(
        f'tag = "{SUBJECT}"\ntarget = 4\npool = 0\nsites = ["place"]\n[gates]\noutfit = "red_skirt"\n'
    )
    done = place.inside("run", str(recipe), "-q")
    posts = {post.id: post for post in place.sites["place"].world.posts}

    assert done.code == 0, done.err
    for key, _ in place.selection():
        assert posts[int(key.partition(":")[2])].truth.costume == ""


def test_an_outfit_that_nobody_draws_is_told_with_those_there_are(
    whole: Place, tmp_path: Path
) -> None:
    place = whole.copied(tmp_path / "library")
    recipe = tmp_path / "reimu.toml"
    recipe.write_text(f'tag = "{SUBJECT}"\nsites = ["place"]\n[gates]\noutfit = "spacesuit"\n')
    done = place.inside("run", str(recipe))

    assert done.code == 4
    assert (
        "nobody draws 'spacesuit'; there are: canonical, official, any, detached_sleeves"
        in done.err
    )


def test_of_a_subject_that_is_not_known_no_looks_are_shown(whole: Place) -> None:
    done = whole.inside("tags", "--profile", "nobody")

    assert done.code == 2
    assert "there is no card of it" in done.err


def test_tags_of_a_selection_are_counted(whole: Place) -> None:
    told = whole.inside("tags", "--set", "1", "--json").json["tags"]
    counts = {(row["category"], row["tag"]): row["pictures"] for row in told}

    assert counts["character", SUBJECT] == 6
    assert counts["copyright", "touhou"] == 6


def test_tags_are_looked_up_at_sites(whole: Place) -> None:
    told = whole.inside("tags", "hakurei", "--site", "place", "--json").json

    assert {"site": "place", "tag": SUBJECT, "category": "character"}.items() <= told["tags"][
        0
    ].items()
    assert told["trouble"] == {}


@pytest.mark.parametrize("words", [[], ["reimu", "--set", "1"]])
def test_exactly_one_thing_is_looked_up(words: list[str], whole: Place) -> None:
    done = whole.inside("tags", *words)

    assert done.code == 2
    assert "say one of them" in done.err
