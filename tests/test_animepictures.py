"""Anime-Pictures: lists without tags, posts one by one, files by name with Referer and cookie, a last page that is told."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from harvester import (
    Ask,
    AuthKind,
    Busy,
    Candidate,
    Facts,
    File,
    Gone,
    Media,
    Name,
    NeedsKey,
    Page,
    Query,
    Rating,
    Refused,
    Request,
    Site,
    Tag,
    Unexpected,
)
from harvester.model import Narrow
from harvester.vocabulary import read
from sources.animepictures import AnimePictures
from tests import replies
from tests.replies import sent

API, HOME = "https://api.place.test", "https://place.test"
SITE = Site("place", "animepictures", API, options={"pages": HOME})
PLACE = AnimePictures(SITE)
REIMU = PLACE.search(Query(("hakurei reimu",)))
MD5 = "0123456789abcdef0123456789abcdef"
said = partial(replies.said, f"{API}/api/v3/posts")
recorded = partial(replies.recorded, "animepictures")


def searched(*names: str, **more: Any) -> dict[str, str]:
    return sent(PLACE.search(Query(names, **more)))


def listed(name: str = "documented-posts") -> Page:
    return PLACE.parse(REIMU, said(recorded(name)))


def detail(number: int = 12345) -> Request:
    return PLACE.detail(Candidate("place", str(number), f"{HOME}/posts/{number}"))


def told(found: Any, number: int = 12345) -> Page:
    return PLACE.parse(detail(number), said(found))


def single(name: str = "documented-post", number: int = 12345, **fields: Any) -> Candidate:
    """The only candidate of a post's own reply with some of its fields changed."""
    (candidate,) = told({**recorded(name), **fields}, number).candidates
    return candidate


def row(**fields: Any) -> Candidate:
    """A list's first row with some fields changed."""
    found = recorded("documented-posts")
    first = {**found["posts"][0], **fields}
    return PLACE.parse(REIMU, said({**found, "posts": [first]})).candidates[0]


# ---- searches -----------------------------------------------------------------------------


def test_a_search_asks_for_the_newest_from_page_zero() -> None:
    assert REIMU.url == f"{API}/api/v3/posts"
    assert sent(REIMU) == {
        "search_tag": "hakurei reimu",
        "page": "0",
        "posts_per_page": "80",
        "order_by": "date",
        "lang": "en",
    }


def test_every_tag_that_is_wanted_must_be_there() -> None:
    narrow = Narrow("framing", "full_body", ("full_body",))

    asked = searched("Hakurei_Reimu", want=("single", "long_hair"), narrow=narrow)

    assert asked["search_tag"] == "hakurei reimu&&full body&&single&&long hair"
    assert "denied_tags" not in asked


def test_one_tag_that_is_not_wanted_is_denied_and_the_others_are_left_out_afterwards() -> None:
    assert searched("a", avoid=("Comic_Page", "chibi"))["denied_tags"] == "comic page"


def test_nobody_signs_in() -> None:
    assert PLACE.auth.kind is AuthKind.NONE


def test_a_count_is_that_of_the_whole_search() -> None:
    request = PLACE.count(Query(("hakurei reimu",), want=("single",)))

    assert request.ask is Ask.COUNT
    assert sent(request)["search_tag"] == "hakurei reimu&&single"
    assert PLACE.parse(request, said(recorded("documented-posts"))) == Page(count=161, end=True)


# ---- lists --------------------------------------------------------------------------------


def test_a_walk_goes_from_page_to_page_up_to_the_last_index() -> None:
    first = listed()
    (second,) = first.follow
    (third,) = PLACE.parse(second, said(recorded("documented-posts"))).follow
    last = PLACE.parse(third, said(recorded("documented-posts-last")))

    assert [sent(request)["page"] for request in (second, third)] == ["1", "2"]
    assert sent(second)["search_tag"] == "hakurei reimu"
    assert (len(last.candidates), last.follow, last.end) == (1, (), True)
    assert first.walked is None


def test_an_empty_page_ends_a_walk_whatever_is_said_of_the_last() -> None:
    found = {**recorded("documented-posts-none"), "max_pages": 9}

    assert PLACE.parse(REIMU, said(found)) == Page(end=True)


