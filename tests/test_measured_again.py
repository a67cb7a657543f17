"""A library of an earlier version, which measured less: its files are measured again at the next run, and judged."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import ImageFilter

from harvester.catalog import codec, files
from harvester.catalog.core import Catalog
from harvester.catalog.harvests import Harvest
from harvester.model import Facts
from tests.catalogs import SHA, WHOLE, a_candidate, joined
from tests.harness import SUBJECT, Place
from tests.test_measure_quality import drawn

BEFORE = Facts(width=900, height=1200, decodable=True, frames=1, phash=7)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A sharp picture and one that is blurred."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    sharp, blurred = drawn(800, 1000, seed=3), drawn(800, 1000, seed=4)
    sharp.save(folder / "sharp.png")
    blurred.filter(ImageFilter.GaussianBlur(4)).save(folder / "blurred.png")
    for name in ("sharp", "blurred"):
        (folder / f"{name}.txt").write_text("solo, 1girl", "utf-8")
    return folder


def gone_back(place: Place) -> None:
    """The library as a version would have left it that measured no pixels."""
    with closing(sqlite3.connect(place.folder / "catalog.db")) as db, db:
        for sha256, text in db.execute("select sha256, facts from measurements").fetchall():
            facts = codec.load(text, Facts)
            bare = replace(BEFORE, width=facts.width, height=facts.height, phash=None)
            row = (codec.dump(bare), sha256)
            db.execute("update measurements set facts = ? where sha256 = ?", row)
        db.execute(
            "update members set state = 'accepted', stage = 'assess', gate = '', reason = ''"
            " where state = 'rejected'"
        )


def states(place: Place) -> dict[str, tuple[str, str]]:
    """File name -> state and deciding gate."""
    told = place.states()
    return {key.rpartition(":")[2]: (state[0], state[2]) for key, state in told.items()}


@pytest.mark.parametrize(
    "command", [("import", "{}", "--tag", SUBJECT), ("--tag", SUBJECT, "--target=1", "--site={}")]
)
def test_what_an_earlier_version_left_out_is_measured_and_judged_at_the_next_run(
    tmp_path: Path, pictures: Path, command: tuple[str, ...]
) -> None:
    place = Place(tmp_path / "library", {})
    words = (*(word.format(pictures) for word in command), "-q")
    place.inside(*words)
    now = states(place)
    gone_back(place)
    assert {state for state, _ in states(place).values()} == {"accepted"}

    done = place.inside(*words)

    assert done.code == 0, done.err
    assert states(place) == now
    assert now["blurred.png"] == ("rejected", "sharpness")
    assert now["sharp.png"] == ("accepted", "")


def measured(catalog: Catalog, harvest: Harvest, facts: Facts) -> None:
    (one,) = joined(catalog, harvest, a_candidate(1))
    catalog.write(lambda db: files.stored(db, one, WHOLE))
    files.measured(catalog, SHA, facts, "")


@pytest.mark.parametrize("before", [BEFORE, replace(BEFORE, inner_width=900, edges=1.2)])
def test_a_file_that_was_measured_less_is_one_to_measure(
    catalog: Catalog, harvest: Harvest, before: Facts
) -> None:
    measured(catalog, harvest, before)

    assert files.lacking(catalog, harvest.id)
    assert [whole.sha256 for whole in files.unmeasured(catalog, harvest.id)] == [SHA]


@pytest.mark.parametrize("facts", [replace(BEFORE, letters=0.0), Facts(decodable=False), Facts()])
def test_a_file_that_was_measured_whole_or_is_no_picture_is_left_alone(
    catalog: Catalog, harvest: Harvest, facts: Facts
) -> None:
    measured(catalog, harvest, facts)

    assert not files.lacking(catalog, harvest.id)
    assert files.unmeasured(catalog, harvest.id) == []


def test_a_file_that_was_never_measured_lacks_nothing_of_an_earlier_version(
    catalog: Catalog, harvest: Harvest
) -> None:
    (one,) = joined(catalog, harvest, a_candidate(1))
    catalog.write(lambda db: files.stored(db, one, WHOLE))

    assert not files.lacking(catalog, harvest.id)
    assert [whole.sha256 for whole in files.unmeasured(catalog, harvest.id)] == [SHA]
