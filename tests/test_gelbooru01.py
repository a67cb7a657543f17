"""Gelbooru 0.1.11: lists of twenty by row offset, the picture on the page of its post alone, all of it HTML."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harvester import (
    Ask,
    Busy,
    Candidate,
    File,
    Gone,
    Media,
    Page,
    Query,
    Rating,
    Refused,
    Reply,
    Request,
    Site,
    Unexpected,
)
from harvester.model import Narrow
from sources.gelbooru01 import Gelbooru01
from tests.replies import sent

FIXTURES = Path(__file__).parent / "fixtures" / "gelbooru01"
SITE = Site("place", "gelbooru01", "https://place.booru.test")
BOORU = Gelbooru01(SITE)
SOLO = Query(("solo",))
DETAIL = BOORU.detail(Candidate("place", "12345", ""))
DIGEST = "0123456789abcdef0123456789abcdef01234567"


def recorded(name: str) -> str:
    return (FIXTURES / f"{name}.html").read_text("utf-8")


def said(text: str, status: int = 200, url: str = "https://place.booru.test/index.php") -> Reply:
    return Reply(status, url, {}, text.encode(), "html")


def listed(name: str = "documented-list") -> Page:
    return BOORU.parse(BOORU.search(SOLO), said(recorded(name)))


def titled(title: str) -> Candidate:
    page = recorded("documented-list-last").replace("1girl score:3 rating:Safe", title)
    (candidate,) = BOORU.parse(BOORU.search(SOLO), said(page)).candidates
    return candidate


def single(name: str = "documented-post") -> Candidate:
    (candidate,) = BOORU.parse(DETAIL, said(recorded(name))).candidates
    return candidate


# ---- what is asked ------------------------------------------------------------------------


def test_a_walk_begins_with_the_first_rows_of_the_list() -> None:
    request = BOORU.search(SOLO)

    assert (request.url, request.kind) == ("https://place.booru.test/index.php", "html")
    assert sent(request) == {"page": "post", "s": "list", "tags": "solo", "pid": "0"}


def test_tags_that_must_be_there_are_asked_for_and_nothing_else() -> None:
    query = replace(
        Query(("Hakurei Reimu",), want=("red bow",), avoid=("comic",)),
        narrow=Narrow("framing", "portrait", ("portrait",)),
        ratings=frozenset({Rating.GENERAL}),
        order="updated",
        since=datetime(2026, 1, 1, tzinfo=UTC),
        start="500",
    )

    assert sent(BOORU.search(query))["tags"] == "hakurei_reimu portrait red_bow"
    assert sent(BOORU.search(query))["pid"] == "0"


def test_without_a_tag_everything_is_listed() -> None:
    assert sent(BOORU.search(Query(())))["tags"] == "all"


def test_a_post_is_asked_for_by_its_id() -> None:
    assert (DETAIL.ask, DETAIL.kind) == (Ask.DETAIL, "html")
    assert sent(DETAIL) == {"page": "post", "s": "view", "id": "12345"}


# ---- a walk -------------------------------------------------------------------------------


def test_a_walk_goes_on_twenty_rows_further() -> None:
    page = listed()

    (second,) = page.follow
    (third,) = BOORU.parse(second, said(recorded("documented-list"))).follow
    assert len(page.candidates) == 20
    assert (sent(second)["pid"], sent(third)["pid"]) == ("20", "40")
    assert (page.walked, page.end) == (None, False)


def test_a_short_page_does_not_end_a_walk() -> None:
    page = listed("documented-list-last")

    assert (len(page.candidates), len(page.follow), page.end) == (1, 1, False)


def test_only_an_empty_page_ends_a_walk() -> None:
    assert listed("documented-list-none") == Page(end=True)


@pytest.mark.parametrize(
    ("name", "count"),
    [("documented-list", 41), ("documented-list-last", 1), ("documented-list-none", 0)],
)
def test_the_last_page_tells_how_many_posts_there_are_at_least(name: str, count: int) -> None:
    request = BOORU.count(SOLO)

    assert BOORU.parse(request, said(recorded(name))) == Page(count=count, end=True)


# ---- a thumbnail --------------------------------------------------------------------------


def test_a_thumbnail_tells_tags_score_and_rating() -> None:
    candidate = listed().candidates[5]

    assert (candidate.key, candidate.claims.score) == ("place:12340", 5)
    assert candidate.claims.tags == {"unknown": ("1girl", "solo", "tag_5")}
    assert candidate.claims.rating is Rating.GENERAL
    assert candidate.page_url == "https://place.booru.test/index.php?page=post&s=view&id=12340"


def test_what_is_missing_is_the_address_of_the_picture() -> None:
    candidate = listed().candidates[16]

    assert candidate.original is None
    assert candidate.incomplete == {"url"}
    url = f"https://thumbs.booru.org/place/thumbnails//1/thumbnail_{DIGEST}.jpg"
    assert candidate.files == (File("preview", (url,)),)


def test_a_digest_in_a_name_is_taken_for_no_hash() -> None:
    facts = (listed().candidates[16].claims, single().claims, single().original)

    assert [(one.md5, one.sha1) for one in facts if one] == [(None, None)] * 3


def test_tags_are_read_however_often_they_were_escaped() -> None:
    candidate = listed().candidates[17]

    assert candidate.claims.tags == {"unknown": ("don't_starve", "博麗霊夢", "<3")}
    assert (candidate.claims.score, candidate.claims.rating) == (-2, Rating.QUESTIONABLE)


@pytest.mark.parametrize(
    ("title", "tags", "score", "rating"),
    [
        ("a b rating:Explicit", ("a", "b"), None, Rating.EXPLICIT),
        ("a score:7", ("a",), 7, None),
        ("score:2 rating:Safe", None, 2, Rating.GENERAL),
        ("score:9 a high_score:3 rating:safe ", ("score:9", "a", "high_score:3"), None, Rating.GENERAL),
        ("score:x rating:", ("score:x",), None, None),
        ("", None, None, None),
    ],
)  # fmt: skip
def test_a_title_may_leave_something_out(
    title: str, tags: tuple[str, ...] | None, score: int | None, rating: Rating | None
) -> None:
    claims = titled(title).claims

    assert claims.tags == ({"unknown": tags} if tags else None)
    assert (claims.score, claims.rating) == (score, rating)


def test_what_moves_is_told_by_its_tags() -> None:
    assert titled("animated_gif rating:Safe").claims.media is Media.ANIMATION
    assert titled("solo rating:Safe").claims.media is None


# ---- the page of a post -------------------------------------------------------------------


def test_the_page_of_a_post_tells_where_the_picture_is_and_what_it_is() -> None:
    candidate, url = single(), f"https://img.booru.org/place//images/1/{DIGEST}.png"
    claims = candidate.claims

    assert candidate.files == (File("original", (url,), 800, 1200, format="png"),)
    assert (candidate.key, candidate.incomplete) == ("place:12345", frozenset())
    assert (claims.width, claims.height, claims.format) == (800, 1200, "png")
    assert (claims.media, claims.rating, claims.score) == (Media.STILL, Rating.GENERAL, 7)
    assert claims.created == datetime(2017, 1, 1, 10, tzinfo=UTC)
    assert claims.tags == {"unknown": ("1girl", "don't_starve", "hakurei_reimu", "solo", "touhou")}
    assert candidate.relations.sources == ("https://www.pixiv.net/artworks/100000001",)


def test_a_post_is_the_same_candidate_as_its_thumbnail() -> None:
    thumbnail = listed().candidates[0]

    assert (single().key, single().page_url) == (thumbnail.key, thumbnail.page_url)


def test_an_address_may_lack_its_scheme_and_a_source_may_be_no_link() -> None:
    candidate = single("documented-post-relative")

    assert candidate.original is not None
    assert candidate.original.urls == (f"https://img.booru.org/place//images/1/{DIGEST}.gif?1234",)
    assert (candidate.claims.format, candidate.claims.media) == ("gif", None)
    assert (candidate.claims.rating, candidate.claims.score) == (Rating.QUESTIONABLE, -1)
    assert candidate.relations.sources == ("a book & a scan",)


def test_a_page_with_nothing_but_a_picture_is_enough() -> None:
    candidate = single("documented-post-bare")

    assert candidate.original is not None
    assert candidate.original.urls == (f"http://img.booru.org/place//images/1/{DIGEST}.jpg",)
    assert (candidate.claims.format, candidate.claims.tags) == ("jpeg", None)
    assert (candidate.claims.width, candidate.claims.rating) == (None, None)


@pytest.mark.parametrize(
    ("extension", "media"),
    [("png", Media.STILL), ("gif", None), ("webm", Media.VIDEO), ("swf", Media.FLASH)],
)
def test_the_kind_of_medium_is_told_by_the_files_name(extension: str, media: Media | None) -> None:
    page = recorded("documented-post").replace(".png", f".{extension}")

    (candidate,) = BOORU.parse(DETAIL, said(page)).candidates

    assert candidate.claims.media is media


def test_a_post_that_leads_to_the_list_is_gone() -> None:
    led = "https://place.booru.test/index.php?page=post&s=list&tags=all"

    with pytest.raises(Gone, match="12345"):
        BOORU.parse(DETAIL, said(recorded("documented-list"), url=led))
    with pytest.raises(Gone, match="12345"):
        BOORU.parse(DETAIL, said(recorded("documented-list-none"), url=led))


def test_a_page_without_a_picture_is_unexpected() -> None:
    with pytest.raises(Unexpected, match="img"):
        BOORU.parse(DETAIL, said("<html><body><object data='a.swf'></object></body></html>"))


# ---- refusals -----------------------------------------------------------------------------


@pytest.mark.parametrize("request_", [BOORU.search(SOLO), BOORU.count(SOLO), DETAIL])
def test_a_booru_that_was_deleted_says_so(request_: Request) -> None:
    with pytest.raises(Gone):
        BOORU.parse(request_, said(recorded("documented-booru-deleted")))


@pytest.mark.parametrize(
    ("status", "error"), [(403, Refused), (404, Gone), (429, Busy), (500, Busy)]
)
def test_each_refusal_of_the_site_has_its_meaning(status: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        BOORU.parse(BOORU.search(SOLO), said(recorded("documented-list"), status))


def test_a_page_that_calls_itself_xml_is_a_page() -> None:
    page = '<?xml version="1.0" encoding="utf-8"?>\n' + recorded("documented-list")

    assert BOORU.parse(BOORU.search(SOLO), said(page)) == listed()


@pytest.mark.parametrize("text", ["", "no", "[]", "<posts/>", '<?xml version="1.0"?><posts/>'])
def test_what_is_no_page_does_not_end_a_walk(text: str) -> None:
    with pytest.raises(Unexpected, match="body"):
        BOORU.parse(BOORU.search(SOLO), said(text))
