"""The shipped command on a real MediaWiki: every file is the wiki's own, and a second run fetches nothing."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.real_wiki import RealWiki

pytestmark = pytest.mark.slow

HARVEST = (sys.executable, "-c", "from harvester.cli import main; main()")


def harvest(library: Path, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [*HARVEST, "--library", str(library), "--json", *arguments],
        env=os.environ | {"HARVEST_STATE": str(library / "state")},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode in {0, 3}, done.stderr

    told: Any = json.loads(done.stdout)
    return told if isinstance(told, dict) else told[0]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, real_wiki: RealWiki) -> Path:
    folder = tmp_path_factory.mktemp("library")
    (folder / "harvester.toml").write_text(
        f'[sites.mywiki]\nfamily = "mediawiki"\nurl = "{real_wiki.url}"\n'
        'interval = 0\nrating_default = "general"\n'
    )
    return folder


def sha1s(library: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha1(path.read_bytes()).hexdigest()
        for path in library.glob("objects/??/*")
    }


def test_a_category_fills_the_target(library: Path) -> None:
    told = harvest(library, "--tag", "Reimu Hakurei", "--target", "40", "--site", "mywiki")

    assert told["selected"] == 40
    assert told["found"] == sum(told["states"].values())


def test_every_stored_file_is_one_the_wiki_has(library: Path, real_wiki: RealWiki) -> None:
    stored = sha1s(library)

    assert len(stored) >= 40
    assert set(stored.values()) <= set(real_wiki.sha1s().values())


def test_a_second_run_fetches_nothing(library: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in library.glob("objects/??/*")}

    harvest(library, "resume")

    assert {path: path.stat().st_mtime_ns for path in library.glob("objects/??/*")} == before


def test_a_page_without_a_category_is_harvested_by_its_images(library: Path) -> None:
    told = harvest(library, "--tag", "Cirno", "--target", "3", "--site", "mywiki")

    assert told["selected"] == 3


def test_a_name_that_only_a_search_finds_is_harvested(library: Path) -> None:
    told = harvest(library, "--tag", "sanae_kochiya", "--target", "1", "--site", "mywiki")

    assert told["selected"] == 1


def test_what_it_leaves_is_whole(library: Path) -> None:
    assert harvest(library, "check")["clean"] is True
