"""The wanted number out of the accepted: by framing, caps and score; the same whatever order they come in."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.model import Framing
from harvester.recipe import FRAMINGS, Caps, Mix
from harvester.selection import Choice, Selection, artist_cap, quotas, select

FREE = Caps(artist=1.0, unknown=1.0)
NO_MIX = Mix(0, 0, 0, 0, 0)
HALVES = Mix(0, 0.5, 0, 0, 0.5)
PORTRAIT, FULL = Framing.PORTRAIT, Framing.FULL_BODY


def choice(
    number: int, framing: Framing | None = PORTRAIT, *artists: str, score: float = 0.0
) -> Choice:
    return Choice(number, f"booru:{number:04d}", score, framing, artists)


def many(start: int, count: int, framing: Framing | None = PORTRAIT, *artists: str) -> list[Choice]:
    return [choice(number, framing, *artists) for number in range(start, start + count)]


def chosen(selection: Selection) -> list[int]:
    """The candidates in order of their places."""
    return sorted(selection.chosen, key=lambda number: selection.chosen[number][0])


def why(selection: Selection, number: int) -> str:
    return selection.chosen[number][1] if number in selection.chosen else selection.out[number]


# ---- quotas -------------------------------------------------------------------------------


def test_a_half_place_goes_to_the_closer_of_two_framings() -> None:
    assert list(quotas(50, Mix()).values()) == [5, 10, 13, 10, 12]


def test_the_largest_remainders_are_rounded_up() -> None:
    assert quotas(10, Mix(0.24, 0.19, 0.19, 0.19, 0.19)) == dict(
        zip(FRAMINGS, (2, 2, 2, 2, 2), strict=True)
    )


@settings(deadline=None)
@given(
    target=st.integers(1, 500),
    parts=st.lists(st.integers(0, 20), min_size=5, max_size=5).filter(any),
)
def test_quotas_add_up_and_none_is_off_by_one_or_more(target: int, parts: list[int]) -> None:
    shares = [part / sum(parts) for part in parts]
    names = (framing.value for framing in FRAMINGS)

    found = quotas(target, Mix(**dict(zip(names, shares, strict=True))))  # type: ignore[arg-type]  # `strict` is no share

    assert sum(found.values()) == target
    assert all(
        abs(places - share * target) < 1
        for places, share in zip(found.values(), shares, strict=True)
    )


def test_a_mix_that_leaves_room_claims_only_its_share() -> None:
    assert sum(quotas(10, Mix(0, 0.5, 0, 0, 0)).values()) == 5


@pytest.mark.parametrize(("target", "cap"), [(50, 5), (10, 1), (5, 1), (1, 1), (99, 9)])
def test_an_artist_has_a_tenth_and_at_least_one(target: int, cap: int) -> None:
    assert artist_cap(target, Caps()) == cap


# ---- the mix ------------------------------------------------------------------------------


def test_the_best_are_chosen_first() -> None:
    choices = [choice(number, score=number) for number in range(6)]

    found = select(choices, target=3, mix=NO_MIX, caps=FREE)

    assert chosen(found) == [5, 4, 3]


def test_each_framing_fills_its_places() -> None:
    choices = [*many(0, 10, PORTRAIT), *many(20, 10, FULL)]

    found = select(choices, target=6, mix=HALVES, caps=FREE)

    assert found.framings == {PORTRAIT: 3, FULL: 3}
    assert found.missing == {}


def test_places_that_a_framing_cannot_fill_go_to_the_others() -> None:
    choices = [*many(0, 10, PORTRAIT), *many(20, 1, FULL)]

    found = select(choices, target=6, mix=HALVES, caps=FREE)

    assert found.framings == {PORTRAIT: 5, FULL: 1}
    assert found.missing == {FULL: 2}
    assert "a place no framing claims" in why(found, 4)


def test_a_strict_mix_leaves_places_empty() -> None:
    choices = [*many(0, 10, PORTRAIT), *many(20, 1, FULL)]

    found = select(choices, target=6, mix=replace(HALVES, strict=True), caps=FREE)

    assert found.framings == {PORTRAIT: 3, FULL: 1}


def test_a_strict_mix_gives_away_only_what_no_framing_claims() -> None:
    mix = Mix(0, 0.5, 0, 0, 0, strict=True)

    found = select(many(0, 10, FULL), target=6, mix=mix, caps=FREE)

    assert found.size == 3


def test_places_that_may_still_be_filled_are_kept() -> None:
    choices = [*many(0, 10, PORTRAIT), *many(20, 1, FULL)]

    found = select(choices, target=6, mix=HALVES, caps=FREE, reserved=frozenset({FULL}))

    assert found.framings == {PORTRAIT: 3, FULL: 1}
    assert why(found, 9) == "out: its places are kept for a framing that is still looked for"


def test_a_framing_outside_the_mix_takes_what_is_left_over() -> None:
    choices = [*many(0, 3, Framing.WIDE), *many(20, 2, PORTRAIT)]

    found = select(choices, target=4, mix=HALVES, caps=FREE)

    assert found.framings == {PORTRAIT: 2, Framing.WIDE: 2}


# ---- unknown framing ----------------------------------------------------------------------


def test_known_framings_go_before_unknown_ones() -> None:
    choices = [*many(0, 10, PORTRAIT), *(choice(50 + n, None, score=9) for n in range(10))]

    found = select(choices, target=10, mix=Mix(), caps=replace(FREE, unknown=0.3))

    assert found.framings == {PORTRAIT: 10}


@settings(deadline=None)
@given(known=st.integers(0, 20), unknown=st.integers(0, 20))
def test_unknown_ones_have_three_tenths_as_long_as_known_ones_fill(
    known: int, unknown: int
) -> None:
    choices = [*many(0, known, PORTRAIT), *many(50, unknown, None)]

    found = select(choices, target=10, mix=Mix(), caps=replace(FREE, unknown=0.3))

    assert found.size == min(10, known + unknown)
    assert found.framings.get(None, 0) == min(unknown, 10 - min(known, 10))
    if known >= 7:
        assert found.framings.get(None, 0) <= 3


def test_unknown_ones_beyond_their_share_say_why_they_are_in() -> None:
    found = select(many(0, 10, None), target=10, mix=Mix(), caps=replace(FREE, unknown=0.3))

    assert why(found, 2) == "in: framing unknown"
    assert why(found, 3) == "in: framing unknown; too few known ones"


# ---- artists ------------------------------------------------------------------------------


def test_an_artist_has_no_more_than_the_cap_while_there_are_others() -> None:
    choices = [
        *(choice(n, PORTRAIT, "one", score=9) for n in range(8)),
        *(choice(20 + n, PORTRAIT, f"artist{n}") for n in range(8)),
    ]

    found = select(choices, target=10, mix=NO_MIX, caps=Caps(artist=0.2))

    assert [n for n in chosen(found) if n < 20] == [0, 1]
    assert why(found, 2) == "out: 3rd of artist one; the cap is 2"
    assert found.over == {}


def test_the_artist_cap_is_the_last_thing_given_up() -> None:
    choices = [*many(0, 8, PORTRAIT, "one"), *many(20, 4, None)]

    found = select(choices, target=10, mix=NO_MIX, caps=Caps(artist=0.2, unknown=0.1))

    assert Counter(number < 20 for number in found.chosen) == {True: 6, False: 4}
    assert why(found, 5) == "in: over the artist cap; nobody else was left"
    assert found.over == {"artist": ("one",)}


def test_a_picture_by_two_artists_counts_for_both() -> None:
    choices = [choice(1, PORTRAIT, "a", "b"), choice(2, PORTRAIT, "b"), choice(3, PORTRAIT, "c")]

    found = select(choices, target=2, mix=NO_MIX, caps=Caps(artist=0.5))

    assert chosen(found) == [1, 3]


def test_a_scarce_framing_has_its_artist_before_a_common_one() -> None:
    choices = [
        *(choice(n, PORTRAIT, "one", score=9) for n in range(5)),
        *(choice(10 + n, PORTRAIT, f"other{n}") for n in range(5)),
        choice(20, FULL, "one"),
    ]

    found = select(choices, target=2, mix=HALVES, caps=Caps(artist=0.5))

    assert sorted(chosen(found)) == [10, 20]
    assert why(found, 0) == "out: artist one is used up where others lack; the cap is 1"


# ---- what people are told -----------------------------------------------------------------


def test_every_picture_has_a_place_and_a_reason_or_only_a_reason() -> None:
    choices = [*many(0, 5, PORTRAIT), *many(20, 5, FULL)]

    found = select(choices, target=4, mix=HALVES, caps=FREE)

    assert sorted(place for place, _ in found.chosen.values()) == [1, 2, 3, 4]
    assert {*found.chosen, *found.out} == {one.candidate for one in choices}
    assert {text[:3] for _, text in found.chosen.values()} == {"in:"}
    assert why(found, 1) == "in: portrait 2 of 2"
    assert why(found, 4) == "out: 5th best portrait; 2 are in"


# ---- the same every time ------------------------------------------------------------------

CHOICES = st.lists(
    st.builds(
        Choice,
        candidate=st.integers(0, 10_000),
        key=st.uuids().map(str),
        score=st.integers(0, 3).map(float),
        framing=st.none() | st.sampled_from(Framing),
        artists=st.lists(st.sampled_from("abc"), max_size=2, unique=True).map(tuple),
    ),
    max_size=30,
    unique_by=(lambda one: one.candidate, lambda one: one.key),
)
WISHES = st.sampled_from([Mix(), NO_MIX, HALVES, replace(Mix(), strict=True)])


def picked(choices: Sequence[Choice], target: int, mix: Mix) -> Selection:
    return select(choices, target=target, mix=mix, caps=Caps(artist=0.2))


@settings(deadline=None)
@given(choices=CHOICES, target=st.integers(1, 20), mix=WISHES, data=st.data())
def test_the_order_of_arrival_makes_no_difference(
    choices: list[Choice], target: int, mix: Mix, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(choices))

    assert picked(shuffled, target, mix) == picked(choices, target, mix)


@settings(deadline=None)
@given(choices=CHOICES, target=st.integers(1, 20), mix=WISHES)
def test_the_target_is_met_when_there_are_enough_and_never_passed(
    choices: list[Choice], target: int, mix: Mix
) -> None:
    found = picked(choices, target, mix)

    assert found.size <= target
    if not mix.strict:
        assert found.size == min(target, len(choices))


@settings(deadline=None)
@given(choices=CHOICES, target=st.integers(1, 20), mix=WISHES, data=st.data())
def test_taking_one_away_takes_no_other_out_where_no_artist_is_known(
    choices: list[Choice], target: int, mix: Mix, data: st.DataObject
) -> None:
    plain = [replace(one, artists=()) for one in choices]
    before = picked(plain, target, mix)
    gone = data.draw(st.sampled_from([None, *before.chosen, *before.out]))

    after = picked([one for one in plain if one.candidate != gone], target, mix)

    assert set(before.chosen) - {gone} <= set(after.chosen)


def test_taking_one_away_rarely_changes_more_where_artists_are_capped() -> None:
    changed = Counter(one_taken_away(random.Random(seed)) for seed in range(500))

    assert changed[0] > 0.9 * changed.total()
    assert max(changed) <= 5


def one_taken_away(dice: random.Random) -> int:
    """How many more go when one of a few dozen choices by six artists is taken away."""
    choices = [
        choice(
            number,
            dice.choice([None, *Framing]),
            *dice.sample("abcdef", dice.randint(0, 2)),
            score=float(dice.randint(0, 3)),
        )
        for number in range(dice.randint(1, 40))
    ]
    target, gone = dice.randint(1, 20), dice.choice(choices)
    before = picked(choices, target, Mix())
    after = picked([one for one in choices if one is not gone], target, Mix())
    return len(set(before.chosen) - {gone.candidate} - set(after.chosen))
