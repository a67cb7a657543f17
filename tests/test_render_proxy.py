"""The proxy that is the browser's only way out: whom it lets through, and what of it ends with the page."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from harvester.errors import Guarded
from harvester.net.guard import Guard
from harvester.net.proxy import Permit, Proxy
from tests.loopback import PNG, Say, Server, serving

T = TypeVar("T")
HOME = "127.0.0.1"
CLOSING = b"Connection: close\r\n"
"""What the proxy adds to the head of an answer; no byte of the page."""


async def addresses(guard: Guard, host: str, port: int) -> list[str]:
    """Every name leads to this machine."""
    if not guard.admits(host, port, HOME):
        raise Guarded(f"{host} is private")
    return [HOME]


def proxied(work: Callable[[Proxy, str], Awaitable[T]]) -> T:
    """Run `work` with a proxy and its port."""

    async def story() -> T:
        proxy = Proxy(addresses)
        url = await proxy.start()
        try:
            return await work(proxy, url.rpartition(":")[2])
        finally:
            await proxy.aclose()

    return asyncio.run(story())


async def said(port: str, text: str, more: bytes = b"") -> bytes:
    """What the proxy answers to this, to its end."""
    reader, writer = await asyncio.open_connection(HOME, int(port))
    writer.write(text.replace("\n", "\r\n").encode() + b"\r\n\r\n" + more)
    try:
        return await asyncio.wait_for(reader.read(), 30)
    finally:
        writer.close()


def at(server: Server) -> Guard:
    return Guard((HOME, server.port))


def head(server: Server, permit: Permit | None, *, method: str = "GET", path: str = "/a") -> str:
    key = f"\nProxy-Authorization: {permit.key}" if permit else ""
    return f"{method} {server.url}{path} HTTP/1.1\nHost: x.example\nX-Kept: yes{key}"


def test_whoever_has_no_permit_is_refused() -> None:
    async def work(proxy: Proxy, port: str) -> tuple[list[bytes], int]:
        with proxy.admitting(at(server), 1000):
            wrong = "\nProxy-Authorization: Basic dTpw"
            replies = [
                await said(port, head(server, None)),
                await said(port, head(server, None) + wrong),
            ]
            replies.append(await said(port, f"CONNECT {HOME}:{server.port} HTTP/1.1"))
        return replies, proxy.strangers

    with serving(Say(b"secret")) as server:
        replies, strangers = proxied(work)

        assert all(reply.startswith(b"HTTP/1.1 407 ") for reply in replies)
        assert strangers == 3
        assert server.heard == []


def test_a_question_is_handed_on_without_what_was_meant_for_the_proxy() -> None:
    async def work(proxy: Proxy, port: str) -> tuple[bytes, Permit]:
        with proxy.admitting(at(server), 10_000) as permit:
            return await said(port, head(server, permit, path="/a?b=1")), permit

    with serving(Say(b"body")) as server:
        reply, permit = proxied(work)
        [heard] = server.heard

    assert reply.startswith(b"HTTP/1.1 200 ")
    assert reply.endswith(b"\r\n\r\nbody")
    assert permit.bytes == len(reply) - len(CLOSING)
    assert heard.path == "/a?b=1"
    assert (heard.headers["X-Kept"], heard.headers["Proxy-Authorization"]) == ("yes", None)
    assert heard.headers["Host"] == f"{HOME}:{server.port}"  # never what the page claims


def test_a_permit_ends_with_its_page() -> None:
    async def work(proxy: Proxy, port: str) -> bytes:
        with proxy.admitting(at(server), 1000) as permit:
            pass
        return await said(port, head(server, permit))

    with serving(Say(b"secret")) as server:
        assert proxied(work).startswith(b"HTTP/1.1 407 ")


@pytest.mark.parametrize("method", ["POST", "PUT", "HEAD", "OPTIONS"])
def test_only_questions_pass(method: str) -> None:
    async def work(proxy: Proxy, port: str) -> bytes:
        with proxy.admitting(at(server), 1000) as permit:
            return await said(port, head(server, permit, method=method))

    with serving(Say(b"x")) as server:
        assert proxied(work).startswith(b"HTTP/1.1 405 ")
        assert server.heard == []


def test_a_private_address_is_refused_for_questions_and_tunnels() -> None:
    async def work(proxy: Proxy, port: str) -> tuple[list[bytes], Permit]:
        with proxy.admitting(Guard(), 1000) as permit:
            key = f"Proxy-Authorization: {permit.key}"
            named = f"GET http://evil.example:{server.port}/ HTTP/1.1\n{key}"
            tunnel = f"CONNECT {HOME}:{server.port} HTTP/1.1\n{key}"
            asked = [head(server, permit), named, tunnel]
            return [await said(port, text) for text in asked], permit

    with serving(Say(b"secret")) as server:
        replies, permit = proxied(work)

        assert all(reply.startswith(b"HTTP/1.1 403 ") for reply in replies)
        assert server.heard == []
    there = f"{HOME}:{server.port}"
    assert permit.refused == [there, f"evil.example:{server.port}", there]


def test_a_tunnel_carries_tls_and_nothing_else() -> None:
    async def work(proxy: Proxy, port: str) -> tuple[bytes, bytes]:
        with proxy.admitting(at(server), 10_000) as permit:
            tunnel = f"CONNECT {HOME}:{server.port} HTTP/1.1\nProxy-Authorization: {permit.key}"
            plain = await said(port, tunnel, b"GET / HTTP/1.1\r\n\r\n")
            tls = await said(port, tunnel, b"\x16\x03\x01\x00\x05hello\r\n\r\n")
            return plain, tls

    with serving(Say(b"x")) as server:
        plain, tls = proxied(work)

        assert plain == b"HTTP/1.1 200 Connection established\r\n\r\n"
        assert len(tls) > len(plain)  # the server's complaint of what is no HTTP
        assert server.heard == []


def test_no_more_bytes_come_than_a_page_may_have() -> None:
    async def work(proxy: Proxy, port: str) -> tuple[bytes, bytes, Permit]:
        with proxy.admitting(at(server), 200_000) as permit:
            text = head(server, permit)
            return await said(port, text), await said(port, text), permit

    with serving(Say(PNG)) as server:
        first, second, permit = proxied(work)

    assert len(first) <= 200_000 + len(CLOSING) < len(PNG)
    assert second.startswith(b"HTTP/1.1 403 ")
    assert permit.is_spent


def test_connections_at_once_have_no_more_bytes_than_their_page() -> None:
    async def work(proxy: Proxy, port: str) -> list[bytes]:
        with proxy.admitting(at(server), 200_000) as permit:
            return await asyncio.gather(*(said(port, head(server, permit)) for _ in range(12)))

    with serving(Say(PNG)) as server:
        replies = proxied(work)

    assert sum(len(reply) - len(CLOSING) for reply in replies if reply) <= 200_000


@pytest.mark.parametrize(
    "text", ["", "GET", "GET http://[ HTTP/1.1", "GET http://a:b/ HTTP/1.1", "X" * 70_000]
)
def test_nonsense_is_answered_with_nothing_harmful(text: str) -> None:
    async def work(proxy: Proxy, port: str) -> bytes:
        with proxy.admitting(Guard(), 1000) as permit:
            return await said(port, f"{text}\nProxy-Authorization: {permit.key}")

    assert not proxied(work).startswith(b"HTTP/1.1 2")
