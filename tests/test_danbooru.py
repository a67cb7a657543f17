"""Danbooru and what imitates it: terms a visitor may send, a walk by id, posts as candidates, names looked up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from harvester import (
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
    TooDeep,
    Unexpected,
)
from harvester.model import Narrow
from sources.danbooru import Danbooru
from sources.danbooru_tags import CATEGORIES
from tests import replies
from tests.replies import sent

SITE = Site("booru", "danbooru", "https://booru.test")
BOORU = Danbooru(SITE)
REIMU = Query(("hakurei_reimu",))
FREE = "-status:deleted filetype:jpg,png,webp,avif"
said = partial(replies.said, "https://booru.test/")
recorded = partial(replies.recorded, "danbooru")


def booru(**options: Any) -> Danbooru:
    return Danbooru(replace(SITE, options=options))


def terms(query: Query, adapter: Danbooru = BOORU) -> str:
    return sent(adapter.search(query))["tags"]


def listed(*posts: dict[str, Any]) -> Page:
    return BOORU.parse(BOORU.search(REIMU), said(list(posts)))


def post(**fields: Any) -> dict[str, Any]:
    """The documented post with some fields changed; `None` as a value stays null."""
    return {**recorded("documented-post"), **fields}


def read(**fields: Any) -> Candidate:
    (candidate,) = listed(post(**fields)).candidates
    return candidate


# ---- what is asked ------------------------------------------------------------------------


def test_a_walk_begins_with_the_first_page_of_the_name() -> None:
    request = BOORU.search(REIMU)

    assert request.url == "https://booru.test/posts.json"
    assert sent(request) == {"tags": f"hakurei_reimu {FREE}", "limit": "200", "page": "1"}


def test_a_visitor_sends_two_counted_terms_and_free_ones_as_many_as_there_are() -> None:
    query = replace(REIMU, want=("solo", "smile"), avoid=("comic",))

    assert terms(query) == f"hakurei_reimu solo {FREE}"


def test_a_larger_account_sends_more_terms() -> None:
    query = replace(REIMU, want=("solo", "smile"), avoid=("comic", "monochrome"))

    counted = terms(query, booru(tag_limit=4)).removesuffix(f" {FREE}")

    assert counted == "hakurei_reimu solo smile -comic"


def test_what_narrows_a_walk_goes_before_further_wishes() -> None:
    query = replace(REIMU, narrow=Narrow("framing", "portrait", ("portrait",)), want=("solo",))

    assert terms(query) == f"hakurei_reimu portrait {FREE}"


@pytest.mark.parametrize(
    ("narrow", "term"),
    [
        (Narrow("score", "20"), "score:>=20"),
        (Narrow("dates", "2020-01-01..2022-12-31"), "date:2020-01-01..2022-12-31"),
    ],
)
def test_scores_and_dates_are_free(narrow: Narrow, term: str) -> None:
    query = replace(REIMU, narrow=narrow, want=("solo",))

    assert terms(query) == f"hakurei_reimu solo {FREE} {term}"


def test_ratings_are_sent_by_their_first_letters() -> None:
    query = replace(REIMU, ratings=frozenset({Rating.SENSITIVE, Rating.GENERAL}))

    assert terms(query).endswith(" rating:g,s")


def test_all_ratings_are_no_term() -> None:
    assert "rating:" not in terms(replace(REIMU, ratings=frozenset(Rating)))


def test_a_blank_in_a_tag_does_not_begin_another_term() -> None:
    query = replace(REIMU, avoid=("comic strip",))

    assert terms(query) == f"hakurei_reimu -comic_strip {FREE}"


def test_what_changed_since_is_asked_for_by_page_number() -> None:
    query = replace(REIMU, order="updated", since=datetime(2026, 1, 2, tzinfo=UTC))

    request = BOORU.search(query)

    assert sent(request)["tags"] == f"hakurei_reimu order:change {FREE}"
    assert request.state["keyset"] is False


@pytest.mark.parametrize(("updated", "ends"), [("2026-01-01", True), ("2026-01-03", False)])
def test_a_walk_by_change_ends_where_it_looked_before(updated: str, ends: bool) -> None:
    query = replace(REIMU, order="updated", since=datetime(2026, 1, 2, tzinfo=UTC))
    post = {**recorded("post"), "updated_at": f"{updated}T00:00:00.000+00:00"}

    page = BOORU.parse(BOORU.search(query), said([post]))

    assert page.end is ends
    assert len(page.candidates) == 1


def test_a_walk_can_begin_below_a_post() -> None:
    assert sent(BOORU.search(replace(REIMU, start="500")))["page"] == "b500"


def test_the_address_of_a_site_may_end_with_a_slash() -> None:
    adapter = Danbooru(replace(SITE, url="https://booru.test/"))

    assert adapter.search(REIMU).url == "https://booru.test/posts.json"


# ---- a walk -------------------------------------------------------------------------------


def test_a_walk_goes_on_below_the_lowest_id() -> None:
    page = listed(post(id=70), post(id=50), post(id=60))

    (onward,) = page.follow
    assert sent(onward)["page"] == "b50"
    assert page.walked == Span("id", high="70", low="50")
    assert not page.end


def test_a_short_page_does_not_end_a_walk() -> None:
    assert not listed(post()).end


def test_only_an_empty_page_ends_a_walk() -> None:
    onward = listed(post()).follow[0]

    assert BOORU.parse(onward, said(recorded("search-none"))) == Page(end=True)


def test_a_server_that_cannot_page_by_id_is_asked_by_number() -> None:
    first = BOORU.parse(BOORU.search(REIMU), said(recorded("search-page1")))

    again = BOORU.parse(first.follow[0], said(recorded("keyset-refused"), 422))

    (onward,) = again.follow
    assert sent(onward)["page"] == "2"
    assert sent(BOORU.parse(onward, said([post()])).follow[0])["page"] == "3"


def test_pages_by_number_tell_no_span() -> None:
    adapter = booru(keyset=False)

    page = adapter.parse(adapter.search(REIMU), said([post(id=7)]))

    assert sent(page.follow[0])["page"] == "2"
    assert page.walked is None


def pages(*replies: Any, query: Query = REIMU, adapter: Danbooru = BOORU) -> list[str | None]:
    """Which page is asked for after each reply; None where the walk ends."""
    request: Request | None = adapter.search(query)
    asked: list[str | None] = []
    for reply in replies:
        assert request is not None, "the walk ended early"
        page = adapter.parse(request, reply if isinstance(reply, Reply) else said(reply))
        assert page.end != bool(page.follow)
        request = page.follow[0] if page.follow else None
        asked.append(sent(request)["page"] if request else None)
    return asked


def test_a_server_that_does_not_obey_is_asked_by_number() -> None:
    again = [post(id=9), post(id=7)]

    assert pages(again, again, [post(id=5)], []) == ["b7", "2", "3", None]


def test_a_server_that_turns_no_pages_is_not_asked_for_ever() -> None:
    again = [post(id=9), post(id=7)]

    assert pages(again, again, again) == ["b7", "2", None]
    assert pages(again, again, adapter=booru(keyset=False)) == ["2", None]


def test_a_server_that_gives_fewer_posts_a_page_is_asked_for_fewer() -> None:
    refused = said({"detail": [{"loc": ["query", "limit"], "input": "200"}]}, 422)

    (again,) = BOORU.parse(BOORU.search(REIMU), refused).follow
    (onward,) = BOORU.parse(again, said([post(id=9)])).follow

    assert (sent(again)["page"], sent(again)["limit"]) == ("1", "20")
    assert (sent(onward)["page"], sent(onward)["limit"]) == ("b9", "20")
    with pytest.raises(Refused):
        BOORU.parse(again, refused)


def doubted(*found: dict[str, Any]) -> tuple[Request, Page]:
    """What follows when nothing is found with the free metatags, and these posts without."""
    query = replace(REIMU, ratings=frozenset({Rating.GENERAL}))
    (bare,) = BOORU.parse(BOORU.search(query), said([])).follow
    return bare, BOORU.parse(bare, said(list(found)))


def test_a_server_that_takes_metatags_for_tags_is_asked_without_them() -> None:
    bare, page = doubted(post(id=9, rating="e"), post(id=7, rating="g"))

    assert sent(bare)["tags"] == "hakurei_reimu"
    assert [candidate.post_id for candidate in page.candidates] == ["9", "7"]
    (onward,) = page.follow
    assert (sent(onward)["tags"], sent(onward)["page"]) == ("hakurei_reimu", "b7")


@pytest.mark.parametrize("kept", [{"rating": "e"}, {"is_deleted": True}, {"file_ext": "mp4"}])
def test_a_server_that_kept_back_what_was_not_meant_has_understood(kept: dict[str, Any]) -> None:
    _, page = doubted(post(**kept))

    assert page == Page(end=True)


def test_a_narrowed_walk_that_finds_nothing_has_ended() -> None:
    narrow = Narrow("framing", "portrait", ("portrait",))

    assert pages([], query=replace(REIMU, narrow=narrow)) == [None]
    assert pages([], [], query=REIMU) == ["1", None]


def test_the_recorded_page_of_an_imitation_is_read() -> None:
    page = BOORU.parse(BOORU.search(REIMU), said(recorded("search-page1")))

    assert len(page.candidates) == len(recorded("search-page1")) == 16
    for candidate in page.candidates:
        claims = candidate.claims
        assert [file.role for file in candidate.files] == ["original", "preview"]
        assert None not in {claims.width, claims.height, claims.bytes, claims.format, claims.md5}
        assert claims.rating
        assert claims.tags
        assert "hakurei_reimu" in claims.tags["character"]


def test_the_recorded_walk_through_an_imitation_ends() -> None:
    refused = said(recorded("keyset-refused"), 422)

    walk = pages(recorded("search-page1"), refused, recorded("recorded-search-page2"))

    assert walk == ["b2", "2", None]


# ---- a post as a candidate ----------------------------------------------------------------


def test_a_post_tells_what_the_site_claims() -> None:
    claims = read().claims

    assert (claims.width, claims.height, claims.bytes) == (1600, 2400, 2345678)
    assert (claims.format, claims.media, claims.rating) == ("png", Media.STILL, Rating.GENERAL)
    assert claims.md5 == "0123456789abcdef0123456789abcdef"
    assert (claims.score, claims.favourites) == (42, 51)
    assert claims.created == datetime(2024, 3, 1, 15, 11, 12, 345000, tzinfo=UTC)


def test_tags_are_kept_by_category() -> None:
    tags = read().claims.tags

    assert tags is not None
    assert tags["general"] == ("1girl", "bow", "cowboy_shot", "solo")
    assert tags["artist"] == ("example_artist",)
    assert tags["character"] == ("hakurei_reimu",)


def test_tags_without_categories_are_of_unknown_category() -> None:
    bare = {f"tag_string_{name}": "" for name in CATEGORIES.values()}

    assert read(tag_string="solo touhou", **bare).claims.tags == {"unknown": ("solo", "touhou")}


@pytest.mark.parametrize(
    ("letter", "rating"), [*zip("gsqe", Rating, strict=True), ("x", None), (None, None)]
)
def test_a_rating_is_read_from_its_letter(letter: str | None, rating: Rating | None) -> None:
    assert read(rating=letter).claims.rating is rating


@pytest.mark.parametrize(
    ("extension", "meta", "media", "format_"),
    [
        ("jpg", "highres", Media.STILL, "jpeg"),
        ("webp", "", Media.STILL, "webp"),
        ("gif", "animated animated_gif", Media.ANIMATION, "gif"),
        ("png", "animated animated_png", Media.ANIMATION, "png"),
        ("zip", "animated ugoira", Media.ANIMATION, "zip"),
        ("mp4", "video", Media.VIDEO, "mp4"),
        ("webm", "video", Media.VIDEO, "webm"),
        ("swf", "flash", Media.FLASH, "swf"),
        (None, "", None, None),
    ],
)
def test_the_kind_of_medium_is_told(
    extension: str | None, meta: str, media: Media | None, format_: str | None
) -> None:
    claims = read(file_ext=extension, tag_string_meta=meta).claims

    assert (claims.media, claims.format) == (media, format_)


def test_what_a_post_went_through_is_its_status() -> None:
    claims = read(is_deleted=True, is_flagged=True).claims

    assert claims.status == {"deleted", "flagged"}


def test_a_sample_and_thumbnails_stand_beside_the_original() -> None:
    files = {file.role: file for file in read().files}

    assert (
        files["original"].urls[0].endswith("/original/01/23/0123456789abcdef0123456789abcdef.png")
    )
    assert files["original"].md5 == "0123456789abcdef0123456789abcdef"
    assert "/sample/" in files["sample"].urls[0]
    assert (files["preview"].width, files["preview"].height) == (120, 180)


def test_a_large_file_that_is_the_original_is_no_sample() -> None:
    candidate = read(large_file_url=post()["file_url"])

    assert [file.role for file in candidate.files] == ["original", "preview"]


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("/data/a.png", "https://booru.test/data/a.png"),
        ("//cdn.test/a.png", "https://cdn.test/a.png"),
    ],
)
def test_an_address_without_host_or_scheme_is_completed(written: str, url: str) -> None:
    original = read(file_url=written).original

    assert original is not None
    assert original.urls == (url,)


def test_a_hidden_post_is_a_candidate_without_files() -> None:
    page = BOORU.parse(BOORU.search(REIMU), said(recorded("hidden-post")))

    (candidate,) = page.candidates
    assert (candidate.key, candidate.files) == ("booru:7000002", ())
    assert candidate.claims.status == {"banned"}
    assert page.follow


def test_a_post_has_a_page_for_people_and_its_family() -> None:
    candidate = read(parent_id=7, has_children=True)

    assert candidate.page_url == "https://booru.test/posts/7000001"
    assert (candidate.relations.parent, candidate.relations.has_children) == ("7", True)
    assert candidate.relations.sources == ("https://www.pixiv.net/artworks/100000001",)


def test_an_imitation_may_tell_of_a_picture_in_one_place_only() -> None:
    asset = {"image_width": 300, "image_height": 400}
    small = "/small/1.jpg"

    candidate = read(
        image_width=None, image_height=None, media_asset=asset, preview_file_url=small, parent_id=0
    )

    assert (candidate.claims.width, candidate.claims.height) == (300, 400)
    assert candidate.files[-1].role == "preview"
    assert candidate.files[-1].urls == ("https://booru.test/small/1.jpg",)
    assert candidate.relations.parent is None


def test_a_post_without_any_size_has_none() -> None:
    candidate = read(image_width=None, image_height=None, media_asset=None, file_size=None)

    assert (candidate.claims.width, candidate.claims.bytes) == (None, None)
    assert candidate.original is not None


def test_a_single_post_is_read_like_a_page_of_one() -> None:
    page = BOORU.parse(BOORU.search(REIMU), said(recorded("post")))

    assert [candidate.post_id for candidate in page.candidates] == ["3"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", None),
        ("id", 0),
        ("image_width", "wide"),
        ("media_asset", 5),
        ("tag_string_general", []),
    ],
)
def test_a_field_of_another_shape_is_named(field: str, value: object) -> None:
    with pytest.raises(Unexpected, match=field):
        listed(post(**{field: value}))


# ---- counts -------------------------------------------------------------------------------


def test_posts_are_counted_by_the_terms_of_the_walk() -> None:
    request = BOORU.count(REIMU)

    assert request.url == "https://booru.test/counts/posts.json"
    assert sent(request) == {"tags": f"hakurei_reimu {FREE}"}
    assert BOORU.parse(request, said(recorded("count"))).count == 1234


def test_a_count_that_took_too_long_is_unknown() -> None:
    assert BOORU.parse(BOORU.count(REIMU), said({"counts": {"posts": None}})).count is None


# ---- names --------------------------------------------------------------------------------


def looked_up(*replies: Any) -> tuple[list[str], Page]:
    """The steps of a look-up that gets these replies, and its last page."""
    request, page, steps = BOORU.resolve("Reimu  Hakurei"), Page(), []
    for found in replies:
        steps.append(request.state["step"])
        page = BOORU.parse(request, said(found))
        if page.follow:
            (request,) = page.follow
    return steps, page


def test_a_name_is_asked_for_as_tags_are_spelled() -> None:
    assert sent(BOORU.resolve(" Hakurei  Reimu")) == {"search[name]": "hakurei_reimu"}


def test_a_name_the_site_knows_needs_one_request() -> None:
    steps, page = looked_up(recorded("tag"))

    (name,) = page.names
    assert steps == ["exact"]
    assert (name.name, name.category, name.count, name.how) == (
        "hakurei_reimu",
        "character",
        98765,
        "exact",
    )


def test_an_alias_leads_to_the_name_it_stands_for() -> None:
    steps, page = looked_up([], recorded("alias"))

    assert steps == ["exact", "alias"]
    assert [(name.name, name.how) for name in page.names] == [("hakurei_reimu", "alias")]


def test_what_the_site_completes_is_offered_when_it_has_posts() -> None:
    steps, page = looked_up([], [], recorded("autocomplete"))

    assert steps[-1] == "autocomplete"
    assert [name.name for name in page.names] == ["hakurei_reimu", "reimu_endou"]


def test_a_misspelling_is_the_last_thing_tried() -> None:
    steps, page = looked_up([], [], [], [], recorded("tag"))

    assert steps == ["exact", "alias", "autocomplete", "qualified", "fuzzy"]
    assert [name.how for name in page.names] == ["fuzzy"]


def test_a_name_nobody_knows_ends_the_look_up() -> None:
    _, page = looked_up([], [], [], [], [])

    assert (page.names, page.end) == ((), True)


def test_a_tag_without_posts_is_looked_for_under_another_name() -> None:
    steps, _ = looked_up([{**recorded("tag")[0], "post_count": 0}], recorded("alias"))

    assert steps == ["exact", "alias"]


def test_whoever_is_not_content_with_a_step_is_led_to_the_next_one() -> None:
    page = BOORU.parse(BOORU.resolve("touhou"), said(recorded("tag")))

    assert [request.state["step"] for request in page.follow] == ["alias"]


def test_a_name_may_go_on_with_its_series() -> None:
    *_, request = lookups("saber", [], [], [])

    assert request.state["step"] == "qualified"
    assert sent(request)["search[name_matches]"] == "saber_(*"


def lookups(name: str, *replies: Any) -> list[Request]:
    """Every request of a look-up that gets these replies, and the one that would come next."""
    requests = [BOORU.resolve(name)]
    for found in replies:
        requests += BOORU.parse(requests[-1], said(found)).follow
    return requests


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("tag-other-name", "alias"),
        ("tag-alias", "alias"),
        ("tag-autocorrect", "autocomplete"),
    ],
)
def test_a_completion_may_say_that_the_typed_name_is_another_name(kind: str, how: str) -> None:
    row = {"type": kind, "value": "touhou", "category": 3, "post_count": 9, "antecedent": "東方"}
    *_, request = lookups("東方", [], [])

    (name,) = BOORU.parse(request, said([row])).names

    assert (name.name, name.category, name.how) == ("touhou", "copyright", how)


MISSING = [
    Reply(404, SITE.url, {}, b""),
    Reply(405, SITE.url, {}, b"{}"),
    Reply(200, SITE.url, {}, b"<!doctype html>"),
]


@pytest.mark.parametrize("missing", MISSING, ids=["404", "405", "a page for people"])
def test_a_server_without_a_list_of_tags_is_asked_for_a_post_with_the_name(missing: Reply) -> None:
    (request,) = BOORU.parse(BOORU.resolve("Hakurei Reimu"), missing).follow

    page = BOORU.parse(request, said([recorded("post")]))

    assert request.url == "https://booru.test/posts.json"
    assert sent(request) == {"tags": "hakurei_reimu", "limit": "1"}
    assert [(one.name, one.category, one.how) for one in page.names] == [
        ("hakurei_reimu", "character", "exact")
    ]
    assert BOORU.parse(request, said([])) == Page(end=True)


def test_a_server_without_aliases_is_asked_for_completions() -> None:
    (alias,) = BOORU.parse(BOORU.resolve("reimu"), said([])).follow

    (request,) = BOORU.parse(alias, MISSING[0]).follow

    assert request.state["step"] == "autocomplete"


def test_many_tags_are_told_in_one_reply() -> None:
    request = BOORU.tags(["Hakurei Reimu", "solo"])

    page = BOORU.parse(request, said(recorded("tag")))

    assert sent(request)["search[name_comma]"] == "hakurei_reimu,solo"
    assert [(tag.name, tag.category, tag.count) for tag in page.tags] == [
        ("hakurei_reimu", "character", 98765)
    ]


def test_a_server_without_a_list_of_tags_leaves_one_tag_unknown() -> None:
    missing = Reply(404, SITE.url, {}, b"")

    page = BOORU.parse(BOORU.tags(["Hakurei Reimu"]), missing)

    assert [(tag.name, tag.category, tag.count) for tag in page.tags] == [
        ("hakurei_reimu", "unknown", None)
    ]
    for names in (["solo", "smile"], ["reimu_(*"]):
        with pytest.raises(Gone):
            BOORU.parse(BOORU.tags(names), missing)


def test_tags_may_be_asked_for_by_a_pattern() -> None:
    assert sent(BOORU.tags(["reimu_(*"]))["search[name_matches]"] == "reimu_(*"


# ---- refusals -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (410, "error-page-too-far", TooDeep),
        (422, "error-tag-limit", Refused),
        (401, "count", NeedsKey),
        (403, "count", Refused),
        (404, "count", Gone),
        (429, "count", Busy),
        (500, "count", Busy),
    ],
)
def test_each_refusal_of_the_site_has_its_meaning(
    status: int, body: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        BOORU.parse(BOORU.search(REIMU), said(recorded(body), status))


def test_too_many_terms_say_which_setting_helps() -> None:
    onward = listed(post()).follow[0]

    with pytest.raises(Refused, match="tag_limit"):
        BOORU.parse(onward, said(recorded("error-tag-limit"), 422))


def test_a_page_of_html_is_unexpected() -> None:
    with pytest.raises(Unexpected):
        BOORU.parse(BOORU.search(REIMU), Reply(200, SITE.url, {}, b"<html>hello</html>"))


def test_one_post_is_asked_for_by_itself() -> None:
    listed_one = listed(recorded("post")).candidates[0]
    request = BOORU.detail(listed_one)

    assert request.url == f"https://booru.test/posts/{listed_one.post_id}.json"
    assert BOORU.parse(request, said(recorded("post"))) == Page((listed_one,), end=True)


def test_a_post_that_is_no_more_is_gone() -> None:
    request = BOORU.detail(Candidate("booru", "7", "https://booru.test/posts/7"))

    for answer in (said({"success": False, "error": "NotFound"}, 404), said([]), said([post()])):
        with pytest.raises(Gone):
            BOORU.parse(request, answer)
