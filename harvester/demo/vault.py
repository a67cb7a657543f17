"""The bytes of the sandbox's files: drawn when asked for, their MD5 and size remembered on disk."""

from __future__ import annotations

import hashlib
import io
import json
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import PIL
import platformdirs
from PIL import Image, UnidentifiedImageError, features

from harvester.demo.drawing import Coding, draw, encode, scaled
from harvester.demo.posts import STILLS, Post, content
from harvester.demo.world import World

_DRAWING = {"canvas", "looks", "figure", "scenery", "drawing", "making", "posts"}
KEPT = 12  # whole files in memory: enough for a client that comes back with a Range


@dataclass(frozen=True, slots=True)
class Claim:
    """What the site says of a file: not always the truth."""

    md5: str
    bytes: int


class Vault:
    """Files of a world by MD5. Safe to use from many threads."""

    def __init__(self, world: World, folder: Path | None = None) -> None:
        self.world = world
        self._claims: dict[int, Claim] = {}
        self._owners: dict[str, int] = {}
        self._bodies: OrderedDict[tuple[int, str], bytes] = OrderedDict()
        self._lock = threading.Lock()
        self._measured_all = False
        self._book = (folder or cache_folder()) / f"{_edition(world)}.jsonl"
        self._read_book()

    def claim(self, post: Post) -> Claim:
        """MD5 and size as the site claims them; the first call for a post draws its picture."""
        known = self._claims.get(post.id)
        if known is not None:
            return known
        if post.forbidden:
            claim = Claim(_invented(self.world, post), 1_234_567)
        else:
            body = self.body(post)
            # An MD5 is what the API speaks; nothing is secured by it.
            md5 = hashlib.md5(body, usedforsecurity=False).hexdigest()
            wrong = post.truth.defect == "wrong_md5"
            claim = Claim(_invented(self.world, post) if wrong else md5, len(body))
        self._remember(post, claim)
        return claim

    def owner(self, md5: str) -> Post | None:
        """The post whose file claims this MD5; a stranger's MD5 makes every picture be drawn once."""
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
            self._bodies[key] = body
            while len(self._bodies) > KEPT:
                self._bodies.popitem(last=False)
        return body

    def _remember(self, post: Post, claim: Claim) -> None:
        with self._lock:
            self._claims[post.id] = claim
            self._owners[claim.md5] = post.id
            line = json.dumps([post.id, claim.md5, claim.bytes])
            self._book.parent.mkdir(parents=True, exist_ok=True)
            # One short line per write: processes that share the book do not cut each other's lines.
            with self._book.open("a", encoding="ascii") as book:
                book.write(f"{line}\n")

    def _read_book(self) -> None:
        if not self._book.is_file():
            return
        for line in self._book.read_text(encoding="ascii", errors="replace").splitlines():
            try:
                post_id, md5, size = json.loads(line)
            except ValueError:
                continue  # a line cut off by a kill
            if post_id in self.world.by_id:
                self._claims[post_id] = Claim(md5, size)
                self._owners[md5] = post_id


def cache_folder() -> Path:
    """Where measured MD5s are kept: below HARVEST_CACHE, else the user's cache folder."""
    base = os.environ.get("HARVEST_CACHE") or platformdirs.user_cache_dir("harvester")
    return Path(base) / "demo"


def _edition(world: World) -> str:
    """Names what the bytes depend on: the world, the drawing code and the encoders."""
    digest = hashlib.sha256(f"{world.seed}|{world.character}|{len(world.posts)}".encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        if source.stem in _DRAWING:
            digest.update(source.read_bytes())
    encoders = [PIL.__version__, *(str(features.version(name)) for name in ("jpg", "zlib", "webp"))]
    digest.update("|".join(encoders).encode())
    for post in world.posts:
        if post.path is not None:
            stat = post.path.stat()
            digest.update(f"{post.path}|{stat.st_size}|{stat.st_mtime_ns}".encode())
    return digest.hexdigest()[:24]


def _invented(world: World, post: Post) -> str:
    return hashlib.sha256(f"{world.seed}:{post.id}".encode()).hexdigest()[:32]


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
