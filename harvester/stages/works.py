"""Which sets of like pictures a site puts one into: a parent with its children, one work, an artist's pool."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from harvester.model import Candidate

HOSTS = {"pximg.net": "pixiv.net", "x.com": "twitter.com"}
"""Hosts under which the same works are found."""

_WORK = re.compile(r"\d{5,}")
"""A work's number in its address; shorter ones are years and pages."""


def variants(candidate: Candidate, artists: Iterable[str] = ()) -> Iterator[str]:
    """The sets of like pictures it belongs to: a parent with its children, one work, an artist's pool."""
    relations, site = candidate.relations, candidate.site
    if relations.parent:
        yield f"{site}:{relations.parent}"
    if relations.children or relations.has_children:
        yield candidate.key
    for pool in relations.pools:
        yield from (f"{site} pool {pool} by {artist}" for artist in artists)
    yield from filter(None, map(work, relations.sources))


def work(source: str) -> str:
    """The work that a source address is of, whatever page or size of it; empty where it names none."""
    try:
        address = urlsplit(source.strip())
    except ValueError:
        return ""
    found = _WORK.findall(address.path) or _WORK.findall(address.query)
    host = ".".join((address.hostname or "").split(".")[-2:])
    return f"{HOSTS.get(host, host)} {found[-1]}" if host and found else ""
