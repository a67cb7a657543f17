"""The whole command on every family's own API: most posts beyond its page caps, and trouble on the way."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import cache
from pathlib import Path

import pytest

from harvester import registry
from harvester.demo import DIALECTS, Faults, Rules, Sandbox, World
from harvester.demo.dialects import RATES
from harvester.demo.dialects.shared import ACCOUNT
from harvester.model import Site, State

pytestmark = pytest.mark.slow

HARVEST = str(Path(sys.executable).with_name("harvest"))
POSTS, DEPTH = 1_250, 200
"""About 1,000 posts are the character's: five times what can be reached by counting pages."""
LARGE = {"danbooru": (3_650, 600)}
"""Three times as many of both, on one site: what is slow with many posts is slow there."""
TARGET = 40
FURTHER = dict.fromkeys(("mediawiki", "zerochan"), 'rating_default = "general"\n')
"""What a user writes for a site of a family that tells no rating."""
UNMET = {"animepictures": {404}, "mediawiki": {503}}
"""Where a file lies its lists do not tell, so that none is looked for where it was; a wiki that is too busy says so
with status 200."""
TABLE = '[sites.place]\nfamily = "{family}"\nurl = "{url}"\n'
Run = subprocess.Popen[str]


@cache
def world(posts: int) -> World:
    return World(posts)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the sites remember of drawn pictures; they all have the same ones."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(params=sorted(DIALECTS))
def site(
    request: pytest.FixtureRequest, drawn: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Sandbox]:
    monkeypatch.setenv("HARVEST_CACHE", str(drawn))
    faults = Faults(busy=13, limited=11, retry_after=1, drop_every=9)
    posts, depth = LARGE.get(request.param, (POSTS, DEPTH))
    rules = Rules(depth=depth, moved=8)
    with Sandbox(world(posts), faults=faults, family=request.param, rules=rules) as started:
        yield started


def start(folder: Path, site: Sandbox, command: str = "", pace: str = "interval = 0\n") -> Run:
    """A command about the sandbox's character on a site of this family, with the account it may need."""
    folder.mkdir(exist_ok=True)
    table = TABLE.format(family=site.family, url=site.url)
    table += FURTHER.get(site.family, "")
    (folder / "harvester.toml").write_text(table + pace, "utf-8")
    keys = {f"HARVEST_PLACE_{name.upper()}": value for name, value in ACCOUNT.items()}
    words = [*command.split(), "--tag", "hakurei_reimu", "--site", "place", "--json"]
    return subprocess.Popen(
        [HARVEST, "--library", str(folder), *words, "--target", str(TARGET), "--pool", "0"],
        env={**os.environ, **keys, "HARVEST_STATE": str(folder / "state")},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_forty_pictures_of_a_thousand_posts_and_more(site: Sandbox, tmp_path: Path) -> None:
    running = start(tmp_path / "library", site)
    out, err = running.communicate(timeout=600)

    assert running.returncode == 0, err
    told = json.loads(out)
    assert told["selected"] == TARGET
    assert State.FOUND.value not in told["states"]
    assert len(shown_by_all(site.world)) > 3 * LARGE.get(site.family, (POSTS, DEPTH))[1]
    assert shown_by_all(site.world) <= found(tmp_path / "library")
    allowed_and_polite(site)


@pytest.mark.parametrize("family", RATES)
def test_the_pace_of_a_family_is_one_that_its_sites_allow(family: str) -> None:
    source = registry.source(Site("place", family, "http://place.test", configured=True))

    assert source.pace.api >= 1 / RATES[family]


def test_a_run_keeps_the_pace_of_its_family(drawn: Path, tmp_path: Path) -> None:
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARVEST_CACHE", str(drawn))
        late = 1.6  # on a busy machine one request is a third of a second longer on its way than the next
        sites = [
            stack.enter_context(Sandbox(world(60), family=family, rules=Rules(rate=rate * late)))
            for family, rate in RATES.items()
        ]
        runs = [start(tmp_path / site.family, site, "plan", pace="") for site in sites]
        for site, running in zip(sites, runs, strict=True):
            _, err = running.communicate(timeout=120)

            assert running.returncode == 0, err
            assert len(site.requests) > 2
            assert {entry.status for entry in site.requests} <= {200, 404}, site.family


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
        names = [row[0] for row in db.execute("select post_id from candidates")]
    return {number for name in names for number in re.findall(r"\d{7}", name)}


def allowed_and_polite(site: Sandbox) -> None:
    """Nothing that the site documents as forbidden, no byte of a forbidden post, and every trouble was met."""
    assert [entry.breach for entry in site.requests if entry.breach] == []
    assert not [entry for entry in site.requests if entry.forbidden]
    statuses = Counter(entry.status for entry in site.requests)
    assert {200, 404, 429, 503} - UNMET.get(site.family, set()) <= statuses.keys()
    whole = Counter(
        entry.post
        for entry in site.requests
        if entry.post and entry.status in {200, 206} and not entry.aborted
    )
    truths = {post: site.world.by_id[post].truth for post, times in whole.items() if times > 1}
    assert {truth.defect for truth in truths.values()} <= {
        "wrong_md5"
    }  # which is tried again, once
