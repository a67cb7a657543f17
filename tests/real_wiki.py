"""A real MediaWiki with real pictures for the tests that ask one; `scripts/real-wiki` runs it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import psutil
import pytest
from filelock import FileLock

from harvester import Rating, Reply, Request, Site

SCRIPT = Path(__file__).parent.parent / "scripts" / "real-wiki"
LOGGED = re.compile(r'(\d+)\.(\d{3}) (\d+)\.(\d{3}) (\d{3}) "GET (\S+) [^"]*" "([^"]*)"')


@dataclass(frozen=True, slots=True)
class Heard:
    """A request as the wiki's web server wrote it down; times in milliseconds."""

    began: int
    ended: int
    status: int
    target: str
    agent: str

    @property
    def is_file(self) -> bool:
        return self.target.startswith("/images/")


@dataclass(frozen=True, slots=True)
class RealWiki:
    """A MediaWiki on loopback. What it holds stands in `scripts/real-wiki`, under "what the wiki holds"."""

    url: str
    folder: Path

    def heard(self, agent: str) -> list[Heard]:
        """What was asked by who calls himself so, in the order it was answered.

        The server writes a line after its answer has gone: a request of the test's own that is written
        says that those before it are.
        """
        mark = f"/wiki/?{time.monotonic_ns()}"
        urlopen(self.url + mark, timeout=60).close()
        log = self.folder / "log" / "access"
        while mark not in (written := log.read_text("utf-8")):
            time.sleep(0.01)
        return [one for one in map(_heard, written.splitlines()) if one and agent in one.agent]

    def site(self, **options: Any) -> Site:
        return Site(
            "realwiki",
            "mediawiki",
            self.url,
            configured=True,
            interval=0,
            rating_default=Rating.GENERAL,
            options=options,
        )

    def api(self, **params: str) -> dict[str, Any]:
        """A question of the test's own, as JSON."""
        asked = urlencode({"action": "query", "format": "json", "formatversion": "2", **params})
        with urlopen(f"{self.url}/api.php?{asked}", timeout=60) as reply:
            found: dict[str, Any] = json.load(reply)
        return found

    def sha1s(self) -> dict[str, str]:
        """The SHA-1 of every file, by its title without `File:`; what the adapter's claims are held against."""
        told: dict[str, str] = {}
        onward: dict[str, str] = {}
        while True:
            listed = self.api(
                list="allimages", aiprop="sha1|canonicaltitle", ailimit="max", **onward
            )
            for row in listed["query"]["allimages"]:
                told[row["canonicaltitle"].removeprefix("File:")] = row["sha1"]
            if "continue" not in listed:
                return told
            onward = listed["continue"]


def _heard(line: str) -> Heard | None:
    """A line of the log; None for what is no such request."""
    found = LOGGED.fullmatch(line)
    if found is None:
        return None
    ended, took = (int(found[at]) * 1000 + int(found[at + 1]) for at in (1, 3))
    return Heard(ended - took, ended, int(found[5]), found[6], found[7])


def ask(request: Request) -> Reply:
    """A request sent over real HTTP, by nothing of ours."""
    try:
        answer = urlopen(f"{request.url}?{urlencode(request.params)}", timeout=60)
    except HTTPError as error:
        answer = error
    with answer:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Reply(answer.status, answer.url, headers, answer.read())


def run(*words: str) -> str:
    """What the script prints; it fails the test with the script's own complaint."""
    done = subprocess.run(
        ["bash", str(SCRIPT), *words], stdout=subprocess.PIPE, text=True, check=False
    )
    assert done.returncode == 0, f"real-wiki {' '.join(words)} failed; its complaint is above"
    return done.stdout.strip()


def wanting() -> str | None:
    """Why no wiki can be run here; None when one can."""
    if shutil.which("bash") is None or shutil.which("dpkg-query") is None:
        return "a real MediaWiki is run on Debian only"
    packages = run("missing").split()
    return f"not installed: {' '.join(packages)} (scripts/real-wiki install)" if packages else None


@pytest.fixture(scope="session")
def real_wiki(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealWiki]:
    """The wiki, filled once and kept in pytest's cache; whoever tests at the same time uses the same one."""
    reason = wanting()
    if reason and os.environ.get("HARVEST_REQUIRE_PROGRAMS") == "1":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    cache: pytest.Cache | None = getattr(pytestconfig, "cache", None)
    folder = cache.mkdir("real-wiki") if cache else tmp_path_factory.mktemp("real-wiki")
    with used(folder) as url:
        yield RealWiki(url, folder)


@contextmanager
def used(folder: Path) -> Iterator[str]:
    """The URL of the wiki in this folder, which runs as long as any process uses it."""
    users = Path(f"{folder}.users")
    users.mkdir(exist_ok=True)
    mine, lock = users / str(os.getpid()), FileLock(f"{folder}.lock")
    with lock:  # the first one fills it, which takes most of a minute
        mine.touch()
        url = run("start", str(folder))
    try:
        yield url
    finally:
        with lock:
            mine.unlink()
            if not any(psutil.pid_exists(int(user.name)) for user in users.iterdir()):
                run("stop", str(folder))
