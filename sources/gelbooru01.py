"""Sites that run Gelbooru Beta 0.1.11 (most of *.booru.org): pages for people, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag

import harvester as h
from harvester import Ask, Candidate, Facts, File, Media, Page, Query, Rating, Reply, Request
from sources import markup, reading

PER_PAGE = 20  # rows of a list; the site gives no choice
RATINGS = {"s": Rating.GENERAL, "q": Rating.QUESTIONABLE, "e": Rating.EXPLICIT}
FORMATS = {"jpg": "jpeg"}
MOVING = {"mp4": Media.VIDEO, "webm": Media.VIDEO, "swf": Media.FLASH, "gif": None}
ANIMATED = {"animated", "animated_gif", "animated_png", "gif"}
CLOSED = "this booru was deleted"


@dataclass(frozen=True, slots=True)
class Gelbooru01:
    """Walks by row offset, for the site knows no other way: posts that arrive meanwhile shift what follows.

    Lists show tags, score and rating; where the picture lies stands on the page of its post alone.
    """

    site: h.Site
    pace: ClassVar[h.Pace] = h.Pace(api=1.0, files=1.0, parallel=2)
    auth: ClassVar[h.Auth] = h.Auth()
    narrows: ClassVar[frozenset[str]] = frozenset({"framing", "official"})

    def search(self, query: Query) -> Request:
        return self._list(Ask.SEARCH, {"terms": _terms(query), "row": 0})

    def count(self, query: Query) -> Request:
        return self._list(Ask.COUNT, {"terms": _terms(query), "row": 0})

    def detail(self, candidate: Candidate) -> Request:
        params = {"page": "post", "s": "view", "id": candidate.post_id}
        return self._ask(Ask.DETAIL, params, {"id": candidate.post_id})

    def parse(self, request: Request, reply: Reply) -> Page:
        reading.refuse(reply)
        shown = _document(reply)
        if request.ask is Ask.DETAIL:
            return Page((self._single(request.state["id"], shown, reply),), end=True)
        found = {number: self._listed(number, link) for number, link in _thumbs(shown)}
        if not found and CLOSED in _text(shown).lower():
            raise h.Gone("the site says that this booru was deleted")
        if request.ask is Ask.COUNT:
            return Page(count=max(_last_row(shown) + 1, len(found)), end=True)
        state = {**request.state, "row": request.state["row"] + PER_PAGE}
        follow = (self._list(Ask.SEARCH, state),) if found else ()
        return Page(tuple(found.values()), follow, end=not found)

    def _list(self, ask: Ask, state: dict[str, Any]) -> Request:
        terms, row = " ".join(state["terms"]) or "all", str(state["row"])
        return self._ask(ask, {"page": "post", "s": "list", "tags": terms, "pid": row}, state)

    def _ask(self, ask: Ask, params: dict[str, str], state: dict[str, Any]) -> Request:
        url = reading.below(self.site.url, "index.php")
        name, pairs = self.site.name, tuple(params.items())
        return Request(name, url, pairs, ask=ask, kind="html", state=state)

    def _candidate(self, number: str, claims: Facts, **told: Any) -> Candidate:
        view = reading.below(self.site.url, f"index.php?page=post&s=view&id={number}")
        return Candidate(self.site.name, number, view, claims, **told)

    def _listed(self, number: str, link: Tag) -> Candidate:
        """A thumbnail. Its name is made of a digest that is no MD5 and promises nothing."""
        picture = link.select_one("img")
        words, score, rating = _titled(markup.attribute(picture, "title"))
        claims = Facts(
            media=Media.ANIMATION if ANIMATED & {*words} else None,
            rating=RATINGS.get(rating[:1].lower()),
            tags={"unknown": words} if words else None,
            score=int(score) if score else None,
        )
        url = reading.address(self.site.url, markup.attribute(picture, "src"))
        files = (File("preview", (url,)),) if url else ()
        return self._candidate(number, claims, files=files, incomplete=frozenset({"url"}))

    def _single(self, number: str, shown: BeautifulSoup, reply: Reply) -> Candidate:
        """The page of a post. One that is no more leads to the list."""
        picture = shown.select_one('img[alt="img"], img#image')
        text = _text(shown)
        if picture is None:
            led_away = "s=list" in urlsplit(reply.url).query or next(_thumbs(shown), None)
            if led_away or CLOSED in text.lower():
                raise h.Gone(f"the site has no post {number} any more")
            raise h.Unexpected("img", text.strip()[:60])
        url = reading.address(self.site.url, markup.attribute(picture, "src"))
        claims = _claims(shown, text, urlsplit(url or "").path.rpartition(".")[2].lower())
        size = claims.width, claims.height
        files = (File("original", (url,), *size, format=claims.format),) if url else ()
        relations = h.Relations(sources=_sources(shown))
        return self._candidate(number, claims, files=files, relations=relations)


def _terms(query: Query) -> list[str]:
    """Tags that must be there; what must not be is left out afterwards, as is what has another rating."""
    narrow = query.narrow.tags if query.narrow else ()
    return [
        term for name in (*query.names, *narrow, *query.want) if (term := reading.underscored(name))
    ]


def _document(reply: Reply) -> BeautifulSoup:
    shown = markup.page(reply)
    if shown.select_one("html, body") is None:
        raise h.Unexpected("body", reply.text.strip()[:60])
    return shown


def _text(shown: BeautifulSoup) -> str:
    return " ".join(shown.get_text(" ").split())


def _thumbs(shown: BeautifulSoup) -> Iterator[tuple[str, Tag]]:
    """Post ids and the links that show the posts, in the order of the list."""
    for link in shown.select("span.thumb a[id]"):
        if numbered := re.fullmatch(r"p(\d+)", markup.attribute(link, "id"), re.ASCII):
            yield numbered[1], link


def _last_row(shown: BeautifulSoup) -> int:
    """The offset of the last page, which is the nearest to a total that a site tells."""
    links = (markup.attribute(link, "href") for link in shown.select("a[href]"))
    rows = (re.search(r"[?&;]pid=(\d{1,9})(?!\d)", link) for link in links if "s=list" in link)
    return max((int(row[1]) for row in rows if row), default=-1)


def _titled(title: str) -> tuple[tuple[str, ...], str | None, str]:
    """Tags, score and rating out of a thumbnail's title: `tag1 tag2 score:0 rating:Safe`."""
    ending = re.search(r"(?:\bscore:(-?\d{1,18})\s*)?(?:\brating:(\w*)\s*)?$", title)
    score, rating = ending.groups() if ending else (None, None)
    words = title[: ending.start()] if ending else title
    return tuple(markup.unescaped(words).split()), score, rating or ""


