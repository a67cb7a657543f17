"""Sites that run Danbooru (danbooru.donmai.us and others). The reference for every family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import harvester as h
from harvester import Ask, Candidate, Facts, File, Name, Page, Query, Rating, Reply, Request
from sources import reading
from sources.reading import Row

PER_PAGE, TERMS = 200, 2  # terms a visitor may search for at once; `tag_limit` says otherwise
FREE = ("-status:deleted", "filetype:jpg,png,webp,avif")  # metatags that are no terms
RATINGS = dict(zip("gsqe", Rating, strict=True))
CATEGORIES = {0: "general", 1: "artist", 3: "copyright", 4: "character", 5: "meta"}
STATUS = ("deleted", "pending", "flagged", "banned")
LOOKUPS: dict[str, tuple[str, str, dict[str, str]]] = {
    "exact": ("tags.json", "search[name]", {}),
    "alias": ("tag_aliases.json", "search[antecedent_name]", {"search[status]": "active"}),
    "autocomplete": ("autocomplete.json", "search[query]", {"search[type]": "tag_query"}),
    "qualified": ("tags.json", "search[name_matches]", {"search[order]": "count"}),
    "fuzzy": ("tags.json", "search[fuzzy_name_matches]", {"search[order]": "similarity"}),
}
"""How a name is looked up, step by step until one settles it: path, parameter, further parameters."""


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
        state = {"terms": self._terms(query), "page": 1, "keyset": keyset, "since": since}
        return self._posts(state, f"b{query.start}" if query.start and keyset else "1")

    def count(self, query: Query) -> Request:
        return self._ask(Ask.COUNT, "counts/posts.json", {"tags": " ".join(self._terms(query))})

    def resolve(self, name: str) -> Request:
        return self._lookup(reading.underscored(name), "exact")

    def detail(self, candidate: Candidate) -> Request:
        return self._ask(Ask.DETAIL, f"posts/{candidate.post_id}.json", {})

    def tags(self, names: Sequence[str]) -> Request:
        how = "name_matches" if "*" in names[0] else "name_comma"
        params = {f"search[{how}]": ",".join(map(reading.underscored, names)), "limit": "1000"}
        return self._ask(Ask.TAGS, "tags.json", params)

    def parse(self, request: Request, reply: Reply) -> Page:
        if _refuses_keyset(request, reply):
            state = {**request.state, "keyset": False}
            return Page(follow=(self._posts(state, str(state["page"])),))
        _refuse(reply)
        found = reading.value(reply)
        if request.ask is Ask.COUNT:
            counts = reading.table(reading.table(found).get("counts"), "counts")
            return Page(count=reading.number(counts, "posts"), end=True)
        rows = reading.rows(found)
        if request.ask is Ask.TAGS:
            return Page(tags=tuple(map(_tag, rows)), end=True)
        if request.ask is Ask.DETAIL:
            return Page(tuple(map(self._candidate, rows)), end=True)
        return (self._resolved if request.ask is Ask.RESOLVE else self._listing)(request, rows)

    def _terms(self, query: Query) -> list[str]:
        """The server's share: names and narrowing first, as many as it takes, free metatags always."""
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
        return sent[: int(self.site.options.get("tag_limit", TERMS))] + free

    def _posts(self, state: dict[str, Any], page: str) -> Request:
        params = {"tags": " ".join(state["terms"]), "limit": str(PER_PAGE), "page": page}
        return self._ask(Ask.SEARCH, "posts.json", params, **state)

    def _ask(self, ask: Ask, path: str, params: dict[str, str], **state: Any) -> Request:
        url = reading.below(self.site.url, path)
        return Request(self.site.name, url, tuple(params.items()), ask=ask, state=state)

    def _listing(self, request: Request, posts: list[Row]) -> Page:
        """Only an empty page ends a walk: rows are removed after the server counted them."""
        found = tuple(map(self._candidate, posts))
        if not posts or reading.is_older(found, request.state.get("since")):
            return Page(found, end=True)
        ids = [int(candidate.post_id) for candidate in found]
        state = {**request.state, "page": request.state["page"] + 1}
        if not state["keyset"]:
            return Page(found, (self._posts(state, str(state["page"])),))
        span = h.Span("id", high=str(max(ids)), low=str(min(ids)))
        return Page(found, (self._posts(state, f"b{min(ids)}"),), walked=span)

    def _candidate(self, post: Row) -> Candidate:
        number, claims = reading.identity(post, "id"), _claims(post)
        parent, has_children = reading.text(post, "parent_id"), reading.flag(post, "has_children")
        sources = tuple(reading.many(reading.text(post, "source")))
        relations = h.Relations(parent, has_children=has_children, sources=sources)
        address, files = reading.below(self.site.url, f"posts/{number}"), self._files(post, claims)
        return Candidate(self.site.name, str(number), address, claims, files, relations=relations)

    def _files(self, post: Row, claims: Facts) -> tuple[File, ...]:
        """The original, the sample and the previews; none when the post is hidden from this visitor."""
        original = reading.address(self.site.url, reading.text(post, "file_url"))
        if original is None:
            return ()
        size = claims.width, claims.height, claims.bytes, claims.format
        files = [File("original", (original,), *size, md5=claims.md5)]
        large = reading.address(self.site.url, reading.text(post, "large_file_url"))
        if large and large != original:
            files.append(File("sample", (large,)))
        asset = reading.inner(post, "media_asset")
        for variant in reading.rows(asset.get("variants") or [], "variants"):
            url = reading.address(self.site.url, reading.text(variant, "url"))
            if url and "x" in (reading.text(variant, "type") or ""):  # 180x180 and the like
                edges = reading.positive(variant, "width"), reading.positive(variant, "height")
                files.append(File("preview", (url,), *edges))
        return tuple(files)

    def _lookup(self, name: str, step: str) -> Request:
        path, parameter, further = LOOKUPS[step]
        params = {parameter: f"{name}_(*" if step == "qualified" else name, **further}
        return self._ask(Ask.RESOLVE, path, params, name=name, step=step)

    def _resolved(self, request: Request, found: list[Row]) -> Page:
        name, step = request.state["name"], request.state["step"]
        names = tuple(filter(None, (_name(row, name, step) for row in found)))
        later = list(LOOKUPS)[list(LOOKUPS).index(step) + 1 :]
        follow = tuple(self._lookup(name, step) for step in later[:1])
        return Page(names=names, follow=follow, end=not follow)


