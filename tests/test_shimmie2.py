"""Shimmie2: XML that is none and tells no ratings, pages where it is off, walks by `id<N`, three terms at most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

import pytest

from harvester import (
    Ask,
    Busy,
    Candidate,
    File,
    Gone,
    Media,
    Name,
    Page,
    Query,
    Rating,
    Refused,
    Relations,
    Reply,
    Request,
    Site,
    Span,
    TooDeep,
    Unexpected,
    Word,
)
from harvester.demo.dialects.shimmie2 import Dialect
from harvester.demo.vault import Vault
from harvester.demo.world import World
from harvester.model import Narrow
from sources.shimmie2 import Shimmie2
from tests.replies import sent

FIXTURES = Path(__file__).parent / "fixtures" / "shimmie2"
SITE = Site("place", "shimmie2", "https://place.test")
BOORU = Shimmie2(SITE)
REIMU = Query(("hakurei_reimu",))
SAFE = replace(REIMU, ratings=frozenset({Rating.GENERAL, Rating.SENSITIVE}))
OFF = (404, "documented-error-no-such-page.html")
NONE = (404, "documented-post-list-none.html")
EMPTY = (200, "recorded-find-posts-none.xml")


def booru(**told: Any) -> Shimmie2:
    keys = {name: told.pop(name) for name in ("url", "rating_default") if name in told}
    return Shimmie2(replace(SITE, options=told, **keys))


def recorded(name: str) -> str:
    return (FIXTURES / name).read_text("utf-8")


def said(text: str, status: int = 200, url: str = "https://place.test/post/list/x/1") -> Reply:
    return Reply(status, url, {}, text.encode())


def answered(request: Request, answer: tuple[int, str], adapter: Shimmie2 = BOORU) -> Page:
    status, name = answer
    return adapter.parse(request, said(recorded(name), status, request.url))


def onward(page: Page) -> Request:
    (request,) = page.follow
    return request


def posts(*ids: int, count: int | None = None) -> Reply:
    """A page of the XML with these posts."""
    rows = "".join(f"<tag id='{n}' file_url='/_images/{n}.png' tags='solo' rating='?' date='2024-03-01 10:11:12'></tag>" for n in ids)  # fmt: skip
    return said(f"<posts count='{len(ids) if count is None else count}' offset='0'>{rows}</posts>")


def read(name: str = "odd-posts.xml", query: Query = REIMU) -> dict[str, Candidate]:
    page = BOORU.parse(BOORU.search(query), said(recorded(name)))
    return {candidate.post_id: candidate for candidate in page.candidates}


def shown(name: str, query: Query = REIMU) -> dict[str, Candidate]:
    """What a list on a page tells."""
    adapter = booru(xml=False)
    page = adapter.parse(adapter.search(query), said(recorded(name)))
    return {candidate.post_id: candidate for candidate in page.candidates}


def viewed(name: str, number: str, rating: Rating | None = None) -> Candidate:
    """What the page of a post tells of a post that came from a list on a page."""
    known = Candidate("place", number, "", Candidate("", "", "").claims)
    known = replace(known, claims=replace(known.claims, rating=rating))
    url = f"https://place.test/post/view/{number}"
    (candidate,) = BOORU.parse(BOORU.detail(known), said(recorded(name), url=url)).candidates
    return candidate


# ---- what is asked ------------------------------------------------------------------------


def test_a_walk_begins_with_the_first_page_of_the_xml() -> None:
    request = BOORU.search(REIMU)

    assert request.url == "https://place.test/api/danbooru/find_posts"
    assert sent(request) == {"tags": "hakurei_reimu", "limit": "100", "page": "1"}
    assert (request.kind, request.cookies) == ("api", ())


@pytest.mark.parametrize(
    ("ratings", "term"),
    [
        ({Rating.GENERAL}, " rating=s"),
        ({Rating.GENERAL, Rating.SENSITIVE}, " rating=s"),
        ({Rating.GENERAL, Rating.QUESTIONABLE}, " rating=sq"),
        ({Rating.EXPLICIT}, " rating=e"),
        ({Rating.SENSITIVE}, ""),
        (set(Rating), ""),
        (set(), ""),
    ],
)
def test_a_search_is_for_the_ratings_there_are(ratings: set[Rating], term: str) -> None:
    request = BOORU.search(replace(REIMU, ratings=frozenset(ratings)))

    assert sent(request)["tags"] == f"hakurei_reimu{term}"


def test_three_terms_are_sent_the_name_and_the_rating_first() -> None:
    query = replace(
        SAFE,
        narrow=Narrow("framing", "portrait", ("portrait",)),
        want=("solo",),
        avoid=("comic",),
    )

    assert sent(BOORU.search(query))["tags"] == "hakurei_reimu rating=s portrait"
    assert (
        sent(booru(tag_limit=6).search(query))["tags"]
        == "hakurei_reimu rating=s portrait solo -comic"
    )
    assert sent(booru(tag_limit=1).search(query))["tags"] == "hakurei_reimu"


def test_names_are_spelled_as_tags() -> None:
    query = replace(Query(("Hakurei  Reimu",)), want=("Red Bow",))

    assert sent(BOORU.search(query))["tags"] == "hakurei_reimu red_bow"


def test_what_is_counted_is_what_a_walk_looks_for() -> None:
    request = BOORU.count(SAFE)

    assert sent(request) == {"tags": "hakurei_reimu rating=s", "limit": "1"}
    assert answered(request, (200, "recorded-find-posts-page1.xml")) == Page(count=14, end=True)


@pytest.mark.parametrize(
    ("tag", "path"),
    [
        ("hakurei_reimu", "hakurei_reimu"),
        ("fate/zero", "fate%5Eszero"),
        ("what?", "what%5Eq"),
        ("a&b", "a%5Eab"),
        ("dr._x", "dr%5Ed_x"),
        ("^_^", "%5E%5E_%5E%5E"),
        ("back\\slash", "back%5Ebslash"),
        ("博麗霊夢", "%E5%8D%9A%E9%BA%97%E9%9C%8A%E5%A4%A2"),
    ],
)
def test_what_has_a_meaning_in_addresses_is_written_with_carets(tag: str, path: str) -> None:
    request = booru(xml=False).search(Query((tag,)))

    assert request.url == f"https://place.test/post/list/{path}/1"
    assert (request.kind, request.params) == ("html", ())
    assert dict(request.cookies) == {"ui-tnc-agreed": "true"}


def test_a_site_may_keep_its_pages_behind_one_script() -> None:
    adapter = booru(url="https://place.test/index.php?q=")

    assert adapter.search(REIMU).url == "https://place.test/index.php?q=/api/danbooru/find_posts"
    (candidate,) = adapter.parse(adapter.search(REIMU), posts(5)).candidates
    assert candidate.original is not None
    assert candidate.original.urls == ("https://place.test/_images/5.png",)


def test_a_post_of_the_xml_is_asked_for_there_and_any_other_by_its_page() -> None:
    of_xml = read("documented-find-posts.xml")["101"]
    of_page = shown("recorded-post-list.html")["101"]

    assert sent(BOORU.detail(of_xml)) == {"id": "101"}
    assert BOORU.detail(of_page).url == "https://place.test/post/view/101"
    assert booru(xml=False).detail(of_xml).url == "https://place.test/post/view/101"


# ---- a walk -------------------------------------------------------------------------------


def test_a_walk_goes_on_below_the_lowest_id() -> None:
    page = answered(BOORU.search(REIMU), (200, "recorded-find-posts-page1.xml"))

    assert len(page.candidates) == 10
    assert sent(onward(page)) == {"tags": "hakurei_reimu id<9", "limit": "100", "page": "1"}
    assert page.walked == Span("id", high="101", low="9")


def test_a_walk_may_begin_below_an_id() -> None:
    assert sent(BOORU.search(replace(REIMU, start="500")))["tags"] == "hakurei_reimu id<500"


def test_the_end_is_an_empty_page() -> None:
    second = onward(BOORU.parse(BOORU.search(REIMU), posts(9, 8, count=3)))
    third = onward(BOORU.parse(second, posts(7, count=1)))

    assert BOORU.parse(third, posts()) == Page(end=True)


def test_an_empty_second_page_ends_a_walk_whose_first_told_of_no_more_posts() -> None:
    second = onward(BOORU.parse(BOORU.search(REIMU), posts(9, 8, count=2)))

    assert BOORU.parse(second, posts()) == Page(end=True)


def test_a_server_that_takes_an_edge_for_a_tag_is_walked_by_number() -> None:
    second = onward(BOORU.parse(BOORU.search(REIMU), posts(9, 8, count=3)))
    again = onward(BOORU.parse(second, posts()))

    assert sent(again) == {"tags": "hakurei_reimu", "limit": "100", "page": "2"}
    last = onward(BOORU.parse(again, posts(7, count=3)))
    assert sent(last)["page"] == "3"
    assert BOORU.parse(last, posts()) == Page(end=True)


def test_a_server_that_pays_no_heed_to_an_edge_is_walked_by_number() -> None:
    second = onward(BOORU.parse(BOORU.search(REIMU), posts(9, 8, count=3)))
    page = BOORU.parse(second, posts(9, 8, count=3))

    assert sent(onward(page)) == {"tags": "hakurei_reimu", "limit": "100", "page": "2"}
    assert page.walked is None


def test_posts_in_another_order_are_walked_by_number() -> None:
    page = BOORU.parse(BOORU.search(REIMU), posts(8, 9, count=3))

    assert (sent(onward(page))["page"], page.walked) == ("2", None)


def test_a_site_may_be_walked_by_number_and_ends_where_a_page_comes_again() -> None:
    adapter = booru(keyset=False)
    second = onward(adapter.parse(adapter.search(REIMU), posts(9, 8)))

    assert sent(second) == {"tags": "hakurei_reimu", "limit": "100", "page": "2"}
    assert adapter.parse(second, posts(9, 8)).end


def test_older_sites_that_count_the_edge_as_a_term_are_walked_by_number() -> None:
    query = replace(SAFE, want=("solo",))
    second = onward(BOORU.parse(BOORU.search(query), posts(9, 8, count=300)))
    page = answered(second, (403, "documented-error-too-many-tags.html"))

    assert sent(onward(page)) == {"tags": "hakurei_reimu rating=s solo", "limit": "100", "page": "2"}  # fmt: skip


def test_what_is_newer_than_a_time_ends_with_a_page_of_older_posts() -> None:
    query = replace(REIMU, since=datetime(2024, 3, 2, tzinfo=UTC))

    assert BOORU.parse(BOORU.search(query), posts(9, 8)).end
    assert not BOORU.parse(BOORU.search(replace(query, since=datetime(2024, 3, 1, tzinfo=UTC))), posts(9)).end  # fmt: skip


# ---- ratings ------------------------------------------------------------------------------


def test_the_xml_knows_no_rating_and_says_so() -> None:
    assert read("recorded-find-posts-page1.xml")["101"].claims.rating is None


def test_what_a_search_for_a_rating_shows_has_it() -> None:
    both = replace(REIMU, ratings=frozenset({Rating.GENERAL, Rating.QUESTIONABLE}))

    assert read("documented-find-posts.xml", SAFE)["101"].claims.rating is Rating.GENERAL
    assert read("documented-find-posts.xml", both)["101"].claims.rating is Rating.QUESTIONABLE


def test_where_nothing_is_rated_what_has_no_rating_is_asked_for_and_nothing_vouched() -> None:
    unrated = onward(answered(BOORU.search(SAFE), EMPTY))

    assert sent(unrated)["tags"] == "hakurei_reimu -rating=sqe"
    (candidate,) = BOORU.parse(unrated, posts(5)).candidates
    assert candidate.claims.rating is None
    assert BOORU.parse(unrated, posts()) == Page(end=True)


def test_a_sites_default_is_for_what_it_does_not_rate_otherwise() -> None:
    adapter = booru(rating_default=Rating.GENERAL)
    request = adapter.search(SAFE)

    assert sent(request)["tags"] == "hakurei_reimu -rating=qe"
    (candidate,) = adapter.parse(request, posts(5)).candidates
    assert candidate.claims.rating is Rating.GENERAL
    assert candidate.claims.status == {"rating_assumed"}
    assert answered(request, EMPTY, adapter) == Page(end=True)


def test_a_page_tells_ratings_and_one_that_is_told_wins() -> None:
    found = shown("recorded-post-list.html", SAFE)

    assert found["101"].claims.rating is Rating.GENERAL
    assert found["8"].claims.rating is Rating.QUESTIONABLE
    assert found["9"].claims.rating is Rating.EXPLICIT
    assert found["10"].claims.rating is None  # "?", whatever the search was for


def test_a_rating_that_was_told_is_not_lost_on_the_page_of_the_post() -> None:
    assert viewed("documented-post-view-video.html", "114", Rating.EXPLICIT).claims.rating is Rating.EXPLICIT  # fmt: skip
    assert viewed("documented-post-view.html", "101", Rating.GENERAL).claims.rating is Rating.QUESTIONABLE  # fmt: skip


# ---- a post of the XML --------------------------------------------------------------------


def test_a_documented_post_is_read_key_by_key() -> None:
    candidate = read("documented-find-posts.xml")["101"]
    claims = candidate.claims

    assert (claims.width, claims.height, claims.format, claims.media) == (1600, 2400, "png", Media.STILL)  # fmt: skip
    assert claims.md5 == "0123456789abcdef0123456789abcdef"
    assert claims.tags == {"unknown": ("hakurei_reimu", "touhou")}
    assert claims.created == datetime(2024, 3, 1, 10, 11, 12, tzinfo=UTC)
    assert (claims.score, claims.rating, claims.status) == (None, None, frozenset())
    assert candidate.page_url == "https://place.test/post/view/101"
    assert candidate.words == (Word("filename", "a.png"),)
    assert candidate.relations == Relations()
    address = "https://place.test/_images/0123456789abcdef0123456789abcdef/101%20-%20tag.png"
    small = "https://place.test/_thumbs/0123456789abcdef0123456789abcdef/thumb.jpg"
    assert candidate.files == (
        File("original", (address,), 1600, 2400, None, "png", "0123456789abcdef0123456789abcdef"),
        File("preview", (small,), 128, 192),
    )


def test_what_the_software_writes_wrongly_is_read_as_it_was_meant() -> None:
    found = read("recorded-find-posts-last.xml")

    assert len(found) == 100
    assert found["108"].claims.tags == {"unknown": (":)", "réimu", "scenery", "wallpaper")}
    assert found["112"].claims.tags == {"unknown": ('don\'t_say_"lazy"', "scenery", "wallpaper")}
    assert found["113"].relations.sources == ("https://example.org/packages/bookworm/derived",)
    assert (found["113"].claims.media, found["113"].claims.format) == (Media.VIDEO, "webm")


def test_prefixes_tell_categories_and_nothing_else_does() -> None:
    assert read()["204"].claims.tags == {
        "artist": ("artist:somebody",),
        "copyright": ("series:touhou",),
        "unknown": ("Ayane_Suzuki", "a&b", "博麗霊夢"),
    }


def test_what_is_missing_is_unknown() -> None:
    found = read()
    bare = found["204"].claims

    assert (bare.width, bare.height, bare.format, bare.media, bare.md5, bare.created) == (None,) * 6
    assert found["201"].claims.md5 is None
    assert found["203"].claims.md5 == "5eb63bbbe01eeed093cb22bb8f5acdc3"
    assert found["201"].claims.tags is None


def test_addresses_are_made_whole() -> None:
    found = read()
    whole = {number: [file.urls[0] for file in one.files] for number, one in found.items()}

    assert whole["204"] == [
        "https://files.place.test/ab/cd/5eb63bbbe01eeed093cb22bb8f5acdc3",
        "https://thumbs.place.test/5eb63bbbe01eeed093cb22bb8f5acdc3",
    ]
    assert whole["203"] == ["https://place.test/index.php?q=image/203.mp4"]
    assert found["203"].claims.media is Media.VIDEO
    assert whole["201"] == ["https://place.test/image/201.webp"]


def test_a_post_without_an_address_is_a_candidate_all_the_same() -> None:
    hidden = read()["202"]

    assert (hidden.files, hidden.incomplete) == ((), frozenset())


# ---- pages for people ---------------------------------------------------------------------


@pytest.mark.parametrize("answer", [OFF, (200, "documented-error-no-such-page.html")])
def test_where_the_xml_is_off_the_pages_are_walked(answer: tuple[int, str]) -> None:
    request = onward(answered(BOORU.search(SAFE), answer))

    assert (request.kind, request.ask) == ("html", Ask.SEARCH)
    assert request.url == "https://place.test/post/list/hakurei_reimu%20rating%3Ds/1"
    second = onward(answered(request, (200, "recorded-post-list.html")))
    assert second.url == "https://place.test/post/list/hakurei_reimu%20rating%3Ds%20id%3C2/1"


def test_a_list_tells_all_but_where_the_picture_lies() -> None:
    candidate = shown("recorded-post-list.html")["61"]
    claims = candidate.claims

    assert len(shown("recorded-post-list.html")) == 14
    assert claims.tags == {"unknown": ("fantasy", "hakurei_reimu", "réimu", "touhou", "wesnoth")}
    assert (claims.width, claims.height, claims.format, claims.media) == (400, 400, "png", Media.STILL)  # fmt: skip
    assert claims.md5 == "78d9c3d1f435085541a86e116484fa22"
    assert claims.bytes is None  # it is told in round numbers
    assert candidate.original is None
    assert candidate.incomplete == {"url"}
    small = "https://place.test/_thumbs/78d9c3d1f435085541a86e116484fa22/thumb.jpg"
    assert candidate.files == (File("preview", (small,), 192, 192),)


def test_older_lists_tell_less_and_some_lead_to_the_file() -> None:
    found = shown("documented-post-list-older.html")
    whole, bare = found["5972711"], found["31"]

    assert whole.original is not None
    assert whole.original.urls == ("https://r34i.place.test/5e/b6/5eb63bbbe01eeed093cb22bb8f5acdc3",)  # fmt: skip
    assert (whole.claims.width, whole.claims.height, whole.claims.format) == (1200, 1800, "jpeg")
    assert (whole.claims.md5, whole.incomplete) == ("5eb63bbbe01eeed093cb22bb8f5acdc3", frozenset())
    assert whole.claims.tags == {"unknown": ("ayane_suzuki", "dragon's_lair")}
    assert (bare.claims.width, bare.claims.height, bare.claims.media) == (640, 480, None)
    assert bare.relations.has_children


def test_a_list_without_a_post_is_not_found_and_ends_the_walk() -> None:
    adapter = booru(xml=False)

    assert answered(adapter.search(REIMU), NONE, adapter) == Page(end=True)
    unrated = onward(answered(adapter.search(SAFE), NONE, adapter))
    assert unquote(unrated.url).endswith("/hakurei_reimu -rating=sqe/1")


def test_the_only_post_of_a_search_is_shown_by_itself() -> None:
    adapter = booru(xml=False)
    reply = said(recorded("documented-post-view.html"), url="https://place.test/post/view/101")

    page = adapter.parse(adapter.search(REIMU), reply)

    (candidate,) = page.candidates
    assert (candidate.post_id, candidate.incomplete) == ("101", frozenset())
    assert onward(page).url == "https://place.test/post/list/hakurei_reimu%20id%3C101/1"


def test_the_page_of_a_post_tells_where_the_picture_lies_and_more() -> None:
    candidate = viewed("documented-post-view.html", "101")
    claims = candidate.claims

    assert candidate.original is not None
    assert candidate.original.urls[0].startswith("https://place.test/_images/0d5abef52cbf1dbe4007")
    assert candidate.original.md5 == claims.md5 == "0d5abef52cbf1dbe4007700055e70ad5"
    assert (claims.width, claims.height, claims.format) == (400, 600, "png")
    assert claims.rating is Rating.QUESTIONABLE
    assert claims.created == datetime(2026, 11, 22, 13, 28, 58, tzinfo=UTC)
    assert claims.tags == {
        "unknown": ("fantasy", "hakurei_reimu", "réimu"),
        "artist": ("artist:somebody",),
    }
    assert candidate.relations.sources == ("https://example.org/works/5",)


def test_the_page_of_a_video_has_another_element() -> None:
    candidate = viewed("documented-post-view-video.html", "114")

    assert candidate.original is not None
    assert candidate.original.urls[0].endswith("/114%20-%20tagme.mp4")
    assert (candidate.claims.media, candidate.relations.sources) == (Media.VIDEO, ())


def test_a_picture_that_is_not_for_visitors_leaves_a_post_without_files() -> None:
    candidate = viewed("documented-post-view-without-picture.html", "115")

    assert (candidate.files, candidate.incomplete) == ((), frozenset())


def test_a_post_that_is_no_more_is_gone() -> None:
    by_page = BOORU.detail(Candidate("place", "9", ""))
    by_xml = BOORU.detail(read("documented-find-posts.xml")["101"])

    with pytest.raises(Gone):
        answered(by_page, (404, "documented-post-list-none.html"))
    with pytest.raises(Gone):  # led back to the list, as for a rating that visitors do not see
        BOORU.parse(by_page, said(recorded("recorded-post-list.html")))
    with pytest.raises(Gone):
        answered(by_xml, EMPTY)


def test_a_post_of_the_xml_is_not_held_to_be_gone_where_that_was_switched_off() -> None:
    with pytest.raises(Refused, match="xml = false"):
        answered(BOORU.detail(read("documented-find-posts.xml")["101"]), OFF)


def test_pages_are_counted_as_far_as_they_tell() -> None:
    adapter = booru(xml=False)

    assert answered(adapter.count(REIMU), (200, "recorded-post-list.html"), adapter).count == 14
    assert answered(adapter.count(REIMU), (200, "documented-post-list-older.html"), adapter).count == 5  # fmt: skip
    assert answered(adapter.count(REIMU), NONE, adapter).count == 0
    assert answered(BOORU.count(REIMU), OFF) == Page(end=True)


def test_a_page_of_other_software_is_not_an_empty_list() -> None:
    adapter = booru(xml=False)

    with pytest.raises(Unexpected):
        adapter.parse(adapter.search(REIMU), said("<html><body>Parked.</body></html>", 404))


# ---- names --------------------------------------------------------------------------------


def test_a_name_is_looked_up_in_the_list_of_tags_first() -> None:
    request = BOORU.resolve("Hakurei Reimu")
    page = answered(request, (200, "recorded-find-tags.xml"))

    assert request.url == "https://place.test/api/danbooru/find_tags"
    assert sent(request) == {"name": "hakurei_reimu"}
    assert page.names == (Name("hakurei_reimu", "unknown", 14, "exact", "hakurei_reimu"),)
    assert sent(onward(page)) == {"s": "hakurei_reimu", "limit": "50"}


def test_case_does_not_count_and_tags_without_posts_are_no_names() -> None:
    told = [
        answered(BOORU.resolve(name), (200, "documented-find-tags.xml"))
        for name in ("hakurei_reimu", "reimu")
    ]

    assert [[name.name for name in page.names] for page in told] == [["Hakurei_Reimu"], []]


def test_completions_tell_aliases_and_the_surest_comes_first() -> None:
    second = onward(answered(BOORU.resolve("hakurei"), (200, "documented-find-tags.xml")))
    page = answered(second, (200, "documented-autocomplete.json"))

    assert page.names[0] == Name("hakurei_reimu", "unknown", 14, "alias", "hakurei")
    assert [name.how for name in page.names] == ["alias", "autocomplete", "autocomplete"]
    assert page.end


def test_completions_of_older_servers_tell_counts_alone() -> None:
    second = onward(answered(BOORU.resolve("hakurei"), (200, "documented-find-tags.xml")))
    page = answered(second, (200, "documented-autocomplete-older.json"))

    assert [(name.name, name.count) for name in page.names] == [("hakurei_reimu", 14), ("hakurei_shrine", 3)]  # fmt: skip
    assert answered(second, (200, "documented-autocomplete-none.json")) == Page(end=True)


def test_without_any_list_of_tags_a_name_is_one_that_has_posts() -> None:
    second = onward(answered(BOORU.resolve("artist:deevad"), OFF))
    third = onward(answered(second, OFF))

    assert third.url == "https://place.test/post/list/artist%3Adeevad/1"
    page = answered(third, (200, "recorded-post-list.html"))
    assert page.names == (Name("artist:deevad", "artist", None, "exact", "artist:deevad"),)
    assert answered(third, NONE) == Page(end=True)


def test_a_site_without_xml_is_asked_for_completions_at_once() -> None:
    adapter = booru(xml=False)
    request = adapter.resolve("reimu")

    assert request.url == "https://place.test/api/internal/autocomplete"
    assert onward(answered(request, OFF, adapter)).kind == "html"


# ---- refusals -----------------------------------------------------------------------------


def test_too_many_terms_are_refused_and_the_remedy_is_named() -> None:
    for request in (BOORU.search(SAFE), BOORU.count(SAFE)):
        with pytest.raises(Refused, match="tag_limit"):
            answered(request, (403, "documented-error-too-many-tags.html"))


def test_a_page_beyond_the_last_that_is_turned_is_too_deep() -> None:
    with pytest.raises(TooDeep):
        answered(booru(xml=False).search(REIMU), (403, "documented-error-too-deep.html"))


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_site_under_load_is_busy(status: int) -> None:
    with pytest.raises(Busy):
        BOORU.parse(BOORU.search(REIMU), said("<html>shimmie</html>", status))


# ---- a whole site without XML -------------------------------------------------------------


@pytest.fixture(scope="module")
def site(drawings: Path) -> Dialect:
    return Dialect(Vault(World(300), drawings), xml=False)


def asked(site: Dialect, request: Request) -> Page:
    """A request's page; a redirect is followed as `net` does."""
    target = request.url.removeprefix(SITE.url) + f"?{urlencode(request.params)}"
    answer = site.answer(target, {"user-agent": "harvest/1.0"}, SITE.url)
    if location := answer.headers.get("Location"):
        target = location
        answer = site.answer(target, {"user-agent": "harvest/1.0"}, SITE.url)
    assert not answer.breach
    return BOORU.parse(request, Reply(answer.status, SITE.url + target, {}, answer.body))


def walked(site: Dialect, query: Query) -> Iterator[Candidate]:
    left = [BOORU.search(query)]
    while left:
        page = asked(site, left.pop())
        yield from page.candidates
        left += page.follow


def test_every_post_is_found_through_pages_and_each_by_its_own(site: Dialect) -> None:
    found = list(walked(site, SAFE))

    assert len(found) > 100
    assert len({one.post_id for one in found}) == len(found)
    assert {one.claims.rating for one in found} == {Rating.GENERAL}
    for one in found[:3]:
        (single,) = asked(site, BOORU.detail(one)).candidates
        assert single.original is not None
        assert (single.claims.width, single.claims.md5) == (one.claims.width, one.claims.md5)
        assert {*(single.claims.tags or {})} == {*(one.claims.tags or {})}


def test_a_name_is_found_on_a_site_without_xml(site: Dialect) -> None:
    first = asked(site, BOORU.resolve("Reimu_Hakurei"))

    assert [name.how for name in asked(site, onward(first)).names] == ["alias"]
