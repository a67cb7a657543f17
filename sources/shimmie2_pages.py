"""Shimmie's pages for people: lists of thumbnails, and the page of one post."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag

import harvester as h
from harvester import Candidate, Facts, File, Media, Rating, Relations, Reply, Site
from sources import filetypes, markup, reading, shimmie2_posts

TYPES = {"image": Media.STILL, "video": Media.VIDEO}
LETTERS = {"safe": "s", "questionable": "q", "explicit": "e"}
_OURS = re.compile("shimmie|shm-", re.IGNORECASE)
_SIZE = re.compile(r"\b(\d{1,6})x(\d{1,6})\b")
_PICTURE = "img#main_image, img.shm-main-image, #main_image source[src], video source[src]"


def document(reply: Reply) -> BeautifulSoup:
    """The page; Unexpected when it is none of a Shimmie's."""
    shown = markup.page(reply)
    if not _OURS.search(reply.text):
        raise h.Unexpected("body", reply.text.strip()[:60])
    return shown


def listed(site: Site, shown: BeautifulSoup, vouched: Rating | None) -> tuple[Candidate, ...]:
    """The posts of a list. Where the picture lies is told by its own page, unless a link leads to the file."""
    found = (_thumb(site, *each, vouched) for each in _thumbs(shown))
    return tuple({one.post_id: one for one in found}.values())


def count(reply: Reply, here: int) -> int:
    """At least so many posts a list has: full pages, and one more."""
    shown = document(reply)
    last = re.search(
        r"/(\d{1,6})(?:$|[?#])", markup.attribute(shown.select_one("link[rel=last]"), "href")
    )
    return here if last is None else max(here, (int(last[1]) - 1) * here + 1)


def single(site: Site, number: str, shown: BeautifulSoup, vouched: Rating | None) -> Candidate:
    """The page of a post; without a picture where this visitor may not see it."""
    picture, title = shown.select_one(_PICTURE), _text(shown.title)
    named = re.match(rf"\w+ {number}\b:? ?(.*)", title)
    if picture is None and named is None:
        raise h.Unexpected("main_image", title[:60])
    url = shimmie2_posts.address(site, markup.attribute(picture, "src"))
    small = markup.attribute(shown.select_one("meta[property='og:image']"), "content")
    told = {"mime": markup.attribute(picture, "data-mime") or markup.attribute(picture, "type")}
    told |= {edge: markup.attribute(picture, f"data-{edge}") for edge in ("width", "height")}
    told["tags"] = named[1].partition(" - ")[0] if named else ""
    told["rating"] = LETTERS.get(_text(_told(shown, "Rating", "a")).lower(), "")
    told["date"] = markup.attribute(_told(shown, "Uploader", "time"), "datetime")
    md5 = shimmie2_posts.hashed(url) or shimmie2_posts.hashed(small)
    claims = _claims(site, {**told, "md5": md5, "url": url}, vouched)
    size = claims.width, claims.height
    files = (File("original", (url,), *size, None, claims.format, md5),) if url else ()
    source = markup.attribute(_told(shown, "Source", "a"), "href")
    relations = Relations(sources=(source,) if source.startswith("http") else ())
    page_url = shimmie2_posts.page_url(site, number)
    return Candidate(site.name, number, page_url, claims, files, relations=relations)


def _thumbs(shown: BeautifulSoup) -> Iterator[tuple[str, Tag, Tag | None]]:
    """Post ids with their small pictures and with what holds these and all that is told of them."""
    for picture in shown.select("img[id^=thumb_]"):
        number = markup.attribute(picture, "id").removeprefix("thumb_")
        if re.fullmatch(r"\d{1,12}", number, re.ASCII) and int(number):
            yield str(int(number)), picture, picture.find_parent(attrs={"data-tags": True})


def _thumb(
    site: Site, number: str, picture: Tag, holder: Tag | None, vouched: Rating | None
) -> Candidate:
    names = ("tags", "width", "height", "mime", "ext", "rating")
    told = {name: markup.attribute(holder, f"data-{name}") for name in names}
    title = markup.attribute(picture, "title")
    told["tags"] = told["tags"] or re.split(r" // |\n", title)[0]
    if not told["width"] and (size := _SIZE.search(title.removeprefix(told["tags"]))):
        told |= {"width": size[1], "height": size[2]}
    links = holder.select("a[href]") if holder else []
    whole = next((one for one in links if _text(one).endswith(" Only")), None)  # "File Only"
    url = shimmie2_posts.address(site, markup.attribute(whole, "href"))
    small = shimmie2_posts.address(site, markup.attribute(picture, "src"))
    md5 = shimmie2_posts.hashed(small)
    claims = _claims(site, {**told, "md5": md5, "url": url}, vouched)
    size_of = claims.width, claims.height
    files = [File("original", (url,), *size_of, None, claims.format, md5)] if url else []
    if small:
        box = {edge: markup.attribute(picture, edge) for edge in ("width", "height")}
        edges = reading.positive(box, "width"), reading.positive(box, "height")
        files.append(File("preview", (small,), *edges))
    return Candidate(
        site.name,
        number,
        shimmie2_posts.page_url(site, number),
        claims,
        tuple(files),
        frozenset() if url else frozenset({"url"}),
        Relations(has_children="shm-thumb-has_child" in markup.attribute(holder, "class")),
    )


def _claims(site: Site, told: reading.Row, vouched: Rating | None) -> Facts:
    names = tuple((reading.text(told, "tags") or "").split())
    sort, _, form = (reading.text(told, "mime") or "").lower().partition("/")
    ending = form.partition("+")[0] or reading.text(told, "ext") or ""
    ending = ending or shimmie2_posts.extension(reading.text(told, "url"))
    media, letter = filetypes.media(ending, names), reading.text(told, "rating")
    rating, status = shimmie2_posts.rated(site, letter, None if letter else vouched)
    return Facts(
        width=reading.positive(told, "width"),
        height=reading.positive(told, "height"),
        format=filetypes.picture_format(ending),
        media=TYPES.get(sort) if sort and media is Media.STILL else media,
        md5=reading.text(told, "md5"),
        rating=rating,
        tags=shimmie2_posts.grouped(names),
        created=reading.date(told, "date"),
        status=status,
    )


def _told(shown: BeautifulSoup, head: str, name: str) -> Tag | None:
    """The first element of this name in the row of a post's table that begins so."""
    for one in shown.select("th"):
        if _text(one).startswith(head) and (row := one.find_parent("tr")):
            return row.select_one(f"td {name}")
    return None


def _text(tag: Tag | None) -> str:
    return " ".join(tag.get_text(" ").split()) if tag else ""
