"""Anime-Pictures' posts as candidates, its tags by the numbers of their kinds, its completions as names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

import harvester as h
from harvester import Candidate, Facts, File, Name, Rating, Tag
from sources import filetypes, markup, reading
from sources.reading import Row

KINDS = {
    1: "character",
    2: "general",
    3: "copyright",  # of a product
    4: "artist",
    5: "copyright",  # of a game
    6: "copyright",
    7: "general",  # an object
}
HOW = ("exact", "alias", "qualified", "autocomplete")  # how a name may be found, the surest first
PREVIEWS = {"small_preview": "preview", "medium_preview": "preview", "big_preview": "sample"}
ENGLISH = "sitelang=en"  # the one cookie that files are asked with of our own accord
_BOLD = re.compile(r"</?b>", re.IGNORECASE)


def spelled(name: str) -> str:
    """A name as the site spells it: lower case, with blanks."""
    return " ".join(name.lower().replace("_", " ").split())


def listed(site: h.Site, rows: Iterable[Row]) -> tuple[Candidate, ...]:
    """The rows of a list, each post once; one that was replaced is the post that stands for it now."""
    found: dict[str, Candidate] = {}
    for row in rows:
        other = reading.positive(row, "redirect_id")
        if other is None:
            candidate = _candidate(site, row, ())
            found[candidate.post_id] = candidate
        elif str(other) not in found:
            found[str(other)] = Candidate(
                site.name, str(other), _page(site, other), incomplete=frozenset({"tags", "url"})
            )
    return tuple(found.values())


def whole(site: h.Site, found: Row, tags: Iterable[Tag]) -> Candidate:
    """A post by itself, with its tags and where its file is asked for."""
    return _candidate(site, reading.table(found.get("post"), "post"), tags, found)


def tags(found: Row) -> tuple[Tag, ...]:
    """The tags of a post, each with its kind; without their list nobody may ask for the file."""
    rows = (reading.table(row.get("tag"), "tag") for row in reading.rows(found.get("tags"), "tags"))
    told = (
        Tag(_plain(reading.needed(row, "tag")), _kind(row, "type"), reading.number(row, "num"))
        for row in rows
    )
    return tuple({tag.name: tag for tag in told if tag.name}.values())


def names(rows: Iterable[Row], asked: str) -> tuple[Name, ...]:
    """What the site completes a name to, the surest first. The second text is another name of the first."""
    found: dict[str, Name] = {}
    for row in rows:
        name, other = (_plain(reading.text(row, key) or "") for key in ("t", "t2"))
        if name:
            found.setdefault(
                name, Name(name, _kind(row, "c"), None, _how(name, other, asked), asked)
            )
    return tuple(sorted(found.values(), key=lambda one: HOW.index(one.how)))


def _how(name: str, other: str, asked: str) -> str:
    if spelled(name) == asked:
        return "exact"
    if spelled(other) == asked:
        return "alias"
    return "qualified" if spelled(name).startswith(f"{asked} (") else "autocomplete"


def _kind(row: Row, key: str) -> str:
    return KINDS.get(reading.number(row, key) or 0, "unknown")


def _plain(written: str) -> str:
    """A name without the markup of what was typed and without HTML's references."""
    return " ".join(markup.unescaped(_BOLD.sub("", written)).split())


def _candidate(site: h.Site, post: Row, tags: Iterable[Tag], found: Row | None = None) -> Candidate:
    """A post of a list, or with what the reply about it alone tells beside it."""
    number, claims = reading.identity(post, "id"), _claims(post, tags)
    original = _original(site, claims, reading.text(found, "file_url")) if found else None
    previews = (
        File(role, (url,))
        for key, role in PREVIEWS.items()
        if (url := reading.address(site.url, reading.text(post, key)))
    )
    return Candidate(
        site.name,
        str(number),
        _page(site, number),
        claims,
        (*([original] if original else []), *previews),
        incomplete=frozenset(() if found else {"tags", "url"}),
    )


def _claims(post: Row, tags: Iterable[Tag]) -> Facts:
    extension = filetypes.picture_format(reading.text(post, "ext"))
    kinds: dict[str, list[str]] = {}
    for tag in tags:
        kinds.setdefault(tag.category, []).append(tag.name)
    tagged = [reading.underscored(name) for told in kinds.values() for name in told]
    score = "score_number" if post.get("score_number") is not None else "score"
    return Facts(
        width=reading.positive(post, "width"),
        height=reading.positive(post, "height"),
        bytes=reading.positive(post, "size"),
        format=extension,
        media=filetypes.media(extension, tagged, gifs_say_so=False),
        md5=reading.digest(post, "md5"),
        pixel_hash=reading.digest(post, "md5_pixels"),
        rating=_rating(post),
        tags={kind: tuple(sorted(told)) for kind, told in sorted(kinds.items())} or None,
        score=reading.number(post, score),
        created=reading.date(post, "pubtime"),
    )


def _original(site: h.Site, claims: Facts, name: str | None) -> File | None:
    """The file, asked for by its name; the site leads on to it and wants to know from where it is asked."""
    if name is None:
        return None
    beside = reading.below(site.url, f"pictures/download_image/{name.lstrip('/')}")
    url = reading.address(site.url, name if urlsplit(name).netloc else beside)
    size = claims.width, claims.height, claims.bytes, claims.format, claims.md5
    headers = (("Referer", f"{_home(site)}/"), ("Cookie", ENGLISH))
    return File("original", (url,), *size, headers=headers) if url else None


def _rating(post: Row) -> Rating | None:
    level, scale = reading.number(post, "erotics"), list(Rating)
    return scale[level] if level is not None and 0 <= level < len(scale) else None


def _home(site: h.Site) -> str:
    """Where the site's pages for people stand; its API has a host of its own."""
    return str(site.options.get("pages", site.url)).rstrip("/")


def _page(site: h.Site, number: int) -> str:
    return f"{_home(site)}/posts/{number}"
