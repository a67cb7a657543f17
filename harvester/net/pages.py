"""Asking a site for one page: robots.txt, its turn, the reply, the family's `parse`, and again while it is busy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

from harvester import registry
from harvester.boundary import cross
from harvester.errors import Blocked, Busy, Guarded, Refused, Unreachable
from harvester.model import Page, Reply, Request
from harvester.net.auth import Account
from harvester.net.calls import Call
from harvester.net.client import Net, host_of
from harvester.net.folder import ask_folder
from harvester.net.guard import PORTS, Guard, challenge
from harvester.net.retry import Again, asked_delay, retried, retry_after
from harvester.net.robots import ANYTHING, CAP, Rules, read
from harvester.ports import Source

T = TypeVar("T")


async def ask(net: Net, source: Source, request: Request) -> Page:
    """The page this request stands for. Raises what `parse` raises; `Busy` only after the patience is spent."""
    if request.kind == "folder":
        return await ask_folder(net, source, request)
    return await heard(net, source, request, source.parse)


async def heard(
    net: Net,
    source: Source,
    request: Request,
    read: Callable[[Request, Reply], T],
    *,
    signed: bool = True,
) -> T:
    """What `read` makes of the reply to this request; unsigned, it is asked as by somebody without an account."""
    if request.kind not in {"api", "html"}:
        raise Guarded(f"{request.site}: a page of kind {request.kind!r} is not fetched over HTTP")
    account = net.account(request.site)
    if signed:
        Account(request.site, registry.auth(source), account.values).ready()
    call = Call(
        account=account,
        url=request.url,
        params=request.params,
        method=request.method,
        headers=request.headers,
        cookies=request.cookies,
        body=request.body,
        interval=registry.interval(source),
        signed=signed,
    )
    if request.kind == "html":
        call = replace(call, admit=partial(_admit, net, call))

    async def once() -> T:
        reply, host = await _reply(net, call, request.kind)
        cross("net.replied")
        if (what := challenge(reply.status, reply.headers, reply.body)) is not None:
            raise Blocked(
                f"{request.site} answers with {what} at {host}; it is left alone, "
                "try later or from another connection"
            )
        try:
            return read(request, reply)
        except Busy as busy:
            delay = asked_delay(busy, reply.headers, net.clock.now())
            raise Again(host, busy, delay) from None

    return await retried(
        once,
        budget=net.budget,
        clock=net.clock,
        patience=net.settings.patience,
        waiting=net.waiting,
    )


async def _admit(net: Net, call: Call, url: str) -> float:
    """Refuse a page that robots.txt keeps from programs; the seconds between two pages that it wants."""
    parts = urlsplit(url)
    guard = Guard.of(net.site(call.account.site))
    text = parts._replace(path="/robots.txt", query="", fragment="").geturl()
    asked = Call(account=call.account, url=text, interval=call.interval, signed=False)
    # The guard is part of the key: what it refused for one site may be another's own server.
    rules = await net.robots.rules((guard, text), net.clock.now, partial(_rules, net, asked))
    if not rules.allows(url):
        path = call.account.redact(parts.path + (parts.query and f"?{parts.query}"))
        raise Refused(f"robots.txt of {host_of(url)} does not allow {path[:200]} to programs")
    home = guard.at_home(parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0))
    return 0.0 if home else rules.delay


async def _rules(net: Net, call: Call) -> Rules:
    """What a robots.txt says, asked for with the patience that pages get."""
    return await retried(
        partial(_rules_once, net, call),
        budget=net.budget,
        clock=net.clock,
        patience=net.settings.patience,
        waiting=net.waiting,
    )


async def _rules_once(net: Net, call: Call) -> Rules:
    told = f"robots.txt of {host_of(call.url)} cannot be read, so its pages are left alone"
    try:
        async with net.opened(call) as answer:
            body = await answer.head(CAP + 1)
    except Again as again:
        raise Again(again.host, Unreachable(f"{told}: {again.error}"), again.delay) from None
    except Guarded as error:
        raise Guarded(f"{told}: {error}") from None
    if (what := challenge(answer.status, answer.headers, body)) is not None:
        raise Blocked(f"{told}: {what} stands in its place; try later or from another connection")
    if answer.status == 429 or answer.status >= 500:
        delay = retry_after(answer.headers, net.clock.now())
        raise Again(answer.host, Busy(f"{told}: {answer.host} answers {answer.status}"), delay)
    return read(body) if answer.status < 300 else ANYTHING


async def _reply(net: Net, call: Call, kind: str) -> tuple[Reply, str]:
    """The whole reply and the host that gave it; secrets that it echoes are gone."""
    async with net.opened(call) as answer:
        body = await answer.body(net.settings.page_bytes)
    echoed = call.account.redact_bytes(body)
    return Reply(answer.status, answer.url, answer.headers, echoed, kind), answer.host
