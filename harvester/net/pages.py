"""Asking a site for one page: its turn, the reply, the family's `parse`, and again while it is busy."""

from __future__ import annotations

from harvester.boundary import cross
from harvester.errors import Blocked, Busy, Guarded
from harvester.model import Page, Reply, Request
from harvester.net.auth import Account
from harvester.net.client import Call, Net
from harvester.net.guard import challenge
from harvester.net.retry import Again, asked_delay, retried
from harvester.ports import Source


async def ask(net: Net, source: Source, request: Request) -> Page:
    """The page this request stands for. Raises what `parse` raises; `Busy` only after the patience is spent."""
    if request.kind not in {"api", "html"}:
        raise Guarded(f"{request.site}: a page of kind {request.kind!r} is not fetched over HTTP")
    account = net.account(request.site)
    Account(request.site, source.auth, account.values).ready()
    pace = source.site.interval
    call = Call(
        account=account,
        url=request.url,
        params=request.params,
        method=request.method,
        headers=request.headers,
        cookies=request.cookies,
        body=request.body,
        interval=source.pace.api if pace is None else pace,
    )

    async def once() -> Page:
        reply, host = await _reply(net, call, request.kind)
        cross("net.replied")
        if (what := challenge(reply.status, reply.headers, reply.body)) is not None:
            raise Blocked(
                f"{request.site} answers with {what} at {host}; it is left alone, "
                "try later or from another connection"
            )
        try:
            return source.parse(request, reply)
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


async def _reply(net: Net, call: Call, kind: str) -> tuple[Reply, str]:
    """The whole reply and the host that gave it; secrets that it echoes are gone."""
    async with net.opened(call) as answer:
        body = await answer.body(net.settings.page_bytes)
    echoed = call.account.redact_bytes(body)
    return Reply(answer.status, answer.url, answer.headers, echoed, kind), answer.host
