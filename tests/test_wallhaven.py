"""Wallhaven: the number of a tag looked up first, pages of 24 by it, tags and leave to fetch by the wallpaper itself."""

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
    Name,
    NeedsKey,
    Page,
    Query,
    Rating,
    Refused,
    Request,
    Site,
    Unexpected,
)
from sources.wallhaven import Wallhaven
from tests import replies
from tests.replies import sent

HAVEN = Wallhaven(Site("haven", "wallhaven", "https://wallhaven.test"))
REIMU = Query(("Hakurei Reimu",))
DETAIL = HAVEN.detail(Candidate("haven", "94x38z", ""))
said = partial(replies.said, "https://wallhaven.test/")
recorded = partial(replies.recorded, "wallhaven")


def steps(first: Request, *names: str) -> list[Request]:
    """Every request of a walk or look-up that gets these replies, and the one that would come next."""
    requests = [first]
    for name in names:
        requests += HAVEN.parse(requests[-1], said(recorded(name))).follow
    return requests


def tagged(query: Query = REIMU) -> Request:
    """The first page of the tag, once its number is known."""
    return steps(HAVEN.search(query), "documented-search", "documented-wallpaper")[-1]


def page_of(**meta: Any) -> Page:
    found = recorded("documented-tagged")
    return HAVEN.parse(tagged(), said({**found, "meta": {**found["meta"], **meta}}))


def read(**fields: Any) -> Candidate:
    data = {**recorded("documented-wallpaper")["data"], **fields}
    (candidate,) = HAVEN.parse(DETAIL, said({"data": data})).candidates
    return candidate


# ---- the number of a tag ------------------------------------------------------------------


def test_a_walk_begins_with_wallpapers_like_the_name() -> None:
    request = HAVEN.search(REIMU)

    assert request.url == "https://wallhaven.test/api/v1/search"
    assert sent(request) == {
        "q": "Hakurei Reimu",
        "sorting": "relevance",
        "page": "1",
        "categories": "110",
        "purity": "110",
    }


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("hakurei_reimu", "hakurei reimu"),
        ("-comic", "comic"),
        ("close-up", "close-up"),
        ("id:5 type:png", "id 5 type png"),
        ("+a @b {c}", "a b c"),
        ("博麗霊夢", "博麗霊夢"),
    ],
)
def test_signs_of_the_query_language_are_no_part_of_a_name(name: str, words: str) -> None:
    assert sent(HAVEN.search(Query((name,))))["q"] == words


def test_the_tag_that_is_meant_is_walked_by_its_number() -> None:
    _, looked, walked = steps(HAVEN.search(REIMU), "documented-search", "documented-wallpaper")

    assert (looked.url, looked.ask) == ("https://wallhaven.test/api/v1/w/94x38z", Ask.SEARCH)
    assert sent(walked) == {
        "q": "id:853",
        "sorting": "date_added",
        "order": "desc",
        "page": "1",
        "categories": "110",
        "purity": "110",
    }


def test_an_alias_means_its_tag() -> None:
    assert sent(tagged(Query(("reimu_hakurei",))))["q"] == "id:853"


def test_the_next_wallpaper_is_looked_at_when_one_has_the_tag_only_in_another() -> None:
    search = HAVEN.search(REIMU)

    asked = steps(search, "documented-search", "documented-wallpaper-of-another")

    assert asked[-1].url.endswith("/w/e7jk2r")
    page = HAVEN.parse(asked[-1], said(recorded("documented-wallpaper-of-another")))
    assert page == Page(end=True)


def test_a_wallpaper_that_is_no_more_is_passed_over() -> None:
    (looked,) = HAVEN.parse(HAVEN.search(REIMU), said(recorded("documented-search"))).follow

    (onward,) = HAVEN.parse(looked, said(recorded("error-not-found"), 404)).follow

    assert onward.url.endswith("/w/e7jk2r")


def test_a_name_nobody_has_ends_the_walk() -> None:
    assert HAVEN.parse(HAVEN.search(REIMU), said(recorded("documented-none"))) == Page(end=True)


@pytest.mark.parametrize("typed", ["hakurei_reimu", "Hakurei Reimu"])
def test_a_name_is_found_with_its_kind(typed: str) -> None:
    _, looked = steps(HAVEN.resolve(typed), "documented-search")

    page = HAVEN.parse(looked, said(recorded("documented-wallpaper")))

    assert page.names == (Name("Hakurei Reimu", "character", asked=typed),)


def test_another_tag_with_all_of_the_words_is_offered_last() -> None:
    _, looked = steps(HAVEN.resolve("touhou"), "documented-search")
    data = recorded("documented-wallpaper")["data"]
    near = {**data["tags"][2], "id": 88, "name": "Touhou Hisoutensoku", "alias": ""}

    page = HAVEN.parse(looked, said({"data": {**data, "tags": [near, *data["tags"]]}}))

    assert [(name.name, name.how) for name in page.names] == [
        ("Touhou", "exact"),
        ("Touhou Hisoutensoku", "autocomplete"),
    ]


# ---- a walk -------------------------------------------------------------------------------


def test_a_walk_goes_on_to_the_last_page_the_site_tells() -> None:
    first = page_of()

    (onward,) = first.follow
    last = HAVEN.parse(onward, said(recorded("documented-tagged-last")))
    assert sent(onward)["page"] == "2"
    assert (last.end, last.follow, len(last.candidates)) == (True, (), 1)


def test_numbers_of_pages_may_be_texts() -> None:
    assert sent(page_of(current_page="1", last_page="2").follow[0])["page"] == "2"


def test_an_empty_page_ends_a_walk() -> None:
    assert HAVEN.parse(tagged(), said({**recorded("documented-none"), "meta": None})).end


