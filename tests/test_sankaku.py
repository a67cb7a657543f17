"""Sankaku: one tag, pages by token, kinds of tags and new addresses by the post, a 429 that is not always about pace."""

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
    Facts,
    Gone,
    Media,
    Name,
    NeedsKey,
    Page,
    Query,
    Rating,
    Refused,
    Site,
    Unexpected,
)
from harvester.net import Account
from sources.sankaku import Sankaku
from tests import replies
from tests.replies import sent

SITE = Site("place", "sankaku", "https://api.test", options={"pages": "https://place.test"})
PLACE = Sankaku(SITE)
REIMU = Query(("Hakurei_Reimu",), want=("solo",), avoid=("comic",))
EXPIRY = datetime.fromtimestamp(1750000000, UTC)
LISTED = Candidate(
    "place",
    "Vy5rEpq7M0A",
    "",
    Facts(rating=Rating.GENERAL, tags={"unknown": ("hakurei_reimu", "solo", "untold")}),
    incomplete=frozenset({"tags"}),
)
TOKEN = "eyJpZCI6MX0="
said = partial(replies.said, "https://api.test/")
recorded = partial(replies.recorded, "sankaku")


def listed(name: str = "documented-keyset") -> Page:
    return PLACE.parse(PLACE.search(REIMU), said(recorded(name)))


def read(**fields: Any) -> Candidate:
    """The documented post with some fields changed, as a candidate."""
    row = {**recorded("documented-post")[0], **fields}
    (candidate,) = PLACE.parse(PLACE.search(REIMU), said({"data": [row], "meta": {}})).candidates
    return candidate


# ---- what is asked ------------------------------------------------------------------------


def test_a_visitor_searches_for_the_name_alone() -> None:
    request = PLACE.search(REIMU)

    assert request.url == "https://api.test/v2/posts/keyset"
    assert sent(request) == {"lang": "en", "limit": "40", "tags": "hakurei_reimu"}
    assert dict(request.headers) == {
        "Accept": "application/vnd.sankaku.api+json;v=2",
        "Origin": "https://place.test",
    }


def test_an_account_searches_for_as_many_tags_as_its_table_says() -> None:
    adapter = Sankaku(replace(SITE, options={"tag_limit": 4}))

    assert sent(adapter.search(REIMU))["tags"] == "hakurei_reimu solo"


def test_an_account_is_the_token_of_the_sites_own_sign_in() -> None:
    account = Account("place", PLACE.auth, {"access_token": "abc"})

    assert account.headers == (("Authorization", "Bearer abc"),)


# ---- a walk -------------------------------------------------------------------------------


def test_a_walk_goes_on_with_the_token_of_the_page() -> None:
    page = listed()

    (onward,) = page.follow
    assert sent(onward) == {**sent(PLACE.search(REIMU)), "next": TOKEN}
    assert onward.headers == PLACE.search(REIMU).headers
    assert page.walked is None


def test_a_page_without_a_token_is_the_last() -> None:
    page = listed("documented-keyset-last")

    assert (len(page.candidates), page.follow, page.end) == (1, (), True)


def test_a_server_that_gives_the_same_token_again_is_not_asked_for_ever() -> None:
    (onward,) = listed().follow

    assert PLACE.parse(onward, said(recorded("documented-keyset"))).end


def test_an_empty_page_ends_a_walk() -> None:
    assert listed("documented-none") == Page(end=True)


# ---- a post as a candidate ----------------------------------------------------------------


def test_a_post_tells_what_the_site_claims() -> None:
    candidate = listed().candidates[0]
    claims = candidate.claims

    assert (candidate.post_id, candidate.page_url) == (
        "Vy5rEpq7M0A",
        "https://place.test/posts/Vy5rEpq7M0A",
    )
    assert (claims.width, claims.height, claims.bytes) == (1600, 2400, 2345678)
    assert (claims.format, claims.media, claims.rating) == ("png", Media.STILL, Rating.GENERAL)
    assert (claims.md5, claims.score, claims.favourites) == ("0123456789abcdef" * 2, 41, 6)
    assert claims.created == datetime(2024, 3, 1, 10, 11, 12, tzinfo=UTC)
    assert claims.status == frozenset()
    assert (candidate.relations.parent, candidate.relations.has_children) == ("Ab3", True)
    assert candidate.relations.sources == ("https://www.pixiv.net/artworks/1",)


def test_tags_come_without_their_kinds() -> None:
    candidate = listed().candidates[0]

    assert candidate.incomplete == {"tags"}
    assert candidate.claims.tags == {
        "unknown": ("hakurei_reimu", "touhou", "solo", "aki_(artist)", "high_resolution")
    }


def test_every_address_says_when_it_expires() -> None:
    files = listed().candidates[0].files

    assert [(file.role, file.expires) for file in files] == [
        ("original", EXPIRY),
        ("sample", EXPIRY),
        ("preview", EXPIRY),
    ]
    assert files[0].headers == (("Referer", "https://place.test/"),)
    assert (files[1].width, files[1].height) == (850, 1275)


@pytest.mark.parametrize("end", ["", "?m=1", "?e=", "?e=soon", "?e=99999999999999999999"])
def test_an_address_that_tells_no_moment_does_not_expire(end: str) -> None:
    original = read(file_url=f"https://s.test/data/a.png{end}").original

    assert original is not None
    assert original.expires is None


def test_a_post_for_accounts_has_no_file() -> None:
    _, login, deleted, _ = listed().candidates

    assert not login.files
    assert not login.incomplete
    assert login.claims.status == {"needs_login"}
    assert login.claims.rating is Rating.EXPLICIT
    assert not deleted.files
    assert deleted.claims.status == {"deleted"}


