"""Gelbooru 0.2.5: a walk by `id:<LAST`, a key for everything, refusals as XML, tags by name in hundreds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from harvester import (
    AuthKind,
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
from sources.gelbooru025 import Gelbooru025
from tests import replies
from tests.replies import sent

FIXTURES = Path(__file__).parent / "fixtures" / "gelbooru025"
SITE = Site("gel", "gelbooru025", "https://gel.test")
GEL = Gelbooru025(SITE)
REIMU = Query(("hakurei_reimu",))
UPDATED = replace(REIMU, order="updated", since=datetime(2026, 1, 2, tzinfo=UTC))
said = partial(replies.said, "https://gel.test/")
recorded = partial(replies.recorded, "gelbooru025")


def refusal(name: str, status: int = 200) -> Reply:
    return Reply(status, "https://gel.test/", {}, (FIXTURES / f"{name}.xml").read_bytes())


def terms(query: Query) -> str:
    return sent(GEL.search(query))["tags"]


def post(**fields: Any) -> dict[str, Any]:
    """The documented post with some fields changed."""
    return {**recorded("documented-search")["post"][0], **fields}


def listed(*posts: dict[str, Any], request: Request | None = None) -> Page:
    found = {"@attributes": {"limit": 100, "offset": 0, "count": len(posts)}, "post": list(posts)}
    return GEL.parse(request or GEL.search(REIMU), said(found))


def read(**fields: Any) -> Candidate:
    (candidate,) = listed(post(**fields)).candidates
    return candidate


def odd(number: int) -> Candidate:
    return GEL.parse(GEL.search(REIMU), said(recorded("odd-posts"))).candidates[number]


# ---- what is asked ------------------------------------------------------------------------


def test_a_walk_begins_with_the_first_page_of_the_name() -> None:
    request = GEL.search(REIMU)

    assert request.url == "https://gel.test/index.php"
    assert sent(request) == {
        "page": "dapi", "s": "post", "q": "index", "json": "1",
        "tags": "hakurei_reimu", "limit": "100", "pid": "0",
    }  # fmt: skip


def test_every_term_is_sent_and_what_narrows_goes_before_further_wishes() -> None:
    query = replace(
        REIMU,
        want=("Solo Focus",),
        avoid=("comic strip",),
        narrow=Narrow("framing", "portrait", ("portrait",)),
    )

    assert terms(query) == "hakurei_reimu portrait solo_focus -comic_strip"


def test_ratings_that_are_not_wanted_are_left_out_by_the_server() -> None:
    mild = replace(REIMU, ratings=frozenset({Rating.GENERAL, Rating.SENSITIVE}))

    assert terms(mild) == "hakurei_reimu -rating:questionable -rating:explicit"
    assert terms(replace(REIMU, ratings=frozenset(Rating))) == "hakurei_reimu"


def test_a_score_narrows_a_walk() -> None:
    assert terms(replace(REIMU, narrow=Narrow("score", "20"))) == "hakurei_reimu score:>=20"


def test_what_changed_is_sorted_by_the_sites_own_word() -> None:
    assert terms(UPDATED) == "hakurei_reimu sort:updated"


def test_the_key_goes_into_the_address_and_nothing_is_asked_without_it() -> None:
    assert GEL.auth.kind is AuthKind.QUERY
    assert GEL.auth.required
    assert set(GEL.auth.keys) == {"api_key", "user_id"}


# ---- a walk -------------------------------------------------------------------------------


def test_a_walk_goes_on_below_the_lowest_id_on_the_first_page() -> None:
    page = listed(post(id=70), post(id=50), post(id=60))

    (onward,) = page.follow
    assert (sent(onward)["tags"], sent(onward)["pid"]) == ("hakurei_reimu id:<50", "0")
    assert page.walked == Span("id", high="70", low="50")
    again = listed(post(id=49), post(id=40), request=onward)
    assert sent(again.follow[0])["tags"] == "hakurei_reimu id:<40"


def test_a_walk_can_begin_below_a_post() -> None:
    assert terms(replace(REIMU, start="500")) == "hakurei_reimu id:<500"


def test_a_reply_without_posts_ends_a_walk() -> None:
    assert GEL.parse(GEL.search(REIMU), said(recorded("none"))) == Page(end=True)


def test_one_post_may_come_as_an_object() -> None:
    page = GEL.parse(GEL.search(REIMU), said(recorded("one-is-an-object")))

    assert [one.post_id for one in page.candidates] == ["9000001"]
    assert page.follow


def test_a_server_that_pays_no_heed_to_ids_is_asked_page_by_page() -> None:
    below = listed(post(id=70)).follow[0]

    page = listed(post(id=90), post(id=70), request=below)

    assert (page.walked, sent(page.follow[0])["pid"]) == (None, "1")
    assert sent(page.follow[0])["tags"] == "hakurei_reimu"


def test_what_changed_is_walked_page_by_page_down_to_the_moment_asked_for() -> None:
    young, old = 1_800_000_000, 1_600_000_000
    first = GEL.search(UPDATED)

    page = listed(post(id=1, change=young), post(id=9, change=young), request=first)
    last = listed(post(id=5, change=young), post(id=7, change=old), request=page.follow[0])

    assert sent(page.follow[0])["pid"] == "1"
    assert (last.follow, last.end, len(last.candidates)) == ((), True, 2)


def test_pages_are_counted_no_further_than_the_site_lets() -> None:
    adapter = Gelbooru025(replace(SITE, options={"keyset": False}))
    request, pages = adapter.search(REIMU), 0
    while True:
        pages += 1
        page = adapter.parse(request, said({"post": [post()]}))
        if not page.follow:
            break
        (request,) = page.follow

    assert (pages, sent(request)["pid"]) == (200, "199")


# ---- a post as a candidate ----------------------------------------------------------------


def test_a_post_tells_what_the_site_claims() -> None:
    claims = read().claims

    assert (claims.width, claims.height, claims.bytes) == (1600, 2400, None)
    assert (claims.format, claims.media, claims.rating) == ("png", Media.STILL, Rating.GENERAL)
    assert claims.md5 == "803d0123456789abcdef0123456789ab"
    assert (claims.score, claims.status) == (3, frozenset())
    assert claims.created == datetime(2022, 11, 24, 14, 30, 35, tzinfo=UTC)
    assert claims.updated == datetime(2022, 11, 24, 14, 30, 35, tzinfo=UTC)
    assert claims.tags == {"unknown": ("1girl", "hakurei_reimu", "highres", "solo", "touhou")}


def test_files_are_asked_for_as_from_the_sites_own_pages() -> None:
    files = {file.role: file for file in read().files}

    assert all(file.headers == (("Referer", "https://gel.test/"),) for file in files.values())
    assert files["original"].md5 == "803d0123456789abcdef0123456789ab"
    assert (files["original"].width, files["original"].format) == (1600, "png")
    assert (files["sample"].width, files["sample"].height, files["sample"].md5) == (850, 1275, None)
    assert files["preview"].urls[0].endswith("/thumbnail_803d0123456789abcdef0123456789ab.jpg")
    assert (files["preview"].width, files["preview"].height) == (166, 250)


def test_a_post_has_a_page_for_people_and_its_family() -> None:
    candidate = odd(0)

    assert candidate.page_url == "https://gel.test/index.php?page=post&s=view&id=8999990"
    assert (candidate.relations.parent, candidate.relations.has_children) == ("9000001", True)
    assert read().relations.parent is None
    assert read().relations.sources == ("https://example.net/a",)


def test_tags_are_read_without_the_references_of_html() -> None:
    claims = odd(0).claims

    assert claims.tags == {
        "unknown": ("animated", "d'arc_(fate)", "tom_&_jerry", "video", "博麗霊夢")
    }
    assert [word.text for word in odd(0).words] == ['Shrine "maiden"']


def test_an_odd_post_tells_what_it_can() -> None:
    candidate = odd(0)

    assert (candidate.claims.media, candidate.claims.format) == (Media.VIDEO, "mp4")
    assert (candidate.claims.width, candidate.claims.updated) == (None, None)
    assert candidate.claims.rating is Rating.GENERAL
    assert candidate.claims.status == {"deleted"}
    assert [file.urls[0] for file in candidate.files] == [
        f"https://video-cdn1.gelbooru.com/images/ff/ff/{'f' * 32}.mp4",
        f"https://gel.test/thumbnails/ff/ff/thumbnail_{'f' * 32}.jpg",
    ]


def test_numbers_may_be_texts() -> None:
    claims = odd(1).claims

    assert (claims.width, claims.score, claims.updated) == (1600, 3, read().claims.updated)
    assert odd(1).relations.parent is None


def test_a_post_without_an_address_is_a_candidate_without_files() -> None:
    assert (odd(2).files, odd(2).claims.rating, odd(2).claims.md5) == ((), Rating.EXPLICIT, None)
    assert (odd(3).post_id, odd(3).claims.tags) == ("8999960", None)


@pytest.mark.parametrize(
    ("field", "value"), [("id", None), ("id", 0), ("width", "wide"), ("tags", []), ("change", {})]
)
def test_a_field_of_another_shape_is_named(field: str, value: object) -> None:
    with pytest.raises(Unexpected, match=field):
        listed(post(**{field: value}))


# ---- one post, counts, tags ---------------------------------------------------------------


def test_a_post_is_asked_for_by_its_id() -> None:
    request = GEL.detail(read())

    assert (sent(request)["id"], sent(request)["s"]) == ("9000001", "post")
    page = GEL.parse(request, said(recorded("one-is-an-object")))
    assert (page.candidates, page.end) == ((read(),), True)


def test_a_post_that_is_no_more_is_gone() -> None:
    with pytest.raises(Gone, match="9000001"):
        GEL.parse(GEL.detail(read()), said(recorded("none")))


def test_posts_are_counted_by_the_terms_of_the_walk() -> None:
    request = GEL.count(REIMU)

    assert (sent(request)["tags"], sent(request)["limit"]) == ("hakurei_reimu", "1")
    found = {"@attributes": {"limit": 1, "offset": 0, "count": 1234}, "post": post()}
    assert GEL.parse(request, said(found)).count == 1234
    assert GEL.parse(request, said(recorded("none"))).count == 0


def test_a_hundred_tags_are_told_in_one_reply() -> None:
    request = GEL.tags(["Hakurei Reimu", "solo"])

    assert (sent(request)["names"], GEL.batch) == ("hakurei_reimu solo", 100)
    tags = GEL.parse(request, said(recorded("documented-tags"))).tags
    assert [(tag.name, tag.category, tag.count) for tag in tags] == [
        ("hakurei_reimu", "character", 98765),
        ("solo", "general", 3000000),
        ("zun", "artist", 500),
        ("d'arc_(fate)", "character", 12),
        ("oldtag", "unknown", 0),
    ]


def test_a_pattern_of_the_site_finds_more_than_was_meant() -> None:
    request = GEL.tags(["saber_(*"])
    rows = [{"name": "saber_(fate)", "type": 4, "count": 9}, {"name": "saber-(x", "type": 0}]

    assert sent(request)["name_pattern"] == "saber_(%"
    assert [tag.name for tag in GEL.parse(request, said({"tag": rows})).tags] == ["saber_(fate)"]


# ---- names --------------------------------------------------------------------------------


def looked_up(name: str, *replies: Any) -> tuple[list[Request], Page]:
    """Every request of a look-up that gets these replies, and its last page."""
    requests, page = [GEL.resolve(name)], Page()
    for found in replies:
        page = GEL.parse(requests[-1], said(found))
        requests += page.follow
    return requests, page


def test_a_name_the_site_knows_needs_one_request() -> None:
    (request, _), page = looked_up(" Hakurei  Reimu", recorded("documented-tags"))

    assert sent(request)["name"] == "hakurei_reimu"
    assert [(n.name, n.category, n.count, n.how) for n in page.names] == [
        ("hakurei_reimu", "character", 98765, "exact")
    ]


def test_completion_tells_kinds_and_counts_and_an_alias_by_its_label() -> None:
    requests, page = looked_up(
        "Reimu Hakurei", recorded("none"), recorded("documented-autocomplete")
    )

    assert sent(requests[1]) == {
        "page": "autocomplete2", "type": "tag_query", "term": "reimu_hakurei", "limit": "10",
    }  # fmt: skip
    assert [(n.name, n.category, n.count, n.how) for n in page.names] == [
        ("hakurei_reimu", "character", 98765, "autocomplete"),
        ("hakurei_shrine", "general", 900, "autocomplete"),
        ("hakurei_reimu", "character", 98765, "alias"),
        ("highres", "meta", 9, "autocomplete"),
    ]


def test_a_name_may_go_on_with_its_series_and_last_be_a_part_of_others() -> None:
    none = recorded("none")
    rows = {"tag": [{"name": "saber_(fate)", "type": 4, "count": 2}, {"name": "saber_ii"}]}

    requests, page = looked_up("saber", none, [], rows, none)

    assert [sent(one).get("name_pattern") for one in requests] == [
        None,
        None,
        "saber_(%",
        "%saber%",
    ]
    assert (page.names, page.end) == ((), True)
    _, page = looked_up("saber", none, [], rows)
    assert [(n.name, n.how) for n in page.names] == [("saber_(fate)", "qualified")]


def test_a_tag_without_posts_is_no_name() -> None:
    _, page = looked_up("oldtag", recorded("documented-tags"))

    assert page.names == ()
    assert page.follow


# ---- refusals -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [
        ("refused-too-deep", 200, TooDeep),
        ("refused-without-key", 200, NeedsKey),
        ("refused-without-key", 401, NeedsKey),
        ("refused-too-deep", 403, Refused),
        ("refused-too-deep", 404, Gone),
        ("refused-too-deep", 429, Busy),
        ("refused-too-deep", 503, Busy),
    ],
)
def test_each_refusal_has_its_meaning_although_json_was_asked_for(
    name: str, status: int, error: type[Exception]
) -> None:
    for request in (GEL.search(REIMU), GEL.count(REIMU), GEL.tags(["solo"]), GEL.resolve("solo")):
        with pytest.raises(error):
            GEL.parse(request, refusal(name, status))


def test_a_refusal_may_be_a_text() -> None:
    with pytest.raises(NeedsKey, match="Missing authentication"):
        GEL.parse(GEL.search(REIMU), said("Missing authentication."))


@pytest.mark.parametrize(
    "body", [b"<html>hello</html>", b"<!doctype html><html>", b"", b"{}", b'{"success": false}']
)
def test_what_is_no_list_is_unexpected_and_no_end_of_a_walk(body: bytes) -> None:
    with pytest.raises(Unexpected):
        GEL.parse(GEL.search(REIMU), Reply(200, SITE.url, {}, body))
