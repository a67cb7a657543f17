"""One file from the network into its `.part`: resumed, bounded, checked and durable."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing

from harvester.boundary import cross
from harvester.errors import Blocked, Busy, Gone, Guarded, Refused, SiteError, Unreachable
from harvester.folders import is_folder
from harvester.net.calls import Call
from harvester.net.client import Answer, Net, host_of
from harvester.net.folder import copied
from harvester.net.guard import PICTURES, challenge, opted_out, sniff
from harvester.net.parts import (
    HEAD,
    Download,
    Downloaded,
    Hashes,
    Note,
    Part,
    discard,
    disk,
    mark_whole,
    note_of,
    result,
    save_note,
    sync,
)
from harvester.net.retry import Again, retried, retry_after
from harvester.net.showing import as_shown

GROUP = 1 << 16
"""Bytes written and hashed at a time."""


class _Damaged(Exception):
    """The bytes are not those that were promised."""


class _Stale(Exception):
    """The part on disk cannot be gone on with."""


class _NotForUs(Blocked):
    """The file is refused without any challenge, as to a link from elsewhere."""


async def download(net: Net, task: Download) -> Downloaded:
    """Fetch one file into `task.part`, which is whole and durable on return; on a refusal nothing is kept."""
    if (found := await asyncio.to_thread(_found, net, task)) is not None:
        return found
    if is_folder(net.site(task.site).url):
        return await copied(net, task)
    failure: SiteError = Gone(f"{task.key} has no address to fetch it from")
    for url in task.urls:
        try:
            return await _from(net, task, url)
        except _NotForUs:
            shown = await as_shown(net, task, url)
            if shown is None:
                raise
            return shown
        except Gone as gone:
            failure = gone if isinstance(failure, Gone) else failure
        except (Guarded, Unreachable) as error:
            failure = error
    raise failure


def _found(net: Net, task: Download) -> Downloaded | None:
    """A part that is whole already, because its note or a claimed hash says so."""
    if not task.part.is_file():
        return None
    with disk(task.part):
        hashes = Hashes.of(task.part, task.expect)
    note = note_of(task.part)
    noted = note is not None and note.whole == hashes.hex("sha256")
    if hashes.difference() or not (noted or hashes.claimed):
        return None
    if sniff(hashes.head) not in PICTURES or hashes.bytes > task.max_bytes:
        return None
    sync(task.part)  # the process that wrote it may have fallen just before it did
    return result(task, hashes, note.url if note else net.redact(task.urls[0]))


async def _from(net: Net, task: Download, url: str) -> Downloaded:
    """The file from one address. Damaged bytes are fetched once more from the start, then given up."""
    host = host_of(url)
    for last in (False, True):
        try:
            return await retried(
                lambda: _attempt(net, task, url),
                budget=net.budget,
                clock=net.clock,
                patience=net.settings.patience,
                waiting=net.waiting,
            )
        except _Damaged as damage:
            discard(task.part)
            if last:
                raise Guarded(
                    f"{task.key}: the file at {host} {damage}, twice; it was not kept"
                ) from None
        except (Guarded, Refused, Gone):
            discard(task.part)
            raise
    raise AssertionError


async def _attempt(net: Net, task: Download, url: str) -> Downloaded:
    """One try; a part that cannot be gone on with costs a second request within it."""
    async with net.slot(url, task.parallel):
        try:
            return await _request(net, task, url)
        except _Stale:
            discard(task.part)
            return await _request(net, task, url)


async def _request(net: Net, task: Download, url: str) -> Downloaded:
    plain = net.redact(url)
    note = note_of(task.part)
    have = 0
    headers = {**dict(task.headers), "Accept-Encoding": "identity"}
    if note and note.url == plain and note.validator and task.part.is_file():
        have = task.part.stat().st_size
    if note and have:
        headers |= {"Range": f"bytes={have}-", "If-Range": note.validator}
    call = Call(
        account=net.account(task.site),
        url=url,
        headers=tuple(headers.items()),
        interval=task.interval,
        signed=task.signed,
    )
    async with net.opened(call) as answer:
        total = await _judge(net, task, answer, have)
        if answer.status == 206 and _changed(answer, note):
            raise _Stale
        part = await asyncio.to_thread(
            Part, task.part, task.expect, keep=answer.status in {206, 416}
        )
        try:
            if answer.status == 200 or note is None:
                told = answer.headers
                note = Note(plain, told.get("etag", ""), told.get("last-modified", ""))
                save_note(task.part, note)
            if answer.status != 416:
                await _receive(answer, task, part)
            _check(answer, task, part.hashes, total)
            await asyncio.to_thread(part.sync)
        finally:
            part.close()
    mark_whole(task.part, note, part.hashes)
    cross("net.whole")
    return result(task, part.hashes, answer.url)


async def _judge(net: Net, task: Download, answer: Answer, have: int) -> int | None:
    """Raise unless this answer brings the file; the whole file's length where the answer tells it."""
    if opted_out(answer.headers):
        raise Refused(f"{task.key}: {answer.host} answers `noai`, so the file is left alone")
    if answer.status == 206:
        begin, total = _range(answer)
        if not have or begin != have or answer.encoded:
            raise _Stale
        return total
    if answer.status == 416 and have:
        told = answer.headers.get("content-range", "").strip()
        if told != f"bytes */{have}":
            raise _Stale
        return have  # nothing is missing: the process before this one fell after its last byte
    if answer.status == 200:
        told = answer.headers.get("content-length", "")
        return int(told) if told.isdigit() and not answer.encoded else None
    raise await failure(net, task, answer)


