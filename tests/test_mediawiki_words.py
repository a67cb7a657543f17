"""What stands around a picture on a rendered page: captions, tabs and headings, as different wikis write them."""

from __future__ import annotations

import pytest

from harvester import Candidate, Query, Word
from sources.mediawiki import rendered
from tests import wiki_replies
from tests.wiki_replies import WIKI, a_file, pages, recorded, said, walked

FANDOM = """
<div class="mw-parser-output">
<aside class="portable-infobox">
 <div class="pi-image-collection wds-tabber">
  <div class="wds-tabs__wrapper"><ul class="wds-tabs">
   <li class="wds-tabs__tab wds-is-current"><div class="wds-tabs__tab-label">Anime</div></li>
   <li class="wds-tabs__tab"><div class="wds-tabs__tab-label">Manga</div></li></ul></div>
  <div class="wds-tab__content wds-is-current"><figure class="pi-item pi-image" data-source="image">
   <a href="https://static.test/t/images/a/ab/Reimu_anime.png/revision/latest?cb=1" class="image image-thumbnail">
   <img src="https://static.test/t/images/a/ab/Reimu_anime.png/revision/latest/scale-to-width-down/270?cb=1"
    data-image-key="Reimu_anime.png" data-image-name="Reimu anime.png"></a>
   <figcaption class="pi-item-spacing pi-caption">In the first season</figcaption></figure></div>
  <div class="wds-tab__content"><figure class="pi-item pi-image" data-source="image">
   <a href="https://static.test/t/images/a/ac/Reimu_manga.png/revision/latest?cb=1" class="image image-thumbnail">
   <img src="https://static.test/t/images/a/ac/Reimu_manga.png/revision/latest/scale-to-width-down/270?cb=1"></a></figure></div>
 </div></aside>
<h2><span class="mw-headline" id="Gallery">Gallery</span><span class="mw-editsection">[<a>edit</a>]</span></h2>
<h3><span class="mw-headline">Official art</span></h3>
<div class="wikia-gallery"><div class="wikia-gallery-item"><div class="thumb"><div class="gallery-image-wrapper">
 <a class="image lightbox" href="https://static.test/t/images/1/12/X.png/revision/latest">
 <img class="thumbimage lazyload" src="data:image/gif;base64,R0lGOD" data-image-key="Reimu_%26_Marisa%27s_tea.png"
  data-src="https://static.test/t/images/1/12/X.png/revision/latest/scale"></a></div></div>
 <div class="lightbox-caption">Promotional <b>poster</b></div></div></div>
<h2>References</h2>
<div class="navbox"><a href="/wiki/File:Flag.png"><img src="x"></a></div>
</div>
"""


def words(html: str) -> dict[str, list[tuple[str, str]]]:
    """Every picture of a page with the words around it."""
    found = rendered.pictures({"text": html})
    return {name: [(word.role, word.text) for word in told] for name, told in found}


def test_a_page_of_fandom_tells_tabs_captions_and_headings() -> None:
    assert words(FANDOM) == {
        "Reimu anime.png": [("tab", "Anime"), ("caption", "In the first season")],
        "Reimu manga.png": [("tab", "Manga")],
        "Reimu & Marisa's tea.png": [
            ("heading", "Gallery"),
            ("heading", "Official art"),
            ("caption", "Promotional poster"),
        ],
        "Flag.png": [],
    }


def test_a_recorded_page_tells_its_gallery_in_order() -> None:
    (follow,) = WIKI.parse(
        WIKI.search(Query((), start="Reimu")), recorded("rendered-page.json")
    ).follow

    told = {name: dict(said).get("caption") for name, said in follow.state["batch"]}
    assert list(told.values()) == ["orb", *map(str, range(14))]
    assert list(told)[-1] == "博麗霊夢 06.png"


@pytest.mark.parametrize(
    "html",
    [
        '<div class="tabber"><div class="tabbertab" title="Young">{}</div></div>',
        '<div class="tabber"><div class="tabbertab" data-title="Young">{}</div></div>',
        '<div class="tabber"><article class="tabber__panel" data-mw-tabber-title="Young">{}</article></div>',
        '<a id="label" role="tab">Young</a><div role="tabpanel" aria-labelledby="label">{}</div>',
        '<a role="tab" aria-controls="panel">Young</a><div role="tabpanel" id="panel">{}</div>',
        '<ul><li><a href="#panel">Young</a></li></ul><div class="tabber__panel" id="panel">{}</div>',
        '<div class="wds-tabber"><ul><li class="wds-tabs__tab"><a role="tab">Young</a></li></ul>'
        '<div class="wds-tab__content">{}</div></div>',
    ],
)
def test_a_tab_is_known_however_it_is_written(html: str) -> None:
    picture = '<a href="/wiki/File:A.png"><img src="x"></a>'

    assert words(html.format(picture)) == {"A.png": [("tab", "Young")]}


def test_tabs_within_tabs_are_told_from_the_outside() -> None:
    inner = '<div class="tabbertab" title="Winter"><img data-image-name="A.png"></div>'

    told = words(f'<div class="tabbertab" title="Outfits"><div class="tabber">{inner}</div></div>')

    assert told == {"A.png": [("tab", "Outfits"), ("tab", "Winter")]}


def test_tabs_that_cannot_be_told_apart_say_nothing() -> None:
    told = words(
        '<div class="wds-tabber"><i class="wds-tabs__tab">A</i><i class="wds-tabs__tab">B</i>'
        '<div class="wds-tab__content"><img data-image-name="A.png"></div></div>'
    )

    assert told == {"A.png": []}


