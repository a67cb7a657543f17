"""What every store does: files named by their content, taken in once, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harvester.boundary import hook
from harvester.errors import LibraryError
from harvester.store import LocalStore, unusable

STORES: dict[str, Callable[[Path], LocalStore]] = {"local": LocalStore}
"""A new store gets this suite by its line here."""

PICTURE = b"a picture's bytes"
NAME = hashlib.sha256(PICTURE).hexdigest()


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, library: Path) -> LocalStore:
    return STORES[request.param](library)


@pytest.fixture
def crossed() -> Iterator[list[str]]:
    names: list[str] = []
    before, hook.call = hook.call, names.append
    yield names
    hook.call = before


def whole_part(store: LocalStore, name: str = "danbooru:1", content: bytes = PICTURE) -> Path:
    part = store.part(name)
    part.write_bytes(content)
    return part


def test_an_adopted_part_is_an_object_of_its_hash(store: LocalStore) -> None:
    part = whole_part(store)

    path = store.adopt(part, NAME, "png")

    assert path == store.path(NAME, "png")
    assert path.read_bytes() == PICTURE
    assert not part.exists()
    assert store.has(NAME, "png")
    assert list(store.objects()) == [(NAME, path)]


def test_an_object_lies_in_a_folder_of_its_first_two_letters(store: LocalStore) -> None:
    path = store.path(NAME, "png")

    assert (path.parent.name, path.name) == (NAME[:2], f"{NAME}.png")


def test_both_boundaries_are_crossed_in_order(store: LocalStore, crossed: list[str]) -> None:
    store.adopt(whole_part(store), NAME, "png")

    assert crossed == ["store.renamed", "store.synced"]


def test_adopting_again_after_a_crash_changes_nothing(store: LocalStore) -> None:
    part = whole_part(store)
    path = store.adopt(part, NAME, "png")

    assert store.adopt(part, NAME, "png") == path
    assert path.read_bytes() == PICTURE


def test_the_same_bytes_fetched_twice_leave_one_object_and_no_part(store: LocalStore) -> None:
    store.adopt(whole_part(store), NAME, "png")

    store.adopt(whole_part(store, "gelbooru:7"), NAME, "png")

    assert len(list(store.objects())) == 1
    assert store.parts() == []


def test_a_damaged_object_is_healed_by_adopting_its_bytes_again(store: LocalStore) -> None:
    path = store.adopt(whole_part(store), NAME, "png")
    path.write_bytes(b"damaged")

    store.adopt(whole_part(store), NAME, "png")

    assert store.verify(NAME, "png")


def test_a_part_that_vanished_is_told(store: LocalStore) -> None:
    with pytest.raises(LibraryError, match="run the same command again"):
        store.adopt(store.part("danbooru:1"), NAME, "png")


def test_verify_reads_the_bytes(store: LocalStore) -> None:
    assert not store.verify(NAME, "png")
    path = store.adopt(whole_part(store), NAME, "png")
    assert store.verify(NAME, "png")

    path.write_bytes(b"damaged")

    assert store.has(NAME, "png")
    assert not store.verify(NAME, "png")


def test_a_removed_object_is_gone_and_may_be_removed_again(store: LocalStore) -> None:
    store.adopt(whole_part(store), NAME, "png")

    store.remove(NAME, "png")
    store.remove(NAME, "png")

    assert not store.has(NAME, "png")
    assert list(store.objects()) == []


def test_a_new_store_is_empty(store: LocalStore) -> None:
    assert list(store.objects()) == []
    assert store.parts() == []


def test_parts_left_over_are_listed(store: LocalStore) -> None:
    left = {whole_part(store, "danbooru:1"), whole_part(store, "danbooru:2")}

    assert set(store.parts()) == left


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "wiki:File:A/B?.png", "CON", "x" * 4000, "名前:1", "\0", ""]
)
def test_no_name_leaves_the_folder_of_parts(store: LocalStore, name: str) -> None:
    part = store.part(name)

    assert part.parent == store.part("danbooru:1").parent
    assert re.fullmatch(r"[0-9a-f]{40}\.part", part.name)


def test_the_same_name_is_the_same_part_and_another_is_another(store: LocalStore) -> None:
    assert store.part("a:1") == store.part("a:1")
    assert len({store.part(name) for name in ("a:1", "A:1", "a:11", "a_1", "a/1")}) == 5


@pytest.mark.parametrize(
    ("sha256", "extension"), [("../x", "png"), (NAME, "p/g"), (NAME, ""), (NAME.upper(), "png")]
)
def test_nothing_else_than_a_hash_and_an_extension_names_an_object(
    store: LocalStore, sha256: str, extension: str
) -> None:
    with pytest.raises(ValueError, match="no object"):
        store.path(sha256, extension)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_sentence_with_a_remedy() -> None:
    with pytest.raises(OSError) as caught, Path("/dev/full").open("wb", buffering=0) as full:
        full.write(b"x")

    error = unusable(caught.value, Path("/data/objects"))

    assert str(error) == (
        f"the disk is full at {Path('/data/objects')}: free some space,"
        " then run the same command again"
    )


def test_a_folder_in_the_way_of_a_store_is_told(store: LocalStore, library: Path) -> None:
    (library / "objects").write_text("a file where a folder should be")

    with pytest.raises(LibraryError, match=r"cannot use .*objects.*check the disk"):
        store.part("danbooru:1")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_library_is_told(store: LocalStore, library: Path) -> None:
    library.chmod(0o500)

    with pytest.raises(LibraryError, match=r"no permission to write .*--library"):
        store.part("danbooru:1")

    library.chmod(0o700)


@pytest.mark.parametrize("number", [1, 13, 30])
def test_a_refused_write_names_the_option_that_helps(number: int) -> None:
    error = unusable(OSError(number, os.strerror(number)), Path("/data"))

    assert "--library" in str(error)
