"""The whole command on every family's own API: most posts beyond its page caps, and trouble on the way."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
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
from tests.harness import HARVEST, SUBJECT, inside

pytestmark = pytest.mark.slow

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


@cache
def world(posts: int) -> World:
    return World(posts)


@pytest.fixture(params=sorted(DIALECTS))
def site(request: pytest.FixtureRequest, drawings: Path) -> Iterator[Sandbox]:
    faults = Faults(busy=13, limited=11, retry_after=1, drop_every=9)
    posts, depth = LARGE.get(request.param, (POSTS, DEPTH))
    rules = Rules(depth=depth, moved=8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARVEST_CACHE", str(drawings))
        made = Sandbox(world(posts), faults=faults, family=request.param, rules=rules)
    with made as started:
        yield started


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    """The account that a site may need, where commands look for it."""
    for name, value in ACCOUNT.items():
        monkeypatch.setenv(f"HARVEST_PLACE_{name.upper()}", value)


def asked(folder: Path, site: Sandbox, *command: str, pace: str = "interval = 0\n") -> list[str]:
    """A command about the sandbox's character on a site of this family."""
    folder.mkdir(exist_ok=True)
    table = TABLE.format(family=site.family, url=site.url)
    table += FURTHER.get(site.family, "")
    (folder / "harvester.toml").write_text(table + pace, "utf-8")
    words = [*command, "--tag", SUBJECT, "--site", "place", "--json", "--target", str(TARGET)]
    return ["--library", str(folder), *words, "--pool", "0"]


@pytest.mark.usefixtures("account")
def test_forty_pictures_of_a_thousand_posts_and_more(site: Sandbox, tmp_path: Path) -> None:
    done = inside(*asked(tmp_path / "library", site))

    assert done.code == 0, done.err
    told = done.json
    assert told["selected"] == TARGET
    assert State.FOUND.value not in told["states"]
    assert len(shown_by_all(site.world)) > 3 * LARGE.get(site.family, (POSTS, DEPTH))[1]
    assert shown_by_all(site.world) <= found(tmp_path / "library")
    allowed_and_polite(site)


@pytest.mark.parametrize("family", RATES)
def test_the_pace_of_a_family_is_one_that_its_sites_allow(family: str) -> None:
    source = registry.source(Site("place", family, "http://place.test", configured=True))

    assert source.pace.api >= 1 / RATES[family]


@pytest.mark.usefixtures("account")
def test_a_run_keeps_the_pace_of_its_family(drawings: Path, tmp_path: Path) -> None:
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARVEST_CACHE", str(drawings))
        late = 1.6  # on a busy machine one request is a third of a second longer on its way than the next
        sites = [
            stack.enter_context(Sandbox(world(60), family=family, rules=Rules(rate=rate * late)))
            for family, rate in RATES.items()
        ]
        runs = [
            start(
                *asked(tmp_path / site.family, site, "plan", pace=""), state=tmp_path / site.family
            )
            for site in sites
        ]
        for site, running in zip(sites, runs, strict=True):
            _, err = running.communicate(timeout=120)

            assert running.returncode == 0, err
            assert len(site.requests) > 2
            assert {entry.status for entry in site.requests} <= {200, 404}, site.family


def start(*words: str, state: Path) -> subprocess.Popen[str]:
    """A command beside others that are under way, which keep their own paces."""
    return subprocess.Popen(
        [HARVEST, *words], env={**os.environ, "HARVEST_STATE": str(state / "state")},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def shown_by_all(world: World) -> set[str]:
    """Ids of the character's posts that every site shows to everybody."""
    return {
        str(post.id)
        for post in world.posts
        if SUBJECT in post.words
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