@pytest.mark.parametrize(
    "html",
    [
        '<li class="gallerybox"><div class="thumb">{}</div><div class="gallerytext"><p>Tea</p></div></li>',
        '<figure typeof="mw:File/Thumb">{}<figcaption>Tea</figcaption></figure>',
        '<div class="thumb"><div class="thumbinner">{}<div class="thumbcaption">Tea</div></div></div>',
        '<div class="wikia-gallery-item">{}<div class="lightbox-caption">Tea</div></div>',
        '<figure class="pi-image">{}<figcaption class="pi-caption">Tea</figcaption></figure>',
    ],
)
def test_a_caption_is_known_however_it_is_written(html: str) -> None:
    picture = '<a href="/wiki/File:A.png"><img src="x"></a>'

    assert words(html.format(picture)) == {"A.png": [("caption", "Tea")]}


def test_a_caption_of_two_pictures_is_neithers() -> None:
    two = '<img data-image-name="A.png"><img data-image-name="B.png">'

    assert words(f"<figure>{two}<figcaption>Both</figcaption></figure>") == {
        "A.png": [],
        "B.png": [],
    }


@pytest.mark.parametrize(
    "html",
    [
        '<a href="/wiki/File:Reimu_50%25.png"><img src="x"></a>',
        '<a href="/wiki/%E3%83%95%E3%82%A1%E3%82%A4%E3%83%AB:Reimu_50%25.png"><img src="x"></a>',
        '<a href="/index.php?title=Datei:Reimu_50%25.png"><img src="x"></a>',
        '<img src="/images/thumb/1/11/Reimu_50%25.png/300px-Reimu_50%25.png">',
        '<img src="/images/1/11/Reimu_50%25.png">',
        '<img src="data:x" data-src="https://s.test/t/images/1/11/Reimu_50%25.png/revision/latest">',
        '<img src="data:x" data-image-key="Reimu_50%25.png">',
        '<img src="data:x" data-image-name="Reimu 50%.png">',
        '<img src="data:x" data-image-name="reimu_50%.png">',
    ],
)
def test_a_file_is_known_by_what_the_page_says_of_it(html: str) -> None:
    assert words(html) == {"Reimu 50%.png": []}


@pytest.mark.parametrize(
    "html",
    [
        "",
        "no mark-up",
        '<img src="/skins/icon.png">',
        '<img src="http://[">',
        '<a href="http://["><img></a>',
        '<a href="/wiki/Reimu:Story"><img src="data:x"></a>',
        "<img data-image-name='  '>",
    ],
)
def test_what_shows_no_file_of_the_wiki_is_passed_over(html: str) -> None:
    assert words(html) == {}


def test_a_picture_that_stands_twice_has_the_words_of_both_places() -> None:
    html = "<h2>One</h2><img data-image-name='A.png'><h2>Two</h2><img data-image-name='A.png'>"

    assert words(html) == {"A.png": [("heading", "One"), ("heading", "Two")]}


def test_a_deeper_heading_ends_with_the_next_one_above_it() -> None:
    html = "<h2>Art</h2><h3>Fan art</h3><h2>Other</h2><img data-image-name='A.png'>"

    assert words(html) == {"A.png": [("heading", "Other")]}


def test_a_paragraph_is_cut_to_a_caption() -> None:
    html = f"<figure><img data-image-name='A.png'><figcaption>{'tea ' * 500}</figcaption></figure>"

    assert len(words(html)["A.png"][0][1]) <= rendered.LONGEST


def test_files_that_the_html_does_not_name_are_asked_for_all_the_same() -> None:
    found = rendered.pictures(
        {"text": "<img data-image-name='B.png'>", "images": ["A.png", "B.png"]}
    )

    assert [name for name, _ in found] == ["B.png", "A.png"]


# ---- the words reach the file -------------------------------------------------------------


def told(*titles: str, reply: object) -> dict[str, Candidate]:
    html = "<h2>Art</h2>" + "".join(f'<img data-image-name="{title}">' for title in titles)
    start = WIKI.search(Query((), start="Reimu"))
    _, page = walked(WIKI, start, wiki_replies.rendered(html), said(reply))
    return {one.post_id: one for one in page.candidates}


def test_a_file_carries_the_words_around_it() -> None:
    (one,) = told("A.png", reply={"query": {"pages": [a_file()]}}).values()

    assert one.words == (Word("filename", "A.png"), Word("heading", "Art"))
    assert one.files


def test_words_follow_a_file_that_was_renamed() -> None:
    query = {
        "normalized": [{"from": "File:Old.png", "to": "Datei:Old.png"}],
        "redirects": [{"from": "Datei:Old.png", "to": "Datei:New.png"}],
        "pages": [a_file("Datei:New.png")],
    }

    (one,) = told("Old.png", reply={"query": query}).values()

    assert one.post_id == "New.png"
    assert Word("heading", "Art") in one.words


def test_words_of_a_file_whose_data_come_later_are_kept() -> None:
    onward = {"iicontinue": "A.png", "continue": "||"}
    start = WIKI.search(Query((), start="Reimu"))
    html = wiki_replies.rendered("<h2>Art</h2><img data-image-name='A.png'>")

    _, page = walked(
        WIKI,
        start,
        html,
        said({"continue": onward, "query": {"pages": [{"title": "File:A.png"}]}}),
        pages(a_file()),
    )

    assert Word("heading", "Art") in page.candidates[0].words


def test_a_file_nobody_uploaded_is_told_without_files() -> None:
    missing = {"ns": 6, "title": "File:A.png", "missing": True, "imagerepository": ""}

    (one,) = told("A.png", reply={"query": {"pages": [missing]}}).values()

    assert one.files == ()
