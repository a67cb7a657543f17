"""Sites that run MediaWiki (Wikimedia, Fandom, wiki.gg, independent wikis), through their action API.

`walks` says which way is gone, `titles` and `names` where from, `listing` and `files` what a file is,
`rendered` what a page says around its pictures, `answers` and `addresses` how wikis are asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import harvester as h
from harvester import Ask, Candidate, Name, Page, Query, Reply, Request, Site
from sources import reading
from sources.mediawiki import addresses, answers, files, listing, names, rendered, titles, walks
from sources.mediawiki.walks import State
from sources.reading import Row

PER_PAGE = (
    100  # `per_page` in the site's table says otherwise. The server takes 500, in several replies
)
DEPTH = (
    2  # levels of categories below the subject's own that are walked; `depth` in the site's table
)
STEPS = ("exact", "autocomplete", "fuzzy")
"""How a name is looked up, one request each, until one of them knows it."""
REPLACEABLE = {"page": "images", "search": ""}
"""Ways that a wiki may have switched off, and the one to the same pictures."""


@dataclass(frozen=True, slots=True)
class MediaWiki:
    """Walks the subject's categories and its pages, else a search among file names; `walks` says how.

    The first page of a walk tells its starting points in `names`: categories with their count of files,
    pages, sub-pages; with `how` *fuzzy* what is searched for where there are none.
    """

    site: Site

    pace: ClassVar[h.Pace] = h.Pace(api=1.0, files=1.0, parallel=1)
    auth: ClassVar[h.Auth] = h.Auth()
    narrows: ClassVar[frozenset[str]] = frozenset()

    @property
    def api(self) -> str:
        """The address of api.php."""
        return addresses.api(self.site)

    def search(self, query: Query) -> Request:
        return self._step(walks.begun(query, self._depth))

    def count(self, query: Query) -> Request:
        """Files in the subject's own categories: at least so many, for nobody counts pages and what lies below."""
        asked = [query.start] if query.start else query.names
        listed = titles.categories(asked)[: titles.AT_ONCE]
        return self._ask(Ask.COUNT, {"titles": "|".join(listed), "prop": "categoryinfo"})

    def resolve(self, name: str) -> Request:
        return self._lookup(name, "exact")

    def detail(self, candidate: Candidate) -> Request:
        """The file by itself, where it lies now; also where it was moved to, if it left a redirect."""
        wanted = {"titles": f"File:{candidate.post_id}", "redirects": "1", **files.WANTED}
        return self._ask(Ask.DETAIL, wanted, {"file": candidate.post_id})

    def parse(self, request: Request, reply: Reply) -> Page:
        match request.ask:
            case Ask.COUNT:
                return self._counted(answers.answer(reply))
            case Ask.RESOLVE:
                return self._resolved(request, answers.answer(reply))
            case Ask.DETAIL:
                return self._detailed(request.state["file"], answers.answer(reply))
            case _:
                return self._walked(request, reply)

    @property
    def _depth(self) -> int:
        return int(self.site.options.get("depth", DEPTH))

    def _ask(
        self, ask: Ask, params: Mapping[str, str], state: Mapping[str, Any] | None = None
    ) -> Request:
        action = "parse" if "page" in params else "query"
        fixed = {"action": action, "format": "json", "formatversion": "2", "maxlag": "5"}
        listed = tuple({**fixed, **params}.items())
        return Request(self.site.name, self.api, listed, ask=ask, state=state or {})

    def _step(self, state: State, onward: Mapping[str, str] | None = None) -> Request:
        """One page of the plan's current entry. `onward` is the server's whole `continue`, of this reply only."""
        per_page = int(self.site.options.get("per_page", PER_PAGE))
        return self._ask(Ask.SEARCH, {**walks.asked(state, per_page), **(onward or {})}, state)

    def _walked(self, request: Request, reply: Reply) -> Page:
        state = request.state
        way = state["plan"][0][0]
        found = answers.answer(reply, replaceable=way in REPLACEABLE)
        if way == "explore":
            return self._explored(state, found)
        if way == "page":
            return self._rendered(state, found)
        return self._listed(request, found)

    def _next(
        self, state: State, told: tuple[Candidate, ...] = (), starts: tuple[Name, ...] = ()
    ) -> Page:
        onward = walks.onward(state)
        if onward is None:
            return Page(told, end=True, names=starts)
        return Page(told, follow=(self._step(onward),), names=starts)

    def _explored(self, state: State, found: Row) -> Page:
        """The starting points that there are. A redirect leads to a title whose own ones are asked for once."""
        _, title, level = state["plan"][0]
        sent = str(title).split("|")
        starts = names.starts(found, sent)
        steps = [names.step(one, self._depth) for one in starts]
        if not level:
            further = names.redirected(found, sent)
            steps += [["explore", titles.places([one]), 1] for one in further]
        state = walks.extended(state, steps)
        if not starts and len(state["plan"]) == 1 and state.get("then"):
            starts = tuple(Name(str(step[1]), how="fuzzy") for step in state["then"][0])
        return self._next(state, starts=starts)

    def _rendered(self, state: State, found: Row) -> Page:
        if "refused" in found:
            return Page(follow=(self._step(walks.instead(state, REPLACEABLE["page"])),))
        pictures = rendered.pictures(reading.inner(found, "parse"))
        if not pictures:
            return self._next(state)
        return Page(follow=(self._step(walks.showing(state, pictures)),))

    def _listed(self, request: Request, found: Row) -> Page:
        state = request.state
        told = listing.read(state, found, self.site, self.api)
        _, _, depth = state["plan"][0]
        if depth:
            state = walks.extended(state, [["subcategory", one, depth - 1] for one in told.below])
        state = {**state, "found": True} if told.shows else state
        if not told.onward:
            again = walks.counting(state, told.uncounted)
            if again is not None:
                return Page(told.candidates, follow=(self._step(again),))
            return self._next(state, told.candidates)
        kept = {key: value for key, value in state.items() if key != "owed"}
        follow = self._step({**kept, "owed": list(told.owed)} if told.owed else kept, told.onward)
        if follow.key == request.key:
            raise h.Unexpected("continue", told.onward)
        return Page(told.candidates, follow=(follow,))

    def _detailed(self, name: str, found: Row) -> Page:
        told = listing.read({"plan": [["file", name, 0]]}, found, self.site, self.api).candidates
        there = [one for one in told if one.files]
        if len(there) != 1:
            raise h.Gone(f"the wiki has no file {name} to show any more")
        return Page((replace(there[0], post_id=name),), end=True)

    def _counted(self, found: Row) -> Page:
        counts = [names.files_in(page) for page in answers.pages(found)]
        known = [count for count in counts if count is not None]
        return Page(count=sum(known) if known else None, end=True)

    def _lookup(self, name: str, step: str) -> Request:
        """One step of finding a name; `parse` goes on to the next when nothing is found."""
        spelled = titles.spellings(name)
        both = [f"Category:{title}" for title in spelled] + spelled
        params = {
            "exact": {"titles": "|".join(both), **names.ASKED},
            "autocomplete": {
                "list": "prefixsearch",
                "pssearch": spelled[0],
                "psnamespace": "0|14",
                "pslimit": "10",
            },
            "fuzzy": {
                "list": "search",
                "srsearch": titles.words(name),
                "srnamespace": "0|6|14",
                "srlimit": "50",
            },
        }[step]
        return self._ask(Ask.RESOLVE, params, {"name": name, "step": step})

    def _resolved(self, request: Request, found: Row) -> Page:
        name, step = request.state["name"], request.state["step"]
        if step == "exact":
            sent = dict(request.params).get("titles", "").split("|")
            known = names.listed(found, name, sent)
        else:
            known = names.hits(found, name, step)
        if any(one.how != "fuzzy" for one in known) or step == STEPS[-1]:
            return Page(names=known, end=True)
        return Page(names=known, follow=(self._lookup(name, STEPS[STEPS.index(step) + 1]),))
