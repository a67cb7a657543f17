"""What a person says is no copy of each other stays said: in every harvest, after a loss, whatever the pixels say."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.catalog.lock import held
from harvester.cli.shapes import SHAPES, misfits
from harvester.hashing import Group, Kind, Likeness, Picture, group
from harvester.model import Facts
from harvester.stages.relatives import OUTVOTED, SAID
from tests.harness import SUBJECT, Done, Place
from tests.test_hashing_harvest import CAPTION, drawn


def copy(key: str, **known: Any) -> Picture:
    return Picture(key, 0, Facts(**{"width": 1000, "height": 1500, "phash": 0, **known}))


def together(groups: tuple[Group, ...]) -> list[set[str]]:
    return [{one.kept.key, *(copy.picture.key for copy in one.members)} for one in groups]


same = Likeness(Kind.DUPLICATE, 0.01, "pixels")


@pytest.mark.parametrize("name", ["md5", "pixel_hash"])
def test_a_hash_that_both_have_does_not_join_what_was_told_apart(name: str) -> None:
    pictures = [copy("s:1", sha256="a", **{name: "h"}), copy("s:2", sha256="b", **{name: "h"})]

    assert len(group(pictures)) == 1
    assert len(group(pictures, None, {("a", "b")})) == 2


def test_a_third_picture_does_not_join_them_either() -> None:
    pictures = [copy(f"s:{name}", sha256=name) for name in "abc"]
    known = {("a", "b"): same, ("a", "c"): same, ("b", "c"): same}

    found = together(group(pictures, known, {("a", "b")}))

    assert sorted(map(len, found)) == [1, 2]
    assert {"s:a", "s:b"} not in found


def test_a_third_picture_with_the_hash_of_both_goes_with_one_of_them() -> None:
    pictures = [copy(f"s:{name}", sha256=name, pixel_hash="h", phash=None) for name in "abc"]

    found = together(group(pictures, None, {("a", "b"), ("a", "c")}))

    assert sorted(found, key=len) == [{"s:a"}, {"s:b", "s:c"}]


def test_what_has_no_file_yet_is_told_apart_by_its_key() -> None:
    pictures = [copy("s:1", sha256="a"), copy("s:2")]

    assert len(group(pictures, None, {("a", "s:2")})) == 2


def test_the_very_same_file_is_one_whatever_was_said() -> None:
    pictures = [copy("s:1", sha256="a"), copy("s:2", sha256="a")]

    assert len(group(pictures, None, {("s:1", "s:2")})) == 1


names = st.sampled_from("abcdefgh")
pairs = st.tuples(names, names).filter(lambda pair: pair[0] < pair[1])


@given(st.dictionaries(pairs, st.floats(0, 1)), st.sets(pairs), st.permutations("abcdefgh"))
def test_no_group_ever_holds_two_that_were_told_apart(
    chances: dict[tuple[str, str], float], apart: set[tuple[str, str]], order: list[str]
) -> None:
    known = {pair: Likeness(Kind.DUPLICATE, chance, "pixels") for pair, chance in chances.items()}
    pictures = [copy(name, sha256=name, md5=f"{ord(name) % 3}", phash=None) for name in order]

    found = together(group(pictures, known, apart))

    assert not [pair for pair in apart for keys in found if {*pair} <= keys]
    assert sorted(key for keys in found for key in keys) == sorted("abcdefgh")
    assert found == together(group(reversed(pictures), known, apart))


# the command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A picture, the same smaller, and a stranger."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    base = drawn(1)
    for name, picture in {
        "base.png": base,
        "small.jpg": base.resize((810, 990)),
        "stranger.png": drawn(2),
    }.items():
        picture.save(folder / name, quality=92)
        (folder / name).with_suffix(".txt").write_text(CAPTION, "utf-8")
    return folder


@pytest.fixture
def place(tmp_path: Path, folder: Path) -> Place:
    """A library with these pictures."""
    place = Place(tmp_path / "library", {})
    assert imported(place, folder).code == 0
    assert states(place)["small.jpg"] == "duplicate"
    return place


def imported(place: Place, folder: Path, tag: str = SUBJECT) -> Done:
    return place.inside("import", str(folder), "--tag", tag, "--json")


def states(place: Place, harvest: int = 1) -> dict[str, str]:
    return {key.partition(":")[2]: told[0] for key, told in place.states(harvest).items()}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def distinct(place: Place, *words: object) -> Done:
    return place.inside("distinct", *map(str, words))


def test_pictures_that_are_said_to_be_distinct_are_both_kept_at_once(
    place: Place, folder: Path
) -> None:
    done = distinct(place, folder / "base.png", folder / "small.jpg", "--json")

    assert done.code == 0, done.err
    assert misfits(done.json, SHAPES["distinct"]) == []
    [one] = done.json["harvests"]
    assert one["selected"] == 3
    assert [(c["key"].partition(":")[2], c["before"], c["after"]) for c in one["changes"]] == [
        ("small.jpg", "duplicate", "selected")
    ]
    assert states(place) == dict.fromkeys(states(place), "accepted")


def test_why_says_of_two_that_look_like_copies_why_both_are_kept(
    place: Place, folder: Path
) -> None:
    """Here by a person's word; what else keeps two groups apart is that they differ on the average."""
    distinct(place, folder / "base.png", folder / "small.jpg")

    def told() -> str:
        [one] = place.inside("why", str(folder / "base.png"), "--json").json
        [other] = [each for each in one["alike"] if each["key"].endswith(":small.jpg")]
        assert other["kind"] == "variant"
        return str(other["evidence"])

    assert told().endswith(SAID)
    place.rows("delete from told_apart")
    assert told().endswith(OUTVOTED)


