"""A look at a file without keeping it: at its first bytes, broken off where the server sends more, or at all of a small one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from harvester import registry
from harvester.errors import Gone, Guarded, Refused
from harvester.model import File
from harvester.net.calls import Call
from harvester.net.client import Answer, Net, host_of
from harvester.net.download import failure
from harvester.net.guard import PICTURES, opted_out, sniff
from harvester.net.parts import HEAD, Download
from harvester.net.retry import retried
from harvester.ports import Source

T = TypeVar("T")
_Read = Callable[[Answer], Awaitable[T]]
_RANGE = (("Range", f"bytes=0-{HEAD - 1}"),)


@dataclass(frozen=True, slots=True)
class Peeked:
    """What the head of a file tells: format by its first bytes, whole length where it is said, the host it came from."""

    format: str
    bytes: int | None
    host: str


async def peek(net: Net, source: Source, file: File, *, headers: bool = True) -> Peeked:
    """Look at a file's first bytes, its addresses in order; without `headers` as if the family had none to send.

    Raises as `download` does. Whether the picture may be asked for at all is the caller's to know.
    """

    async def read(answer: Answer) -> Peeked:
        if answer.status not in {200, 206}:
            raise await failure(net, task, answer)
        found = _format(answer, await answer.head(HEAD))
        part = answer.headers.get("content-range", "").rpartition("/")[2]
        told = part if answer.status == 206 else answer.headers.get("content-length", "")
        return Peeked(found, int(told) if told.isdecimal() else None, host_of(answer.url))

    task = _task(source, file, (*(file.headers if headers else ()), *_RANGE))
    return await _first(net, task, read)


async def glance(net: Net, source: Source, file: File, *, limit: int) -> bytes:
    """A whole small file, its addresses in order; Guarded where it is longer than `limit` bytes or no picture.

    Raises as `download` does, and like `peek` leaves it to the caller whether the picture may be asked for.
    """

    async def read(answer: Answer) -> bytes:
        if answer.status != 200:
            raise await failure(net, task, answer)
        data = await answer.body(limit)
        _format(answer, data[:HEAD])
        return data

    task = _task(source, file, file.headers)
    return await _first(net, task, read)


def _task(source: Source, file: File, headers: tuple[tuple[str, str], ...]) -> Download:
    return Download(
        key=source.site.name,
        site=source.site.name,
        urls=file.urls,
        part=Path(),  # never written
        headers=headers,
        expect=file,
        interval=registry.interval(source, for_files=True),
        parallel=source.pace.parallel,
        signed=source.auth.files,
    )


async def _first(net: Net, task: Download, read: _Read[T]) -> T:
    lost = Gone(f"{task.key} has no address to fetch it from")
    for url in task.urls:
        try:
            return await _tried(net, task, url, read)
        except Gone as gone:
            lost = gone
    raise lost


async def _tried(net: Net, task: Download, url: str, read: _Read[T]) -> T:
    return await retried(
        lambda: _looked(net, task, url, read),
        budget=net.budget,
        clock=net.clock,
        patience=net.settings.patience,
        waiting=net.waiting,
    )


async def _looked(net: Net, task: Download, url: str, read: _Read[T]) -> T:
    call = Call(
        account=net.account(task.site),
        url=url,
        headers=tuple({**dict(task.headers), "Accept-Encoding": "identity"}.items()),
        interval=task.interval,
        signed=task.signed,
    )
    async with net.slot(url, task.parallel), net.opened(call) as answer:
        if opted_out(answer.headers):
            raise Refused(f"{task.key}: {answer.host} answers `noai`, so the file is left alone")
        return await read(answer)


def _format(answer: Answer, head: bytes) -> str:
    """The format of a picture by its first bytes; Guarded where they are of none."""
    found = sniff(head)
    if found is None or found not in PICTURES:
        what = f"a {found} file" if found else "no picture that is known here"
        raise Guarded(f"{answer.host} sent {what} where a picture should be")
    return found
