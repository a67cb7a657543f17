"""The best of several copies: by stated rules, in a real order, and so with real files."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from harvester.hashing import Picture, order
from harvester.hashing.best import RULES
from harvester.measure import measure
from harvester.model import Facts

GOOD = Facts(width=1000, height=1000, format="png", bytes=9, edges=1.0, blockiness=0.0, repeats=0.5)


def copy(
    key: str, *, role: str = "original", relaxed: int = 0, rank: int = 0, **known: Any
) -> Picture:
    return Picture(key, rank, replace(GOOD, **known), role, relaxed)


def best(*copies: Picture) -> str:
    return order(copies).copies[0].key


# ---- each rule over those after it --------------------------------------------------------

RANKED = (
    ("strict", copy("a", role="sample"), copy("b", relaxed=1)),
    ("original", copy("a", edges=4.0, repeats=0.95), copy("b", role="sample")),
    ("not enlarged", copy("a"), copy("b", width=2000, height=2000, edges=2.2)),
    ("not tagged enlarged", copy("a"), copy("b", width=2000, height=2000, marks={"upscaled": ("waifu2x",)})),
    ("no pixels repeated", copy("a"), copy("b", width=2000, height=2000, repeats=0.99)),
    ("larger", copy("a", width=1300, height=1300, blockiness=0.5), copy("b")),
    ("less compressed", copy("a", marks={"edited": ("decensored",)}), copy("b", blockiness=0.6)),
    ("of better quality", copy("a", format="jpeg", jpeg_quality=90), copy("b", format="jpeg", jpeg_quality=50)),
    ("untouched", copy("a", format="jpeg"), copy("b", marks={"edited": ("decensored",)})),
    ("coloured", copy("a", format="jpeg", colour=0.6), copy("b", colour=0.0)),
    ("better format", copy("a", bytes=1), copy("b", format="jpeg", bytes=9)),
    ("more bytes", copy("a", bytes=9, rank=1), copy("b", bytes=8)),
    ("earlier", copy("b", rank=0), copy("a", rank=1)),
    ("by key", copy("a"), copy("b")),
)  # fmt: skip


@pytest.mark.parametrize(
    ("better", "worse"), [row[1:] for row in RANKED], ids=[r[0] for r in RANKED]
)
def test_a_rule_counts_before_those_after_it(better: Picture, worse: Picture) -> None:
    assert best(better, worse) == best(worse, better) == better.key


def test_a_frame_makes_nothing_larger_and_speaks_against_a_copy() -> None:
    bare = copy("bare", format="jpeg", inner_width=1000, inner_height=1000)
    framed = copy("framed", width=1200, height=1200, inner_width=1000, inner_height=1000)

    assert best(framed, bare) == "bare"


def test_a_genuine_larger_file_is_kept_though_it_is_softer_than_what_was_made_of_it() -> None:
    """Half of a file whose edges are two pixels wide has edges of little more than one."""
    large = copy("large", width=1400, height=1400, edges=2.0)

    assert best(large, copy("half", width=700, height=700, edges=1.3)) == "large"


def test_sizes_that_differ_by_rounding_decide_nothing() -> None:
    odd = copy("odd", width=1001, height=1001, blockiness=0.6)

    assert best(odd, copy("even")) == "even"


def test_of_pixel_art_the_larger_copy_is_kept() -> None:
    assert best(copy("a", repeats=0.99), copy("b", repeats=0.99, width=2000, height=2000)) == "b"


@pytest.mark.parametrize("unknown", ["edges", "repeats", "blockiness", "colour", "inner_width"])
def test_what_is_not_known_decides_nothing(unknown: str) -> None:
    told: dict[str, Any] = {
        "edges": 1.0,
        "repeats": 0.5,
        "blockiness": 0.0,
        "colour": 0.0,
        "inner_width": 1000,
    }
    some, none = copy("a", **told), copy("b", **{**told, unknown: None})

    assert order([some, none]).because(1) == "first in order"
    assert best(some, none) == best(none, some)


def test_the_deciding_rule_is_told_with_its_figures() -> None:
    told = order([copy("a"), copy("b", width=500, height=500), copy("c", blockiness=0.6)])

    assert [told.because(n) for n in (1, 2)] == [
        "less compressed (0% of faint detail lost, not 60% of faint detail lost)",
        "larger (1000×1000, not 500×500)",
    ]


# ---- a real order -------------------------------------------------------------------------

sides = st.sampled_from([None, 400, 700, 990, 1000, 1005, 1400, 2000])
facts = st.builds(
    Facts,
    width=sides,
    height=sides,
    format=st.sampled_from([None, "png", "jpeg", "webp", "gif"]),
    bytes=st.sampled_from([None, 1, 2]),
    edges=st.sampled_from([None, 0.9, 1.2, 2.0, 2.5]),
    repeats=st.sampled_from([None, 0.5, 0.95]),
    blockiness=st.sampled_from([None, -0.05, 0.14, 0.16, 0.3, 0.6]),
    jpeg_quality=st.sampled_from([None, 20, 60, 95]),
    colour=st.sampled_from([None, 0.0, 0.5]),
    inner_width=sides,
    inner_height=sides,
    marks=st.sampled_from([None, {}, {"edited": ("x",)}, {"upscaled": ("y",)}]),
)
groups = st.lists(
    st.tuples(facts, st.integers(0, 2), st.sampled_from(["original", "sample"]), st.integers(0, 1)),
    min_size=1,
    max_size=8,
).map(
    lambda rows: [
        Picture(f"{n}", rank, one, role, relaxed)
        for n, (one, rank, role, relaxed) in enumerate(rows)
    ]
)


@settings(deadline=None)
@given(groups, st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_the_order_of_arrival(
    copies: list[Picture], chance: random.Random
) -> None:
    expected = order(copies)
    chance.shuffle(copies)

    assert order(copies) == expected


@settings(deadline=None)
@given(groups)
def test_every_copy_has_a_place_of_its_own_and_a_rule_says_why(copies: list[Picture]) -> None:
    told = order(copies)

    assert sorted(one.key for one in told.copies) == sorted(one.key for one in copies)
    assert all(one < other for one, other in zip(told.places, told.places[1:], strict=False))
    assert all(told.because(n).startswith(RULES) for n in range(1, len(copies)))


@settings(deadline=None)
@given(groups)
def test_the_same_copies_ordered_again_keep_their_order(copies: list[Picture]) -> None:
    told = order(copies)

    assert order(told.copies) == told


# ---- real files ---------------------------------------------------------------------------


def drawn() -> Image.Image:
    """About 1000 pixels of lines, soft colours and crisp shapes, as art has them."""
    dice = random.Random(5)
    picture = (
        Image.effect_noise((13, 17), 90)
        .convert("RGB")
        .resize((780, 1000), Image.Resampling.BICUBIC)
    )
    pen = ImageDraw.Draw(picture)
    for _ in range(160):
        x, y, wide = dice.randrange(780), dice.randrange(1000), dice.randrange(20, 140)
        colour = tuple(dice.randrange(256) for _ in range(3))
        pen.ellipse((x, y, x + wide, y + wide), fill=colour, outline="black", width=2)
        pen.line((x, y, dice.randrange(780), dice.randrange(1000)), fill=colour, width=1)
    return picture.filter(ImageFilter.GaussianBlur(0.5))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Picture]:
    """Copies of one picture, measured as a harvest measures them."""
    folder = tmp_path_factory.mktemp("copies")
    base = drawn()
    twice = (base.width * 2, base.height * 2)
    base.save(folder / "half jpeg.jpg", quality=40)
    with Image.open(folder / "half jpeg.jpg") as worse:
        worse.save(folder / "png of jpeg 40.png")
    base.save(folder / "base.png")
    base.resize(twice, Image.Resampling.BICUBIC).save(folder / "bicubic.png")
    base.resize(twice, Image.Resampling.LANCZOS).save(folder / "lanczos.jpg", quality=92)
    base.resize(twice, Image.Resampling.NEAREST).save(folder / "nearest.png")
    base.resize((390, 500), Image.Resampling.LANCZOS).save(folder / "thumbnail.png")
    base.resize((546, 700), Image.Resampling.LANCZOS).save(folder / "sample.jpg", quality=90)
    base.save(folder / "jpeg 60.jpg", quality=60)
    base.save(folder / "jpeg 95.jpg", quality=95)
    base.save(folder / "webp.webp", quality=80)
    base.convert("L").save(folder / "grey.png")
    ImageOps.expand(base, 60, "black").save(folder / "framed.png")
    measured = {path.stem: measure(path).facts for path in sorted(folder.iterdir())}
    return {name: Picture(name, 0, found) for name, found in measured.items()}


WORSE = {
    "bicubic": "not enlarged",
    "lanczos": "not enlarged",
    "nearest": "not enlarged",
    "thumbnail": "larger",
    "sample": "larger",
    "jpeg 60": "less compressed",
    "half jpeg": "less compressed",
    "png of jpeg 40": "less compressed",
    "jpeg 95": "the better format",
    "webp": "more bytes",
    "grey": "untouched by others",
    "framed": "untouched by others",
}


@pytest.mark.parametrize(("name", "rule"), WORSE.items(), ids=WORSE)
def test_a_copy_made_of_a_file_is_worse_than_it_by_the_right_rule(
    files: Mapping[str, Picture], name: str, rule: str
) -> None:
    told = order([files[name], files["base"]])

    assert told.copies[0].key == "base"
    assert told.because(1).startswith(rule)


def test_the_original_wins_among_all_its_copies(files: Mapping[str, Picture]) -> None:
    assert best(*files.values()) == "base"


def test_a_copy_enlarged_from_a_bad_jpeg_does_not_win_over_the_original(
    files: Mapping[str, Picture],
) -> None:
    told = [one.key for one in order(files[n] for n in ("base", "lanczos", "jpeg 60")).copies]

    assert told == ["base", "jpeg 60", "lanczos"]
