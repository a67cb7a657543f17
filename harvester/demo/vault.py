"""The bytes of the sandbox's files: drawn when asked for, their digests and size remembered on disk."""

from __future__ import annotations

import hashlib
import io
import json
import os
import threading
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import PIL
import platformdirs
from PIL import Image, UnidentifiedImageError, features

from harvester.demo.drawing import Coding, draw, encode, scaled
from harvester.demo.posts import STILLS, Post, content
from harvester.demo.world import World

_DRAWING = {"canvas", "looks", "figure", "scenery", "drawing", "making", "posts"}
KEPT = 32 << 20
"""Bytes of whole files in memory: for clients that come back with a Range, or once more."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What the site says of a file: not always the truth."""

    md5: str
    bytes: int
    sha1: str


class Vault:
    """Files of a world by MD5. Safe to use from many threads."""

    def __init__(self, world: World, folder: Path | None = None) -> None:
        self.world = world
        self._claims: dict[int, Claim] = {}
        self._owners: dict[str, int] = {}
        self._bodies: OrderedDict[tuple[int, str], bytes] = OrderedDict()
        self._held = 0  # bytes of them
        self._lock = threading.Lock()
        self._measured_all = False
        self._measured: dict[str, Claim] = {}
        self._book = (folder or cache_folder()) / f"{_edition()}.jsonl"
        self._read = 0  # bytes of the book
        self._read_book()

    def claim(self, post: Post) -> Claim:
        """What the site claims of its file; the first call for a post may draw its picture."""
        known = self._claims.get(post.id)
        if known is not None:
            return known
        if post.forbidden:
            claim = _invented(self.world, post, 1_234_567)
        else:
            claim = self._measure(post)
            if post.truth.defect == "wrong_md5":
                claim = _invented(self.world, post, claim.bytes)
        with self._lock:
            self._claims[post.id] = claim
            self._owners[claim.md5] = post.id
        return claim

    def owner(self, md5: str) -> Post | None:
        """The post whose file claims this MD5; a stranger's MD5 makes every picture be drawn once."""
        if md5 not in self._owners and not self._measured_all:
            self._read_book()
            for post in self.world.posts:
                if post.forbidden or _key(post) in self._measured:
                    self.claim(post)
        if md5 not in self._owners and not self._measured_all:
            for post in self.world.posts:
                self.claim(post)
            self._measured_all = True
        post_id = self._owners.get(md5)
        return None if post_id is None else self.world.by_id[post_id]

    def body(self, post: Post, kind: str = "original") -> bytes:
        """A file's bytes: the original, or a `180x180`, `360x360`, `720x720` or `sample` made of it."""
        key = (post.id, kind)
        with self._lock:
            if key in self._bodies:
                self._bodies.move_to_end(key)
                return self._bodies[key]
        body = content(post) if kind == "original" else _reduced(post, kind)
        with self._lock:
            self._held += len(body) - len(self._bodies.get(key, b""))
            self._bodies[key] = body
            while self._held > KEPT and len(self._bodies) > 1:
                self._held -= len(self._bodies.popitem(last=False)[1])
        return body

    def _measure(self, post: Post) -> Claim:
        """What is true of the original, which is drawn unless the book knows it."""
        key = _key(post)
        if key not in self._measured:
            self._read_book()
        if key not in self._measured:
            body = self.body(post)
            found = Claim(_hex("md5", body), len(body), _hex("sha1", body))
            with self._lock:
                self._measured[key] = found
                line = json.dumps([key, found.md5, found.bytes, found.sha1])
                self._book.parent.mkdir(parents=True, exist_ok=True)
                # One short line per write: processes that share the book do not cut each other's lines.
                with self._book.open("a", encoding="ascii") as book:
                    book.write(f"{line}\n")
        return self._measured[key]

    def _read_book(self) -> None:
        """Read what was written since: by this process or by another one that draws the same."""
        with self._lock, suppress(FileNotFoundError), self._book.open("rb") as book:
            book.seek(self._read)
            lines = book.read().splitlines(keepends=True)
            for line in lines:
                if not line.endswith(b"\n"):
                    break  # somebody is writing it
                self._read += len(line)
                with suppress(ValueError):  # a line cut off by a kill
                    key, md5, size, sha1 = json.loads(line)
                    self._measured[key] = Claim(md5, size, sha1)


def cache_folder() -> Path:
    """Where measured MD5s are kept: below HARVEST_CACHE, else the user's cache folder."""
    base = os.environ.get("HARVEST_CACHE") or platformdirs.user_cache_dir("harvester")
    return Path(base) / "demo"


def _edition() -> str:
    """Names what the bytes depend on beside the post: the drawing code and the encoders."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        if source.stem in _DRAWING:
            digest.update(source.read_bytes())
    encoders = [PIL.__version__, *(str(features.version(name)) for name in ("jpg", "zlib", "webp"))]
    digest.update("|".join(encoders).encode())
    return digest.hexdigest()[:24]


def _key(post: Post) -> str:
    """Names the picture of a post: worlds of one seed have most of theirs in common."""
    shown: tuple[object, ...] = (post.sketch, post.coding)
    if post.path is not None:
        stat = post.path.stat()
        shown = (str(post.path), stat.st_size, stat.st_mtime_ns)
    return hashlib.sha256(repr(shown).encode("utf-8", "surrogateescape")).hexdigest()[:24]


def _invented(world: World, post: Post, size: int) -> Claim:
    """A claim that is no file's."""
    md5 = hashlib.sha256(f"{world.seed}:{post.id}".encode()).hexdigest()[:32]
    return Claim(md5, size, _hex("sha1", md5.encode()))


def _hex(name: str, body: bytes) -> str:
    """A digest that some API speaks; nothing is secured by it."""
    return hashlib.new(name, body, usedforsecurity=False).hexdigest()


def _reduced(post: Post, kind: str) -> bytes:
    image = _picture(post)
    if kind == "sample":
        image = image.resize(scaled(image.size, 850 / image.width), Image.Resampling.BICUBIC)
        return encode(image, Coding("jpg", 85))
    side = int(kind.partition("x")[0])
    image.thumbnail((side, side), Image.Resampling.BICUBIC)
    return encode(image, Coding("webp" if side == 720 else "jpg", 80))


def _picture(post: Post) -> Image.Image:
    if post.path is None:
        return draw(post.sketch).convert("RGB")
    try:
        return Image.open(io.BytesIO(post.path.read_bytes())).convert("RGB")
    except (UnidentifiedImageError, OSError):
        return Image.new("RGB", (post.width, post.height))


def variants(post: Post) -> list[tuple[str, int, int, str]]:
    """The sizes the site keeps of a post: type, width, height, file extension; the original is last."""
    sizes = []
    for side in (180, 360, 720):
        factor = min(1.0, side / max(post.width, post.height))
        kind = "webp" if side == 720 else "jpg"
        sizes.append((f"{side}x{side}", *scaled((post.width, post.height), factor), kind))
    if post.format in STILLS and post.width > 850:
        sizes.append(("sample", 850, round(post.height * 850 / post.width), "jpg"))
    if post.format == "webp":
        sizes.append(("full", post.width, post.height, "jpg"))
    return [*sizes, ("original", post.width, post.height, post.format)]
