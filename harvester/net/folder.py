"""Answers a folder's requests from the disk: what lies there as a JSON listing, and one file into its `.part`."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO
from urllib.parse import quote, unquote_to_bytes

from harvester.boundary import cross
from harvester.errors import Busy, Gone, Guarded, Refused, Unreachable
from harvester.folders import is_folder, path_of
from harvester.model import Page, Reply, Request, Site
from harvester.net.client import Net
from harvester.net.disk import DAMAGE, Entry, Parts, Place, Seen, Unread, reason
from harvester.net.guard import PICTURES, sniff
from harvester.net.parts import HEAD, Download, Downloaded, Note, Part, discard, mark_whole, result
from harvester.ports import Source

MOST_ENTRIES = 200
MOST_TEXT = 8 << 20
"""A page of a listing ends after so many files, or bytes of texts beside them."""

TEXT = 64 << 10
"""A longer text is no caption and is not read."""

HASHED = 200 << 20
"""A larger file is no picture for a dataset, and not read for its hash."""

BLOCK = 1 << 20

UNREADABLE = (OSError, *DAMAGE)


async def ask_folder(net: Net, source: Source, request: Request) -> Page:
    """The page of a listing. Only a site that the user named as a folder is asked so, and only for this very folder."""
    site = net.site(request.site)
    if not (is_folder(site.url) and site.configured and request.url == site.url):
        raise Guarded(
            f"{request.site}: only a folder that you named as a site is read from the disk"
        )
    if request.site != source.site.name:
        raise Guarded(f"{source.site.name} may not ask for what lies in {request.site}")
    reply = await asyncio.to_thread(_listing, net, site, dict(request.params).get("after", ""))
    cross("net.replied")
    return source.parse(request, reply)


async def copied(net: Net, task: Download) -> Downloaded:
    """Copy one file of a folder into `task.part`, which is whole and durable on return; the file itself stays as it is."""
    return await asyncio.to_thread(_copied, net, task)


# ---- listings -----------------------------------------------------------------------------


def _listing(net: Net, site: Site, after: str) -> Reply:
    """Files with what their bytes say and the texts beside them; `next` is where the listing goes on."""
    place = net.disk.at(path_of(site.url))
    known = net.disk.seen.get(site.name, {})
    entries: list[dict[str, Any]] = []
    onward = ""
    size = 0
    for entry in place.entries(_parts(after)):
        if len(entries) >= MOST_ENTRIES or size >= MOST_TEXT:
            onward = entries[-1]["address"]
            break
        told = _told(place, entry, f"{site.url}/{_address(entry.parts)}", known)
        size += sum(map(len, told["beside"].values()))
        entries.append(told)
    found = {"entries": entries, "next": onward or None}
    return Reply(200, site.url, {}, json.dumps(found).encode(), "folder")


def _told(place: Place, entry: Entry, url: str, known: Mapping[str, Seen]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "path": _path(entry.parts),
        "address": _address(entry.parts),
        "bytes": entry.bytes,
        "modified": entry.modified.isoformat() if entry.modified else None,
        "format": None,
        "md5": None,
        "beside": dict(_texts(place, entry)),
        "fault": entry.fault or None,
    }
    if entry.fault:
        return told
    seen = known.get(url)
    if seen and seen.md5 and (seen.bytes, seen.modified) == (entry.bytes, entry.modified):
        return told | {"format": seen.format, "md5": seen.md5}
    try:
        with place.file(entry.parts) as file:
            return told | _looked(file, entry.bytes or 0)
    except UNREADABLE as error:
        return told | {"fault": _why(error)}


def _looked(file: BinaryIO, size: int) -> dict[str, Any]:
    """What the bytes of a file say. The hash is what finds the same file on a site."""
    head = file.read(HEAD)
    found = sniff(head)
    if found not in PICTURES or size > HASHED:
        return {"format": found}
    md5 = hashlib.md5(head, usedforsecurity=False)
    while block := file.read(BLOCK):
        md5.update(block)
    return {"format": found, "md5": md5.hexdigest()}


def _texts(place: Place, entry: Entry) -> Iterator[tuple[str, str]]:
    """The texts beside a file by their names; one that cannot be read says nothing."""
    for parts in entry.beside:
        try:
            with place.file(parts) as file:
                body = file.read(TEXT + 1)
        except UNREADABLE:
            continue
        if len(body) <= TEXT:
            yield parts[-1].encode("utf-8", "replace").decode(), _decoded(body)


def _decoded(body: bytes) -> str:
    """Text as people's programs write it: UTF-8, UTF-16 with its mark, else what Windows once wrote."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


# ---- files --------------------------------------------------------------------------------


def _copied(net: Net, task: Download) -> Downloaded:
    site, url = net.site(task.site), task.urls[0]
    root = f"{site.url}/"
    if not url.startswith(root) or not site.configured:
        raise Guarded(
            f"{task.key}: only what lies in the folder that you named is read from the disk"
        )
    try:
        place = net.disk.at(path_of(site.url))
    except Unreachable as error:
        raise Busy(str(error)) from None  # the next run looks again
    try:
        with place.file(_parts(url.removeprefix(root))) as file:
            part = Part(task.part, task.expect, keep=False)
            try:
                _filled(file, part, task)
                part.sync()
            finally:
                part.close()
    except FileNotFoundError:
        raise Gone(f"{task.key} is not in the folder any more") from None
    except UNREADABLE as error:
        discard(task.part)
        raise Refused(f"{task.key} {_why(error)}") from None
    except (Guarded, Refused):
        discard(task.part)
        raise
    mark_whole(task.part, Note(url), part.hashes)
    cross("net.whole")
    return result(task, part.hashes, url)


def _filled(file: BinaryIO, part: Part, task: Download) -> None:
    """Bytes from the file into the part, bounded and checked like those from the wire."""
    while block := file.read(BLOCK):
        if not part.hashes.bytes and (found := sniff(block[:HEAD])) not in PICTURES:
            what = f"a {found} file" if found else "no picture that is known here"
            raise Guarded(f"{task.key} is {what}; it was left where it is")
        if part.hashes.bytes + len(block) > task.max_bytes:
            raise Guarded(f"{task.key} is larger than the {task.max_bytes} bytes allowed")
        part.write(block)
        cross("net.chunk")
    if not part.hashes.bytes:
        raise Guarded(f"{task.key} is empty; it was left where it is")
    if part.hashes.difference() is not None:
        raise Refused(f"{task.key} has changed since it was listed; the next run sees it anew")


# ---- names --------------------------------------------------------------------------------


def _address(parts: Parts) -> str:
    """A place in letters that any address may hold, to the byte; dots that lead upwards are none any more."""
    return "/".join(
        part.replace(".", "%2E") if part in {".", ".."} else quote(os.fsencode(part))
        for part in parts
    )


def _parts(address: str) -> Parts:
    """The place that an address stands for."""
    if not address:
        return ()
    return tuple(os.fsdecode(unquote_to_bytes(part)) for part in address.split("/"))


def _path(parts: Parts) -> str:
    """The place as its name for people and programs. What is no text stands in an address instead, behind a `/`."""
    path = "/".join(parts)
    try:
        path.encode()
    except UnicodeEncodeError:
        return f"/{_address(parts)}"
    return path


def _why(error: BaseException) -> str:
    """The rest of a sentence that begins with a picture's name."""
    if isinstance(error, Unread):
        return str(error)
    if isinstance(error, OSError):
        return f"cannot be read: {reason(error)}"
    return f"is damaged: {reason(error)}"
