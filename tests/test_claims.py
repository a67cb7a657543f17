"""Several sites claim things of one picture: one rule for each fact says what counts, and no contradiction is lost."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester import gates, vocabulary
from harvester.claims import RULES, Conflict, conflicts, merged
from harvester.model import Facts, Framing, People, Rating, Verdict, Word

CLOSE, PORTRAIT, FULL = Framing.CLOSE_UP, Framing.PORTRAIT, Framing.FULL_BODY


def booru(*tags: str, family: str = "danbooru", **known: Any) -> Facts:
    return vocabulary.read(Facts(tags={"general": tags}, **known), family=family)


def wiki(*words: tuple[str, str], **known: Any) -> Facts:
    told = [Word(role, text) for role, text in words]
    return vocabulary.read(Facts(**known), family="mediawiki", words=told)


@pytest.mark.parametrize(
    ("told", "fact", "counts"),
    [
        ([Facts(rating=Rating.GENERAL), Facts(rating=Rating.EXPLICIT)], "rating", Rating.EXPLICIT),
        ([Facts(), Facts(rating=Rating.GENERAL)], "rating", Rating.GENERAL),
        ([booru("portrait"), booru("full_body")], "framing", FULL),
        ([booru("portrait"), wiki(("tab", "Full body"))], "framing", PORTRAIT),
        ([wiki(("tab", "Full body")), wiki(("tab", "Close-up"))], "framing", FULL),
        ([booru("solo"), wiki(("tab", "Close-up"))], "framing", CLOSE),
        ([booru("solo"), booru("2girls")], "people", People.SEVERAL),
        ([booru("solo"), booru("solo_focus", "2girls")], "people", People.FOCUS),
        ([booru("2girls"), booru("solo_focus")], "people", People.FOCUS),
        ([booru("no_humans"), booru("solo")], "people", People.ALONE),
        ([booru("smile"), booru("solo")], "people", People.ALONE),
        ([wiki(("tab", "Swimsuit")), wiki(("tab", "swimsuit"))], "outfit", "Swimsuit"),
        ([wiki(("tab", "Swimsuit")), wiki(("tab", "Kimono"))], "outfit", None),
        ([booru("solo"), wiki(("tab", "Kimono"))], "outfit", "Kimono"),
    ],
)
def test_one_rule_says_which_of_several_claims_counts(
    told: list[Facts], fact: str, counts: object
) -> None:
    assert [getattr(merged(order), fact) for order in ([*told], told[::-1])] == [counts, counts]


@pytest.mark.parametrize(
    ("told", "marks"),
    [
        ([booru("official_art"), wiki(("heading", "Fan art"))], {"official"}),
        ([booru("fanart"), wiki(("heading", "Official art"))], {"fan"}),
        ([wiki(("heading", "Fan art")), wiki(("heading", "Official art"))], {"fan", "said"}),
        ([booru("smile"), wiki(("heading", "Official art"))], {"official", "said"}),
        ([booru("comic"), booru("solo")], {"layout"}),
        ([Facts(), booru("comic")], {"layout"}),
    ],
)
def test_marks_are_united_and_officialness_is_settled(told: list[Facts], marks: set[str]) -> None:
    for order in permutations(told):
        assert {*(merged(order).marks or {})} == marks


def test_nothing_is_known_where_nobody_tells() -> None:
    assert merged([Facts(), Facts()]) == Facts()


def test_what_no_rule_speaks_of_is_taken_from_the_first_that_knows_it() -> None:
    told = [Facts(score=3), Facts(score=7, uses=2, width=10), Facts(status=frozenset({"banned"}))]

    assert merged(told) == Facts(score=3, uses=2, width=10, status=frozenset({"banned"}))


def test_a_tag_is_kept_under_every_kind_that_a_site_gives_it_and_unknown_is_none() -> None:
    told = [
        Facts(tags={"general": ("reimu", "smile"), "unknown": ("bow", "hat")}),
        Facts(tags={"character": ("reimu",), "general": ("bow",)}),
    ]

    assert merged(told).tags == {
        "character": ("reimu",),
        "general": ("bow", "reimu", "smile"),
        "unknown": ("hat",),
    }


def test_where_sites_differ_it_is_told_with_what_counts_and_why() -> None:
    told = {
        "a:1": booru("portrait", "solo", rating=Rating.GENERAL),
        "b:2": booru("full_body", "2girls", rating=Rating.SENSITIVE),
        "c:3": wiki(("tab", "Full body"), ("heading", "Fan art"), rating=Rating.GENERAL),
        "d:4": booru("official_art"),
    }

    assert conflicts(told) == (
        Conflict(
            "rating",
            {"a:1": "general", "b:2": "sensitive", "c:3": "general"},
            "sensitive",
            "the strictest counts",
        ),
        Conflict(
            "framing",
            {"a:1": "portrait", "b:2": "full_body", "c:3": "full_body"},
            "full_body",
            "tags count before words, then the widest",
        ),
        Conflict(
            "people",
            {"a:1": "alone", "b:2": "several"},
            "several",
            "the more people count, or that one is in focus",
        ),
        Conflict(
            "officialness",
            {"c:3": "fan", "d:4": "official"},
            "official",
            "tags count before words, then the fan-made",
        ),
    )


def test_a_tag_that_two_sites_hold_to_be_of_different_kinds_is_a_conflict() -> None:
    told = {
        "a:1": Facts(tags={"general": ("Hakurei Reimu", "bow")}),
        "b:2": Facts(tags={"character": ("hakurei_reimu",), "general": ("bow",)}),
        "c:3": Facts(tags={"unknown": ("hakurei_reimu", "bow")}),
    }

    assert conflicts(told) == (
        Conflict(
            "kind of hakurei_reimu",
            {"a:1": "general", "b:2": "character"},
            "character, general",
            "each kind is kept",
        ),
    )


def test_sites_that_agree_or_say_nothing_have_no_conflict() -> None:
    assert (
        conflicts({"a:1": booru("solo", "portrait"), "b:2": booru("portrait"), "c:3": Facts()})
        == ()
    )
    assert conflicts({"a:1": booru("solo", "portrait")}) == ()


def test_every_fact_that_is_an_opinion_has_its_rule() -> None:
    assert {*RULES} == {"rating", "framing", "people", "outfit"}


told_by_sites = st.lists(
    st.builds(
        booru,
        *[st.sampled_from(["portrait", "full_body", "solo", "2girls", "official_art", "comic"])]
        * 2,
        rating=st.sampled_from([None, *Rating]),
    )
    | st.builds(
        wiki,
        st.tuples(
            st.sampled_from(["tab", "heading"]),
            st.sampled_from(["Bust", "Fan art", "Official art", "Swimsuit"]),
        ),
    ),
    min_size=1,
    max_size=4,
)


@given(told_by_sites, st.randoms())
def test_what_counts_does_not_depend_on_which_site_is_asked_first(
    told: list[Facts], chance: Any
) -> None:
    shuffled = list(told)
    chance.shuffle(shuffled)

    assert merged(shuffled) == merged(told)


@given(told_by_sites)
def test_claims_may_be_laid_together_one_by_one(told: list[Facts]) -> None:
    step_by_step = told[0]
    for one in told[1:]:
        step_by_step = merged([step_by_step, one])

    assert (step_by_step.framing, step_by_step.people, step_by_step.rating) == (
        merged(told).framing,
        merged(told).people,
        merged(told).rating,
    )


@given(told_by_sites, st.sampled_from(["loli", "shotacon"]))
def test_no_other_site_makes_a_forbidden_picture_pass(told: list[Facts], tag: str) -> None:
    every = merged([*told, booru(tag, rating=Rating.GENERAL)])

    assert gates.clear(every).verdict is Verdict.REJECT
