"""Sites that run Danbooru (danbooru.donmai.us and others). The reference for every family."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import harvester as h
from harvester import Ask, Candidate, Name, Page, Query, Reply, Request
from sources import danbooru_posts, danbooru_tags, reading
from sources.danbooru_posts import RATINGS, is_still_of
from sources.danbooru_tags import BY_POSTS, LOOKUPS
from sources.lookups import told_or_unknown

PER_PAGE, FEWER = 200, 20  # posts a page: the most, and what a server gives that is asked for none
TERMS = 2  # terms a visitor may search for at once; `tag_limit` says otherwise
FREE = ("-status:deleted", "filetype:jpg,png,webp,avif")  # metatags that are no terms


@dataclass(frozen=True, slots=True)
class Danbooru:
    """Walks by id (`page=b<id>`), so that new posts shift nothing; by number where a site cannot."""

    site: h.Site
    pace: ClassVar[h.Pace] = h.Pace(api=1.0, files=0.5, parallel=4)
    auth: ClassVar[h.Auth] = h.Auth(h.AuthKind.BASIC, {"username": "login", "password": "api_key"})
    narrows: ClassVar[frozenset[str]] = frozenset({"framing", "official", "score", "dates"})
    batch: ClassVar[int] = 100

    def search(self, query: Query) -> Request:
        keyset = query.order == "id" and bool(self.site.options.get("keyset", True))
        since = query.since.isoformat() if query.since and not keyset else None
        named, free = self._terms(query)
        bare = [] if query.narrow or query.start or query.order != "id" else named
        state = {"terms": named + free, "page": 1, "keyset": keyset, "since": since, "bare": bare}
        state["ratings"] = sorted(query.ratings)
        return self._posts(state, f"b{query.start}" if query.start and keyset else "1")

    def count(self, query: Query) -> Request:
        named, free = self._terms(query)
        return self._ask(Ask.COUNT, "counts/posts.json", {"tags": " ".join(named + free)})

    def resolve(self, name: str) -> Request:
        return self._lookup(reading.underscored(name), "exact")

    def detail(self, candidate: Candidate) -> Request:
        number = candidate.post_id
        return self._ask(Ask.DETAIL, f"posts/{number}.json", {}, id=number)

    def tags(self, names: Sequence[str]) -> Request:
        wanted = [reading.underscored(name) for name in names]
        how = "name_matches" if "*" in wanted[0] else "name_comma"
        params = {f"search[{how}]": ",".join(wanted), "limit": "1000"}
        return self._ask(Ask.TAGS, "tags.json", params, names=wanted)

    def parse(self, request: Request, reply: Reply) -> Page:
        if request.ask is Ask.RESOLVE:
            return self._resolved(request.state["name"], request.state["step"], reply)
        if request.ask is Ask.TAGS:
            return _told(request.state["names"], reply)
        if request.ask is Ask.SEARCH and (simpler := self._simpler(request, reply)):
            return Page(follow=(simpler,))
        _refuse(reply)
        found = reading.value(reply)
        if request.ask is Ask.COUNT:
            counts = reading.table(reading.table(found).get("counts"), "counts")
            return Page(count=reading.number(counts, "posts"), end=True)
        posts = self._candidates(found)
        if request.ask is Ask.SEARCH:
            return self._listing(request, posts)
        meant = tuple(post for post in posts if post.post_id == request.state["id"])
        if not meant:
            raise h.Gone(f"post {request.state['id']} is no more")
        return Page(meant, end=True)

    def _terms(self, query: Query) -> tuple[list[str], list[str]]:
        """The server's share: names and narrowing first, as many as it takes; free metatags always."""
        narrow = query.narrow
        order = ("order:change",) if query.order == "updated" else ()
        counted = [*query.names, *order, *(narrow.tags if narrow else ()), *query.want]
        counted += [f"-{name}" for name in query.avoid]
        free = list(FREE)
        if 0 < len(query.ratings) < len(RATINGS):
            free.append("rating:" + ",".join(k for k, v in RATINGS.items() if v in query.ratings))
        if narrow and narrow.by in {"score", "dates"}:
            free.append(f"{'score:>=' if narrow.by == 'score' else 'date:'}{narrow.value}")
        sent = ["_".join(term.split()) for term in counted]  # a blank would begin another term
        return sent[: int(self.site.options.get("tag_limit", TERMS))], free

    def _posts(self, state: dict[str, Any], page: str) -> Request:
        params = {
            "tags": " ".join(state["terms"]),
            "limit": str(state.get("limit", PER_PAGE)),
            "page": page,
        }
        return self._ask(Ask.SEARCH, "posts.json", params, **state)

    def _ask(self, ask: Ask, path: str, params: dict[str, str], **state: Any) -> Request:
        url = reading.below(self.site.url, path)
        return Request(self.site.name, url, tuple(params.items()), ask=ask, state=state)

    def _simpler(self, request: Request, reply: Reply) -> Request | None:
        """What to ask a server that only imitates Danbooru and refuses `page=b<id>`, or so many posts a page."""
        state, page = request.state, dict(request.params)["page"]
        if reply.status not in {400, 422} or "TagLimit" in reply.text:
            return None
        if page.startswith("b"):
            return self._posts({**state, "keyset": False}, str(state["page"]))
        return None if "limit" in state else self._posts({**state, "limit": FEWER}, page)

    def _listing(self, request: Request, found: tuple[Candidate, ...]) -> Page:
        """Only an empty page ends a walk, for rows are removed after the server counted them."""
        state, page = request.state, dict(request.params)["page"]
        if not found and state.get("bare"):  # perhaps a server that takes its metatags for tags
            bare = {"terms": state["bare"], "bare": [], "doubt": True}
            return Page(follow=(self._posts({**state, **bare}, page),))
        if state.get("doubt") and not any(is_still_of(one, state["ratings"]) for one in found):
            return Page(end=True)  # no: it had understood them
        if not found or reading.is_older(found, state.get("since")):
            return Page(found, end=True)
        ids = [int(candidate.post_id) for candidate in found]
        onward = {**state, "page": state["page"] + 1, "bare": [], "doubt": False}
        if not state["keyset"]:
            return self._numbered(onward, found)
        if page.startswith("b") and page[1:].isdecimal() and max(ids) >= int(page[1:]):
            return self._numbered({**onward, "keyset": False, "page": max(2, state["page"])}, found)
        span = h.Span("id", high=str(max(ids)), low=str(min(ids)))
        return Page(found, (self._posts(onward, f"b{min(ids)}"),), walked=span)

    def _numbered(self, state: dict[str, Any], found: tuple[Candidate, ...]) -> Page:
        """On to the next page by its number; a server that turns none shows the same one for ever."""
        ids = [found[0].post_id, found[-1].post_id]
        if state.get("seen") == ids:
            return Page(found, end=True)
        return Page(found, (self._posts({**state, "seen": ids}, str(state["page"])),))

    def _candidates(self, found: object) -> tuple[Candidate, ...]:
        return tuple(danbooru_posts.candidate(self.site, post) for post in reading.rows(found))

    def _lookup(self, name: str, step: str) -> Request:
        path, parameter, further = LOOKUPS.get(step, BY_POSTS)
        params = {parameter: f"{name}_(*" if step == "qualified" else name, **further}
        return self._ask(Ask.RESOLVE, path, params, name=name, step=step)

    def _resolved(self, name: str, step: str, reply: Reply) -> Page:
        """What a step found; where a server has no such list another step goes on."""
        later, names = danbooru_tags.later(step), tuple[Name, ...]()
        try:
            _refuse(reply)
            names = self._names(name, step, reading.value(reply))
        except (h.Gone, h.Unexpected):
            if step not in LOOKUPS:
                raise
            later = "posts" if step == "exact" else later
        follow = (self._lookup(name, later),) if later else ()
        return Page(names=names, follow=follow, end=not follow)

    def _names(self, asked: str, step: str, found: object) -> tuple[Name, ...]:
        if step in LOOKUPS:
            rows = reading.rows(found)
            return tuple(filter(None, (danbooru_tags.name(row, asked, step) for row in rows)))
        tables = (post.claims.tags or {} for post in self._candidates(found))
        kinds = [kind for table in tables for kind, tags in table.items() if asked in tags]
        return tuple(Name(asked, kind, asked=asked) for kind in kinds[:1])


def _told(names: Sequence[str], reply: Reply) -> Page:
    def read() -> Iterable[h.Tag]:
        _refuse(reply)
        return map(danbooru_tags.tag, reading.rows(reading.value(reply)))

    return told_or_unknown(names, read)


def _refuse(reply: Reply) -> None:
    if reply.status == 410:
        raise h.TooDeep("this site pages no further; narrow the search by id or date")
    if reply.status == 405:
        raise h.Gone("this site has no such page")
    if reply.status == 422 and "TagLimit" in reply.text:
        raise h.Refused("this site searches for fewer terms at once; set tag_limit in its table")
    reading.refuse(reply)
