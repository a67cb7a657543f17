"""No sexualised minors: whatever else is known or set, and before every byte."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester import gates, vocabulary
from harvester.errors import RecipeError
from harvester.model import Facts, Media, Rating, Verdict, Word

COMMON = vocabulary.standard().table("common").entries
FORBIDDEN = [tag for tag in COMMON["sets", "minors"] if "*" not in tag]
FORBIDDEN += COMMON["words", "minors"]
AGE = [tag for tag in COMMON["sets", "age"] if "*" not in tag]
NUDITY = [tag for tag in COMMON["sets", "nudity"] if "*" not in tag]

harmless = st.lists(st.sampled_from(["1girl", "solo", "smile", "full_body", "official_art"]))
categories = st.sampled_from(
    ["general", "artist", "character", "copyright", "meta", "species", "unknown", "?"]
)
ratings = st.sampled_from([None, *Rating])
families = st.sampled_from(["danbooru", "e621", "philomena", "mediawiki", "never heard of"])
others = st.builds(
    Facts,
    width=st.none() | st.integers(1, 10_000),
    height=st.none() | st.integers(1, 10_000),
    media=st.sampled_from([None, *Media]),
    rating=ratings,
    score=st.none() | st.integers(),
    decodable=st.sampled_from([None, True, False]),
)


@st.composite
def spelled(draw: st.DrawFn, tags: list[str]) -> str:
    """A tag in any case, with any blanks in place of its own and around it."""
    tag = draw(st.sampled_from(tags))
    gap = draw(st.sampled_from(["_", " ", "  ", "-", "__"]))
    case = draw(st.sampled_from([str.lower, str.upper, str.title, str.swapcase]))
    around = draw(st.sampled_from(["", " ", "_"]))
    return around + case(tag).replace("_", gap) + around


def tagged(facts: Facts, *tags: str, category: str = "general") -> Facts:
    return replace(facts, tags={category: tags})


@given(others, spelled(FORBIDDEN), categories, harmless)
def test_a_forbidden_tag_rejects_whatever_else_is_known(
    facts: Facts, tag: str, category: str, more: list[str]
) -> None:
    assert gates.clear(tagged(facts, *more, tag, category=category)).verdict is Verdict.REJECT


@given(others, spelled(FORBIDDEN), families, st.sampled_from(list(gates.KINDS)))
def test_no_kind_no_family_and_no_setting_lets_a_forbidden_tag_through(
    facts: Facts, tag: str, family: str, kind: str
) -> None:
    off = {gate.name: False for gate in gates.GATES if gate.name not in gates.ALWAYS}
    built = gates.build(off, kind=kind, ratings=frozenset(Rating))
    rulings = gates.judge(built, vocabulary.read(tagged(facts, tag), family=family))
    decided = gates.deciding(rulings)

    assert decided is not None
    assert decided.gate == "minors"


@given(others, st.sampled_from(FORBIDDEN), families)
def test_a_forbidden_word_in_a_text_rejects_as_a_tag_does(
    facts: Facts, word: str, family: str
) -> None:
    told = [Word("filename", f"Reimu {word} 01.png")]

    assert gates.clear(vocabulary.read(facts, family=family, words=told)).verdict is Verdict.REJECT


@given(others, spelled(AGE), harmless)
def test_young_age_passes_only_when_rated_general(facts: Facts, tag: str, more: list[str]) -> None:
    expected = Verdict.PASS if facts.rating is Rating.GENERAL else Verdict.REJECT

    assert gates.clear(tagged(facts, tag, *more)).verdict is expected


@pytest.mark.parametrize("family", ["gelbooru02", "gelbooru01", "moebooru", "e621", "szurubooru"])
def test_the_mildest_of_three_ratings_does_not_say_general(family: str) -> None:
    facts = tagged(Facts(rating=Rating.GENERAL), "child")

    assert gates.clear(vocabulary.read(facts, family=family)).verdict is Verdict.REJECT


@pytest.mark.parametrize("family", ["danbooru", "gelbooru025", "philomena", "twibooru"])
def test_the_mildest_of_four_ratings_says_general(family: str) -> None:
    facts = tagged(Facts(rating=Rating.GENERAL), "child")

    assert gates.clear(vocabulary.read(facts, family=family)).verdict is Verdict.PASS


@given(spelled(AGE), spelled(NUDITY))
def test_young_age_with_nudity_is_rejected_even_when_rated_general(age: str, nudity: str) -> None:
    facts = tagged(Facts(rating=Rating.GENERAL), age, nudity)

    assert gates.clear(facts).verdict is Verdict.REJECT


@pytest.mark.parametrize("tag", ["naked_towel", "school_swimsuit", "white_panties", "implied_sex"])
def test_forms_of_nudity_count_as_nudity(tag: str) -> None:
    assert gates.clear(tagged(Facts(rating=Rating.GENERAL), "child", tag)).verdict is Verdict.REJECT


@pytest.mark.parametrize("tag", ["implied_loli", "loli_(style)", "onee-shota", "loli/shota"])
def test_forms_of_forbidden_words_are_forbidden(tag: str) -> None:
    assert gates.clear(tagged(Facts(rating=Rating.GENERAL), tag)).verdict is Verdict.REJECT


@given(others)
def test_without_tags_nothing_can_be_said(facts: Facts) -> None:
    assert gates.clear(facts).verdict is Verdict.UNKNOWN


@given(others, harmless)
def test_other_tags_pass(facts: Facts, tags: list[str]) -> None:
    assert gates.clear(tagged(facts, *tags, "gothic_lolita", "chibi")).verdict is Verdict.PASS


@pytest.mark.parametrize("name", sorted(gates.ALWAYS - {"rating"}))
def test_what_keeps_people_safe_cannot_be_switched_off(name: str) -> None:
    with pytest.raises(RecipeError, match="cannot be switched off"):
        gates.build({name: False})


def test_the_ruling_repeats_no_forbidden_word() -> None:
    ruling = gates.clear(tagged(Facts(), "oppai_loli"))

    assert "loli" not in ruling.reason
    assert ruling.value is None
