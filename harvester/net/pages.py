"""Asking a site for one page: robots.txt, its turn, the reply, the family's `parse`, and again while it is busy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

from harvester import registry
from harvester.boundary import cross
from harvester.errors import Blocked, Busy, Disallowed, Guarded, Unreachable
from harvester.model import Page, Pairs, Reply, Request
from harvester.net.auth import Account
from harvester.net.calls import Call
from harvester.net.client import Net, host_of
from harvester.net.folder import ask_folder
from harvester.net.guard import PORTS, Guard, challenge
from harvester.net.render import Asking, Document, show
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
    if request.kind not in {"api", "html", "render"}:
        raise Guarded(f"{request.site}: a page of kind {request.kind!r} is not fetched over HTTP")
    if request.kind == "render" and request.method != "GET":
        raise Guarded(f"{request.site}: a form is not sent by the browser")
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
    if request.kind != "api":
        call = replace(call, admit=partial(_admit, net, call))

    async def once() -> T:
        document = await _document(net, call, request.kind)
        if request.kind == "render":
            document = await _rendered(net, call, document)
        cross("net.replied")
        try:
            return read(request, document.reply)
        except Busy as busy:
            delay = asked_delay(busy, document.reply.headers, net.clock.now())
            raise Again(document.host, busy, delay) from None

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
        raise Disallowed(f"robots.txt of {host_of(url)} does not allow {path[:200]} to programs")
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


async def _document(net: Net, call: Call, kind: str) -> Document:
    """The whole reply and the host that gave it; secrets that it echoes are gone. A challenge is `Blocked`.

    A page for people that has not changed since somebody asked for it is taken as it was then.
    """
    before = net.memory.find(call.url) if kind == "html" and _is_anybodys(call) else None
    if before is not None:
        asked = replace(call, headers=(*call.headers, *before.conditions))
        found = await _fetched(net, asked, kind)
        if found.reply.status == 304 and found.reply.url == before.reply.url:
            return replace(found, reply=before.reply)
        if found.reply.status == 304:  # redirected elsewhere by now, to a page with the same mark
            found = await _fetched(net, call, kind)
    else:
        found = await _fetched(net, call, kind)
    if kind == "html" and found.reply.status == 200 and _is_anybodys(call):
        net.memory.put(call.url, found.reply)
    return found


async def _fetched(net: Net, call: Call, kind: str) -> Document:
    """What the server answers to this very call; of a HEAD's answer there is no body, whatever its length says."""
    async with net.opened(call) as answer:
        body = b"" if call.method == "HEAD" else await answer.body(net.settings.page_bytes)
    echoed = call.account.redact_bytes(body)
    reply = Reply(answer.status, answer.url, answer.headers, echoed, kind)
    _unchallenged(call.account.site, reply, answer.host)
    return Document(reply, answer.host, answer.cookies)


def _is_anybodys(call: Call) -> bool:
    """Would everybody get this page, whoever asks? Nothing that belongs to an account is remembered."""
    plain = call.method == "GET" and not call.params and not call.cookies and call.body is None
    own = any(name.lower() == "cookie" for name, _ in call.headers)
    return plain and not own and not call.account.values


def _unchallenged(site: str, reply: Reply, host: str) -> None:
    if (what := challenge(reply.status, reply.headers, reply.body)) is not None:
        raise Blocked(
            f"{site} answers with {what} at {host}; it is left alone, "
            "try later or from another connection"
        )


async def _rendered(net: Net, call: Call, first: Document, *, keep: bool = False) -> Document:
    """The page as a browser shows it; one that failed, or is none, is no reason to start a browser."""
    if first.reply.status != 200 or not first.is_page:
        return first
    plain = replace(call, params=(), headers=(), cookies=(), signed=False)

    async def document(url: str, headers: Pairs) -> Document:
        return await _document(net, replace(plain, url=url, headers=headers), "html")

    reply = await show(net, call, first, Asking(document, partial(_admit, net, plain)), keep=keep)
    _unchallenged(call.account.site, reply, first.host)
    return replace(first, reply=reply)


async def look_again(net: Net, call: Call) -> None:
    """Render a page for the bytes of its pictures, which `net.browser.kept` has afterwards."""
    call = replace(call, admit=partial(_admit, net, call))

    async def once() -> None:
        await _rendered(net, call, await _document(net, call, "render"), keep=True)

    await retried(
        once,
        budget=net.budget,
        clock=net.clock,
        patience=net.settings.patience,
        waiting=net.waiting,
    )
