"""Sites that run MediaWiki (Wikimedia, Fandom, wiki.gg, independent wikis), through their action API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from harvester import (
    Ask,
    Auth,
    Candidate,
    Pace,
    Page,
    Query,
    Reply,
    Request,
    Site,
    Unexpected,
)
from sources import reading
from sources.mediawiki import answers, files, names, titles
from sources.reading import Row

PER_PAGE = (
    100  # `per_page` in the site's table says otherwise. The server takes 500, in several replies
)
STEPS = ("exact", "autocomplete", "fuzzy")
"""How a name is looked up, one request each, until one of them knows it."""


@dataclass(frozen=True, slots=True)
class MediaWiki:
    """Walks the subject's categories, else the pictures on its pages, else a search among file names.

    `state["plan"]` lists every way and title there is to ask, best way first; `at` is the place in it,
    `found` the names that had files. The first way that shows a file is the last one gone.
    The server may spread one batch of files over several replies: titles whose data are still to
    come wait in `state["owed"]`, so that a file is told once, and whole.
    """

    site: Site

    pace: ClassVar[Pace] = Pace(api=1.0, files=1.0, parallel=1)
    auth: ClassVar[Auth] = Auth()
    narrows: ClassVar[frozenset[str]] = frozenset()

    @property
    def api(self) -> str:
        """The address of api.php: the site's own if it ends so, else `api` from its table, else at the root."""
        url = self.site.url.rstrip("/")
        if url.endswith("/api.php"):
            return url
        return f"{url}/{str(self.site.options.get('api', '/api.php')).lstrip('/')}"

    def search(self, query: Query) -> Request:
        plan = titles.direct(query.start) if query.start else titles.plan(query.names)
        return self._step({"terms": list(query.names), "plan": plan, "at": 0, "found": []})

    def count(self, query: Query) -> Request:
        """Files in the subject's categories; a page or a search cannot be counted without walking it."""
        plan = titles.direct(query.start) if query.start else titles.plan(query.names)
        asked = [f"Category:{title}" for way, title, _ in plan if way == "category"]
        return self._ask(Ask.COUNT, {"titles": "|".join(asked[:50]), "prop": "categoryinfo"})

    def resolve(self, name: str) -> Request:
        return self._lookup(name, "exact")

    def parse(self, request: Request, reply: Reply) -> Page:
        found = answers.answer(reply)
        match request.ask:
            case Ask.COUNT:
                counts = [names.files_in(page) for page in answers.pages(found)]
                known = [count for count in counts if count is not None]
                return Page(count=sum(known) if known else None, end=True)
            case Ask.RESOLVE:
                return self._resolved(request, found)
            case _:
                return self._listing(request, found)

    def _ask(
        self, ask: Ask, params: Mapping[str, str], state: Mapping[str, Any] | None = None
    ) -> Request:
        fixed = {"action": "query", "format": "json", "formatversion": "2", "maxlag": "5"}
        return Request(
            self.site.name, self.api, tuple({**fixed, **params}.items()), ask=ask, state=state or {}
        )

    def _step(self, state: dict[str, Any], onward: Mapping[str, str] | None = None) -> Request:
        """One page of the plan's current entry. `onward` is the server's whole `continue`, of this reply only."""
        way, title, _ = state["plan"][state["at"]]
        limit = str(self.site.options.get("per_page", PER_PAGE))
        params = {
            "category": {
                "generator": "categorymembers",
                "gcmtitle": f"Category:{title}",
                "gcmtype": "file",
                "gcmlimit": limit,
            },
            "page": {
                "generator": "images",
                "titles": title,
                "gimlimit": limit,
                "redirects": "1",
            },
            "search": {
                "generator": "search",
                "gsrsearch": title,
                "gsrnamespace": "6",
                "gsrlimit": limit,
            },
            "file": {"titles": f"File:{title}", "redirects": "1"},
        }[way]
        return self._ask(Ask.SEARCH, {**params, **files.WANTED, **(onward or {})}, state)

    def _listing(self, request: Request, found: Row) -> Page:
        state, onward = dict(request.state), answers.onward(found)
        told, owed = self._told(answers.pages(found), state.pop("owed", None))
        whole = "batchcomplete" in found or not onward
        if whole:
            told += [files.absent(title, self.site, self.api) for title in owed]
        if any(candidate.files for candidate in told):
            name = state["plan"][state["at"]][2]
            state["found"] = list(dict.fromkeys([*state["found"], name]))
        candidates = tuple({candidate.post_id: candidate for candidate in told}.values())
        if onward:
            follow = self._step(state if whole else {**state, "owed": owed}, onward)
            if follow.key == request.key:
                raise Unexpected("continue", onward)
            return Page(candidates, follow=(follow,))
        at = titles.next_at(state["plan"], state["at"], state["found"])
        if at is None:
            return Page(candidates, end=True)
        return Page(candidates, follow=(self._step({**state, "at": at}),))

    def _told(self, pages: list[Row], owed: list[str] | None) -> tuple[list[Candidate], list[str]]:
        """The files this reply is final about, and the titles of those a later reply of the batch is due for.

        Every reply of a batch lists all its pages, bare when their data came before or are to come;
        an empty repository says that there is no file.
        """
        told = {
            reading.needed(page, "title"): files.candidate(page, self.site, self.api)
            for page in pages
            if page.get("imageinfo") or page.get("imagerepository") == ""
        }
        listed = [reading.needed(page, "title") for page in pages] if owed is None else owed
        return list(told.values()), [title for title in listed if title not in told]

    def _lookup(self, name: str, step: str) -> Request:
        """One step of finding a name; `parse` goes on to the next when nothing is found."""
        spelled = titles.spellings(name)
        both = [f"Category:{title}" for title in spelled] + spelled
        params = {
            "exact": {"titles": "|".join(both), "redirects": "1", "prop": "categoryinfo"},
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
        known = names.listed(found, name) if step == "exact" else names.hits(found, name, step)
        if known or step == STEPS[-1]:
            return Page(names=known, end=True)
        return Page(follow=(self._lookup(name, STEPS[STEPS.index(step) + 1]),))
