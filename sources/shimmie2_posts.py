"""Posts as Shimmie's XML tells of them, and what its pages share with that, read as candidates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

from harvester import Candidate, Facts, File, Rating, Relations, Site, Word
from sources import filetypes, reading
from sources.reading import Row
from sources.shimmie2_walks import LETTERS

PREFIXES = {
    **{"artist": "artist", "character": "character", "species": "species", "meta": "meta"},
    **{"copyright": "copyright", "series": "copyright"},
}
"""Categories as far as a tag's own prefix tells them; the software knows no others."""
_ENDING = re.compile(r"\.([A-Za-z]\w{1,4})(?=$|[?#])", re.ASCII)
_HASH = re.compile(r"/_(?:thumbs|images)/([0-9a-f]{32})/")


def candidate(site: Site, post: Row, vouched: Rating | None = None) -> Candidate:
    """One post of the XML. It tells no rating and no score; `vouched` is what the search was for."""
    number, claims = str(reading.identity(post, "id")), _claims(site, post, vouched)
    url = address(site, reading.text(post, "file_url"))
    small = address(site, reading.text(post, "preview_url"))
    size = claims.width, claims.height
    files = [File("original", (url,), *size, None, claims.format, claims.md5)] if url else []
    if url and small:
        edges = reading.positive(post, "preview_width"), reading.positive(post, "preview_height")
        files.append(File("preview", (small,), *edges))
    name = reading.text(post, "file_name")
    return Candidate(
        site.name,
        number,
        page_url(site, number),
        claims,
        tuple(files),
        relations=Relations(sources=tuple(reading.many(reading.text(post, "source")))),
        words=(Word("filename", name),) if name else (),
    )


def page_url(site: Site, number: str) -> str:
    """Where a post has its page."""
    return reading.below(site.url, f"post/view/{number}")


def address(site: Site, found: str | None) -> str | None:
    """An address as the site tells it, often a relative one."""
    return reading.address(f"{site.url.rstrip('/')}/", found)


def rated(
    site: Site, letter: str | None, vouched: Rating | None
) -> tuple[Rating | None, frozenset[str]]:
    """A post's own rating, else what the search vouches for, else the site's default, and a word for that."""
    told = LETTERS.get(letter or "") or vouched
    if told or site.rating_default is None:
        return told, frozenset()
    return site.rating_default, frozenset({reading.ASSUMED})


def grouped(names: Iterable[str]) -> dict[str, tuple[str, ...]] | None:
    """Tags by the category that their prefixes tell; None when there are none."""
    table: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        table.setdefault(category(name), []).append(name)
    return {kind: tuple(listed) for kind, listed in table.items()} or None


def category(name: str) -> str:
    """What the prefix of a tag, as in `artist:somebody`, tells of it."""
    prefix, colon, rest = name.partition(":")
    return PREFIXES.get(prefix.lower(), "unknown") if colon and rest else "unknown"


def hashed(url: str | None) -> str | None:
    """The MD5 of the original, which stands in the addresses of its files."""
    found = _HASH.search(url or "")
    return found[1] if found else None


def extension(*names: str | None) -> str:
    """The first file extension among addresses and names; "" when none has any."""
    for name in names:
        if endings := _ENDING.findall(unquote(name or "")):
            return str(endings[-1]).lower()  # `index.php?q=image/5.png` has two
    return ""


def _claims(site: Site, post: Row, vouched: Rating | None) -> Facts:
    names = reading.split(post, "tags")
    ending = extension(reading.text(post, "file_url"), reading.text(post, "file_name"))
    rating, status = rated(site, reading.text(post, "rating"), vouched)
    return Facts(
        width=reading.positive(post, "width"),
        height=reading.positive(post, "height"),
        format=filetypes.picture_format(ending),
        media=filetypes.media(ending, names),
        md5=reading.digest(post, "md5"),
        rating=rating,
        tags=grouped(names),
        created=reading.date(post, "date"),
        status=status,
    )