def test_a_page_that_does_not_tell_the_last_one_leads_on() -> None:
    found = {**recorded("documented-posts"), "max_pages": None}

    assert len(PLACE.parse(REIMU, said(found)).follow) == 1


def test_a_row_tells_everything_but_tags_and_file() -> None:
    candidate, second = listed().candidates
    claims = candidate.claims

    assert (candidate.key, candidate.page_url) == ("place:12345", f"{HOME}/posts/12345")
    assert candidate.incomplete == {"tags", "url"}
    assert candidate.original is None
    assert (claims.width, claims.height, claims.bytes, claims.md5) == (1600, 2400, 2345678, MD5)
    assert (claims.format, claims.media, claims.tags) == ("jpeg", Media.STILL, None)
    assert (claims.rating, claims.score) == (Rating.GENERAL, 12)
    assert claims.pixel_hash == "fedcba9876543210fedcba9876543210"
    assert claims.created == datetime(2024, 5, 1, 10, 20, 30, tzinfo=UTC)
    assert (second.claims.format, second.claims.rating) == ("png", Rating.SENSITIVE)


def test_the_smaller_forms_have_their_roles() -> None:
    folder = f"https://opreviews.anime-pictures.net/012/{MD5}"

    assert listed().candidates[0].files == (
        File("preview", (f"{folder}_sp.jpg",)),
        File("preview", (f"{folder}_cp.jpg",)),
        File("sample", (f"{folder}_bp.jpg",)),
    )


@pytest.mark.parametrize(
    ("erotics", "rating"),
    [(0, "general"), ("1", "sensitive"), (2, "questionable"), (3, "explicit")],
)
def test_erotics_is_the_rating(erotics: int | str, rating: str) -> None:
    assert row(erotics=erotics).claims.rating == Rating(rating)


@pytest.mark.parametrize("erotics", [None, "", -1, 4])
def test_erotics_beyond_the_scale_is_no_rating(erotics: Any) -> None:
    assert row(erotics=erotics).claims.rating is None


def test_odd_rows_are_read_as_far_as_they_tell() -> None:
    first, second = listed("odd-types").candidates

    assert (first.post_id, first.claims.width, first.claims.bytes) == ("12341", None, None)
    assert (first.claims.format, first.claims.media, first.claims.created) == (None, None, None)
    assert (first.claims.rating, first.claims.score) == (Rating.EXPLICIT, 1)
    urls = ["https://opreviews.anime-pictures.net/a_sp.avif", f"{API}/b_bp.jpg"]
    assert [file.urls[0] for file in first.files] == urls
    assert (second.claims.rating, second.claims.md5) == (None, None)
    assert (second.claims.format, second.claims.media) == ("gif", None)
    assert second.claims.created == datetime(2020, 1, 1, 1, 2, 3, tzinfo=UTC)


def test_a_post_that_was_replaced_is_the_one_that_stands_for_it() -> None:
    """The other one's claims are not those of this row, and it may stand on the same page itself."""
    bare, whole = listed("documented-posts-replaced").candidates

    assert (bare.key, bare.page_url) == ("place:12300", f"{HOME}/posts/12300")
    assert (bare.claims, bare.files) == (Facts(), ())
    assert bare.incomplete == {"tags", "url"}
    assert (whole.key, whole.claims.md5) == ("place:12345", MD5)


# ---- posts by themselves ------------------------------------------------------------------


def test_a_post_is_asked_for_by_its_number() -> None:
    assert detail().url == f"{API}/api/v3/posts/12345"
    assert (sent(detail()), detail().ask) == ({"lang": "en"}, Ask.DETAIL)


def test_a_post_tells_its_tags_by_kind() -> None:
    candidate = single()

    assert (candidate.key, candidate.incomplete) == ("place:12345", frozenset())
    assert candidate.claims.tags == {
        "artist": ("somebody (artist)",),
        "character": ("hakurei reimu",),
        "copyright": ("figure y", "studio x", "touhou"),
        "general": ("gohei", "single"),
        "unknown": ("tagme",),
    }
    assert read(candidate.claims, family="animepictures").people == "alone"


def test_tags_are_remembered_with_their_kind_and_count() -> None:
    tags = told(recorded("documented-post")).tags

    assert tags[:2] == (
        Tag("hakurei reimu", "character", 4321),
        Tag("touhou", "copyright", 99999),
    )


