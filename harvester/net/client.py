"""The one module that speaks HTTP: hop by hop, at the host's pace, to addresses the guard admits."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    aclosing,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from dataclasses import dataclass, replace
from functools import cache
from urllib.parse import parse_qsl, urlencode, urlsplit

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from httpx_aiohttp import AiohttpTransport

from harvester.errors import Guarded, RecipeError, Unreachable
from harvester.model import Pairs, Site
from harvester.net.auth import Account
from harvester.net.browser import Browser
from harvester.net.budget import Clock, Slots, Waiting, unheard
from harvester.net.calls import Call, Settings
from harvester.net.cookies import Way
from harvester.net.disk import Disk
from harvester.net.guard import PORTS, Guard, refusal
from harvester.net.remembered import Memory
from harvester.net.retry import Again
from harvester.net.robots import Robots
from harvester.ports import Budget

_MOVED = frozenset({301, 302, 303, 307, 308})
_KEEP_METHOD = frozenset({307, 308})


class Answer:
    """A reply whose head is here and whose body is still on the wire. Its address holds no secrets."""

    def __init__(self, response: httpx.Response, *, url: str, host: str, redact: Account) -> None:
        self._response = response
        self.status = response.status_code
        self.url = redact.redact(url)
        self.host = host
        self.cookies = tuple(response.headers.get_list("set-cookie"))
        self.headers: Mapping[str, str] = {
            name.lower(): redact.redact(value) for name, value in response.headers.items()
        }

    @property
    def encoded(self) -> bool:
        """True if the body is compressed, so that lengths and ranges say nothing about the file."""
        return self.headers.get("content-encoding", "identity").strip().lower() not in {
            "",
            "identity",
        }

    async def chunks(self, limit: int) -> AsyncGenerator[bytes, None]:
        """The decoded body in pieces; `Guarded` as soon as it is longer than `limit` bytes."""
        told = self.headers.get("content-length", "")
        if told.isdigit() and int(told) > limit:
            raise Guarded(f"{self.url} is {int(told)} bytes long, more than the {limit} allowed")
        read = 0
        with _mapped(self.host):
            async for chunk in self._response.aiter_bytes():
                read += len(chunk)
                if read > limit:
                    raise Guarded(f"{self.url} is longer than the {limit} bytes allowed")
                yield chunk

    async def body(self, limit: int) -> bytes:
        """The whole body."""
        async with aclosing(self.chunks(limit)) as chunks:
            return b"".join([chunk async for chunk in chunks])

    async def head(self, limit: int) -> bytes:
        """The first `limit` bytes of the body, or all of it; the rest stays on the wire."""
        read = bytearray()
        with _mapped(self.host):
            async for chunk in self._response.aiter_bytes():
                read += chunk
                if len(read) >= limit:
                    break
        return bytes(read[:limit])


@dataclass(frozen=True, slots=True)
class _Hop:
    """One request on the wire."""

    method: str
    url: httpx.URL
    headers: dict[str, str]
    body: bytes | None
    signed: bool  # carries secrets, which stay with its origin


class Net:
    """The network of one event loop. Everything that leaves the machine goes through `opened`.

    `waiting` is told of waits between tries; those for a turn are told by the budget.
    """

    def __init__(
        self,
        sites: Mapping[str, Site],
        accounts: Mapping[str, Account],
        budget: Budget,
        agent: str,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self.budget = budget
        self.settings = settings
        self.clock = clock
        self.robots = Robots()
        self.memory = Memory(settings.memory)
        self.disk = Disk()
        self.waiting: Waiting = unheard
        self.resolver: AbstractResolver | None = None  # None is the system's
        self._sites = sites
        self._accounts = accounts
        self._agent = agent
        self._transports: dict[Guard, AiohttpTransport] = {}
        self.browser = Browser(settings.browser, agent, self.addresses)

    async def aclose(self) -> None:
        """Close every connection and file."""
        await self.browser.aclose()
        self.disk.close()
        transports = list(self._transports.values())
        self._transports.clear()
        for transport in transports:
            await transport.aclose()

    def account(self, site: str) -> Account:
        """What this site's requests are signed with; an empty account if the user gave none."""
        return self._accounts.get(site, Account(site))

    def site(self, name: str) -> Site:
        """The site of that name."""
        if name not in self._sites:
            raise RecipeError(
                f"no site is called {name!r}; `harvest sites` lists those that are known"
            )
        return self._sites[name]

    def redact(self, text: str) -> str:
        """The text without any secret that this program knows."""
        for account in self._accounts.values():
            text = account.redact(text)
        return text

    def slot(self, url: str, parallel: int) -> AbstractAsyncContextManager[None]:
        """One of the places for files in flight at this address's host."""
        if isinstance(self.budget, Slots):
            return self.budget.slot(host_of(url), parallel)
        return nullcontext()

    async def addresses(self, guard: Guard, host: str, port: int) -> list[str]:
        """Where this host may be connected to at this moment; `Guarded` if nowhere."""
        door = _Door(guard, self.resolver or ThreadedResolver())
        return [each["host"] for each in await door.resolve(host, port, socket.AF_UNSPEC)]

    @asynccontextmanager
    async def opened(self, call: Call) -> AsyncIterator[Answer]:
        """Send a request and follow where it leads; each hop is guarded, admitted and waits for its turn."""
        guard = Guard.of(self.site(call.account.site))
        hop, way = self._first(call), Way()
        for _ in range(self.settings.redirects + 1):
            _check(guard, hop.url)
            host = host_of(str(hop.url))
            least = await call.admit(str(hop.url)) if call.admit else 0.0
            await self.budget.turn(host, max(call.interval, least))
            worn = replace(hop, headers=way.worn(hop.headers, str(hop.url)))
            async with self._sent(guard, worn, host) as response:
                target = response.headers.get("location")
                if response.status_code not in _MOVED or not target:
                    yield Answer(response, url=str(hop.url), host=host, redact=call.account)
                    return
            way.take(response.headers.get_list("set-cookie"), str(hop.url))
            hop = _next(hop, response.status_code, target, call.account)
        raise Guarded(
            f"{call.account.redact(call.url)} was redirected more than {self.settings.redirects} times"
        )

    def _first(self, call: Call) -> _Hop:
        account = call.account
        url = _url(call.url, account)
        site = self.site(account.site)
        signed = call.signed and _own(site, url)
        if call.params or (signed and account.params):
            url = _with_params(url, call.params, account.params if signed else ())
        headers = {
            "user-agent": self._agent + account.agent,
            "accept": "*/*",
            "accept-encoding": "gzip, deflate",
            **{name.lower(): value for name, value in call.headers},
        }
        if call.cookies and _own(site, url):
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in call.cookies)
        if signed:
            headers.update({name.lower(): value for name, value in account.headers})
        return _Hop(call.method, url, headers, call.body, signed)

    @asynccontextmanager
    async def _sent(self, guard: Guard, hop: _Hop, host: str) -> AsyncIterator[httpx.Response]:
        limits = self.settings
        timeout = {"connect": limits.connect, "read": limits.read, "pool": None}
        request = httpx.Request(
            hop.method,
            hop.url,
            headers=hop.headers,
            content=hop.body,
            extensions={"timeout": timeout},
        )
        try:
            async with asyncio.timeout(limits.whole):
                # The transport is used without httpx's client: that logs every address with its
                # secrets, keeps cookies over all sites and takes proxies from the environment.
                with _mapped(host):
                    response = await self._transport(guard).handle_async_request(request)
                try:
                    yield response
                finally:
                    await response.aclose()
        except TimeoutError:
            raise Again(
                host, Unreachable(f"{host} took longer than {limits.whole:.0f} s")
            ) from None

    def _transport(self, guard: Guard) -> AiohttpTransport:
        """Connections are shared by all sites but those in private ranges, which have pools of their own."""
        if guard not in self._transports:
            door = _Door(guard, self.resolver or ThreadedResolver())
            connector = aiohttp.TCPConnector(
                limit=100, resolver=door, socket_factory=door.socket, ssl=_trust()
            )
            self._transports[guard] = AiohttpTransport(
                verify=_trust(),
                client=aiohttp.ClientSession(
                    connector=connector,
                    cookie_jar=aiohttp.DummyCookieJar(),
                    trust_env=False,
                    max_line_size=1 << 15,
                    max_field_size=1 << 15,
                ),
            )
        return self._transports[guard]


