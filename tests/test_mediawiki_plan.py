"""What `harvest plan` and a harvest make of a wiki's several starting points, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from harvester.catalog import candidates
from harvester.model import Word
from harvester.stages.libraries import library
from tests.harness import Done, inside
from tests.loopback import Heard, Say, Server, serving
from tests.wiki_replies import a_file

HERE: dict[str, dict[str, Any]] = {
    "Category:Reimu Hakurei": {"ns": 14, "categoryinfo": {"files": 1200, "subcats": 0}},
    "Reimu Hakurei": {"ns": 0},
    "Reimu Hakurei/Gallery": {"ns": 0},
}
GALLERY = (
    "<h2>Official art</h2><ul><li class='gallerybox'><a href='/wiki/File:B.png'><img></a></li></ul>"
)


def wiki(heard: Heard) -> Say:
    """A wiki that has a category, a page and a gallery of one subject, and nothing else."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(heard.path).query).items()}
    if "page" in asked:
        told: dict[str, Any] = {"parse": {"title": asked["page"], "text": GALLERY, "images": []}}
    elif asked.get("generator") == "categorymembers":
        told = {"query": {"pages": [shown("File:A.png"), shown("File:B.png")]}}
    elif asked.get("titles", "").startswith("File:"):
        told = {"query": {"pages": [shown(one) for one in asked["titles"].split("|")]}}
    elif "list" in asked or "generator" in asked:
        told = {"query": {}}
    else:
        there = [one for one in asked["titles"].split("|") if one in HERE]
        told = {"query": {"pages": [{"title": one, **HERE[one]} for one in there]}}
    return Say(json.dumps({"batchcomplete": True, **told}).encode())


def shown(title: str) -> dict[str, Any]:
    """A picture that a gate rejects by its size, so that nobody asks for the file."""
    return a_file(title, width=300, height=400, size=50_000)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(wiki) as found:
        yield found


def harvest(place: Path, server: Server, *arguments: str) -> Done:
    (place / "harvester.toml").write_text(
        f'[sites.w]\nfamily = "mediawiki"\nurl = "{server.url}"\ninterval = 0\nrating_default = "general"\n'
    )
    return inside("--library", str(place), *arguments)


def test_a_plan_shows_where_a_walk_begins(server: Server, tmp_path: Path) -> None:
    done = harvest(tmp_path, server, "plan", "--tag", "reimu_hakurei", "--site", "w")

    assert done.code == 0, done.err
    assert (
        "w is walked from Category:Reimu Hakurei (1,200 files), Reimu Hakurei, Reimu Hakurei/Gallery\n"
        in done.out
    )


def test_a_plan_tells_programs_the_same(server: Server, tmp_path: Path) -> None:
    done = harvest(tmp_path, server, "plan", "--tag", "reimu_hakurei", "--site", "w", "--json")

    [told] = done.json["sites"]
    assert [(one["name"], one["files"]) for one in told["starts"]] == [
        ("Category:Reimu Hakurei", 1200),
        ("Reimu Hakurei", None),
        ("Reimu Hakurei/Gallery", None),
    ]


def test_a_picture_has_the_words_of_every_place_that_shows_it(
    server: Server, tmp_path: Path
) -> None:
    wanted = ("--tag", "reimu_hakurei", "--target", "5", "--pool", "0", "--site", "w")

    done = harvest(tmp_path, server, *wanted, "--json")

    assert done.json["found"] == 2, done.err

    with library(tmp_path) as catalog:
        known = candidates.by_key(catalog, "w", "B.png")
    assert known is not None
    assert known.value.words == (
        Word("filename", "B.png"),
        Word("category", "Reimu Hakurei"),
        Word("heading", "Official art"),
    )
    assert known.value.original is not None
