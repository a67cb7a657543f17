"""How good a picture looks: pure, the same in any order, a site's own score only among its peers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.catalog.candidates import Known
from harvester.model import Candidate, Facts, Framing, People
from harvester.stages.plan import Stock
from harvester.stages.rank import FULL_SIDE, WEIGHTS, scores

MIDDLE = 0.5
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


def test_a_picture_larger_than_full_gains_no_more() -> None:
    huge = Facts(width=9 * FULL_SIDE, height=9 * FULL_SIDE, marks={})

    assert gained(huge) == pytest.approx(WEIGHTS["size"])


@pytest.mark.parametrize(("defects", "share"), [((), 1), (("a",), 1 / 2), (("a", "b"), 1 / 3)])
def test_defects_divide_what_being_clean_adds(defects: tuple[str, ...], share: float) -> None:
    found = ranked({1: Facts(marks={"defects": defects})})[1]

    assert found == pytest.approx(
        WEIGHTS["clean"] * share + WEIGHTS["site score"] * MIDDLE, abs=1e-5
    )


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
