"""What a Philomena shows of the world: its own words for the tags, rows of images, tags and completions."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

from harvester.demo.posts import ALIASES as WORLD_ALIASES
from harvester.demo.posts import Post, content
from harvester.demo.vault import Vault
from harvester.demo.world import World

Row = dict[str, Any]

RATINGS = {"g": "safe", "s": "suggestive", "q": "questionable", "e": "explicit"}
TAGS: Mapping[str, str | None] = {
    # framing and people
    "upper_body": "bust", "cowboy_shot": None, "wide_shot": None, "no_humans": "no pony",
    "1girl": None, "2girls": "duo", "3girls": "trio", "multiple_girls": None, "multiple_views": "multiple variants",
    # identity, officialness
    "alternate_costume": "alternate design", "hakurei_reimu_(cosplay)": None, "official_art": "official",
    "photo_(medium)": "irl",
    # files and quality
    "highres": "high res", "absurdres": "absurd resolution", "jpeg_artifacts": "needs more jpeg",
    "greyscale": "grayscale", "ai-generated": "ai generated", "animated_gif": "gif", "video": None, "ugoira": None,
    "looking_at_viewer": "looking at you", "commentary_request": None, "bad_link": None, "duplicate": None,
}  # fmt: skip
"""Danbooru's word -> this site's; None has none. Others are the same with blanks."""

ALIASES: Mapping[str, str] = {
    "headshot": "portrait", "model sheet": "reference sheet", "character sheet": "reference sheet",
    "official art": "official", "jpeg artifacts": "needs more jpeg", "looking at viewer": "looking at you",
} | {
    old.replace("_", " "): new.replace("_", " ")
    for old, new in WORLD_ALIASES.items() if new not in {"upper_body"}
}  # fmt: skip
CATEGORIES = {1: "origin", 3: "content-official", 4: "character"}
MIMES = {"jpg": "image/jpeg", "webm": "video/webm", "mp4": "video/mp4"}
SIZES = {
    "thumb_tiny": (50, 50), "thumb_small": (150, 150), "thumb": (250, 250), "small": (320, 240),
    "medium": (800, 600), "large": (1280, 1024), "tall": (1024, 4096),
}  # fmt: skip
_SLUG = (("-", "dash"), ("/", "fwslash"), ("\\", "bwslash"), (":", "colon"), (".", "dot"), ("+", "plus"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Image:
    """A post in this site's words."""

    post: Post
    tags: tuple[str, ...]
    categories: Mapping[str, str | None]

    @property
    def removed(self) -> bool:
        """Taken down: no search finds it."""
        return self.post.hidden or bool(self.post.status & {"deleted", "banned"})

    @property
    def format(self) -> str:
        return "webm" if self.post.format == "zip" else self.post.format

    @property
    def animated(self) -> bool:
        return self.post.format in {"gif", "zip", "mp4"}

    @property
    def processed(self) -> bool:
        """False just after the upload: smaller forms are still to come."""
        return "pending" not in self.post.status


