"""Addresses of pages and pictures: patterns filled in, what leads to a picture, and one name for one picture."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urldefrag, urlencode, urlsplit

from sources import reading

ENDINGS = frozenset(
    {"jpg", "jpeg", "jpe", "jfif", "png", "webp", "avif", "gif", "bmp", "tif", "tiff", "jxl"}
)
"""Endings of files that a dataset can be made of, or that a gate has to say no to."""

VOLATILE = frozenset(
    (
        *("v", "ver", "cb", "cache", "cachebuster", "_", "t", "ts", "time", "timestamp"),
        *("w", "h", "width", "height", "resize", "fit", "crop", "scale", "size", "zoom", "dpr"),
        *("thumb", "quality", "auto", "strip", "ssl", "format", "token", "expires", "signature"),
        *("sig", "itok", "policy", "key-pair-id", "path-prefix", "sid", "phpsessid", "fbclid"),
    )
)
"""Parameters that say how a picture is sent, or to whom, and not which one it is."""

ADVERTS = (
    *("doubleclick.net", "googlesyndication.com", "googleadservices.com", "google-analytics.com"),
    *("amazon-adsystem.com", "adnxs.com", "criteo.com", "scorecardresearch.com", "quantserve.com"),
    *(
        "taboola.com",
        "outbrain.com",
        "facebook.com",
        "gravatar.com",
        "stats.wp.com",
        "pixel.wp.com",
    ),
)
"""Hosts, with all below them, that show advertisements, count visitors, or keep small portraits of commenters."""

LONGEST = 4_000
"""Signs; what is longer is no address that a server would answer."""

_SIGNED = ("x-amz-", "utm_")
_REVISION = re.compile(r"/revision/[^/]+(?:/.*)?$")


def page(pattern: str, name: str, number: int) -> str:
    """A site's address with the name looked for and the page's number in their places."""
    written = quote(name, safe="", errors="replace")
    return pattern.replace("{tag}", written).replace("{page}", str(number))


def whole(base: str, found: str | None) -> str | None:
    """An address on a page, made absolute; None for what is embedded, drawn, or none at all."""
    told = reading.address(base, (found or "")[: LONGEST + 1].strip() or None)
    return None if told is None or len(told) > LONGEST else urldefrag(told)[0]


def is_picture(url: str) -> bool:
    """Does it end as a picture's file does? The page that a wiki has about a file ends so too, but for its colon."""
    name = file_name(url)
    return name.rpartition(".")[2].lower() in ENDINGS and "." in name and ":" not in name


def is_wanted(url: str) -> bool:
    """Whether there may be a picture at it that anybody looks for."""
    host = urlsplit(url).hostname or ""
    if any(host == one or host.endswith(f".{one}") for one in ADVERTS):
        return False
    return not file_name(url).lower().endswith((".svg", ".ico", ".js", ".css", ".html", ".php.txt"))


def is_same_host(one: str, other: str) -> bool:
    """Are two addresses on one host? `www.` before it is the same one."""
    return _host(urlsplit(one)) == _host(urlsplit(other))


def file_name(url: str) -> str:
    """The last part of an address as its author wrote it."""
    return unquote(_path(urlsplit(url)).rpartition("/")[2])


def identity(url: str, home: str) -> str:
    """What a picture or its page is called for good: host and path, and of the query what says which one it is.

    The site's own host is left out, and a picture's file is known by its path.
    """
    parts = urlsplit(url)
    path = quote(unquote(_path(parts)), safe="/:@!$&'()*+,;=~")
    told = "" if is_picture(url) else urlencode(_lasting(parts.query), errors="replace")
    place = "" if is_same_host(url, home) else f"//{_host(parts)}"
    return f"{place}{path or '/'}" + (f"?{told}" if told else "")


def _lasting(query: str) -> list[tuple[str, str]]:
    pairs = parse_qsl(query, keep_blank_values=True)
    return sorted((name, value) for name, value in pairs if not _is_volatile(name.lower()))


def _is_volatile(name: str) -> bool:
    return name in VOLATILE or name.startswith(_SIGNED)


def _path(parts: SplitResult) -> str:
    """The path without what Fandom writes behind a file's name."""
    return _REVISION.sub("", parts.path)


def _host(parts: SplitResult) -> str:
    """Host and port, in one spelling."""
    place = parts.netloc.rpartition("@")[2].lower()
    return place.removesuffix({"http": ":80", "https": ":443"}.get(parts.scheme, "")).removeprefix(
        "www."
    )
