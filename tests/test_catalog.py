"""The catalog as a file: its schema, its writers, what it keeps of candidates and of bytes."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database

from harvester.catalog import candidates, files
from harvester.catalog.core import Catalog
from harvester.catalog.files import Holder
from harvester.catalog.harvests import Harvest
from harvester.errors import LibraryError, NewerSchema
from harvester.model import (
    Candidate,
    Credit,
    Facts,
    File,
    Rating,
    Word,
)
from tests.catalogs import (
    MD5,
    SHA,
    WHOLE,
    a_candidate,
    joined,
    known,
    put,
)

# ---- the file -----------------------------------------------------------------------------


def test_opening_a_catalog_again_changes_nothing(path: Path) -> None:
    Catalog(path).close()
    with sqlite3.connect(path) as db:
        before = db.execute("select sql from sqlite_master order by 1").fetchall()
    db.close()

    Catalog(path).close()

    with sqlite3.connect(path) as db:
        assert db.execute("select sql from sqlite_master order by 1").fetchall() == before
    db.close()


def test_a_newer_schema_is_refused_by_name(path: Path) -> None:
    opened = Catalog(path)
    row = {"migration_set": "harvester", "name": "m999_holograms", "applied_at": "2030-01-01"}
    opened.write(lambda db: db["_sqlite_migrations"].insert(row))  # type: ignore[union-attr]
    opened.close()

    with pytest.raises(NewerSchema, match=r"m999_holograms.*upgrade with"):
        Catalog(path)


def test_a_file_that_is_no_catalog_is_told_in_a_sentence(path: Path) -> None:
    path.write_bytes(b"no database at all" * 500)

    with pytest.raises(LibraryError, match="the file is damaged; restore it"):
        Catalog(path)


def test_a_damaged_catalog_is_told_in_a_sentence(path: Path) -> None:
    with_rows = Catalog(path)
    for post in range(200):
        put(with_rows, a_candidate(post))
    with_rows.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))

    with pytest.raises(LibraryError, match="damaged; restore it from a copy"):
        Catalog(path).rows("select * from candidates")


@pytest.mark.parametrize("place", ["missing/catalog.db", "catalog.db"])
def test_a_place_that_cannot_be_written_is_told_in_a_sentence(library: Path, place: str) -> None:
    (library / "catalog.db").mkdir()

    with pytest.raises(LibraryError, match="the library is not writable"):
        Catalog(library / place)


# ---- writing ------------------------------------------------------------------------------


def write_many(path: Path, site: str, count: int) -> None:
    catalog = Catalog(path)
    for post in range(count):
        put(catalog, a_candidate(post, site))
    catalog.close()


def test_processes_that_open_a_new_catalog_at_once_all_write(path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=write_many, args=(path, site, 20)) for site in "abc"]

    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    catalog = Catalog(path)
    assert catalog.value("select count(*) from candidates") == 60
    catalog.close()


def test_threads_of_one_process_write_side_by_side(catalog: Catalog) -> None:
    def work(site: str) -> None:
        for post in range(30):
            put(catalog, a_candidate(post, site))

    threads = [threading.Thread(target=work, args=(site,)) for site in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert catalog.value("select count(*) from candidates") == 120


def test_what_fails_half_way_is_undone_and_the_next_write_works(catalog: Catalog) -> None:
    def work(db: Database) -> None:
        candidates.put(db, a_candidate(1), family="danbooru")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        catalog.write(work)

    assert catalog.value("select count(*) from candidates") == 0
    assert put(catalog, a_candidate(2)) > 0


def test_what_is_written_is_read_after_the_catalog_was_closed(path: Path) -> None:
    first = Catalog(path)
    number = put(first, a_candidate(1, claims=Facts(width=900)))
    first.close()

    second = Catalog(path)
    assert known(second, number).value.claims.width == 900
    second.close()


# ---- candidates ---------------------------------------------------------------------------


def test_the_same_post_is_one_candidate(catalog: Catalog) -> None:
    assert put(catalog, a_candidate(1)) == put(catalog, a_candidate(1))
    assert put(catalog, a_candidate(1)) != put(catalog, a_candidate(1, "other"))


def test_a_later_reply_wins_where_it_knows_something(catalog: Catalog) -> None:
    old = Facts(width=900, score=5, rating=Rating.GENERAL)
    put(catalog, a_candidate(claims=old, words=(Word("caption", "a"),)))

    number = put(catalog, a_candidate(claims=Facts(score=7), words=(Word("caption", "b"),)))

    found = known(catalog, number).value
    assert found.claims == Facts(width=900, score=7, rating=Rating.GENERAL)
    assert found.words == (Word("caption", "a"), Word("caption", "b"))


def test_a_reply_without_files_takes_none_away(catalog: Catalog) -> None:
    file = File("original", ("https://cdn.test/1.png",))
    put(catalog, a_candidate(files=(file,), credits=(Credit("someone"),)))

    number = put(catalog, a_candidate(credits=(Credit("someone"),)))

    assert known(catalog, number).value.files == (file,)
    assert known(catalog, number).value.credits == (Credit("someone"),)


def test_what_a_second_reply_completes_is_no_longer_missing(catalog: Catalog) -> None:
    file = File("original", ("https://cdn.test/1.png",))
    put(catalog, a_candidate(incomplete=frozenset({"tags", "url"})))

    number = put(catalog, a_candidate(files=(file,), incomplete=frozenset({"tags"})))

    assert known(catalog, number).value.incomplete == {"tags"}


@pytest.mark.parametrize("hashed", [{"md5": MD5}, {"sha1": "c" * 40}, {"sha256": SHA}])
def test_posts_of_one_hash_are_one_picture(catalog: Catalog, hashed: dict[str, str]) -> None:
    one = put(catalog, a_candidate(1, claims=Facts(**hashed)))  # type: ignore[arg-type]
    file = File("original", ("https://x.test/a.png",), **hashed)  # type: ignore[arg-type]
    other = put(catalog, a_candidate(9, "other", files=(file,)))
    stranger = put(catalog, a_candidate(2))

    assert known(catalog, one).picture == known(catalog, other).picture
    assert known(catalog, one).picture != known(catalog, stranger).picture


@pytest.mark.parametrize("order", [(1, 9), (9, 1)])
def test_a_hash_that_is_told_later_joins_the_picture_it_is_of(
    catalog: Catalog, order: tuple[int, int]
) -> None:
    one = put(catalog, a_candidate(order[0], claims=Facts(md5=MD5)))
    other = put(catalog, a_candidate(order[1], "other"))

    put(catalog, a_candidate(order[1], "other", claims=Facts(md5=MD5)))

    assert known(catalog, one).picture == known(catalog, other).picture


def test_siblings_are_those_that_share_a_picture(catalog: Catalog) -> None:
    claims = Facts(md5=MD5)
    one, other = (put(catalog, a_candidate(1, site, claims=claims)) for site in ("b", "a"))
    alone = put(catalog, a_candidate(2))
    pictures = [known(catalog, number).picture for number in (one, other, alone)]

    found = candidates.siblings(catalog, pictures)

    assert [[each.id for each in group] for group in found.values()] == [[other, one]]


def test_a_bare_candidate_keeps_only_its_key(catalog: Catalog) -> None:
    claims = Facts(md5=MD5, tags={"general": ("x",)})

    number = put(catalog, a_candidate(1, claims=claims), bare=True)

    assert known(catalog, number).value == Candidate("booru", "1", "")
    assert known(catalog, number).bare
    assert MD5 not in "\n".join(catalog.write(lambda db: db.conn.iterdump()))


def test_a_candidate_that_turns_out_bare_loses_what_was_kept(catalog: Catalog) -> None:
    number = put(catalog, a_candidate(1, claims=Facts(md5=MD5)))

    put(catalog, a_candidate(1), bare=True)

    row = catalog.row("select value, md5 from candidates where id = ?", (number,))
    assert row is not None
    assert tuple(row) == (None, None)


def test_a_candidate_is_found_by_key_and_by_address(catalog: Catalog) -> None:
    file = File("original", ("https://cdn.test/a.png",))
    number = put(catalog, a_candidate(1, files=(file,)))

    by_key = candidates.by_key(catalog, "booru", "1")

    assert by_key is not None
    assert by_key.id == number
    for url in ("https://booru.test/1", "https://cdn.test/a.png"):
        assert [found.id for found in candidates.by_address(catalog, url)] == [number]
    assert candidates.by_address(catalog, "https://cdn.test/a") == []


# ---- files --------------------------------------------------------------------------------


def test_a_lease_knows_its_process_and_later_its_hash(catalog: Catalog, harvest: Harvest) -> None:
    (one,) = joined(catalog, harvest, a_candidate(1))
    files.lease(catalog, harvest.id, [(one, "booru_1.part")], Holder(7, 1.5))
    (before,) = files.leases(catalog)

    files.hashed(catalog, one, WHOLE)

    (after,) = files.leases(catalog)
    assert (before.holder, before.part, before.whole) == (Holder(7, 1.5), "booru_1.part", None)
    assert after == replace(before, whole=WHOLE)


def test_a_lease_is_taken_over_by_another_process(catalog: Catalog, harvest: Harvest) -> None:
    (one,) = joined(catalog, harvest, a_candidate(1))
    for pid in (7, 8):
        files.lease(catalog, harvest.id, [(one, "booru_1.part")], Holder(pid, 1.5))

    assert [lease.holder.pid for lease in files.leases(catalog)] == [8]


def test_the_commit_point_names_the_file_and_ends_the_lease(
    catalog: Catalog, harvest: Harvest
) -> None:
    (one,) = joined(catalog, harvest, a_candidate(1))
    files.lease(catalog, harvest.id, [(one, "booru_1.part")], Holder(7, 1.5))

    catalog.write(lambda db: files.stored(db, one, WHOLE))

    assert files.leases(catalog) == []
    assert files.asset(catalog, SHA) == WHOLE
    assert known(catalog, one).asset == SHA
    assert [found.id for found in candidates.by_asset(catalog, SHA)] == [one]


@pytest.mark.parametrize("phash", [0, 1, 2**63 - 1, 2**63, 2**64 - 1, None])
def test_a_measured_hash_of_64_bits_comes_back(
    catalog: Catalog, harvest: Harvest, phash: int | None
) -> None:
    (one,) = joined(catalog, harvest, a_candidate(1))
    catalog.write(lambda db: files.stored(db, one, WHOLE))
    facts = Facts(width=900, height=1200, decodable=True, phash=phash)

    files.measured(catalog, SHA, facts, "")

    assert files.measurement(catalog, SHA) == facts
    assert files.measurements(catalog, harvest.id) == {SHA: facts}


def test_a_lost_file_is_forgotten_everywhere(catalog: Catalog) -> None:
    one = put(catalog, a_candidate(1))
    catalog.write(lambda db: files.stored(db, one, WHOLE))
    files.measured(catalog, SHA, Facts(width=9), "")

    catalog.write(lambda db: files.forget(db, SHA))

    assert (files.assets(catalog), files.measurement(catalog, SHA)) == ([], None)
    assert known(catalog, one).asset is None
