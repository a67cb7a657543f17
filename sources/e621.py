"""Sites that run e621's software (e621.net, e926.net and others)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import harvester as h
from harvester import Ask, Candidate, Name, Page, Query, Reply, Request
from sources import e621_posts, reading
from sources.e621_posts import RATINGS
from sources.reading import Row

PER_PAGE, LAST_PAGE, TERMS = 320, 750, 40  # the most: one more is refused
TYPED = 3  # the fewest letters that are completed
UPDATED, STILL = "order:updated", "-animated"
CATEGORIES = {0: "general", 1: "artist", 2: "contributor", 3: "copyright", 4: "character"}
CATEGORIES |= {5: "species", 6: "invalid", 7: "meta", 8: "lore"}
LOOKUPS: dict[str, tuple[str, str, dict[str, str]]] = {
    "exact": ("tags.json", "name", {}),
    "alias": ("tag_aliases.json", "antecedent_name", {"search[status]": "approved"}),
    "autocomplete": ("tags/autocomplete.json", "name_matches", {"expiry": "7"}),
    "qualified": ("tags.json", "name_matches", {"search[order]": "count"}),
    "fuzzy": ("tags.json", "fuzzy_name_matches", {"search[order]": "similarity"}),
}
"""How a name is looked up, step by step until one settles it: path, what is searched, further parameters."""


@dataclass(frozen=True, slots=True)
class E621:
    """Walks by id (`page=b<id>`); by number in another order, or where a site's table says so."""

    site: h.Site
    pace: ClassVar[h.Pace] = h.Pace(api=1.0, files=1.0, parallel=2)
    auth: ClassVar[h.Auth] = h.Auth(h.AuthKind.BASIC, {"username": "login", "password": "api_key"})
    narrows: ClassVar[frozenset[str]] = frozenset({"framing", "official", "score", "dates"})
    batch: ClassVar[int] = 100

    def search(self, query: Query) -> Request:
        keyset = query.order == "id" and bool(self.site.options.get("keyset", True))
        state = {"terms": self._terms(query), "page": 1, "keyset": keyset}
        if query.since and query.order != "id":
            state["since"] = query.since.isoformat()
        return self._posts(state, f"b{query.start}" if query.start and keyset else "1")

    def count(self, query: Query) -> Request:
        return self._ask(Ask.COUNT, "posts/count.json", {"tags": " ".join(self._terms(query))})

    def resolve(self, name: str) -> Request:
        return self._lookup(reading.underscored(name), "exact")

    def tags(self, names: Sequence[str]) -> Request:
        how = "name_matches" if "*" in names[0] else "name"
        params = {f"search[{how}]": ",".join(map(reading.underscored, names))}
        return self._ask(Ask.TAGS, "tags.json", {**params, "limit": str(PER_PAGE)})

    def detail(self, candidate: Candidate) -> Request:
        return self._ask(Ask.DETAIL, f"posts/{candidate.post_id}.json", {})

    def parse(self, request: Request, reply: Reply) -> Page:
        _refuse(request.ask, reply)
        found = reading.value(reply)
        if request.ask is Ask.COUNT:
            counts = reading.table(found)
            is_least = reading.flag(counts, "capped")  # the server stopped counting there
            return Page(count=None if is_least else reading.number(counts, "count"), end=True)
        if request.ask is Ask.TAGS:
            return Page(tags=tuple(map(_tag, _rows(found, "tags"))), end=True)
        if request.ask is Ask.RESOLVE:
            return self._resolved(request, _rows(found, "tags", "tag_aliases"))
        posts = tuple(e621_posts.candidate(self.site, row) for row in _rows(found, "posts", "post"))
        if request.ask is Ask.SEARCH:
            return self._walked(request.state, posts)
        if not posts:
            raise h.Gone("the site has this post no more")
        return Page(posts[:1], end=True)

    def _terms(self, query: Query) -> list[str]:
        """The server's share: name and narrowing first, then wishes; a single rating is free."""
        narrow, by_id = query.narrow, query.order == "id"
        terms = [*query.names, *(() if by_id else (UPDATED,))]
        if narrow and narrow.tags:
            terms.append(_either(narrow.tags))
        if narrow and narrow.by in {"score", "dates"}:
            terms.append(f"{'score:>=' if narrow.by == 'score' else 'date:'}{narrow.value}")
        if query.since and by_id:  # the site's days begin in a time zone of its own
            terms.append(f"date:>={query.since - timedelta(days=1):%Y-%m-%d}")
        rated = [letter for letter, rating in RATINGS.items() if rating in query.ratings]
        if query.ratings and len(rated) != 1:
            terms += [f"-rating:{letter}" for letter in RATINGS if letter not in rated]
        terms += [STILL, *query.want, *(f"-{name}" for name in query.avoid)]
        free = [f"rating:{rated[0]}"] if len(rated) == 1 else []
        return _fitting(terms, int(self.site.options.get("tag_limit", TERMS))) + free

    def _posts(self, state: Mapping[str, Any], page: str) -> Request:
        params = {"tags": " ".join(state["terms"]), "limit": str(PER_PAGE), "page": page}
        return self._ask(Ask.SEARCH, "posts.json", params, **state)

    def _ask(self, ask: Ask, path: str, params: dict[str, str], **state: Any) -> Request:
        url = reading.below(self.site.url, path)
        return Request(self.site.name, url, tuple(params.items()), ask=ask, state=state)

    def _walked(self, asked: Mapping[str, Any], posts: tuple[Candidate, ...]) -> Page:
        """Only an empty page ends a walk by id; one by number ends at the last page or time as well."""
        if not posts:
            return Page(end=True)
        ids = [int(post.post_id) for post in posts]
        if asked["keyset"]:
            span = h.Span("id", high=str(max(ids)), low=str(min(ids)))
            return Page(posts, (self._posts(asked, f"b{min(ids)}"),), walked=span)
        state = {**asked, "page": asked["page"] + 1}
        if state["page"] > LAST_PAGE or reading.is_older(posts, asked.get("since")):
            return Page(posts, end=True)
        return Page(posts, (self._posts(state, str(state["page"])),))

    def _lookup(self, name: str, step: str) -> Request:
        path, searched, further = LOOKUPS[step]
        params = {f"search[{searched}]": f"{name}_(*" if step == "qualified" else name, **further}
        return self._ask(Ask.RESOLVE, path, params, name=name, step=step)

    def _resolved(self, request: Request, rows: list[Row]) -> Page:
        name, step = request.state["name"], request.state["step"]
        steps = [one for one in LOOKUPS if one != "autocomplete" or len(name) >= TYPED]
        later = steps[steps.index(step) + 1 :]
        names = tuple(filter(None, (_name(row, name, step) for row in rows)))
        follow = tuple(self._lookup(name, step) for step in later[:1])
        return Page(names=names, follow=follow, end=not follow)


