"""What a big library must know at once is kept as it changes: addresses and counts, in older catalogs too."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harvester.catalog import candidates, harvests, members
from harvester.catalog.core import Catalog
from harvester.catalog.harvests import Harvest
from harvester.catalog.members import Move
from harvester.model import File, Framing, State
from tests.catalogs import REIMU, a_candidate, joined, move, put

FILE = "https://cdn.test/original/1.png"
HEAVY = ("numpy", "scipy", "sqlite_utils", "PIL", "httpx", "aiohttp", "bs4", "rich", "psutil")
LOADED = (
    "import sys, json; from harvester.cli import run; code = run(sys.argv[1:]);"
    f"print(json.dumps([code, [name for name in {HEAVY} if name in sys.modules]]), file=sys.stderr)"
)
OLDER = """
drop trigger members_added; drop trigger members_dropped; drop trigger members_moved;
drop table tallies; drop table addresses; drop index members_place; drop index members_state;
create index members_state on members(harvest_id, state); alter table harvests drop column shortfall;
delete from _sqlite_migrations where name = 'm006_big_libraries';
"""


def keys(catalog: Catalog, url: str) -> list[str]:
    return [known.value.key for known in candidates.by_address(catalog, url)]


def test_a_candidate_is_found_by_its_page_and_by_each_of_its_files(catalog: Catalog) -> None:
    files = (
        File("original", (FILE, "https://mirror.test/1.png")),
        File("preview", ("https://p.test/1",)),
    )
    put(catalog, a_candidate(1, files=files))
    put(catalog, a_candidate(2))

    for url in ("https://booru.test/1", FILE, "https://mirror.test/1.png", "https://p.test/1"):
        assert keys(catalog, url) == ["booru:1"]


def test_candidates_that_share_an_address_are_all_found(catalog: Catalog) -> None:
    for post in (1, 2):
        put(catalog, a_candidate(post, files=(File("original", (FILE,)),)))

    assert keys(catalog, FILE) == ["booru:1", "booru:2"]


def test_an_address_that_nobody_has_finds_nothing(catalog: Catalog) -> None:
    put(catalog, a_candidate(1))

    assert keys(catalog, "https://booru.test/") == []


def test_a_file_that_moved_is_found_at_its_new_address_only(catalog: Catalog) -> None:
    put(catalog, a_candidate(1, files=(File("original", (FILE,)),)))

    put(catalog, a_candidate(1, files=(File("original", (f"{FILE}?2",)),)))

    assert (keys(catalog, FILE), keys(catalog, f"{FILE}?2")) == ([], ["booru:1"])
    assert catalog.value("select count(*) from addresses") == 2


def test_of_a_candidate_that_may_not_be_kept_no_address_stays(catalog: Catalog) -> None:
    put(catalog, a_candidate(1, files=(File("original", (FILE,)),)))

    put(catalog, a_candidate(1), bare=True)

    assert catalog.value("select count(*) from addresses") == 0


def counted(catalog: Catalog, harvest: Harvest) -> dict[State, int]:
    """The members counted one by one."""
    rows = catalog.rows(
        "select state, count(*) from members where harvest_id = ? group by 1", (harvest.id,)
    )
    return {State(row[0]): row[1] for row in rows}


moves = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.sampled_from([State.WANTED, State.REJECTED, State.DUPLICATE]),
        st.sampled_from(["", "people", "outfit"]),
        st.sampled_from([None, True, False]),
        st.sampled_from([None, Framing.PORTRAIT, Framing.FULL_BODY]),
    ),
    max_size=20,
)


@given(moves)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30
)
def test_counts_follow_every_move(
    tmp_path_factory: pytest.TempPathFactory,
    made: list[tuple[int, State, str, bool | None, Framing | None]],
) -> None:
    with closing(Catalog(tmp_path_factory.mktemp("counts") / "catalog.db")) as catalog:
        harvest = harvests.wanted(catalog, REIMU)
        numbers = joined(catalog, harvest, *(a_candidate(post) for post in range(5)))
        joined(catalog, harvest, a_candidate(1))
        for place, state, gate, screened, framing in made:
            told = (gate, None, screened, framing)
            move(catalog, harvest, Move(numbers[place], state, "screen", "", *told))

        assert members.counts(catalog, harvest.id) == counted(catalog, harvest)
        assert sum(members.passing(catalog, harvest.id).values()) == catalog.value(
            "select count(*) from members where screened = 1"
        )
        assert sum(number for _, _, number in members.deciding(catalog, harvest.id)) == 5


def test_counts_are_kept_by_harvest(catalog: Catalog) -> None:
    first, second = (harvests.wanted(catalog, REIMU, new=new) for new in (False, True))
    joined(catalog, first, a_candidate(1), a_candidate(2))
    joined(catalog, second, a_candidate(2))
    catalog.write(
        lambda db: db.conn.execute("delete from members where harvest_id = ?", (first.id,))
    )

    assert members.counts(catalog, first.id) == {}
    assert members.counts(catalog, second.id) == {State.FOUND: 1}


def test_a_catalog_from_before_gets_its_addresses_and_counts(path: Path) -> None:
    with closing(Catalog(path)) as old:
        harvest = harvests.wanted(old, REIMU)
        joined(old, harvest, a_candidate(3), a_candidate(4))
        put(old, a_candidate(1, files=(File("original", (FILE,)),)))
        put(old, a_candidate(2), bare=True)
    with closing(sqlite3.connect(path)) as db:
        db.executescript(OLDER)

    with closing(Catalog(path)) as new:
        assert keys(new, FILE) == ["booru:1"]
        assert members.counts(new, harvest.id) == {State.FOUND: 2}
        assert new.faults() == []


# commands that only read


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with a harvest that came out short."""
    path = tmp_path_factory.mktemp("short") / "catalog.db"
    with closing(Catalog(path)) as catalog:
        harvest = harvests.wanted(catalog, REIMU)
        harvest, _ = harvests.revised(catalog, harvest, REIMU)
        joined(catalog, harvest, a_candidate(1, files=(File("original", (FILE,)),)))
        harvests.end(catalog, harvest.id, "short", "0 of 50 pictures")
    return path.parent


@pytest.mark.parametrize(
    "words",
    [("status",), ("status", "1"), ("history",), ("why", "booru:1"), ("why", FILE)],
    ids=" ".join,
)
def test_a_command_that_only_reads_loads_nothing_it_can_do_without(
    words: tuple[str, ...], short: Path
) -> None:
    command = [sys.executable, "-c", LOADED, "--library", str(short), *words]

    done = subprocess.run(command, check=True, capture_output=True, text=True)

    assert json.loads(done.stderr) == [0, []]
