"""The forward proxy on loopback that is the browser's only way out: whoever has no permit is refused."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from harvester.errors import Guarded
from harvester.net.guard import PORTS, Guard

Addresses = Callable[[Guard, str, int], Awaitable[list[str]]]
"""Where a host may be connected to at this moment, as the guard admits it; `Guarded` if nowhere."""

HEAD = 64 << 10
HEAD_SECONDS = 30.0
CONNECT_SECONDS = 15.0
BLOCK = 64 << 10
TLS = 0x16
"""The first byte of every TLS connection; a tunnel for anything else is none of a page's business."""

_OWN = frozenset(
    {"connection", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer"}
    | {"transfer-encoding", "content-length", "upgrade", "host", "proxy-authenticate"}
)
"""Headers of one hop, and those that say how long a body is: only GET goes through, which has none."""

_FAULTS = (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)
"""What a connection may end with; a TimeoutError is an OSError."""

HELLO = "http://permit.invalid/"
"""Answered by the proxy itself, with nothing: where a browser shows its permit first.

It does so only when it is asked for it, and lets nobody ask on behalf of a picture of another site.
"""

_SHORT = {
    200: "OK",
    403: "Forbidden",
    405: "Method Not Allowed",
    407: "Proxy Authentication Required",
}


@dataclass(slots=True)
class Permit:
    """What one page may use the proxy for: its credentials, whom it may reach, how many bytes; and what it did."""

    guard: Guard
    max_bytes: int
    user: str = field(default_factory=lambda: secrets.token_hex(8))
    password: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    bytes: int = 0
    connections: int = 0
    refused: list[str] = field(default_factory=list)
    _serving: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def is_spent(self) -> bool:
        """Has all been loaded that may be?"""
        return self.bytes >= self.max_bytes

    @property
    def key(self) -> str:
        """The Proxy-Authorization that shows it."""
        pair = f"{self.user}:{self.password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"

    def begin(self) -> None:
        """The running task serves this permit, and ends with it."""
        task: asyncio.Task[None] | None = asyncio.current_task()
        if task is not None:
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)
        self.connections += 1

    def admit(self, number: int) -> int:
        """Count so many bytes that came; how many of them may still pass. The cap ends every connection.

        A connection that is ended still gets to handle what it has read: the cap holds here.
        """
        left = max(0, self.max_bytes - self.bytes)
        self.bytes += number
        if self.is_spent:
            self.end()
        return min(number, left)

    def end(self) -> None:
        """Close every connection."""
        for task in self._serving:
            task.cancel()