@cache
def _trust() -> ssl.SSLContext:
    """Whom TLS trusts. Made once for the process: reading the certificates takes longer than a request."""
    return httpx.create_ssl_context()


def host_of(url: str) -> str:
    """The host as the budget counts it; a port of its own is a server of its own. "" if there is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # the address is refused when it is asked, with a sentence
        return ""
    host = (parts.hostname or "").rstrip(".")
    return host if port is None or port == PORTS.get(parts.scheme) else f"{host}:{port}"


def _url(text: str, account: Account) -> httpx.URL:
    try:
        return httpx.URL(text)
    except httpx.InvalidURL:
        raise Guarded(f"{account.redact(text)[:80]!r} is no usable address") from None


def _with_params(url: httpx.URL, params: Pairs, secret: Pairs) -> httpx.URL:
    """The address with more parameters; those that sign replace any of their name."""
    query = url.query.decode("ascii")
    if secret:
        names = {name for name, _ in secret}
        old = parse_qsl(query, keep_blank_values=True)
        query = urlencode([pair for pair in old if pair[0] not in names])
        params = (*(pair for pair in params if pair[0] not in names), *secret)
    return url.copy_with(query="&".join(filter(None, (query, urlencode(params)))).encode())


def _port(url: httpx.URL) -> int:
    return url.port or PORTS.get(url.scheme, 0)


def _check(guard: Guard, url: httpx.URL) -> None:
    if url.userinfo:
        raise Guarded(
            f"an address of {url.host} carries a user name; such addresses are not followed"
        )
    guard.check(url.scheme, url.host, _port(url))


def _own(site: Site, url: httpx.URL) -> bool:
    """Is this one of the site's own hosts? Secrets go nowhere else, whatever address a reply names."""
    if url.scheme != "https" and urlsplit(site.url).scheme == "https":
        return False
    for address in (site.url, site.options.get("pages", "")):
        own = (urlsplit(address).hostname or "").removeprefix("www.")
        if own and (url.host == own or url.host.endswith(f".{own}")):
            return True
    return False


