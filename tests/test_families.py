"""The whole command on every family's own API: most posts beyond its page caps, and trouble on the way."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from harvester.demo import DIALECTS, Faults, Rules, Sandbox, World
from harvester.demo.dialects.shared import ACCOUNT
from harvester.model import State

pytestmark = pytest.mark.slow

HARVEST = str(Path(sys.executable).with_name("harvest"))
POSTS = 3_650  # of which about 3,000 are the character's
DEPTH = 600
TARGET = 40
TABLE = '[sites.place]\nfamily = "{family}"\nurl = "{url}"\ninterval = 0\n'


@pytest.fixture(scope="module")
def world() -> World:
    return World(POSTS)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the sites remember of drawn pictures; they all have the same ones."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(params=sorted(DIALECTS))
def site(
    request: pytest.FixtureRequest, world: World, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Sandbox]:
    monkeypatch.setenv("HARVEST_CACHE", str(cache))
    faults = Faults(busy=13, limited=11, retry_after=1, drop_every=9)
    rules = Rules(depth=DEPTH, moved=8)
    with Sandbox(world, faults=faults, family=request.param, rules=rules) as started:
        yield started


def harvest(folder: Path, site: Sandbox, *more: str) -> subprocess.CompletedProcess[str]:
    folder.mkdir(exist_ok=True)
    config = folder / "harvester.toml"
    config.write_text(TABLE.format(family=site.family, url=site.url), "utf-8")
    keys = {f"HARVEST_PLACE_{name.upper()}": value for name, value in ACCOUNT.items()}
    environment = {**os.environ, **keys, "HARVEST_STATE": str(folder / "state")}
    command = [HARVEST, "--library", str(folder), "--tag", "hakurei_reimu", "--site", "place"]
    return subprocess.run(
        [*command, "--target", str(TARGET), "--pool", "0", "--json", *more],
        env=environment, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip


def test_forty_pictures_of_three_thousand_posts(site: Sandbox, tmp_path: Path) -> None:
    done = harvest(tmp_path / "library", site)

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["selected"] == TARGET
    assert State.FOUND.value not in told["states"]
    assert len(shown_by_all(site.world)) > 3 * DEPTH
    assert shown_by_all(site.world) <= found(tmp_path / "library")
    allowed_and_polite(site)


def shown_by_all(world: World) -> set[str]:
    """Ids of the character's posts that every site shows to everybody."""
    return {
        str(post.id)
        for post in world.posts
        if "hakurei_reimu" in post.words
        and not (post.status or post.hidden)
        and post.rating == "g"
        and post.format in {"jpg", "png"}
    }


def found(library: Path) -> set[str]:
    with closing(sqlite3.connect(library / "catalog.db")) as db:
        return {row[0] for row in db.execute("select post_id from candidates")}


def allowed_and_polite(site: Sandbox) -> None:
    """Nothing that the site documents as forbidden, no byte of a forbidden post, and every trouble was met."""
    assert [entry.breach for entry in site.requests if entry.breach] == []
    assert not [entry for entry in site.requests if entry.forbidden]
    statuses = Counter(entry.status for entry in site.requests)
    assert {200, 404, 429, 503} <= statuses.keys()
    whole = Counter(
        entry.post
        for entry in site.requests
        if entry.post and entry.status in {200, 206} and not entry.aborted
    )
    truths = {post: site.world.by_id[post].truth for post, times in whole.items() if times > 1}
    assert {truth.defect for truth in truths.values()} <= {
        "wrong_md5"
    }  # which is tried again, once
