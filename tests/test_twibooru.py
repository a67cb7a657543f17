"""Twibooru: Philomena's terms, tags and fields under another API, with texts among the posts and a limit that names its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from harvester import (
    Ask,
    Busy,
    Candidate,
    Gone,
    Media,
    NeedsKey,
    Page,
    Query,
    Rating,
    Refused,
    Reply,
    Request,
    Site,
    Span,
    Unexpected,
)
from harvester.model import Narrow
from sources.twibooru import Twibooru
from tests import replies
from tests.replies import sent

SITE = Site("place", "twibooru", "https://twibooru.test")
PLACE = Twibooru(SITE)
RARITY = Query(("rarity",))
STILL = "animated:false, -mime_type:image/svg+xml"
POSTS, TAGS = "https://twibooru.test/api/v3/search/posts", "https://twibooru.test/api/v3/search/tags"  # fmt: skip
said = partial(replies.said, "https://twibooru.test/")
recorded = partial(replies.recorded, "twibooru")


def place(**options: Any) -> Twibooru:
    return Twibooru(replace(SITE, options=options))


def post(**fields: Any) -> dict[str, Any]:
    """The documented post with some fields changed."""
    return {**recorded("documented-post")["post"], **fields}


def listed(*posts: dict[str, Any], source: Twibooru = PLACE) -> Page:
    found = {"posts": list(posts), "total": len(posts)}
    return source.parse(source.search(RARITY), said(found))


def read(**fields: Any) -> Candidate:
    (candidate,) = listed(post(**fields)).candidates
    return candidate


# ---- what is asked ------------------------------------------------------------------------


def test_a_walk_begins_with_the_newest_posts_of_the_name() -> None:
    request = PLACE.search(RARITY)

    assert request.url == POSTS
    assert sent(request) == {"q": f"rarity, {STILL}", "sf": "id", "sd": "desc", "per_page": "50"}


def test_names_wishes_ratings_and_narrowing_are_terms_as_at_philomena() -> None:
    query = Query(
        ("Twilight_Sparkle",),
        want=("solo",),
        avoid=("comic",),
        ratings=frozenset({Rating.GENERAL, Rating.SENSITIVE}),
        narrow=Narrow("framing", "portrait", ("portrait",)),
    )

    asked = sent(PLACE.search(query))["q"]

    assert asked == f"twilight sparkle, portrait, solo, -comic, (safe || suggestive), {STILL}"


def test_what_changed_since_is_walked_by_page_number() -> None:
    since = datetime(2026, 1, 2, tzinfo=UTC)

    request = PLACE.search(replace(RARITY, order="updated", since=since))

    assert sent(request)["q"].endswith("updated_at.gte:2026-01-02")
    assert (sent(request)["sf"], sent(request)["page"]) == ("updated_at", "1")


def test_a_walk_can_begin_below_a_post() -> None:
    assert sent(PLACE.search(replace(RARITY, start="500")))["q"].endswith(", id.lt:500")


def test_another_filter_is_chosen_in_the_sites_table() -> None:
    adapter = place(filter_id=2)

    asked = (adapter.search(RARITY), adapter.count(RARITY), *listed(post(), source=adapter).follow)

    assert [sent(request)["filter_id"] for request in asked] == ["2", "2", "2"]


def test_posts_are_counted_without_asking_for_them() -> None:
    request = PLACE.count(RARITY)

    assert sent(request) == {"q": f"rarity, {STILL}", "per_page": "1"}
    assert PLACE.parse(request, said(recorded("documented-count"))) == Page(count=4321, end=True)


# ---- a walk -------------------------------------------------------------------------------


def test_a_walk_goes_on_below_the_lowest_id() -> None:
    page = listed(post(id=70), post(id=50), post(id=60))

    (onward,) = page.follow
    assert sent(onward)["q"] == f"rarity, {STILL}, id.lt:50"
    assert page.walked == Span("id", high="70", low="50")


def test_a_server_that_pays_no_heed_to_the_edge_is_walked_by_page_number() -> None:
    (second,) = listed(post(id=70), post(id=60)).follow

    page = PLACE.parse(second, said({"posts": [post(id=70), post(id=60)], "total": 9}))

    (third,) = page.follow
    assert (sent(third)["page"], "id.lt" in sent(third)["q"]) == ("3", False)
    assert page.walked is None


def test_only_an_empty_page_ends_a_walk() -> None:
    page = PLACE.parse(PLACE.search(RARITY), said(recorded("documented-none")))

    assert page == Page(end=True)


def test_texts_are_no_pictures_and_a_page_of_them_ends_nothing() -> None:
    page = PLACE.parse(PLACE.search(RARITY), said(recorded("documented-pastes")))

    (onward,) = page.follow
    assert page.candidates == ()
    assert page.walked == Span("id", high="3000000", low="3000000")
    assert sent(onward)["q"].endswith("id.lt:3000000")


def test_a_site_that_cannot_page_by_id_is_asked_by_number() -> None:
    page = listed(post(), source=place(keyset=False))

    assert sent(page.follow[0])["page"] == "2"
    assert page.walked is None


# ---- a post as a candidate ----------------------------------------------------------------


def test_a_post_tells_what_the_site_claims() -> None:
    candidate = read()
    claims, original = candidate.claims, candidate.original

    assert candidate.page_url == "https://twibooru.test/3000001"
    assert (claims.width, claims.height, claims.bytes) == (1600, 2400, 2345678)
    assert (claims.format, claims.media, claims.rating) == ("png", Media.STILL, Rating.GENERAL)
    assert claims.created == datetime(2024, 3, 1, 10, 11, 12, 138000, tzinfo=UTC)
    assert claims.tags == {
        "meta": ("safe",),
        "artist": ("artist:example",),
        "unknown": ("rarity", "pony", "unicorn", "solo"),
    }
    assert original is not None
    assert original.urls == ("https://cdn.twibooru.org/img/view/2024/3/1/3000001.png",)


def test_other_places_of_a_post_are_sources_of_it() -> None:
    assert read().relations.sources == (
        "https://example.net/a",
        "https://derpibooru.org/images/3000001",
    )


def test_every_kind_of_file_is_told_apart() -> None:
    page = PLACE.parse(PLACE.search(RARITY), said(recorded("documented-kinds")))

    kinds = {one.claims.format: one.claims.media for one in page.candidates}
    assert kinds["gif"] is Media.ANIMATION
    assert kinds["webm"] is Media.VIDEO
    assert kinds["jpeg"] is Media.STILL


def test_odd_types_and_missing_keys_are_read() -> None:
    page = PLACE.parse(PLACE.search(RARITY), said(recorded("odd-types")))

    odd, bare = page.candidates
    assert odd.relations.sources == ("https://example.net/b", "https://example.net/c")
    assert (bare.post_id, bare.files, bare.claims.tags) == ("3000019", (), None)


# ---- one post -----------------------------------------------------------------------------

DETAIL = PLACE.detail(Candidate("place", "3000001", ""))


def test_a_post_is_asked_for_by_its_id() -> None:
    page = PLACE.parse(DETAIL, said(recorded("documented-post")))

    assert (DETAIL.url, DETAIL.ask) == (
        "https://twibooru.test/api/v3/posts/3000001",
        Ask.DETAIL,
    )
    assert page == Page((read(locations=post()["locations"]),), end=True)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("documented-removed", "Rule #1"),
        ("documented-merged", "into post 3000001"),
        ("documented-paste", "no picture"),
    ],
)
def test_a_post_that_is_no_more_is_gone_and_why(name: str, reason: str) -> None:
    with pytest.raises(Gone, match=reason):
        PLACE.parse(DETAIL, said(recorded(name)))


# ---- names --------------------------------------------------------------------------------

NO_TAGS = recorded("documented-tags-none")


def lookups(name: str, *replies: Reply) -> list[Request]:
    """Every request of a look-up that gets these replies, and the one that would come next."""
    requests = [PLACE.resolve(name)]
    for reply in replies:
        requests += PLACE.parse(requests[-1], reply).follow
    return requests


def test_a_name_is_looked_up_in_the_list_of_tags_step_by_step() -> None:
    asked = lookups("Rainbow_Dash", *[said(NO_TAGS)] * 3)

    assert {request.url for request in asked} == {TAGS}
    assert [sent(request)["q"] for request in asked] == [
        "rainbow dash",
        "rainbow dash*",
        r"rainbow dash \(*",
        "rainbow dash~2",
    ]
    assert PLACE.parse(asked[-1], said(NO_TAGS)) == Page(end=True)


def test_a_name_the_site_knows_comes_with_its_category_and_count() -> None:
    (name,) = PLACE.parse(PLACE.resolve("rarity"), said(recorded("documented-tag"))).names

    assert (name.category, name.count, name.how) == ("character", 123456, "exact")


def test_an_alias_names_the_tag_it_stands_for() -> None:
    (name,) = PLACE.parse(PLACE.resolve("ts"), said(recorded("documented-alias"))).names

    assert (name.name, name.how) == ("twilight sparkle", "alias")


@pytest.mark.parametrize("status", [400, 404])
def test_without_a_list_of_tags_a_post_that_carries_the_name_settles_it(status: int) -> None:
    _, request = lookups("artist:example", said({"error": "no"}, status))

    page = PLACE.parse(request, said(recorded("documented-posts")))

    assert (request.url, sent(request)["q"]) == (POSTS, "artist:example")
    assert [(name.name, name.category) for name in page.names] == [("artist:example", "artist")]
    assert page.end


def test_many_tags_are_told_in_one_reply() -> None:
    request = PLACE.tags(["Solo", "oc:foo"])

    page = PLACE.parse(request, said(recorded("documented-tags")))

    assert (request.url, sent(request)["q"]) == (TAGS, "solo || oc:foo")
    assert int(sent(request)["per_page"]) >= PLACE.batch
    told = {tag.name: (tag.category, tag.count) for tag in page.tags}
    assert (told["solo"], told["oc:foo"]) == (("general", 900000), ("character", 12))


def test_tags_may_be_asked_for_by_a_pattern() -> None:
    assert sent(PLACE.tags(["rarity_(*"]))["q"] == r"rarity \(*"


# ---- refusals -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, "error-bad-query", Refused),
        (200, "error-bad-query", Refused),
        (401, "error-bad-query", NeedsKey),
        (404, "error-bad-query", Gone),
        (500, "error-bad-query", Busy),
        (200, "documented-tag", Unexpected),
    ],
)
def test_each_refusal_of_the_site_has_its_meaning(
    status: int, body: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        PLACE.parse(PLACE.search(RARITY), said(recorded(body), status))


@pytest.mark.parametrize("told", ["1750000000", "2025-06-15 15:06:40 UTC"])
def test_too_many_requests_say_when_there_may_be_more(told: str) -> None:
    with pytest.raises(Busy) as caught:
        PLACE.parse(PLACE.search(RARITY), said("no", 429, x_rl_reset=told))

    assert caught.value.until == datetime(2025, 6, 15, 15, 6, 40, tzinfo=UTC)


@pytest.mark.parametrize("headers", [{}, {"x_rl_reset": "soon"}])
def test_too_many_requests_without_a_time_are_busy_all_the_same(headers: dict[str, str]) -> None:
    with pytest.raises(Busy) as caught:
        PLACE.parse(PLACE.search(RARITY), said("no", 429, **headers))

    assert caught.value.until is None
