"""Pages for people: which pictures they show, in which copy, what is said around them, and what comes next."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from harvester.errors import Gone, Refused, Unexpected
from harvester.model import Candidate, Credit, Page, Query, Rating, Reply, Request, Site, Word
from sources.webpage import WebPage

FIXTURES = Path(__file__).parent / "fixtures" / "webpage"
HERE = "https://site.test/gallery/reimu"


def source(url: str = HERE, rating: Rating | None = None, **options: Any) -> WebPage:
    site = Site("place", "webpage", url, rating_default=rating, options=options)
    return WebPage(site)


def first(at: WebPage, name: str = "reimu") -> Request:
    return at.search(Query((name,)))


def answer(html: str | bytes, url: str = HERE, status: int = 200, **over: Any) -> Reply:
    body = html.encode() if isinstance(html, str) else html
    return Reply(status, url, over.pop("headers", {}), body, **{"kind": "html", **over})


def read(html: str | bytes, **options: Any) -> Page:
    """What the first page of a walk tells."""
    at = source(**options)
    return at.parse(first(at), answer(html))


def fixture(name: str, **options: Any) -> Page:
    return read((FIXTURES / f"documented-{name}.html").read_bytes(), **options)


def body(html: str) -> str:
    return f"<!doctype html><html><body>{html}</body></html>"


def addresses(page: Page) -> list[str]:
    """Where the pictures that are whole lie, below the site."""
    found = [one.original.urls[0] for one in page.candidates if one.original]
    return [url.removeprefix("https://site.test") for url in found]


def one(page: Page, post: str) -> Candidate:
    [found] = [candidate for candidate in page.candidates if candidate.post_id == post]
    return found


def said(candidate: Candidate, role: str) -> list[str]:
    return [word.text for word in candidate.words if word.role == role]


# ---- which copy ---------------------------------------------------------------------------


def test_a_gallery_tells_the_largest_copy_of_each_picture_once() -> None:
    assert addresses(fixture("gallery")) == [
        "/a/one-2400.jpg",
        "/b/two@3x.jpg",
        "/c/three.png",
        "/d/four-1920.webp",
        "/full/five.jpg",
        "/full/six.png?v=12",
        "/full/key-visual.png",
        "/e/seven.jpg",
        "/e/eight.jpg",
        "/files/nine.jpeg",
        "/g/ten-large.jpg",
        "/h/eleven.webp",
        "/brand.png",
        "/share/card.jpg",
    ]


@pytest.mark.parametrize(
    ("html", "largest"),
    [
        ('<img srcset="/a.jpg 400w, /b.jpg 1600w, /c.jpg 800w" src="/a.jpg">', "/b.jpg"),
        ('<img srcset="/a.jpg, /b.jpg 2x" src="/a.jpg">', "/b.jpg"),
        ('<img srcset="/a.jpg 1x,/b.jpg 1.5x">', "/b.jpg"),
        ('<img srcset="/w_1,h_2/a.jpg 100w, /w_3,h_4/a.jpg 900w">', "/w_3,h_4/a.jpg"),
        ('<img src="/x.gif" data-lazy-srcset="/a.jpg 1w, /b.jpg 900w">', "/b.jpg"),
        ('<picture><source srcset="/b.webp 900w"><img src="/a.jpg"></picture>', "/b.webp"),
        *[
            (f'<img src="/wait.gif" {key}="/a.jpg">', "/a.jpg")
            for key in ("data-src", "data-original", "data-lazy-src", "data-url", "data-img-src")
        ],
        ('<amp-img src="/a.jpg"></amp-img>', "/a.jpg"),
        ('<a href="/b.JPG"><img src="/a.jpg"></a>', "/b.JPG"),
        ('<img src="/a.jpg" data-zoom-image="/b.jpg">', "/b.jpg"),
        ('<a href="#" data-full="/b.jpg"><img src="/a.jpg"></a>', "/b.jpg"),
        ('<div style="background-image:url(/a.jpg)"></div>', "/a.jpg"),
        ("<i style='background: #fff url(\"/a.jpg\") no-repeat'></i>", "/a.jpg"),
    ],
)
def test_the_larger_of_several_copies_is_taken(html: str, largest: str) -> None:
    assert addresses(read(body(html)))[:1] == [largest]


@pytest.mark.parametrize(
    "html",
    [
        '<img src="data:image/png;base64,AAAA">',
        '<img src="/a.svg">',
        '<img src="/a.gif" width="1" height="1">',
        '<img src="/a.png" width="16" height="16">',
        '<img src="https://ads.doubleclick.net/a.jpg">',
        '<img src="javascript:alert(1)">',
        '<img data-src="true" src="">',
        '<img data-src=\'{"url": "/a.jpg"}\'>',
        '<nav><img src="/a.jpg"></nav>',
        '<a href="/wiki/File:A.jpg">about a file</a>',
        '<a href="/a.html">a page</a>',
    ],
)
def test_what_is_no_picture_of_anybody_is_left_out(html: str) -> None:
    assert read(body(html)).candidates == ()


def test_addresses_start_from_where_the_page_says() -> None:
    assert addresses(fixture("words")) == ["/deep/p1.jpg", "/deep/p2.jpg"]


def test_a_selector_says_which_pictures_are_taken() -> None:
    html = body(
        '<img src="/a.jpg"><div class="g"><b><img src="/b.jpg"></b></div><nav><img src="/c.jpg"></nav>'
    )

    assert addresses(read(html, pictures=".g")) == ["/b.jpg"]
    assert addresses(read(html, pictures=".g img, nav img")) == ["/b.jpg", "/c.jpg"]


def test_one_broken_page_is_read_as_far_as_it_can_be() -> None:
    page = fixture("malformed")

    assert "/m/two.jpg" in addresses(page)
    assert "/m/nine.jpg" in addresses(page)
    assert page.end


# ---- what is claimed ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "size"),
    [
        ('<img src="/a.jpg" srcset="/a.jpg 1200w" width="300" height="400">', (1200, 1600)),
        ('<img srcset="/a.jpg 300w">', (300, None)),
        ('<img src="/a.jpg" width="800" height="1000px">', (800, 1000)),
        ('<img src="/a.jpg" width="200" height="300">', (None, None)),  # room for a larger file
        ('<img src="/a.jpg" width="100%" height="auto">', (None, None)),
        ('<a href="/b.jpg"><img src="/a.jpg" width="800" height="900"></a>', (None, None)),
        (
            '<a href="/b.jpg" data-pswp-width="2000" data-pswp-height="3000"><img src="/a.jpg"></a>',
            (2000, 3000),
        ),
    ],
)
def test_a_size_is_claimed_only_where_it_is_the_files_own(
    html: str, size: tuple[int | None, int | None]
) -> None:
    [found] = read(body(html)).candidates

    assert (found.claims.width, found.claims.height) == size


def test_pictures_have_the_rating_of_the_sites_table_as_one_that_nobody_gave() -> None:
    [found] = read(body('<img src="/a.jpg">'), rating=Rating.GENERAL).candidates

    assert found.claims.rating is Rating.GENERAL
    assert found.claims.status == {"rating_assumed"}


def test_without_one_in_the_table_no_rating_is_known() -> None:
    [found] = read(body('<img src="/a.jpg">')).candidates

    assert (found.claims.rating, found.claims.tags) == (None, None)


def test_a_file_is_asked_for_as_from_its_page() -> None:
    [found] = read(body('<img src="https://cdn.test/a.jpg">')).candidates

    assert found.page_url == HERE
    assert found.files[0].headers == (("Referer", HERE),)


@pytest.mark.parametrize(
    ("url", "post"),
    [
        ("/a/b.jpg?v=1", "/a/b.jpg"),
        ("/a/b.jpg?token=x&expires=9", "/a/b.jpg"),
        ("https://www.site.test/a/b.jpg", "/a/b.jpg"),
        ("http://site.test:80/a/b.jpg#x", "/a/b.jpg"),
        ("https://cdn.test/a b.jpg", "//cdn.test/a%20b.jpg"),
        ("https://cdn.test/a%20b.jpg", "//cdn.test/a%20b.jpg"),
        ("/image.php?id=7&_=99&utm_source=x", "/image.php?id=7"),
        (
            "https://w.test/i/c/cd/A.png/revision/latest?cb=2&format=original",
            "//w.test/i/c/cd/A.png",
        ),
    ],
)
def test_a_picture_has_one_name_however_it_is_sent(url: str, post: str) -> None:
    [found] = read(body(f'<img src="{url}">'), thumbnails="off").candidates

    assert found.post_id == post


# ---- words and credits --------------------------------------------------------------------


def test_what_stands_around_a_picture_is_kept_by_its_role() -> None:
    assert one(fixture("gallery"), "/a/one-2400.jpg").words == (
        Word("filename", "one-2400.jpg"),
        Word("heading", "Hakurei Reimu"),
        Word("heading", "Official art"),
        Word("caption", "Full body, official art"),
        Word("caption", "Reimu with a gohei"),
    )


def test_pictures_behind_tabs_have_their_labels() -> None:
    page = fixture("gallery")

    assert said(one(page, "/e/seven.jpg"), "tab") == ["Anime"]
    assert said(one(page, "/e/eight.jpg"), "tab") == ["Manga"]


def test_a_caption_of_several_pictures_is_none_of_one() -> None:
    html = body(
        '<figure><img src="/a.jpg"><img src="/b.jpg"><figcaption>Both</figcaption></figure>'
    )

    assert [said(found, "caption") for found in read(html).candidates] == [[], []]


def test_a_wikis_own_name_for_a_file_is_heard() -> None:
    [found] = read(body('<img src="/x.jpg" data-image-key="Reimu_TH6.png">')).candidates

    assert said(found, "filename") == ["Reimu_TH6.png"]


def test_what_machines_are_told_of_a_picture_joins_what_the_page_shows() -> None:
    found = one(fixture("gallery"), "/full/key-visual.png")

    assert (found.claims.width, found.claims.height) == (2400, 3200)
    assert said(found, "caption") == ["Key visual"]
    licence = "https://creativecommons.org/licenses/by/4.0/"
    assert found.credits == (Credit("ZUN", licence, licence),)
    assert [file.role for file in found.files] == ["original", "sample"]


def test_the_picture_a_page_is_shared_with_comes_last() -> None:
    card = fixture("gallery").candidates[-1]

    assert (card.post_id, card.claims.width) == ("/share/card.jpg", 1200)
    assert said(card, "caption") == ["All of Reimu"]


@pytest.mark.parametrize(
    "told",
    [
        {"@type": "ImageObject", "contentUrl": "/a.jpg"},
        [{"@type": "Article", "image": ["/a.jpg"]}],
        {"@graph": [{"@type": "Product", "image": {"url": "/a.jpg"}}]},
        {"@type": ["Photograph"], "url": "/a.jpg", "author": [{"name": "A"}]},
    ],
)
def test_json_ld_says_it_in_many_forms(told: object) -> None:
    html = f'<script type="application/ld+json">{json.dumps(told)}</script>'

    assert addresses(read(body(html))) == ["/a.jpg"]


# ---- what comes next ----------------------------------------------------------------------


def followed(html: str, **options: Any) -> list[str]:
    found = [request.url for request in read(body(f'<img src="/a.jpg">{html}'), **options).follow]
    return [url.removeprefix("https://site.test") for url in found]


@pytest.mark.parametrize(
    "html",
    [
        '<link rel="next" href="/p2">',
        '<a rel="next nofollow" href="/p2">.</a>',
        '<a class="next page-numbers" href="/p2">.</a>',
        '<li class="next"><a href="/p2">.</a></li>',
        '<a aria-label="Next page" href="/p2">.</a>',
        *[
            f'<a href="/p2">{text}</a><a href="/p9">»</a>'
            for text in (
                "Next",
                "Next »",
                " next  page › ",
                "›",
                "次",
                "次へ >",
                "下一页",
                "Older posts",
            )
        ],
        '<a href="/p2">»</a>',
    ],
)
def test_a_link_to_the_next_page_is_followed(html: str) -> None:
    assert followed(html) == ["/p2"]


@pytest.mark.parametrize(
    "html",
    [
        '<a href="#">Next</a>',
        '<a href="javascript:next()">Next</a>',
        f'<a href="{HERE}">Next</a>',
        '<a href="https://other.test/p2">Next</a>',
        '<a href="/b.jpg">Next</a>',
        '<a class="next disabled" href="/p2">.</a>',
        '<a href="/p1">Previous</a><a href="/next-chapter-story">What happens next</a>',
    ],
)
def test_any_other_link_is_not(html: str) -> None:
    assert followed(html) == []


def test_the_sites_own_rule_for_the_next_page_is_the_only_one() -> None:
    html = '<a rel="next" href="/wrong">.</a><span id="on"><a href="/p2">.</a></span>'

    assert followed(html, next="#on") == ["/p2"]
    assert followed(html, next="#off") == []


def walk(at: WebPage, pages: dict[str, str], name: str = "reimu") -> list[str]:
    """The pages that a walk asks, each once, as the frontier does."""
    left, asked = [first(at, name)], []
    while left:
        request = left.pop(0)
        if request.key in asked:
            continue
        asked.append(request.key)
        reply = answer(body(pages.get(request.url, "")), request.url)
        left += at.parse(request, reply).follow
    return [json.loads(key)[1] for key in asked]


def test_pages_that_lead_back_to_each_other_end() -> None:
    pages = {
        HERE: '<img src="/a.jpg"><a rel="next" href="/b">.</a>',
        "https://site.test/b": '<img src="/b.jpg"><a rel="next" href="/gallery/reimu">.</a>',
    }

    assert walk(source(), pages) == [HERE, "https://site.test/b"]


def test_no_more_pages_are_asked_than_the_table_says() -> None:
    pages = {
        f"https://site.test/{n}": f'<img src="/{n}.jpg"><a rel="next" href="/{n + 1}">.</a>'
        for n in range(100)
    }

    assert len(walk(source("https://site.test/0", page_limit=7), pages)) == 7
    assert len(walk(source("https://site.test/0"), pages)) == 50


COUNTED = "https://site.test/{tag}?p={page}"


def counted(*shown: str) -> dict[str, str]:
    """Pages that are counted up from 1, with these pictures."""
    return {
        f"https://site.test/reimu?p={number}": "".join(
            f'<img src="/{name}.jpg">' for name in names.split()
        )
        for number, names in enumerate(shown, 1)
    }


@pytest.mark.parametrize(
    ("shown", "asked"),
    [
        (["a b", "c d", "e f"], 4),  # an empty page
        (["a b", "c d", "c d", "x"], 3),  # the last one again
        (["top a b", "top c d", "top", "x"], 3),  # what every page has
        (["a b", "c d", "a b", "x"], 3),  # the first one again
    ],
)
def test_counting_ends_where_nothing_new_is_shown(shown: list[str], asked: int) -> None:
    assert len(walk(source(COUNTED), counted(*shown))) == asked


def test_counting_starts_where_the_table_says() -> None:
    assert first(source(COUNTED, first_page=0)).url == "https://site.test/reimu?p=0"


def test_a_page_behind_the_last_one_may_not_be_there() -> None:
    at = source(COUNTED)
    [second] = at.parse(first(at), answer(body('<img src="/a.jpg">'), first(at).url)).follow

    assert at.parse(second, answer("gone", second.url, 404)).end


def test_a_first_page_that_is_not_there_is_told_with_its_address() -> None:
    at = source(COUNTED)
    with pytest.raises(Refused, match=r"no page at https://site.test/x\?p=1 \(404\)"):
        at.parse(first(at, "x"), answer("gone", status=404))


def test_a_name_is_written_into_the_address_whole() -> None:
    assert first(source(COUNTED), "博麗 a/b&c").url == (
        "https://site.test/%E5%8D%9A%E9%BA%97%20a%2Fb%26c?p=1"
    )


# ---- the browser --------------------------------------------------------------------------


def kinds(page: Page) -> list[str]:
    return [request.kind for request in page.follow]


@pytest.mark.parametrize("name", ["shell", "none"])
def test_a_page_that_shows_no_pictures_is_given_to_a_browser(name: str) -> None:
    page = fixture(name)

    assert kinds(page) == ["render"]
    assert not page.end


@pytest.mark.parametrize("name", ["shell", "none"])
def test_no_browser_is_asked_where_the_table_says_so(name: str) -> None:
    page = fixture(name, render=False)

    assert (kinds(page), page.end) == ([], True)


def test_a_page_with_pictures_needs_no_browser() -> None:
    assert kinds(fixture("words", render="auto")) == ["html"]


def test_a_table_may_want_every_page_rendered() -> None:
    at = source(render=True)
    request = first(at)
    [second] = at.parse(
        request, answer(body('<img src="/a.jpg"><a rel="next" href="/b">.</a>'))
    ).follow

    assert (request.kind, second.kind) == ("render", "render")


def test_what_a_browser_saw_comes_after_what_the_page_names() -> None:
    at = source()
    [again] = at.parse(first(at), answer(body(""))).follow
    html = '<img src="/a.jpg" srcset="/small.jpg 300w, /a.jpg 900w">'
    seen = tuple(
        f"https://site.test{path}" for path in ("/small.jpg", "/a.jpg", "/b.jpg", "/c.svg")
    )

    page = at.parse(again, answer(body(html), kind="render", seen=seen))

    assert addresses(page) == ["/a.jpg", "/b.jpg"]
    assert page.end


def test_an_empty_page_behind_others_starts_no_browser() -> None:
    at = source(COUNTED)
    [second] = at.parse(first(at), answer(body('<img src="/a.jpg">'), first(at).url)).follow

    assert at.parse(second, answer(body(""), second.url)).end


# ---- what a page forbids, and what is none -------------------------------------------------


@pytest.mark.parametrize(
    ("html", "headers"),
    [
        ('<meta name="robots" content="noai"><img src="/a.jpg">', {}),
        ('<meta name="ROBOTS" content="index, NoImageAI"><img src="/a.jpg">', {}),
        ('<img src="/a.jpg">', {"x-robots-tag": "noai, noimageai"}),
    ],
)
def test_a_page_that_wants_no_training_is_left_alone(html: str, headers: dict[str, str]) -> None:
    at = source()
    with pytest.raises(Refused, match="says `noai`, so it is left alone"):
        at.parse(first(at), answer(html, headers=headers))


@pytest.mark.parametrize("html", [b"", b'{"posts": []}', b"\x89PNG\r\n"])
def test_what_is_no_page_is_said_to_be_none(html: bytes) -> None:
    with pytest.raises(Unexpected):
        read(html)


def test_a_site_that_shows_one_subject_has_no_search() -> None:
    assert source().whole is True
    assert source(COUNTED).whole is False


# ---- pictures by themselves ----------------------------------------------------------------


def asked_for(page: Page, post: str, at: WebPage) -> Request:
    return at.detail(one(page, post))


GUESSES = {
    "/images/a/ab/Reimu.png": "https://site.test/images/a/ab/Reimu.png",
    "//static.wikia.nocookie.net/touhou/images/c/cd/Reimu_TH6.png": (
        "https://static.wikia.nocookie.net/touhou/images/c/cd/Reimu_TH6.png/revision/latest"
        "?cb=20200101&path-prefix=en&format=original"
    ),
    "/wp-content/uploads/2024/05/reimu.jpg": "https://site.test/wp-content/uploads/2024/05/reimu.jpg",
    "/cdn/photo.jpg": "https://site.test/cdn/photo.jpg?v=7",
    "/pics/next.png": "https://site.test/pics/next.png",
}


@pytest.mark.parametrize(("post", "guess"), GUESSES.items())
def test_a_larger_copy_is_asked_for_before_it_is_believed(post: str, guess: str) -> None:
    page, at = fixture("thumbnails"), source()
    request = asked_for(page, post, at)

    assert one(page, post).original is None
    assert one(page, post).incomplete == {"url"}
    assert (request.method, request.url, request.kind) == ("HEAD", guess, "api")
    assert request.headers == (("Referer", HERE),)


def head(request: Request, status: int = 200, kind: str = "image/png", **over: Any) -> Reply:
    url = over.pop("url", request.url)
    return Reply(status, url, {"content-type": kind, **over.pop("headers", {})}, b"")


def test_a_larger_copy_that_is_there_becomes_the_original() -> None:
    at = source(rating=Rating.GENERAL)
    request = asked_for(fixture("thumbnails"), "/images/a/ab/Reimu.png", at)

    [found] = at.parse(request, head(request)).candidates

    assert found.post_id == "/images/a/ab/Reimu.png"
    assert found.original is not None
    assert found.original.urls == ("https://site.test/images/a/ab/Reimu.png",)
    assert found.incomplete == frozenset()
    assert found.claims.status == {"larger_found", "rating_assumed"}


@pytest.mark.parametrize(
    ("status", "kind", "over"),
    [
        (404, "image/png", {}),
        (403, "image/png", {}),
        (405, "text/plain", {}),
        (501, "text/html", {}),
        (200, "text/html", {}),
        (200, "image/svg+xml", {}),
        (200, "image/png", {"headers": {"content-length": "0"}}),
        (200, "image/png", {"url": "https://site.test/missing.png"}),
    ],
)
def test_where_there_is_none_the_picture_stays_as_it_is_shown(
    status: int, kind: str, over: dict[str, Any]
) -> None:
    at = source()
    request = asked_for(fixture("thumbnails"), "/wp-content/uploads/2024/05/reimu.jpg", at)

    [found] = at.parse(request, head(request, status, kind, **over)).candidates

    assert found.original is not None
    assert found.original.urls[0].endswith("/reimu-300x400.jpg")
    assert (found.claims.width, found.claims.height) == (300, 400)
    assert found.claims.status == {"larger_missing"}


def test_a_rule_of_the_table_leads_to_the_originals() -> None:
    at = source(thumbnails="/small/ -> /large/")
    page = at.parse(first(at), answer(body('<img src="/small/a.jpg"><img src="/b.jpg">')))

    assert asked_for(page, "/large/a.jpg", at).url == "https://site.test/large/a.jpg"
    assert addresses(page) == ["/b.jpg"]


def test_no_larger_copy_is_looked_for_where_the_table_says_so() -> None:
    page = read(body('<img src="/a-300x400.jpg">'), thumbnails="off")

    assert addresses(page) == ["/a-300x400.jpg"]


def test_a_small_picture_leads_to_the_page_about_it_and_a_large_one_does_not() -> None:
    page, at = fixture("thumbnails"), source()
    request = asked_for(page, "/view.php?id=12", at)

    assert (request.url, request.kind) == ("https://site.test/view.php?id=12", "html")
    assert "/large/14.jpg" in addresses(page)
    assert "/t/15.jpg" in addresses(page)  # a page of another site is not asked


def detailed(html: str | bytes, post: str = "/view.php?id=12", **options: Any) -> Page:
    at = source(**options)
    request = asked_for(fixture("thumbnails"), post, at)
    return at.parse(request, answer(html, request.url))


def test_the_page_about_a_picture_tells_its_original() -> None:
    page = detailed((FIXTURES / "documented-detail.html").read_bytes())

    [found] = page.candidates
    assert (found.post_id, found.page_url) == (
        "/view.php?id=12",
        "https://site.test/view.php?id=12",
    )
    assert addresses(page) == ["/originals/12.png"]
    assert said(found, "caption") == ["Upper body"]
    assert page.end


@pytest.mark.parametrize(
    ("html", "chosen"),
    [
        ('<img src="/logo.png"><img src="/x.jpg" width="900" height="900">', "/x.jpg"),
        ('<img src="/x.jpg" width="900" height="900"><img src="/big/12.jpg">', "/big/12.jpg"),
        ('<meta property="og:image" content="/card.jpg"><img src="/x.jpg">', "/x.jpg"),
        ('<meta property="og:image" content="/card.jpg"><img src="/logo.png">', "/card.jpg"),
    ],
)
def test_of_several_pictures_on_that_page_the_likeliest_is_meant(html: str, chosen: str) -> None:
    assert addresses(detailed(body(html), render=False)) == [chosen]


def test_a_larger_copy_on_that_page_is_asked_for_in_turn() -> None:
    page = detailed(body('<img src="/uploads/12-1024x768.jpg">'))

    assert [(one.method, one.url) for one in page.follow] == [
        ("HEAD", "https://site.test/uploads/12.jpg")
    ]
    [found] = source().parse(page.follow[0], head(page.follow[0], kind="image/jpeg")).candidates
    assert (found.post_id, found.original is not None) == ("/view.php?id=12", True)


def test_a_page_about_a_picture_that_shows_none_is_given_to_a_browser_once() -> None:
    page = detailed(body("<div id=app></div>"))
    at = source()

    assert [(one.kind, one.url) for one in page.follow] == [
        ("render", "https://site.test/view.php?id=12")
    ]
    again = at.parse(page.follow[0], answer(body(""), page.follow[0].url, kind="render"))
    assert addresses(again) == ["/t/12_t.jpg"]


def test_a_file_that_is_lost_is_looked_for_on_its_page() -> None:
    at = source()
    [known] = read(body('<img src="/a.jpg?v=1">')).candidates
    request = at.detail(known)

    page = at.parse(request, answer(body('<img src="/a.jpg?v=2"><img src="/b.jpg">')))

    assert addresses(page) == ["/a.jpg?v=2"]
    with pytest.raises(Gone, match="does not show the picture any more"):
        at.parse(request, answer(body('<img src="/b.jpg">')))


@pytest.mark.parametrize(
    "html",
    [
        f'<img srcset="{"a" * 300_000} b">',
        f'<img srcset="{"/a.jpg, " * 50_000}">',
        f'<div style="{"background:url( " * 20_000}"></div>',
        f"<div style='background:{'a' * 300_000}'></div>",
        f'<a href="/x">{"›" * 100_000}a</a>',
        f'<img src="/{"thumb/a.b/" * 30_000}px-">',
    ],
    ids=["address", "srcset", "urls", "style", "link", "thumb"],
)
def test_a_page_made_to_keep_a_reader_busy_does_not(html: str) -> None:
    before = time.process_time()
    read(body(html))

    assert time.process_time() - before < 20
