"""Copies end in the same groups whatever order they come in, and one mistake is outvoted."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.hashing import (
    RADIUS,
    Group,
    Kind,
    Likeness,
    Picture,
    distance,
    group,
    order,
)
from harvester.model import Facts

hashes = st.integers(0, 2**64 - 1)
FAR = 0x0F0F0F0F0F0F0F0F


def copy(key: str, *, role: str = "original", rank: int = 0, **known: Any) -> Picture:
    size = {"width": 1000, "height": 1500, "phash": known.pop("value", 0)}
    return Picture(key, rank, Facts(**{**size, **known}), role)


def shape(groups: tuple[Group, ...]) -> list[list[str]]:
    return [[each.kept.key, *(member.picture.key for member in each.members)] for each in groups]


@given(hashes, hashes)
def test_distance_counts_the_bits_that_differ(left: int, right: int) -> None:
    assert distance(left, right) == distance(right, left) == bin(left ^ right).count("1")


def test_the_best_copy_is_kept_by_the_stated_rules() -> None:
    ranked = [
        copy("whole"),
        copy("png", width=900, format="png", bytes=5),
        copy("large jpeg", width=900, format="jpeg", bytes=9),
        copy("jpeg", width=900, format="jpeg", bytes=5),
        copy("later", width=900, format="jpeg", bytes=5, rank=1),
        copy("unknown size", width=None),
        copy("sample", role="sample", width=4000),
        copy("unsaid", role=""),
    ]

    assert [each.key for each in order(reversed(ranked)).copies] == [each.key for each in ranked]


def test_near_pictures_of_like_shape_that_nobody_compared_are_one_group() -> None:
    groups = group([copy("b", value=0b111, width=500, height=750), copy("a")])

    assert shape(groups) == [["a", "b"]]
    assert groups[0].members[0].evidence == "pHash 3 of 64 bits apart"


@pytest.mark.parametrize(("bits", "together"), [(RADIUS, True), (RADIUS + 1, False)])
def test_the_radius_is_included(bits: int, together: bool) -> None:
    assert (len(group([copy("a"), copy("b", value=(1 << bits) - 1)])) == 1) is together


@pytest.mark.parametrize(
    ("width", "together"), [(1000, True), (910, True), (900, False), (1500, False)]
)
def test_another_shape_is_another_picture(width: int, together: bool) -> None:
    assert (len(group([copy("a"), copy("b", width=width)])) == 1) is together


@pytest.mark.parametrize("name", ["sha256", "md5", "pixel_hash"])
def test_the_same_bytes_are_the_same_picture_whatever_else_is_known(name: str) -> None:
    same: Any = {name: "ab"}
    groups = group([copy("a", **same), copy("b", value=None, width=None, **same)])

    assert shape(groups) == [["a", "b"]]
    assert groups[0].members[0].evidence == f"same {name.replace('_', ' ')}"
    assert groups[0].members[0].distance == 0


def test_a_file_known_through_a_member_joins_the_members_group() -> None:
    member = copy("b", value=1, width=500, height=750, md5="ab")

    assert shape(group([copy("c", value=None, width=None, md5="ab"), member, copy("a")])) == [
        ["a", "b", "c"]
    ]


def test_a_chain_of_small_differences_does_not_join_its_ends() -> None:
    chain = [copy(f"{n}", value=(1 << 4 * n) - 1, width=1000 - n) for n in range(6)]

    assert ["0", "1", "2", "3", "4", "5"] not in shape(group(chain))
    assert all(len(keys) <= 3 for keys in shape(group(chain)))


def compared(**chances: float) -> dict[tuple[str, str], Likeness]:
    """What was said of pairs, named by two letters, as how surely they are the same."""
    return {
        (pair[0], pair[1]): Likeness(
            Kind.DUPLICATE if chance >= 0.5 else Kind.VARIANT, 1 - chance, f"pixels of {pair}"
        )
        for pair, chance in chances.items()
    }


def files(names: str) -> list[Picture]:
    return [copy(name, value=index, sha256=name) for index, name in enumerate(names)]


def test_what_was_compared_outweighs_the_hashes() -> None:
    groups = group(files("ab"), compared(ab=0.1))

    assert shape(groups) == [["a"], ["b"]]


def test_pixels_join_what_hashes_hold_apart() -> None:
    left, right = copy("a", sha256="a"), copy("b", value=FAR, width=400, sha256="b")

    groups = group([left, right], compared(ab=0.9))

    assert shape(groups) == [["a", "b"]]
    assert groups[0].members[0].evidence == "pixels of ab"
    assert groups[0].members[0].distance == pytest.approx(0.1)


def test_one_mistake_is_outvoted_on_the_average() -> None:
    """Two copies of each of two variants, and one pair across that looks the same."""
    alike = compared(ab=0.95, cd=0.95, bc=0.8, ac=0.1, ad=0.1, bd=0.1)

    assert shape(group(files("abcd"), alike)) == [["a", "b"], ["c", "d"]]


def test_a_copy_that_is_like_most_of_its_group_stays_in_it() -> None:
    alike = compared(ab=0.95, bc=0.95, ac=0.4)

    groups = group(files("abc"), alike)

    assert shape(groups) == [["a", "b", "c"]]
    assert groups[0].members[1].evidence == "pixels of bc"


def test_without_a_hash_every_picture_stands_alone() -> None:
    assert shape(group([copy("b", value=None), copy("a", value=None)])) == [["a"], ["b"]]


@given(st.randoms(use_true_random=False))
def test_groups_do_not_depend_on_the_order_of_arrival(chance: random.Random) -> None:
    values = [0, 1, 7, 63, 1023, FAR, FAR ^ 3]
    copies = [
        copy(
            f"{n}",
            value=chance.choice(values),
            width=chance.choice([900, 1000, 2000]),
            md5=chance.choice(["a", "b", None]),
        )
        for n in range(12)
    ]
    expected = group(copies)
    chance.shuffle(copies)

    assert group(copies) == expected
    assert sorted(key for keys in shape(expected) for key in keys) == sorted(
        each.key for each in copies
    )
