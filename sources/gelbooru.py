"""What the Gelbooru generations share: terms of a search, the walk by id, posts, refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import harvester as h
from harvester import Candidate, Facts, File, Page, Query, Rating, Reply
from sources import filetypes, markup, reading
from sources import gelbooru_tags as tags
from sources.reading import Row

PER_PAGE, DEEPEST = 100, 20_000  # rows that counting pages can reach
RATINGS: dict[str, Rating] = {rating.value: rating for rating in Rating}
RATINGS |= {"g": Rating.GENERAL, "s": Rating.GENERAL, "safe": Rating.GENERAL}
RATINGS |= {"q": Rating.QUESTIONABLE, "e": Rating.EXPLICIT}


def home(site: h.Site) -> str:
    """Where the site's pages for people stand; its API may have a host of its own."""
    return str(site.options.get("pages", site.url)).rstrip("/")


def page_url(site: h.Site, post_id: str) -> str:
    return f"{home(site)}/index.php?page=post&s=view&id={post_id}"


def terms(query: Query) -> list[str]:
    """As many terms as there are. Unwanted ratings are named: the words for mild ones differ by site."""
    narrow = query.narrow
    names = [*query.names, *(narrow.tags if narrow else ()), *query.want]
    told = [reading.underscored(name) for name in names]  # a blank would begin another term
    told += [f"-{reading.underscored(name)}" for name in query.avoid]
    if query.ratings:
        told += [f"-rating:{rating}" for rating in Rating if rating not in query.ratings]
    if narrow and narrow.by == "score":
        told.append(f"score:>={narrow.value}")
    return [*told, "sort:updated"] if query.order == "updated" else told


def walk(query: Query, site: h.Site) -> dict[str, Any]:
    """The state a walk begins with: by id where order and server allow it, else by page number."""
    keyset = query.order == "id" and bool(site.options.get("keyset", True))
    start = query.start if keyset and query.start and query.start.isdecimal() else None
    since = int(query.since.timestamp()) if query.since and query.order == "updated" else None
    return {"terms": terms(query), "pid": 0, "keyset": keyset, "below": start, "since": since}


def page(state: Mapping[str, Any]) -> dict[str, str]:
    """The parameters of one page of a walk."""
    below = [f"id:<{state['below']}"] if state["below"] else []
    terms = " ".join([*state["terms"], *below])
    return {"tags": terms, "limit": str(PER_PAGE), "pid": str(state["pid"])}


def onward(
    state: Mapping[str, Any], found: Sequence[Candidate]
) -> tuple[dict[str, Any] | None, h.Span | None]:
    """Where a walk goes after a page, None at its end, and what the page covered."""
    ids = [int(one.post_id) for one in found]
    if state["keyset"] and (state["below"] is None or max(ids) < int(state["below"])):
        span = h.Span("id", high=str(max(ids)), low=str(min(ids)))
        return {**state, "below": str(min(ids))}, span
    # another order than by id, or a server that pays no heed to `id:<`: page by page
    changed = [one.claims.updated.timestamp() for one in found if one.claims.updated]
    is_older = bool(state["since"] and changed and min(changed) < state["since"])
    number = state["pid"] + 1
    if is_older or number * PER_PAGE >= DEEPEST:
        return None, None
    return {**state, "keyset": False, "below": None, "pid": number}, None


def candidate(post: Row, site: h.Site, kinds: Mapping[str, str] | None = None) -> Candidate:
    """One post; `kinds` are the categories of its tags, as far as they came with it."""
    number = str(reading.identity(post, "id"))
    parent = reading.text(post, "parent_id")
    relations = h.Relations(
        parent=None if parent == "0" else parent,
        has_children=reading.flag(post, "has_children"),
        sources=tuple(reading.many(reading.text(post, "source"))),
    )
    title = markup.unescaped(reading.text(post, "title") or "").strip()
    words = (h.Word("heading", title),) if title else ()
    original = reading.address(site.url, reading.text(post, "file_url"))
    claims = _claims(post, kinds or {}, original or "")
    files, url = _files(post, site, original, claims), page_url(site, number)
    return Candidate(site.name, number, url, claims, files, relations=relations, words=words)


def _claims(post: Row, kinds: Mapping[str, str], original: str) -> Facts:
    name = reading.text(post, "image") or urlsplit(original).path
    extension = name.rpartition(".")[2] if "." in name else ""
    listed = [tag for tag in map(tags.spelled, reading.split(post, "tags")) if tag]
    status = (reading.text(post, "status") or "active").lower()
    return Facts(
        width=reading.positive(post, "width"),
        height=reading.positive(post, "height"),
        format=filetypes.picture_format(extension),
        media=filetypes.media(extension, listed),
        md5=reading.digest(post, "md5"),
        rating=RATINGS.get((reading.text(post, "rating") or "").lower()),
        tags=tags.grouped(kinds, listed) if kinds or listed else None,
        score=reading.number(post, "score"),
        created=reading.date(post, "created_at"),
        updated=reading.date(post, "change") if reading.positive(post, "change") else None,
        status=frozenset({status} - {"active"}),
    )


def _files(post: Row, site: h.Site, original: str | None, claims: Facts) -> tuple[File, ...]:
    """The original, the sample and the preview; none when the post is hidden from this visitor."""
    if original is None:
        return ()
    referer = (("Referer", f"{home(site)}/"),)  # without it a page may come instead of a file
    size = claims.width, claims.height
    files = [File("original", (original,), *size, None, claims.format, claims.md5, headers=referer)]
    for role in ("sample", "preview"):
        url = reading.address(site.url, reading.text(post, f"{role}_url"))
        if url and url != original:
            size = reading.positive(post, f"{role}_width"), reading.positive(post, f"{role}_height")
            files.append(File(role, (url,), *size, headers=referer))
    return tuple(files)


def body(reply: Reply) -> object:
    """The JSON body. A refusal may be XML or a text, whatever was asked for."""
    try:
        found: object = reading.value(reply)
    except h.Unexpected:
        if reply.text.lstrip().startswith("<"):
            complain(markup.xml(reply))
        raise
    if isinstance(found, str):
        refuse(found)
    return found


def complain(root: Element) -> None:
    """Raise what an error document means; it comes with status 200 and where JSON was asked for as well."""
    if root.tag in {"response", "error"}:
        refuse(root.get("reason") or root.text or "")


def refuse(reason: str) -> None:
    """Raise what a site's sentence means."""
    said = " ".join(reason.split())[:120] or "no reason given"
    words = said.lower()
    if "authentication" in words or "api key" in words or "api_key" in words:
        raise h.NeedsKey(f"the site wants an account: {said}")
    if "deep" in words:
        raise h.TooDeep(f"the site pages no further: {said}")
    if "down" in words:
        raise h.Busy(f"the site says: {said}")
    raise h.Refused(f"the site says: {said}")


def single(found: Sequence[Candidate], post_id: str) -> Page:
    """The page of one post that was asked for by its id."""
    told = tuple(one for one in found if one.post_id == post_id)
    if not told:
        raise h.Gone(f"there is no post {post_id} any more")
    return Page(told[:1], end=True)
