"""A harvest keeps one of several copies and both of two variants, remembers what it compared, and says why."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageOps

from tests.harness import SUBJECT, Place

CAPTION = "1girl, solo, looking at viewer, upper body"


def drawn(seed: int, size: tuple[int, int] = (900, 1100)) -> Image.Image:
    """Soft colours with crisp shapes, so that no gate minds it."""
    dice = random.Random(seed)
    corners = Image.new("RGB", (4, 4))
    for place in range(16):
        corners.putpixel((place % 4, place // 4), tuple(dice.randrange(60, 220) for _ in range(3)))
    picture = corners.resize(size, Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(picture)
    for _ in range(120):
        x, y = dice.randrange(size[0]), dice.randrange(size[1])
        box = (x, y, x + dice.randrange(20, 160), y + dice.randrange(20, 160))
        pen.ellipse(
            box, fill=tuple(dice.randrange(256) for _ in range(3)), outline="black", width=2
        )
    return picture


def winking(picture: Image.Image) -> Image.Image:
    changed = picture.copy()
    pen = ImageDraw.Draw(changed)
    pen.rectangle((400, 420, 470, 450), fill="white", outline="black", width=4)
    pen.line((400, 435, 470, 435), fill="black", width=6)
    return changed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One picture, three copies of it, another face of it, and a stranger."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    base = drawn(1)
    made = {
        "base.png": base,
        "framed.png": ImageOps.expand(
            base.resize((810, 990), Image.Resampling.LANCZOS), 40, "black"
        ),
        "mirrored.jpg": ImageOps.mirror(base).resize((810, 990), Image.Resampling.LANCZOS),
        "cut.jpg": base.crop((20, 30, 860, 1060)),
        "winking.png": winking(base),
        "stranger.png": drawn(2),
    }
    for name, picture in made.items():
        picture.save(folder / name, quality=88, compress_level=1)
        (folder / name).with_suffix(".txt").write_text(CAPTION, "utf-8")
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "library", {})


def taken(place: Place, folder: Path) -> dict[str, dict[str, Any]]:
    """What an import tells of each picture, by its file's name."""
    done = place.inside("import", str(folder), "--tag", SUBJECT, "--json")
    assert done.code == 0, done.err
    return {one["key"].partition(":")[2]: one for one in done.json["pictures"]}


def rows(place: Place, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(place.folder / "catalog.db")) as db:
        return db.execute(sql).fetchall()


def test_copies_are_duplicates_and_variants_are_kept(place: Place, folder: Path) -> None:
    told = taken(place, folder)

    assert {name: one["state"] for name, one in told.items()} == {
        "base.png": "accepted",
        "framed.png": "duplicate",
        "mirrored.jpg": "duplicate",
        "cut.jpg": "duplicate",
        "winking.png": "accepted",
        "stranger.png": "accepted",
    }
    assert {told[name]["kept"] for name in ("framed.png", "mirrored.jpg", "cut.jpg")} == {
        told["base.png"]["key"]
    }
    assert "mirrored" in told["mirrored.jpg"]["reason"]


def test_why_names_the_variants_of_a_picture(place: Place, folder: Path) -> None:
    told = taken(place, folder)

    [said] = place.inside("why", str(folder / "winking.png"), "--json").json

    variants = {one["key"] for one in said["alike"] if one["kind"] == "variant"}
    assert told["base.png"]["key"] in variants
    assert f"variant of {said['key']}" in place.inside("why", str(folder / "base.png")).out


def test_each_pair_is_compared_once(place: Place, folder: Path) -> None:
    taken(place, folder)
    before = rows(place, "select * from likenesses order by first, second")
    sketched = rows(place, "select * from sketches order by sha256")

    told = taken(place, folder)

    assert len(sketched) == 6
    assert before == rows(place, "select * from likenesses order by first, second")
    assert told["cut.jpg"]["state"] == "duplicate"


def test_pictures_that_come_later_end_as_if_all_had_come_at_once(
    place: Place, folder: Path, tmp_path: Path
) -> None:
    at_once = taken(place, folder)
    later = Place(tmp_path / "later", {})
    aside = tmp_path / "aside"
    aside.mkdir()
    for name in ("base", "cut", "winking"):
        for path in folder.glob(f"{name}.*"):
            path.rename(aside / path.name)
    taken(later, folder)
    found = rows(later, "select count(*) from likenesses")
    for path in aside.iterdir():
        path.rename(folder / path.name)

    told = taken(later, folder)

    assert found < rows(later, "select count(*) from likenesses")
    assert {name: (one["state"], one["kept"]) for name, one in told.items()} == {
        name: (one["state"], one["kept"]) for name, one in at_once.items()
    }
    sql = "select first, second, kind, distance from likenesses order by 1, 2"
    assert rows(later, sql) == rows(place, sql)


def test_up_to_where_pictures_were_searched_is_remembered(place: Place, folder: Path) -> None:
    taken(place, folder)
    searched = "select sketch_id, method from searched order by 1"
    before = rows(place, searched)

    taken(place, folder)

    assert [row[0] for row in before] == [
        row[0] for row in rows(place, "select id from sketches order by id")
    ]
    assert rows(place, searched) == before


def test_what_was_searched_by_another_method_is_searched_again(place: Place, folder: Path) -> None:
    first = taken(place, folder)
    with closing(sqlite3.connect(place.folder / "catalog.db")) as db, db:
        db.execute("update searched set method = 0")
        db.execute("delete from likenesses")

    assert taken(place, folder) == first
    assert rows(place, "select count(*) from likenesses where kind = 'duplicate'") > [(2,)]


def test_why_says_what_other_harvests_have_of_a_picture(
    place: Place, folder: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (folder / "winking.png").rename(mine / "winking.png")
    (folder / "cut.jpg").rename(mine / "cut.jpg")
    for path in mine.iterdir():
        path.with_suffix(".txt").write_text(CAPTION, "utf-8")
    taken(place, folder)
    done = place.inside("import", str(mine), "--tag", "kirisame_marisa", "--json")

    assert done.code == 0, done.err
    [said] = place.inside("why", str(folder / "base.png"), "--json").json
    told = {one["key"].partition(":")[2]: (one["kind"], one["harvests"]) for one in said["library"]}
    assert told == {"cut.jpg": ("duplicate", [2]), "winking.png": ("variant", [2])}
    assert "also in this library, harvest 2: " in place.inside("why", str(folder / "base.png")).out
    [stranger] = place.inside("why", str(folder / "stranger.png"), "--json").json
    assert stranger["library"] == []
    assert (
        rows(place, "select * from likenesses where first not in (select asset from candidates)")
        == []
    )


def test_a_library_of_an_earlier_version_is_sketched_when_it_is_looked_at(
    place: Place, folder: Path
) -> None:
    first = taken(place, folder)
    before = rows(place, "select sha256, value from sketches order by sha256")
    with closing(sqlite3.connect(place.folder / "catalog.db")) as db, db:
        db.execute("delete from sketches")
        db.execute("delete from likenesses")

    assert taken(place, folder) == first
    assert rows(place, "select sha256, value from sketches order by sha256") == before