def test_a_video_is_told_by_its_type() -> None:
    assert listed().candidates[3].claims.media is Media.VIDEO


def test_odd_types_and_missing_keys_are_read() -> None:
    odd, bare = listed("odd-types").candidates

    assert (odd.claims.width, odd.claims.height, odd.claims.bytes) == (1600, None, None)
    assert (odd.claims.md5, odd.claims.rating, odd.claims.score) == (None, None, -3)
    assert odd.claims.created == datetime(2024, 3, 1, 10, 11, 12, tzinfo=UTC)
    assert odd.claims.tags == {"unknown": ("solo",)}
    assert [file.urls[0] for file in odd.files] == ["https://s.sankaku.test/data/a.png?e=soon&m=1"]
    assert (bare.post_id, bare.files, bare.claims.tags) == ("7", (), None)


# ---- one post -----------------------------------------------------------------------------


def test_kinds_of_tags_are_asked_by_the_post() -> None:
    request = PLACE.detail(LISTED)

    page = PLACE.parse(request, said(recorded("documented-tags")))

    (candidate,) = page.candidates
    assert (request.url, request.ask) == ("https://api.test/posts/Vy5rEpq7M0A/tags", Ask.DETAIL)
    assert candidate.claims.rating is Rating.GENERAL
    assert candidate.claims.tags == {
        "character": ("hakurei_reimu",),
        "copyright": ("touhou",),
        "general": ("solo",),
        "artist": ("aki_(artist)",),
        "meta": ("high_resolution",),
        "unknown": ("untold",),
    }
    assert (candidate.incomplete, candidate.files) == (frozenset(), ())
    assert {tag.name: tag.category for tag in page.tags}["aki_(artist)"] == "artist"


def test_each_type_of_tag_has_its_category() -> None:
    page = PLACE.parse(PLACE.detail(LISTED), said(recorded("documented-types")))

    assert [tag.category for tag in page.tags] == [
        *("general", "artist", "copyright", "copyright", "character"),
        *("general", "meta", "meta", "unknown"),
    ]


def test_a_file_whose_address_expired_is_asked_for_by_its_post() -> None:
    request = PLACE.detail(replace(LISTED, incomplete=frozenset({"tags", "url"})))

    page = PLACE.parse(request, said(recorded("documented-post")))

    assert request.url == "https://api.test/v2/posts"
    assert sent(request) == {
        "lang": "en",
        "page": "1",
        "limit": "1",
        "tags": "id_range:Vy5rEpq7M0A",
    }
    assert page == Page((listed().candidates[0],), end=True)


@pytest.mark.parametrize("name", ["documented-post-none", "documented-keyset-last"])
def test_a_post_that_is_no_more_is_gone(name: str) -> None:
    request = PLACE.detail(replace(LISTED, incomplete=frozenset({"url"})))

    with pytest.raises(Gone):
        PLACE.parse(request, said(recorded(name)))


# ---- names --------------------------------------------------------------------------------


def test_a_name_is_what_a_post_has_and_its_kind_is_what_the_post_says() -> None:
    request = PLACE.resolve("Hakurei Reimu")
    (kinds,) = PLACE.parse(request, said(recorded("documented-keyset"))).follow

    page = PLACE.parse(kinds, said(recorded("documented-tags")))

    assert (sent(request)["tags"], sent(request)["limit"]) == ("hakurei_reimu", "1")
    assert kinds.url == "https://api.test/posts/Vy5rEpq7M0A/tags"
    assert page == Page(
        names=(Name("hakurei_reimu", "character", asked="hakurei_reimu"),), end=True
    )


def test_a_name_nobody_has_is_tried_the_other_way_round_and_only_offered() -> None:
    request = PLACE.resolve("reimu_hakurei")

    (turned,) = PLACE.parse(request, said(recorded("documented-none"))).follow
    (kinds,) = PLACE.parse(turned, said(recorded("documented-keyset"))).follow
    (name,) = PLACE.parse(kinds, said(recorded("documented-tags"))).names

    assert (name.name, name.how, name.asked) == ("hakurei_reimu", "fuzzy", "reimu_hakurei")
    assert PLACE.parse(turned, said(recorded("documented-none"))) == Page(end=True)


def test_a_name_of_one_word_has_no_other_way_round() -> None:
    page = PLACE.parse(PLACE.resolve("nobody"), said(recorded("documented-none")))

    assert page == Page(end=True)


# ---- refusals -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [
        ("error-tag-limit", 429, Refused),
        ("error-tag-limit", 200, Refused),
        ("error-token", 401, NeedsKey),
        ("error-token", 200, NeedsKey),
        ("error-token", 404, Gone),
        ("error-token", 503, Busy),
    ],
)
def test_each_refusal_of_the_site_has_its_meaning(
    name: str, status: int, error: type[Exception]
) -> None:
    with pytest.raises(error):
        PLACE.parse(PLACE.search(REIMU), said(recorded(name), status))


@pytest.mark.parametrize("found", [{"data": 5}, {"data": [{"id": None}]}, {}, 5])
def test_a_page_of_another_shape_is_unexpected(found: object) -> None:
    with pytest.raises(Unexpected):
        PLACE.parse(PLACE.search(REIMU), said(found))


@pytest.mark.parametrize(
    ("told", "until", "after"), [("1750000000", EXPIRY, None), ("90", None, 90.0), ("x", None, None)]
)  # fmt: skip
def test_a_429_about_pace_tells_when_it_ends(
    told: str, until: datetime | None, after: float | None
) -> None:
    with pytest.raises(Busy) as caught:
        PLACE.parse(PLACE.search(REIMU), said({}, 429, x_ratelimit_reset=told))

    assert (caught.value.until, caught.value.after) == (until, after)
