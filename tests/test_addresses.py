"""A picture is found by its address without reading every candidate, in catalogs that had no such table too."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from harvester.catalog import candidates
from harvester.catalog.core import Catalog
from harvester.model import File
from tests.catalogs import a_candidate, put

FILE = "https://cdn.test/original/1.png"
OLDER = """
drop table addresses; drop index members_passing; drop index members_place; drop index members_state;
create index members_state on members(harvest_id, state); alter table harvests drop column shortfall;
delete from _sqlite_migrations where name = 'm006_big_libraries';
"""


@pytest.fixture
def path(library: Path) -> Path:
    return library / "catalog.db"


@pytest.fixture
def catalog(path: Path) -> Iterator[Catalog]:
    opened = Catalog(path)
    yield opened
    opened.close()


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


def test_a_catalog_from_before_the_table_gets_its_addresses(path: Path) -> None:
    with closing(Catalog(path)) as old:
        put(old, a_candidate(1, files=(File("original", (FILE,)),)))
        put(old, a_candidate(2), bare=True)
    with closing(sqlite3.connect(path)) as db:
        db.executescript(OLDER)

    with closing(Catalog(path)) as new:
        assert keys(new, FILE) == ["booru:1"]
        assert new.faults() == []
