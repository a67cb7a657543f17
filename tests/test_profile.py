"""The usual looks of a character: one maker one vote, absence says nothing, outfits are clothes that go together."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.profile import POSTS, Profile, Seen, conformity, learn, part

SHRINE = frozenset({"brown_hair", "red_eyes", "hair_bow", "red_skirt", "detached_sleeves", "smile"})
SCHOOL = frozenset({"brown_hair", "red_eyes", "school_uniform", "pleated_skirt", "outdoors"})
FACE = frozenset({"brown_hair", "red_eyes", "hair_bow", "close-up"})


def posts(shrine: int = 40, school: int = 8, face: int = 4) -> list[Seen]:
    """As many posts, each by another maker."""
    worn = [SHRINE] * shrine + [SCHOOL] * school + [FACE] * face
    return [Seen(f"maker{number}", tags) for number, tags in enumerate(worn)]


def learned(seen: list[Seen]) -> Profile:
    found = learn(seen)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("red_skirt", "clothes"),
        ("detached_sleeves", "clothes"),
        ("santa_costume", "clothes"),
        ("hair_bow", "head"),
        ("witch_hat", "head"),
        ("long_hair", "body"),
        ("dark_blue_hair", "body"),
        ("red_eyes", "body"),
        ("closed_eyes", ""),
        ("hair_between_eyes", ""),
        ("floating_hair", ""),
        ("holding_hat", ""),
        ("hand_on_own_hip", ""),
        ("skirt_lift", ""),
        ("no_headwear", ""),
        ("smile", ""),
        ("upper_body", ""),
        ("tree", ""),
    ],
)
def test_only_tags_of_looks_belong_to_a_part(tag: str, expected: str) -> None:
    assert part(tag) == expected


def test_from_few_posts_nothing_is_learned() -> None:
    assert learn(posts(POSTS - 1, 0, 0)) is None


def test_a_share_is_told_of_those_who_show_that_part() -> None:
    found = learned(posts(40, 10, 10))

    assert found.tags["brown_hair"] == 1.0
    assert found.tags["red_skirt"] == 0.8  # of the fifty that show clothes
    assert "smile" not in found.tags


def test_one_maker_has_one_vote_however_much_he_draws() -> None:
    many = [Seen("prolific", SCHOOL)] * 400

    assert learned([*posts(39, 0, 0), *many]).tags["school_uniform"] == pytest.approx(1 / 40)


@given(st.randoms(use_true_random=False))
def test_the_order_of_posts_does_not_matter(chance: random.Random) -> None:
    shuffled = posts()
    chance.shuffle(shuffled)

    assert learn(shuffled) == learn(posts())


def test_clothes_that_go_together_are_an_outfit() -> None:
    first, second = learned(posts()).outfits

    assert {*first.tags} == {"red_skirt", "detached_sleeves"}
    assert {*second.tags} == {"school_uniform", "pleated_skirt"}
    assert first.share > second.share


def test_the_usual_clothes_conform() -> None:
    found = conformity(learned(posts()), SHRINE)

    assert found.value == 1.0
    assert found.outfit == "detached_sleeves"
    assert found.differs == ()


def test_clothes_that_nobody_else_draws_differ() -> None:
    found = conformity(learned(posts()), {"brown_hair", "red_eyes", "santa_costume", "black_pants"})

    assert found.value == 0.0
    assert found.differs == ("black_pants", "santa_costume")


def test_another_hair_and_other_eyes_differ_whatever_is_worn() -> None:
    found = conformity(
        learned(posts()), {*SHRINE, "blonde_hair", "blue_eyes"} - {"brown_hair", "red_eyes"}
    )

    assert found.value == 0.0


def test_what_is_not_shown_says_nothing() -> None:
    assert conformity(learned(posts()), FACE).value == 1.0


@given(st.frozensets(st.sampled_from(sorted({*SHRINE, *SCHOOL, "blonde_hair", "maid", "hat"}))))
def test_tags_that_say_too_little_leave_it_unknown_and_others_give_a_share(
    tags: frozenset[str],
) -> None:
    value = conformity(learned(posts()), tags).value

    assert value is None or 0 <= value <= 1
    assert value is not None or not {"brown_hair", "red_skirt", "blonde_hair", "maid"} & tags
