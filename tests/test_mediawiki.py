"""MediaWiki wikis: categories, pages and searches walked through the action API, out of recorded replies."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester import Busy, NeedsKey, Query, Refused, Reply, Site, Unexpected
from harvester.errors import ReplyError
from sources.mediawiki import MediaWiki, titles
from tests.wiki_replies import (
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


def test_a_walk_begins_at_the_category_of_the_name() -> None:
    params = sent(WIKI.search(REIMU))

    assert params["gcmtitle"] == "Category:Reimu Hakurei"
    assert params["gcmtype"] == "file"
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


def test_a_category_can_be_named_directly() -> None:
    asked, page = walked(WIKI, WIKI.search(Query(("Category:Reimu images",))), said(NOTHING))

    assert sent(asked[0])["gcmtitle"] == "Category:Reimu images"
    assert page.end


def test_a_page_to_start_at_is_walked_alone() -> None:
    asked, page = walked(WIKI, WIKI.search(Query((), start="Reimu")), said(NOTHING))

    assert sent(asked[0])["titles"] == "Reimu"
    assert page.end


def test_a_file_to_start_at_is_asked_for_by_title() -> None:
    assert sent(WIKI.search(Query((), start="File:A b.png")))["titles"] == "File:A b.png"


@pytest.mark.parametrize(
    ("url", "options", "api"),
    [
        ("https://wiki.test", {}, "https://wiki.test/api.php"),
        ("https://wiki.test/", {"api": "/w/api.php"}, "https://wiki.test/w/api.php"),
        ("https://wiki.test/w/api.php", {}, "https://wiki.test/w/api.php"),
    ],
)
def test_the_api_is_found_from_the_site(url: str, options: dict[str, str], api: str) -> None:
    assert MediaWiki(Site("wiki", "mediawiki", url, options=options)).search(REIMU).url == api


# ---- which way a walk takes ---------------------------------------------------------------


def test_without_files_in_the_category_the_page_is_next_and_then_the_search() -> None:
    nothing = [said(NOTHING)] * 4

    asked, page = walked(WIKI, WIKI.search(REIMU), *nothing)

    ways = [sent(request)["generator"] for request in asked]
    assert ways == ["categorymembers", "categorymembers", "images", "search"]
    assert page.end


def test_files_in_the_category_end_the_walk_there() -> None:
    assert listed(pages(a_file())).end


def test_a_page_that_shows_only_missing_files_has_none() -> None:
    missing = {"ns": 6, "title": "File:Gone.png", "missing": True, "imagerepository": ""}

    page = listed(pages(missing))

    assert [candidate.files for candidate in page.candidates] == [()]
    assert page.follow


def test_every_name_of_the_subject_is_walked_in_the_same_way() -> None:
    request = WIKI.search(Query(("Reimu", "Hakurei")))

    asked, page = walked(WIKI, request, pages(a_file()), pages(a_file("File:B.png")))

    assert [sent(one)["gcmtitle"] for one in asked] == ["Category:Reimu", "Category:Hakurei"]
    assert page.end


def test_two_names_with_one_title_are_asked_once() -> None:
    plan = WIKI.search(Query(("reimu", "Reimu"))).state["plan"]

    assert [way for way, *_ in plan] == ["category", "page", "search", "search"]


# ---- walking on ---------------------------------------------------------------------------


def test_the_whole_continue_goes_into_the_next_request() -> None:
    (follow,) = listed(recorded("category-files-1.json")).follow

    assert sent(follow)["continue"] == "gcmcontinue||"
    assert sent(follow)["gcmcontinue"].startswith("file|5245")
    assert sent(follow)["gcmtitle"] == "Category:Reimu Hakurei"


def test_a_continue_is_not_carried_beyond_its_reply() -> None:
    first = {"continue": {"iicontinue": "B.png", "continue": "gcm||"}, "query": {}}
    second = {**NOTHING, "continue": {"gcmcontinue": "x", "continue": "gcmcontinue||"}}

    asked, _ = walked(WIKI, WIKI.search(REIMU), said(first), said(second))

    assert "iicontinue" in sent(asked[1])
    assert "iicontinue" not in sent(asked[2])


def test_a_reply_without_pages_can_go_on() -> None:
    page = listed(said({**NOTHING, "continue": {"gcmcontinue": "x", "continue": "-||"}}))

    assert not page.end
    assert sent(page.follow[0])["generator"] == "categorymembers"


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
    first = WIKI.parse(
        WIKI.search(REIMU), said({"continue": onward, "query": {"pages": [a, bare_b]}})
    )

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
    assert listed(said({"error": {"code": "invalidcategory"}})).follow


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


@given(data=st.data())
def test_damage_anywhere_is_survived_or_unexpected(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(path.name for path in FIXTURES.glob("*.json"))))
    body = json.loads((FIXTURES / name).read_bytes())
    where, key = data.draw(st.sampled_from(spots(body)))
    where[key] = data.draw(JUNK)
    request = data.draw(st.sampled_from([WIKI.search(REIMU), WIKI.count(REIMU), WIKI.resolve("x")]))

    try:
        page = WIKI.parse(request, said(body))
    except ReplyError:
        return
    assert page.end or page.follow
