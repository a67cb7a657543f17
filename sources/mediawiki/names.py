"""The names a wiki answers to when one is looked up: categories, pages, redirects, search hits."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from harvester import Name
from sources import reading
from sources.mediawiki import answers, titles
from sources.mediawiki.titles import Step
from sources.reading import Row

CATEGORY, FILE = 14, 6  # numbers of name spaces
ASKED = {"redirects": "1", "prop": "categoryinfo|pageprops", "ppprop": "disambiguation"}
"""What is asked of titles to know which of them are starting points."""


def space(page: Row) -> int | None:
    """The number of a page's name space."""
    return reading.number(page, "ns")


def files_in(page: Row) -> int | None:
    """How many files a category has; None when it is no category, or none the wiki knows."""
    return reading.number(reading.table(page.get("categoryinfo") or {}, "categoryinfo"), "files")


def plain(page: Row) -> str:
    """A page's title. A category is called so in English, which every wiki understands."""
    title = reading.needed(page, "title")
    if space(page) == CATEGORY and ":" in title:
        return f"Category:{title.partition(':')[2]}"
    return title


def listed(found: Row, asked: str, sent: Collection[str]) -> tuple[Name, ...]:
    """What the titles that were sent turned out to be, fullest category first.

    A list of meanings, or a part of a longer page, is about others as well: only near, never sure.
    """
    names = (_there(found, page, asked, sent) for page in answers.pages(found))
    return tuple(
        sorted(filter(None, names), key=lambda one: (one.how == "fuzzy", -(one.count or 0)))
    )


def starts(found: Row, sent: Sequence[str]) -> tuple[Name, ...]:
    """The starting points among the titles sent: categories, the fullest first, then pages in the order asked."""
    moved = answers.led(found)
    place = {answers.target(title, moved): at for at, title in reversed(list(enumerate(sent)))}
    there = [one for one in listed(found, "", sent) if one.how != "fuzzy"]
    pages = sorted(
        (one for one in there if one.count is None), key=lambda one: place.get(one.name, 0)
    )
    return (*(one for one in there if one.count is not None), *pages)


def step(start: Name, depth: int) -> Step:
    """How a starting point is walked."""
    way, title = titles.prefixed(start.name)
    return [way, title, depth] if way == "category" else ["page", start.name, 0]


def redirected(found: Row, sent: Sequence[str]) -> list[str]:
    """Titles of pages that the subject's own title is another name of, and that were not asked for."""
    main = {one for one in sent if one.rpartition("/")[2] not in titles.SUBPAGES}
    rows = answers.listed(answers.query(found), "redirects")
    led = [row for row in rows if reading.needed(row, "from") in main and not row.get("tofragment")]
    there = {one.name for one in starts(found, sent) if one.count is None}
    return [title for row in led if (title := reading.needed(row, "to")) in there - {*sent}]


def hits(found: Row, asked: str, step: str) -> tuple[Name, ...]:
    """Titles a search gave. A file's title is no name of the subject, but shows that the name finds files."""
    query = answers.query(found)
    rows = answers.listed(query, "prefixsearch" if step == "autocomplete" else "search")
    own = titles.title(asked)
    single = dict.fromkeys(own if space(row) == FILE else plain(row) for row in rows)
    return tuple(Name(title, "unknown", how=step, asked=asked) for title in single)


def _there(found: Row, page: Row, asked: str, sent: Collection[str]) -> Name | None:
    """A page that is there, or a category with something in it, which needs no page to be there."""
    size = files_in(page)
    if space(page) == CATEGORY:
        if not (size or _below(page)):
            return None
    elif "missing" in page or "invalid" in page:
        return None
    return Name(plain(page), "unknown", size, _how(found, page, sent), asked)


def _how(found: Row, page: Row, sent: Collection[str]) -> str:
    title = reading.needed(page, "title")
    redirects = answers.listed(answers.query(found), "redirects")
    mine = [row for row in redirects if reading.needed(row, "to") == title]
    is_part = title not in sent and mine and all(row.get("tofragment") for row in mine)
    if is_part or "disambiguation" in reading.inner(page, "pageprops"):
        return "fuzzy"
    return "alias" if mine else "exact"


def _below(page: Row) -> int | None:
    return reading.number(reading.table(page.get("categoryinfo") or {}, "categoryinfo"), "subcats")
