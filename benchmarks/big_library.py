"""Whole commands on a library of a million candidates: `status`, `why`, `history`, the local part of `plan`.

    python -m benchmarks.big_library [--candidates 1000000] [--runs 5] [--folder DIR]

The catalog is generated through its own schema: candidates as a booru tells them, four harvests that share some of
them, rulings of every gate, walks, rounds. Each command is a process of its own, so starting Python counts; `--help`
stands beside them as the time of a command that does nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random

from sqlite_utils import Database

from harvester import config, gates
from harvester import recipe as recipes
from harvester.catalog import addresses, codec, harvests
from harvester.catalog.core import Catalog
from harvester.catalog.harvests import Harvest
from harvester.model import Candidate, Facts, File, Media, Query, Rating, Request, Verdict
from harvester.stages.libraries import CATALOG
from harvester.stages.opening import Ask
from harvester.stages.planning import past

UNCOMPILED = "PYTHONDONTWRITEBYTECODE"
"""Where this is set, Python compiles all of our modules again for every command; no user's machine has it."""
HARVEST = (sys.executable, "-c", "from harvester.cli import main; main()")
SUBJECTS = ("hakurei_reimu", "kirisame_marisa", "izayoi_sakuya", "cirno")
SHARES = (0.55, 0.30, 0.20, 0.05)
"""Which share of the candidates each harvest has; together more than one, since some are in several."""
STATES = (
    *(("rejected", "screen", gate) for gate in ("people", "outfit", "short_side", "layout")),
    ("wanted", "screen", ""),
    ("wanted", "screen", ""),
    ("wanted", "screen", ""),
    ("duplicate", "screen", "same_bytes"),
)
FRAMINGS = (None, None, None, "close_up", "portrait", "upper_body", "cowboy_shot", "full_body")
AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Run:
    """One timed command: seconds of wall and of CPU time."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Library:
    """What was generated: where, and what to ask about."""

    folder: Path
    key: str
    url: str


PAGE = "https://booru.example.org/posts/{id}"
FILES = tuple(
    f"https://cdn.example.org/{kind}/{{md5}}.jpg"
    for kind in ("original", "sample", "180", "360", "720")
)


def template(chance: Random) -> str:
    """A post as Danbooru tells it, as stored: some forty tags, an original, a sample, three previews.

    `@id@` and `@md5@` stand for its own; making each of a million from the ground up takes too long.
    """
    width, height = chance.randrange(400, 3000), chance.randrange(500, 4000)
    tags = tuple(sorted(f"general_tag_{chance.randrange(4000)}" for _ in range(36)))
    claims = Facts(
        width=width,
        height=height,
        bytes=chance.randrange(100_000, 6_000_000),
        format="jpeg",
        media=Media.STILL,
        md5="@md5@",
        rating=Rating.GENERAL,
        tags={"general": tags, "artist": ("some_artist",), "character": SUBJECTS[:1]},
        score=chance.randrange(200),
        created=datetime(2010, 1, 1, tzinfo=UTC) + timedelta(hours=chance.randrange(130_000)),
    )
    urls = [url.format(md5="@md5@") for url in FILES]
    files = (
        File("original", (urls[0],), width, height, claims.bytes, "jpeg", md5="@md5@"),
        File("sample", (urls[1],)),
        *(File("preview", (url,), 180, 180) for url in urls[2:]),
    )
    return codec.dump(Candidate("danbooru", "@id@", PAGE.format(id="@id@"), claims, files))


def generate(folder: Path, number: int) -> Library:
    """A library with so many candidates in four harvests."""
    catalog = Catalog(folder / CATALOG)
    try:
        made = _candidates(catalog, number)
        for place, (subject, share) in enumerate(zip(SUBJECTS, SHARES, strict=True)):
            _harvest(catalog, subject, range(1 + place, number + 1), share)
    finally:
        catalog.close()
    return made


def _candidates(catalog: Catalog, number: int) -> Library:
    chance = Random(1)
    templates = [template(chance) for _ in range(200)]
    asked = Library(catalog.path.parent, "", "")
    for begin in range(1, number + 1, AT_ONCE):
        ids = range(begin, min(begin + AT_ONCE, number + 1))
        rows = []
        digests: list[tuple[int, int]] = []
        for one in ids:
            md5 = f"{chance.getrandbits(128):032x}"
            value = templates[one % 200].replace("@id@", str(one)).replace("@md5@", md5)
            rows.append((one, "danbooru", str(one), one, value, md5))
            urls = [PAGE.format(id=one), *(url.format(md5=md5) for url in FILES)]
            digests += [(addresses.digest(url), one) for url in urls]
            if one == number // 2 + 1:
                asked = Library(catalog.path.parent, f"danbooru:{one}", urls[1])
        catalog.write(lambda db, rows=rows, digests=digests: _put(db, rows, digests))  # type: ignore[misc]
    return asked


def _put(
    db: Database, rows: Sequence[tuple[object, ...]], digests: Sequence[tuple[int, int]]
) -> None:
    many = db.conn.executemany
    many("insert into pictures (id) values (?)", [(row[0],) for row in rows])
    many(
        "insert into candidates (id, site, post_id, family, picture_id, value, md5, seen_at, changed_at)"
        " values (?, ?, ?, 'danbooru', ?, ?, ?, 0, 0)",
        rows,
    )
    many(addresses.INSERT, sorted(digests))


def _harvest(catalog: Catalog, subject: str, numbers: range, share: float) -> None:
    recipe = recipes.parse({"tag": subject, "target": 50, "sites": ["danbooru"]})
    harvest = harvests.wanted(catalog, recipe)
    harvest, _ = harvests.revised(catalog, harvest, recipe)
    told = {gate: _rulings(gate) for gate in {gate for _, _, gate in STATES}}
    chance = Random(subject)
    chosen = (n for n in numbers if chance.random() < share)
    taken = 0
    while some := list(islice(chosen, AT_ONCE)):
        _members(catalog, harvest, _rows(harvest, some, chance, taken), told)
        taken += len(some)
    for place in range(11):
        query = Query((subject,), want=(f"walk_{place}",))
        harvests.open_walk(
            catalog, harvest.id, query, Request("danbooru", f"https://x/{subject}/{place}")
        )
    for _ in range(12):
        harvests.open_round(catalog, harvest, [])
        catalog.write(lambda db: harvests.end_round(db, harvest.id, 1))
    harvests.end(catalog, harvest.id, "short", "46 of 50 pictures")


def _rows(
    harvest: Harvest, some: Sequence[int], chance: Random, taken: int
) -> Iterator[tuple[object, ...]]:
    """(harvest, candidate, state, stage, gate, reason, screened, framing, place); the first sixty are accepted."""
    for place, number in enumerate(some, start=taken):
        state, stage, gate = STATES[chance.randrange(len(STATES))]
        framing = FRAMINGS[chance.randrange(len(FRAMINGS))]
        if place < 60:
            state, stage, gate = "accepted", "assess", ""
        chosen = place + 1 if place < 46 else None
        reason = f"the reason is {gate}" if gate else ""
        screened = state != "rejected"
        yield harvest.id, number, state, stage, gate, reason, screened, framing, chosen


def _members(
    catalog: Catalog,
    harvest: Harvest,
    rows: Iterator[tuple[object, ...]],
    told: dict[str, tuple[str, str]],
) -> None:
    members = list(rows)
    rulings = [
        (
            harvest.id,
            row[1],
            "screen",
            1,
            row[4] if row[2] == "rejected" else "",
            *told[str(row[4])],
        )
        for row in members
    ]

    def work(db: Database) -> None:
        db.conn.executemany(
            "insert into members (harvest_id, candidate_id, state, stage, gate, reason, screened,"
            " framing, place, changed_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
            members,
        )
        db.conn.executemany("insert into rulings values (?, ?, ?, ?, ?, ?, ?)", rulings)

    catalog.write(work)


def _rulings(gate: str) -> tuple[str, str]:
    """(verdict, rulings as JSON) of a picture that this gate rejects; "" of one that passes."""
    width = 400 if gate == "short_side" else 1200
    known = Facts(width=width, height=1600, bytes=800_000, rating=Rating.GENERAL, format="jpeg")
    given = gates.judge(gates.build({}), known)
    verdict = Verdict.REJECT if gate and gate != "same_bytes" else Verdict.PASS
    return verdict.value, codec.dump(given)


def timed(command: Sequence[str], runs: int, *, bytecode: Path) -> list[Run]:
    """Whole commands, with what they spend in CPU.

    Compiled modules are kept in `bytecode`, as an installed program has them, and a first run fills it untimed.
    """
    environment = {key: value for key, value in os.environ.items() if key != UNCOMPILED}
    environment["PYTHONPYCACHEPREFIX"] = str(bytecode)
    subprocess.run(command, env=environment, capture_output=True)
    found = []
    for _ in range(runs):
        before, start = os.times(), time.perf_counter()
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        wall, after = time.perf_counter() - start, os.times()
        if done.returncode:
            raise SystemExit(f"{command} ended with {done.returncode}:\n{done.stderr}")
        spent = after.children_user - before.children_user
        found.append(Run(wall, spent + after.children_system - before.children_system))
    return found


def local_part(folder: Path, runs: int) -> list[Run]:
    """Seconds of what `plan` asks the library, before it asks anybody else."""
    recipe = recipes.parse({"tag": SUBJECTS[0], "target": 80, "sites": ["danbooru"]})
    asked = Ask(recipe, folder, config.load(None, folder))
    found = []
    for _ in range(runs):
        start, begun = time.perf_counter(), time.process_time()
        past(asked)
        found.append(Run(time.perf_counter() - start, time.process_time() - begun))
    return found


def _show(name: str, runs: Sequence[Run]) -> None:
    middle = statistics.median(run.wall for run in runs)
    cpu = statistics.median(run.cpu for run in runs)
    least, most = min(run.wall for run in runs), max(run.wall for run in runs)
    print(f"{name:<18}{middle:8.3f} s (min {least:.3f}, max {most:.3f}), CPU {cpu:.3f} s")


def main() -> None:
    """Generate, measure and print."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--candidates", type=int, default=1_000_000)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--folder", type=Path, help="where the library is made, and stays")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        start = time.perf_counter()
        made = _made(folder, given.candidates)
        size = (folder / CATALOG).stat().st_size / 1e9
        print(
            f"{given.candidates:,} candidates, {size:.1f} GB, {time.perf_counter() - start:.0f} s"
        )
        base = [*HARVEST, "--library", str(folder)]
        for words in (
            ["--help"],
            ["status"],
            ["status", "1"],
            ["why", made.key],
            ["why", made.url],
            ["history", "1"],
        ):
            compiled = Path(temporary) / "bytecode"
            _show(_name(words), timed([*base, *words], given.runs, bytecode=compiled))
        _show("plan, local part", local_part(folder, given.runs))


def _name(words: Sequence[str]) -> str:
    about = (
        ""
        if not words[1:]
        else "URL"
        if "://" in words[1]
        else "SITE:ID"
        if ":" in words[1]
        else "H"
    )
    return f"{words[0]} {about}".strip()


def _made(folder: Path, number: int) -> Library:
    """The library in a folder, generated unless it is there."""
    note = folder / "made.json"
    if note.exists():
        key, url = json.loads(note.read_text("utf-8"))
        return Library(folder, key, url)
    made = generate(folder, number)
    note.write_text(json.dumps([made.key, made.url]), "utf-8")
    return made


if __name__ == "__main__":
    os.environ.setdefault("HARVEST_STATE", tempfile.gettempdir())
    main()
