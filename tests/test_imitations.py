"""Three lines of config for servers that nobody here wrote: they imitate an API, and leave much of it out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from harvester.demo import World, speak
from harvester.demo.dialects import Answer
from harvester.demo.vault import Vault
from tests.harness import SUBJECT, Place
from tests.loopback import Heard, Say, serving

pytestmark = pytest.mark.slow

POSTS = 160
Row = dict[str, Any]
Asked = dict[str, str]


@pytest.fixture(scope="module")
def vault(drawings: Path) -> Vault:
    return Vault(World(POSTS), drawings)


@dataclass
class Imitation:
    """A server that speaks a family's API as far as its author went: few paths, plain tags, bare rows."""

    family: str
    vault: Vault
    paths: tuple[str, ...]
    asks: Callable[[Asked], Asked | None]  # the query as it is understood; None is refused
    tells: Callable[[bytes], str]

    def __call__(self, heard: Heard) -> Say:
        parts = urlsplit(heard.path)
        headers = {name.lower(): value for name, value in heard.headers.items()}
        base = f"http://{headers['host']}"
        dialect = speak(self.family, self.vault)
        if not dialect.is_api(parts.path):
            return _said(dialect.answer(heard.path, headers, base))
        try:
            asked = self.asks(dict(parse_qsl(parts.query)))
        except LookupError:
            return Say(b"<html>Front page</html>")
        if asked is None or parts.path not in self.paths:
            return Say(b"<html>no such page</html>", 422 if asked is None else 404)
        answer = dialect.answer(f"{parts.path}?{urlencode(asked)}", headers, base)
        return Say(self.tells(answer.body).replace(base, "").encode(), answer.status)


def _said(answer: Answer) -> Say:
    return Say(answer.body, answer.status, answer.headers)


def plain_tags(asked: Asked) -> Asked:
    """Only tags are understood; whatever has a colon is no tag of any post, and so ignored."""
    words = [word for word in asked.get("tags", "").split() if ":" not in word]
    return {"tags": " ".join(words[:1]), "limit": "20", "page": asked.get("page", "1")}


def by_number(asked: Asked) -> Asked | None:
    """Pages have numbers and nothing else."""
    is_number = re.fullmatch(r"\d+", asked.get("page", "1"))
    return plain_tags(asked) if is_number else None


def rows_with(*more: str) -> Callable[[bytes], str]:
    """Rows without sizes, categories, previews and dates; a number as a text, nothing as an empty text."""
    known = {"rating", "md5", "file_url", "source", "tag_string", "tags", *more}

    def told(row: Row) -> Row:
        kept = {name: str(value) for name, value in row.items() if name in known}
        return {**kept, "id": str(row["id"]), "parent_id": "", "score": None}

    return lambda body: json.dumps([told(row) for row in json.loads(body)])


def attributes_without(*names: str) -> Callable[[bytes], str]:
    """Posts in XML that lack these attributes."""
    return lambda body: re.sub(rf' ({"|".join(names)})="[^"]*"', "", body.decode())


def posts_only(asked: Asked) -> Asked:
    """Posts by tag are all there is, twenty a page."""
    if asked.get("s") != "post" or asked.get("page") != "dapi" or "json" in asked:
        raise LookupError
    return {**asked, "limit": "20"}


SIZES = ("image_width", "image_height", "file_ext", "width", "height")
SELDOM = ("created_at", "change", "preview_url", "sample_url", "parent_id", "has_children", "score")
KINDS: Mapping[str, tuple[str, tuple[str, ...], Any, Any]] = {
    "danbooru without keyset": ("danbooru", ("/posts.json",), by_number, rows_with(*SIZES)),
    "danbooru without sizes": ("danbooru", ("/posts.json",), by_number, rows_with()),
    "moebooru without types": ("moebooru", ("/post.json",), plain_tags, rows_with(*SIZES)),
    "moebooru without sizes": ("moebooru", ("/post.json",), plain_tags, rows_with()),
    "gelbooru without a list of tags": (
        "gelbooru02", ("/index.php",), posts_only, attributes_without(*SELDOM),
    ),
    "gelbooru without sizes": (
        "gelbooru02", ("/index.php",), posts_only, attributes_without("width", "height", "md5"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_three_lines_of_config_are_enough(kind: str, vault: Vault, tmp_path: Path) -> None:
    family, *how = KINDS[kind]
    place = Place(tmp_path / "library", {})
    with serving(Imitation(family, vault, *how)) as server:
        place.more = f'[sites.mine]\nfamily = "{family}"\nurl = "{server.url}"\ninterval = 0\n'
        done = place.inside("--tag", SUBJECT, "--target", "5", "--site", "mine", "--json")

    assert done.code == 0, done.err
    assert done.json["selected"] == 5
    assert sum(done.json["states"].values()) > 60
