"""The shipped command on a real MediaWiki: every file is the wiki's own, nothing is asked twice or at once."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.real_wiki import Heard, RealWiki

pytestmark = pytest.mark.slow

HARVEST = (sys.executable, "-c", "from harvester.cli import main; main()")
NUMBERS = itertools.count(1)
TABLE = (
    'contact = "{mark}@example.org"\n[sites.mywiki]\nfamily = "mediawiki"\nurl = "{url}"\n'
    'interval = 0\nrating_default = "general"\ndepth = 3\n'
)


@dataclass
class Place:
    """A library that knows the wiki. Each run calls itself by another name, so that the wiki's log tells them apart."""

    folder: Path
    wiki: RealWiki
    marks: list[str] = field(default_factory=list)

    def run(self, *arguments: str) -> dict[str, Any]:
        self.marks.append(f"run{next(NUMBERS)}-{os.getpid()}-of-{self.folder.name}")
        config = TABLE.format(mark=self.marks[-1], url=self.wiki.url)
        (self.folder / "harvester.toml").write_text(config, "utf-8")
        done = subprocess.run(
            [*HARVEST, "--library", str(self.folder), "--json", *arguments],
            env=os.environ | {"HARVEST_STATE": str(self.folder / "state")},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode in {0, 3}, done.stderr
        told: Any = json.loads(done.stdout)
        return told if isinstance(told, dict) else told[0]

    def collect(self, name: str, target: int, *more: str) -> dict[str, Any]:
        return self.run("--tag", name, "--target", str(target), "--site", "mywiki", *more)

    def heard(self, run: int = -1) -> list[Heard]:
        """What a run asked the wiki."""
        return self.wiki.heard(f"{self.marks[run]}@")

    def members(self) -> dict[str, tuple[str, str, str, str | None]]:
        """File name -> state, gate, reason and asset."""
        sql = (
            "select c.post_id, m.state, m.gate, m.reason, c.asset from members m"
            " join candidates c on c.id = m.candidate_id"
        )
        with closing(sqlite3.connect(self.folder / "catalog.db")) as db:
            return {row[0]: row[1:] for row in db.execute(sql)}

    def sha1(self, asset: str | None) -> str:
        [path] = self.folder.glob(f"objects/??/{asset}.*")
        return hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest()


def new(wiki: RealWiki, folder: Path) -> Place:
    folder.mkdir(exist_ok=True)
    return Place(folder, wiki)


@pytest.fixture(scope="module")
def reimu(tmp_path_factory: pytest.TempPathFactory, real_wiki: RealWiki) -> Place:
    """A library after a harvest of forty pictures."""
    place = new(real_wiki, tmp_path_factory.mktemp("reimu"))
    told = place.collect("Reimu Hakurei", 40)

    assert told["selected"] == 40
    assert told["found"] == sum(told["states"].values())
    return place


@pytest.fixture(scope="module")
def alice(tmp_path_factory: pytest.TempPathFactory, real_wiki: RealWiki) -> Place:
    """A library after a harvest of a subject that has categories and no page."""
    place = new(real_wiki, tmp_path_factory.mktemp("alice"))
    place.collect("Alice Margatroid", 12)
    return place


@pytest.fixture(scope="module")
def yukari(tmp_path_factory: pytest.TempPathFactory, real_wiki: RealWiki) -> Place:
    """A library after a harvest of a subject that has pages and no category."""
    place = new(real_wiki, tmp_path_factory.mktemp("yukari"))
    place.collect("Yukari Yakumo", 8)
    return place


@pytest.fixture(params=["reimu", "alice", "yukari"])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(request.param)
    return found


def selected(place: Place) -> int:
    with closing(sqlite3.connect(place.folder / "catalog.db")) as db:
        [(count,)] = db.execute("select count(*) from members where place is not null")
    return int(count)


def test_every_accepted_file_is_the_wikis_own(place: Place) -> None:
    truth = place.wiki.sha1s()
    accepted = {
        name: asset for name, (state, *_, asset) in place.members().items() if state == "accepted"
    }

    assert len(accepted) >= 8
    assert {name: place.sha1(asset) for name, asset in accepted.items()} == {
        name: truth[name] for name in accepted
    }


def test_categories_alone_fill_a_target(alice: Place) -> None:
    assert selected(alice) == 12


def test_pages_alone_fill_a_target(yukari: Place) -> None:
    assert selected(yukari) == 8


def test_categories_are_asked_to_their_depth_and_once_each(alice: Place) -> None:
    asked = [
        query["gcmtitle"][0]
        for one in alice.heard()
        if "gcmtitle" in (query := parse_qs(urlsplit(one.target).query))
    ]
    levels = (
        "Alice Margatroid",
        "Official art of Alice Margatroid",
        'Alice\'s "Shanghai" doll',
        "上海人形",
    )

    assert [one for one in asked if one in {f"Category:{name}" for name in levels}] == [
        f"Category:{name}" for name in levels
    ]
    assert "Category:Doll joints" not in asked
    assert "Alice landscape-hills-02.jpg" in alice.members()
    assert "Alice landscape-bridge sun.jpg" not in alice.members()


def test_the_pages_below_a_page_are_read(yukari: Place) -> None:
    pages = {
        query["page"][0]
        for one in yukari.heard()
        if "page" in (query := parse_qs(urlsplit(one.target).query))
    }

    assert pages == {"Yukari Yakumo", "Yukari Yakumo/Gallery", "Yukari Yakumo/Images"}
    assert {"Yukari rollpaper.png", "Yukari calla.png"} <= yukari.members().keys()


def test_one_request_is_made_at_a_time(place: Place) -> None:
    heard = sorted(place.heard(0), key=lambda one: one.began)

    assert len(heard) > 8
    assert [
        (before.target, after.target)
        for before, after in itertools.pairwise(heard)
        if after.began < before.ended
    ] == []


def test_no_file_is_asked_for_that_its_claims_rule_out(place: Place) -> None:
    fetched = {one.target.rpartition("/")[2] for one in place.heard(0) if one.is_file}
    small = ("sprite", "portrait", "icon", ".svg", ".gif", "Icon_", "Flag_")

    assert fetched
    assert [name for name in fetched if any(part in name for part in small)] == []


@pytest.mark.parametrize(
    ("name", "gate"),
    [
        ("Alice oceans.svg", "format"),
        ("Alice waltz.gif", "format"),
        ("Alice dance.gif", "still"),
        ("Alice book.png", "short_side"),
    ],
)
def test_icons_drawings_and_animations_are_rejected_with_a_reason(
    alice: Place, name: str, gate: str
) -> None:
    state, deciding, reason, asset = alice.members()[name]

    assert (state, deciding, asset) == ("rejected", gate, None)
    assert reason


def test_a_flag_and_an_icon_of_a_page_are_rejected_with_a_reason(yukari: Place) -> None:
    members = yukari.members()

    for name in ("Flag of Gensokyo.png", "Icon spell card.png"):
        assert members[name][0] == "rejected"
        assert members[name][2]
    assert members["Alice deleted.jpg"][0] == "hidden"


def test_of_a_file_with_two_revisions_the_newer_one_is_stored(alice: Place) -> None:
    *_, asset = alice.members()["Alice in two revisions.jpg"]

    assert alice.sha1(asset) == alice.wiki.sha1s()["Alice in two revisions.jpg"]


@pytest.mark.parametrize("again", ["resume", "the same command"])
def test_a_second_run_downloads_nothing(reimu: Place, again: str) -> None:
    before = reimu.members()
    if again == "resume":
        reimu.run("resume")
    else:
        reimu.collect("Reimu Hakurei", 40)

    assert [one.target for one in reimu.heard() if one.is_file] == []
    assert any(one.is_file for one in reimu.heard(0))
    assert reimu.members() == before


def test_what_it_leaves_is_whole(place: Place) -> None:
    assert place.run("check")["clean"] is True


def test_more_than_five_hundred_files_are_walked_to_the_end(
    tmp_path: Path, real_wiki: RealWiki
) -> None:
    place = new(real_wiki, tmp_path)
    told = place.collect("patchouli_knowledge", 3, "--pool", "0")
    onward = {
        parse_qs(urlsplit(one.target).query).get("gcmcontinue", [""])[0] for one in place.heard()
    }

    assert (told["selected"], told["found"]) == (3, 524)
    assert len(onward) >= 6
    assert len([one for one in place.heard() if one.is_file]) <= 4  # tiles are not asked for
    assert {state for state, *_ in place.members().values()} <= {"accepted", "rejected", "wanted"}


def test_a_name_that_only_a_search_finds_is_harvested(tmp_path: Path, real_wiki: RealWiki) -> None:
    assert new(real_wiki, tmp_path).collect("sanae_kochiya", 1)["selected"] == 1
