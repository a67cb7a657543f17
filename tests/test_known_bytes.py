"""Bytes that the library has, by any hash a site tells, are linked and never fetched again; a wrong hash loses nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from harvester.catalog import candidates, files, linking
from harvester.catalog.core import Catalog
from harvester.demo import Sandbox, World
from harvester.model import Facts, File
from tests.catalogs import MD5, SHA, WHOLE, a_candidate, known, put
from tests.harness import SUBJECT, Done, Place
from tests.test_hashing_harvest import CAPTION, drawn

SHA512 = "ef" * 64
PIXELS = "12" * 16
SIZE = Facts(width=900, height=1200)
FILE = File("original", ("https://x.test/a.png",))

# what is looked up


def stored(catalog: Catalog, **claims: Any) -> int:
    """A file in the store, of a candidate that claims so much."""
    one = put(catalog, a_candidate(1, claims=Facts(**claims)))
    catalog.write(lambda db: files.stored(db, one, replace(WHOLE, sha512=SHA512)))
    files.measured(catalog, SHA, SIZE, "")
    return one


def claimed(catalog: Catalog, **claims: Any) -> candidates.Known:
    """A candidate of another site, whose file is not here, and what it claims."""
    two = put(catalog, a_candidate(2, "other", files=(FILE,), claims=Facts(**claims)))
    return known(catalog, two)


HASHES: dict[str, dict[str, str]] = {
    "md5": {"md5": MD5},
    "sha1": {"sha1": "cd" * 20},
    "sha256": {"sha256": SHA},
    "sha512": {"sha512": SHA512},
    "in capitals": {"md5": MD5.upper()},
}


@pytest.mark.parametrize("told", HASHES.values(), ids=HASHES)
def test_bytes_that_are_here_are_found_by_a_claimed_hash(
    catalog: Catalog, told: dict[str, str]
) -> None:
    stored(catalog)

    link = linking.linkable(catalog, claimed(catalog, **told))

    assert link is not None
    assert link.sha256 == SHA
    assert "these bytes" in link.reason


def test_pixels_that_are_here_are_found_by_the_hash_of_pixels(catalog: Catalog) -> None:
    stored(catalog, pixel_hash=PIXELS)

    link = linking.linkable(catalog, claimed(catalog, pixel_hash=PIXELS, bytes=99))

    assert link is not None
    assert (link.sha256, "these pixels" in link.reason) == (SHA, True)


@pytest.mark.parametrize(
    ("told", "same"),
    [
        ({"bytes": 1234}, True),
        ({"bytes": 1235}, False),
        ({"width": 900, "height": 1200}, True),
        ({"width": 1200, "height": 900}, True),  # held otherwise
        ({"width": 900}, True),
        ({"width": 1800, "height": 2400}, False),
    ],
)
def test_a_hash_that_the_sites_own_word_contradicts_links_nothing(
    catalog: Catalog, told: dict[str, int], same: bool
) -> None:
    stored(catalog)

    link = linking.linkable(catalog, claimed(catalog, md5=MD5, **told))

    assert (link is not None) is same


def test_candidates_that_contradict_each_other_are_two_pictures_whatever_hash_they_share(
    catalog: Catalog,
) -> None:
    numbers = [
        put(catalog, a_candidate(n, claims=Facts(md5=MD5, bytes=size)))
        for n, size in enumerate([5, 5, 6, None])
    ]
    first, second, longer, unknown = (known(catalog, n).picture for n in numbers)

    assert first == second == unknown
    assert longer != first


@pytest.mark.parametrize("kind", ["sha512", "pixel_hash"])
def test_candidates_with_one_hash_are_one_picture(catalog: Catalog, kind: str) -> None:
    told: dict[str, Any] = {kind: "ab" * 8}
    one, two = (put(catalog, a_candidate(n, claims=Facts(**told))) for n in (1, 2))

    assert known(catalog, one).picture == known(catalog, two).picture


def test_a_file_of_an_earlier_version_is_hashed_only_for_one_of_its_length(
    catalog: Catalog,
) -> None:
    one = put(catalog, a_candidate(1))
    catalog.write(lambda db: files.stored(db, one, WHOLE))

    assert linking.unhashed(catalog, claimed(catalog, sha512=SHA512, bytes=1233)) == []
    assert linking.unhashed(catalog, claimed(catalog, sha512=SHA512, bytes=1234)) == [WHOLE]
    linking.hashed(catalog, SHA, SHA512)
    assert linking.unhashed(catalog, claimed(catalog, sha512=SHA512, bytes=1234)) == []
    assert linking.linkable(catalog, claimed(catalog, sha512=SHA512)) is not None


# the whole command


@dataclass
class Site:
    """A sandbox of one family that shows the pictures of a folder, and a library that knows it as `place`."""

    sandbox: Sandbox
    place: Place

    def collect(self, *more: str) -> Done:
        words = ["--tag", SUBJECT, "--kind", "other", "--target", "3", "--site", "place", "--json"]
        return self.place.inside(*words, *more)

    @property
    def fetched(self) -> list[int | None]:
        """Posts of which a file was asked."""
        return [entry.post for entry in self.sandbox.requests if entry.post is not None]


@contextmanager
def site(family: str, pictures: Path, folder: Path, monkeypatch: Any) -> Iterator[Site]:
    monkeypatch.setenv("HARVEST_CACHE", str(folder / "cache"))
    with Sandbox(World(pictures=pictures), family=family) as sandbox:
        table = f'[sites.place]\nfamily = "{family}"\nurl = "{sandbox.url}"\ninterval = 0\n'
        more = table + 'rating_default = "general"\n'
        yield Site(sandbox, Place(folder / "library", {}, more))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Three pictures, as somebody has them and as sites do."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in (1, 2, 3):
        drawn(number).save(folder / f"{number}.png")
        (folder / f"{number}.txt").write_text(CAPTION, "utf-8")
    return folder


@pytest.fixture
def shown(tmp_path: Path, pictures: Path) -> Path:
    """The same without the words beside them."""
    folder = tmp_path / "shown"
    folder.mkdir()
    for path in pictures.glob("*.png"):
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def imported(place: Place, folder: Path) -> None:
    done = place.inside("import", str(folder), "--tag", SUBJECT, "--json")
    assert (done.code, done.json["states"]) == (0, {"accepted": 3}), done.err


FAMILIES = {"danbooru": "md5", "mediawiki": "sha1", "philomena": "sha512"}


@pytest.mark.parametrize("family", FAMILIES)
def test_what_was_imported_is_never_asked_of_a_site(
    family: str, pictures: Path, shown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site(family, shown, tmp_path, monkeypatch) as one:
        imported(one.place, pictures)
        done = one.collect()

    assert done.code == 0, done.err
    assert one.fetched == []
    sql = f"select count(*) from candidates where site = 'place' and asset is not null and {FAMILIES[family]} is not null"
    assert one.place.rows(sql) == [(3,)]


def test_a_library_of_an_earlier_version_knows_its_files_by_sha512_as_well(
    pictures: Path, shown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site("philomena", shown, tmp_path, monkeypatch) as one:
        imported(one.place, pictures)
        one.place.rows("update assets set sha512 = null")
        done = one.collect()

    assert done.code == 0, done.err
    assert one.fetched == []
    sums = {hashlib.sha512(path.read_bytes()).hexdigest() for path in shown.iterdir()}
    assert {row[0] for row in one.place.rows("select sha512 from assets")} == sums


def test_the_same_pixels_are_fetched_once(
    shown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn(1).save(shown / "4.png", compress_level=1)  # other bytes, the same pixels
    with site("danbooru", shown, tmp_path, monkeypatch) as one:
        done = one.collect("--target", "4")
    told = [state for state in one.place.states().values() if state[0] == "duplicate"]

    assert done.code == 3, done.err
    assert len(one.fetched) == 3
    [(_, stage, gate, reason)] = told
    assert (stage, gate) == ("screen", "same_bytes")
    assert "the same pixels as place:" in reason


def test_pixels_that_another_harvest_has_are_not_fetched(
    shown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = tmp_path / "first"
    first.mkdir()
    drawn(1).save(first / "1.png", compress_level=1)
    with site("danbooru", first, tmp_path, monkeypatch) as one:
        one.collect("--target", "1")
        library = one.place.folder
    with site("danbooru", shown, tmp_path, monkeypatch) as two:
        table = two.place.more.replace("sites.place", "sites.twin")
        two.place = Place(library, {}, table)
        words = ["--tag", SUBJECT, "--kind", "other", "--new", "--target", "3", "--site", "twin"]
        done = two.place.inside(*words, "--json")

    assert done.code == 0, done.err
    assert len(two.fetched) == 2
    sql = "select reason from members m join candidates c on c.id = m.candidate_id where c.site = 'twin'"
    states = two.place.rows(
        f"{sql} and c.asset = (select asset from candidates where site = 'place')"
    )
    assert len(states) == 1


def test_pixels_that_were_told_apart_are_both_fetched(
    shown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn(1).save(shown / "4.png", compress_level=1)
    with site("danbooru", shown, tmp_path, monkeypatch) as one:
        one.collect("--target", "4")
        [(copy, kept)] = [
            (key, reason.split("as ")[1].split(" by")[0])
            for key, (state, *_, reason) in one.place.states().items()
            if state == "duplicate"
        ]
        said = one.place.inside("distinct", kept, copy)
        done = one.collect("--target", "4")

    assert said.code == 0, said.err
    assert f"{copy}: duplicate → wanted" in said.out
    assert done.code == 0, done.err
    assert len(one.fetched) == 4
    assert done.json["selected"] == 4


def test_a_site_with_the_hash_of_another_picture_gets_no_picture_lost(
    shown: Path, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A post that claims the MD5 of a file that is here, and another length: it is fetched, and the fault is told."""
    with site("danbooru", shown, tmp_path, monkeypatch) as one:
        imported(one.place, pictures)
        right = one.sandbox.vault.claim(one.sandbox.world.posts[0])
        liar = one.sandbox.world.posts[1]
        with monkeypatch.context() as patch:
            patch.setitem(one.sandbox.vault._claims, liar.id, replace(right, bytes=right.bytes + 1))
            done = one.collect()

    assert done.code == 3, done.err
    state, stage, _, reason = one.place.states(2)[f"place:{liar.id}"]
    assert (state, stage) == ("failed", "fetch")
    assert "the site claims" in reason


def test_a_stored_file_that_somebody_deleted_is_named_and_after_a_repair_fetched_again(
    shown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing takes a deletion by hand for a wish: a selection with a hole in it is a fault, until it is repaired."""
    with site("danbooru", shown, tmp_path, monkeypatch) as one:
        one.collect("--target", "3")
        chosen = one.place.selection()
        key, sha256 = chosen[1]
        [path] = (one.place.folder / "objects").rglob(f"{sha256}.*")
        path.unlink()

        export = one.place.inside("export", "1", "--to", str(tmp_path / "out"))
        seen = one.place.inside("check")
        holed = one.collect("--target", "3")
        asked = len(one.fetched)
        repaired = one.place.inside("check", "--repair")
        done = one.collect("--target", "3")

    assert (export.code, seen.code, holed.code) == (5, 5, 5)
    for told in (export.err, holed.err):
        assert f"{key}: its file is missing from the library; run `harvest check --repair`" in told
    assert f"missing: {sha256}" in seen.out
    assert (repaired.code, done.code) == (0, 0), done.err
    assert len(one.fetched) == asked + 1
    assert one.place.selection() == chosen
    assert one.place.inside("check").code == 0
