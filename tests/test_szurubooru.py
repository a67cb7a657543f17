"""Szurubooru: names with their signs escaped, a walk by `id:..N`, tags with their kinds, rights that may be missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest

from harvester import (
    Ask,
    Busy,
    Candidate,
    File,
    Gone,
    Media,
    Name,
    NeedsKey,
    Page,
    Query,
    Rating,
    Refused,
    Reply,
    Request,
    Site,
    Span,
    Tag,
    Unexpected,
    Word,
    vocabulary,
)
from harvester.model import Narrow
from harvester.net import Account
from sources.szurubooru import Szurubooru
from tests import replies
from tests.replies import sent

SITE = Site("place", "szurubooru", "https://place.test/booru")
BOORU = Szurubooru(SITE)
REIMU = Query(("hakurei_reimu",))
DENIED = "recorded-tags-denied-anonymously"
said = partial(replies.said, "https://place.test/booru/api/")
recorded = partial(replies.recorded, "szurubooru")


def answered(request: Request, name: str, status: int = 200) -> Page:
    return BOORU.parse(request, said(recorded(name), status))


def onward(page: Page) -> Request:
    (request,) = page.follow
    return request


def terms(query: Query) -> str:
    """What is asked beside the pictures being stills, the newest first."""
    return sent(BOORU.search(query))["query"].removesuffix(" type:image sort:id")


def listed(*ids: int) -> Reply:
    return said({"query": "", "offset": 0, "limit": 100, "total": 5, "results": [{"id": n} for n in ids]})  # fmt: skip


def odd() -> dict[str, Candidate]:
    page = BOORU.parse(BOORU.search(REIMU), said(recorded("odd-posts")))
    return {candidate.post_id: candidate for candidate in page.candidates}


# ---- what is asked ------------------------------------------------------------------------


def test_a_walk_begins_with_the_newest_posts_of_the_name() -> None:
    request = BOORU.search(REIMU)

    assert request.url == "https://place.test/booru/api/posts/"
    assert sent(request) == {
        "query": "hakurei_reimu type:image sort:id",
        "offset": "0",
        "limit": "100",
    }


def test_every_request_says_that_it_takes_json() -> None:
    wanted = {"Accept": "application/json", "Content-Type": "application/json"}
    requests = [
        BOORU.search(REIMU),
        BOORU.count(REIMU),
        BOORU.resolve("reimu"),
        BOORU.tags(["reimu"]),
        BOORU.tags(["reimu_(*"]),
        BOORU.detail(Candidate("place", "1", "")),
        onward(BOORU.parse(BOORU.search(REIMU), listed(5))),
    ]

    assert all(dict(request.headers) == wanted for request in requests)


@pytest.mark.parametrize(
    ("name", "term"),
    [
        ("Hakurei  Reimu", "hakurei_reimu"),
        ("re:zero", r"re\:zero"),
        ("rem_(re:zero)", r"rem_(re\:zero)"),
        ("artist:deevad", r"artist\:deevad"),
        ("-x-", r"\-x\-"),
        ("close-up", r"close\-up"),
        ("a,b", r"a\,b"),
        ("x..y", r"x\.\.y"),
        ("...", r"\.\.\."),
        ("dr._who", "dr._who"),
        ("a*", r"a\*"),
        ("back\\slash", r"back\\slash"),
        ("博麗霊夢", "博麗霊夢"),
    ],
)
def test_a_name_stands_for_itself(name: str, term: str) -> None:
    assert terms(Query((name,))) == term


def test_wishes_are_all_sent_for_the_server_takes_any_number() -> None:
    query = replace(REIMU, want=("solo", "red bow"), avoid=("comic", "re:zero"))

    assert terms(query) == r"hakurei_reimu solo red_bow -comic -re\:zero"


@pytest.mark.parametrize(
    ("ratings", "term"),
    [
        ({Rating.GENERAL}, " safety:safe"),
        ({Rating.SENSITIVE, Rating.GENERAL}, " safety:safe,sketchy"),
        ({Rating.EXPLICIT}, " safety:unsafe"),
        ({Rating.QUESTIONABLE}, ""),
        (set(Rating), ""),
        (set(), ""),
    ],
)
def test_ratings_are_asked_for_by_their_names(ratings: set[Rating], term: str) -> None:
    assert terms(replace(REIMU, ratings=frozenset(ratings))) == f"hakurei_reimu{term}"


@pytest.mark.parametrize(
    ("narrow", "asked"),
    [
        (Narrow("framing", "portrait", ("portrait", "close-up")), r"portrait,close\-up type:image"),
        (Narrow("official", "official", ("official_art",)), "official_art type:image"),
        (Narrow("score", "20"), "type:image score:20.."),
        (Narrow("dates", "2020-01-01..2022-12-31"), "type:image creation-date:2020-01-01..2022-12-31"),
    ],
)  # fmt: skip
def test_a_narrowed_walk_is_narrowed_by_the_server(narrow: Narrow, asked: str) -> None:
    request = BOORU.search(replace(REIMU, narrow=narrow))

    assert sent(request)["query"] == f"hakurei_reimu {asked} sort:id"


def test_a_count_is_told_with_one_post_and_little_of_it() -> None:
    request = BOORU.count(replace(REIMU, since=datetime(2026, 1, 2, tzinfo=UTC)))

    assert sent(request) == {
        "query": "hakurei_reimu type:image creation-date:2026-01-02..",
        "limit": "1",
        "fields": "id",
    }
    assert answered(request, "recorded-search-offset0") == Page(count=12, end=True)


def test_an_account_signs_with_its_token() -> None:
    account = Account("place", Szurubooru.auth, {"login": "user", "token": "token"})

    assert account.headers == (("Authorization", "Token dXNlcjp0b2tlbg=="),)


# ---- a walk -------------------------------------------------------------------------------


def test_a_walk_goes_on_below_the_lowest_id() -> None:
    page = answered(BOORU.search(REIMU), "recorded-search-offset0")

    assert len(page.candidates) == 10
    assert sent(onward(page))["query"] == "hakurei_reimu type:image id:..4 sort:id"
    assert sent(onward(page))["offset"] == "0"
    assert page.walked == Span("id", high="81", low="5")


def test_only_an_empty_page_ends_a_walk() -> None:
    second = onward(BOORU.parse(BOORU.search(REIMU), listed(5)))

    assert answered(second, "recorded-search-none") == Page(end=True)


def test_a_walk_may_begin_below_an_id() -> None:
    assert terms(replace(REIMU, start="500")) == "hakurei_reimu type:image id:..499 sort:id"


def test_a_site_may_be_walked_by_offset() -> None:
    adapter = Szurubooru(replace(SITE, options={"keyset": False}))
    page = adapter.parse(adapter.search(REIMU), listed(9, 8, 7))

    assert (sent(onward(page))["offset"], page.walked) == ("3", None)
    assert sent(onward(adapter.parse(onward(page), listed(6))))["offset"] == "4"


def test_a_server_that_pays_no_heed_to_an_edge_is_walked_by_offset() -> None:
    second = onward(BOORU.parse(BOORU.search(REIMU), listed(9, 8)))
    page = BOORU.parse(second, listed(9, 8))

    assert "id:.." not in sent(onward(page))["query"]
    assert sent(onward(page))["offset"] == "2"


def test_what_was_edited_is_walked_first_and_then_what_is_new() -> None:
    query = replace(REIMU, order="updated", since=datetime(2026, 1, 2, tzinfo=UTC))
    first = BOORU.search(query)
    page = BOORU.parse(first, listed(9, 8))
    then = onward(BOORU.parse(onward(page), listed()))

    assert "last-edit-date:2026-01-02.. sort:id" in sent(first)["query"]
    assert "last-edit-date:2026-01-02.. id:..7" in sent(onward(page))["query"]
    assert "creation-date:2026-01-02.. sort:id" in sent(then)["query"]
    assert page.walked is None
    assert BOORU.parse(then, listed()) == Page(end=True)


def test_what_was_added_since_is_asked_for_by_its_date() -> None:
    query = replace(REIMU, since=datetime(2026, 1, 2, tzinfo=UTC))

    assert "creation-date:2026-01-02.." in sent(BOORU.search(query))["query"]


# ---- a post -------------------------------------------------------------------------------


def test_a_documented_post_is_read_key_by_key() -> None:
    (candidate,) = answered(BOORU.search(REIMU), "documented-search").candidates
    claims = candidate.claims

    assert (claims.width, claims.height, claims.bytes) == (1600, 2400, 2345678)
    assert (claims.format, claims.media, claims.rating) == ("png", Media.STILL, Rating.GENERAL)
    assert claims.md5 == "0123456789abcdef0123456789abcdef"
    assert claims.sha1 == "0123456789abcdef0123456789abcdef01234567"
    assert claims.tags == {"character": ("hakurei_reimu",)}
    assert (claims.score, claims.favourites, claims.status) == (0, 0, frozenset())
    assert claims.created == claims.updated == datetime(2024, 3, 1, 10, 11, 12, 345678, tzinfo=UTC)
    assert candidate.page_url == "https://place.test/booru/post/12"
    assert candidate.relations.sources == ("https://example.net/a",)
    base = "https://place.test/booru/data"
    assert candidate.files == (
        File(
            "original", (f"{base}/posts/12_abcdef0123456789.png",), 1600, 2400, 2345678, "png",
            md5=claims.md5, sha1=claims.sha1,
        ),
        File("preview", (f"{base}/generated-thumbnails/12_abcdef0123456789.jpg",)),
    )  # fmt: skip


def test_a_real_post_by_itself_is_read_as_well() -> None:
    (candidate,) = answered(BOORU.detail(Candidate("place", "1", "")), "recorded-post").candidates

    assert candidate.post_id == "1"
    assert candidate.claims.tags is not None
    assert candidate.claims.tags["artist"] == ("artist:deevad",)
    assert (candidate.relations.children, candidate.relations.pools) == (("2",), ("1",))
    assert candidate.original is not None
    assert candidate.original.urls == ("https://place.test/data/posts/1_dee9aae5fb07bbd9.jpg",)
    assert candidate.claims.format == "jpeg"


def test_categories_are_known_by_their_usual_names() -> None:
    assert odd()["40"].claims.tags == {
        "copyright": ("re:zero",),
        "unknown": ("rem_(re:zero)", "x..y"),
    }


def test_other_names_of_tags_are_words_that_the_gates_read() -> None:
    words = odd()["40"].words

    assert words == (Word("category", "リゼロ"), Word("category", "small_girl"))
    hidden = odd()["40"].claims
    told = vocabulary.read(hidden, family="szurubooru", words=(Word("category", "lolicon"),))
    assert "minors" in (told.marks or {})


def test_odd_posts_are_read_as_far_as_they_go() -> None:
    found = odd()
    moving, video, bare, flash = (found[number].claims for number in ("40", "39", "38", "37"))

    assert (moving.media, moving.format, moving.bytes) == (Media.ANIMATION, "gif", 5)
    assert (moving.rating, moving.md5) == (Rating.SENSITIVE, None)
    assert moving.sha1 == "0123456789abcdef0123456789abcdef01234567"
    assert moving.updated == datetime(2024, 4, 1, 10, 11, 12, 500000, tzinfo=UTC)
    assert found["40"].relations.sources == ("https://example.net/a", "https://example.net/b")
    assert (video.media, video.format, video.rating) == (Media.VIDEO, "webm", Rating.EXPLICIT)
    assert (bare.rating, bare.tags, bare.format) == (None, None, "svg")
    assert (flash.media, flash.format) == (Media.FLASH, "swf")


def test_a_post_without_an_address_is_a_candidate_all_the_same() -> None:
    assert (odd()["38"].files, odd()["38"].incomplete) == ((), frozenset())


def test_addresses_are_made_whole_below_the_sites_own() -> None:
    found = {number: [file.urls[0] for file in one.files] for number, one in odd().items()}

    assert found["40"] == ["https://cdn.example.net/40.gif"]
    assert found["39"] == ["https://place.test/booru/data/posts/39.webm"]
    assert found["37"] == ["https://files.example.net/37.swf?x=1", "https://place.test/booru/t/37.jpg"]  # fmt: skip


def test_a_default_rating_is_for_posts_that_tell_none() -> None:
    adapter = Szurubooru(replace(SITE, rating_default=Rating.QUESTIONABLE))
    page = adapter.parse(adapter.search(REIMU), said(recorded("odd-posts")))

    assert {one.post_id: one.claims.rating for one in page.candidates} == {
        "40": Rating.SENSITIVE, "39": Rating.EXPLICIT, "38": None, "37": Rating.QUESTIONABLE,
    }  # fmt: skip
    assert [one.post_id for one in page.candidates if one.claims.status] == ["37"]


def test_a_post_that_is_no_more_is_gone() -> None:
    with pytest.raises(Gone):
        answered(BOORU.detail(Candidate("place", "9", "")), "documented-post-not-found", 404)


# ---- names and tags -----------------------------------------------------------------------


def test_a_tag_tells_the_names_it_goes_by() -> None:
    exact = answered(BOORU.resolve("Hakurei Reimu"), "recorded-tag")
    alias = answered(BOORU.resolve("博麗霊夢"), "recorded-tag")

    assert BOORU.resolve("rem (re:zero)").url.endswith("/api/tag/rem_%28re%3Azero%29")
    assert exact.names == (Name("hakurei_reimu", "character", 12, "exact", "hakurei_reimu"),)
    assert alias.names == (Name("hakurei_reimu", "character", 12, "alias", "博麗霊夢"),)


def test_a_name_that_is_no_tag_is_completed() -> None:
    second = onward(answered(BOORU.resolve("reimu"), "documented-tag-not-found", 404))
    page = answered(second, "documented-tags")

    assert second.url == "https://place.test/booru/api/tags/"
    assert sent(second) == {"query": "reimu* sort:usages", "limit": "20"}
    assert page.names == (
        Name("hakurei_reimu", "character", 12, "alias", "reimu"),
        Name("reimu_(cosplay)", "unknown", 2, "autocomplete", "reimu"),
    )


def test_without_the_right_to_list_tags_posts_tell_of_them() -> None:
    second = onward(answered(BOORU.resolve("reimu"), "documented-tag-not-found", 404))
    third = onward(answered(second, DENIED, 403))
    page = answered(third, "documented-posts-by-tags")

    assert third.url == "https://place.test/booru/api/posts/"
    assert sent(third) == {"query": "reimu*", "limit": "100", "fields": "tags"}
    assert page.names == (
        Name("hakurei_reimu", "character", 12, "alias", "reimu"),
        Name("reimu_(cosplay)", "unknown", 2, "autocomplete", "reimu"),
    )
    assert sent(onward(page)) == {"query": "*reimu*", "limit": "100", "fields": "tags"}


def test_the_last_step_looks_for_the_longest_part_of_the_name_anywhere() -> None:
    request = BOORU.resolve("reimu_hakure")
    for name, status in (("documented-tag-not-found", 404), ("recorded-search-none", 200)):
        request = onward(answered(request, name, status))
    found = {"results": [{"names": ["hakurei_reimu"], "category": "character", "usages": 12}]}

    assert sent(request)["query"] == "*hakure* sort:usages"
    page = BOORU.parse(request, said(found))
    assert page.names == (Name("hakurei_reimu", "character", 12, "fuzzy", "reimu_hakure"),)
    assert page.end


def test_a_tag_that_may_not_be_looked_at_is_looked_for() -> None:
    assert "query" in sent(onward(answered(BOORU.resolve("reimu"), DENIED, 403)))


def test_where_not_even_posts_are_for_visitors_a_key_is_needed() -> None:
    request = BOORU.resolve("reimu")
    for _ in range(2):
        request = onward(answered(request, DENIED, 403))

    with pytest.raises(NeedsKey):
        answered(request, DENIED, 403)


def test_a_tag_is_told_under_the_name_it_goes_by() -> None:
    assert answered(BOORU.tags(["reimu"]), "recorded-tag").tags == (Tag("hakurei_reimu", "character", 12),)  # fmt: skip
    assert answered(BOORU.tags(["nothing"]), "documented-tag-not-found", 404) == Page(end=True)
    assert answered(BOORU.tags(["reimu"]), DENIED, 403).tags == (Tag("reimu", "unknown"),)


def test_tags_that_begin_so_are_told_by_posts() -> None:
    request = BOORU.tags(["reimu_(*"])

    assert sent(request) == {"query": "reimu_(*", "limit": "100", "fields": "tags"}
    assert answered(request, "documented-posts-by-tags").tags == (Tag("reimu_(cosplay)", "unknown", 2),)  # fmt: skip


# ---- refusals -----------------------------------------------------------------------------


def test_posts_that_are_for_accounts_need_a_key() -> None:
    for request in (BOORU.search(REIMU), BOORU.count(REIMU)):
        with pytest.raises(NeedsKey, match="Insufficient privileges"):
            answered(request, DENIED, 403)


def test_a_post_that_is_not_for_visitors_ends_no_site_whose_lists_are() -> None:
    with pytest.raises(Refused):
        answered(BOORU.detail(Candidate("place", "1", "")), DENIED, 403)


@pytest.mark.parametrize(
    ("name", "status", "told"),
    [
        ("recorded-unescaped-colon-error", 400, "Unknown named token: 'artist'"),
        ("recorded-no-accept-header", 406, "only supports JSON"),
        ("documented-limit-error", 400, "at most 100"),
        ("documented-limit-error", 200, "at most 100"),
    ],
)
def test_what_the_site_refuses_is_told_in_its_own_words(name: str, status: int, told: str) -> None:
    with pytest.raises(Refused, match=told):
        answered(BOORU.search(REIMU), name, status)


@pytest.mark.parametrize("status", [429, 502, 503])
def test_what_stands_before_the_site_may_be_busy(status: int) -> None:
    with pytest.raises(Busy):
        BOORU.parse(BOORU.search(REIMU), Reply(status, "", {}, b"<html>nginx</html>"))


def test_a_page_for_people_is_no_answer() -> None:
    with pytest.raises(Unexpected):
        BOORU.parse(BOORU.search(REIMU), Reply(200, "", {}, b"<!doctype html><html></html>"))


def test_safe_is_the_mildest_of_three_ratings_and_not_general_alone() -> None:
    assert vocabulary.standard().table("szurubooru").coarse


def test_details_ask_for_the_post_itself() -> None:
    request = BOORU.detail(Candidate("place", "81", ""))

    assert (request.ask, request.url) == (Ask.DETAIL, "https://place.test/booru/api/post/81")
