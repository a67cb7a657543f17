"""Sites that run Philomena (derpibooru.org, furbooru.org, ponybooru.org and others)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import harvester as h
from harvester import Ask, Candidate, Page, Query, Reply, Request
from sources import philomena_images, philomena_tags, reading
from sources.philomena_tags import any_of, spelled, term, terms
from sources.reading import Row

PER_PAGE, TYPED = 50, 3  # the most rows of a page; the fewest letters that are completed
PAUSE = 600  # seconds to leave a site alone that says 429 and not for how long
API = "api/v1/json"
STEPS = ("exact", "autocomplete", "qualified", "fuzzy")
"""How a name is looked up, one request each, until one settles it; `exact` tells of aliases as well."""


@dataclass(frozen=True, slots=True)
class Philomena:
    """Walks by id (`id.lt:N`), else by page number.

    What the site's Default filter hides from visitors stays hidden; `filter_id` in its table chooses another one.
    """

    site: h.Site
    pace: ClassVar[h.Pace] = h.Pace(api=1.0, files=1.0, parallel=2)
    auth: ClassVar[h.Auth] = h.Auth(h.AuthKind.QUERY, {"key": "api_key"})
    narrows: ClassVar[frozenset[str]] = frozenset({"framing", "official", "score", "dates"})
    batch: ClassVar[int] = PER_PAGE

    def search(self, query: Query) -> Request:
        by_id = query.order == "id"
        keyset = by_id and bool(self.site.options.get("keyset", True))
        sort = "id" if by_id else "updated_at"
        state = {"terms": terms(query), "sort": sort, "keyset": keyset, "page": 1}
        return self._images(state, below=query.start if keyset else None)

    def count(self, query: Query) -> Request:
        params = {"q": ", ".join(terms(query)), "per_page": "1", **self._filter()}
        return self._ask(Ask.COUNT, f"{API}/search/images", params)

    def resolve(self, name: str) -> Request:
        return self._lookup(spelled(name), "exact")

    def detail(self, candidate: Candidate) -> Request:
        return self._ask(Ask.DETAIL, f"{API}/images/{candidate.post_id}", {})

    def tags(self, names: Sequence[str]) -> Request:
        is_pattern = names[0].endswith("*")
        return self._table(Ask.TAGS, f"{term(names[0][:-1])}*" if is_pattern else any_of(names))

    def parse(self, request: Request, reply: Reply) -> Page:
        if reply.status == 429 and "retry-after" not in reply.headers:
            raise h.Busy("the site says 429: too many requests", after=PAUSE)
        reading.refuse(reply)
        found = reading.table(reading.value(reply))
        if found.get("error"):
            raise h.Refused(f"the site says: {str(found['error'])[:120]}")
        match request.ask:
            case Ask.COUNT:
                return Page(count=reading.number(found, "total"), end=True)
            case Ask.TAGS:
                return Page(tags=tuple(map(philomena_tags.tag, _rows(found, "tags"))), end=True)
            case Ask.RESOLVE:
                return self._resolved(request, found)
            case Ask.DETAIL:
                return self._single(reading.table(found.get("image"), "image"))
            case _:
                return self._listing(request, _rows(found, "images"))

    def _filter(self) -> dict[str, str]:
        chosen = self.site.options.get("filter_id")
        return {"filter_id": str(chosen)} if chosen else {}

    def _images(self, state: dict[str, Any], below: int | str | None = None) -> Request:
        edge = [f"id.lt:{below}"] if below else []
        params = {"q": ", ".join([*state["terms"], *edge]), "sf": state["sort"], "sd": "desc"}
        params |= {"per_page": str(PER_PAGE), **self._filter()}
        if not state["keyset"]:
            params["page"] = str(state["page"])
        return self._ask(Ask.SEARCH, f"{API}/search/images", params, **state)

    def _table(self, ask: Ask, query: str, **state: Any) -> Request:
        return self._ask(
            ask, f"{API}/search/tags", {"q": query, "per_page": str(PER_PAGE)}, **state
        )

    def _ask(self, ask: Ask, path: str, params: dict[str, str], **state: Any) -> Request:
        url = reading.below(self.site.url, path)
        return Request(self.site.name, url, tuple(params.items()), ask=ask, state=state)

    def _listing(self, request: Request, images: list[Row]) -> Page:
        """Only an empty page ends a walk."""
        if not images:
            return Page(end=True)
        found = tuple(philomena_images.candidate(image, self.site) for image in images)
        ids = [int(candidate.post_id) for candidate in found]
        state = {**request.state, "page": request.state["page"] + 1}
        if not state["keyset"]:
            return Page(found, (self._images(state),))
        span = h.Span("id", high=str(max(ids)), low=str(min(ids)))
        return Page(found, (self._images(state, below=min(ids)),), walked=span)

    def _single(self, image: Row) -> Page:
        """One image by its id. Of a removed or merged one the site tells that much and its dates."""
        candidate = philomena_images.candidate(image, self.site)
        if candidate.claims.status:
            other = reading.text(image, "duplicate_of")
            reason = reading.text(image, "deletion_reason") or "for a reason it does not tell"
            told = f"merged into image {other}" if other else f"removed: {reason}"
            raise h.Gone(f"the site says that image {candidate.post_id} was {told}")
        return Page((candidate,), end=True)

    def _lookup(self, name: str, step: str) -> Request:
        if step == "autocomplete":
            params = {"vsn": "2", "term": name, "limit": "10"}
            return self._ask(Ask.RESOLVE, "autocomplete/tags", params, name=name, step=step)
        query = {
            "exact": any_of((name, name.replace("_", " "))),
            "qualified": f"{term(f'{name} (')}*",
            "fuzzy": f"{term(name)}~2",  # letters that may differ
        }
        return self._table(Ask.RESOLVE, query[step], name=name, step=step)

    def _resolved(self, request: Request, found: Row) -> Page:
        name, step = request.state["name"], request.state["step"]
        rows = _rows(found, "suggestions" if step == "autocomplete" else "tags")
        told = filter(None, (philomena_tags.name(row, name, step) for row in rows))
        names = tuple(sorted(told, key=lambda one: one.how != "alias"))  # the surest first
        later = STEPS[STEPS.index(step) + 1 :]
        if len(name) < TYPED and later[:1] == ("autocomplete",):
            later = later[1:]
        follow = tuple(self._lookup(name, step) for step in later[:1])
        return Page(names=names, follow=follow, end=not follow)


def _rows(found: Row, key: str) -> list[Row]:
    return reading.rows(found.get(key), key)
