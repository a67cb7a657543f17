"""One picture by itself: the page that is about it, or whether a larger copy lies where it was guessed to be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import harvester as h
from harvester import Ask, Candidate, File, Page, Reply, Request, Site
from sources import reading
from sources.webpage import addresses, candidates, thumbnails
from sources.webpage.candidates import AS_SHOWN, LARGER, Read

State = Mapping[str, Any]

WAIT = frozenset({408, 425, 429})
NOT_KNOWN = 501  # the server does not know the method, so it does not tell

_SMALLER = re.compile(
    r"[-_.]?(?:\d{2,5}x\d{2,5}|\d+px|thumb(?:nail)?s?|small|preview|sample|medium|[stm])$"
    r"|^(?:thumb(?:nail)?s?|small|preview|sample|medium|[stm])[-_.]"
)


def question(site: Site, candidate: Candidate, rule: str) -> Request:
    """Asks for what a page left out: a larger copy where the address suggests one, else the page about the picture."""
    shown = _sample(candidate)
    state: dict[str, Any] = {"post": candidate.post_id, "page": candidate.page_url}
    if (
        candidate.original is not None
    ):  # its file is lost: is it still on its page, under another address?
        return _page(site, {**state, "again": True})
    if shown is None:
        return _page(site, state)
    state |= {"shown": shown.urls[0], "size": [shown.width, shown.height]}
    guess = thumbnails.original(shown.urls[0], rule)
    if guess and addresses.identity(guess, site.url) == candidate.post_id:
        return _larger(site, guess, state)
    return _page(site, state)


def answered(site: Site, state: State, reply: Reply) -> Page:
    """The larger copy if there is one, else the picture as it is shown."""
    if reply.status in WAIT or (reply.status >= 500 and reply.status != NOT_KNOWN):
        reading.refuse(reply)
    if not _is_there(state["guess"], reply):
        return _as_shown(site, state)
    here = state["page"]
    files = (
        candidates.file("original", state["guess"], here),
        candidates.file("sample", state["shown"], here, *state["size"]),
    )
    claims = candidates.claims(site, None, None, LARGER)
    return Page((Candidate(site.name, state["post"], here, claims, files),), end=True)


def told(site: Site, request: Request, found: Read, *, rule: str, render: bool) -> Page:
    """What the page about a picture shows of it. `render`: may a browser be asked where it shows nothing?"""
    state = request.state
    one = _meant(site, state, found)
    if one is None and render:
        return Page(follow=(replace(request, kind="render"),))
    if one is None and (state.get("again") or "shown" not in state):
        raise h.Gone(f"{state['page']} does not show the picture any more")
    if one is None:
        return _as_shown(site, state)
    one = replace(one, post_id=state["post"], page_url=state["page"])
    shown = _sample(one)
    guess = thumbnails.original(shown.urls[0], rule) if shown else None
    if "url" not in one.incomplete:
        return Page((one,), end=True)
    if shown is None or guess is None:
        return _as_shown(site, state)
    asked = {**state, "shown": shown.urls[0], "size": [shown.width, shown.height]}
    return Page((one,), follow=(_larger(site, guess, asked),))


def _page(site: Site, state: State) -> Request:
    kind = "render" if site.options.get("render") is True else "html"
    return Request(site.name, state["page"], ask=Ask.DETAIL, kind=kind, state=state)


def _larger(site: Site, guess: str, state: State) -> Request:
    """Is there a picture at this address? Its head alone is asked for, so that no byte of it comes."""
    headers = (("Referer", state["page"]),)
    asked = {**state, "guess": guess}
    return Request(site.name, guess, ask=Ask.DETAIL, method="HEAD", headers=headers, state=asked)


def _is_there(guess: str, reply: Reply) -> bool:
    """A picture under that very name: some servers send another one, or a page, for what they do not have."""
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_kind = kind.startswith("image/") or kind in {
        "application/octet-stream",
        "binary/octet-stream",
    }
    is_empty = reply.headers.get("content-length") == "0"
    try:
        is_same = addresses.file_name(reply.url) == addresses.file_name(guess)
    except ValueError:  # an address that cannot be taken apart is another one
        is_same = False
    return reply.status == 200 and is_kind and "svg" not in kind and not is_empty and is_same


def _as_shown(site: Site, state: State) -> Page:
    """The picture as a page shows it is all there is."""
    here, size = state["page"], state["size"]
    claims = candidates.claims(site, *size, AS_SHOWN)
    shown = candidates.file("original", state["shown"], here, *size)
    return Page((Candidate(site.name, state["post"], here, claims, (shown,)),), end=True)


def _meant(site: Site, state: State, found: Read) -> Candidate | None:
    """Which picture of the page is the one asked for; what leads on to further pages is about others."""
    same = next((one for one in found.candidates if one.post_id == state["post"]), None)
    if same is not None or state["post"] != addresses.identity(state["page"], site.url):
        return same
    mine = [one for one in found.candidates if one.original or one.page_url == found.here]
    stem = _stem(state.get("shown", ""))
    return max(mine, key=lambda one: _likeness(one, stem, found), default=None)


def _likeness(one: Candidate, stem: str, found: Read) -> tuple[bool, bool, bool, bool, int]:
    """By its name, by being no part of the page, by standing in it, by having a larger copy, and by its size."""
    file = one.original or one.files[0]
    named = bool(stem) and _stem(file.urls[0]) == stem
    is_part, is_card = one.post_id in found.parts, one.post_id in found.cards
    area = (file.width or 0) * (file.height or 0)
    return named, not is_part, not is_card, len(one.files) > 1, area


def _stem(url: str) -> str:
    """A file's name without what tells its copies apart."""
    before, stem = "", addresses.file_name(url).rpartition(".")[0].lower() if url else ""
    while stem != before:
        before, stem = stem, _SMALLER.sub("", stem)
    return stem


def _sample(candidate: Candidate) -> File | None:
    return next((file for file in candidate.files if file.role == "sample" and file.urls), None)
