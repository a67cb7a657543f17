"""How good a picture looks: pure, the same in any order, a site's own score only among its peers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester import card, vocabulary
from harvester.catalog.candidates import Known
from harvester.model import Candidate, Facts, Framing, People
from harvester.profile import Profile
from harvester.recipe import Recipe
from harvester.stages.plan import Stock
from harvester.stages.rank import (
    COARSE,
    CRISP,
    FINE,
    FULL_SIDE,
    MIDDLE,
    SOFT,
    WEIGHTS,
    quality,
    scores,
    usual_looks,
)

PLAIN = Facts(marks={})


def known(number: int, site: str = "booru") -> Known:
    return Known(number, "danbooru", number, Candidate(site, str(number), ""), None)


def ranked(facts: Mapping[int, Facts], **sites: str) -> dict[int, float]:
    """Scores of posts by number; `n7="other"` puts post 7 on another site."""
    return scores({n: known(n, sites.get(f"n{n}", "booru")) for n in facts}, facts, {})


def gained(better: Facts) -> float:
    """What these facts add to the score of a picture that nothing is known of."""
    return ranked({1: better})[1] - ranked({1: PLAIN})[1]


def posted(year: int, score: int) -> Facts:
    return Facts(score=score, created=datetime(year, 6, 1, tzinfo=UTC), marks={})


@pytest.mark.parametrize(
    ("part", "facts"),
    [
        ("official", Facts(marks={"official": ("official_art",)})),
        ("size", Facts(width=FULL_SIDE, height=2 * FULL_SIDE, marks={})),
        ("people", Facts(people=People.ALONE, marks={})),
        ("framing", Facts(framing=Framing.PORTRAIT, marks={})),
    ],
)
def test_each_part_adds_its_weight(part: str, facts: Facts) -> None:
    assert gained(facts) == pytest.approx(WEIGHTS[part])


def test_being_in_focus_counts_half_of_being_alone() -> None:
    assert gained(Facts(people=People.FOCUS, marks={})) == pytest.approx(WEIGHTS["people"] / 2)


def test_a_small_figure_gains_nothing_by_being_tagged_so() -> None:
    assert gained(Facts(framing=Framing.WIDE, marks={})) == 0


@pytest.mark.parametrize(
    ("tags", "share"),
    [
        (("smile",), 1),
        (("watermark",), 1 / 2),
        (("watermark", "sample_watermark", "speech_bubble"), 1 / 4),
        (("signature",), 4 / 5),
        (("signature", "twitter_username", "dated"), 4 / 5),
        (("signature", "english_text", "logo"), 2 / 3),
        (("signature", "watermark"), 4 / 9),
    ],
)
def test_a_mark_makes_a_picture_less_clean_and_a_signature_hardly(
    tags: tuple[str, ...], share: float
) -> None:
    facts = vocabulary.read(Facts(tags={"general": tags}), family="danbooru")

    assert gained(facts) == pytest.approx(WEIGHTS["clean"] * (share - 1))


def test_what_is_within_bars_counts_as_size() -> None:
    barred = Facts(width=2000, height=2000, inner_width=2000, inner_height=768, marks={})

    assert gained(barred) == pytest.approx(WEIGHTS["size"] / 2)


@pytest.mark.parametrize(
    ("facts", "share"),
    [
        (Facts(marks={}), MIDDLE),
        (Facts(edges=CRISP, marks={}), 1),
        (Facts(edges=SOFT + 1, marks={}), 0),
        (Facts(jpeg_quality=FINE, edges=CRISP, marks={}), 1),
        (Facts(jpeg_quality=COARSE, edges=CRISP, marks={}), 0),
        (Facts(blockiness=0.25, marks={}), 0.75),
        (Facts(format="jpg", bytes=125_000, marks={}), MIDDLE),
        (Facts(format="jpg", bytes=25_000, width=1000, height=1000, edges=CRISP, marks={}), 1),
    ],
)
def test_a_file_is_as_good_as_the_worst_that_is_measured_of_it(facts: Facts, share: float) -> None:
    assert quality(facts) == pytest.approx(share)


@pytest.mark.parametrize(
    ("bits", "kind", "share"),
    [(1.0, "jpg", 1), (0.45, "jpeg", 0.5), (0.2, "jpg", 0), (0.2, "png", 1)],
)
def test_a_jpeg_of_few_bytes_is_doubted_until_it_was_measured(
    bits: float, kind: str, share: float
) -> None:
    sized = Facts(format=kind, width=800, height=1000, marks={})
    told = replace(sized, bytes=int(bits * 800 * 1000 / 8))

    assert gained(told) - gained(sized) == pytest.approx(WEIGHTS["quality"] * MIDDLE * (share - 1))


def test_usual_looks_are_better_than_unknown_ones_and_those_than_unusual_ones() -> None:
    profile = Profile(posts=40, makers=30, tags={"red_skirt": 0.9, "brown_hair": 0.9})
    tags = {1: ("red_skirt", "brown_hair"), 2: ("smile",), 3: ("blue_dress", "blonde_hair")}
    facts = {n: Facts(tags={"general": told}, marks={}) for n, told in tags.items()}

    found = scores({n: known(n) for n in facts}, facts, {}, profile)

    assert found[1] - found[2] == pytest.approx(WEIGHTS["outfit"] * MIDDLE)
    assert found[2] > found[3]


@pytest.mark.parametrize(
    ("kind", "gates", "held"),
    [
        ("character", {}, True),
        ("character", {"outfit": {"policy": "canonical"}}, True),
        ("character", {"outfit": "any"}, False),
        ("character", {"outfit": False}, False),
        ("style", {}, False),
    ],
)
def test_looks_count_only_where_the_usual_ones_are_wanted(
    kind: str, gates: dict[str, object], held: bool, tmp_path: Path
) -> None:
    recipe, profile = (
        Recipe(("reimu",), kind=kind, gates=gates),
        Profile(posts=40, tags={"bow": 0.9}),
    )
    path = card.place(tmp_path, kind, "reimu")
    path.parent.mkdir(parents=True)
    path.write_text(card.dump(card.Card("reimu", kind, profile=profile)), "utf-8")

    assert (usual_looks(tmp_path, recipe) is not None) == held


def test_favourites_count_beside_the_score() -> None:
    facts = {
        1: replace(posted(2020, 5), favourites=1),
        2: replace(posted(2020, 5), favourites=9),
        3: replace(posted(2020, 9), favourites=None),
    }

    found = ranked(facts)

    assert found[1] < found[2] < found[3]


def test_the_documentation_tells_every_weight() -> None:
    text = (Path(__file__).parents[1] / "docs" / "choice.md").read_text("utf-8")
    told = dict(re.findall(r"^\| (\w[\w ]*) \| (\d\.\d) \|", text, re.MULTILINE))

    assert told == {name: str(weight) for name, weight in WEIGHTS.items()}


def test_a_picture_larger_than_full_gains_no_more() -> None:
    huge = Facts(width=9 * FULL_SIDE, height=9 * FULL_SIDE, marks={})

    assert gained(huge) == pytest.approx(WEIGHTS["size"])


@pytest.mark.parametrize(("defects", "share"), [((), 1), (("a",), 1 / 2), (("a", "b"), 1 / 3)])
def test_defects_divide_what_being_clean_adds(defects: tuple[str, ...], share: float) -> None:
    found = ranked({1: Facts(marks={"defects": defects})})[1]

    unknown = sum(WEIGHTS[part] for part in ("site score", "outfit", "quality")) * MIDDLE
    assert found == pytest.approx(WEIGHTS["clean"] * share + unknown, abs=1e-5)


def test_a_score_counts_as_its_place_among_those_of_its_site() -> None:
    found = ranked({n: posted(2020, score) for n, score in enumerate((1, 5, 500))})

    assert found[0] < found[1] < found[2]
    assert found[2] - found[1] == pytest.approx(found[1] - found[0], abs=1e-5)


def test_the_same_score_is_the_same_place() -> None:
    found = ranked({1: posted(2020, 7), 2: posted(2020, 7), 3: posted(2020, 7)})

    assert len(set(found.values())) == 1


def test_scores_of_two_sites_are_not_compared() -> None:
    facts = {1: posted(2020, 5), 2: posted(2020, 9), 3: posted(2020, 50), 4: posted(2020, 90)}

    found = ranked(facts, n3="other", n4="other")

    assert found[1] == found[3]
    assert found[2] == found[4]


def test_what_a_site_counts_for_multiplies_its_scores() -> None:
    facts = {1: PLAIN, 2: PLAIN}
    found = scores({1: known(1, "here"), 2: known(2, "there")}, facts, {"there": 1.5})

    assert found[2] == pytest.approx(found[1] * 1.5, abs=1e-5)


def test_scores_of_two_years_are_not_compared() -> None:
    found = ranked(
        {1: posted(2008, 5), 2: posted(2008, 9), 3: posted(2024, 50), 4: posted(2024, 90)}
    )

    assert (found[1], found[2]) == (found[3], found[4])


def test_no_score_is_the_middle_of_the_scores() -> None:
    found = ranked({1: posted(2020, 1), 2: posted(2020, 9), 3: PLAIN})

    assert found[3] == pytest.approx((found[1] + found[2]) / 2, abs=1e-5)


FACTS = st.builds(
    Facts,
    width=st.none() | st.integers(1, 5000),
    height=st.none() | st.integers(1, 5000),
    score=st.none() | st.integers(-5, 500),
    created=st.none() | st.datetimes(timezones=st.just(UTC)),
    framing=st.none() | st.sampled_from(Framing),
    people=st.none() | st.sampled_from(People),
    marks=st.none() | st.just({"official": ("official_art",), "defects": ("lowres",)}),
)


@settings(deadline=None)
@given(listed=st.lists(FACTS, max_size=12), data=st.data())
def test_the_order_of_candidates_makes_no_difference(
    listed: list[Facts], data: st.DataObject
) -> None:
    shuffled = dict(data.draw(st.permutations(list(enumerate(listed)))))

    assert ranked(shuffled) == ranked(dict(enumerate(listed)))


@settings(deadline=None)
@given(listed=st.lists(FACTS, max_size=12))
def test_a_score_lies_between_nothing_and_all_weights(listed: list[Facts]) -> None:
    for score in ranked(dict(enumerate(listed))).values():
        assert 0 <= score <= sum(WEIGHTS.values())


def test_of_equals_the_newer_goes_first_and_then_the_key() -> None:
    facts = {1: posted(2020, 5), 2: posted(2022, 5), 3: PLAIN, 4: PLAIN}
    have = Stock(
        {n: known(n) for n in facts},
        facts,
        dict.fromkeys(facts, 1.0),
        frozenset(),
        frozenset(facts),
    )

    assert have.order([4, 3, 1, 2]) == [2, 1, 3, 4]
