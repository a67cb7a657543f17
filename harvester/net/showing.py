"""The last way to a picture that is refused to our own client: the bytes with which a browser shows it on its page."""

from __future__ import annotations

import asyncio

from harvester.boundary import cross
from harvester.errors import Busy, Guarded, NeedsBrowser, Refused, Unreachable
from harvester.net.calls import Call
from harvester.net.client import Net
from harvester.net.pages import look_again
from harvester.net.parts import (
    Download,
    Downloaded,
    Note,
    Part,
    discard,
    mark_whole,
    result,
    save_note,
)

NO_WAY = (Busy, Guarded, NeedsBrowser, Refused, Unreachable)
"""Why a page may not be shown; the picture is then refused as it was. A challenge goes on as `Blocked`."""


async def as_shown(net: Net, task: Download, url: str) -> Downloaded | None:
    """The picture as its page showed it, whole and durable in `task.part`; None if it is not to be had so.

    A page is rendered once a run for this, however many of its pictures are wanted: what it showed is kept
    in a temporary file until it is taken. The caller knows that the picture may be had at all.
    """
    if not task.page:
        return None
    async with net.browser.looked.setdefault(task.page, asyncio.Lock()) as _:
        body = net.browser.kept.take(url)
        if body is None and task.page not in net.browser.shown:
            net.browser.shown.add(task.page)
            call = Call(
                account=net.account(task.site), url=task.page, interval=task.interval, signed=False
            )
            try:
                await look_again(net, call)
            except NO_WAY:
                return None
            body = net.browser.kept.take(url)
    if body is None or len(body) > task.max_bytes:
        return None
    return await asyncio.to_thread(_written, net, task, url, body)


def _written(net: Net, task: Download, url: str, body: bytes) -> Downloaded | None:
    part = Part(task.part, task.expect, keep=False)
    try:
        part.write(body)
        if part.hashes.difference():
            discard(task.part)
            return None
        part.sync()
    finally:
        part.close()
    note = Note(net.redact(url))
    save_note(task.part, note)
    mark_whole(task.part, note, part.hashes)
    cross("net.whole")
    return result(task, part.hashes, net.redact(url))
