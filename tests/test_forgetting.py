"""What a person had removed is gone: its files, its places, its copies; no run brings it in again until it is taken back."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from harvester.boundary import FORGETTING
from harvester.catalog.lock import held
from harvester.cli.shapes import SHAPES, misfits
from harvester.demo import Sandbox, World
from tests.harness import KILLER, SUBJECT, Done, Place
from tests.test_distinct import digest, imported, states
from tests.test_hashing_harvest import CAPTION, drawn

SIDECAR = {"tags_general": ["1girl", "solo", "upper_body"], "rating": "general"}


def put(folder: Path, name: str, picture: Image.Image, artist: str) -> None:
    picture.save(folder / name, quality=92)
    told = SIDECAR | {"artist": artist}
    (folder / name).with_suffix(".json").write_text(json.dumps(told), "utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A picture, the same smaller, and two others, one of them by somebody else."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    put(folder, "base.png", drawn(1), "zun")
    put(folder, "small.jpg", drawn(1).resize((810, 990)), "zun")
    put(folder, "stranger.png", drawn(2), "zun")
    put(folder, "other.png", drawn(3), "Some One")
    return folder


@pytest.fixture
def place(tmp_path: Path, folder: Path) -> Place:
    """A library with these pictures."""
    place = Place(tmp_path / "library", {})
    assert imported(place, folder).code == 0
    assert states(place) == KEPT
    return place


KEPT = {
    "base.png": "accepted",
    "small.jpg": "duplicate",
    "stranger.png": "accepted",
    "other.png": "accepted",
}
REMOVED = KEPT | {"base.png": "rejected", "small.jpg": "rejected"}


def keys(place: Place) -> dict[str, str]:
    return {key.partition(":")[2]: key for key in place.states()}


def objects(place: Place) -> set[str]:
    return {path.stem for path in (place.folder / "objects").glob("??/*")}


def forget(place: Place, *words: object) -> Done:
    return place.inside("forget", *map(str, words))


def own(place: Place) -> Path:
    [folder] = [path for path in (place.folder / "exports").iterdir() if path.is_dir()]
    return folder


def test_a_picture_goes_with_its_copies_its_files_its_place_and_everything_measured_of_it(
    place: Place, folder: Path
) -> None:
    gone = {digest(folder / name) for name in ("base.png", "small.jpg")}
    bytes = sum((folder / name).stat().st_size for name in ("base.png", "small.jpg"))
    assert gone < objects(place)

    done = forget(place, folder / "base.png", "--json")

    assert done.code == 0, done.err
    assert misfits(done.json, SHAPES["forget WHAT"]) == []
    assert (done.json["files"], done.json["bytes"]) == (2, bytes)
    assert states(place) == REMOVED
    assert objects(place) == {digest(folder / name) for name in ("stranger.png", "other.png")}
    for table in ("assets", "measurements", "sketches"):
        assert not {row[0] for row in place.rows(f"select sha256 from {table}")} & gone
    [one] = done.json["harvests"]
    assert one["selected"] == 2
    assert ("selected", "rejected") in {(c["before"], c["after"]) for c in one["changes"]}
    assert place.inside("check").code == 0


@pytest.mark.parametrize("named", ["key", "sha256", "file", "its copy"])
def test_a_picture_is_named_as_why_names_it(place: Place, folder: Path, named: str) -> None:
    word = {
        "key": keys(place)["base.png"],
        "sha256": digest(folder / "base.png"),
        "file": str(folder / "base.png"),
        "its copy": keys(place)["small.jpg"],
    }[named]

    assert forget(place, word).code == 0
    assert states(place) == REMOVED


def test_the_finished_folder_and_the_sheet_are_written_anew_at_once(
    place: Place, folder: Path
) -> None:
    sheet = own(place).with_name(f"{own(place).name}.png")
    before = sheet.read_bytes()

    assert forget(place, folder / "base.png").code == 0

    pictures = [path for path in own(place).iterdir() if path.suffix in {".png", ".jpg"}]
    assert {digest(path) for path in pictures} == {
        digest(folder / name) for name in ("stranger.png", "other.png")
    }
    assert sheet.read_bytes() != before


def test_a_selection_of_which_nothing_is_left_leaves_no_picture_in_the_folder(
    place: Place, folder: Path
) -> None:
    sheet = own(place).with_name(f"{own(place).name}.png")

    done = forget(place, *(folder / name for name in ("base.png", "stranger.png", "other.png")))

    assert done.code == 0, done.err
    assert not [path for path in own(place).iterdir() if not path.name.startswith(".")]
    assert not sheet.exists()
    assert objects(place) == set()


def test_exports_elsewhere_that_hold_it_are_named_with_the_command_that_writes_them_anew(
    place: Place, folder: Path, tmp_path: Path
) -> None:
    to = tmp_path / "my set"
    place.inside("export", "1", "--to", str(to))
    [before] = [path for path in to.glob("*.png") if digest(path) == digest(folder / "base.png")]

    done = forget(place, folder / "base.png", "--json")

    [left] = done.json["exports"]
    assert (left["folder"], left["pictures"]) == (str(to.resolve()), [keys(place)["base.png"]])
    assert f"'{to.resolve()}'" in left["next"]
    assert before.exists()  # a folder outside the library is the user's
    assert place.inside("export", "1", "--to", str(to)).code == 0
    assert not before.exists()


def test_why_says_that_it_was_removed_when_and_how_to_take_it_back(
    place: Place, folder: Path
) -> None:
    key = keys(place)["base.png"]
    forget(place, key)

    [told] = place.inside("why", key, "--json").json

    assert (told["state"], told["gate"]) == ("rejected", "forgotten")
    assert f"you had {key} removed on 2" in told["reason"]
    assert f"`harvest forget {key} --undo` lets it in again" in told["reason"]


def test_the_next_run_does_not_take_it_again_nor_another_harvest_nor_under_another_name(
    place: Place, folder: Path, tmp_path: Path
) -> None:
    forget(place, folder / "base.png")
    moved = tmp_path / "moved"
    moved.mkdir()
    (moved / "new name.png").write_bytes((folder / "base.png").read_bytes())
    (moved / "new name.txt").write_text(CAPTION, "utf-8")

    imported(place, folder)
    imported(place, moved, "kirisame_marisa")

    assert states(place) == REMOVED
    assert states(place, 2) == {"new name.png": "rejected"}
    [told] = place.inside("why", str(moved / "new name.png"), "--json").json
    assert told["gate"] == "forgotten"


def test_it_is_taken_back_and_the_next_run_takes_it_again(place: Place, folder: Path) -> None:
    before = place.selection()
    forget(place, folder / "base.png")

    done = forget(place, keys(place)["small.jpg"], "--undo", "--json")

    assert done.code == 0, done.err
    assert misfits(done.json, SHAPES["forget WHAT"]) == []
    assert done.json["undone"] is True
    assert states(place)["base.png"] == "wanted"
    assert imported(place, folder).code == 0
    assert (states(place), place.selection()) == (KEPT, before)
    assert forget(place, "--json").json == []


def test_what_was_removed_is_listed(place: Place, folder: Path) -> None:
    assert "nothing was removed" in forget(place).out
    forget(place, folder / "base.png", "Some One")

    listed = forget(place, "--json").json

    assert misfits(listed, SHAPES["forget"]) == []
    assert [one["what"] for one in listed] == [keys(place)["base.png"], "some_one"]
    assert sorted(listed[0]["pictures"]) == sorted(
        keys(place)[name] for name in ("base.png", "small.jpg")
    )
    assert "some_one" in forget(place).out


def test_all_of_an_artist_goes_and_what_comes_later_stays_out(
    place: Place, folder: Path, tmp_path: Path
) -> None:
    done = forget(place, "some one", "--json")

    assert done.code == 0, done.err
    assert states(place) == KEPT | {"other.png": "rejected"}
    later = tmp_path / "later"
    later.mkdir()
    put(later, "new.png", drawn(4), "SOME_ONE")
    imported(place, later, "kirisame_marisa")
    assert states(place, 2) == {"new.png": "rejected"}
    assert forget(place, "Some One", "--undo").code == 0
    imported(place, later, "kirisame_marisa")
    assert states(place, 2) == {"new.png": "accepted"}


def test_an_artist_is_known_by_the_copy_that_names_her_in_harvests_that_have_another_alone(
    place: Place, folder: Path, tmp_path: Path
) -> None:
    """The same file without a word of who made it: the file goes, so whoever has it must let go of it."""
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "bare.png").write_bytes((folder / "other.png").read_bytes())
    (bare / "bare.txt").write_text(CAPTION, "utf-8")
    imported(place, bare, "kirisame_marisa")
    assert states(place, 2) == {"bare.png": "accepted"}

    told = forget(place, "Some One", "--json").json

    assert [one["harvest"] for one in told["harvests"]] == [1, 2]
    assert states(place, 2) == {"bare.png": "rejected"}
    assert place.inside("check").code == 0


def test_what_a_person_told_apart_from_it_stays(place: Place, folder: Path) -> None:
    place.inside("distinct", str(folder / "base.png"), str(folder / "small.jpg"))

    assert forget(place, folder / "base.png").code == 0

    assert states(place) == KEPT | {"base.png": "rejected", "small.jpg": "accepted"}


def test_every_harvest_that_has_it_lets_go_of_it(place: Place, folder: Path) -> None:
    imported(place, folder, "kirisame_marisa")

    told = forget(place, folder / "base.png", "--json").json

    assert [one["harvest"] for one in told["harvests"]] == [1, 2]
    assert states(place) == states(place, 2) == REMOVED


def test_while_somebody_is_at_work_on_it_nothing_is_touched(place: Place, folder: Path) -> None:
    imported(place, folder, "kirisame_marisa")
    before = objects(place)

    with held(place.folder, 2):
        done = forget(place, folder / "base.png")

    assert (done.code, done.out) == (5, "")
    assert "harvest 2 is in use by process" in done.err
    assert (states(place), objects(place)) == (KEPT, before)
    assert forget(place, "--json").json == []


@pytest.mark.parametrize("boundary", FORGETTING)
def test_killed_at_any_boundary_it_stays_out_and_the_same_command_ends_it(
    place: Place, folder: Path, boundary: str
) -> None:
    words = "forget", keys(place)["base.png"]
    killed = place.run(*words, by=(sys.executable, KILLER, boundary, "1", "--"))
    assert killed.code == -9

    assert imported(place, folder).code == 0
    assert states(place) == REMOVED
    assert place.inside(*words).code == 0
    assert states(place) == REMOVED
    assert objects(place) == {digest(folder / name) for name in ("stranger.png", "other.png")}
    assert place.inside("check").code == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["danbooru:404"], "the library knows no picture and no artist 'danbooru:404'"),
        (["nobody"], "the library knows no picture and no artist 'nobody'"),
        (["100%"], "the library knows no picture and no artist '100%'"),
        (["{base}", "--undo"], "was never removed; `harvest forget` without a name lists"),
        (["--undo"], "name what is to be let in again"),
    ],
)
def test_what_cannot_be_removed_is_told_in_one_sentence(
    place: Place, folder: Path, words: list[str], sentence: str
) -> None:
    done = forget(place, *(word.format(base=folder / "base.png") for word in words))

    assert (done.code, done.out) == (2, "")
    assert sentence in done.err
    assert states(place) == KEPT


# sites


@pytest.fixture
def sites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Two sites that show the very same three pictures."""
    monkeypatch.setenv("HARVEST_CACHE", str(tmp_path / "cache"))
    shown = tmp_path / "shown"
    shown.mkdir()
    for number in (1, 2, 3):
        drawn(number).save(shown / f"{number}.png")
    with Sandbox(World(pictures=shown)) as one, Sandbox(World(pictures=shown)) as two:
        yield Place(tmp_path / "library", {"one": one, "two": two})


def collect(place: Place, *sites: str) -> Done:
    named = [f"--site={site}" for site in sites]
    return place.inside("--tag", SUBJECT, "--target", "3", "--json", *named)


def test_no_site_is_asked_for_what_was_removed_whatever_it_calls_it(sites: Place) -> None:
    collect(sites, "one")
    chosen = dict(sites.selection())
    key = min(chosen)

    assert forget(sites, key).code == 0
    again = collect(sites, "one", "two")

    assert again.code == 3, again.err  # two are left of three
    assert sites.files() == []
    left = {sha256 for one, sha256 in chosen.items() if one != key}
    assert {sha256 for _, sha256 in sites.selection()} == left
    told = {key: row for key, row in sites.states().items() if row[0] == "rejected"}
    assert {row[2] for row in told.values()} == {"forgotten"}
    assert len(told) == 2


def test_what_was_taken_back_is_fetched_once_again(sites: Place) -> None:
    collect(sites, "one")
    chosen = sites.selection()
    forget(sites, chosen[0][0])
    collect(sites, "one")

    assert forget(sites, chosen[0][0], "--undo").code == 0
    done = collect(sites, "one")

    assert done.code == 0, done.err
    assert len(sites.files()) == 1
    assert sites.selection() == chosen
