"""The names a wiki answers to when one is looked up: categories, pages, redirects, search hits."""

from __future__ import annotations

from harvester import Name
from sources import reading
from sources.mediawiki import answers, titles
from sources.reading import Row

CATEGORY, FILE = 14, 6  # numbers of name spaces


def files_in(page: Row) -> int | None:
    """How many files a category has; None when it is no category, or none the wiki knows."""
    return reading.number(reading.table(page.get("categoryinfo") or {}, "categoryinfo"), "files")


def listed(found: Row, asked: str) -> tuple[Name, ...]:
    """What a list of titles turned out to be, fullest category first."""
    redirects = answers.listed(answers.query(found), "redirects")
    redirected = {reading.needed(row, "to") for row in redirects}
    names = (_there(page, asked, redirected) for page in answers.pages(found))
    return tuple(sorted(filter(None, names), key=lambda one: -(one.count or 0)))


def hits(found: Row, asked: str, step: str) -> tuple[Name, ...]:
    """Titles a search gave. A file's title is no name of the subject, but shows that the name finds files."""
    query = answers.query(found)
    rows = answers.listed(query, "prefixsearch" if step == "autocomplete" else "search")
    own = titles.title(asked)
    single = dict.fromkeys(
        own if row.get("ns") == FILE else reading.needed(row, "title") for row in rows
    )
    return tuple(Name(title, "unknown", how=step, asked=asked) for title in single)


def _there(page: Row, asked: str, redirected: set[str]) -> Name | None:
    """A page that is there, or a category with files, which needs no page to be there."""
    title, count = reading.needed(page, "title"), files_in(page)
    there = "missing" not in page and "invalid" not in page
    if not (count or (there and page.get("ns") != CATEGORY)):
        return None
    return Name(title, "unknown", count, "alias" if title in redirected else "exact", asked)
