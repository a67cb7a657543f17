"""Zerochan: tags in a path, pages by number, entries one by one, other names that lead on, and JSON that has to be mended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harvester import (
    Ask,
    AuthKind,
    Busy,
    Candidate,
    File,
    Gone,
    Media,
    Name,
    Page,
    Query,
    Rating,
    Reply,
    Request,
    Site,
    Span,
    Tag,
    TooDeep,
    Unexpected,
)
from harvester.model import Narrow
from harvester.net import Account
from harvester.vocabulary import read
from sources.zerochan import Zerochan

FIXTURES = Path(__file__).parent / "fixtures" / "zerochan"
HOME = "https://www.zerochan.test"
SITE = Site("place", "zerochan", HOME)
PLACE = Zerochan(SITE)
REIMU = PLACE.search(Query(("Hakurei Reimu",)))
HERE = f"{HOME}/Hakurei+Reimu"


def recorded(name: str) -> bytes:
    return next(FIXTURES.glob(f"{name}.*")).read_bytes()


def said(body: bytes, status: int = 200, *, url: str = f"{HERE}?json&p=1") -> Reply:
    return Reply(status, url, {}, body)


def listed(name: str = "documented-list") -> Page:
    return PLACE.parse(REIMU, said(recorded(name)))


def detail(number: int = 4000001) -> Request:
    return PLACE.detail(Candidate("place", str(number), f"{HOME}/{number}"))


def single(
    body: bytes = recorded("documented-entry"), number: int = 4000001, status: int = 200
) -> Candidate:
    reply = said(body, status, url=f"{HOME}/{number}?json")
    (candidate,) = PLACE.parse(detail(number), reply).candidates
    return candidate


def entry(**fields: Any) -> bytes:
    """The documented entry with some fields changed."""
    return json.dumps({**json.loads(recorded("documented-entry")), **fields}).encode()


def path(*names: str, **more: Any) -> str:
    return PLACE.search(Query(names, **more)).url.removeprefix(HOME)


# ---- searches -----------------------------------------------------------------------------


def test_a_search_asks_for_the_tags_own_list_at_its_fullest() -> None:
    assert REIMU.url == f"{HERE}?json"
    assert REIMU.params == (("p", "1"), ("l", "250"), ("s", "id"))


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("hakurei_reimu", "/Hakurei+Reimu?json"),
        ("perth (kantai collection)", "/Perth+%28Kantai+Collection%29?json"),
        ("NieR", "/NieR?json"),
        ("fate/stay_night", "/Fate%2FStay+Night?json"),
        ("don't_starve", "/Don%27t+Starve?json"),
        ("one, two", "/One%2C+Two?json"),
        ("博麗霊夢", "/%E5%8D%9A%E9%BA%97%E9%9C%8A%E5%A4%A2?json"),
    ],
)
def test_a_name_gets_blanks_and_the_capitals_it_lacks(name: str, asked: str) -> None:
    assert path(name) == asked


def test_every_tag_that_is_wanted_stands_in_the_path_and_none_that_is_not() -> None:
    narrow = Narrow("framing", "full_body", ("full_body",))

    asked = path("Hakurei Reimu", want=("solo",), avoid=("comic",), narrow=narrow)

    assert asked == "/Hakurei+Reimu,Full+Body,Solo?json"


def test_the_account_stands_behind_the_programs_name_and_is_needed() -> None:
    account = Account("place", PLACE.auth, {"login": "alice"})

    assert (PLACE.auth.kind, PLACE.auth.required) == (AuthKind.AGENT, True)
    assert account.agent == " - alice"
    assert account.headers == account.params == ()


# ---- lists --------------------------------------------------------------------------------


def test_a_page_leads_on_by_its_number_and_covers_what_it_shows() -> None:
    page = listed()

    assert page.walked == Span("id", high="4000001", low="4000000")
    assert [dict(request.params)["p"] for request in page.follow] == ["2"]
    assert page.follow[0].url == REIMU.url


def test_a_page_whose_ids_rise_covers_nothing_that_is_known() -> None:
    found = json.loads(recorded("documented-list"))
    turned = json.dumps({**found, "items": found["items"][::-1]}).encode()

    assert PLACE.parse(REIMU, said(turned)).walked is None


@pytest.mark.parametrize(("told", "ends"), [(False, True), (True, False), (None, False)])
def test_the_site_says_whether_another_page_follows(told: bool | None, ends: bool) -> None:
    found = {**json.loads(recorded("documented-list")), "next": told}

    page = PLACE.parse(REIMU, said(json.dumps(found).encode()))

    assert (page.end, bool(page.follow)) == (ends, not ends)
    assert len(page.candidates) == 2


def test_an_empty_page_ends_a_walk_whatever_it_says() -> None:
    assert PLACE.parse(REIMU, said(b'{"items":[],"next":true}')) == Page(end=True)


@pytest.mark.parametrize(("name", "status"), [("documented-page", 404), ("documented-page", 200)])
def test_a_tag_that_is_not_there_has_no_entries(name: str, status: int) -> None:
    assert PLACE.parse(REIMU, said(recorded(name), status)) == Page(end=True)


@pytest.mark.parametrize("status", [404, 200])
def test_a_further_page_that_is_not_shown_is_too_deep(status: int) -> None:
    (second,) = listed().follow

    with pytest.raises(TooDeep, match="page 2"):
        PLACE.parse(second, said(recorded("documented-page"), status))


def test_a_row_tells_everything_but_the_file() -> None:
    first, second = listed().candidates

    assert (first.key, first.page_url) == ("place:4000001", f"{HOME}/4000001")
    assert first.incomplete == {"url"}
    assert first.original is None
    assert (first.claims.width, first.claims.height, first.claims.md5) == (1600, 2400, None)
    assert first.claims.tags == {"unknown": ("Female", "Hakurei Reimu", "Solo", "Touhou")}
    assert first.relations.sources == ("https://example.net/a",)
    url = "https://s1.zerochan.net/Hakurei.Reimu.240.4000001.avif"
    assert first.files == (File("preview", (url,), format="avif"),)
    assert second.claims.md5 == "0123456789abcdef0123456789abcdef"
    assert second.relations.sources == ()


def test_odd_rows_are_read_as_far_as_they_tell() -> None:
    first, second = listed("odd-types").candidates

    assert (first.post_id, first.claims.width) == ("3999999", 800)
    assert first.files[0].urls == ("https://s1.zerochan.net/x.240.3999999.avif",)
    assert first.claims.tags == {"unknown": ("Hakurei Reimu",)}
    assert second.claims.tags == {"unknown": ("7", "Don't Starve", "博麗霊夢")}
    assert second.files == ()


def test_the_primary_tag_is_among_the_tags() -> None:
    candidate = single(entry(tags=["Solo"], primary="Loli"))

    assert candidate.claims.tags == {"unknown": ("Loli", "Solo")}


def test_an_entry_that_leaves_its_tags_out_tells_none() -> None:
    assert single(entry(tags=None)).claims.tags is None


def test_nothing_tells_a_rating_but_the_sites_table() -> None:
    place = Zerochan(Site("place", "zerochan", HOME, rating_default=Rating.SENSITIVE))

    assert listed().candidates[0].claims.rating is None
    page = place.parse(REIMU, said(recorded("documented-list")))
    assert page.candidates[0].claims.rating is Rating.SENSITIVE


def test_the_gates_find_people_in_the_sites_words() -> None:
    facts = read(listed().candidates[0].claims, family="zerochan")

    assert facts.people == "alone"


# ---- entries ------------------------------------------------------------------------------


def test_an_entry_is_asked_for_by_its_number() -> None:
    assert (detail().url, detail().params) == (f"{HOME}/4000001?json", ())
    assert detail().ask is Ask.DETAIL


def test_an_entry_tells_its_files_and_what_they_are() -> None:
    candidate, md5 = single(), "0123456789abcdef0123456789abcdef"
    full = "https://static.zerochan.net/Hakurei.Reimu.full.4000001.png"

    assert candidate.incomplete == frozenset()
    assert candidate.original == File("original", (full,), 1600, 2400, 2345678, "png", md5)
    sizes = [("sample", "1024"), ("preview", "240")]
    assert candidate.files[1:] == tuple(
        File(role, (f"https://s1.zerochan.net/Hakurei.Reimu.{size}.4000001.jpg",), format="jpeg")
        for role, size in sizes
    )
    claims = candidate.claims
    assert (claims.bytes, claims.md5, claims.format) == (2345678, md5, "png")
    assert claims.media is Media.STILL


def test_an_entry_is_the_candidate_of_its_row() -> None:
    row = listed().candidates[0]

    assert (single().key, single().page_url) == (row.key, row.page_url)
    assert single().claims.tags == row.claims.tags


def test_an_entry_without_a_file_is_a_candidate_all_the_same() -> None:
    candidate = single(recorded("documented-entry-hidden"), 4000004)

    assert (candidate.original, candidate.incomplete) == (None, frozenset())


@pytest.mark.parametrize(
    ("tags", "media"), [(["Solo"], None), (["Animated GIF", "Solo"], Media.ANIMATION)]
)
def test_a_gif_moves_if_a_tag_says_so(tags: list[str], media: Media | None) -> None:
    candidate = single(entry(full="https://static.zerochan.net/a.full.4000001.gif", tags=tags))

    assert (candidate.claims.format, candidate.claims.media) == ("gif", media)


@pytest.mark.parametrize("told", ["", None, "none", "0123"])
def test_a_hash_that_is_none_promises_nothing(told: str | None) -> None:
    candidate = single(entry(hash=told))

    assert candidate.claims.md5 is None
    assert candidate.original is not None
    assert candidate.original.md5 is None


@pytest.mark.parametrize("status", [404, 410])
def test_an_entry_that_is_no_more_is_gone(status: int) -> None:
    with pytest.raises(Gone):
        PLACE.parse(detail(), said(recorded("documented-page"), status))


def test_an_entry_that_leads_elsewhere_is_gone() -> None:
    with pytest.raises(Gone, match="another page"):
        PLACE.parse(detail(), said(recorded("documented-page"), url=HERE))
    with pytest.raises(Gone, match="4000009"):
        PLACE.parse(detail(), said(entry(id=4000009), url=f"{HOME}/4000001?json"))


def test_a_page_in_an_entrys_own_place_is_unexpected() -> None:
    with pytest.raises(Unexpected):
        PLACE.parse(detail(), said(recorded("documented-page"), url=f"{HOME}/4000001?json"))


# ---- damaged replies ----------------------------------------------------------------------


def test_raw_control_characters_are_left_out_and_what_stands_behind_is_not_read() -> None:
    candidate = single(recorded("damaged-controls"), 4000002)

    assert candidate.original is not None
    assert candidate.original.urls == ("https://static.zerochan.net/a.full.4000002.jpg",)
    assert candidate.relations.sources == ("first linesecond line",)
    assert candidate.claims.tags == {"unknown": ("Hakurei Reimu", "Touhou")}


def test_quotation_marks_that_are_not_escaped_end_no_text() -> None:
    candidate = single(recorded("damaged-quotes"), 4000003)

    assert candidate.original is not None
    assert (candidate.original.bytes, candidate.claims.width) == (1000, 1000)
    assert candidate.relations.sources == ('the "second" book',)
    tags = ("Café", "Fate/stay night", "Hakurei Reimu", 'The "Red" Miko')
    assert candidate.claims.tags == {"unknown": tags}


def test_markup_before_the_rows_is_passed_over() -> None:
    page = listed("damaged-markup")

    assert [one.post_id for one in page.candidates] == ["4000001"]
    assert [dict(request.params)["p"] for request in page.follow] == ["2"]


def test_rows_are_read_by_themselves_where_one_is_damaged() -> None:
    page = listed("damaged-list")

    assert [one.post_id for one in page.candidates] == ["4000001", "4000000"]
    assert page.candidates[0].relations.sources == ('a "b" c',)
    assert page.candidates[1].claims.tags == {"unknown": ("Hakurei Reimu",)}
    assert len(page.follow) == 1


def test_what_is_damaged_where_its_tags_stand_is_not_guessed() -> None:
    broken = recorded("damaged-quotes").replace(b'"tags":[', b'"tags":')

    with pytest.raises(Unexpected, match="tags"):
        single(broken, 4000003)


def test_a_list_that_breaks_off_does_not_end_the_walk() -> None:
    for end in (b'{"items":[', b'"tags":["Hakurei Reimu","Solo"]}', b'"source":'):
        body = recorded("damaged-list")
        with pytest.raises(Unexpected):
            PLACE.parse(REIMU, said(body[: body.index(end) + len(end)]))


def test_a_good_body_counts_whatever_the_status_says() -> None:
    assert single(status=500) == single()
    assert PLACE.parse(REIMU, said(recorded("documented-list"), 500)) == listed()


@pytest.mark.parametrize("body", [b"", b"no", recorded("documented-page"), b'{"items": ['])
def test_a_failure_without_a_good_body_is_a_busy_site(body: bytes) -> None:
    with pytest.raises(Busy):
        PLACE.parse(REIMU, said(body, 500))


@pytest.mark.parametrize("status", [429, 503])
def test_a_site_that_turns_away_is_busy(status: int) -> None:
    with pytest.raises(Busy):
        PLACE.parse(REIMU, said(recorded("documented-list"), status))


# ---- names --------------------------------------------------------------------------------


def looked_up(name: str, body: bytes = recorded("documented-suggest")) -> Page:
    return PLACE.parse(PLACE.resolve(name), said(body, url=f"{HOME}/suggest"))


def test_a_name_is_completed_first() -> None:
    request = PLACE.resolve("hakurei_reimu")

    assert request.url == f"{HOME}/suggest"
    assert request.params == (("q", "Hakurei Reimu"), ("json", "1"))


def test_a_completion_tells_kind_count_and_other_name_the_surest_first() -> None:
    exact, *others = looked_up("hakurei_reimu").names
    alias = looked_up("reimu_hakurei").names[0]

    assert exact == Name("Hakurei Reimu", "character", 54321, "exact", "Hakurei Reimu")
    assert [(one.name, one.how) for one in others] == [
        ("Hakurei Reimu (Cosplay)", "qualified"),
        ("Hakurei Shrine", "autocomplete"),
    ]
    assert (alias.name, alias.how, alias.asked) == ("Hakurei Reimu", "alias", "Reimu Hakurei")


def test_completions_may_be_lines_as_they_were_before() -> None:
    names = looked_up("hakurei_reimu", recorded("documented-suggest-older")).names

    assert [(one.name, one.category, one.count) for one in names] == [
        ("Hakurei Reimu", "character", None),
        ("Hakurei Shrine", "general", None),
        ("Hakurei Miko", "unknown", None),
    ]


@pytest.mark.parametrize("body", [recorded("documented-page"), b'{"suggestions":[]}', b""])
def test_a_name_that_is_not_completed_is_asked_for_itself(body: bytes) -> None:
    page = looked_up("hakurei_reimu", body)

    assert page.names == ()
    assert page.follow[0].url == f"{HERE}?json"
    assert page.follow[0].params == (("p", "1"), ("l", "1"), ("s", "id"))


def named(body: bytes, status: int = 200, *, url: str = HERE) -> Page:
    (request,) = looked_up("reimu").follow
    return PLACE.parse(request, said(body, status, url=url))


def test_a_tag_that_has_entries_is_there() -> None:
    page = named(recorded("documented-list"), url=f"{HOME}/Reimu?json&p=1&l=1")

    assert page == Page(names=(Name("Reimu", "unknown", asked="Reimu"),), end=True)


@pytest.mark.parametrize("name", ["documented-page", "documented-list"])
def test_a_name_that_leads_to_a_tag_is_another_name_of_it(name: str) -> None:
    page = named(recorded(name))

    assert page.names == (Name("Hakurei Reimu", "unknown", how="alias", asked="Reimu"),)


@pytest.mark.parametrize(
    ("name", "status"),
    [("documented-page", 404), ("documented-page", 200), ("documented-list-none", 200)],
)
def test_a_name_without_entries_is_none(name: str, status: int) -> None:
    assert named(recorded(name), status, url=f"{HOME}/Reimu?json") == Page(end=True)


def led(url: str, *names: str) -> Page:
    request = PLACE.search(Query(names))
    return PLACE.parse(request, said(recorded("documented-page"), url=url))


def test_a_walk_goes_on_where_another_name_leads_once() -> None:
    page = led(f"{HOME}/Hakurei+Reimu,Solo", "Reimu", "Solo")
    (request,) = page.follow

    assert (page.candidates, page.end) == ((), False)
    assert request.url == f"{HOME}/Hakurei+Reimu,Solo?json"
    again = said(recorded("documented-page"), url=f"{HOME}/Reimu,Solo")
    assert PLACE.parse(request, again) == Page(end=True)


def test_a_walk_does_not_follow_to_fewer_tags_than_it_wants() -> None:
    assert led(HERE, "Hakurei Reimu", "Cowboy Shot") == Page(end=True)


# ---- tags ---------------------------------------------------------------------------------


def told(asked: str) -> tuple[Tag, ...]:
    page = PLACE.parse(PLACE.tags([asked]), said(recorded("documented-suggest")))
    return page.tags


def test_a_tag_is_told_under_the_name_it_was_asked_by() -> None:
    assert PLACE.batch == 1
    assert told("Hakurei Reimu") == (Tag("Hakurei Reimu", "character", 54321),)
    assert told("hakurei_shrine") == (Tag("hakurei_shrine", "general", 321),)


def test_all_tags_that_begin_so_are_told() -> None:
    assert told("Hakurei Reimu_(*") == (Tag("Hakurei Reimu (Cosplay)", "general", 12),)


def test_a_tag_that_is_not_completed_stays_unknown() -> None:
    assert told("Moriya Shrine") == (Tag("Moriya Shrine", "unknown"),)
