"""What every family does, whatever a server says: pure requests, honest pages, no error but a `ReplyError`."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester import registry
from harvester.catalog import codec
from harvester.errors import ReplyError
from harvester.model import Candidate, Narrow, Page, Query, Rating, Reply, Request, Site
from harvester.ports import Counts, Details, NamesTags, Resolves, Source

FIXTURES = Path(__file__).parents[1] / "fixtures"
FAMILIES = sorted(registry.families())
STATUSES = (200, 204, 301, 400, 401, 403, 404, 406, 410, 422, 429, 451, 500, 502, 503)
BODIES = {
    "nothing": b"",
    "blanks": b" \n",
    "html": b"<!doctype html><html><body>Just a moment...</body></html>",
    "xml": b'<?xml version="1.0"?><posts count="1"/>',
    "half of it": b'[{"id": 1, "file_url": "http',
    "no text": b"\xff\xfe\x00\x80",
    "half a letter": rb'[{"id": "\ud800"}]',
    "a number": b"5",
    "no value": b"null",
    "a text": b'"no"',
    "an object": b"{}",
    "a list": b"[]",
    "a list of lists": b"[[], [[]]]",
    "a list of nothing": b"[null, null]",
    "a refusal": b'{"success": false, "error": 5, "message": null}',
    "an error": b'{"error": {"code": "internal", "info": null}, "query": null}',
    "deep": b"[" * 20_000,
}
ODD: tuple[Any, ...] = (
    None,
    "",
    "7",
    "x",
    0,
    -1,
    2**70,
    1.5,
    True,
    [],
    {},
    [None],
    {"a": None},
    "\ud800",
    "http://[",
)
QUERIES = (
    Query(("hakurei_reimu",)),
    Query(("Reimu Hakurei", "博麗霊夢"), want=("solo",), avoid=("comic",)),
    Query(("a_b",), ratings=frozenset({Rating.GENERAL, Rating.SENSITIVE})),
    Query(("a_b",), narrow=Narrow("framing", "portrait", ("portrait",))),
    Query(("a_b",), order="updated", since=datetime(2026, 1, 1, tzinfo=UTC)),
    Query(("a_b",), start="12345"),
)


PATTERNS = {"webpage": "https://site.test/{tag}?p={page}"}
"""Families whose sites search by their address; others have one host for all of it."""


@cache
def adapter(family: str) -> Source:
    url = PATTERNS.get(family, "https://site.test")
    return registry.source(Site("place", family, url, options={}))


def requests(source: Source) -> Iterator[Request]:
    """A request of every capability the family has."""
    yield from (source.search(query) for query in QUERIES)
    if isinstance(source, Counts):
        yield source.count(QUERIES[0])
    if isinstance(source, Resolves):
        yield source.resolve("Hakurei  reimu")
    if isinstance(source, Details):
        yield source.detail(Candidate("place", "1", "https://site.test/1"))
    if isinstance(source, NamesTags):
        yield source.tags(("solo", "hakurei_reimu"))


def reply(body: bytes, status: int = 200) -> Reply:
    return Reply(status, "https://site.test/", {}, body)


def recorded(family: str) -> list[Path]:
    return sorted(path for path in (FIXTURES / family).glob("*") if path.is_file())


def pages(source: Source, answer: Reply) -> Iterator[tuple[Request, Page]]:
    """What the family makes of a reply, whatever it was asked for."""
    for request in requests(source):
        with suppress(ReplyError):
            yield request, source.parse(request, answer)


@pytest.fixture(params=FAMILIES)
def source(request: pytest.FixtureRequest) -> Source:
    return adapter(request.param)


each_reply = pytest.mark.parametrize(
    ("family", "path"),
    [(family, path) for family in FAMILIES for path in recorded(family)],
    ids=lambda value: value if isinstance(value, str) else value.stem,
)


def test_a_family_has_recorded_replies(source: Source) -> None:
    assert recorded(source.site.family)


def test_a_family_says_its_pace_its_accounts_and_what_it_narrows_by(source: Source) -> None:
    assert source.pace.api > 0
    assert source.pace.parallel >= 1
    assert source.auth.keys or not source.auth.required
    assert source.narrows <= {"framing", "official", "score", "dates"}


def test_the_same_question_makes_the_same_request(source: Source) -> None:
    assert list(requests(source)) == list(requests(source))


def test_two_subjects_are_two_requests(source: Source) -> None:
    assert source.search(Query(("a_b",))).key != source.search(Query(("c_d",))).key


def test_a_request_belongs_to_its_site(source: Source) -> None:
    for request in requests(source):
        assert request.site == "place"
        assert request.url.startswith("https://site.test")


def test_a_request_survives_the_catalog(source: Source) -> None:
    for request in requests(source):
        assert codec.load(codec.dump(request), Request) == request


def test_a_request_holds_texts_that_a_server_can_be_sent(source: Source) -> None:
    for request in requests(source):
        assert all(
            isinstance(text, str) and text.encode() for pair in request.params for text in pair
        )


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_an_odd_body_with_any_status_is_a_page_or_a_reply_error(
    source: Source, body: bytes
) -> None:
    for status in STATUSES:
        for request, page in pages(source, reply(body, status)):
            assert all(onward.key != request.key for onward in page.follow)


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_an_error_status_without_a_word_tells_of_no_pictures(source: Source, status: int) -> None:
    assert not [page for _, page in pages(source, reply(b"", status)) if page.candidates]


@each_reply
def test_a_recorded_reply_is_read_the_same_way_twice(family: str, path: Path) -> None:
    answer = reply(path.read_bytes())

    assert list(pages(adapter(family), answer)) == list(pages(adapter(family), answer))


@each_reply
def test_a_page_goes_on_with_requests_that_are_new_and_of_its_site(family: str, path: Path) -> None:
    for request, page in pages(adapter(family), reply(path.read_bytes())):
        for onward in page.follow:
            assert onward.key != request.key
            assert onward.site == "place"
            assert codec.load(codec.dump(onward), Request) == onward


@each_reply
def test_a_page_that_ends_a_walk_asks_for_nothing_more(family: str, path: Path) -> None:
    for _, page in pages(adapter(family), reply(path.read_bytes())):
        assert not (page.end and page.follow)


@each_reply
def test_a_candidate_is_of_its_site_once_and_has_whole_addresses(family: str, path: Path) -> None:
    for _, page in pages(adapter(family), reply(path.read_bytes())):
        keys = [candidate.key for candidate in page.candidates]
        assert len(keys) == len(set(keys))
        assert all(key.startswith("place:") for key in keys)
        check_candidates(page)


@each_reply
def test_every_value_missing_is_a_page_or_a_reply_error(family: str, path: Path) -> None:
    with suppress(ValueError):
        nulled = json.dumps(without_values(json.loads(path.read_bytes()))).encode()
        for _, page in pages(adapter(family), reply(nulled)):
            check_candidates(page)


@each_reply
def test_numbers_written_as_texts_are_a_page_or_a_reply_error(family: str, path: Path) -> None:
    with suppress(ValueError):
        texts = json.dumps(as_texts(json.loads(path.read_bytes()))).encode()
        for _, page in pages(adapter(family), reply(texts)):
            check_candidates(page)


@settings(deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("family", FAMILIES)
def test_a_damaged_reply_is_a_page_or_a_reply_error(family: str, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(recorded(family)))
    status = data.draw(st.sampled_from((200, 200, 200, *STATUSES)))
    answer = reply(damaged(path.read_bytes(), data), status)

    for _, page in pages(adapter(family), answer):
        check_candidates(page)


def check_candidates(page: Page) -> None:
    """What a page tells can be stored and asked for."""
    for candidate in page.candidates:
        assert candidate.post_id
        assert codec.load(codec.dump(candidate), Candidate) == candidate
        for file in candidate.files:
            assert all(urlsplit(url).scheme in {"http", "https"} for url in file.urls)
            assert all(urlsplit(url).hostname for url in file.urls)
    for onward in page.follow:
        assert codec.load(codec.dump(onward), Request) == onward
    for name in page.names:
        assert name.count is None or abs(name.count) < 1 << 63


def damaged(body: bytes, data: st.DataObject) -> bytes:
    """A reply with some values replaced or left out; one that is no JSON with some bytes cut out."""
    try:
        found = copy.deepcopy(json.loads(body))
    except ValueError:
        start = data.draw(st.integers(0, len(body)))
        return body[:start] + body[start + data.draw(st.integers(0, 200)) :]
    for _ in range(data.draw(st.integers(1, 3))):
        places = [place for place in containers(found) if place]
        if not places:
            break
        place = places[data.draw(st.integers(0, len(places) - 1))]
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else [0, -1]))
        if data.draw(st.booleans()):
            place[key] = copy.deepcopy(data.draw(st.sampled_from(ODD)))
        else:
            del place[key]
    return json.dumps(found).encode()


def containers(found: Any) -> Iterator[Any]:
    """Every list and object in a value."""
    if isinstance(found, dict | list):
        yield found
        for inner in found.values() if isinstance(found, dict) else found:
            yield from containers(inner)


def without_values(found: Any) -> Any:
    if isinstance(found, dict):
        return {key: without_values(inner) for key, inner in found.items()}
    return [without_values(inner) for inner in found] if isinstance(found, list) else None


def as_texts(found: Any) -> Any:
    if isinstance(found, dict):
        return {key: as_texts(inner) for key, inner in found.items()}
    if isinstance(found, list):
        return [as_texts(inner) for inner in found]
    return str(found) if isinstance(found, int | float) else found


def test_an_account_with_other_limits_is_taken_from_the_table(source: Source) -> None:
    site = replace(source.site, options={"tag_limit": 6, "keyset": False, "per_page": 50})

    assert registry.source(site).search(QUERIES[0]).site == "place"
