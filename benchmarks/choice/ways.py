"""The ways to choose that are compared: our command, the first that pass, and the highest scores that pass."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from harvester import gates
from harvester.demo import Post, Sandbox
from harvester.measure import measure
from harvester.model import Candidate, Facts, Query, Reply, Request, Site
from harvester.ports import Gate
from harvester.stages.facts import read
from sources.danbooru import Danbooru

SUBJECT = "hakurei_reimu"
CONFIG = '[sites.danbooru]\nfamily = "danbooru"\nurl = "{url}"\ninterval = 0\n'
COMMAND = (sys.executable, "-c", "from harvester.cli import main; main()")
NOT_SHORT = {0, 3}
"""How the command ends with a selection: complete, or short of the target."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a way came to, and what it asked the site for."""

    posts: Sequence[Post]
    accepted: int
    pages: int
    files: int
    bytes: int


def ours(site: Sandbox, folder: Path, *, target: int) -> Chosen:
    """The whole command, as anybody runs it."""
    folder.mkdir(parents=True)
    (folder / "harvester.toml").write_text(CONFIG.format(url=site.url))
    options = ["--library", str(folder), "--tag", SUBJECT, "--target", str(target)]
    done = subprocess.run(
        [*COMMAND, *options, "--site", "danbooru", "--json"],
        env=os.environ | {"HARVEST_STATE": str(folder / "state")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in NOT_SHORT:
        raise SystemExit(f"the command ended with {done.returncode}:\n{done.stderr}")
    sql = (
        "select c.post_id, m.place from members m join candidates c on c.id = m.candidate_id"
        " where m.state = 'accepted' order by m.place"
    )
    with closing(sqlite3.connect(folder / "catalog.db")) as db:
        rows = db.execute(sql).fetchall()
    asked = site.requests
    files = [entry for entry in asked if entry.post is not None]
    return Chosen(
        [site.world.by_id[int(post)] for post, place in rows if place is not None],
        accepted=len(rows),
        pages=len(asked) - len(files),
        files=len(files),
        bytes=sum(entry.bytes for entry in asked),
    )


def first(site: Sandbox, folder: Path, *, target: int) -> Chosen:
    """Newest first, as a downloader with filters does it: page by page until enough files pass."""
    return _simple(site, folder, target=target, arrange=lambda pages: (c for p in pages for c in p))


def highest(site: Sandbox, folder: Path, *, target: int) -> Chosen:
    """All that the site has by its score, until enough files pass."""

    def arrange(pages: Iterable[Sequence[Candidate]]) -> Iterable[Candidate]:
        every = [candidate for page in pages for candidate in page]
        return sorted(every, key=lambda one: (-(one.claims.score or 0), one.key))

    return _simple(site, folder, target=target, arrange=arrange)


WAYS: dict[str, Callable[..., Chosen]] = {
    "harvest": ours,
    "first that pass": first,
    "highest scores": highest,
}


def _simple(
    site: Sandbox,
    folder: Path,
    *,
    target: int,
    arrange: Callable[[Iterable[Sequence[Candidate]]], Iterable[Candidate]],
) -> Chosen:
    """Our own gates on claims and on the file; the same file twice is noticed by its MD5, nothing more."""
    folder.mkdir(parents=True)
    built, had, chosen = gates.build({}), set(), []
    for candidate in arrange(_pages(site)):
        told, file = read(candidate, "danbooru"), candidate.original
        if file is None or told.md5 in had or not _passes(built, told):
            continue
        path = folder / candidate.post_id
        path.write_bytes(_get(file.urls[0]).body)
        if _passes(built, told.measured(measure(path).facts)):
            had.add(told.md5)
            chosen.append(site.world.by_id[int(candidate.post_id)])
        path.unlink()
        if len(chosen) == target:
            break
    files = [entry for entry in site.requests if entry.post is not None]
    return Chosen(
        chosen,
        accepted=len(chosen),
        pages=len(site.requests) - len(files),
        files=len(files),
        bytes=sum(entry.bytes for entry in site.requests),
    )


def _passes(built: Sequence[Gate], known: Facts) -> bool:
    return gates.deciding(gates.judge(built, known)) is None


def _pages(site: Sandbox) -> Iterator[Sequence[Candidate]]:
    """The plain listing of the subject, page by page."""
    adapter = Danbooru(Site("danbooru", "danbooru", site.url))
    ahead: list[Request] = [adapter.search(Query((SUBJECT,)))]
    while ahead:
        request = ahead.pop()
        page = adapter.parse(request, _get(f"{request.url}?{urlencode(request.params)}"))
        ahead += page.follow
        yield page.candidates


def _get(url: str) -> Reply:
    try:
        asked = urllib.request.Request(url, headers={"User-Agent": "choice-benchmark"})
        with urllib.request.urlopen(asked) as reply:
            return Reply(reply.status, url, {}, reply.read())
    except urllib.error.HTTPError as error:
        return Reply(error.code, url, {}, error.read())