class Gallery:
    """The world as this site has it."""

    def __init__(self, world: World) -> None:
        self._world = world

    @cached_property
    def images(self) -> Mapping[int, Image]:
        return {post.id: _image(post) for post in self._world.posts}

    @cached_property
    def counts(self) -> Counter[str]:
        """Images by tag, removed ones left out."""
        shown = (image for image in self.images.values() if not image.removed)
        return Counter(tag for image in shown for tag in image.tags)

    @cached_property
    def categories(self) -> Mapping[str, str | None]:
        return {name: kind for image in self.images.values() for name, kind in image.categories.items()}  # fmt: skip

    @cached_property
    def aliases(self) -> Mapping[str, str]:
        """Alias -> tag, for tags there are and aliases that are no tags themselves."""
        return {
            old: new for old, new in ALIASES.items() if new in self.counts and old not in self.counts
        }  # fmt: skip

    @cached_property
    def known_as(self) -> Mapping[int, frozenset[str]]:
        """By image, its tags with every name they can be searched by."""
        return {
            number: frozenset({*image.tags, *(old for old, new in self.aliases.items() if new in image.tags)})
            for number, image in self.images.items()
        }  # fmt: skip

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every tag and alias, the most used first."""
        return tuple(sorted({*self.counts, *self.aliases}, key=lambda name: (-self.counts[name], name)))  # fmt: skip


def _image(post: Post) -> Image:
    kinds: dict[str, str | None] = {RATINGS[post.rating]: "rating"}
    for category, names in post.tags.items():
        for name in names:
            if category == "artist":
                kinds[f"artist:{name}"] = "origin"
            elif word := TAGS.get(name, name.replace("_", " ")):
                kinds[word] = {"copyright": "content-official", "character": "character"}.get(category)  # fmt: skip
    return Image(post, tuple(sorted(kinds)), kinds)


def slug(name: str) -> str:
    """A name as it stands in addresses."""
    for sign, word in _SLUG:
        name = name.replace(sign, f"-{word}-")
    return quote(name, safe="!#$&'()*,;=?@[]~").replace("%20", "+")


def image_row(image: Image, vault: Vault, base: str, ticket: str = "") -> Row:
    """One image. Hashes of drawn ones are of the upload, as on many an image that was optimised afterwards."""
    post, claim = image.post, vault.claim(image.post)
    body = claim.md5.encode() if post.path is None else content(post)
    uploaded = hashlib.sha512(body).hexdigest()
    sources = [post.source] if post.source else []
    shown = f"{base}/img/view/{post.created:%Y}/{post.created.month}/{post.created.day}/{post.id}"
    words = "_".join(map(slug, image.tags))[:150]
    return _dates(post) | {
        "width": post.width, "height": post.height, "aspect_ratio": post.width / post.height,
        "mime_type": MIMES.get(image.format, f"image/{image.format}"), "format": image.format,
        "size": claim.bytes, "orig_size": claim.bytes, "duration": duration(image), "animated": image.animated,
        "name": f"{post.id}.{image.format}", "sha512_hash": uploaded, "orig_sha512_hash": uploaded,
        "tags": list(image.tags), "tag_ids": [_number(name) for name in image.tags],
        "uploader": None, "uploader_id": None,
        "score": post.score, "upvotes": post.up, "downvotes": -post.down, "faves": post.favourites, "hides": 0,
        "wilson_score": wilson(post), "comment_count": 0, "tag_count": len(image.tags), "description": "",
        "source_url": sources[0] if sources else "", "source_urls": sources,
        "view_url": f"{shown}__{words}.{image.format}{ticket}",
        "representations": _representations(image, shown, ticket),
        "intensities": {"ne": 50.0, "nw": 50.0, "se": 50.0, "sw": 50.0},
        "thumbnails_generated": image.processed, "processed": image.processed,
        "deletion_reason": None, "duplicate_of": None, "hidden_from_users": False, "spoilered": False,
    }  # fmt: skip


def removed_row(image: Image) -> Row:
    """What is told of an image that was taken down, or merged into the one it belonged to."""
    other = image.post.parent
    return _dates(image.post) | {
        "deletion_reason": None if other else "Rule #0: not wanted here",
        "duplicate_of": other,
        "hidden_from_users": True,
    }


def _dates(post: Post) -> Row:
    created = f"{post.created:%Y-%m-%dT%H:%M:%SZ}"
    return {
        "id": post.id,
        "created_at": created,
        "updated_at": f"{post.updated:%Y-%m-%dT%H:%M:%SZ}",
        "first_seen_at": created,
    }


def _representations(image: Image, shown: str, ticket: str) -> Row:
    small = shown.replace("/img/view/", "/img/")
    found = {name: f"{small}/{name}.{image.format}" for name in SIZES}
    found["full"] = f"{shown}.{image.format}{ticket}"
    if image.format == "gif":
        found |= {kind: f"{small}/full.{kind}" for kind in ("webm", "mp4")}
    return found


def duration(image: Image) -> float:
    return {"mp4": 4.2, "gif": 0.6, "zip": 0.6}.get(image.post.format, 0.04)


def wilson(post: Post) -> float:
    """Some share of upvotes; the site's own formula is another one."""
    return round(post.up / max(1, post.up - post.down), 4)


def tag_row(gallery: Gallery, name: str) -> Row:
    """A tag, or an alias, which has no images of its own."""
    target = gallery.aliases.get(name)
    namespace, _, bare = name.rpartition(":")
    return {
        "id": _number(name), "name": name, "slug": slug(name), "images": gallery.counts[name],
        "category": None if target else gallery.categories.get(name),
        "namespace": namespace or None, "name_in_namespace": bare,
        "aliased_tag": slug(target) if target else None,
        "aliases": [slug(old) for old, new in gallery.aliases.items() if new == name],
        "implied_tags": [], "implied_by_tags": [], "description": "", "short_description": "",
    }  # fmt: skip


def suggestions(gallery: Gallery, typed: str, limit: int) -> list[Row]:
    """Names that begin so, or go on so behind their namespace, aliases among them."""
    begun = (name for name in gallery.names if _begins(name, typed))
    rows: list[Row] = [
        {"alias": name if name in gallery.aliases else None, "canonical": tag, "images": gallery.counts[tag]}
        for name in begun
        if gallery.counts[tag := gallery.aliases.get(name, name)]
    ]  # fmt: skip
    return sorted(rows, key=lambda row: -row["images"])[:limit]


def _begins(name: str, typed: str) -> bool:
    return name.startswith(typed) or name.rpartition(":")[2].startswith(typed)


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % 900_000 + 1
