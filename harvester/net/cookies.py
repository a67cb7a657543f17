"""Cookies that a site sets on the way to one answer: given back on the further hops, and forgotten with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class _Cookie:
    name: str
    value: str = field(repr=False)
    domain: str
    port: int | None  # None is the scheme's own
    is_wide: bool = False  # meant for the hosts below its domain as well
    is_secure: bool = False

    def fits(self, url: str) -> bool:
        parts, host = urlsplit(url), urlsplit(url).hostname or ""
        here = host == self.domain or (self.is_wide and host.endswith(f".{self.domain}"))
        return here and parts.port == self.port and (parts.scheme == "https" or not self.is_secure)


class Way:
    """The cookies of one chain of redirects."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], _Cookie] = {}

    def take(self, lines: Iterable[str], url: str) -> None:
        """What the answer from `url` sets; nothing for hosts that are neither it nor above it."""
        host, port = urlsplit(url).hostname or "", urlsplit(url).port
        for line in lines:
            pair, *attributes = line.split(";")
            name, equals, value = pair.strip().partition("=")
            cookie = _Cookie(name, value, host, port)
            for attribute in attributes:
                key, _, told = attribute.strip().partition("=")
                if key.lower() == "secure":
                    cookie = replace(cookie, is_secure=True)
                domain = told.strip().lower().lstrip(".")
                if key.lower() == "domain" and domain:
                    cookie = replace(cookie, domain=domain, is_wide="." in domain)
            if equals and name and (cookie.domain == host or _is_below(host, cookie)):
                self._held[cookie.domain, name] = cookie

    def worn(self, headers: Mapping[str, str], url: str) -> dict[str, str]:
        """The headers of a request to `url` with what the way to it has set beside its own cookies."""
        found = [f"{one.name}={one.value}" for one in self._held.values() if one.fits(url)]
        told = "; ".join(filter(None, [headers.get("cookie", ""), *found]))
        return {**headers, **({"cookie": told} if told else {})}


def _is_below(host: str, cookie: _Cookie) -> bool:
    is_number = host.replace(".", "").isdigit() or ":" in host
    return cookie.is_wide and not is_number and host.endswith(f".{cookie.domain}")