@pytest.mark.parametrize("named", ["key", "sha256", "file"])
def test_a_picture_is_named_as_why_names_it(place: Place, folder: Path, named: str) -> None:
    paths = [folder / "base.png", folder / "small.jpg"]
    keys = {key.partition(":")[2]: key for key in place.states()}
    ways = {
        "file": [*map(str, paths)],
        "sha256": [*map(digest, paths)],
        "key": [keys[path.name] for path in paths],
    }
    words = ways[named]

    assert distinct(place, *words).code == 0
    assert states(place)["small.jpg"] == "accepted"
    [said] = place.inside("why", digest(paths[0]), "--json").json
    assert said["distinct"] == [keys["small.jpg"]]
    assert f"no copy of {keys['small.jpg']}" in place.inside("why", words[0]).out


def test_it_is_taken_back(place: Place, folder: Path) -> None:
    both = folder / "base.png", folder / "small.jpg"
    distinct(place, *both)

    done = distinct(place, *reversed(both), "--undo", "--json")

    assert done.code == 0, done.err
    assert done.json["undone"] is True
    assert states(place)["small.jpg"] == "duplicate"
    assert place.inside("why", str(both[0]), "--json").json[0]["distinct"] == []


def test_it_stays_said_in_later_runs_and_with_other_weights(place: Place, folder: Path) -> None:
    distinct(place, folder / "base.png", folder / "small.jpg")
    place.rows("update likenesses set version = -1")

    assert imported(place, folder).code == 0
    assert states(place)["small.jpg"] == "accepted"


def test_it_stays_said_in_another_harvest(place: Place, folder: Path) -> None:
    distinct(place, folder / "base.png", folder / "small.jpg")

    assert imported(place, folder, "kirisame_marisa").code == 0
    assert states(place, 2)["small.jpg"] == "accepted"


def test_it_stays_said_of_files_that_were_lost_and_came_again(place: Place, folder: Path) -> None:
    distinct(place, folder / "base.png", folder / "small.jpg")
    for path in (place.folder / "objects").rglob("*.*"):
        path.unlink()
    assert place.inside("check", "--repair").code == 0

    assert imported(place, folder).code == 0
    assert states(place)["small.jpg"] == "accepted"


def test_a_library_that_was_killed_before_it_settled_does_so_with_its_next_run(
    place: Place, folder: Path
) -> None:
    pair = sorted((digest(folder / "base.png"), digest(folder / "small.jpg")))
    place.rows(
        "update revisions set judged_at = null"
    )  # as the command leaves it when it is killed
    place.rows("insert into told_apart values (?, ?, 0)", *pair)

    assert imported(place, folder).code == 0
    assert states(place)["small.jpg"] == "accepted"


def test_a_harvest_that_somebody_is_at_work_on_is_told_and_follows_with_its_next_run(
    place: Place, folder: Path
) -> None:
    with held(place.folder, 1):
        told = distinct(place, folder / "base.png", folder / "small.jpg", "--json")

    assert told.code == 0, told.err
    [one] = told.json["harvests"]
    assert "harvest 1 is in use by process" in one["busy"]
    assert states(place)["small.jpg"] == "duplicate"
    assert imported(place, folder).code == 0
    assert states(place)["small.jpg"] == "accepted"


def test_what_other_gates_would_bring_counts_them_as_two(place: Place, folder: Path) -> None:
    def standing() -> int:
        done = place.inside("gates", "--try", "short_side=640", "--json")
        return int(done.json["then"]["accepted"])

    before = standing()
    distinct(place, folder / "base.png", folder / "small.jpg")

    assert standing() == before + 1


def test_every_harvest_that_has_both_is_settled(place: Place, folder: Path) -> None:
    imported(place, folder, "kirisame_marisa")

    told = distinct(place, folder / "base.png", folder / "small.jpg", "--json").json

    assert [one["harvest"] for one in told["harvests"]] == [1, 2]
    assert {states(place, n)["small.jpg"] for n in (1, 2)} == {"accepted"}


def test_pictures_that_no_harvest_has_together_are_remembered(
    place: Place, folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    drawn(3).save(other / "c.png")
    (other / "c.txt").write_text(CAPTION, "utf-8")
    imported(place, other, "kirisame_marisa")

    done = distinct(place, folder / "base.png", other / "c.png")

    assert (done.code, "no harvest has two of them yet" in done.out) == (0, True)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["{base}"], "name two pictures"),
        (["{base}", "{base}"], "are the same file"),
        (["{base}", "danbooru:404"], "the library knows no picture 'danbooru:404'"),
        (["{base}", "{small}", "--undo"], "it was never said"),
    ],
)
def test_what_cannot_be_said_is_told_in_one_sentence(
    place: Place, folder: Path, words: list[str], sentence: str
) -> None:
    paths = {"base": folder / "base.png", "small": folder / "small.jpg"}

    done = distinct(place, *(word.format(**paths) for word in words))

    assert (done.code, done.out) == (2, "")
    assert sentence in done.err


def test_a_copy_of_a_file_under_another_name_is_the_same_file(
    place: Place, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "again.png").write_bytes((folder / "base.png").read_bytes())

    done = distinct(place, folder / "base.png", tmp_path / "again.png")

    assert done.code == 2
    assert "are the same file" in done.err
