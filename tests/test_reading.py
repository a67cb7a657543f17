"""What servers write is read one way everywhere: numbers, texts, dates, lists, addresses, error statuses."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester import Busy, Gone, NeedsKey, Refused, Reply, Unexpected
from sources import reading

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def reply(body: bytes, status: int = 200) -> Reply:
    return Reply(status, "https://booru.test/posts.json", {}, body)


# ---- bodies -------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"", b"   ", b"<html>busy</html>", b'{"a":', b"[" * 100_000])
def test_a_body_that_is_no_json_is_unexpected(body: bytes) -> None:
    with pytest.raises(Unexpected, match="body"):
        reading.value(reply(body))


@pytest.mark.parametrize("half", [r"\ud800", r"\uDC00", r"\ud83d\ud83d"])
def test_half_a_surrogate_pair_never_reaches_what_is_stored(half: str) -> None:
    [found] = reading.value(reply(f'["a {half} b"]'.encode()))

    assert set(found) == {*"a b", "\ufffd"}
    assert found.encode()


def test_half_a_surrogate_pair_in_a_name_is_mended_too() -> None:
    assert reading.value(reply(rb'{"\ud800": {"a": "\ud83d\ude00"}}')) == {"\ufffd": {"a": "😀"}}


def test_a_whole_surrogate_pair_is_one_letter() -> None:
    assert reading.value(reply(rb'["\ud83d\ude00"]')) == ["😀"]


def test_one_object_where_a_list_is_due_counts_as_a_list_of_one() -> None:
    assert reading.rows({"id": 1}) == [{"id": 1}]


@pytest.mark.parametrize("found", [None, 5, "text", [1], [[]], [None]])
def test_what_is_no_list_of_objects_is_unexpected(found: object) -> None:
    with pytest.raises(Unexpected):
        reading.rows(found, "posts")


def test_the_place_of_an_odd_row_is_told() -> None:
    with pytest.raises(Unexpected, match=r"posts\[1\]"):
        reading.rows([{}, 5], "posts")


# ---- fields -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read"), [(5, 5), ("5", 5), (" 5 ", 5), ("-3", -3), (None, None), ("", None)]
)
def test_a_number_may_be_written_as_a_string(written: object, read: int | None) -> None:
    assert reading.number({"n": written}, "n") == read


@pytest.mark.parametrize("written", [True, "many", [], {}, float("inf"), float("nan"), 10**30])
def test_what_is_no_number_names_its_field(written: object) -> None:
    with pytest.raises(Unexpected, match="score"):
        reading.number({"score": written}, "score")


@pytest.mark.parametrize("written", [0, -1, "0", None])
def test_a_size_of_zero_or_less_is_unknown(written: object) -> None:
    assert reading.positive({"width": written}, "width") is None


@pytest.mark.parametrize(("written", "read"), [("a", "a"), (7, "7"), ("", None), (None, None)])
def test_a_text_may_be_written_as_a_number(written: object, read: str | None) -> None:
    assert reading.text({"t": written}, "t") == read


@pytest.mark.parametrize("written", [True, 1.5, [], {}])
def test_what_is_no_text_names_its_field(written: object) -> None:
    with pytest.raises(Unexpected, match="source"):
        reading.text({"source": written}, "source")


def test_a_text_that_must_be_there_is_missed() -> None:
    with pytest.raises(Unexpected, match="name"):
        reading.needed({}, "name")


@pytest.mark.parametrize("written", [True, "true", "True", "1", 1])
def test_a_flag_may_be_written_in_many_ways(written: object) -> None:
    assert reading.flag({"f": written}, "f")


@pytest.mark.parametrize("written", [False, None, "", "false", 0, "0", []])
def test_anything_else_is_no_flag(written: object) -> None:
    assert not reading.flag({"f": written}, "f")


def test_one_or_a_list_is_a_list() -> None:
    assert [reading.many(found) for found in (None, "", "a", ["a", "b"])] == [
        [],
        [],
        ["a"],
        ["a", "b"],
    ]


def test_names_are_split_at_blanks() -> None:
    assert reading.split({"tags": " a  b\nc "}, "tags") == ("a", "b", "c")


# ---- dates --------------------------------------------------------------------------------

NOON = datetime(2024, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2024-03-01T12:00:00Z",
        "2024-03-01T12:00:00",
        "2024-03-01 12:00:00",
        "2024-03-01T07:00:00.000-05:00",
        "Fri, 01 Mar 2024 12:00:00 GMT",
        "Fri Mar 01 07:00:00 -0500 2024",
        1709294400,
        1709294400.0,
        "1709294400",
    ],
)
def test_every_form_of_a_date_is_one_moment_in_utc(written: object) -> None:
    assert reading.date({"at": written}, "at") == NOON


@pytest.mark.parametrize("written", [None, "", True])
def test_no_date_is_unknown(written: object) -> None:
    assert reading.date({"at": written}, "at") is None


@pytest.mark.parametrize("written", ["yesterday", [], {}, "9" * 400, 1e300, float("nan"), "²"])
def test_what_is_no_date_names_its_field(written: object) -> None:
    with pytest.raises(Unexpected, match="created_at"):
        reading.date({"created_at": written}, "created_at")


@settings(deadline=None)
@given(written=JSON)
def test_no_value_brings_a_reader_to_anything_but_unexpected(written: object) -> None:
    for read in (reading.text, reading.number, reading.positive, reading.date, reading.split):
        with suppress(Unexpected):
            read({"field": written}, "field")


# ---- addresses ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "absolute"),
    [
        ("/data/a.png", "https://booru.test/data/a.png"),
        ("//cdn.test/a.png", "https://cdn.test/a.png"),
        ("http://cdn.test/a.png", "http://cdn.test/a.png"),
        ("HTTPS://cdn.test/a.png", "https://cdn.test/a.png"),
    ],
)
def test_an_address_becomes_absolute(found: str, absolute: str) -> None:
    assert reading.address("https://booru.test/posts", found) == absolute


@pytest.mark.parametrize(
    "found",
    [None, "", "javascript:x", "data:,x", "file:///etc/passwd", "http://[", "http://", "http:///a"],
)
def test_anything_else_is_no_address(found: str | None) -> None:
    assert reading.address("", found) is None


# ---- statuses -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, NeedsKey),
        (403, Refused),
        (404, Gone),
        (410, Gone),
        (422, Refused),
        (429, Busy),
        (451, Gone),
        (500, Busy),
        (503, Busy),
    ],
)
def test_an_error_status_has_one_meaning(status: int, error: type[Exception]) -> None:
    with pytest.raises(error, match="too fast"):
        reading.refuse(reply(b"too fast", status))


@pytest.mark.parametrize("status", [200, 204, 304])
def test_a_good_status_refuses_nothing(status: int) -> None:
    reading.refuse(reply(b"", status))