def _next(hop: _Hop, status: int, target: str, account: Account) -> _Hop:
    """Where a redirect leads. Another origin gets neither credentials nor cookies nor a body."""
    url = hop.url.join(_url(target, account))
    stays = (url.host, _port(url), url.scheme) == (hop.url.host, _port(hop.url), hop.url.scheme)
    upgraded = url.host == hop.url.host and (hop.url.scheme, url.scheme) == ("http", "https")
    moved = replace(hop, url=url)
    if status not in _KEEP_METHOD and hop.method != "HEAD":
        moved = replace(moved, method="GET", body=None)
    if stays or upgraded:
        return moved
    if moved.body is not None:
        raise Guarded(f"{hop.url.host} redirects a form to {url.host}; it is not sent there")
    secret = {"authorization", "cookie", *(name.lower() for name, _ in account.headers)}
    headers = {name: value for name, value in hop.headers.items() if name not in secret}
    return replace(moved, url=_stripped(url, account), headers=headers, signed=False)


def _stripped(url: httpx.URL, account: Account) -> httpx.URL:
    """The address without the parameters that sign a request or carry a secret in their value."""
    names = {name for name, _ in account.params}
    pairs = parse_qsl(url.query.decode("ascii"), keep_blank_values=True)
    kept = [(name, v) for name, v in pairs if name not in names and account.redact(v) == v]
    clean = url if kept == pairs else url.copy_with(query=urlencode(kept).encode())
    if account.redact(str(clean)) != str(clean):
        raise Guarded("a redirect to another site holds the key in its address; it is not followed")
    return clean


class _Forbidden(OSError):
    """The address check at the socket; an OSError since only those pass through aiohttp unharmed."""


class _Door(AbstractResolver):
    """The guard inside the connection layer: on the addresses of a name, and on every socket."""

    def __init__(self, guard: Guard, inner: AbstractResolver) -> None:
        self._guard = guard
        self._inner = inner
        self._vouched: set[tuple[str, int]] = set()  # private addresses of the exempt name

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """As the inner resolver, less the addresses this name may not have; `Guarded` if none is left."""
        found = await self._inner.resolve(host, port, family)
        kept = [each for each in found if self._guard.admits(host, port, each["host"])]
        if found and not kept:
            raise Guarded(refusal(host, port))
        self._vouched |= {(each["host"], port) for each in kept}
        return kept

    def socket(self, info: aiohttp.connector.AddrInfoType) -> socket.socket:
        """The last check, on the very address that is connected to: literal ones never see a resolver."""
        family, kind, proto, _, address = info
        host, port = str(address[0]), int(address[1])
        if (host, port) not in self._vouched and not self._guard.admits(host, port, host):
            raise _Forbidden(refusal(host, port))
        return socket.socket(family, kind, proto)

    async def close(self) -> None:
        """Close the inner resolver."""
        await self._inner.close()


@contextmanager
def _mapped(host: str) -> Iterator[None]:
    """Faults of the wire become `Again`. Causes are cut off: their texts may show a whole address."""
    try:
        yield
    except (
        ValueError,
        httpx.UnsupportedProtocol,
    ):  # parsers differ in what they take for an address
        raise Guarded(f"an address at {host or 'no host'} cannot be asked") from None
    except (httpx.RequestError, aiohttp.ClientError) as error:
        cause = error.__cause__ if isinstance(error, httpx.RequestError) else error
        below = getattr(cause, "os_error", None)
        if isinstance(below, _Forbidden):
            raise Guarded(str(below)) from None
        what = type(cause or error).__name__
        why = below.strerror if isinstance(below, OSError) and below.strerror else what
        raise Again(host, Unreachable(f"{host} does not answer: {why}")) from None
