"""What a Shimmie writes: posts and tags as XML, lists of thumbnails, the page of a post, refusals."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from html.entities import codepoint2name
from urllib.parse import quote

from harvester.demo.dialects.shared import TYPES, Answer, as_html
from harvester.demo.dialects.shimmie2_query import RATINGS, stamp, words
from harvester.demo.drawing import scaled
from harvester.demo.posts import Post
from harvester.demo.vault import Vault

SIDE = 192  # of a thumbnail
SPELLED = {"s": "Safe", "q": "Questionable", "e": "Explicit"}
_PAGE = """<!doctype html><html lang='en'><head>
        <title>{title}</title>
		<link rel='icon' type='image/x-icon' href='/favicon.ico'>
{head}
        </head><body data-userclass='anonymous' data-base-href='' data-base-link='/'>
            <header><h1>{title}</h1></header>
            <nav><section id='Navigationleft'><h3>Navigation</h3><div class='blockbody'><a href='/post/list'>Index</a></div></section></nav>
            <article>
{content}
            </article>
            <footer>Media &copy; their respective owners, <a href="https://code.shishnet.org/shimmie2/">Shimmie</a></footer>
        </body></html>"""


def escaped(text: str) -> str:
    """Text as the software writes it, in XML too: letters it knows a name for go by that name."""
    plain = html.escape(text).replace("&#x27;", "&#039;")
    return "".join(f"&{codepoint2name[ord(one)]};" if 160 <= ord(one) < 256 and ord(one) in codepoint2name else one for one in plain)  # fmt: skip


def element(name: str, told: Mapping[str, object], inner: str = "") -> str:
    """An element. Attributes without a value are left out."""
    written = "".join(
        f" {key}='{escaped(str(value))}'" for key, value in told.items() if value is not None
    )
    return f"<{name}{written}>{inner}</{name}>"


def listing(count: int, offset: int, rows: Iterable[str]) -> str:
    return element("posts", {"count": count, "offset": offset}, "".join(rows))


def row(post: Post, vault: Vault, ticket: str) -> str:
    """A post as XML: always unrated, never voted for."""
    width, height = thumb(post)
    return element(
        "tag",
        {
            "id": post.id,
            "md5": vault.claim(post).md5,
            "file_name": f"{post.id}.{post.format}",
            "file_url": f"{original(post, vault)}{ticket}",
            "height": post.height,
            "width": post.width,
            "preview_url": small(post, vault),
            "preview_height": height,
            "preview_width": width,
            "rating": "?",
            "date": stamp(post.created),
            "tags": " ".join(words(post)),
            "source": post.source or None,
            "score": 0,
            "author": f"user_{post.uploader}",
        },
    )


def tag(name: str, count: int, number: int) -> str:
    return element("tag", {"type": 0, "counts": count, "name": name, "id": number})


def original(post: Post, vault: Vault) -> str:
    named = quote(f"{post.id} - {' '.join(words(post))}", safe="()!*',")
    return f"/_images/{vault.claim(post).md5}/{named}.{post.format}"


def small(post: Post, vault: Vault) -> str:
    return f"/_thumbs/{vault.claim(post).md5}/thumb.jpg"


def thumb(post: Post) -> tuple[int, int]:
    return scaled((post.width, post.height), min(1.0, SIDE / max(post.width, post.height)))


def page(title: str, content: str, *, status: int = 200, head: str = "") -> Answer:
    """A page for people."""
    return as_html(_PAGE.format(title=escaped(title), head=head, content=content), status)


def refusal(title: str, why: str, status: int) -> Answer:
    said = (
        f"<section id='Error'><h3>Error</h3><div class='blockbody'>{escaped(why)}</div></section>"
    )
    return page(title, said, status=status)


def index(terms: Sequence[str], posts: Sequence[Post], last: int, vault: Vault) -> Answer:
    """A page of a list."""
    if not posts:
        return refusal("No posts Found", "No posts were found to match the search criteria", 404)
    title = " ".join(terms)
    thumbs = "".join(_thumbnail(post, vault) for post in posts)
    where = f"/post/list/{quote(title, safe='')}/{last}" if title else f"/post/list/{last}"
    return page(
        title or "The Place",
        f"<section id='image-list'><h3>Posts</h3><div class='blockbody'><div class='shm-image-list'>{thumbs}</div></div></section>",
        head=f"\t\t<link rel='last' href='{where}'>",
    )


def _thumbnail(post: Post, vault: Vault) -> str:
    width, height = thumb(post)
    tags = " ".join(words(post))
    size = f"{vault.claim(post).bytes / 1024:.0f}KB"
    title = f"{tags} // {post.width}x{post.height} // {size}"
    shown = {"id": f"thumb_{post.id}", "title": title, "alt": title, "height": height, "width": width, "src": small(post, vault)}  # fmt: skip
    about = {
        "href": f"/post/view/{post.id}", "class": "thumb shm-thumb shm-thumb-link ", "data-tags": tags.lower(),
        "data-height": post.height, "data-width": post.width, "data-mime": TYPES[post.format],
        "data-post-id": post.id, "data-rating": RATINGS[post.rating],
    }  # fmt: skip
    return element("a", about, element("img", shown).replace("></img>", " />"))


def view(post: Post, vault: Vault, ticket: str, base: str) -> Answer:
    """The page of a post."""
    url, letter = f"{original(post, vault)}{ticket}", RATINGS[post.rating]
    told = {
        "alt": "main image", "class": "shm-main-image", "id": "main_image", "src": url,
        "data-width": post.width, "data-height": post.height, "data-mime": TYPES[post.format],
    }  # fmt: skip
    picture = element("img", told).replace("></img>", ">")
    if post.format == "mp4":
        source = element("source", {"src": url, "type": TYPES[post.format]})
        picture = element("video", {"class": "shm-main-image", "id": "main_image"}, source)
    link = element("a", {"href": post.source}, escaped(post.source)) if post.source else "Unknown"
    rows = {
        "Uploader": f"user_{post.uploader}, {element('time', {'datetime': post.created.isoformat(timespec='seconds')}, 'then')}",
        "Source Link": link,
        "Rating": element("a", {"href": f"/post/list/rating%3D{letter}/1"}, SPELLED[letter]),
    }
    table = "".join(f"<tr><th>{head}</th><td>{cell}</td></tr>" for head, cell in rows.items())
    head = f'\t\t<meta property="og:image" content="{base}{small(post, vault)}">'
    content = (
        f"<section id='Imagemain'>{picture}</section><table class='image_info form'>{table}</table>"
    )
    return page(f"Post {post.id}: {' '.join(words(post))}", content, head=head)