def _changed(answer: Answer, note: Note | None) -> bool:
    """Is this part of another file? Some servers overlook If-Range."""
    etag = answer.headers.get("etag", "")
    return bool(etag and note and note.etag and etag != note.etag)


def _range(answer: Answer) -> tuple[int | None, int | None]:
    """First byte and whole length that a Content-Range tells."""
    found = re.fullmatch(
        r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("content-range", "").strip()
    )
    if found is None:
        return None, None
    return int(found[1]), int(found[2]) if found[2].isdigit() else None


async def failure(net: Net, task: Download, answer: Answer) -> Exception:
    """What an answer without a file means."""
    where = f"{task.key}: {answer.host} answers {answer.status}"
    body = await answer.body(net.settings.page_bytes) if answer.status in {403, 503} else b""
    if (what := challenge(answer.status, answer.headers, body)) is not None:
        return Blocked(f"{where} with {what}; the site is left alone, try later")
    expires = task.expect.expires
    if answer.status in {401, 403} and expires and expires.timestamp() <= net.clock.now():
        return Gone(f"{where}; the address has expired")
    if answer.status in {401, 403}:
        kind = _NotForUs if answer.status == 403 else Blocked
        return kind(f"{where}; the site is left alone, it may want an account or another address")
    if answer.status in {404, 410}:
        return Gone(f"{where}; the file is no more")
    delay = retry_after(answer.headers, net.clock.now())
    if answer.status in {429, 503}:
        return Again(answer.host, Busy(f"{where}; it is busy"), delay)
    if answer.status >= 500 or answer.status in {408, 425}:
        return Again(answer.host, Unreachable(where), delay)
    return Guarded(f"{where}, which is no file")


async def _receive(answer: Answer, task: Download, part: Part) -> None:
    """Bytes from the wire into the part, in groups; what has come before a fault is kept."""
    waiting = bytearray()
    checked = False

    def write() -> None:
        nonlocal checked
        block = bytes(waiting)
        waiting.clear()
        if not checked:
            _picture((part.hashes.head + block)[:HEAD], task, answer)
            checked = True
        part.write(block)
        cross("net.chunk")

    async with aclosing(answer.chunks(task.max_bytes - part.hashes.bytes)) as chunks:
        try:
            async for chunk in chunks:
                waiting += chunk
                if len(waiting) >= GROUP:
                    write()
        except Again:
            if len(waiting) >= HEAD:
                write()
            raise
    if waiting or not checked:
        write()


def _picture(head: bytes, task: Download, answer: Answer) -> None:
    found = sniff(head)
    if found not in PICTURES:
        what = f"a {found} file" if found else "no picture that is known here"
        raise Guarded(
            f"{task.key}: {answer.host} sent {what} where a picture should be; it was dropped"
        )


def _check(answer: Answer, task: Download, hashes: Hashes, total: int | None) -> None:
    """Length first: a short file is a fault of the wire and gone on with, a wrong one is not."""
    if total is not None and hashes.bytes < total:
        short = f"{answer.host} broke off after {hashes.bytes} of {total} bytes"
        raise Again(answer.host, Unreachable(short))
    if total is not None and hashes.bytes > total:
        raise _Damaged(f"is longer than the {total} bytes announced")
    if (difference := hashes.difference()) is not None:
        raise _Damaged(difference)
