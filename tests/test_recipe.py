"""A recipe is read once and typed; every complaint names file, key and remedy."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester import recipe
from harvester.catalog import codec
from harvester.errors import Exit, QueryRefused, RecipeError
from harvester.model import Framing, Rating
from harvester.recipe import FRAMINGS, KINDS, Caps, Export, Mix, Recipe

REIMU = {"tag": "hakurei_reimu"}


def parsed(**keys: Any) -> Recipe:
    return recipe.parse({**REIMU, **keys})


def complaint(**keys: Any) -> str:
    with pytest.raises(RecipeError) as caught:
        recipe.parse({**REIMU, **keys}, where="reimu.toml")
    return str(caught.value)


# ---- what may be left out -----------------------------------------------------------------


def test_a_tag_is_all_a_recipe_needs() -> None:
    assert parsed() == Recipe(("hakurei_reimu",))


@pytest.mark.parametrize(("kind", "target"), [("character", 50), ("style", 100), ("other", 50)])
def test_a_kind_brings_its_target(kind: str, target: int) -> None:
    assert parsed(kind=kind).target == target


def test_a_target_of_the_users_own_wins_over_the_kinds() -> None:
    assert parsed(kind="style", target=7).target == 7


def test_the_defaults_are_those_of_the_dataclasses() -> None:
    found = parsed()

    assert (found.mix, found.caps, found.export) == (Mix(), Caps(), Export())
    assert found.ratings == (Rating.GENERAL, Rating.SENSITIVE)


def test_the_shares_of_the_default_mix_add_up_to_one() -> None:
    assert sum(Mix().share(framing) for framing in FRAMINGS) == pytest.approx(1)


def test_a_framing_that_is_not_one_of_the_five_has_no_share() -> None:
    assert Mix().share(Framing.WIDE) == 0


# ---- what may be said ---------------------------------------------------------------------


def test_one_text_is_a_list_of_one() -> None:
    found = parsed(sites="danbooru", rating="general", **{"with": "solo", "without": "comic"})

    assert (found.sites, found.want, found.avoid) == (("danbooru",), ("solo",), ("comic",))
    assert found.ratings == (Rating.GENERAL,)


def test_ratings_are_in_order_of_strictness_and_single() -> None:
    assert parsed(rating=["sensitive", "general", "sensitive"]).ratings == (
        Rating.GENERAL,
        Rating.SENSITIVE,
    )


@pytest.mark.parametrize("name", ["Hakurei Reimu", " hakurei   reimu ", "HAKUREI_REIMU"])
def test_a_subject_is_one_however_it_is_written(name: str) -> None:
    assert parsed(tag=name).subject == "hakurei_reimu"


def test_the_first_of_several_names_is_the_subjects_own() -> None:
    assert parsed(tag=["hakurei_reimu", "reimu_hakurei"]).subject == "hakurei_reimu"


def test_a_table_of_shares_is_laid_over_the_defaults() -> None:
    found = parsed(mix={"portrait": 0, "strict": True}, caps={"artist": 0.5})

    assert found.mix == Mix(portrait=0.0, strict=True)
    assert found.caps == Caps(artist=0.5)


def test_a_recipe_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "reimu.toml"
    path.write_text('tag = "hakurei_reimu"\ntarget = 9\n[gates]\nshort_side = 900\n', "utf-8")

    assert recipe.load(path) == Recipe(("hakurei_reimu",), target=9, gates={"short_side": 900})


@settings(deadline=None)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    target=st.integers(1, 10_000),
    share=st.sampled_from([0, 0.1, 1, 0.25]),
    rating=st.lists(st.sampled_from([rating.value for rating in Rating]), max_size=4),
    shown=st.booleans(),
)
def test_a_stored_recipe_is_the_same_and_no_new_revision(
    kind: str, target: int, share: float, rating: list[str], shown: bool
) -> None:
    mix = dict.fromkeys((framing.value for framing in FRAMINGS), 0) | {"portrait": share}
    gates = {"short_side": 900, "still": True} if shown else {}
    found = parsed(kind=kind, target=target, mix=mix, rating=rating, gates=gates)

    text = codec.dump(found)

    assert codec.load(text, Recipe) == found
    assert codec.dump(codec.load(text, Recipe)) == text


# ---- what is complained about -------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"tagret": 5}, "unknown key 'tagret'; did you mean 'target'?"),
        ({"want": "solo"}, "unknown key 'want'"),
        ({"zzz": 1}, "known: tag, kind, target, sites, weights, with, without"),
        ({"tag": ""}, "key 'tag' is missing"),
        ({"tag": 5}, "tag must be a text or a list of texts, not 5"),
        ({"tag": ["a", 5]}, "tag must be a text or a list of texts"),
        ({"tag": ["a", " "]}, "'' is no tag"),
        ({"tag": "a,b"}, "'a,b' is no tag; write one tag, e.g. hakurei_reimu"),
        ({"with": "~"}, "'~' is no tag"),
        ({"kind": "person"}, "kind = 'person'; it is one of character, style, other"),
        ({"kind": ["character"]}, "kind = ['character']; it is one of"),
        ({"target": 0}, "target = 0; it is a whole number of pictures, from 1"),
        ({"target": -5}, "target = -5"),
        ({"target": True}, "target = True"),
        ({"target": 5.0}, "target = 5.0"),
        ({"target": "50"}, "target = '50'"),
        ({"target": 10**30}, "from 1 to 100000"),
        ({"sites": 5}, "sites must be a text or a list of texts"),
        ({"rating": "safe"}, "rating 'safe'; it is one of general, sensitive, questionable"),
        ({"rating": {}}, "rating must be a text or a list of texts"),
        ({"gates": 5}, "[gates] must be a table, not 5"),
        ({"gates": {"short_sid": 1}}, "[gates] gate: 'short_sid' is not known; did you mean"),
        ({"gates": {"minors": False}}, "[gates] minors cannot be switched off"),
        ({"mix": 5}, "[mix] must be a table, not 5"),
        ({"mix": {"potrait": 1}}, "[mix]: unknown key 'potrait'; did you mean 'portrait'?"),
        ({"mix": {"portrait": 2}}, "mix.portrait = 2; it is a share from 0 to 1"),
        ({"mix": {"portrait": -0.1}}, "mix.portrait = -0.1"),
        ({"mix": {"portrait": float("nan")}}, "mix.portrait = nan"),
        ({"mix": {"portrait": True}}, "mix.portrait = True; it is a share from 0 to 1"),
        ({"mix": {"strict": 1}}, "mix.strict = 1; it is true or false"),
        ({"mix": {"portrait": 1}}, "the shares under [mix] add up to 1.8; at most 1"),
        ({"caps": {"artists": 1}}, "[caps]: unknown key 'artists'; did you mean 'artist'?"),
        ({"caps": {"unknown": "30%"}}, "caps.unknown = '30%'; it is a share from 0 to 1"),
        ({"export": {"fromat": "plain"}}, "[export]: unknown key 'fromat'; did you mean 'format'?"),
        ({"export": {"format": "zip"}}, "format = 'zip'; it is one of plain"),
        ({"export": {"format": 5}}, "format = 5; it is one of plain"),
    ],
)
def test_a_complaint_names_file_key_and_remedy(keys: dict[str, Any], told: str) -> None:
    found = complaint(**keys)

    assert found.startswith("reimu.toml")
    assert told in found


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (b"tag = ", "not valid TOML"),
        (b"\xff\xfe", "cannot be read"),
        (b"", "key 'tag' is missing"),
    ],
)
def test_a_file_that_is_no_recipe_is_named(tmp_path: Path, written: bytes, told: str) -> None:
    path = tmp_path / "reimu.toml"
    path.write_bytes(written)

    with pytest.raises(RecipeError, match=told) as caught:
        recipe.load(path)

    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no such file; give the path of a TOML file"):
        recipe.load(tmp_path / "reimu.toml")


def test_a_folder_is_no_recipe(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="check the path"):
        recipe.load(tmp_path)


@pytest.mark.parametrize("key", ["tag", "with"])
@pytest.mark.parametrize("word", ["loli", "LOLI", "-loli", "l*li", "rating:x loli"])
def test_refused_words_are_never_asked_for(key: str, word: str) -> None:
    with pytest.raises(QueryRefused, match="never asks for it") as caught:
        recipe.parse({**REIMU, key: word})

    assert caught.value.exit_code is Exit.RECIPE


def test_refused_words_may_be_kept_out() -> None:
    assert parsed(without="loli").avoid == ("loli",)


def test_a_word_kept_out_hides_no_refused_one() -> None:
    with pytest.raises(QueryRefused):
        parsed(without="-loli")


@settings(deadline=None)
@given(
    table=st.dictionaries(
        st.sampled_from(
            ["tag", "with", "without", "rating", *(item.name for item in fields(Recipe))]
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(st.sampled_from(["portrait", "format", "x"]), inner, max_size=2)
            ),
            max_leaves=4,
        ),
    )
)
def test_whatever_a_table_holds_is_a_recipe_or_a_complaint(table: dict[str, Any]) -> None:
    try:
        found = recipe.parse(table)
    except RecipeError:
        return

    assert codec.load(codec.dump(found), Recipe) == found
