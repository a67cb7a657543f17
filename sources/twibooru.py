"""Sites that run Twibooru's software (twibooru.org), a relative of Philomena with an API of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

import harvester as h
from harvester import Ask, Candidate, Name, Page, Query, Relations, Reply, Request
from sources import philomena_images, philomena_tags, reading
from sources.philomena_tags import any_of, spelled, term, terms
from sources.reading import Row

PER_PAGE = 50
API = "api/v3"
STEPS = {"exact": "autocomplete", "autocomplete": "qualified", "qualified": "fuzzy"}
"""How a name is looked up in the list of tags, and what comes after each step."""


@dataclass(frozen=True, slots=True)
class Twibooru:
    """Walks by id (`id.lt:N`), else by page number. Its terms, tags and fields are Philomena's."""

    site: h.Site
    pace: ClassVar[h.Pace] = h.Pace(api=6.0, files=1.0, parallel=2)
    auth: ClassVar[h.Auth] = h.Auth(h.AuthKind.QUERY, {"key": "api_key"})
    narrows: ClassVar[frozenset[str]] = frozenset({"framing", "official", "score", "dates"})
    batch: ClassVar[int] = PER_PAGE

    def search(self, query: Query) -> Request:
        by_id = query.order == "id"
        keyset = by_id and bool(self.site.options.get("keyset", True))
        start = query.start or ""
        below = int(start) if keyset and start.isdecimal() else None
        state = {"terms": terms(query), "sort": "id" if by_id else "updated_at"}
        return self._posts(state | {"keyset": keyset, "below": below, "page": 1})

    def count(self, query: Query) -> Request:
        params = {"q": ", ".join(terms(query)), "per_page": "1", **self._filter()}
        return self._ask(Ask.COUNT, "search/posts", params)

    def resolve(self, name: str) -> Request:
        return self._lookup(spelled(name), "exact")

    def detail(self, candidate: Candidate) -> Request:
        return self._ask(Ask.DETAIL, f"posts/{candidate.post_id}", {})

    def tags(self, names: Sequence[str]) -> Request:
        is_pattern = names[0].endswith("*")
        query = f"{term(names[0][:-1])}*" if is_pattern else any_of(names)
        return self._ask(Ask.TAGS, "search/tags", {"q": query, "per_page": str(PER_PAGE)})

    def parse(self, request: Request, reply: Reply) -> Page:
        if request.ask is Ask.RESOLVE:
            return self._resolved(request.state["name"], request.state["step"], reply)
        found = _body(reply)
        match request.ask:
            case Ask.COUNT:
                return Page(count=reading.number(found, "total"), end=True)
            case Ask.TAGS:
                return Page(
                    tags=tuple(map(_tag, reading.rows(found.get("tags"), "tags"))), end=True
                )
            case Ask.DETAIL:
                return self._single(reading.table(found.get("post"), "post"))
            case _:
                return self._listing(request.state, reading.rows(found.get("posts"), "posts"))

    def _filter(self) -> dict[str, str]:
        chosen = self.site.options.get("filter_id")
        return {"filter_id": str(chosen)} if chosen else {}

    def _posts(self, state: dict[str, Any]) -> Request:
        edge = [f"id.lt:{state['below']}"] if state["keyset"] and state["below"] else []
        params = {"q": ", ".join([*state["terms"], *edge]), "sf": state["sort"], "sd": "desc"}
        params |= {"per_page": str(PER_PAGE), **self._filter()}
        if not state["keyset"]:
            params["page"] = str(state["page"])
        return self._ask(Ask.SEARCH, "search/posts", params, **state)

    def _ask(self, ask: Ask, path: str, params: dict[str, str], **state: Any) -> Request:
        url = reading.below(self.site.url, f"{API}/{path}")
        return Request(self.site.name, url, tuple(params.items()), ask=ask, state=state)

    def _listing(self, state: Row, posts: list[Row]) -> Page:
        """Only an empty page ends a walk: one of texts alone has no pictures, but others come after it."""
        if not posts:
            return Page(end=True)
        found = self._pictures(posts)
        ids = [reading.identity(post, "id") for post in posts]
        onward = {**state, "page": state["page"] + 1}
        if not state["keyset"]:
            return Page(found, (self._posts(onward),))
        if state["below"] and max(ids) >= state["below"]:  # a server that does not know `id.lt`
            return Page(found, (self._posts({**onward, "keyset": False}),))
        span = h.Span("id", high=str(max(ids)), low=str(min(ids)))
        return Page(found, (self._posts({**onward, "below": min(ids)}),), walked=span)

    def _single(self, post: Row) -> Page:
        """One post by its id. Of a removed or merged one the site tells little more than that."""
        found = self._pictures([post])
        if not found:
            raise h.Gone("the site says that this post is no picture")
        if found[0].claims.status:
            other = reading.text(post, "duplicate_of")
            reason = reading.text(post, "deletion_reason") or "for a reason it does not tell"
            told = f"merged into post {other}" if other else f"removed: {reason}"
            raise h.Gone(f"the site says that post {found[0].post_id} was {told}")
        return Page(found, end=True)

    def _pictures(self, posts: Sequence[Row]) -> tuple[Candidate, ...]:
        """Posts as candidates; texts that people posted (`paste`) are none."""
        kinds = ((post, reading.text(post, "media_type") or "image") for post in posts)
        return tuple(self._candidate(post) for post, kind in kinds if kind != "paste")

    def _candidate(self, post: Row) -> Candidate:
        found = philomena_images.candidate(post, self.site)
        places = reading.rows(post.get("locations") or [], "locations")
        others = [url for one in places if (url := reading.text(one, "url_at_location"))]
        sources = tuple(dict.fromkeys((*found.relations.sources, *others)))
        url = reading.below(self.site.url, found.post_id)
        return replace(found, page_url=url, relations=Relations(sources=sources))

    def _lookup(self, name: str, step: str) -> Request:
        if step == "posts":
            params = {"q": term(name), "per_page": "1", **self._filter()}
            return self._ask(Ask.RESOLVE, "search/posts", params, name=name, step=step)
        query = {
            "exact": any_of((name, name.replace("_", " "))),
            "autocomplete": f"{term(name)}*",
            "qualified": f"{term(f'{name} (')}*",
            "fuzzy": f"{term(name)}~2",  # letters that may differ
        }
        params = {"q": query[step], "per_page": str(PER_PAGE)}
        return self._ask(Ask.RESOLVE, "search/tags", params, name=name, step=step)

    def _resolved(self, name: str, step: str, reply: Reply) -> Page:
        """What a step found. Where the list of tags cannot be had, a post that carries the name tells that it is one."""
        later, names = STEPS.get(step), tuple[Name, ...]()
        try:
            names = self._names(name, step, _body(reply))
        except (h.Gone, h.Refused, h.Unexpected):
            if step == "posts":
                raise
            later = "posts" if step == "exact" else later
        follow = (self._lookup(name, later),) if later else ()
        return Page(names=names, follow=follow, end=not follow)

    def _names(self, asked: str, step: str, found: Row) -> tuple[Name, ...]:
        if step == "posts":
            posts = self._pictures(reading.rows(found.get("posts"), "posts"))
            tables = (post.claims.tags or {} for post in posts)
            kinds = [kind for table in tables for kind, tags in table.items() if asked in tags]
            return tuple(Name(asked, kind, asked=asked) for kind in kinds[:1])
        told = map(_tag, reading.rows(found.get("tags"), "tags"))
        return tuple(_name(tag, asked, step) for tag in told if tag.alias_of or tag.count != 0)


def _tag(row: Row) -> h.Tag:
    """A row of the tag table: Philomena's but for the name of its count."""
    return philomena_tags.tag({**row, "images": row.get("posts", row.get("images"))})


def _name(tag: h.Tag, asked: str, step: str) -> Name:
    if tag.alias_of:
        how = "alias" if step == "exact" else step
        return Name(tag.alias_of, "unknown", how=how, asked=asked)
    return Name(tag.name, tag.category, tag.count, step, asked)


def _body(reply: Reply) -> Row:
    """The reply's object. A site that says 429 tells in `X-RL-Reset` when it may be asked again."""
    if reply.status == 429 and (told := reply.headers.get("x-rl-reset")):
        raise h.Busy("the site says 429: too many requests", until=_moment(told))
    reading.refuse(reply)
    found = reading.table(reading.value(reply))
    if found.get("error"):
        raise h.Refused(f"the site says: {str(found['error'])[:120]}")
    return found


def _moment(told: str) -> datetime | None:
    """A moment as seconds since 1970 or as a date; None for anything else."""
    try:
        return reading.date({"reset": told.removesuffix(" UTC")}, "reset")
    except h.Unexpected:
        return None
