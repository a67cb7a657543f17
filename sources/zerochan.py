"""Zerochan (www.zerochan.net), whose lists tell all but the file: each entry has to be asked for its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar
from urllib.parse import quote_plus, unquote_plus, urlsplit

import harvester as h
from harvester import Ask, Candidate, Page, Query, Reply, Request
from sources import reading, zerochan_entries, zerochan_replies
from sources.zerochan_entries import spelled

PER_PAGE = 250  # the most rows of a page
LATER = {"suggest": "tag"}
"""How a name is looked up: what the site completes it to tells of kinds and other names, else the tag's own list."""


@dataclass(frozen=True, slots=True)
class Zerochan:
    """Walks by page number, the newest first; the site documents no last page.

    Other names of a tag lead to the page for people of the tag itself, which is then asked for its list.
    There is no `not`, no search by date or score, and nothing tells how revealing an entry is.
    """

    site: h.Site
    pace: ClassVar[h.Pace] = h.Pace(api=1.0, files=1.0, parallel=2)
    auth: ClassVar[h.Auth] = h.Auth(h.AuthKind.AGENT, {"": "login"}, required=True)
    narrows: ClassVar[frozenset[str]] = frozenset({"framing", "official"})
    batch: ClassVar[int] = 1

    def search(self, query: Query) -> Request:
        narrow = query.narrow.tags if query.narrow else ()
        tags = [spelled(name) for name in (*query.names, *narrow, *query.want)]
        return self._tagged(Ask.SEARCH, {"tags": tags, "page": 1})

    def resolve(self, name: str) -> Request:
        return self._lookup(spelled(name), "suggest")

    def tags(self, names: Sequence[str]) -> Request:
        name = spelled(names[0].removesuffix("*"))
        return self._suggest(Ask.TAGS, {"name": name, "asked": names[0]})

    def detail(self, candidate: Candidate) -> Request:
        number = candidate.post_id
        return self._ask(Ask.DETAIL, f"{quote_plus(number)}?json", {}, {"id": number})

    def parse(self, request: Request, reply: Reply) -> Page:
        match request.ask:
            case Ask.DETAIL:
                return self._single(request.state["id"], reply)
            case Ask.TAGS:
                return self._told(request.state, reply)
            case Ask.RESOLVE:
                return self._resolved(request.state, reply)
            case _:
                return self._listing(request.state, reply)

    def _tagged(self, ask: Ask, state: dict[str, Any], limit: int = PER_PAGE) -> Request:
        """A page of the entries that have all of these tags."""
        path = ",".join(map(quote_plus, state["tags"]))
        params = {"p": str(state["page"]), "l": str(limit), "s": "id"}
        return self._ask(ask, f"{path}?json", params, state)

    def _suggest(self, ask: Ask, state: dict[str, Any]) -> Request:
        return self._ask(ask, "suggest", {"q": state["name"], "json": "1"}, state)

    def _ask(self, ask: Ask, path: str, params: dict[str, str], state: dict[str, Any]) -> Request:
        url = reading.below(self.site.url, path)
        return Request(self.site.name, url, tuple(params.items()), ask=ask, state=state)

    def _listing(self, state: Mapping[str, Any], reply: Reply) -> Page:
        """Rows; or where a page for people came, the list of what its address names."""
        try:
            found = zerochan_replies.body(reply)
        except h.Gone:
            return _nothing(state)
        if found is None:
            led = self._led_to(reply)
            if state.get("led") or len(led) != len(state["tags"]) or led == state["tags"]:
                return _nothing(state)
            return Page(follow=(self._tagged(Ask.SEARCH, {**state, "tags": led, "led": True}),))
        rows = reading.rows(found.get("items"), "items")
        candidates = zerochan_entries.listed(self.site, rows)
        if not candidates or found.get("next") is False:
            return Page(candidates, end=True, walked=_span(candidates))
        onward = self._tagged(Ask.SEARCH, {**state, "page": state["page"] + 1})
        return Page(candidates, (onward,), walked=_span(candidates))

    def _single(self, number: str, reply: Reply) -> Page:
        found = zerochan_replies.body(reply)
        here = urlsplit(reply.url).path.strip("/")
        if found is None and here != number:
            raise h.Gone(f"the site shows another page instead of entry {number}")
        entry = zerochan_entries.entry(self.site, reading.table(found))
        if entry.post_id != number:
            raise h.Gone(f"the site shows entry {entry.post_id} instead of {number}")
        return Page((entry,), end=True)

    def _lookup(self, name: str, step: str) -> Request:
        state = {"name": name, "step": step}
        if step == "suggest":
            return self._suggest(Ask.RESOLVE, state)
        return self._tagged(Ask.RESOLVE, {**state, "tags": [name], "page": 1}, limit=1)

    def _resolved(self, state: Mapping[str, Any], reply: Reply) -> Page:
        name, step = state["name"], state["step"]
        names = self._suggested(name, reply) if step == "suggest" else self._named(name, reply)
        later = LATER.get(step)
        return Page(
            names=names, follow=(self._lookup(name, later),) if later else (), end=not later
        )

    def _suggested(self, name: str, reply: Reply) -> tuple[h.Name, ...]:
        """What the site completes a name to, the surest first; nothing where it has no such page."""
        try:
            rows = zerochan_replies.suggestions(reply)
        except (h.Gone, h.Unexpected):
            return ()
        return zerochan_entries.names(rows, name)

    def _named(self, name: str, reply: Reply) -> tuple[h.Name, ...]:
        """The tag whose list or page came: the very one, or the one that the name is another name of."""
        try:
            found = zerochan_replies.body(reply)
        except (h.Gone, h.Unexpected):
            return ()
        led = self._led_to(reply)
        if len(led) == 1 and reading.underscored(led[0]) != reading.underscored(name):
            return (h.Name(led[0], "unknown", how="alias", asked=name),)
        rows = reading.rows(found.get("items") or [], "items") if found else []
        return (h.Name(name, "unknown", asked=name),) if rows else ()

    def _led_to(self, reply: Reply) -> list[str]:
        """The tags that the address of a reply names."""
        path = urlsplit(reply.url).path.removeprefix(urlsplit(self.site.url).path).strip("/")
        return [" ".join(unquote_plus(part).split()) for part in path.split(",") if part]

    def _told(self, state: Mapping[str, Any], reply: Reply) -> Page:
        """Kind and count of a tag, or of all that begin so. One that is not completed may be there all the same."""
        asked, found = state["asked"], self._suggested(state["name"], reply)
        if asked.endswith("*"):
            begin = reading.underscored(state["name"])
            meant = [one for one in found if reading.underscored(one.name).startswith(begin)]
            tags = [h.Tag(one.name, one.category, one.count) for one in meant]
        else:
            exact = [h.Tag(asked, one.category, one.count) for one in found if one.how == "exact"]
            tags = exact[:1] or [h.Tag(asked, "unknown")]
        return Page(tags=tuple(tags), end=True)


def _nothing(state: Mapping[str, Any]) -> Page:
    """No entry has these tags; but a walk that was told of more has come to the end of what is shown."""
    if state["page"] > 1:
        raise h.TooDeep(f"the site shows no page {state['page']} of this search")
    return Page(end=True)


def _span(found: tuple[Candidate, ...]) -> h.Span | None:
    """What the page covers, if its ids do fall from row to row."""
    ids = [int(one.post_id) for one in found]
    falls = bool(ids) and all(high > low for high, low in pairwise(ids))
    return h.Span("id", high=str(ids[0]), low=str(ids[-1])) if falls else None