def test_odd_tags_are_read_once_and_as_they_are_meant() -> None:
    candidate = single("documented-post-odd-tags", 12346)

    assert candidate.claims.tags == {
        "character": ("博麗霊夢",),
        "copyright": ("don't starve",),
        "unknown": ("animated gif",),
    }
    assert candidate.claims.media is Media.ANIMATION


def test_the_file_is_asked_for_by_its_name_from_the_sites_pages() -> None:
    name = "12345-1600x2400-touhou-hakurei+reimu-single.jpg"

    assert single().original == File(
        "original",
        (f"{API}/pictures/download_image/{name}",),
        1600,
        2400,
        2345678,
        "jpeg",
        MD5,
        headers=(("Referer", f"{HOME}/"), ("Cookie", "sitelang=en")),
    )


def test_a_file_may_have_a_whole_address() -> None:
    original = single("documented-post-odd-tags", 12346).original

    assert original is not None
    assert original.urls == ("https://oimages.anime-pictures.net/a/b c.gif",)


def test_a_site_whose_pages_stand_beside_its_api_is_where_files_are_asked_from() -> None:
    place = AnimePictures(Site("place", "animepictures", f"{HOME}/"))

    (candidate,) = place.parse(detail(), said(recorded("documented-post"))).candidates

    assert candidate.original is not None
    assert candidate.original.headers[0] == ("Referer", f"{HOME}/")
    assert candidate.original.urls[0].startswith(f"{HOME}/pictures/download_image/12345-")


def test_a_post_without_a_file_is_a_candidate_all_the_same() -> None:
    candidate = single("documented-post-hidden", 12350)

    assert (candidate.original, candidate.incomplete) == (None, frozenset())
    assert candidate.claims.rating is Rating.QUESTIONABLE


@pytest.mark.parametrize("tags", [None, "", 5])
def test_a_post_that_does_not_tell_its_tags_is_unexpected(tags: Any) -> None:
    with pytest.raises(Unexpected, match="tags"):
        told({**recorded("documented-post"), "tags": tags})


def test_a_post_that_was_replaced_is_gone_and_says_by_which() -> None:
    with pytest.raises(Gone, match="12345"):
        told(recorded("documented-post-replaced"), 12343)


def test_another_post_than_the_one_asked_for_is_unexpected() -> None:
    with pytest.raises(Unexpected, match="id"):
        told(recorded("documented-post"), 99)


@pytest.mark.parametrize("status", [401, 403])
def test_a_post_for_accounts_only_does_not_end_the_site(status: int) -> None:
    with pytest.raises(Refused, match="accounts"):
        PLACE.parse(detail(), said({}, status))


@pytest.mark.parametrize(
    ("status", "error"), [(401, NeedsKey), (403, Refused), (404, Gone), (429, Busy), (503, Busy)]
)
def test_a_list_that_is_refused_says_why(status: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        PLACE.parse(REIMU, said(recorded("documented-posts"), status))


@pytest.mark.parametrize("found", [{}, {"posts": None}, {"posts": 5}, [], None])
def test_a_reply_without_posts_does_not_end_a_walk(found: Any) -> None:
    with pytest.raises(Unexpected):
        PLACE.parse(REIMU, said(found))


# ---- names --------------------------------------------------------------------------------


def looked_up(name: str) -> Page:
    return PLACE.parse(PLACE.resolve(name), said(recorded("documented-autocomplete")))


def test_a_name_is_completed() -> None:
    request = PLACE.resolve("Hakurei_Reimu")

    assert request.url == f"{API}/api/v3/tags:autocomplete"
    assert sent(request) == {"tag": "hakurei reimu", "lang": "en"}


def test_completions_lose_their_markup_and_come_the_surest_first() -> None:
    asked = "hakurei reimu"

    assert looked_up("hakurei_reimu") == Page(
        names=(
            Name("hakurei reimu", "character", None, "exact", asked),
            Name("hakurei reimu (cosplay)", "general", None, "qualified", asked),
            Name("hakurei shrine", "general", None, "autocomplete", asked),
        ),
        end=True,
    )


def test_the_second_text_is_another_name_of_the_first() -> None:
    first = looked_up("reimu hakurei").names[0]

    assert (first.name, first.how) == ("hakurei reimu", "alias")
