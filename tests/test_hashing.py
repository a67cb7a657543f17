"""Near hashes are found exactly, and copies end in the same groups whatever order they come in."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.hashing import (
    RADIUS,
    Group,
    Index,
    Picture,
    distance,
    from_signed,
    group,
    order,
    to_signed,
)
from harvester.model import Facts

hashes = st.integers(0, 2**64 - 1)
FAR = 0x0F0F0F0F0F0F0F0F


def copy(key: str, *, role: str = "original", rank: int = 0, **known: Any) -> Picture:
    size = {"width": 1000, "height": 1500, "phash": known.pop("value", 0)}
    return Picture(key, rank, Facts(**{**size, **known}), role)


def shape(groups: tuple[Group, ...]) -> list[list[str]]:
    return [[each.kept.key, *(member.picture.key for member in each.members)] for each in groups]


@given(hashes)
def test_a_hash_survives_sqlite(value: int) -> None:
    assert -(2**63) <= to_signed(value) < 2**63
    assert from_signed(to_signed(value)) == value


@given(hashes, hashes)
def test_distance_counts_the_bits_that_differ(left: int, right: int) -> None:
    assert distance(left, right) == distance(right, left) == bin(left ^ right).count("1")


@given(st.lists(hashes, max_size=200), hashes, st.integers(0, 64))
def test_the_index_finds_what_comparing_all_finds(
    values: list[int], asked: int, radius: int
) -> None:
    index: Index[int] = Index()
    for place, value in enumerate(values):
        index.add(place, value)

    expected = [(place, distance(value, asked)) for place, value in enumerate(values)]
    near = [pair for pair in expected if pair[1] <= radius]

    assert index.near(asked, radius) == sorted(near, key=lambda pair: pair[1])
    assert len(index) == len(values)


def test_an_empty_index_finds_nothing() -> None:
    assert Index[str]().near(0, 64) == []


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

    assert [each.key for each in order(reversed(ranked))] == [each.key for each in ranked]


def test_near_pictures_of_like_shape_are_one_group() -> None:
    groups = group([copy("b", value=0b111, width=500, height=750), copy("a")])

    assert shape(groups) == [["a", "b"]]
    assert groups[0].members[0].distance == 3
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


def test_a_picture_joins_the_nearest_of_two_kept_ones() -> None:
    groups = group(
        [copy("a"), copy("b", value=0xFFF), copy("c", value=0b11_1111_1111, width=999)], radius=10
    )

    assert shape(groups) == [["a"], ["b", "c"]]


def test_a_chain_of_small_differences_does_not_join_its_ends() -> None:
    chain = [copy(f"{n}", value=(1 << 4 * n) - 1, width=1000 - n) for n in range(6)]

    assert shape(group(chain)) == [["0", "1"], ["2", "3"], ["4", "5"]]


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
