"""Folders and ZIPs of the user's own pictures, with the texts that lie beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import unquote

import harvester as h
from harvester import Candidate, Facts, File, Media, Page, Query, Reply, Request, Word
from sources import filetypes, reading, sidecars
from sources.reading import Row

PICTURES = frozenset(
    {"jpg", "jpeg", "jpe", "jfif", "png", "webp", "avif", "gif", "bmp", "tif", "tiff"}
    | {"heic", "heif", "jxl", "psd", "svg", "mp4", "webm", "mkv", "mov", "avi", "swf"}
)
"""Endings of files that are shown as pictures, whether or not one of them can be used."""
READ = frozenset({"jpeg", "png", "webp", "avif", "gif", "bmp", "tiff", "heif", "jxl", "psd", "svg"})
"""Formats that the first bytes tell; a file that has one is a picture, whatever its name."""
MOVING = {"mp4": Media.VIDEO, "webm": Media.VIDEO, "swf": Media.FLASH}
STILL = frozenset({"jpeg", "bmp"})
"""Formats in which nothing moves."""


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """What lies there is the subject's. A listing goes on behind the last place it told of."""

    site: h.Site
    pace: ClassVar[h.Pace] = h.Pace(api=0.01, files=0.01, parallel=4)
    auth: ClassVar[h.Auth] = h.Auth()
    narrows: ClassVar[frozenset[str]] = frozenset()

    def search(self, query: Query) -> Request:
        return self._listing(query.names[0], query.start or "")

    def parse(self, request: Request, reply: Reply) -> Page:
        reading.refuse(reply)
        found = reading.table(reading.value(reply))
        entries = reading.rows(found.get("entries"), "entries")
        told = (self._candidate(entry) for entry in entries if _is_picture(entry))
        candidates = {candidate.key: candidate for candidate in told}
        asked = dict(request.params)
        onward = reading.text(found, "next")
        if onward is not None and onward == asked.get("after"):
            raise h.Unexpected("next", onward)
        follow = (self._listing(asked.get("name", ""), onward),) if onward else ()
        return Page(tuple(candidates.values()), follow, end=not follow)

    def _listing(self, name: str, after: str) -> Request:
        params = (("name", name), *((("after", after),) if after else ()))
        return Request(self.site.name, self.site.url, params, kind="folder")

    def _candidate(self, entry: Row) -> Candidate:
        address = reading.needed(entry, "address")
        url = f"{self.site.url}/{address}"
        told = sidecars.read(_texts(entry))
        assumed = not told.rated and self.site.rating_default is not None
        kind = reading.text(entry, "format") or filetypes.picture_format(_ending(address))
        claims = Facts(
            bytes=reading.positive(entry, "bytes"),
            format=kind,
            media=MOVING.get(kind or "", Media.STILL if kind in STILL else None),
            md5=reading.text(entry, "md5"),
            rating=self.site.rating_default if assumed else told.rating,
            tags=told.tags,
            updated=reading.date(entry, "modified"),
            status=frozenset({reading.ASSUMED} if assumed else ()),
        )
        original = File("original", (url,), bytes=claims.bytes, format=kind, md5=claims.md5)
        return Candidate(
            site=self.site.name,
            post_id=reading.needed(entry, "path"),
            page_url=url,
            claims=claims,
            files=(original,),
            relations=h.Relations(sources=told.sources),
            words=(self._name(address), *(Word("caption", text) for text in told.words)),
            credits=told.credits,
        )

    def _name(self, address: str) -> Word:
        """The name of the file with those of its folders, the one that the user named included."""
        home = self.site.url.rstrip("/").rpartition("/")[2]
        return Word("filename", unquote(f"{home}/{address}"))


def _is_picture(entry: Row) -> bool:
    """By its first bytes, else by its ending; a folder that could not be opened is told like one."""
    address = reading.text(entry, "address") or ""
    known = reading.text(entry, "format") in {*READ, *MOVING}
    return known or address.endswith("/") or _ending(address) in PICTURES


def _ending(address: str) -> str:
    return address.rpartition("/")[2].rpartition(".")[2].lower() if "." in address else ""


def _texts(entry: Row) -> dict[str, str]:
    """The texts beside it by name; anything else says nothing."""
    found = reading.inner(entry, "beside")
    return {name: text for name, text in found.items() if isinstance(text, str)}
