"""A wiki's page as it is shown: headings, galleries with captions, tabs; as MediaWiki and as Fandom write it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from urllib.parse import quote

from harvester.demo.dialects.mediawiki_shelf import FLAG, Sheet, Shelf, key
from harvester.demo.posts import Post

Picture = Callable[[str, Post | None, str], str]
"""Title, file and caption -> one picture of a gallery."""
BLANK = "data:image/gif;base64,R0lGODlhAQABAIABAAAAAP///yH5BAEAAAEALAAAAAABAAEAQAICTAEAOw%3D%3D"
_FRAMINGS = {
    "full_body": "Full body",
    "portrait": "Portrait",
    "close-up": "Close-up",
    "cowboy_shot": "Cowboy shot",
}


def page(sheet: Sheet, shelf: Shelf, picture: Picture, gallery: str, tabs: bool) -> str:
    """The content of a page; `gallery` is the class of its galleries."""
    parts = [
        f'<div class="mw-parser-output"><p><b>{escape(sheet.text)}</b> is in this sandbox.\n</p>'
    ]
    for heading, titles in sheet.shows:
        shown = "".join(
            picture(one, shelf.file(one), _caption(shelf.by_file.get(one))) for one in titles
        )
        if not heading:
            parts.append(shown)
            continue
        name = escape(heading)
        parts.append(f'<h2><span class="mw-headline" id="{key(name)}">{name}</span></h2>\n')
        boxes = f'<ul class="gallery {gallery}">\n{shown}</ul>\n'
        parts.append(_tabbed(boxes) if tabs else boxes)
    return f"{''.join(parts)}</div>"


def boxed(title: str, post: Post | None, caption: str) -> str:
    """One picture as MediaWiki writes it; of a file that is not there its name, as a link to upload it."""
    name = title.removeprefix("File:")
    if title == FLAG:
        return f"<p>{_linked(title, f'/images/{key(name)}', name)}</p>\n"
    if post is None:
        missing = f"/index.php?title=Special:Upload&amp;wpDestFile={quote(key(name))}"
        return _box(
            f'<a href="{missing}" class="new" title="{escape(title)}">{escape(title)}</a>', caption
        )
    return _box(
        _linked(title, f"/images/thumb/{quote(key(name))}/120px-{quote(key(name))}", caption),
        caption,
    )


def lazy(title: str, post: Post | None, caption: str) -> str:
    """One picture as Fandom writes it: what it shows comes when it is scrolled to."""
    name = title.removeprefix("File:")
    if title == FLAG or post is None:
        return ""
    image = (
        f'<img alt="{escape(caption)}" src="{BLANK}" class="thumbimage lazyload" '
        f'data-image-name="{escape(name)}" data-image-key="{quote(key(name))}" '
        f'data-src="/sandboxwiki/images/thumb/{quote(key(name))}/revision/latest/scale-to-width-down/185?cb=1" />'
    )
    return (
        '<div class="wikia-gallery-item" style="width:185px; "><div class="thumb"><div class="gallery-image-wrapper">'
        f'<a href="/wiki/{quote(key(title))}" class="image lightbox">{image}</a></div></div>'
        f'<div class="lightbox-caption" style="width:185px;">{escape(caption)}</div></div>\n'
    )


def _caption(post: Post | None) -> str:
    """What stands under a picture: its framing where it has one, and who made it."""
    if post is None:
        return ""
    framing = next((said for tag, said in _FRAMINGS.items() if tag in post.words), "")
    artist = ", ".join(post.tags["artist"]).replace("_", " ")
    return ", ".join(filter(None, [framing, f"by {artist}" if artist else ""]))


def _linked(title: str, source: str, alt: str) -> str:
    image = f'<img alt="{escape(alt)}" src="{source}" decoding="async" width="120" height="120" />'
    return f'<a href="/wiki/{quote(key(title), safe="/:(),")}" class="image" title="{escape(alt)}">{image}</a>'


def _box(linked: str, caption: str) -> str:
    text = f"<p>{escape(caption)}\n</p>\n" if caption else ""
    return (
        '\t\t<li class="gallerybox" style="width: 155px"><div style="width: 155px">\n'
        f'\t\t\t<div class="thumb" style="width: 150px;"><div style="margin:15px auto;">{linked}</div></div>\n'
        f'\t\t\t<div class="gallerytext">\n{text}\t\t\t</div>\n\t\t</div></li>\n'
    )


def _tabbed(content: str) -> str:
    labels: Sequence[str] = ("Summer dress", "Winter dress")
    tabs = "".join(
        f'<li class="wds-tabs__tab" data-hash="{key(one)}"><div class="wds-tabs__tab-label"><a href="#">{one}</a></div></li>'
        for one in labels
    )
    panels = (content, "<p>Nothing yet.</p>")
    shown = "".join(f'<div class="wds-tab__content">{one}</div>' for one in panels)
    wrapped = (
        f'<div class="wds-tabs__wrapper with-bottom-border"><ul class="wds-tabs">{tabs}</ul></div>'
    )
    return f'<div class="tabber wds-tabber">{wrapped}{shown}</div>\n'
