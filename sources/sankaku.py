"""Sankaku (sankaku.app): one tag at a time for visitors, pages by token, files under addresses that expire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote

import harvester as h
from harvester import Ask, Candidate, Facts, Name, Page, Query, Rating, Reply, Request
from sources import reading, sankaku_posts
from sources.reading import Row

PER_PAGE, MOST_TAGS = 40, 100
TERMS = 1  # tags a visitor may search for at once; `tag_limit` says otherwise
TOO_MANY = "tags-explicit-limit"  # how the code of a 429 ends that has nothing to do with pace
NO_TOKEN = ("unauthorized", "invalid-token", "invalid_token")
LONG = 9  # so many digits are a moment, fewer are seconds from now
ACCEPT = "application/vnd.sankaku.api+json;v=2"


@dataclass(frozen=True, slots=True)
class Sankaku:
    """Walks by the token that each page has for the next one.

    Lists tell no kinds of tags: those come by the post, and so does a file's new address when the old one
    has expired. An account is given as the token that the site's own sign-in hands out.
    """

    site: h.Site
    pace: ClassVar[h.Pace] = h.Pace(api=2.0, files=2.0, parallel=1)
    auth: ClassVar[h.Auth] = h.Auth(h.AuthKind.LOGIN, {"Authorization: Bearer": "access_token"})
    narrows: ClassVar[frozenset[str]] = frozenset()

    def search(self, query: Query) -> Request:
        wanted = [reading.underscored(name) for name in (*query.names, *query.want)]
        terms = wanted[: int(self.site.options.get("tag_limit", TERMS))]
        return self._posts(Ask.SEARCH, " ".join(terms), PER_PAGE, {})

    def resolve(self, name: str) -> Request:
        asked = reading.underscored(name)
        return self._lookup({"name": asked, "asked": asked, "how": "exact"})

    def detail(self, candidate: Candidate) -> Request:
        """The post's tags where only their kinds are missing, else its record with the files' addresses."""
        number, claims = candidate.post_id, candidate.claims
        if candidate.incomplete != {"tags"}:
            params = {"page": "1", "limit": "1", "tags": f"id_range:{number}"}
            return self._ask(Ask.DETAIL, "v2/posts", params, {"id": number})
        tags = sorted(name for names in (claims.tags or {}).values() for name in names)
        return self._kinds(Ask.DETAIL, number, {"tags": tags, "rating": claims.rating})

    def parse(self, request: Request, reply: Reply) -> Page:
        _refuse(reply)
        found = reading.value(reply)
        if isinstance(found, dict) and found.get("success") is False:
            _complain(reading.text(found, "code") or "no reason given")
        rows = _rows(found)
        match request.ask, "of" in request.state:
            case Ask.RESOLVE, True:
                return _named(request.state, sankaku_posts.kinds(rows))
            case Ask.RESOLVE, False:
                return self._looked(request.state, rows)
            case Ask.DETAIL, True:
                return self._sorted(request.state, sankaku_posts.kinds(rows))
            case Ask.DETAIL, False:
                return self._single(request.state["id"], rows)
            case _:
                return self._listing(request, found, rows)

    def _posts(self, ask: Ask, tags: str, limit: int, state: dict[str, Any]) -> Request:
        return self._ask(ask, "v2/posts/keyset", {"limit": str(limit), "tags": tags}, state)

    def _kinds(self, ask: Ask, number: str, state: dict[str, Any]) -> Request:
        params = {"page": "1", "limit": str(MOST_TAGS)}
        path = f"posts/{quote(number, safe='')}/tags"
        return self._ask(ask, path, params, {**state, "of": number})

    def _ask(
        self, ask: Ask, path: str, params: Mapping[str, str], state: Mapping[str, Any]
    ) -> Request:
        url, pairs = reading.below(self.site.url, path), tuple({"lang": "en", **params}.items())
        headers = (("Accept", ACCEPT), ("Origin", sankaku_posts.home(self.site)))
        return Request(self.site.name, url, pairs, ask=ask, headers=headers, state=state)

    def _listing(self, request: Request, found: object, rows: Sequence[Row]) -> Page:
        """A page without a token for the next one is the last."""
        posts = tuple(sankaku_posts.candidate(self.site, row) for row in rows)
        meta = reading.inner(found, "meta") if isinstance(found, dict) else {}
        asked, token = dict(request.params), reading.text(meta, "next")
        if not posts or token in {None, asked.get("next")}:
            return Page(posts, end=True)
        params = {**asked, "next": str(token)}
        return Page(posts, (self._ask(Ask.SEARCH, "v2/posts/keyset", params, {}),))

    def _single(self, number: str, rows: Sequence[Row]) -> Page:
        for row in rows:
            if reading.text(row, "id") == number:
                return Page((sankaku_posts.candidate(self.site, row),), end=True)
        raise h.Gone(f"there is no post {number} any more")

    def _sorted(self, state: Row, kinds: Mapping[str, str]) -> Page:
        """The post's tags by their kinds; those that were not told of stay without."""
        number, rating = state["of"], state["rating"]
        tags = sankaku_posts.grouped(kinds, state["tags"])
        claims = Facts(rating=Rating(rating) if rating else None, tags=tags)
        url = sankaku_posts.page_url(self.site, number)
        told = tuple(h.Tag(name, kind) for name, kind in kinds.items())
        return Page((Candidate(self.site.name, number, url, claims),), end=True, tags=told)

    def _lookup(self, state: dict[str, Any]) -> Request:
        """One post that has the name; there is no list of tags to look it up in."""
        return self._posts(Ask.RESOLVE, state["name"], 1, state)

    def _looked(self, state: Row, rows: Sequence[Row]) -> Page:
        """On to the kind of the name, if a post has it, else to the name the other way round."""
        name = state["name"]
        for row in rows:
            if name in (sankaku_posts.names(row) or ()):
                kinds = self._kinds(Ask.RESOLVE, reading.needed(row, "id"), {**state})
                return Page(follow=(kinds,))
        turned = "_".join(reversed(name.split("_")))
        if state["how"] != "exact" or turned == name:
            return Page(end=True)
        return Page(follow=(self._lookup({**state, "name": turned, "how": "fuzzy"}),))


def _named(state: Row, kinds: Mapping[str, str]) -> Page:
    name = state["name"]
    found = Name(name, kinds.get(name, "unknown"), how=state["how"], asked=state["asked"])
    return Page(names=(found,), end=True)


def _rows(found: object) -> list[Row]:
    """The rows of a page; a list without an object around it is one as well."""
    return reading.rows(found.get("data") if isinstance(found, dict) else found, "data")


def _complain(code: str) -> None:
    """Raise what the code of a refusal means, whatever its status."""
    if code.endswith(TOO_MANY):
        raise h.Refused(
            "this site searches for fewer tags at once without an account; set tag_limit in its table"
        )
    if code.endswith(NO_TOKEN):
        raise h.NeedsKey(f"the site wants an account, or a new token of it: {code}")
    raise h.Refused(f"the site says: {code[:120]}")


def _refuse(reply: Reply) -> None:
    """What a status means. A 429 may speak of tags; one that speaks of pace tells when it ends."""
    if reply.status == 429 and TOO_MANY in reply.text:
        _complain(TOO_MANY)
    told = reply.headers.get("x-ratelimit-reset", "")
    if reply.status == 429 and told.isdecimal():
        said = "the site says 429: too many requests"
        if len(told) < LONG:
            raise h.Busy(said, after=float(told))
        raise h.Busy(said, until=sankaku_posts.moment(told))
    reading.refuse(reply)
