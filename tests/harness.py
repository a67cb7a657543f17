"""A sandbox, a library and the real command: what the tests of the promises share."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from harvester import cli, registry
from harvester.demo import Entry, Rules, Sandbox, World
from harvester.demo.dialects import STRICT
from harvester.store.local import LocalStore

HARVEST = str(Path(sys.executable).with_name("harvest"))
NUMBERS = itertools.count(1)
KILLER = str(Path(__file__).with_name("killer.py"))
SUBJECT = "hakurei_reimu"
SITE = '[sites.{name}]\nfamily = "danbooru"\nurl = "{url}"\ninterval = 0\n'


@contextmanager
def sandbox(
    cache: Path, *, posts: int = 150, seed: int = 1, rules: Rules = STRICT
) -> Iterator[Sandbox]:
    """A sandbox on a thread; what it draws is remembered in `cache`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARVEST_CACHE", str(cache))
        site = Sandbox(World(posts, seed=seed), rules=rules)
    with site:
        yield site


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, with --json."""
        return json.loads(self.out)


def unasked(but: Iterable[str]) -> str:
    """Tables that keep a run without --site away from the real sites, those named excepted."""
    asked = [site.name for site in registry.shipped().values() if site.enabled]
    return "".join(f"[sites.{name}]\nenabled = false\n" for name in asked if name not in but)


def inside(*arguments: str) -> Done:
    """Run a command line within this process."""
    out, err, before = StringIO(), StringIO(), signal.getsignal(signal.SIGTERM)
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code = cli.run([*arguments])
    finally:
        signal.signal(signal.SIGTERM, before)
    return Done(code, out.getvalue(), err.getvalue())


@dataclass
class Place:
    """A library that knows sandboxes by site name. Each run signs its requests, so that the logs tell them apart."""

    folder: Path
    sites: dict[str, Sandbox]
    more: str = ""
    runs: int = 0
    mark: str = field(default_factory=lambda: f"place{next(NUMBERS)}")

    def run(self, *arguments: str, by: Sequence[str] = (HARVEST,)) -> Done:
        """Run a command to its end."""
        handle = self.start(*arguments, by=by)
        out, err = handle.communicate(timeout=120)
        return Done(handle.returncode, out, err)

    def start(
        self, *arguments: str, by: Sequence[str] = (HARVEST,), **more: Any
    ) -> subprocess.Popen[str]:
        """Start a command; the `--library` that comes last wins."""
        self.configure()
        return subprocess.Popen(
            [*by, "--library", str(self.folder), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **more,
        )

    def inside(self, *arguments: str) -> Done:
        """Run a command within this process, which is quicker and shows a bug as what it is."""
        self.configure()
        return inside("--library", str(self.folder), *arguments)

    def configure(self) -> Path:
        """Write the config of the next run; its path."""
        self.runs += 1
        config = f'contact = "{self.mark}-run{self.runs}@example.org"\n{self.more}'
        tables = (SITE.format(name=name, url=site.url) for name, site in self.sites.items())
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "harvester.toml"
        path.write_text(config + "".join(tables) + unasked(self.sites), "utf-8")
        return path

    def copied(self, folder: Path) -> Place:
        """A copy of this library, for a test that goes on with it."""
        shutil.copytree(self.folder, folder)
        return Place(folder, dict(self.sites))

    def collect(self, *more: str, target: int = 6, by: Sequence[str] = ()) -> Done:
        """The quick harvest of the sandbox's character, with its result as JSON; within this process unless `by` another."""
        options = ["--tag", SUBJECT, "--target", str(target), "--json"]
        asked = [*options, *(f"--site={name}" for name in self.sites), *more]
        return self.run(*asked, by=by) if by else self.inside(*asked)

    def log(self, run: int | None = None) -> list[Entry]:
        """What a run (the last one, if none is named) asked the sandboxes."""
        mark = f"{self.mark}-run{run or self.runs}@"
        every = [entry for site in self.sites.values() for entry in site.requests]
        return [entry for entry in every if mark in (entry.user_agent or "")]

    def pages(self, run: int | None = None) -> list[str]:
        """API addresses a run asked."""
        return [f"{entry.path}?{entry.query}" for entry in self.log(run) if entry.post is None]

    def files(self, run: int | None = None) -> list[Entry]:
        """Requests for files in a run."""
        return [entry for entry in self.log(run) if entry.post is not None]

    def rows(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Ask the catalog past our own code."""
        with closing(sqlite3.connect(self.folder / "catalog.db")) as db, db:
            return db.execute(sql, arguments).fetchall()

    def selection(self, harvest: int = 1) -> list[tuple[str, str]]:
        """(key, SHA-256) of the selected pictures in their order."""
        sql = (
            "select c.site || ':' || c.post_id, c.asset from members m join candidates c"
            " on c.id = m.candidate_id where m.harvest_id = ? and m.place is not null order by m.place"
        )
        return self.rows(sql, harvest)

    def states(self, harvest: int = 1) -> dict[str, tuple[str, ...]]:
        """Key -> state, stage, gate and reason of every candidate."""
        sql = (
            "select c.site || ':' || c.post_id, m.state, m.stage, m.gate, m.reason from members m"
            " join candidates c on c.id = m.candidate_id where m.harvest_id = ?"
        )
        return {row[0]: row[1:] for row in self.rows(sql, harvest)}

    def stored(self) -> set[str]:
        """Keys of the candidates whose bytes the catalog has."""
        sql = "select site || ':' || post_id from candidates where asset is not null"
        return {row[0] for row in self.rows(sql)}

    def remains(self) -> tuple[set[str], dict[str, int]]:
        """What is on the disk when nobody runs: keys whose file is whole, and the sizes of half ones."""
        whole, half = set(), {}
        if (self.folder / "catalog.db").exists():
            whole = self.stored() | _renamed(self)
        store = LocalStore(self.folder)
        for name, site in self.sites.items():
            for post in site.world.posts:
                key = f"{name}:{post.id}"
                part = store.part(key)
                if not part.exists():
                    continue
                found = part.read_bytes()
                # An MD5 is what the site speaks; nothing is secured by it.
                md5 = hashlib.md5(found, usedforsecurity=False).hexdigest()
                if md5 == site.vault.claim(post).md5:
                    whole.add(key)
                elif found:
                    half[key] = len(found)
        return whole, half


def _renamed(place: Place) -> set[str]:
    """Leased keys whose object has its name already."""
    sql = (
        "select c.site || ':' || c.post_id, l.sha256 from leases l"
        " join candidates c on c.id = l.candidate_id where l.sha256 is not null"
    )
    objects = {sha256 for sha256, _ in LocalStore(place.folder).objects()}
    return {key for key, sha256 in place.rows(sql) if sha256 in objects}


def killed_at(boundary: str, number: int) -> tuple[str, ...]:
    """What runs the command until it is killed at a crossing."""
    return (sys.executable, KILLER, boundary, str(number), "--")
