"""No other selection is better: against all there are, with every cap; small changes in, small changes out."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.model import Framing
from harvester.recipe import Caps, Mix
from harvester.selection import Choice, Selection, conceded, select, wishes
from harvester.selection.choosing import best
from harvester.selection.layer import Layer, Tally

NO_MIX = Mix(0, 0, 0, 0, 0)
HALVES = Mix(0, 0.5, 0, 0, 0.5)
TIGHT = Caps(artist=0.3, unknown=0.3, wide=0.2, site=0.6, character=0.4, series=0.5, variants=2)
SHOWN = [None, Framing.PORTRAIT, Framing.FULL_BODY, Framing.WIDE]


def names(letters: str, most: int = 2) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(letters), max_size=most, unique=True).map(tuple)


CHOICE = st.builds(
    Choice,
    candidate=st.integers(0, 10_000),
    key=st.uuids().map(str),
    score=st.integers(0, 40).map(lambda tenths: tenths / 10),
    framing=st.sampled_from(SHOWN),
    artists=names("ab"),
    site=st.sampled_from(["", "x", "y"]),
    characters=names("cd"),
    series=names("s", 1),
    variants=names("vw", 1),
    created=st.integers(0, 2).map(float),
)
CHOICES = st.lists(CHOICE, max_size=9, unique_by=(lambda one: one.candidate, lambda one: one.key))
MIXES = st.sampled_from([HALVES, NO_MIX, replace(HALVES, strict=True), Mix()])
KEPT = st.sampled_from([frozenset[Framing](), frozenset({Framing.PORTRAIT})])


def subsets(choices: Sequence[Choice]) -> Iterator[list[Choice]]:
    for size in range(len(choices) + 1):
        yield from map(list, combinations(choices, size))


@settings(deadline=None, max_examples=200)
@given(
    choices=CHOICES,
    earlier=st.lists(CHOICE, max_size=2, unique_by=lambda one: one.candidate),
    target=st.integers(1, 7),
    mix=MIXES,
    kept=KEPT,
    firm=st.booleans(),
)
def test_of_all_selections_there_are_none_costs_less(
    choices: list[Choice],
    earlier: list[Choice],
    target: int,
    mix: Mix,
    kept: frozenset[Framing],
    firm: bool,
) -> None:
    wanted, before = wishes(target, mix, TIGHT, reserved=kept, firm=firm), Tally()
    before.add(best(Layer(earlier, wanted, before.plus(()))))
    layer = Layer(sorted(choices, key=lambda one: one.place), wanted, before)

    found = list(best(layer))

    every = [some for some in subsets(layer.choices) if layer.allowed(some)]
    assert layer.allowed(found)
    assert layer.cost(found) == min(map(layer.cost, every))


def crowd(dice: random.Random, number: int, artists: int = 12) -> list[Choice]:
    """As many pictures as a harvest has: a few busy artists, two sites, here and there a variant."""
    busy = [1 / (rank + 1) for rank in range(artists)]
    return [
        Choice(
            n,
            f"b:{n:05d}",
            round(dice.random() * 7, 6),
            dice.choice([*Framing, None, None]),
            tuple(
                {f"artist{dice.choices(range(artists), busy)[0]}"} if dice.random() < 0.9 else ()
            ),
            site=dice.choices("xy", (3, 1))[0],
            variants=(f"set{dice.randrange(number)}",) if dice.random() < 0.1 else (),
        )
        for n in range(number)
    ]


def picked(choices: Sequence[Choice], target: int = 20) -> Selection:
    return select(choices, target=target, mix=Mix(), caps=Caps())


def test_one_picture_less_changes_few_others() -> None:
    changes = Counter(others_changed(random.Random(seed)) for seed in range(100))

    assert changes[0] + changes[1] > 0.7 * changes.total()
    assert max(changes) <= 4


def others_changed(dice: random.Random) -> int:
    """How many others leave when one chosen picture is taken away: its place is filled, the rest should stay."""
    choices = crowd(dice, 60)
    before = picked(choices)
    gone = dice.choice([*before.chosen])
    after = picked([one for one in choices if one.candidate != gone])
    return len(set(before.chosen) - {gone} - set(after.chosen))


def test_a_picture_that_was_not_chosen_changes_nothing_when_it_goes() -> None:
    for seed in range(40):
        dice = random.Random(seed)
        choices = crowd(dice, 60)
        before = picked(choices)
        gone = dice.choice([*before.out])

        after = picked([one for one in choices if one.candidate != gone])

        assert after.chosen == before.chosen


def test_a_better_sum_is_found_than_by_taking_one_after_the_other() -> None:
    choices = [
        Choice(1, "b:1", 9.0, Framing.PORTRAIT, ("one",)),
        Choice(2, "b:2", 8.0, Framing.PORTRAIT, ("two",)),
        Choice(3, "b:3", 8.9, Framing.FULL_BODY, ("one",)),
        Choice(4, "b:4", 1.0, Framing.FULL_BODY, ("two",)),
    ]

    found = select(choices, target=2, mix=HALVES, caps=Caps(artist=0.5))

    assert set(found.chosen) == {2, 3}


# ---- caps ---------------------------------------------------------------------------------


def plain(number: int, score: float = 0.0, **more: object) -> Choice:
    return replace(Choice(number, f"b:{number:04d}", score, Framing.PORTRAIT), **more)  # type: ignore[arg-type]  # by name


def free(target: int, choices: Sequence[Choice], caps: Caps | None = None) -> Selection:
    return select(choices, target=target, mix=NO_MIX, caps=caps or Caps())


def test_one_site_has_three_fifths_while_another_can_fill_the_rest() -> None:
    choices = [
        *(plain(n, 5.0, site="large") for n in range(20)),
        *(plain(50 + n, 1.0, site="small") for n in range(20)),
    ]

    found = free(10, choices)

    assert sum(number < 50 for number in found.chosen) == 6
    assert found.out[6] == "out: 7th of site large; the cap is 6"


def test_a_site_goes_over_its_cap_before_the_target_is_missed() -> None:
    choices = [
        *(plain(n, 5.0, site="large") for n in range(20)),
        *(plain(50 + n, 1.0, site="small") for n in range(2)),
    ]

    found = free(10, choices)

    assert found.size == 10
    assert found.over == {"site": ("large",)}
    assert found.chosen[7] == (8, "in: over the site cap; nobody else was left")
    assert sum(conceded(why) == "site" for _, why in found.chosen.values()) == 2


def test_no_more_than_two_variants_are_taken_even_where_the_target_is_missed() -> None:
    choices = [plain(n, float(n), variants=("b:1",)) for n in range(5)]

    found = free(5, choices)

    assert set(found.chosen) == {3, 4}
    assert found.out[2] == "out: 2 variants of it are in (b:1)"


@pytest.mark.parametrize(("cap", "field"), [("character", "characters"), ("series", "series")])
def test_a_style_is_of_several_characters_and_series(cap: str, field: str) -> None:
    choices = [
        *(plain(n, 5.0, **{field: ("same",)}) for n in range(20)),
        *(plain(50 + n, 1.0, **{field: (f"other{n}",)}) for n in range(20)),
    ]

    found = free(10, choices, replace(Caps(), **{cap: 0.3}))  # type: ignore[arg-type]  # by name

    assert sum(number < 50 for number in found.chosen) == 3


def test_with_firm_caps_places_stay_empty() -> None:
    choices = [plain(n, 5.0, artists=("one",)) for n in range(9)]

    found = select(choices, target=10, mix=NO_MIX, caps=Caps(), firm=True)

    assert found.size == 1


def test_wide_ones_are_a_capped_rest() -> None:
    choices = [
        *(plain(n, 9.0, framing=Framing.WIDE) for n in range(9)),
        *(plain(50 + n, 1.0, framing=None) for n in range(9)),
    ]

    found = select(choices, target=10, mix=Mix(), caps=replace(Caps(), unknown=0.9))

    assert found.framings == {Framing.WIDE: 1, None: 9}


# ---- what it costs ------------------------------------------------------------------------


def test_thousands_are_chosen_from_at_once() -> None:
    choices = crowd(random.Random(1), 5000, artists=300)
    picked(choices[:100], target=50)  # what is loaded once is loaded

    start = time.process_time()
    found = picked(choices, target=50)

    assert found.size == 50
    assert time.process_time() - start < 2  # a fifth of it on a quiet machine


def test_nothing_large_is_loaded_where_no_cap_binds() -> None:
    code = (
        "import sys; from harvester.selection import *; from harvester.recipe import Caps, Mix\n"
        "found = select([Choice(n, str(n), n) for n in range(9)], target=5, mix=Mix(), caps=Caps())\n"
        "sys.exit(found.size != 5 or 'scipy' in sys.modules or 'numpy' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
