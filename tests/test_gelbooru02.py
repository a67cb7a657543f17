"""Gelbooru Beta 0.2: XML in attributes, JSON where it must be, errors with status 200, kinds of tags on HTML pages."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester import (
    Ask,
    Busy,
    Candidate,
    Facts,
    Gone,
    Media,
    NeedsKey,
    Page,
    Query,
    Rating,
    Refused,
    Reply,
    Site,
    Span,
    TooDeep,
    Unexpected,
)
from harvester.errors import ReplyError
from harvester.model import Narrow
from sources.gelbooru02 import Gelbooru02
from tests.replies import sent

FIXTURES = Path(__file__).parent / "fixtures" / "gelbooru02"
SITE = Site("place", "gelbooru02", "https://place.test")
PLACE = Gelbooru02(SITE)
KINDS = Gelbooru02(replace(SITE, options={"tag_info": True}))
REIMU = Query(("hakurei_reimu",))
VIEW = "https://place.test/index.php?page=post&s=view&id=5000001"


def said(body: str | bytes, status: int = 200, url: str = SITE.url) -> Reply:
    return Reply(status, url, {}, body if isinstance(body, bytes) else body.encode())


def recorded(name: str, *, url: str = SITE.url) -> Reply:
    return said((FIXTURES / name).read_bytes(), url=url)


def listed(reply: Reply, adapter: Gelbooru02 = PLACE) -> Page:
    return adapter.parse(adapter.search(REIMU), reply)


def posts(*ids: int) -> Reply:
    rows = "".join(f'<post id="{number}" tags=" solo "/>' for number in ids)
    return said(f'<posts count="{len(ids)}" offset="0">{rows}</posts>')


def documented() -> Candidate:
    return listed(recorded("documented-search.xml")).candidates[0]


def by_role(candidate: Candidate) -> dict[str, str]:
    return {file.role: file.urls[0] for file in candidate.files}


# ---- what is asked ------------------------------------------------------------------------


def test_a_walk_begins_with_the_first_page_of_the_name_as_xml() -> None:
    request = PLACE.search(REIMU)

    assert request.url == "https://place.test/index.php"
    assert sent(request) == {
        "page": "dapi", "s": "post", "q": "index",
        "tags": "hakurei_reimu", "limit": "100", "pid": "0",
    }  # fmt: skip


def test_every_term_is_sent() -> None:
    query = Query(
        ("hakurei_reimu",),
        want=("solo",),
        avoid=("comic",),
        ratings=frozenset({Rating.GENERAL}),
        narrow=Narrow("official", "official_art", ("official_art",)),
    )

    assert sent(PLACE.search(query))["tags"] == (
        "hakurei_reimu official_art solo -comic"
        " -rating:sensitive -rating:questionable -rating:explicit"
    )


def test_a_site_that_tells_kinds_in_json_is_asked_for_them() -> None:
    request = KINDS.search(REIMU)

    assert (sent(request)["json"], sent(request)["fields"]) == ("1", "tag_info")


# ---- a walk -------------------------------------------------------------------------------


def test_a_walk_goes_on_below_the_lowest_id_on_the_first_page() -> None:
    page = listed(posts(70, 50, 60))

    assert page.walked == Span("id", high="70", low="50")
    assert sent(page.follow[0])["tags"] == "hakurei_reimu id:<50"
    assert sent(page.follow[0])["pid"] == "0"


@pytest.mark.parametrize("name", ["none.xml", "none.json"])
def test_nothing_found_ends_a_walk_whatever_it_looks_like(name: str) -> None:
    assert listed(recorded(name), KINDS if name.endswith("json") else PLACE) == Page(end=True)


def test_an_empty_page_before_the_count_is_reached_is_asked_again() -> None:
    with pytest.raises(Busy, match="7"):
        listed(recorded("empty-before-the-count.xml"))


def test_the_count_of_all_pages_does_not_keep_a_walk_by_number_busy() -> None:
    adapter = Gelbooru02(replace(SITE, options={"keyset": False}))
    second = adapter.parse(adapter.search(REIMU), posts(7)).follow[0]

    assert sent(second)["pid"] == "1"
    assert adapter.parse(second, said('<posts count="100" offset="100"/>')).end


def test_a_page_whose_xml_is_broken_is_asked_for_as_json_and_the_next_as_xml_again() -> None:
    page = listed(recorded("broken.xml"))

    (again,) = page.follow
    assert (page.candidates, sent(again)["json"], sent(again)["pid"]) == ((), "1", "0")
    onward = PLACE.parse(again, recorded("documented-search.json")).follow[0]
    assert sent(onward)["tags"] == "hakurei_reimu id:<5000001"
    assert "json" not in sent(onward)


def test_what_is_not_even_broken_xml_is_unexpected() -> None:
    with pytest.raises(Unexpected):
        listed(said("<!doctype html><html>Just a moment"))


def test_entities_of_the_servers_own_are_never_read() -> None:
    page = listed(recorded("bomb.xml"))

    assert page.candidates == ()
    assert sent(page.follow[0])["json"] == "1"


# ---- a post as a candidate ----------------------------------------------------------------


def test_a_post_tells_what_the_site_claims() -> None:
    claims = documented().claims

    assert (claims.width, claims.height, claims.score) == (1600, 2400, 3)
    assert (claims.format, claims.media, claims.rating) == ("jpeg", Media.STILL, Rating.GENERAL)
    assert claims.created == datetime(2021, 6, 18, 7, 13, 45, tzinfo=UTC)
    assert claims.updated == datetime(2024, 6, 18, 7, 13, 45, tzinfo=UTC)
    assert claims.tags == {"unknown": ("1girl", "hakurei_reimu", "solo", "touhou")}


def test_the_hash_is_what_the_site_says_and_not_the_name_of_the_file() -> None:
    original = documented().original

    assert original is not None
    assert original.urls[0].endswith("/0123456789abcdef0123456789abcdef01234567.jpg")
    assert original.md5 == documented().claims.md5 == "0123456789abcdef0123456789abcdef"


def test_a_list_leaves_out_what_kind_each_tag_is() -> None:
    assert documented().incomplete == {"tags"}


def test_a_post_names_its_page_and_says_where_files_are_asked_from() -> None:
    assert documented().page_url == VIEW
    assert {file.headers for file in documented().files} == {(("Referer", "https://place.test/"),)}
    assert {file.role: file.width for file in documented().files} == {
        "original": 1600,
        "sample": 850,
        "preview": 100,
    }


def test_pages_may_stand_on_another_host_than_the_api() -> None:
    adapter = Gelbooru02(
        replace(SITE, url="https://api.r.test", options={"pages": "https://r.test/"})
    )

    (candidate,) = listed(recorded("documented-search.json"), adapter_of_json(adapter)).candidates

    assert adapter.search(REIMU).url == "https://api.r.test/index.php"
    assert candidate.page_url == "https://r.test/index.php?page=post&s=view&id=5000001"
    assert by_role(candidate)["original"].startswith("https://r.test/images/344/")
    assert candidate.files[0].headers == (("Referer", "https://r.test/"),)
    assert adapter.detail(documented()).url == "https://r.test/index.php"
    assert adapter_of_json(adapter).detail(documented()).url == "https://api.r.test/index.php"


def adapter_of_json(adapter: Gelbooru02) -> Gelbooru02:
    return Gelbooru02(replace(adapter.site, options={**adapter.site.options, "tag_info": True}))


def test_odd_posts_tell_what_they_can() -> None:
    first, hidden, third = listed(recorded("odd-posts.xml")).candidates

    assert first.claims.tags == {"unknown": ("d'arc", "tom_&_jerry", "école", "博麗霊夢")}
    assert (first.claims.width, first.claims.height, first.claims.score) == (None, None, None)
    assert (first.claims.created, first.claims.updated, first.claims.md5) == (None, None, None)
    assert by_role(first) == {
        "original": "https://img.place.test/images/12/aa.png",
        "preview": "https://place.test/thumbnails/12/thumbnail_aa.jpg",
    }
    assert (first.relations.parent, first.relations.has_children) == (None, True)
    assert first.relations.sources == ("https://example.org/?a=1&b=2",)
    assert first.claims.status == {"pending"}
    assert hidden.files == ()
    assert hidden.claims.status == {"deleted"}
    assert (third.claims.media, third.claims.rating) == (Media.ANIMATION, Rating.QUESTIONABLE)


def test_posts_may_come_as_elements_within_elements() -> None:
    (candidate,) = listed(recorded("elements.xml")).candidates

    assert (candidate.post_id, candidate.claims.width) == ("2000001", 800)
    assert candidate.original is not None


def test_the_poorer_json_record_is_read_and_its_addresses_put_together() -> None:
    (candidate,) = listed(recorded("documented-search.json"), KINDS).candidates
    stem = "0123456789abcdef0123456789abcdef01234567"

    assert by_role(candidate) == {
        "original": f"https://place.test/images/344/{stem}.jpg",
        "sample": f"https://place.test/samples/344/sample_{stem}.jpg",
        "preview": f"https://place.test/thumbnails/344/thumbnail_{stem}.jpg",
    }
    assert candidate.claims.md5 == "0123456789abcdef0123456789abcdef"
    assert (candidate.claims.rating, candidate.claims.created) == (Rating.GENERAL, None)
    assert candidate.relations.parent is None


def test_a_record_without_directory_lies_in_folders_named_by_its_hash() -> None:
    folders, told, bare = listed(recorded("odd-posts.json"), KINDS).candidates

    stem = "abcdef0123456789abcdef0123456789"
    assert by_role(folders) == {
        "original": f"https://place.test/images/ab/cd/{stem}.jpeg",
        "preview": f"https://place.test/thumbnails/ab/cd/thumbnail_{stem}.jpg",
    }
    assert by_role(told)["original"] == "https://wimg.place.test/images/7/x.jpg"
    assert (bare.files, bare.claims.tags) == ((), None)


def test_json_may_tell_kinds_of_tags() -> None:
    _, told, _ = listed(recorded("odd-posts.json"), KINDS).candidates

    assert told.claims.tags == {"unknown": ("extra",), "general": ("solo",), "artist": ("zun",)}


def test_where_json_tells_kinds_no_page_is_asked_for_what_it_left_out() -> None:
    assert {one.incomplete for one in listed(recorded("odd-posts.json"), KINDS).candidates} == {
        frozenset()
    }
    request = KINDS.detail(documented())
    page = KINDS.parse(request, recorded("documented-search.json"))

    assert (request.kind, sent(request)["fields"], sent(request)["id"]) == (
        "api",
        "tag_info",
        "5000001",
    )
    assert [one.post_id for one in page.candidates] == ["5000001"]


# ---- one post -----------------------------------------------------------------------------


def test_kinds_of_tags_stand_on_the_posts_own_page() -> None:
    request = PLACE.detail(documented())

    assert (request.kind, request.ask) == ("html", Ask.DETAIL)
    assert sent(request) == {"page": "post", "s": "view", "id": "5000001"}
    page = PLACE.parse(request, recorded("view.html", url=VIEW))
    (candidate,) = page.candidates
    assert candidate.claims.tags == {
        "general": ("1girl", ";d"),
        "meta": ("d'arc",),
        "character": ("hakurei_reimu",),
        "unknown": ("solo",),
        "copyright": ("touhou",),
        "artist": ("zun",),
    }
    assert (candidate.key, candidate.incomplete, page.end) == ("place:5000001", frozenset(), True)
    assert ("zun", "artist") in [(tag.name, tag.category) for tag in page.tags]


def test_what_the_list_said_of_a_rating_is_not_forgotten_by_the_page() -> None:
    page = PLACE.parse(PLACE.detail(documented()), recorded("view.html", url=VIEW))

    assert page.candidates[0].claims.rating is Rating.GENERAL


def test_a_page_of_a_post_that_is_no_more_leads_to_the_list() -> None:
    listing = "https://place.test/index.php?page=post&s=list&tags=all"

    with pytest.raises(Gone):
        PLACE.parse(PLACE.detail(documented()), recorded("view.html", url=listing))


def test_a_page_without_tags_is_unexpected() -> None:
    with pytest.raises(Unexpected):
        PLACE.parse(PLACE.detail(documented()), said("<html><p>consent?</p></html>", url=VIEW))


@given(start=st.integers(0, 2000), length=st.integers(0, 400), junk=st.binary(max_size=20))
def test_a_damaged_page_is_a_page_or_a_reply_error(start: int, length: int, junk: bytes) -> None:
    body = (FIXTURES / "view.html").read_bytes()
    with suppress(ReplyError):
        damaged = body[:start] + junk + body[start + length :]
        PLACE.parse(PLACE.detail(documented()), said(damaged, url=VIEW))


@pytest.mark.parametrize("missing", [frozenset[str](), frozenset({"url", "tags"})])
def test_an_address_is_asked_for_where_more_than_kinds_is_missing(missing: frozenset[str]) -> None:
    request = PLACE.detail(replace(documented(), incomplete=missing))

    assert (request.kind, sent(request)["id"], sent(request)["s"]) == ("api", "5000001", "post")
    page = PLACE.parse(request, recorded("documented-search.xml"))
    assert (page.candidates, page.end) == ((documented(),), True)


def test_a_post_that_is_no_more_is_gone() -> None:
    blank = Candidate("place", "5000001", VIEW, Facts())

    with pytest.raises(Gone, match="5000001"):
        PLACE.parse(PLACE.detail(blank), recorded("none.xml"))


# ---- counts, tags, names ------------------------------------------------------------------


def test_posts_are_counted_in_xml_even_where_lists_are_json() -> None:
    request = KINDS.count(REIMU)

    assert "json" not in sent(request)
    assert (sent(request)["tags"], sent(request)["limit"]) == ("hakurei_reimu", "1")
    assert KINDS.parse(request, recorded("documented-search.xml")).count == 2


def test_a_tag_is_told_one_at_a_time() -> None:
    request = PLACE.tags(["Hakurei Reimu"])

    assert (sent(request)["name"], PLACE.batch) == ("hakurei_reimu", 1)
    assert [
        (tag.name, tag.category, tag.count)
        for tag in PLACE.parse(request, recorded("documented-tags.xml")).tags
    ] == [
        ("hakurei_reimu", "character", 12345),
        ("d'arc", "artist", 3),
        ("hakurei_reimu_(old)", "character", 0),
    ]


def test_a_pattern_of_the_site_finds_more_than_was_meant() -> None:
    request = PLACE.tags(["hakurei_reimu_(*"])

    assert sent(request)["name_pattern"] == "hakurei_reimu_(%"
    page = PLACE.parse(request, recorded("documented-tags.xml"))
    assert [tag.name for tag in page.tags] == ["hakurei_reimu_(old)"]


def test_a_name_the_site_knows_needs_one_request() -> None:
    request = PLACE.resolve(" Hakurei  Reimu")

    assert sent(request)["name"] == "hakurei_reimu"
    names = PLACE.parse(request, recorded("documented-tags.xml")).names
    assert [(n.name, n.category, n.count, n.how) for n in names] == [
        ("hakurei_reimu", "character", 12345, "exact")
    ]


def test_a_name_is_completed_by_patterns_the_most_used_first() -> None:
    requests = [PLACE.resolve("hakurei")]
    none = said('<tags type="array"/>')
    while follow := PLACE.parse(requests[-1], none).follow:
        requests += follow

    assert [(one.state["step"], sent(one).get("name_pattern")) for one in requests] == [
        ("exact", None),
        ("autocomplete", "hakurei%"),
        ("qualified", "hakurei_(%"),
        ("fuzzy", "%hakurei%"),
    ]
    assert (sent(requests[1])["order"], sent(requests[1])["direction"]) == ("count", "desc")
    names = PLACE.parse(requests[1], recorded("documented-tags.xml")).names
    assert [(n.name, n.how) for n in names] == [
        ("hakurei_reimu", "autocomplete"),
        ("d'arc", "autocomplete"),
    ]


# ---- refusals -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("refused-too-deep.xml", TooDeep),
        ("refused-search-down.xml", Busy),
        ("refused-without-key.xml", NeedsKey),
    ],
)
def test_each_refusal_has_its_meaning_although_the_status_is_200(
    name: str, error: type[Exception]
) -> None:
    xml_or_json = [PLACE.search(REIMU), KINDS.search(REIMU), PLACE.count(REIMU)]
    for request in (*xml_or_json, PLACE.tags(["solo"]), PLACE.resolve("solo")):
        with pytest.raises(error):
            PLACE.parse(request, recorded(name))


def test_a_refusal_of_another_kind_is_told() -> None:
    with pytest.raises(Refused, match="no such thing"):
        listed(said('<response success="false" reason="no such thing"/>'))


def test_no_key_is_needed_until_the_site_says_so() -> None:
    assert not PLACE.auth.required
    with pytest.raises(NeedsKey):
        listed(said(json.dumps("Missing authentication. Go to the options page.")), KINDS)


@pytest.mark.parametrize("body", ["<tags/>", "<rss/>", "", "{}", "[]"])
def test_what_is_no_list_of_posts_is_unexpected_and_no_end_of_a_walk(body: str) -> None:
    with pytest.raises(Unexpected):
        listed(said(body))


@pytest.mark.parametrize(
    ("field", "value"), [("id", "x"), ("id", ""), ("width", "wide"), ("created_at", "soon")]
)
def test_a_field_of_another_shape_is_named(field: str, value: Any) -> None:
    number = "" if field == "id" else 'id="1"'
    body = f'<posts count="1"><post {number} {field}="{value}"/></posts>'

    with pytest.raises(Unexpected, match=field):
        listed(said(body))
