"""MediaWiki wikis: categories, pages and searches walked through the action API, out of recorded replies."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester import (
    Busy,
    Candidate,
    NeedsKey,
    Query,
    Refused,
    Reply,
    Request,
    Site,
    Unexpected,
)
from harvester.errors import ReplyError
from sources.mediawiki import MediaWiki, titles
from tests.wiki_replies import (
    CATEGORY,
    FIXTURES,
    NOTHING,
    REIMU,
    WIKI,
    a_file,
    listed,
    pages,
    recorded,
    said,
    sent,
    walked,
)

# ---- what is asked ------------------------------------------------------------------------


def test_a_category_is_asked_for_its_files_and_the_categories_in_it() -> None:
    params = sent(WIKI.search(CATEGORY))

    assert params["gcmtitle"] == "Category:Reimu Hakurei"
    assert params["gcmtype"] == "subcat|file"
    assert (params["formatversion"], params["maxlag"]) == ("2", "5")


@pytest.mark.parametrize("name", ["Reimu Hakurei", "reimu_hakurei", "  reimu   hakurei"])
def test_a_name_is_spelled_as_a_title(name: str) -> None:
    assert titles.spellings(name)[0] == "Reimu Hakurei"


def test_a_name_in_the_order_of_boorus_is_turned_as_well() -> None:
    assert "Reimu Hakurei" in titles.spellings("hakurei_reimu")


def test_characters_no_title_may_hold_are_left_out() -> None:
    assert titles.spellings("A|B[C]") == ["A B C"]


def test_search_words_hold_no_operators() -> None:
    assert titles.words('"saber_(fate)" -x:y') == "saber fate x y"


def test_a_category_to_start_at_is_walked_alone() -> None:
    asked, page = walked(WIKI, WIKI.search(CATEGORY), said(NOTHING))

    assert sent(asked[0])["gcmtitle"] == "Category:Reimu Hakurei"
    assert page.end


def test_a_page_to_start_at_is_walked_alone() -> None:
    missing = said({"error": {"code": "missingtitle", "info": "there is none"}})

    asked, page = walked(WIKI, WIKI.search(Query((), start="Reimu")), missing)

    assert (sent(asked[0])["action"], sent(asked[0])["page"]) == ("parse", "Reimu")
    assert page.end


def test_a_file_to_start_at_is_asked_for_by_title() -> None:
    assert sent(WIKI.search(Query((), start="File:A b.png")))["titles"] == "File:A b.png"


def test_all_files_that_begin_alike_can_be_started_at() -> None:
    params = sent(WIKI.search(Query((), start="File:Reimu_h*")))

    assert (params["generator"], params["gaiprefix"]) == ("allimages", "Reimu h")


@pytest.mark.parametrize(
    ("url", "options", "api"),
    [
        ("https://wiki.test", {}, "https://wiki.test/api.php"),
        ("https://t.fandom.com", {}, "https://t.fandom.com/api.php"),
        ("https://t.fandom.com/ja/", {}, "https://t.fandom.com/ja/api.php"),
        ("https://t.fandom.com/ja/wiki/Reimu", {}, "https://t.fandom.com/ja/api.php"),
        ("https://t.wiki.gg/wiki/", {}, "https://t.wiki.gg/api.php"),
        ("https://commons.wikimedia.org", {}, "https://commons.wikimedia.org/w/api.php"),
        ("https://commons.wikimedia.org/wiki/A", {}, "https://commons.wikimedia.org/w/api.php"),
        ("https://wiki.biligame.com/blhx", {}, "https://wiki.biligame.com/blhx/api.php"),
        ("https://www.pidgi.test/wiki", {}, "https://www.pidgi.test/wiki/api.php"),
        ("https://notfandom.com/wiki", {}, "https://notfandom.com/wiki/api.php"),
        ("https://wiki.test/", {"api": "/w/api.php"}, "https://wiki.test/w/api.php"),
        ("https://wiki.test/w/api.php", {}, "https://wiki.test/w/api.php"),
    ],
)
def test_the_api_is_found_from_the_site(url: str, options: dict[str, str], api: str) -> None:
    assert MediaWiki(Site("wiki", "mediawiki", url, options=options)).search(REIMU).url == api


# ---- walking on ---------------------------------------------------------------------------


def test_the_whole_continue_goes_into_the_next_request() -> None:
    (follow,) = listed(recorded("category-files-1.json")).follow

    assert sent(follow)["continue"] == "gcmcontinue||"
    assert sent(follow)["gcmcontinue"].startswith("file|5245")
    assert sent(follow)["gcmtitle"] == "Category:Reimu Hakurei"


def test_a_continue_is_not_carried_beyond_its_reply() -> None:
    first = {"continue": {"iicontinue": "B.png", "continue": "gcm||"}, "query": {}}
    second = {**NOTHING, "continue": {"gcmcontinue": "x", "continue": "gcmcontinue||"}}

    asked, _ = walked(WIKI, WIKI.search(CATEGORY), said(first), said(second))

    assert "iicontinue" in sent(asked[1])
    assert "iicontinue" not in sent(asked[2])


def test_a_reply_without_pages_can_go_on() -> None:
    page = listed(said({**NOTHING, "continue": {"gcmcontinue": "x", "continue": "-||"}}))

    assert not page.end
    assert sent(page.follow[0])["generator"] == "categorymembers"


def test_an_old_wiki_is_gone_on_with_by_its_list() -> None:
    onward = {"categorymembers": {"gcmcontinue": "file|x"}, "imageinfo": {"iistart": "2020"}}

    (follow,) = listed(said({"query-continue": onward, "query": {"pages": [a_file()]}})).follow

    assert sent(follow)["gcmcontinue"] == "file|x"
    assert "iistart" not in sent(follow)


def test_half_a_letter_does_not_stop_the_walk() -> None:
    body = json.dumps({**NOTHING, "query": {"pages": [a_file("File:A\ud800.png")]}}).encode()

    (candidate,) = listed(Reply(200, WIKI.api, {}, body)).candidates

    assert candidate.post_id == "A\ufffd.png"


def test_a_server_that_goes_on_in_circles_is_unexpected() -> None:
    circle = said({**NOTHING, "continue": {"gcmcontinue": "x", "continue": "-||"}})
    (follow,) = listed(circle).follow

    with pytest.raises(Unexpected, match="continue"):
        WIKI.parse(follow, circle)


def test_a_batch_spread_over_replies_tells_every_file_once() -> None:
    a, b, bare_a, bare_b = (
        a_file(),
        a_file("File:B.png"),
        {"title": "File:A.png"},
        {"title": "File:B.png"},
    )
    onward = {"iicontinue": "B.png", "continue": "gcm||"}
    first = listed(said({"continue": onward, "query": {"pages": [a, bare_b]}}))

    second = WIKI.parse(first.follow[0], pages(bare_a, b))

    assert [candidate.post_id for candidate in first.candidates] == ["A.png"]
    assert [candidate.post_id for candidate in second.candidates] == ["B.png"]
    assert second.end


def test_a_file_cut_off_between_repository_and_data_is_told_with_the_next_reply() -> None:
    onward = {"iicontinue": "B.png", "continue": "||"}
    cut = {"title": "File:A.png", "imagerepository": "local", "imageinfo": []}
    first = listed(said({"continue": onward, "query": {"pages": [cut]}}))

    second = WIKI.parse(first.follow[0], pages(a_file()))

    assert first.candidates == ()
    assert [bool(one.files) for one in second.candidates] == [True]


def test_a_file_the_batch_never_tells_of_is_told_without_files() -> None:
    onward = {"iicontinue": "B.png", "continue": "gcm||"}
    first = listed(said({"continue": onward, "query": {"pages": [{"title": "File:B.png"}]}}))

    second = WIKI.parse(first.follow[0], pages({"title": "File:B.png"}))

    assert first.candidates == ()
    assert [(one.post_id, one.files) for one in second.candidates] == [("B.png", ())]


def test_both_formats_tell_the_same() -> None:
    new = {one.post_id: one for one in listed(recorded("category-files-1.json")).candidates}
    old = {one.post_id: one for one in listed(recorded("category-files-v1-format.json")).candidates}

    assert len(new) == len(old) == 5
    assert {name: old[name] for name in new if name in old} == {
        name: new[name] for name in new if name in old
    }


# ---- looking names up and counting --------------------------------------------------------


def test_a_category_is_counted_without_walking_it() -> None:
    counted = pages(
        {"title": "Category:Reimu Hakurei", "categoryinfo": {"files": 12}},
        {"title": "Category:Hakurei Reimu", "missing": True},
    )

    assert WIKI.parse(WIKI.count(REIMU), counted).count == 12


def test_without_a_category_the_count_is_unknown() -> None:
    assert WIKI.parse(WIKI.count(REIMU), said(NOTHING)).count is None


def test_a_redirect_is_found_as_an_alias() -> None:
    query = {
        "redirects": [{"from": "Reimu", "to": "Reimu Hakurei"}],
        "pages": [
            {"ns": 14, "title": "Category:Reimu", "missing": True},
            {"ns": 0, "title": "Reimu Hakurei"},
        ],
    }

    page = WIKI.parse(WIKI.resolve("reimu"), said({**NOTHING, "query": query}))

    assert [(name.name, name.how, name.asked) for name in page.names] == [
        ("Reimu Hakurei", "alias", "reimu")
    ]


def test_a_part_of_a_longer_page_is_not_the_subject() -> None:
    query = {
        "redirects": [{"from": "Reimu", "to": "List of characters", "tofragment": "Reimu"}],
        "pages": [{"ns": 0, "title": "List of characters"}],
    }

    page = WIKI.parse(WIKI.resolve("reimu"), said({**NOTHING, "query": query}))

    assert [(name.name, name.how) for name in page.names] == [("List of characters", "fuzzy")]
    assert page.follow


def test_a_list_of_meanings_is_not_the_subject() -> None:
    meanings = {"ns": 0, "title": "Reimu", "pageprops": {"disambiguation": ""}}

    page = WIKI.parse(WIKI.resolve("reimu"), pages(meanings))

    assert [name.how for name in page.names] == ["fuzzy"]


def test_a_category_is_called_so_in_every_language() -> None:
    found = pages({"ns": 14, "title": "Kategorie:Reimu", "categoryinfo": {"files": 3}})

    assert [one.name for one in WIKI.parse(WIKI.resolve("reimu"), found).names] == [
        "Category:Reimu"
    ]


def test_an_unknown_name_is_looked_for_in_suggestions_and_then_in_a_search() -> None:
    hits = [{"ns": 0, "title": "Reimu Hakurei"}, {"ns": 6, "title": "File:Reimu.png"}]

    _, page = walked(
        WIKI,
        WIKI.resolve("riemu"),
        pages({"ns": 0, "title": "Riemu", "missing": True}),
        said({**NOTHING, "query": {"prefixsearch": []}}),
        said({**NOTHING, "query": {"search": hits}}),
    )

    assert [(name.name, name.how) for name in page.names] == [
        ("Reimu Hakurei", "fuzzy"),
        ("Riemu", "fuzzy"),
    ]


def test_a_category_needs_files_but_no_page_to_be_known() -> None:
    found = pages(
        {"ns": 14, "title": "Category:Reimu", "missing": True, "categoryinfo": {"files": 3}},
        {"ns": 14, "title": "Category:Empty", "categoryinfo": {"files": 0}},
    )

    page = WIKI.parse(WIKI.resolve("reimu"), found)

    assert [(name.name, name.count) for name in page.names] == [("Category:Reimu", 3)]


# ---- when the server says no --------------------------------------------------------------


@pytest.mark.parametrize("code", ["maxlag", "ratelimited", "readonly", "internal_api_error_DBx"])
def test_a_server_that_is_behind_is_asked_again_later(code: str) -> None:
    with pytest.raises(Busy) as told:
        listed(said({"error": {"code": code, "info": "later"}}, retry_after="7"))

    assert told.value.after == 7.0


def test_a_closed_wiki_wants_an_account() -> None:
    with pytest.raises(NeedsKey):
        listed(said({"error": {"code": "readapidenied", "info": "log in"}}))


def test_other_errors_are_refusals_in_the_servers_words() -> None:
    with pytest.raises(Refused, match="missingparam"):
        listed(recorded("error-bad-param.json"))


def test_a_name_no_title_can_be_made_of_is_as_good_as_empty() -> None:
    assert listed(said({"error": {"code": "invalidcategory"}})).end


def test_a_web_page_instead_of_an_answer_is_unexpected() -> None:
    with pytest.raises(Unexpected, match="body"):
        listed(Reply(200, WIKI.api, {}, b"<!DOCTYPE html><title>Log in</title>"))


def test_a_wrong_path_is_named_with_its_remedy() -> None:
    with pytest.raises(Refused, match="set `api`"):
        listed(Reply(404, WIKI.api, {}, b"<html>not found"))


def test_a_failing_server_is_asked_again_later() -> None:
    with pytest.raises(Busy):
        listed(Reply(503, WIKI.api, {}, b"<html>down"))


def test_json_of_something_else_is_unexpected() -> None:
    with pytest.raises(Unexpected, match="query"):
        listed(said({"posts": []}))


def test_warnings_are_no_errors() -> None:
    assert listed(said({"warnings": {"main": {"warnings": "Unrecognized parameter"}}})).end


@pytest.mark.parametrize(("status", "error"), [(403, Refused), (429, Busy)])
def test_a_wiki_that_wants_a_contact_says_what_to_set(status: int, error: type[ReplyError]) -> None:
    with pytest.raises(error, match="set `contact`"):
        listed(Reply(status, WIKI.api, {}, b"Please set a user-agent with contact details"))


def test_a_wiki_that_turns_programs_away_is_not_asked_again() -> None:
    with pytest.raises(Refused, match="567"):
        listed(Reply(567, WIKI.api, {}, b"<html>"))


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=3,
)


def spots(found: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of a JSON value."""
    keys = (
        found if isinstance(found, dict) else range(len(found)) if isinstance(found, list) else ()
    )
    return [spot for key in keys for spot in [(found, key), *spots(found[key])]]


@cache
def every_request() -> list[Request]:
    """One of each kind that a walk or a question sends."""
    page = WIKI.search(Query((), start="Reimu"))
    searched = WIKI.parse(WIKI.search(REIMU), said(NOTHING)).follow
    batch = WIKI.parse(page, recorded("rendered-page.json")).follow
    known = Candidate("wiki", "A.png", "https://wiki.test/A")
    walks = [WIKI.search(REIMU), WIKI.search(CATEGORY), page, *searched, *batch]
    return [*walks, WIKI.count(REIMU), WIKI.resolve("x"), WIKI.detail(known)]


@settings(deadline=None)
@given(data=st.data())
def test_damage_anywhere_is_survived_or_unexpected(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(path.name for path in FIXTURES.glob("*.json"))))
    body = json.loads((FIXTURES / name).read_bytes())
    where, key = data.draw(st.sampled_from(spots(body)))
    where[key] = data.draw(JUNK)
    request = data.draw(st.sampled_from(every_request()))

    try:
        page = WIKI.parse(request, said(body))
    except ReplyError:
        return
    assert page.end or page.follow
