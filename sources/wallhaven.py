"""Wallhaven (wallhaven.cc): wallpapers, searched exactly by the number of one tag, their tags told one by one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import quote

import harvester as h
from harvester import Ask, Candidate, Name, Page, Query, Reply, Request
from sources import reading, wallhaven_pictures
from sources.reading import Row
from sources.wallhaven_pictures import RATINGS, category

PAUSE = 60  # seconds to leave the site alone that says 429 and not for how long
LOOKED = 3  # wallpapers that are looked at for the tag a name means
CATEGORIES = "110"  # general and anime, no photographs of people
SHOWN = "110"  # the purities that visitors may see
HOW = ("exact", "alias", "autocomplete")  # how a tag may be found, the surest first
_SIGNS = re.compile(r'[_+@:{}"]|(?<!\S)-+')
_APART = re.compile(r"\s*,\s*")


@dataclass(frozen=True, slots=True)
class Wallhaven:
    """Walks by page number through the wallpapers of one tag, the newest first; 24 a page.

    Keywords find likenesses, so a walk first looks up the number of the tag that its name means, on the
    wallpapers that keywords find. `id:NUMBER` stands alone: everything else is filtered afterwards, and
    there is no count. No wallpaper is fetched before its tags are known.
    """

    site: h.Site
    pace: ClassVar[h.Pace] = h.Pace(api=1.4, files=1.4, parallel=2)
    auth: ClassVar[h.Auth] = h.Auth(h.AuthKind.HEADER, {"X-API-Key": "api_key"})
    narrows: ClassVar[frozenset[str]] = frozenset()

    def search(self, query: Query) -> Request:
        purity = "".join(str(int(rating in query.ratings)) for rating in RATINGS.values())
        start = int(query.start) if query.start and query.start.isdecimal() else 1
        since = query.since.isoformat() if query.since else None
        state = {"name": query.names[0], "purity": purity if "1" in purity else SHOWN}
        return self._keywords(Ask.SEARCH, state | {"page": start, "since": since})

    def resolve(self, name: str) -> Request:
        return self._keywords(Ask.RESOLVE, {"name": name, "purity": SHOWN})

    def detail(self, candidate: Candidate) -> Request:
        return self._wallpaper(Ask.DETAIL, candidate.post_id, {"id": candidate.post_id})

    def parse(self, request: Request, reply: Reply) -> Page:
        state = request.state
        if reply.status == 401 and (milder := self._milder(request)):
            return Page(follow=(milder,))
        if "left" in state:
            return self._looked(request, reply)
        found = _body(reply, single=request.ask is Ask.DETAIL)
        if request.ask is Ask.DETAIL:
            return self._single(state["id"], reading.table(found.get("data"), "data"))
        rows = reading.rows(found.get("data"), "data")
        if "tag" in state:
            return self._listing(state, rows, reading.inner(found, "meta"))
        ids = [reading.needed(row, "id") for row in rows[:LOOKED]]
        return self._look(request.ask, state, ids)

    def _keywords(self, ask: Ask, state: dict[str, Any]) -> Request:
        """Wallpapers whose tags are like the name, the likest first."""
        words = " ".join(_SIGNS.sub(" ", state["name"]).split())
        return self._search(ask, {"q": words, "sorting": "relevance", "page": "1"}, state)

    def _tagged(self, state: dict[str, Any]) -> Request:
        """A page of the wallpapers that have the very tag."""
        asked = {"q": f"id:{state['tag']}", "sorting": "date_added", "order": "desc"}
        return self._search(Ask.SEARCH, asked | {"page": str(state["page"])}, state)

    def _search(self, ask: Ask, asked: dict[str, str], state: dict[str, Any]) -> Request:
        params = {**asked, "categories": CATEGORIES, "purity": state["purity"]}
        return self._ask(ask, "search", params, state)

    def _wallpaper(self, ask: Ask, number: str, state: dict[str, Any]) -> Request:
        return self._ask(ask, f"w/{quote(number, safe='')}", {}, state)

    def _ask(self, ask: Ask, path: str, params: dict[str, str], state: dict[str, Any]) -> Request:
        url = reading.below(self.site.url, f"api/v1/{path}")
        return Request(self.site.name, url, tuple(params.items()), ask=ask, state=state)

    def _milder(self, request: Request) -> Request | None:
        """The same search without what only accounts may see, where that leaves anything."""
        purity = request.state.get("purity", "")
        if "left" in request.state or purity[-1:] != "1" or "1" not in purity[:-1]:
            return None
        state = {**request.state, "purity": f"{purity[:-1]}0"}
        return self._tagged(state) if "tag" in state else self._keywords(request.ask, state)

    def _look(self, ask: Ask, state: Mapping[str, Any], ids: list[str]) -> Page:
        """On to the next wallpaper that may have the tag; without one the name is not known."""
        if not ids:
            return Page(end=True)
        return Page(follow=(self._wallpaper(ask, ids[0], {**state, "left": ids[1:]}),))

    def _looked(self, request: Request, reply: Reply) -> Page:
        """What one wallpaper's tags say of the name."""
        state = {name: told for name, told in request.state.items() if name != "left"}
        onward = self._look(request.ask, state, request.state["left"])
        try:
            found = reading.table(_body(reply, single=True).get("data"), "data")
        except h.Gone:
            return onward
        tags = reading.rows(found.get("tags") or [], "tags")
        names = [name for tag in tags if (name := _name(tag, state["name"]))]
        names.sort(key=lambda one: HOW.index(one[0].how))
        if request.ask is Ask.RESOLVE:
            told = tuple(name for name, _ in names)
            return Page(names=told, follow=onward.follow, end=onward.end)
        if names and names[0][0].how != "autocomplete":
            return Page(follow=(self._tagged({**state, "tag": names[0][1]}),))
        return onward

    def _single(self, number: str, row: Row) -> Page:
        shown = wallhaven_pictures.candidate(self.site, row)
        if shown.post_id != number or shown.claims.tags is None:
            raise h.Unexpected("tags" if shown.post_id == number else "id", shown.post_id)
        return Page((shown,), end=True)

    def _listing(self, state: Mapping[str, Any], rows: list[Row], meta: Row) -> Page:
        """The last page is told; an empty one ends the walk as well."""
        found = tuple(wallhaven_pictures.candidate(self.site, row) for row in rows)
        last = reading.number(meta, "last_page")
        dates = [one.claims.created for one in found if one.claims.created]
        since = datetime.fromisoformat(state["since"]) if state["since"] else None
        is_older = bool(since and dates and max(dates) < since)
        if not found or is_older or (last is not None and state["page"] >= last):
            return Page(found, end=True)
        return Page(found, (self._tagged({**state, "page": state["page"] + 1}),))


def _body(reply: Reply, *, single: bool) -> Row:
    """The reply's object. A wallpaper that only accounts may see is none for a visitor."""
    if reply.status == 429 and "retry-after" not in reply.headers:
        raise h.Busy("the site says 429: too many requests", after=PAUSE)
    if single and reply.status == 401:
        raise h.Gone("the site shows this wallpaper to accounts only")
    reading.refuse(reply)
    found = reading.table(reading.value(reply))
    if found.get("error"):
        raise h.Refused(f"the site says: {str(found['error'])[:120]}")
    return found


def _name(row: Row, asked: str) -> tuple[Name, int] | None:
    """A tag as a name, with its number: the one that is meant, or one that has all of its words."""
    found, wanted = reading.needed(row, "name"), reading.underscored(asked)
    others = map(reading.underscored, _APART.split(reading.text(row, "alias") or ""))
    spelled = reading.underscored(found)
    if spelled == wanted:
        how = "exact"
    elif wanted in others:
        how = "alias"
    elif {*wanted.split("_")} <= {*spelled.split("_")}:
        how = "autocomplete"
    else:
        return None
    return Name(found, category(row), how=how, asked=asked), reading.identity(row, "id")