def _claims(shown: BeautifulSoup, text: str, extension: str) -> Facts:
    """What the statistics beside a picture tell, its tags, and its kind by the name of the file."""
    statistics = text[max(0, text.find("Posted:")) :]
    patterns = {
        "posted": r"Posted: ?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)",
        "width": r"Size: ?(\d{1,9}) ?x",
        "height": r"Size: ?\d{1,9} ?x ?(\d{1,9})",
        "rating": r"Rating: ?(\w)",
        "score": r"Score: ?(-?\d{1,9})",
    }
    facts = {
        name: found[1] for name, way in patterns.items() if (found := re.search(way, statistics))
    }
    written = shown.select_one("textarea#tags")
    tags = tuple(markup.unescaped(written.get_text()).split()) if written else ()
    still = Media.ANIMATION if ANIMATED & {*tags} else MOVING.get(extension, Media.STILL)
    return Facts(
        width=reading.positive(facts, "width"),
        height=reading.positive(facts, "height"),
        format=FORMATS.get(extension, extension) or None,
        media=still if extension else None,
        rating=RATINGS.get(facts.get("rating", "").lower()),
        tags={"unknown": tags} if tags else None,
        score=reading.number(facts, "score"),
        created=reading.date(facts, "posted"),
    )


def _sources(shown: BeautifulSoup) -> tuple[str, ...]:
    """The address behind `Source:`, written out or linked."""
    label = shown.find(string=re.compile("Source:"))
    if label is None:
        return ()
    written = str(label).partition("Source:")[2].strip().splitlines()
    link = label.next_sibling
    linked = markup.attribute(link, "href") if isinstance(link, Tag) and link.name == "a" else ""
    return tuple(filter(None, [linked or "".join(written[:1])]))
