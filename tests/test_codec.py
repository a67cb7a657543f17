"""Values go into the catalog as JSON and come back as they were; equal values give equal text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.catalog import codec
from harvester.errors import LibraryError
from harvester.model import (
    Ask,
    Candidate,
    Credit,
    Facts,
    File,
    Media,
    Narrow,
    Query,
    Rating,
    Relations,
    Request,
    Ruling,
    Verdict,
    Word,
)
from harvester.recipe import Caps, Mix, Recipe

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
NUMBER = st.none() | st.integers(0, 2**63 - 1)
MOMENT = st.none() | st.datetimes(timezones=st.just(UTC))
TABLE: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=5,
)
SHARE = st.floats(0, 1)

FACTS = st.builds(
    Facts,
    width=NUMBER,
    bytes=NUMBER,
    format=st.none() | TEXT,
    media=st.none() | st.sampled_from(Media),
    md5=st.none() | TEXT,
    rating=st.none() | st.sampled_from(Rating),
    tags=st.none() | st.dictionaries(TEXT, TEXTS, max_size=3),
    score=st.none() | st.integers(-(2**63), 2**63 - 1),
    created=MOMENT,
    status=st.frozensets(TEXT, max_size=3),
    decodable=st.none() | st.booleans(),
    phash=st.none() | st.integers(0, 2**64 - 1),
)
FILES = st.builds(File, role=TEXT, urls=TEXTS, width=NUMBER, md5=st.none() | TEXT, expires=MOMENT)
CANDIDATES = st.builds(
    Candidate,
    site=TEXT,
    post_id=TEXT,
    page_url=TEXT,
    claims=FACTS,
    files=st.lists(FILES, max_size=2).map(tuple),
    incomplete=st.frozensets(TEXT, max_size=2),
    relations=st.builds(Relations, parent=st.none() | TEXT, children=TEXTS),
    words=st.lists(st.builds(Word, TEXT, TEXT), max_size=2).map(tuple),
    credits=st.lists(st.builds(Credit, st.none() | TEXT), max_size=2).map(tuple),
)
QUERIES = st.builds(
    Query,
    names=TEXTS,
    want=TEXTS,
    ratings=st.frozensets(st.sampled_from(Rating)),
    narrow=st.none() | st.builds(Narrow, TEXT, TEXT, TEXTS),
    since=MOMENT,
    start=st.none() | TEXT,
)
RECIPES = st.builds(
    Recipe,
    tag=TEXTS,
    target=st.integers(1, 10**5),
    ratings=st.lists(st.sampled_from(Rating), max_size=4).map(tuple),
    gates=st.dictionaries(TEXT, TABLE, max_size=3),
    mix=st.builds(Mix, SHARE, SHARE, strict=st.booleans()),
    caps=st.builds(Caps, SHARE, SHARE),
)
REQUESTS = st.builds(
    Request,
    site=TEXT,
    url=TEXT,
    params=st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple),
    ask=st.sampled_from(Ask),
    body=st.none() | st.binary(max_size=8),
    state=st.dictionaries(TEXT, TABLE, max_size=3),
)
RULINGS = st.builds(
    Ruling, TEXT, st.sampled_from(Verdict), TEXT, st.none() | TEXT | st.integers(0, 2**53)
)


@settings(deadline=None)
@given(value=FACTS | CANDIDATES | QUERIES | RECIPES | REQUESTS | RULINGS)
def test_what_is_stored_comes_back_as_it_was(value: Any) -> None:
    assert codec.load(codec.dump(value), type(value)) == value


@settings(deadline=None)
@given(value=CANDIDATES | QUERIES | RECIPES | REQUESTS)
def test_equal_values_give_equal_text(value: Any) -> None:
    text = codec.dump(value)

    assert codec.dump(codec.load(text, type(value))) == text


def test_the_order_of_keys_and_sets_makes_no_difference() -> None:
    one = Facts(tags={"a": ("x",), "b": ("y",)}, status=frozenset(["pending", "deleted"]))
    other = Facts(tags={"b": ("y",), "a": ("x",)}, status=frozenset(["deleted", "pending"]))

    assert codec.dump(one) == codec.dump(other)


def test_what_is_unknown_takes_no_room() -> None:
    assert codec.dump(Facts()) == "{}"


def test_tags_that_are_none_differ_from_tags_that_are_unknown() -> None:
    assert codec.load(codec.dump(Facts(tags={})), Facts).tags == {}
    assert codec.load(codec.dump(Facts()), Facts).tags is None


def test_a_familys_own_state_keeps_what_is_empty() -> None:
    request = Request("site", "https://site.test", state={"found": [], "at": 0, "more": None})

    assert codec.load(codec.dump(request), Request).state == request.state


@pytest.mark.parametrize("value", [0, 1, 2**63 - 1, 2**63, 2**64 - 1, None])
def test_a_hash_of_64_bits_fits_a_signed_column(value: int | None) -> None:
    held = codec.signed(value)

    assert held is None or -(2**63) <= held < 2**63
    assert codec.unsigned(held) == value


@pytest.mark.parametrize("text", ["", "[]", '{"width": "wide"}', "{"])
def test_a_row_that_cannot_be_read_says_what_to_do(text: str) -> None:
    with pytest.raises(LibraryError, match=r"cannot be read as Facts .* run `harvest check`"):
        codec.load(text, Facts)


def test_a_moment_keeps_its_fractions() -> None:
    facts = Facts(created=datetime(2024, 3, 1, 15, 11, 12, 345678, tzinfo=UTC))

    assert codec.load(codec.dump(facts), Facts) == facts
