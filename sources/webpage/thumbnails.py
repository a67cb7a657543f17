"""Where the original of a picture may lie that is shown smaller: guesses, each of which has to be asked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from sources.webpage import addresses

OFF = "off"
ARROW = "->"

SIZES = frozenset({"w", "h", "width", "height", "resize", "fit", "crop", "scale", "size", "thumb"})
"""Parameters that ask for another size, each reason enough to look for the file without them."""
LOOKS = frozenset({"q", "quality", "dpr", "strip", "zoom", "auto", "ssl"})
"""Parameters that go with them."""

_THUMB = re.compile(r"^(.*)/thumb/(.+\.\w+)/[^/]*px-[^/]+$")
_SIZED = re.compile(r"-(\d{2,5})x(\d{2,5})(\.\w+)$")
_SCALED = re.compile(r"-scaled(\.\w+)$")
_REVISION = re.compile(r"(/revision/[^/]+)(?:/.*)?$")


def original(url: str, rule: str = "") -> str | None:
    """A guess at the address of the original; None where the address does not look like a smaller copy's.

    `rule` is the site's own, as `FROM -> TO`, tried before all others; `off` stops them all.
    """
    if rule.strip() == OFF:
        return None
    for guess in (lambda one: _ruled(one, rule), *_RULES):
        found = guess(url)
        if found is not None and found != url:
            return found
    return None


def size(url: str) -> tuple[int | None, int | None]:
    """Width and height that the address of a smaller copy tells, as WordPress writes them."""
    told = _SIZED.search(urlsplit(url).path)
    return (int(told[1]), int(told[2])) if told else (None, None)


def _ruled(url: str, rule: str) -> str | None:
    before, arrow, after = (part.strip() for part in rule.partition(ARROW))
    if not arrow or not before or before not in url:
        return None
    return addresses.whole(url, url.replace(before, after))


def _mediawiki(url: str) -> str | None:
    """`/thumb/a/ab/Name.png/250px-Name.png` is made of `/a/ab/Name.png`."""
    parts = urlsplit(url)
    found = _THUMB.match(parts.path)
    return urlunsplit(parts._replace(path=f"{found[1]}/{found[2]}", query="")) if found else None


def _fandom(url: str) -> str | None:
    """The revision without a size, in the format it was uploaded in."""
    parts = urlsplit(url)
    if not _REVISION.search(parts.path):
        return None
    kept = [pair for pair in parse_qsl(parts.query) if pair[0] in {"cb", "path-prefix"}]
    query = urlencode([*kept, ("format", "original")])
    return urlunsplit(parts._replace(path=_REVISION.sub(r"\1", parts.path), query=query))


def _wordpress(url: str) -> str | None:
    """`name-300x400.jpg` and `name-scaled.jpg` are made of `name.jpg`."""
    parts = urlsplit(url)
    if not addresses.is_picture(url):
        return None
    path = _SCALED.sub(r"\1", _SIZED.sub(r"\3", parts.path))
    return urlunsplit(parts._replace(path=path)) if path != parts.path else None


def _nextjs(url: str) -> str | None:
    """Next.js makes smaller copies of the picture whose address stands in the query."""
    parts = urlsplit(url)
    if not parts.path.endswith("/_next/image"):
        return None
    return addresses.whole(url, dict(parse_qsl(parts.query)).get("url"))


def _queried(url: str) -> str | None:
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    if not any(name.lower() in SIZES for name, _ in pairs):
        return None
    kept = [pair for pair in pairs if pair[0].lower() not in SIZES | LOOKS]
    return urlunsplit(parts._replace(query=urlencode(kept, errors="replace")))


_RULES: tuple[Callable[[str], str | None], ...] = (
    _mediawiki,
    _fandom,
    _nextjs,
    _wordpress,
    _queried,
)