def _refuses_keyset(request: Request, reply: Reply) -> bool:
    """Servers that only imitate Danbooru refuse `page=b<id>`; there a walk goes on by number."""
    refused = reply.status in {400, 422} and "TagLimit" not in reply.text
    return refused and dict(request.params).get("page", "").startswith("b")


def _refuse(reply: Reply) -> None:
    if reply.status == 410:
        raise h.TooDeep("this site pages no further; narrow the search by id or date")
    if reply.status == 422 and "TagLimit" in reply.text:
        raise h.Refused("this site searches for fewer terms at once; set tag_limit in its table")
    reading.refuse(reply)


def _claims(post: Row) -> Facts:
    extension = reading.text(post, "file_ext")
    tags = {name: reading.split(post, f"tag_string_{name}") for name in CATEGORIES.values()}
    if not any(tags.values()):  # an imitation that fills the plain list only
        tags = {"unknown": reading.split(post, "tag_string")}
    return Facts(
        width=reading.positive(post, "image_width"),
        height=reading.positive(post, "image_height"),
        bytes=reading.positive(post, "file_size"),
        format=reading.picture_format(extension),
        media=reading.media(extension, tags.get("meta", ())),
        md5=reading.text(post, "md5"),
        pixel_hash=reading.text(reading.inner(post, "media_asset"), "pixel_hash"),
        rating=RATINGS.get((reading.text(post, "rating") or "")[:1]),
        tags=tags,
        score=reading.number(post, "score"),
        favourites=reading.number(post, "fav_count"),
        created=reading.date(post, "created_at"),
        updated=reading.date(post, "updated_at"),
        status=frozenset(word for word in STATUS if reading.flag(post, f"is_{word}")),
    )


def _name(row: Row, asked: str, step: str) -> Name | None:
    """A row of a tag, alias or autocomplete list as a name; None when no post has it."""
    if step == "alias":
        return Name(reading.needed(row, "consequent_name"), "unknown", how=step, asked=asked)
    if step == "autocomplete":
        meant = row.get("antecedent") == asked and row.get("type") != "tag-autocorrect"
        row, step = {**row, "name": row.get("value")}, "alias" if meant else step
    tag = _tag(row) if row.get("name") else None  # completions may be words that are no tags
    return Name(tag.name, tag.category, tag.count, step, asked) if tag and tag.count != 0 else None


def _tag(row: Row) -> h.Tag:
    category = CATEGORIES.get(reading.number(row, "category") or 0, "unknown")
    return h.Tag(reading.needed(row, "name"), category, reading.number(row, "post_count"))
