"""A real HTTP server on 127.0.0.1 and a network that reaches it, for the tests of `net`."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar, TypeVar

from harvester.errors import Busy
from harvester.model import Auth, Pace, Page, Query, Reply, Request, Site
from harvester.net import (
    Account,
    Clock,
    Download,
    Downloaded,
    FileBudget,
    Net,
    Patience,
    Settings,
    ask,
    download,
    open_net,
)

T = TypeVar("T")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 6000
"""A picture as far as its first bytes tell; about 1.5 MB."""


@dataclass
class Say:
    """An answer. `cut` breaks the connection off after so many bytes of the body."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None


@dataclass
class Heard:
    """A request as it arrived."""

    method: str
    path: str
    headers: Message  # names in any case


class FakeClock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.time = 1_700_000_000.0
        self.slept: list[float] = []

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.time, self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)


@dataclass
class Server:
    """What a test says to it and what it heard."""

    port: int
    answer: Callable[[Heard], Say]
    heard: list[Heard] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


@contextmanager
def serving(
    *answers: Say | Callable[[Heard], Say], context: ssl.SSLContext | None = None
) -> Iterator[Server]:
    """A server that gives these answers in order, the last one again and again; with `context`, over TLS."""
    left = list(answers)

    def answer(heard: Heard) -> Say:
        now = left.pop(0) if len(left) > 1 else left[0]
        return now if isinstance(now, Say) else now(heard)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body are two packets, which it keeps 40 ms apart

        def do_GET(self) -> None:
            heard = Heard(self.command, self.path, self.headers)
            server.heard.append(heard)
            said = server.answer(heard)
            self.send_response_only(said.status)
            length = (
                {}
                if "Transfer-Encoding" in said.headers
                else {"Content-Length": str(len(said.body))}
            )
            for name, value in {**length, **said.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(said.body[: said.cut])
            self.close_connection = said.cut is not None

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_POST(self) -> None:
            self.do_GET()  # heard like any other; what a form sends is not read

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    http = Http(("127.0.0.1", 0), Handler)
    if context is not None:
        http.socket = context.wrap_socket(http.socket, server_side=True)
    server = Server(http.server_address[1], answer)
    thread = Thread(target=http.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def ranged(body: bytes, etag: str = '"1"') -> Callable[[Heard], Say]:
    """A file server that knows Range and If-Range."""

    def answer(heard: Heard) -> Say:
        asked = re.fullmatch(r"bytes=(\d+)-", heard.headers.get("Range", ""))
        if asked is None or heard.headers.get("If-Range") != etag:
            return Say(body, headers={"ETag": etag})
        begin = int(asked[1])
        if begin >= len(body):
            return Say(status=416, headers={"Content-Range": f"bytes */{len(body)}"})
        told = f"bytes {begin}-{len(body) - 1}/{len(body)}"
        return Say(body[begin:], 206, {"ETag": etag, "Content-Range": told})

    return answer


class Echo:
    """A family that hands every reply on to the test."""

    pace: ClassVar[Pace] = Pace(0, 0)
    auth: ClassVar[Auth] = Auth()
    narrows: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, site: Site, auth: Auth | None = None) -> None:
        self.site = site
        self.replies: list[Reply] = []
        self.busy: list[Busy] = []
        if auth:
            self.auth = auth  # type: ignore[misc]

    def search(self, query: Query) -> Request:
        return Request(self.site.name, self.site.url)

    def parse(self, request: Request, reply: Reply) -> Page:
        self.replies.append(reply)
        if reply.status == 429 or self.busy:
            raise self.busy.pop() if self.busy else Busy("slow down")
        return Page(end=True)


def site_at(server: Server, **over: Any) -> Site:
    """A site the user configured at this server."""
    return Site(**{"name": "here", "family": "echo", "url": server.url, "configured": True, **over})


def online(
    site: Site,
    state: Path,
    work: Callable[[Net], Awaitable[T]],
    *,
    time: FakeClock | None = None,
    account: Account | None = None,
    settings: Settings | None = None,
) -> T:
    """Run `work` with a network for this one site."""
    clock = (time or FakeClock()).clock
    budget = FileBudget(state / "pace.db", clock=clock)

    async def story() -> T:
        net = open_net(
            [site],
            contact="mailto:me@example.org",
            budget=budget,
            credentials={site.name: account} if account else None,
            settings=settings or Settings(connect=2, read=2, patience=Patience(attempts=3)),
            clock=clock,
        )
        try:
            return await work(net)
        finally:
            await net.aclose()

    try:
        return asyncio.run(story())
    finally:
        budget.close()


def asked(server: Server, state: Path, path: str = "/", **over: Any) -> Reply:
    """Ask this server for one page; the last reply that the family saw."""
    site = over.pop("site", None) or site_at(server)
    source = over.pop("source", None) or Echo(site)
    request = Request(site.name, server.url + path, params=over.pop("params", ()))
    online(site, state, lambda net: ask(net, source, request), **over)
    return source.replies[-1]


def task_for(server: Server, folder: Path, *paths: str, **over: Any) -> Download:
    """A download of these paths, alternatives in order."""
    urls = tuple(server.url + path for path in paths or ("/a.png",))
    plain = {"key": "here:1", "site": "here", "urls": urls, "part": folder / "1.part"}
    return Download(**{**plain, "interval": 0, **over})


def fetched(server: Server, folder: Path, *paths: str, **over: Any) -> Downloaded:
    """Download from this server; keywords that `online` knows go there."""
    known = {name: over.pop(name) for name in ("time", "account", "settings") if name in over}
    site = over.pop("at", None) or site_at(server)
    task = task_for(server, folder, *paths, **over)
    return online(site, folder, lambda net: download(net, task), **known)
