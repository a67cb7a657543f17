"""What a site's robots.txt says to this program: read, matched, and kept while the program runs."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass

from harvester.errors import SiteError

TOKEN = "lora-harvester"
"""Our name in a robots.txt, with which the User-Agent begins."""

CAP = 512 << 10
"""Bytes that are read, as RFC 9309 wants 500 KiB at least; what comes after them says nothing."""

KEPT = 86_400.0
"""Seconds that rules hold, the most that RFC 9309 likes."""

UNREAD = 600.0
"""Seconds after a failure in which robots.txt is not asked for again."""

SLOWEST = 60.0
"""The longest Crawl-delay that is waited for, in seconds."""

_AGENT = re.compile(r"\s*user[-\s]*agent\s*[:\s]\s*(.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rules:
    """Which addresses of one origin may be asked, and the least seconds between two requests for pages."""

    allows: Callable[[str], bool]
    delay: float = 0.0


ANYTHING = Rules(lambda url: True)


def read(body: bytes) -> Rules:
    """The rules for our name, else those for everybody. Whatever is no rule says nothing."""
    from protego import Protego

    lines = body[:CAP].decode("utf-8-sig", "replace").splitlines()
    if len(body) > CAP:
        lines = lines[:-1]  # half a rule may forbid everything
    found = Protego.parse("\n".join(map(_with_one_name, lines)))
    delay = found.crawl_delay(TOKEN) or 0.0
    return Rules(lambda url: found.can_fetch(url, TOKEN), min(delay, SLOWEST))


def _with_one_name(line: str) -> str:
    """The line, with all programs but ours under one name.

    Protego would take `lora` for us, and be kept busy for hours by some thousands of names and rules.
    """
    named = _AGENT.match(line)
    if named is None:
        return line
    name = re.split("[#/]", named[1])[0].strip().lower()
    if name.rstrip("*") == TOKEN:
        name = TOKEN
    elif name not in {"", "*"}:
        name = "others"
    return line[: named.start(1)] + name


class Robots:
    """What the origins that one network asked have said."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[float, Rules | SiteError]] = {}
        self._lines: dict[Hashable, asyncio.Lock] = {}

    async def rules(
        self, origin: Hashable, now: Callable[[], float], ask: Callable[[], Awaitable[Rules]]
    ) -> Rules:
        """An origin's rules, asked for once however many want them; a failure is everybody's as well."""
        async with self._lines.setdefault(origin, asyncio.Lock()):
            until, said = self._kept.get(origin, (0.0, None))
            if said is None or until <= now():
                said, seconds = await _said(ask)
                self._kept[origin] = now() + seconds, said
        if isinstance(said, SiteError):
            raise said.with_traceback(None)
        return said


async def _said(ask: Callable[[], Awaitable[Rules]]) -> tuple[Rules | SiteError, float]:
    """What there is to keep, and for how many seconds."""
    try:
        return await ask(), KEPT
    except SiteError as error:
        return error, UNREAD
