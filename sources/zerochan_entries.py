"""Zerochan's entries as candidates, its tags by what it calls their kinds, and how it spells them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

import harvester as h
from harvester import Candidate, Facts, File, Name
from sources import filetypes, markup, reading
from sources.reading import Row

KINDS = {
    "character": "character",
    "vtuber": "character",
    "series": "copyright",
    "game": "copyright",
    "mangaka": "artist",
    "studio": "artist",
    "theme": "general",
    "source": "meta",
}
"""What kinds of tags are called; of the others nobody says what they are."""

HOW = ("exact", "alias", "qualified", "autocomplete")  # how a name may be found, the surest first
_INITIAL = re.compile(r"(?<![\w'’])\w")


def spelled(name: str) -> str:
    """A name with blanks, and with capitals where it has none."""
    plain = " ".join(name.replace("_", " ").split())
    if plain != plain.lower():
        return plain
    return _INITIAL.sub(lambda letter: letter[0].upper(), plain)


def listed(site: h.Site, rows: Iterable[Row]) -> tuple[Candidate, ...]:
    """The rows of a list, each entry once. Where its file lies no list says."""
    found = (_candidate(site, row, _thumbnail(site, row), {"url"}) for row in rows)
    return tuple({one.post_id: one for one in found}.values())


def entry(site: h.Site, row: Row) -> Candidate:
    """An entry by itself; one that is shown to accounts only has no file."""
    return _candidate(site, row, _files(site, row), ())


def names(rows: Iterable[Row], asked: str) -> tuple[Name, ...]:
    """What the site completes a name to, the surest first."""
    found: dict[str, Name] = {}
    for row in rows:
        told = markup.unescaped(reading.text(row, "value") or "")
        if name := " ".join(told.split()):
            kind = KINDS.get((reading.text(row, "type") or "").lower(), "unknown")
            how = _how(name, row.get("alias"), asked)
            found.setdefault(name, Name(name, kind, reading.number(row, "total"), how, asked))
    return tuple(sorted(found.values(), key=lambda one: HOW.index(one.how)))


def _how(name: str, alias: object, asked: str) -> str:
    told, wanted = reading.underscored(name), reading.underscored(asked)
    if told == wanted:
        return "exact"
    if isinstance(alias, str) and reading.underscored(alias) == wanted:
        return "alias"
    return "qualified" if told.startswith(f"{wanted}_(") else "autocomplete"


def _candidate(
    site: h.Site, row: Row, files: tuple[File, ...], incomplete: Iterable[str]
) -> Candidate:
    number = str(reading.identity(row, "id"))
    tags = _tags(row)
    original = next((file for file in files if file.role == "original"), None)
    claims = Facts(
        width=reading.positive(row, "width"),
        height=reading.positive(row, "height"),
        bytes=reading.positive(row, "size"),
        format=original.format if original else None,
        media=filetypes.media(original.format, map(reading.underscored, tags), gifs_say_so=False)
        if original
        else None,
        md5=_md5(row),
        rating=site.rating_default,
        tags={"unknown": tags} if tags else None,
    )
    source = reading.text(row, "source")
    return Candidate(
        site.name,
        number,
        reading.below(site.url, number),
        claims,
        files,
        incomplete=frozenset(incomplete),
        relations=h.Relations(sources=(markup.unescaped(source),) if source else ()),
    )


def _tags(row: Row) -> tuple[str, ...]:
    """Every tag of an entry, the primary one among them; their kinds stand on pages for people alone.

    Without the whole list none is told, so that it hides nothing of what another reply told.
    """
    if row.get("tags") is None:
        return ()
    told = [row.get("tag"), row.get("primary"), *reading.many(row["tags"])]
    for name in told:
        if name is not None and (isinstance(name, bool) or not isinstance(name, str | int)):
            raise h.Unexpected("tags", name)
    plain = (" ".join(markup.unescaped(str(name or "")).split()) for name in told)
    return tuple(sorted({name for name in plain if name}))


def _files(site: h.Site, row: Row) -> tuple[File, ...]:
    """The original, if this visitor may see it, and what is made of it."""
    files = []
    if full := _first(site, row, ("full",)):
        size = reading.positive(row, "width"), reading.positive(row, "height")
        told = *size, reading.positive(row, "size"), _format(full), _md5(row)
        files.append(File("original", (full,), *told))
    for role, keys in (("sample", ("large", "medium")), ("preview", ("small",))):
        if url := _first(site, row, keys):
            files.append(File(role, (url,), format=_format(url)))
    return tuple(files)


def _thumbnail(site: h.Site, row: Row) -> tuple[File, ...]:
    url = _first(site, row, ("thumbnail",))
    return (File("preview", (url,), format=_format(url)),) if url else ()


def _first(site: h.Site, row: Row, keys: Sequence[str]) -> str | None:
    found = (reading.address(site.url, reading.text(row, key)) for key in keys)
    return next(filter(None, found), None)


def _format(url: str) -> str | None:
    name = urlsplit(url).path.rpartition("/")[2]
    return filetypes.picture_format(name.rpartition(".")[2]) if "." in name else None


def _md5(row: Row) -> str | None:
    return reading.digest(row, "hash" if reading.text(row, "hash") else "md5")