def _either(tags: Sequence[str]) -> str:
    """A term that any of these tags fulfils."""
    return tags[0] if len(tags) == 1 else f"( {' '.join(f'~{tag}' for tag in tags)} )"


def _fitting(terms: Sequence[str], limit: int) -> list[str]:
    """The first terms, as many as the server takes; within a group each word counts."""
    sent: list[str] = []
    for term in terms:
        whole = term if term.startswith("( ") else "_".join(term.split())
        if len(" ".join((*sent, whole)).split()) <= limit:
            sent.append(whole)
    return sent


def _refuse(ask: Ask, reply: Reply) -> None:
    """Raise what the reply means where it is a refusal, also one that calls itself a success."""
    reason = _reason(reply)
    if reply.status == 410 and ask is Ask.SEARCH:
        raise h.TooDeep("this site pages no further; narrow the search by id or date")
    if reply.status == 422 and re.search(r"time[ds]?[ -]?out", reason.lower()):
        raise h.Busy(f"the search took the site too long: {reason}")
    if reply.status == 422:
        raise h.Refused(
            f"{reason}; if the site takes fewer terms at once, set tag_limit in its table"
        )
    reading.refuse(reply, reason)
    if reason:
        raise h.Refused(f"the site says: {reason}")


def _reason(reply: Reply) -> str:
    """What the site gives as its reason; empty where there is none."""
    try:
        said = reading.table(reading.value(reply))
    except h.Unexpected:
        return ""
    is_refusal = said.get("success") is False
    return str(said.get("reason") or "no reason given")[:120] if is_refusal else ""


def _rows(found: object, *wrappers: str) -> list[Row]:
    """The rows of a reply: a bare list or a wrapped one; an empty list may be an empty object."""
    for key in wrappers:
        if isinstance(found, dict) and key in found:
            return reading.rows([] if found[key] == {} else found[key], key)
    return reading.rows(found)


def _name(row: Row, asked: str, step: str) -> Name | None:
    """A row of a tag, alias or completion list as a name; None when it is another or no post has it."""
    if step == "alias":
        return Name(reading.needed(row, "consequent_name"), "unknown", how=step, asked=asked)
    tag = _tag(row)
    if tag.count == 0 or (step == "exact" and tag.name != asked):  # `a,b` is asked as two names
        return None
    how = "alias" if row.get("antecedent_name") == asked else step
    return Name(tag.name, tag.category, tag.count, how, asked)


def _tag(row: Row) -> h.Tag:
    category = CATEGORIES.get(reading.number(row, "category") or 0, "unknown")
    return h.Tag(reading.needed(row, "name"), category, reading.number(row, "post_count"))
