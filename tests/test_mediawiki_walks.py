"""Which ways a walk through a wiki takes for one name: titles that there are, categories within categories, pages, searches."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from harvester import Page, Query, Reply, Request, Site
from sources.mediawiki import MediaWiki, titles, walks
from tests.wiki_replies import (
    CATEGORY,
    NOTHING,
    REIMU,
    WIKI,
    a_file,
    found,
    pages,
    recorded,
    rendered,
    said,
    sent,
    walked,
)

GALLERY = '<ul class="gallery">{}</ul>'
BOX = '<li class="gallerybox"><a href="/wiki/File:{}"><img src="x"></a></li>'


def ways(asked: list[Request]) -> list[str]:
    """What each request asked for, in a word."""
    return [request.state["plan"][0][0] for request in asked]


def below(*names: str) -> list[dict[str, Any]]:
    return [{"ns": 14, "title": f"Category:{name}"} for name in names]


def with_depth(depth: int) -> MediaWiki:
    return MediaWiki(Site("wiki", "mediawiki", "https://wiki.test", options={"depth": depth}))


def page_of(*files: str) -> Reply:
    return rendered(GALLERY.format("".join(map(BOX.format, files))))


# ---- starting points ----------------------------------------------------------------------


def test_the_titles_a_subject_may_have_are_asked_for_in_one_request() -> None:
    asked = sent(WIKI.search(REIMU))["titles"].split("|")

    assert {"Category:Reimu Hakurei", "Hakurei Reimu", "Reimu Hakurei/Gallery"} <= {*asked}
    assert len(asked) <= titles.AT_ONCE


def test_a_name_of_many_spellings_still_fits_one_request() -> None:
    asked = titles.places(titles.spellings("hakurei_reimu")).split("|")

    assert len(asked) == titles.AT_ONCE
    assert asked[:3] == [f"Category:{one}" for one in titles.spellings("hakurei_reimu")]


def test_a_long_name_does_not_make_an_address_too_long() -> None:
    asked = titles.places(titles.spellings("博麗霊夢" * 15))

    assert asked.split("|")[:2] == [f"Category:{'博麗霊夢' * 15}", "博麗霊夢" * 15]
    assert len(quote(asked)) < 6000


def test_category_page_and_sub_pages_are_all_walked_the_category_first() -> None:
    there = found("Reimu Hakurei/Gallery", "Reimu Hakurei", "Category:Reimu Hakurei")

    asked, page = walked(
        WIKI, WIKI.search(REIMU), there, NONE, page_of("A.png"), A, page_of(), NONE
    )

    told = [tuple(one.state["plan"][0][:2]) for one in asked[1:]]
    assert told == [
        ("category", "Reimu Hakurei"),
        ("page", "Reimu Hakurei"),
        ("files", "Reimu Hakurei"),
        ("page", "Reimu Hakurei/Gallery"),
    ]
    assert page.end


NONE, A = said(NOTHING), pages(a_file())


def test_the_starting_points_are_told_with_the_first_page() -> None:
    there = found("Reimu Hakurei", "Category:Reimu Hakurei")

    page = WIKI.parse(WIKI.search(REIMU), there)

    assert [(one.name, one.count) for one in page.names] == [
        ("Category:Reimu Hakurei", 3),
        ("Reimu Hakurei", None),
    ]


def test_where_there_is_none_the_search_is_told() -> None:
    page = WIKI.parse(WIKI.search(REIMU), NONE)

    assert [(one.name, one.how) for one in page.names] == [("Reimu Hakurei", "fuzzy")]


def test_a_redirect_leads_to_the_starting_points_of_its_target() -> None:
    moved = [{"from": "Reimu", "to": "Reimu Hakurei"}]
    first = WIKI.parse(WIKI.search(Query(("Reimu",))), found("Reimu Hakurei", redirects=moved))

    (again,) = first.follow

    assert "Category:Reimu Hakurei" in sent(again)["titles"].split("|")
    assert ways(list(WIKI.parse(again, found("Category:Reimu Hakurei")).follow)) == ["category"]


def test_a_part_of_a_longer_page_is_no_starting_point() -> None:
    moved = [{"from": "Reimu", "to": "List of characters", "tofragment": "Reimu"}]

    page = WIKI.parse(WIKI.search(Query(("Reimu",))), found("List of characters", redirects=moved))

    assert ways(list(page.follow)) == ["search"]


def test_a_sub_page_that_leads_back_is_walked_once() -> None:
    moved = [{"from": "Reimu Hakurei/Gallery", "to": "Reimu Hakurei"}]

    page = WIKI.parse(WIKI.search(REIMU), found("Reimu Hakurei", redirects=moved))

    assert [step[:2] for step in page.follow[0].state["plan"]] == [["page", "Reimu Hakurei"]]


def test_a_category_stands_for_its_subject() -> None:
    """What a resolved name is called by: its page and sub-pages are looked for as well, nothing is searched."""
    request = WIKI.search(Query(("Category:Reimu",)))

    assert sent(request)["titles"].split("|")[:3] == ["Category:Reimu", "Reimu", "Reimu/Gallery"]
    assert WIKI.parse(request, NONE).end


# ---- searches -----------------------------------------------------------------------------


def test_without_a_starting_point_file_names_are_searched_and_then_gone_through() -> None:
    asked, page = walked(WIKI, WIKI.search(REIMU), *[NONE] * 4)

    assert ways(asked) == ["explore", "search", "prefix", "prefix"]
    assert [sent(one)["gaiprefix"] for one in asked[2:]] == ["Reimu Hakurei", "Hakurei Reimu"]
    assert page.end


def test_what_a_search_finds_ends_the_walk() -> None:
    asked, page = walked(WIKI, WIKI.search(REIMU), NONE, A)

    assert ways(asked) == ["explore", "search"]
    assert page.end


def test_a_category_with_a_picture_makes_a_search_needless() -> None:
    _, page = walked(WIKI, WIKI.search(REIMU), found("Category:Reimu Hakurei"), A)

    assert page.end


@pytest.mark.parametrize(
    "shown",
    [
        {"ns": 6, "title": "File:Gone.png", "missing": True, "imagerepository": ""},
        a_file("File:Flag.png", width=20, height=12),
        a_file("File:Orb.svg", mime="image/svg+xml", width=900, height=900),
    ],
    ids=["missing", "icon", "drawing"],
)
def test_a_page_that_shows_no_picture_of_its_subject_has_none(shown: dict[str, Any]) -> None:
    asked, _ = walked(
        WIKI, WIKI.search(REIMU), found("Reimu Hakurei"), page_of("F.png"), pages(shown)
    )

    assert ways(asked) == ["explore", "page", "files", "search"]


def test_a_search_that_is_switched_off_is_as_good_as_empty() -> None:
    off = said({"error": {"code": "search-text-disabled", "info": "off"}})

    asked, _ = walked(WIKI, WIKI.search(REIMU), NONE, off)

    assert ways(asked) == ["explore", "search", "prefix"]


# ---- categories in categories -------------------------------------------------------------


def test_categories_below_are_walked_as_deep_as_the_table_says() -> None:
    one, two = pages(*below("Official art")), pages(*below("Posters"), a_file())

    asked, page = walked(with_depth(2), with_depth(2).search(CATEGORY), one, two, A)

    assert [sent(request)["gcmtitle"] for request in asked] == [
        "Category:Reimu Hakurei",
        "Category:Official art",
        "Category:Posters",
    ]
    assert [sent(request)["gcmtype"] for request in asked] == ["subcat|file"] * 2 + ["file"]
    assert page.end


def test_with_a_depth_of_0_no_category_below_is_asked_for() -> None:
    request = with_depth(0).search(CATEGORY)

    assert sent(request)["gcmtype"] == "file"
    assert with_depth(0).parse(request, pages(*below("Official art"))).end


def test_categories_that_contain_each_other_are_walked_once() -> None:
    one, two = pages(*below("Characters")), pages(*below("Reimu Hakurei", "Characters"), a_file())

    asked, page = walked(WIKI, WIKI.search(CATEGORY), one, two)

    assert [sent(request)["gcmtitle"] for request in asked] == [
        "Category:Reimu Hakurei",
        "Category:Characters",
    ]
    assert page.end


def test_pages_come_before_the_categories_below() -> None:
    there = found("Category:Reimu Hakurei", "Reimu Hakurei")

    asked, _ = walked(WIKI, WIKI.search(REIMU), there, pages(*below("Art"), a_file()), page_of())

    assert ways(asked) == ["explore", "category", "page", "subcategory"]


def test_a_category_is_no_file() -> None:
    page = WIKI.parse(WIKI.search(CATEGORY), pages(*below("Official art"), a_file()))

    assert [one.post_id for one in page.candidates] == ["A.png"]


def test_the_state_of_a_walk_stays_small_whatever_a_wiki_lists() -> None:
    many = pages(*below(*(f"Category with a rather long name {number}" for number in range(900))))

    (follow,) = WIKI.parse(WIKI.search(CATEGORY), many).follow

    assert len(follow.state["plan"]) <= walks.MOST
    assert len(json.dumps(follow.state)) < 20_000


# ---- the files of a page ------------------------------------------------------------------


def test_the_files_of_a_page_are_asked_for_in_its_order() -> None:
    asked, page = walked(
        WIKI,
        WIKI.search(Query((), start="Reimu")),
        page_of("B.png", "A.png"),
        pages(a_file(), a_file("File:B.png")),
    )

    assert sent(asked[1])["titles"] == "File:B.png|File:A.png"
    assert [one.post_id for one in page.candidates] == ["B.png", "A.png"]


def test_many_files_are_asked_for_in_batches_a_server_takes() -> None:
    files = [f"Picture {number:03}.png" for number in range(120)]
    start = WIKI.search(Query((), start="Reimu"))

    asked, page = walked(WIKI, start, rendered("", *files), NONE, NONE, NONE)

    batches = [sent(one)["titles"].split("|") for one in asked[1:]]
    assert [len(batch) for batch in batches] == [50, 50, 20]
    assert [name for batch in batches for name in batch] == [f"File:{name}" for name in files]
    assert page.end


def test_long_names_of_files_do_not_make_an_address_too_long() -> None:
    files = [f"{'霊夢' * 20} {number}.png" for number in range(60)]

    asked, _ = walked(WIKI, WIKI.search(Query((), start="Reimu")), rendered("", *files))

    assert 1 <= len(sent(asked[1])["titles"].split("|")) < 20


def test_two_pages_with_the_same_files_are_two_requests() -> None:
    there = found("Reimu Hakurei", "Reimu Hakurei/Gallery")
    same = page_of("A.png")

    asked, page = walked(WIKI, WIKI.search(REIMU), there, same, A, same, A)

    assert sent(asked[2])["titles"] == sent(asked[4])["titles"]
    assert asked[2].key != asked[4].key
    assert page.end


def test_a_wiki_that_renders_no_page_lists_its_files() -> None:
    off = said({"error": {"code": "unknown_action", "info": "no parse"}})

    asked, page = walked(WIKI, WIKI.search(Query((), start="Reimu")), off, A)

    assert sent(asked[1])["generator"] == "images"
    assert [one.post_id for one in page.candidates] == ["A.png"]
    assert page.end


def test_a_rendered_page_of_the_old_format_shows_the_same() -> None:
    new = json.loads(recorded("rendered-page.json").body)
    old = {"parse": {**new["parse"], "text": {"*": new["parse"]["text"]}}}
    start = WIKI.search(Query((), start="Reimu"))

    ((one,), (other,)) = (
        WIKI.parse(start, reply).follow for reply in (recorded("rendered-page.json"), said(old))
    )

    assert one == other
    assert len(one.state["batch"]) == 15


# ---- how often files are used -------------------------------------------------------------


def used(title: str, times: int) -> dict[str, Any]:
    rows = {"fileusage": [{"pageid": number} for number in range(times)]} if times else {}
    return {**a_file(title), **rows}


def shown(reply: Reply, *files: str) -> Page:
    """What the files of a page become."""
    _, page = walked(WIKI, WIKI.search(Query((), start="Reimu")), page_of(*files), reply)
    return page


def test_how_many_articles_use_a_file_is_told() -> None:
    page = shown(pages(used("File:A.png", 3), used("File:B.png", 0)), "A.png", "B.png")

    assert [one.claims.uses for one in page.candidates] == [3, 0]


def cut(*listed: dict[str, Any]) -> Reply:
    """A reply in which the uses of one file took all the room."""
    return said(
        {"continue": {"fucontinue": "A.png|7", "continue": "||"}, "query": {"pages": listed}}
    )


def test_uses_beyond_the_reply_are_asked_for_once_without_the_file_that_filled_it() -> None:
    first = shown(cut(used("File:A.png", 9), used("File:B.png", 0)), "A.png", "B.png")
    (again,) = first.follow

    last = WIKI.parse(again, pages(used("File:B.png", 2)))

    assert [one.claims.uses for one in first.candidates] == [9, None]
    assert sent(again)["titles"] == "File:B.png"
    assert [one.claims.uses for one in last.candidates] == [2]
    assert last.end


def test_uses_that_fill_a_second_reply_stay_unknown() -> None:
    first = shown(cut(used("File:A.png", 9), a_file("File:B.png"), a_file("File:C.png")), "A.png")

    last = WIKI.parse(first.follow[0], cut(used("File:B.png", 9), a_file("File:C.png")))

    assert [one.claims.uses for one in last.candidates] == [9, None]
    assert last.end


def test_of_icons_nobody_asks_again() -> None:
    icon = a_file("File:B.png", width=20, height=20)

    assert shown(cut(used("File:A.png", 9), icon), "A.png", "B.png").end


def test_the_next_batch_comes_after_the_uses_of_the_last() -> None:
    files = [f"Picture {number:03}.png" for number in range(51)]
    start = WIKI.search(Query((), start="Reimu"))

    asked, page = walked(WIKI, start, rendered("", *files), cut(a_file("File:B.png")), A, A)

    assert ways(asked) == ["page", "files", "uses", "files"]
    assert sent(asked[-1])["titles"] == "File:Picture 050.png"
    assert page.end


def test_files_that_are_still_to_come_are_asked_for_also_where_uses_are() -> None:
    onward = {"fucontinue": "A.png|7", "iicontinue": "B.png", "continue": "||"}
    body = {
        "continue": onward,
        "query": {"pages": [used("File:A.png", 9), {"title": "File:B.png"}]},
    }

    page = shown(said(body), "A.png", "B.png")
    last = WIKI.parse(page.follow[0], pages({"title": "File:A.png"}, a_file("File:B.png")))

    assert [one.post_id for one in (*page.candidates, *last.candidates)] == ["A.png", "B.png"]
    assert last.candidates[0].claims.uses is None
    assert ways(list(last.follow)) == ["uses"]


def test_of_a_category_uses_are_not_asked_for() -> None:
    assert "fileusage" not in sent(WIKI.search(CATEGORY))["prop"]
