"""What is never accepted from the network: addresses, file types, challenges, pictures whose owner said no."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from harvester.errors import Guarded
from harvester.model import Site

PORTS = {"http": 80, "https": 443}
PICTURES = frozenset({"jpeg", "png", "webp", "avif", "gif", "bmp"})
"""Formats a download may have; anything else is dropped at its first bytes."""

_AT_HOME = ("localhost", ".localhost", ".local", ".lan", ".internal", ".home.arpa")
_NAT64 = IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")


def allowed(address: str) -> bool:
    """True for an address of the public internet; addresses that wrap another are judged by the inner one."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        inner = _inner(found)
        if inner is not None:
            return allowed(str(inner))
        if found.is_site_local or found.teredo or found in _NAT64_LOCAL:
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def _inner(found: IPv6Address) -> IPv4Address | None:
    if found in _NAT64:
        return IPv4Address(int(found) & 0xFFFFFFFF)
    return found.ipv4_mapped or found.sixtofour


@dataclass(frozen=True, slots=True)
class Guard:
    """Which servers may be reached. `exempt` is the one (host, port) that may lie in a private range."""

    exempt: tuple[str, int] | None = None

    @classmethod
    def of(cls, site: Site) -> Guard:
        """A private address is allowed only where the user wrote it: the host and port of a configured site."""
        if not site.configured:
            return cls()
        parts = urlsplit(site.url)
        return cls(((parts.hostname or "").lower(), parts.port or PORTS.get(parts.scheme, 0)))

    def admits(self, host: str, port: int, address: str) -> bool:
        """May a connection to `host`:`port` be made at this resolved address?"""
        return (host.lower(), port) == self.exempt or allowed(address)

    def at_home(self, host: str, port: int) -> bool:
        """Is this the site that the user has in a private range, by its address or a name only such sites have?"""
        if (host.lower(), port) != self.exempt:
            return False
        try:
            return not allowed(str(ip_address(host)))
        except ValueError:
            return "." not in host or host.lower().endswith(_AT_HOME)

    def check(self, scheme: str, host: str, port: int) -> None:
        """Refuse what can be refused before a name is looked up."""
        if scheme not in PORTS or not host:
            raise Guarded(f"an address that begins with {scheme or 'nothing'}:// is not followed")
        try:
            ip_address(host)
        except ValueError:
            return
        if not self.admits(host, port, host):
            raise Guarded(refusal(host, port))


def refusal(host: str, port: int) -> str:
    """The sentence for a private address."""
    return (
        f"{host}:{port} is a private address and no site was configured there; "
        f'if it is yours, add a [sites.NAME] table with its family and url = "http://{host}:{port}"'
    )


_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"BM", "bmp"),
    (b"\x1aE\xdf\xa3", "webm"),
    (b"FWS", "swf"),
    (b"CWS", "swf"),
    (b"ZWS", "swf"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"Rar!", "rar"),
    (b"7z\xbc\xaf", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"%PDF", "pdf"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"8BPS", "psd"),
    (b"\xff\x0a", "jxl"),
    (b"\x00\x00\x00\x0cJXL ", "jxl"),
    (b"\x00\x00\x01\x00", "ico"),
)
_TEXT = (
    (re.compile(rb"<svg[\s>]"), "svg"),
    (re.compile(rb"<!doctype html|<html|<head|<body|<script"), "html"),
    (re.compile(rb"^<\?xml"), "xml"),
    (re.compile(rb"^[\[{]"), "json"),
)


def sniff(head: bytes) -> str | None:
    """The format that the first bytes (512 are plenty) tell, as Pillow names it in lower case; None if none."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return _boxed(head)
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:512].lower()
    return next((name for pattern, name in _TEXT if pattern.search(text)), None)


def _boxed(head: bytes) -> str:
    """AVIF, HEIF and MP4 share one container; the brands say which it is."""
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, size, 4))}
    if brands & {b"avif", b"avis"}:
        return "avif"
    if brands & {b"heic", b"heix", b"mif1", b"msf1"}:
        return "heif"
    return "mp4"


def challenge(status: int, headers: Mapping[str, str], body: bytes) -> str | None:
    """Which bot check this reply is, if it is one: such a site is left alone, never tricked."""
    server = headers.get("server", "").lower()
    if headers.get("cf-mitigated", "").lower() == "challenge":
        return "a Cloudflare challenge"
    if server.startswith("cloudflare") and status in {403, 503}:
        if b"_cf_chl_opt" in body or b"jschl-answer" in body:
            return "a Cloudflare challenge"
        if b"captcha-bypass" in body:
            return "a Cloudflare captcha"
    if server.startswith("ddos-guard") and b"/ddos-guard/js-challenge" in body:
        return "a DDoS-Guard challenge"
    return None


def opted_out(headers: Mapping[str, str]) -> bool:
    """Does the answer carry `X-Robots-Tag: noai` or `noimageai`?"""
    told = re.split(r"[\s,:;]+", headers.get("x-robots-tag", "").lower())
    return not {"noai", "noimageai"}.isdisjoint(told)
