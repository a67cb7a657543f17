"""One file of a wiki, out of `imageinfo`: addresses, size, hash, and what its page says of it.

No thumbnail is told of: only the server knows where one lies (`iiurlwidth`), and many make it when
they are asked for its address, fifty at a time. A file is fetched whole or not at all.
"""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import quote

from bs4 import BeautifulSoup
from bs4.exceptions import ParserRejectedMarkup

from harvester import Candidate, Credit, Facts, File, Media, Site, Unexpected, Word
from sources import reading
from sources.reading import Row

SAID = "Artist|Credit|LicenseShortName|UsageTerms|LicenseUrl|ImageDescription|Categories"
WANTED = {
    "prop": "imageinfo",
    "iiprop": "url|size|sha1|mime|mediatype|timestamp|user|canonicaltitle|extmetadata",
    "iiextmetadatafilter": SAID,
}
FORMATS = {"jpg": "jpeg", "pjpeg": "jpeg", "ms-bmp": "bmp", "apng": "png"}
LONGEST = 4000  # characters of a description kept; some wikis put whole articles there


def candidate(page: Row, site: Site, api: str) -> Candidate:
    """A file page as a candidate, by its canonical title: a redirected file is told as the one it leads to.

    Without file or address it has no files, and will end as hidden.
    """
    infos = reading.rows(page.get("imageinfo") or [], "imageinfo")
    # PHP writes False for what it does not know
    info = {key: value for key, value in (infos or [{}])[0].items() if value is not False}
    title = reading.text(info, "canonicaltitle") or reading.needed(page, "title")
    claims = _claims(info, site)
    said = _said(info)
    shown = reading.address(api, reading.text(info, "descriptionurl"))
    return Candidate(
        site=site.name,
        post_id=_name(title),
        page_url=shown or _page_url(title, api),
        claims=claims,
        files=_files(info, claims, site, api),
        words=_words(said, _name(title)),
        credits=_credits(said, reading.text(info, "user")),
    )


def absent(title: str, site: Site, api: str) -> Candidate:
    """A file the wiki lists and tells nothing of."""
    return candidate({"title": title}, site, api)


def uses(page: Row, *, whole: bool) -> int | None:
    """On how many pages the reply says the file is; none is only sure where the reply is whole."""
    known = reading.rows(page.get("fileusage") or [], "fileusage")
    return len(known) if known or whole else None


def _name(title: str) -> str:
    """The title without its namespace, whatever the wiki's language calls it. File names hold no colon."""
    return title.partition(":")[2].strip() or title


def _page_url(title: str, api: str) -> str:
    page = quote(title.replace(" ", "_"), safe=":/", errors="replace")
    return f"{api.removesuffix('api.php')}index.php?title={page}"


def _claims(info: Row, site: Site) -> Facts:
    sha1 = (reading.text(info, "sha1") or "").lower()
    if sha1 and not re.fullmatch("[0-9a-f]{40}", sha1):
        raise Unexpected("sha1", sha1)
    kind = (reading.text(info, "mime") or "").lower()
    subtype = re.sub(r"^(x-|vnd\.)|\+xml$", "", kind.partition("/")[2])
    return Facts(
        width=reading.positive(info, "width"),
        height=reading.positive(info, "height"),
        bytes=reading.positive(info, "size"),
        format=FORMATS.get(subtype, subtype) or None,
        media=_media(kind, info),
        sha1=sha1 if sha1.strip("0") else None,
        rating=site.rating_default,
        created=reading.date(info, "timestamp"),
        status=frozenset({reading.ASSUMED}) if site.rating_default else frozenset(),
    )


def _media(kind: str, info: Row) -> Media | None:
    """None for what is no picture: documents, sound."""
    if kind.startswith("video/") or reading.text(info, "mediatype") == "VIDEO":
        return Media.VIDEO
    if "flash" in kind:
        return Media.FLASH
    if kind.startswith("image/"):
        return Media.ANIMATION if info.get("duration") else Media.STILL
    return None


def _files(info: Row, claims: Facts, site: Site, api: str) -> tuple[File, ...]:
    url = reading.address(api, reading.text(info, "url"))
    if url is None:
        return ()
    if "/revision/latest" in url and "format=" not in url:
        # Fandom sends WebP whatever the name says, and then neither size nor hash is true
        url += ("&" if "?" in url else "?") + "format=original"
    return (
        File(
            "original",
            (url,),
            claims.width,
            claims.height,
            claims.bytes,
            claims.format,
            sha1=claims.sha1,
            headers=_headers(site),
        ),
    )


def _headers(site: Site) -> tuple[tuple[str, str], ...]:
    referer = site.options.get("referer")
    return (("Referer", str(referer)),) if referer else ()


def _said(info: Row) -> dict[str, str]:
    """What the file's page says, as plain text."""
    told = reading.table(info.get("extmetadata") or {}, "extmetadata")
    said = {}
    for key in SAID.split("|"):
        row = reading.table(told.get(key) or {}, key)
        value = _plain(reading.text(row, "value") or "", key)
        if value:
            said[key] = value
    return said


def _plain(marked: str, key: str) -> str:
    if "<" not in marked:
        return " ".join(html.unescape(marked)[:LONGEST].split())
    try:
        # the <p> keeps a text that looks like an address or like XML from being taken for one
        soup = BeautifulSoup(f"<p>{marked[: 5 * LONGEST]}", "html.parser")
    except ParserRejectedMarkup:
        raise Unexpected(key, marked) from None
    for hidden in soup(["style", "script"]):
        hidden.decompose()
    return " ".join(soup.get_text(" ").split())[:LONGEST]


def _words(said: dict[str, str], name: str) -> tuple[Word, ...]:
    described = [Word("description", text) for text in [said.get("ImageDescription")] if text]
    categories = [one.strip() for one in said.get("Categories", "").split("|")]
    return (
        Word("filename", name),
        *described,
        *(Word("category", one) for one in categories if one),
    )


def _credits(said: dict[str, Any], uploader: str | None) -> tuple[Credit, ...]:
    """Author and licence as the file's page tells them. Who uploaded it is a source, not its author."""
    credit = Credit(
        author=said.get("Artist"),
        licence=said.get("LicenseShortName") or said.get("UsageTerms"),
        licence_url=reading.address("", said.get("LicenseUrl")),
        source=said.get("Credit") or (f"uploaded by {uploader}" if uploader else None),
    )
    return (credit,) if credit != Credit() else ()
