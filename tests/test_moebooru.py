"""Moebooru and what imitates it: six tags of either sign, a walk by id or by number, kinds of tags, names looked up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
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
from sources.moebooru import Moebooru
from tests import replies
from tests.replies import sent

FIXTURES = Path(__file__).parent / "fixtures" / "moebooru"
SITE = Site("moe", "moebooru", "https://moe.test")
MOE = Moebooru(SITE)
REIMU = Query(("hakurei_reimu",))
WHOLE = {"api_version": "2", "include_tags": "1", "include_pools": "1"}
SEVEN = ("a1", "b2", "c3", "d4", "e5", "f6", "g7")
said = partial(replies.said, "https://moe.test/")
recorded = partial(replies.recorded, "moebooru")


def moe(**options: Any) -> Moebooru:
    return Moebooru(replace(SITE, options=options))


def terms(query: Query, adapter: Moebooru = MOE) -> str:
    return sent(adapter.search(query))["tags"]


def post(**fields: Any) -> dict[str, Any]:
    """The documented post with some fields changed; `...` as a value leaves the key out."""
    changed = {**recorded("documented-posts")[0], **fields}
    return {key: value for key, value in changed.items() if value is not ...}


def read(**fields: Any) -> Candidate:
    page = MOE.parse(MOE.search(REIMU), said([post(**fields)]))
    (candidate,) = page.candidates
    return candidate


def posts(*ids: int) -> list[dict[str, Any]]:
    return [post(id=number) for number in ids]


def walked(*replies: Any, adapter: Moebooru = MOE, query: Query = REIMU) -> list[Any]:
    """What is asked for page by page, `id:<N` or the page number, and None where the walk ends."""
    request: Request | None = adapter.search(query)
    steps: list[Any] = []
    for reply in replies:
        assert request is not None, "the walk ended early"
        page = adapter.parse(request, reply if isinstance(reply, Reply) else said(reply))
        assert page.end != bool(page.follow)
        request = page.follow[0] if page.follow else None
        steps.append(step(request) if request else None)
    return steps


def step(request: Request) -> str:
    asked = sent(request)
    last = asked["tags"].split()[-1]
    return last if last.startswith("id:") else asked["page"]


# ---- what is asked ------------------------------------------------------------------------


def test_a_walk_begins_with_the_first_page_and_the_kinds_of_its_tags() -> None:
    request = MOE.search(REIMU)

    assert request.url == "https://moe.test/post.json"
    assert sent(request) == {"tags": "hakurei_reimu", "limit": "100", "page": "1", **WHOLE}


def test_six_wanted_and_six_unwanted_tags_are_sent_and_no_more() -> None:
    asked = terms(replace(REIMU, want=SEVEN, avoid=SEVEN)).split()

    assert asked == ["hakurei_reimu", *SEVEN[:5], *(f"-{name}" for name in SEVEN[:6])]


def test_a_site_with_another_limit_is_sent_as_many() -> None:
    query = replace(REIMU, want=("solo", "smile"), avoid=("comic", "sketch", "chibi"))

    assert terms(query, moe(tag_limit=2)) == "hakurei_reimu solo -comic -sketch"


def test_metatags_are_sent_beyond_the_limit() -> None:
    narrow = Narrow("score", "20")
    query = replace(REIMU, want=SEVEN, narrow=narrow, ratings=frozenset({Rating.GENERAL}))

    assert terms(query).endswith("e5 rating:s score:>=20")


@pytest.mark.parametrize(
    ("narrow", "term"),
    [
        (Narrow("score", "20"), "score:>=20"),
        (Narrow("dates", "2020-01-01..2022-12-31"), "date:2020-01-01..2022-12-31"),
    ],
)
def test_a_walk_is_narrowed_by_score_or_date(narrow: Narrow, term: str) -> None:
    assert terms(replace(REIMU, narrow=narrow)) == f"hakurei_reimu {term}"


@pytest.mark.parametrize(
    ("wanted", "term"),
    [
        ({Rating.GENERAL}, "rating:s"),
        ({Rating.GENERAL, Rating.SENSITIVE}, "rating:s"),
        ({Rating.GENERAL, Rating.QUESTIONABLE}, "-rating:e"),
        ({Rating.GENERAL, Rating.EXPLICIT}, "-rating:q"),
        ({Rating.QUESTIONABLE, Rating.EXPLICIT}, "-rating:s"),
        (set(Rating), ""),
        ({Rating.SENSITIVE}, ""),
        (set(), ""),
    ],
)
def test_any_choice_of_ratings_is_one_term_or_none(wanted: set[Rating], term: str) -> None:
    assert terms(replace(REIMU, ratings=frozenset(wanted))) == f"hakurei_reimu {term}".strip()


@pytest.mark.parametrize("letter", ["s", "q", "E"])
def test_a_name_of_one_letter_is_not_taken_for_a_rating(letter: str) -> None:
    query = Query((letter,), want=(letter,), avoid=(letter,))

    assert terms(query) == f"~{letter.lower()}"


@pytest.mark.parametrize("tag", ["hair_*", "~solo", "-solo", ""])
def test_a_tag_with_an_operator_is_left_to_our_own_filter(tag: str) -> None:
    assert terms(replace(REIMU, want=(tag,), avoid=(tag,))) == "hakurei_reimu"


def test_a_blank_in_a_tag_does_not_begin_another_one() -> None:
    query = Query(("Hakurei Reimu",), want=("brown  hair",), avoid=("comic strip",))

    assert terms(query) == "hakurei_reimu brown_hair -comic_strip"


def test_what_is_new_since_a_day_is_asked_for_by_date() -> None:
    query = replace(REIMU, since=datetime(2026, 1, 2, tzinfo=UTC))

    assert terms(query) == "hakurei_reimu date:>=2026-01-02"


def test_the_number_of_posts_is_asked_of_the_xml_form_which_knows_no_second_version() -> None:
    request = MOE.count(replace(REIMU, avoid=("comic",)))

    assert request.url == "https://moe.test/post.xml"
    assert sent(request) == {"tags": "hakurei_reimu -comic", "limit": "1"}


def test_the_number_of_posts_is_read() -> None:
    body = (FIXTURES / "recorded-search-page1.xml").read_bytes()

    page = MOE.parse(MOE.count(REIMU), Reply(200, "https://moe.test/", {}, body))

    assert (page.count, page.end) == (18, True)


# ---- a walk -------------------------------------------------------------------------------


def test_a_walk_goes_on_below_the_lowest_id_until_nothing_is_left() -> None:
    assert walked(posts(9, 7), posts(5), []) == ["id:<7", "id:<5", None]


def test_a_page_tells_what_it_covered() -> None:
    page = MOE.parse(MOE.search(REIMU), said(recorded("recorded-search-page1")))

    assert page.walked == Span("id", high="116", low="1")
    assert sent(page.follow[0])["page"] == "1"


def test_a_walk_can_begin_below_a_post() -> None:
    query = replace(REIMU, start="500")

    assert step(MOE.search(query)) == "id:<500"
    assert walked(posts(400), [], query=query) == ["id:<400", None]


def test_only_the_first_page_leaves_a_doubt_whether_the_server_walks_by_id() -> None:
    """Nothing below the first page: either that was all, or the server took the term for a tag."""
    assert walked(posts(9, 7), [], []) == ["id:<7", "2", None]
    assert walked([]) == [None]


def test_a_server_that_finds_nothing_by_id_is_walked_by_number() -> None:
    assert walked(posts(9, 7), [], posts(5), posts(3), []) == ["id:<7", "2", "3", "4", None]


def doubted(*found: dict[str, Any]) -> tuple[Request, Page]:
    """What follows when nothing is found with a rating, and these posts without."""
    query = replace(REIMU, ratings=frozenset({Rating.GENERAL}))
    (bare,) = MOE.parse(MOE.search(query), said([])).follow
    return bare, MOE.parse(bare, said(list(found)))


def test_a_server_that_takes_a_rating_for_a_tag_is_asked_without_it() -> None:
    bare, page = doubted(post(id=9, rating="e"), post(id=7, rating="s"))

    assert sent(bare)["tags"] == "hakurei_reimu"
    assert [candidate.post_id for candidate in page.candidates] == ["9", "7"]
    assert sent(page.follow[0])["tags"] == "hakurei_reimu id:<7"


@pytest.mark.parametrize("kept", [{"rating": "e"}, {"status": "deleted"}])
def test_a_server_that_kept_back_what_was_not_meant_has_understood(kept: dict[str, Any]) -> None:
    _, page = doubted(post(**kept))

    assert page == Page(end=True)


def test_a_server_that_does_not_obey_is_walked_by_number() -> None:
    again = posts(9, 7)

    assert walked(again, again, posts(5), []) == ["id:<7", "2", "3", None]


def test_a_server_that_does_not_obey_from_the_start_is_walked_from_the_top() -> None:
    assert walked(posts(9, 7), posts(5), query=replace(REIMU, start="6")) == ["2", "3"]


@pytest.mark.parametrize("status", [400, 422, 424, 500])
def test_a_server_that_refuses_to_walk_by_id_is_walked_by_number(status: int) -> None:
    refused = Reply(status, "https://moe.test/", {}, b"<html>no</html>")

    assert walked(posts(9), refused, posts(7)) == ["id:<9", "2", "3"]


def test_a_server_that_was_walked_by_id_before_is_only_in_trouble() -> None:
    first = MOE.parse(MOE.search(REIMU), said(posts(9))).follow[0]
    second = MOE.parse(first, said(posts(7))).follow[0]

    with pytest.raises(Busy):
        MOE.parse(second, said({"success": False, "reason": "timeout"}, 500))


def test_a_server_with_another_order_is_walked_by_number_and_tells_no_span() -> None:
    page = MOE.parse(MOE.search(REIMU), said(posts(1, 2, 3)))

    assert page.walked is None
    assert step(page.follow[0]) == "2"


def test_a_server_that_turns_no_pages_is_not_walked_for_ever() -> None:
    again = posts(9, 7)

    assert walked(again, again, again) == ["id:<7", "2", None]


def test_a_site_whose_table_says_so_is_walked_by_number_from_the_start() -> None:
    assert walked(posts(9), posts(7), [], adapter=moe(keyset=False)) == ["2", "3", None]


def test_what_changed_since_is_walked_by_number_until_a_page_is_older() -> None:
    query = replace(REIMU, order="updated", since=datetime(2026, 1, 2, tzinfo=UTC))
    new, old = 1767400000, 1700000000
    both = [post(id=5, updated_at=new), post(id=9, updated_at=old)]

    assert terms(query) == "hakurei_reimu order:change"
    assert walked(both, [post(id=7, updated_at=old)], query=query) == ["2", None]


# ---- a post as a candidate ----------------------------------------------------------------


def test_a_post_tells_what_the_site_claims() -> None:
    claims = read().claims

    assert (claims.width, claims.height, claims.bytes) == (2000, 3000, 4567890)
    assert (claims.format, claims.media, claims.rating) == ("png", Media.STILL, Rating.GENERAL)
    assert (claims.md5, claims.score) == ("0123456789abcdef0123456789abcdef", 12)
    assert claims.created == datetime(2022, 4, 15, 5, 20, tzinfo=UTC)
    assert claims.updated == datetime(2022, 4, 15, 5, 21, 40, tzinfo=UTC)
    assert claims.status == frozenset()


def test_the_table_beside_the_posts_tells_the_kinds_of_their_tags() -> None:
    page = MOE.parse(MOE.search(REIMU), said(recorded("recorded-search-v2-tags-pools")))

    assert page.candidates[1].claims.tags == {
        "general": ('don\'t_say_"lazy"', "fantasy"),
        "character": ("hakurei_reimu",),
        "copyright": ("touhou", "wesnoth"),
    }


def test_a_bare_list_tells_tags_of_unknown_kind() -> None:
    assert read().claims.tags == {"unknown": ("hakurei_reimu", "touhou", "example_artist")}


def test_kinds_that_single_sites_add_have_their_place() -> None:
    kinds = {"a": "circle", "b": "faults", "c": "style", "d": "something", "e": 4}
    found = {"posts": [post(tags="a b c d e f")], "tags": kinds}

    (candidate,) = MOE.parse(MOE.search(REIMU), said(found)).candidates

    assert candidate.claims.tags == {
        "artist": ("a",),
        "meta": ("b",),
        "general": ("c",),
        "unknown": ("d", "f"),
        "character": ("e",),
    }


def test_escaped_and_foreign_tags_are_read_as_they_are_meant() -> None:
    tags = read(tags="&quot;lazy&quot; 博麗霊夢 m&m").claims.tags

    assert tags == {"unknown": ('"lazy"', "博麗霊夢", "m&m")}


@pytest.mark.parametrize(
    ("written", "rating"),
    [
        *(("s", Rating.GENERAL), ("q", Rating.QUESTIONABLE), ("e", Rating.EXPLICIT)),
        *(("Safe", Rating.GENERAL), ("sensitive", Rating.SENSITIVE), ("explicit", Rating.EXPLICIT)),
        *(("x", None), (None, None), (..., None)),
    ],
)
def test_a_rating_is_read_by_its_letter_or_word(written: Any, rating: Rating | None) -> None:
    assert read(rating=written).claims.rating is rating


@pytest.mark.parametrize(
    ("extension", "media", "format_"),
    [
        ("jpg", Media.STILL, "jpeg"),
        ("mp4", Media.VIDEO, "mp4"),
        ("zip", Media.ANIMATION, "zip"),
        ("swf", Media.FLASH, "swf"),
    ],
)
def test_the_kind_of_medium_is_told(extension: str, media: Media, format_: str) -> None:
    claims = read(file_ext=extension).claims

    assert (claims.media, claims.format) == (media, format_)


def test_an_older_server_tells_the_format_by_the_address_alone() -> None:
    address = "https://moe.test/data/a.JPG?1"

    assert read(file_ext=..., file_url=address).claims.format == "jpeg"
    assert read(file_ext=..., file_url="https://moe.test/media/3/file").claims.format is None


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"status": "flagged"}, {"flagged"}),
        ({"status": "pending", "is_pending": True}, {"pending"}),
        ({"is_held": True, "status": ...}, {"held"}),
        ({"is_shown_in_index": False}, {"unlisted"}),
        ({"is_shown_in_index": ...}, set()),
    ],
)
def test_what_the_pages_of_a_site_hide_is_its_status(
    fields: dict[str, Any], status: set[str]
) -> None:
    assert read(**fields).claims.status == status


def test_a_jpeg_twin_and_a_sample_and_a_preview_stand_beside_the_original() -> None:
    original, twin, sample, preview = read().files

    assert (original.role, original.width, original.bytes) == ("original", 2000, 4567890)
    assert original.md5 == "0123456789abcdef0123456789abcdef"
    assert (twin.role, twin.width, twin.bytes, twin.md5) == ("sample", 2000, 900000, None)
    assert (sample.role, sample.width, sample.height, sample.bytes) == (
        "sample",
        1000,
        1500,
        400000,
    )
    assert (preview.role, preview.width, preview.height) == ("preview", 200, 300)


def test_one_address_for_several_purposes_is_one_file() -> None:
    page = MOE.parse(MOE.search(REIMU), said(recorded("recorded-search-page1")))

    roles = [[file.role for file in candidate.files] for candidate in page.candidates]

    assert roles == [["original", "sample", "preview"]] * 18


def test_a_deleted_post_is_a_candidate_without_files() -> None:
    page = MOE.parse(MOE.search(REIMU), said(recorded("recorded-deleted")))

    assert [candidate.files for candidate in page.candidates] == [(), ()]
    assert {word for one in page.candidates for word in one.claims.status} == {"deleted"}
    assert not any(candidate.incomplete for candidate in page.candidates)


def test_a_post_has_a_page_for_people_and_its_family() -> None:
    candidate = read(parent_id=7, has_children=True)

    assert candidate.page_url == "https://moe.test/post/show/900001"
    assert (candidate.relations.parent, candidate.relations.has_children) == ("7", True)
    assert candidate.relations.sources == ("https://example.net/a",)


def test_pools_beside_the_posts_are_told_of_each_post() -> None:
    rows = [
        {"pool_id": 3, "post_id": 9},
        {"pool_id": 4, "post_id": 9},
        {"pool_id": 3, "post_id": 7},
    ]
    found = {"posts": posts(9, 7, 5), "tags": {}, "pools": [], "pool_posts": rows}

    page = MOE.parse(MOE.search(REIMU), said(found))

    assert [one.relations.pools for one in page.candidates] == [("3", "4"), ("3",), ()]


def test_an_imitation_may_leave_out_and_write_otherwise_what_it_likes() -> None:
    first, second, third = MOE.parse(MOE.search(REIMU), said(recorded("odd-posts"))).candidates

    assert [file.urls[0] for file in first.files] == [
        "https://moe.test/data/41.png?v=2",
        "https://cdn.site.test/p/41.jpg",
    ]
    assert (first.claims.rating, first.claims.score) == (Rating.GENERAL, 12)
    assert (first.relations.parent, first.relations.has_children) == (None, True)
    assert first.claims.status == {"unlisted"}
    assert (second.claims.width, second.claims.format, second.claims.media) == (None, None, None)
    assert (third.files, third.claims.tags) == ((), {})


def test_a_single_post_is_read_like_a_page_of_one() -> None:
    assert MOE.parse(MOE.search(REIMU), said(post(id=3))).candidates[0].post_id == "3"


def test_the_posts_of_a_pool_are_read_though_their_dates_are_written_out() -> None:
    page = MOE.parse(MOE.search(REIMU), said(recorded("recorded-pool")))

    assert len(page.candidates) == 10
    assert page.candidates[0].claims.created == datetime(
        2026, 11, 22, 13, 40, 37, 481000, tzinfo=UTC
    )


# ---- one post by itself -------------------------------------------------------------------


def test_a_post_is_asked_for_by_its_id() -> None:
    request = MOE.detail(Candidate("moe", "900001", ""))

    assert (request.ask, request.url) == (Ask.DETAIL, "https://moe.test/post.json")
    assert sent(request) == {"tags": "id:900001", **WHOLE}


def test_a_post_by_itself_is_one_candidate_with_the_kinds_of_its_tags() -> None:
    page = MOE.parse(MOE.detail(Candidate("moe", "900001", "")), said(recorded("documented-whole")))

    assert [one.post_id for one in page.candidates] == ["900001"]
    assert page.candidates[0].claims.tags == {
        "character": ("hakurei_reimu",),
        "copyright": ("touhou",),
        "artist": ("example_artist",),
    }
    assert page.end


@pytest.mark.parametrize("found", [[], posts(5, 4), {"posts": [], "tags": {}}])
def test_a_post_that_is_no_more_is_gone(found: Any) -> None:
    with pytest.raises(Gone):
        MOE.parse(MOE.detail(Candidate("moe", "900001", "")), said(found))


# ---- names --------------------------------------------------------------------------------


def looked_up(name: str, *replies: Any) -> tuple[list[str], Page]:
    """The steps taken until one finds something, and the page it was found on."""
    request, steps = MOE.resolve(name), []
    for reply in replies:
        steps.append(request.state["step"])
        page = MOE.parse(request, reply if isinstance(reply, Reply) else said(reply))
        if page.names or not page.follow:
            return steps, page
        request = page.follow[0]
    raise AssertionError(f"no end after {steps}")


def test_a_name_the_site_knows_is_found_among_those_that_contain_it() -> None:
    steps, page = looked_up("Hakurei Reimu", recorded("documented-tags"))

    (name,) = page.names
    assert steps == ["exact"]
    assert (name.name, name.category, name.count, name.how) == (
        "hakurei_reimu",
        "character",
        18,
        "exact",
    )


def test_a_name_is_looked_for_among_the_most_used_tags_with_it() -> None:
    request = MOE.resolve("hakurei_reimu")

    assert request.url == "https://moe.test/tag.json"
    assert sent(request) == {"name": "hakurei_reimu", "order": "count", "limit": "1000"}


@pytest.mark.parametrize("other", ["reimu_hakurei", "博麗霊夢"])
def test_another_name_leads_to_the_one_it_stands_for(other: str) -> None:
    steps, page = looked_up(other, [], recorded("documented-summary"))

    (name,) = page.names
    assert steps == ["exact", "alias"]
    assert (name.name, name.category, name.how) == ("hakurei_reimu", "character", "alias")


def test_tags_without_posts_are_never_offered() -> None:
    steps, page = looked_up(
        "chibi_hakurei_reimu", recorded("documented-tags"), {"data": ""}, [], [], []
    )

    assert steps == ["exact", "alias", "autocomplete", "qualified", "fuzzy"]
    assert (page.names, page.end) == ((), True)


def patterns(name: str) -> list[str]:
    """What each step that looks through the tags looks for."""
    requests = [MOE.resolve(name)]
    replies: tuple[Any, ...] = ([], {"data": ""}, [], [])
    for found in replies:
        requests += MOE.parse(requests[-1], said(found)).follow
    return [sent(one)["name"] for one in requests if one.url.endswith("/tag.json")]


def test_a_name_may_go_on_or_have_its_series_or_be_misspelled_in_part() -> None:
    assert patterns("hakurei_reimuu") == [
        "hakurei_reimuu",
        "hakurei_reimuu*",
        "hakurei_reimuu_(*",
        "hakurei",
    ]


def test_a_site_without_its_list_of_tags_is_asked_for_a_post_with_the_name() -> None:
    missing = Reply(404, "https://moe.test/", {}, b"<html>no such page</html>")

    steps, page = looked_up("hakurei_reimu", missing, recorded("documented-whole"))

    assert steps == ["exact", "posts"]
    assert [(one.name, one.category, one.how) for one in page.names] == [
        ("hakurei_reimu", "character", "exact")
    ]


def test_a_post_without_the_name_settles_nothing() -> None:
    missing = Reply(404, "https://moe.test/", {}, b"")

    _, page = looked_up("marisa", missing, recorded("documented-whole"))

    assert (page.names, page.end) == ((), True)


def test_a_site_without_other_names_is_asked_for_what_begins_so() -> None:
    steps, page = looked_up(
        "hakurei", [], Reply(404, SITE.url, {}, b""), recorded("documented-tags")
    )

    assert steps == ["exact", "alias", "autocomplete"]
    assert [one.name for one in page.names] == [
        "hakurei_reimu",
        "hakurei_reimu_(cosplay)",
    ]


@pytest.mark.parametrize(("status", "error"), [(401, NeedsKey), (403, Refused), (503, Busy)])
def test_a_refusal_is_not_taken_for_a_list_that_is_missing(
    status: int, error: type[Exception]
) -> None:
    with pytest.raises(error):
        MOE.parse(MOE.resolve("hakurei_reimu"), Reply(status, SITE.url, {}, b""))


# ---- tags ---------------------------------------------------------------------------------


def test_one_tag_is_told_with_its_count_and_not_those_that_contain_it() -> None:
    page = MOE.parse(MOE.tags(["Hakurei Reimu"]), said(recorded("documented-tags")))

    assert [(tag.name, tag.category, tag.count) for tag in page.tags] == [
        ("hakurei_reimu", "character", 18)
    ]


def test_a_pattern_stands_for_every_tag_that_begins_so() -> None:
    request = MOE.tags(["hakurei_reimu_(*"])

    assert sent(request)["name"] == "hakurei_reimu_(*"
    page = MOE.parse(request, said(recorded("documented-tags")))
    assert [(tag.name, tag.category) for tag in page.tags] == [
        ("hakurei_reimu_(cosplay)", "general")
    ]


def test_many_tags_are_told_by_the_list_of_all_tags() -> None:
    request = MOE.tags(["Hakurei Reimu", "example_artist", "example_circle", "nobody"])

    assert (request.url, request.params) == ("https://moe.test/tag/summary.json", ())
    page = MOE.parse(request, said(recorded("documented-summary")))
    assert [(tag.name, tag.category) for tag in page.tags] == [
        ("hakurei_reimu", "character"),
        ("example_artist", "artist"),
        ("example_circle", "unknown"),  # what 5 is differs from site to site
    ]


def test_a_server_without_its_lists_of_tags_leaves_one_tag_unknown() -> None:
    missing = Reply(404, SITE.url, {}, b"")

    page = MOE.parse(MOE.tags(["Hakurei Reimu"]), missing)

    assert [(tag.name, tag.category, tag.count) for tag in page.tags] == [
        ("hakurei_reimu", "unknown", None)
    ]
    for names in (["solo", "smile"], ["reimu_(*"]):
        with pytest.raises(Gone):
            MOE.parse(MOE.tags(names), missing)


# ---- refusals -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", [recorded("documented-error"), recorded("recorded-too-many-tags")], ids=["help", "real"]
)
def test_too_many_tags_is_no_trouble_that_passes(body: Any) -> None:
    onward = MOE.parse(MOE.search(REIMU), said(posts(9))).follow[0]

    for request in (MOE.search(REIMU), onward, MOE.count(REIMU), MOE.resolve("a")):
        with pytest.raises(Refused, match="tag_limit"):
            MOE.parse(request, said(body, 500))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (403, Refused),
        (404, Gone),
        (420, Refused),
        (421, Busy),
        (422, Refused),
        (423, Refused),
        (424, Refused),
        (500, Busy),
        (503, Busy),
    ],
)
@pytest.mark.parametrize(
    "body", [b'{"success":false,"reason":"so it is"}', b"<html>so it is</html>"]
)
def test_each_status_has_its_meaning_whatever_its_body(
    status: int, error: type[Exception], body: bytes
) -> None:
    with pytest.raises(error):
        MOE.parse(MOE.search(REIMU), Reply(status, SITE.url, {}, body))


def test_a_refusal_with_a_good_status_is_one_all_the_same() -> None:
    with pytest.raises(Refused, match="access denied"):
        MOE.parse(MOE.search(REIMU), said({"success": False, "reason": "access denied"}))


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"", b'{"posts": 5}', b"{}"])
def test_what_is_no_list_of_posts_is_unexpected(body: bytes) -> None:
    with pytest.raises(Unexpected):
        MOE.parse(MOE.search(REIMU), Reply(200, SITE.url, {}, body))
