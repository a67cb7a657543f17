"""The benchmark of duplicates counts what it says it counts, and its halves share nobody."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.dedup.art import Work
from benchmarks.dedup.boosting import Settings, fitted, predicted
from benchmarks.dedup.copies import KINDS, save
from benchmarks.dedup.edits import EDITS
from benchmarks.dedup.generate import Label, distinct, seeded
from benchmarks.dedup.score import merged_variants, pairs_of, rates, recall_by_group


def label(
    picture: str, kind: str = "original", *, family: str = "f", sort: str = "sprite"
) -> Label:
    return Label(f"{picture} {kind}", picture, family, "test", sort, kind, kind)


LABELS = [
    label("a"),
    label("a", "crop"),
    label("a", "grey"),
    label("b", sort="expression"),
    label("b", "crop", sort="expression"),
]


def test_pairs_are_counted_once_each() -> None:
    told = rates({(0, 1), (0, 3)}, LABELS)

    assert (told.right, told.wrong, told.missed) == (1, 1, 3)
    assert told.precision == 0.5
    assert told.recall == 0.25
    assert told.f1 == pytest.approx(1 / 3)


def test_groups_are_all_the_pairs_within_them() -> None:
    assert pairs_of([[2, 0, 1], [3], [4]]) == {(0, 1), (0, 2), (1, 2)}
    assert rates(pairs_of([[0, 1, 2], [3, 4]]), LABELS).f1 == 1


def test_a_class_is_recalled_by_its_pairs_with_the_original() -> None:
    assert recall_by_group({(0, 1), (1, 2)}, LABELS) == {"crop": (0.5, 2), "grey": (0.0, 1)}


def test_one_wrong_pair_of_files_merges_two_variants() -> None:
    assert merged_variants({(1, 4)}, LABELS) == {"expression": (1.0, 1)}
    assert merged_variants({(0, 1)}, LABELS) == {"expression": (0.0, 1)}


def test_a_character_stands_in_one_half() -> None:
    works = [Work(f"{family} {n}", family, Path("x")) for family in "abcdefgh" for n in range(3)]

    assert len({(work.family, work.half) for work in works}) == 8
    assert {work.half for work in works} == {"fit", "test"}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_every_kind_of_copy_can_be_made_and_read(tmp_path: Path, kind: object, mode: str) -> None:
    chosen = next(each for each in KINDS if each is kind)
    noise = np.random.default_rng(1).integers(0, 256, (16, 12, len(mode)), dtype=np.uint8)
    picture = Image.fromarray(noise).resize((240, 320), Image.Resampling.BICUBIC)

    path = save(chosen.change(picture, seeded(1)), tmp_path / "copy", chosen)

    with Image.open(path) as copy:
        copy.load()
        assert min(copy.size) >= 100


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_changes_a_part_and_keeps_the_shape(name: str) -> None:
    noise = np.random.default_rng(2).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    picture = Image.fromarray(noise).resize((300, 300), Image.Resampling.BICUBIC)

    changed = EDITS[name](picture, seeded("edit"))

    apart = np.abs(np.asarray(changed, np.int16) - np.asarray(picture, np.int16)).max(axis=2) > 8
    assert changed.size == picture.size
    assert 0 < apart.mean() < 0.35


def test_boosted_trees_learn_what_no_line_can_part() -> None:
    chance = np.random.default_rng(3)
    x = chance.uniform(-1, 1, (800, 3))
    y = (x[:, 0] * x[:, 1] > 0).astype(float)

    base, trees = fitted(x[:600], y[:600], np.ones(600), Settings(trees=60))

    assert ((predicted(x[600:], base, trees) > 0) == (y[600:] > 0)).mean() > 0.9


def test_odds_held_to_a_direction_never_turn() -> None:
    chance = np.random.default_rng(4)
    x = chance.uniform(-1, 1, (600, 2))
    y = (np.sin(4 * x[:, 0]) + chance.normal(0, 0.3, 600) > 0).astype(float)
    ladder = np.stack([np.linspace(-1, 1, 80), np.zeros(80)], axis=1)

    free, held = (
        np.diff(predicted(ladder, *fitted(x, y, np.ones(600), Settings(trees=40), signs)))
        for signs in ((0, 0), (-1, 0))
    )

    assert free.max() > 0
    assert held.max() <= 1e-9


def test_works_that_nobody_could_tell_apart_are_one(tmp_path: Path) -> None:
    picture = Image.new("RGB", (400, 400), "grey")
    works = []
    for name, level in (("a", 128), ("b", 140), ("c", 230)):
        picture.paste((level, level, level), (100, 100, 200, 200))
        picture.save(tmp_path / f"{name}.png")
        works.append(Work(name, "somebody", tmp_path / f"{name}.png"))

    assert [work.name for work in distinct(works)] == ["a", "c"]