@dataclass(frozen=True, slots=True)
class _Asked:
    """The head of a request to the proxy."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def where(self) -> SplitResult:
        """The address that is asked for; a tunnel is asked for a host and a port only."""
        return urlsplit(f"https://{self.target}" if self.method == "CONNECT" else self.target)


class _Answered(Exception):
    """The request is answered by the proxy itself."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Proxy:
    """Listens on a port of 127.0.0.1 that the system chooses. `strangers` counts requests without a permit."""

    def __init__(self, addresses: Addresses) -> None:
        self.strangers = 0
        self._addresses = addresses
        self._permits: dict[str, Permit] = {}
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        """Listen, unless it does; the address for the browser."""
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=HEAD)
        port = self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    async def aclose(self) -> None:
        """Stop listening and close every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=2)

    @contextmanager
    def admitting(self, guard: Guard, max_bytes: int) -> Iterator[Permit]:
        """A permit that holds for the block, and no connection longer than it."""
        permit = Permit(guard, max_bytes)
        self._permits[permit.user] = permit
        try:
            yield permit
        finally:
            del self._permits[permit.user]
            permit.end()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task: asyncio.Task[None] | None = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        # Cancelled, it ends like any other: asyncio's streams would report it as a fault.
        with suppress(*_FAULTS, asyncio.CancelledError):
            await self._answer(reader, writer)
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(HEAD_SECONDS):
            asked = _read(await reader.readuntil(b"\r\n\r\n"))
        permit = self._permit(asked)
        try:
            if permit is None:
                self.strangers += 1
                raise _Answered(407)
            permit.begin()
            await self._forward(asked, permit, reader, writer)
        except _Answered as answered:
            writer.write(_own_answer(answered.status))
            await writer.drain()

    def _permit(self, asked: _Asked) -> Permit | None:
        shown = asked.header("proxy-authorization").encode()
        for permit in self._permits.values():
            if secrets.compare_digest(permit.key.encode(), shown):
                return permit
        return None

    async def _forward(
        self,
        asked: _Asked,
        permit: Permit,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        is_tunnel = asked.method == "CONNECT"
        if not is_tunnel and asked.method != "GET":
            raise _Answered(405)
        if permit.is_spent or "prefetch" in asked.header("sec-purpose"):
            raise _Answered(403)
        if asked.target.startswith(HELLO):
            raise _Answered(200)
        try:
            there, out = await self._connected(asked.where, permit)
        except (Guarded, OSError, ValueError):
            permit.refused.append(asked.where.netloc)
            raise _Answered(403) from None
        try:
            left = None
            if is_tunnel:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                first = await reader.read(BLOCK)
                if first[:1] != bytes([TLS]):
                    permit.refused.append(asked.where.netloc)
                    return
                out.write(first)
            else:
                out.write(_request(asked))
                head = await there.readuntil(b"\r\n\r\n")
                if permit.admit(len(head)) < len(head):
                    return
                left = _length(head)
                writer.write(_closing(head))
            await _both(
                _pump(reader, out if is_tunnel else None, permit),
                _pump(there, writer, permit, left=left),
            )
        finally:
            out.close()

    async def _places(self, guard: Guard, host: str, port: int) -> list[str]:
        return [host] if _is_address(host) else await self._addresses(guard, host, port)

    async def _connected(
        self, where: SplitResult, permit: Permit
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to one of the addresses that were checked: nobody looks the name up a second time."""
        host, port = where.hostname or "", where.port or PORTS.get(where.scheme, 0)
        permit.guard.check(where.scheme, host, port)
        fault = OSError(f"{host} has no address")
        async with asyncio.timeout(CONNECT_SECONDS):
            for address in await self._places(permit.guard, host, port):
                try:
                    return await asyncio.open_connection(address, port, limit=HEAD)
                except OSError as error:
                    fault = error
        raise fault


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _read(head: bytes) -> _Asked:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    pairs = (line.partition(":") for line in lines if line)
    return _Asked(method, target, tuple((name.strip(), value.strip()) for name, _, value in pairs))


def _request(asked: _Asked) -> bytes:
    """The request as the server gets it, without anything that was meant for the proxy."""
    where = asked.where
    path = where._replace(scheme="", netloc="", fragment="").geturl() or "/"
    kept = [f"{name}: {value}" for name, value in asked.headers if name.lower() not in _OWN]
    host = where.netloc.rpartition("@")[2]
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", *kept, "Connection: close"]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _closing(head: bytes) -> bytes:
    """The head of an answer, which says that the connection ends with it."""
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    own = (b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate")
    kept = [line for line in lines if line.partition(b":")[0].strip().lower() not in own]
    return b"\r\n".join([first, *kept, b"Connection: close", b"", b""])


def _own_answer(status: int) -> bytes:
    wanted = 'Proxy-Authenticate: Basic realm="harvester"\r\n' if status == 407 else ""
    return (
        f"HTTP/1.1 {status} {_SHORT[status]}\r\n{wanted}Content-Length: 0\r\nConnection: close\r\n\r\n"
    ).encode()


def _length(head: bytes) -> int | None:
    """How long the body is, where the server says so; some keep the connection open after it."""
    first, *lines = head.lower().split(b"\r\n")
    if first.split(b" ")[1:2] in ([b"204"], [b"304"]):
        return 0
    if any(line.startswith(b"transfer-encoding:") for line in lines):
        return None
    told = [
        line.partition(b":")[2].strip() for line in lines if line.startswith(b"content-length:")
    ]
    return int(told[0]) if told and told[0].isdigit() else None


async def _pump(
    source: asyncio.StreamReader,
    target: asyncio.StreamWriter | None,
    permit: Permit,
    *,
    left: int | None = None,
) -> None:
    """Bytes from here to there (nowhere without a target), `left` of them or to the end."""
    while left != 0 and (block := await source.read(min(BLOCK, left or BLOCK))):
        left = None if left is None else left - len(block)
        admitted = permit.admit(len(block))
        if target is not None:
            target.write(block[:admitted])
            await target.drain()


async def _both(*ways: Awaitable[None]) -> None:
    """Both directions until one of them ends."""
    tasks: Sequence[asyncio.Future[None]] = [asyncio.ensure_future(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
