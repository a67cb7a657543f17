"""A look at the first bytes of a file: one GET for a range, broken off where the server sends more; nothing is kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harvester import registry
from harvester.errors import Gone, Guarded, Refused
from harvester.model import File
from harvester.net.calls import Call
from harvester.net.client import Net, host_of
from harvester.net.download import failure
from harvester.net.guard import PICTURES, opted_out, sniff
from harvester.net.parts import HEAD, Download
from harvester.net.retry import retried
from harvester.ports import Source


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
    task = Download(
        key=source.site.name,
        site=source.site.name,
        urls=file.urls,
        part=Path(),  # never written
        headers=file.headers if headers else (),
        expect=file,
        interval=registry.interval(source, for_files=True),
        parallel=source.pace.parallel,
        signed=source.auth.files,
    )
    lost = Gone(f"{task.key} has no address to fetch it from")
    for url in task.urls:
        try:
            return await _tried(net, task, url)
        except Gone as gone:
            lost = gone
    raise lost


async def _tried(net: Net, task: Download, url: str) -> Peeked:
    return await retried(
        lambda: _looked(net, task, url),
        budget=net.budget,
        clock=net.clock,
        patience=net.settings.patience,
        waiting=net.waiting,
    )


async def _looked(net: Net, task: Download, url: str) -> Peeked:
    ranged = {"Accept-Encoding": "identity", "Range": f"bytes=0-{HEAD - 1}"}
    call = Call(
        account=net.account(task.site),
        url=url,
        headers=tuple({**dict(task.headers), **ranged}.items()),
        interval=task.interval,
        signed=task.signed,
    )
    async with net.slot(url, task.parallel), net.opened(call) as answer:
        if opted_out(answer.headers):
            raise Refused(f"{task.key}: {answer.host} answers `noai`, so the file is left alone")
        if answer.status not in {200, 206}:
            raise await failure(net, task, answer)
        found = sniff(await answer.head(HEAD))
    host = host_of(answer.url)
    if found not in PICTURES:
        what = f"a {found} file" if found else "no picture that is known here"
        raise Guarded(f"{task.key}: {host} sent {what} where a picture should be")
    part = answer.headers.get("content-range", "").rpartition("/")[2]
    told = part if answer.status == 206 else answer.headers.get("content-length", "")
    return Peeked(found, int(told) if told.isdecimal() else None, host)
