"""The page that comes next: by the site's own rule, as the page's head or its links tell, or by what a link says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag

from sources.webpage import addresses, attributes

TOLD = "link[rel~=next i][href], a[rel~=next i][href]"
CALLED = (
    "a.next[href], .next > a[href], a.next-page[href], .nav-next a[href], a.nextpostslink[href], "
    "a.pagination-next[href], .pagination__next a[href], .pager-next a[href], a[aria-label^=next i][href]"
)
SAID = (
    *("next", "next page", "nextpage", "older posts", "older entries"),
    *(
        "次",
        "次へ",
        "次のページ",
        "次ページ",
        "下一页",
        "下一頁",
        "下页",
        "后页",
        "다음",
        "다음 페이지",
    ),
    *("suivant", "page suivante", "weiter", "nächste seite", "siguiente", "próxima", "successiva"),
    *("volgende", "далее", "следующая", "вперед", "следующая страница", "następna", "sonraki"),
)
MARKS = ("›", ">", "→", "▶", "»", ">>")
"""Signs of a link to the next page; the first of these that a page has is meant, for the last ones may lead to its end."""

LONGEST = 60  # signs of a link that says no more than where it leads, with the blanks around it

_EDGES = re.compile(r"^[\s›»→▶>«‹:.…]+|[\s›»→▶>:.…]+$")


def following(page: BeautifulSoup, here: str, base: str, selector: str = "") -> str | None:
    """The address of the next page on this site; None on the last one."""
    tags = page.select(selector) if selector else _candidates(page)
    for tag in tags:
        url = addresses.whole(base, _href(tag))
        if url is not None and _is_onward(tag, url, here):
            return url
    return None


def _href(tag: Tag) -> str:
    """Where a tag leads: itself, the link around it, or the one within."""
    for one in (tag, tag.find_parent("a"), tag.find("a")):
        if href := attributes.text(one, "href").strip():
            return "" if href.startswith("#") else href
    return ""


def _candidates(page: BeautifulSoup) -> Iterator[Tag]:
    yield from page.select(TOLD)
    yield from page.select(CALLED)
    texts = ((tag, tag.get_text(" ")) for tag in page.select("a[href]"))
    links = [(tag, " ".join(text.split()).lower()) for tag, text in texts if len(text) < LONGEST]
    yield from (tag for tag, text in links if _EDGES.sub("", text) in SAID)
    for mark in MARKS:
        yield from (tag for tag, text in links if text == mark)


def _is_onward(tag: Tag, url: str, here: str) -> bool:
    is_off = "disabled" in tag.get_attribute_list("class") or tag.has_attr("disabled")
    is_here = url == addresses.whole(here, here)
    is_file = addresses.is_picture(url)
    return not (is_off or is_here or is_file) and addresses.is_same_host(url, here)