@pytest.mark.parametrize(("day", "ends"), [("2018-10-30", False), ("2018-11-01", True)])
def test_a_walk_to_a_moment_ends_where_everything_is_older(day: str, ends: bool) -> None:
    since = datetime.fromisoformat(day).replace(tzinfo=UTC)
    request = tagged(replace(REIMU, order="updated", since=since))

    assert HAVEN.parse(request, said(recorded("documented-tagged"))).end is ends


def test_a_walk_can_begin_at_a_page() -> None:
    assert sent(tagged(replace(REIMU, start="7")))["page"] == "7"


@pytest.mark.parametrize(
    ("ratings", "purity"),
    [
        ({Rating.GENERAL}, "100"),
        ({Rating.GENERAL, Rating.SENSITIVE, Rating.QUESTIONABLE}, "110"),
        (set(Rating), "111"),
        ({Rating.EXPLICIT}, "001"),
        (set(), "110"),
    ],
)
def test_ratings_are_purities(ratings: set[Rating], purity: str) -> None:
    assert sent(HAVEN.search(replace(REIMU, ratings=frozenset(ratings))))["purity"] == purity


def test_a_visitor_is_shown_what_visitors_may_see() -> None:
    for request in (HAVEN.search(replace(REIMU, ratings=frozenset(Rating))),
                    tagged(replace(REIMU, ratings=frozenset(Rating)))):  # fmt: skip
        (again,) = HAVEN.parse(request, said(recorded("error-unauthorized"), 401)).follow

        assert sent(again) == {**sent(request), "purity": "110"}


def test_what_only_accounts_may_see_needs_one() -> None:
    request = HAVEN.search(replace(REIMU, ratings=frozenset({Rating.EXPLICIT})))

    with pytest.raises(NeedsKey):
        HAVEN.parse(request, said(recorded("error-unauthorized"), 401))


# ---- a wallpaper as a candidate -----------------------------------------------------------


def test_a_list_tells_all_but_the_tags() -> None:
    first, second = page_of().candidates
    claims = first.claims

    assert (first.key, first.page_url) == ("haven:94x38z", "https://wallhaven.cc/w/94x38z")
    assert (claims.width, claims.height, claims.bytes) == (6742, 3534, 5070446)
    assert (claims.format, claims.media, claims.rating) == ("jpeg", Media.STILL, Rating.GENERAL)
    assert claims.created == datetime(2018, 10, 31, 1, 23, 10, tzinfo=UTC)
    assert (claims.favourites, claims.score, claims.tags) == (3, None, None)
    assert (second.claims.rating, second.claims.format) == (Rating.SENSITIVE, "png")
    assert second.relations.sources == ("https://www.pixiv.net/artworks/1",)


def test_no_wallpaper_is_fetched_before_its_tags_are_known() -> None:
    listed, single = page_of().candidates[0], read()

    assert listed.incomplete == {"tags", "url"}
    assert single.incomplete == frozenset()
    assert listed.original is not None
    assert listed.original == single.original


def test_a_wallpaper_by_itself_tells_its_tags_by_kind() -> None:
    assert read().claims.tags == {
        "general": ("anime", "Étoile ☆", "long hair"),
        "character": ("Hakurei Reimu",),
        "copyright": ("Touhou",),
    }


def test_a_category_may_be_told_with_those_it_stands_in() -> None:
    tags = [{"id": 1, "name": "Foo", "category": "Anime & Manga » Characters"}]

    assert read(tags=tags).claims.tags == {"character": ("Foo",)}


def test_files_are_told_by_their_roles() -> None:
    files = read().files

    assert [file.role for file in files] == ["original", "preview", "preview", "preview"]
    assert files[0].urls == ("https://w.wallhaven.cc/full/94/wallhaven-94x38z.jpg",)
    assert (files[0].bytes, files[0].md5, files[0].headers) == (5070446, None, ())


def test_odd_types_and_missing_keys_are_read() -> None:
    odd, bare = HAVEN.parse(tagged(), said(recorded("odd-types"))).candidates

    assert (odd.claims.width, odd.claims.height, odd.claims.bytes) == (6742, None, None)
    assert (odd.claims.rating, odd.claims.format) == (None, None)
    assert odd.page_url == "https://wallhaven.test/w/odd001"
    assert [file.urls for file in odd.files] == [
        ("https://w.wallhaven.test/full/od/wallhaven-odd001.jpg",)
    ]
    assert (bare.post_id, bare.files) == ("7", ())


# ---- refusals -----------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 404])
def test_a_wallpaper_that_is_not_shown_is_gone(status: int) -> None:
    with pytest.raises(Gone):
        HAVEN.parse(DETAIL, said(recorded("error-unauthorized"), status))


@pytest.mark.parametrize(
    ("field", "value"), [("id", "other1"), ("tags", None), ("tags", [{"id": 1}]), ("path", 1.5)]
)
def test_a_wallpaper_of_another_shape_is_unexpected(field: str, value: object) -> None:
    with pytest.raises(Unexpected):
        read(**{field: value})


@pytest.mark.parametrize(
    ("status", "error"), [(200, Refused), (400, Refused), (401, NeedsKey), (500, Busy)]
)
def test_each_refusal_of_the_site_has_its_meaning(status: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        HAVEN.parse(HAVEN.search(REIMU), said(recorded("error-unauthorized"), status))


@pytest.mark.parametrize(("headers", "after"), [({}, 60), ({"retry_after": "5"}, None)])
def test_too_many_requests_mean_a_minute_unless_told(
    headers: dict[str, str], after: int | None
) -> None:
    with pytest.raises(Busy) as caught:
        HAVEN.parse(HAVEN.search(REIMU), said("", 429, **headers))

    assert caught.value.after == after
