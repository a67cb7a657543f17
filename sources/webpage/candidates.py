"""Candidates out of what a page shows: each picture once, with its larger copy where that is told or to be asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from bs4 import BeautifulSoup

from harvester import Candidate, Facts, File, Refused, Reply, Site
from sources import markup, reading
from sources.webpage import addresses, attributes, pictures, structured, thumbnails
from sources.webpage.pictures import Shown
from sources.webpage.words import Surroundings

LARGER, AS_SHOWN = "larger_found", "larger_missing"
"""Statuses of a picture whose larger copy was guessed at and asked for: it is there, or it is not."""


@dataclass(frozen=True, slots=True)
class Read:
    """A page that was read: its mark-up, where it lies, what links on it start from, its candidates.

    `parts` are those that are parts of the page by name or size, `cards` those that it only shares itself with;
    `shows` tells whether anything in the page itself may be a picture that somebody came for.
    """

    page: BeautifulSoup
    here: str
    base: str
    candidates: tuple[Candidate, ...]
    parts: frozenset[str]
    cards: frozenset[str]
    shows: bool


def read(site: Site, reply: Reply, *, rule: str = "") -> Read:
    """What a page tells. Pictures that a browser saw loading, and that no mark-up names, come after those of the page."""
    page = markup.page(reply)
    if structured.is_opted_out(page, reply):
        raise Refused(f"{reply.url} says `noai`, so it is left alone")
    base = addresses.whole(reply.url, attributes.text(page.find("base"), "href")) or reply.url
    body = [*pictures.shown(page, base, str(site.options.get("pictures", "")))]
    known = frozenset().union(*(one.every for one in body))
    body += [Shown(url, every=frozenset({url})) for url in _seen(reply, base) if url not in known]
    around = Surroundings(page)

    def told(shown: Iterable[Shown]) -> list[Candidate]:
        return [candidate(site, reply.url, one, around, rule=rule) for one in shown]

    inside = told(_joined(body, [*structured.described(page, base)]))
    cards = told(structured.cards(page, base))
    parts = _names(told(one for one in body if not one.is_plausible))
    shows = any(one.is_plausible for one in body)
    found = tuple(_once((*inside, *cards)))
    return Read(page, reply.url, base, found, parts, _names(cards) - _names(inside), shows)


def _names(found: Iterable[Candidate]) -> frozenset[str]:
    return frozenset(one.post_id for one in found)


def _seen(reply: Reply, base: str) -> Iterator[str]:
    for one in reply.seen:
        url = addresses.whole(base, one)
        if url is not None and addresses.is_wanted(url):
            yield url


def candidate(
    site: Site, here: str, one: Shown, around: Surroundings, *, rule: str = ""
) -> Candidate:
    """One picture, by the best that is known of it.

    Where only a smaller copy is shown, the original is left to a question of its own (`url` is incomplete).
    """
    guess = None if one.original else thumbnails.original(one.url, rule)
    page = None if guess else one.page
    best = one.original or guess or one.url
    size = (one.width, one.height)
    if guess or page:
        told = size if any(size) else thumbnails.size(one.url)
        files: tuple[File, ...] = (file("sample", one.url, here, *told),)
        size = (None, None)
    else:
        files = (file("original", best, here, *size),)
        files += (file("sample", one.url, here),) if best != one.url else ()
    return Candidate(
        site=site.name,
        post_id=addresses.identity(page or best, site.url),
        page_url=page or here,
        claims=claims(site, *size),
        files=files,
        incomplete=frozenset({"url"} if guess or page else ()),
        words=tuple(dict.fromkeys((*around.words(one.tag, best), *one.words))),
        credits=one.credits,
    )


def claims(site: Site, width: int | None = None, height: int | None = None, *status: str) -> Facts:
    """What is claimed of every picture of a site, with what is known of this one."""
    assumed = {reading.ASSUMED} if site.rating_default else set()
    return Facts(
        width=width,
        height=height,
        rating=site.rating_default,
        status=frozenset({*assumed, *status}),
    )


def file(
    role: str, url: str, here: str, width: int | None = None, height: int | None = None
) -> File:
    """A file at this address, to be asked for as from the page that shows it."""
    return File(role, (url,), width, height, headers=(("Referer", here),))


def _joined(body: list[Shown], described: list[Shown]) -> Iterator[Shown]:
    """What the page shows, with what is said about the same picture elsewhere on it; then what is only said."""
    left = list(described)
    for one in body:
        same = next((other for other in left if one.every & other.every), None)
        if same is None:
            yield one
            continue
        left.remove(same)
        yield _with(one, same)
    yield from left


def _with(one: Shown, same: Shown) -> Shown:
    """A picture of the page with what is said of it elsewhere; what that calls the picture itself is the original."""
    original = one.original or (same.url if same.url != one.url else None)
    is_its_size = original in {None, same.url} and same.width is not None
    told = same if is_its_size else one
    return replace(
        one,
        original=original,
        width=told.width,
        height=told.height,
        words=(*one.words, *same.words),
        credits=(*one.credits, *same.credits),
    )


def _once(found: Iterable[Candidate]) -> list[Candidate]:
    """Each picture once, by the place that tells most of its file, with the words of all places."""
    known: dict[str, Candidate] = {}
    for one in found:
        before = known.setdefault(one.post_id, one)
        if before is one:
            continue
        best, other = (one, before) if before.incomplete and not one.incomplete else (before, one)
        known[one.post_id] = replace(
            best,
            claims=replace(
                best.claims,
                width=best.claims.width or other.claims.width,
                height=best.claims.height or other.claims.height,
            ),
            words=tuple(dict.fromkeys((*before.words, *one.words))),
            credits=tuple(dict.fromkeys((*before.credits, *one.credits))),
        )
    return list(known.values())
