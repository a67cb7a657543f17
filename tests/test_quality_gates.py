"""What is measured in pixels becomes a ruling; before a file is there, nothing is known of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harvester import gates
from harvester.errors import RecipeError
from harvester.gates.borders import Borders
from harvester.gates.colour import Coloured
from harvester.gates.compression import Compression
from harvester.gates.sharpness import Sharp
from harvester.gates.size import Aspect, Pixels, ShortSide
from harvester.gates.upscaled import Upscaled
from harvester.model import Facts, Media, Rating, Ruling, Verdict
from harvester.ports import Gate

PASS, REJECT, UNKNOWN = Verdict.PASS, Verdict.REJECT, Verdict.UNKNOWN
LOOKING = (Coloured(), Borders(), Sharp(), Upscaled(), Compression())
CLAIMED = Facts(
    width=1200,
    height=1600,
    bytes=900_000,
    format="jpeg",
    media=Media.STILL,
    rating=Rating.GENERAL,
    tags={"general": ("solo", "upper_body")},
    marks={},
)
FINE = replace(
    CLAIMED,
    decodable=True,
    frames=1,
    edges=1.1,
    repeats=0.66,
    jpeg_quality=90,
    blockiness=0.05,
    inner_width=1200,
    inner_height=1600,
    colour=0.8,
)


@pytest.mark.parametrize("gate", LOOKING, ids=lambda gate: gate.name)
def test_nothing_is_known_of_pixels_before_the_file_is_there(gate: Gate) -> None:
    assert gate.judge(CLAIMED).verdict is UNKNOWN
    assert gate.judge(FINE).verdict is PASS


@pytest.mark.parametrize(
    ("gate", "known", "expected"),
    [
        (Sharp(), {"edges": 2.45}, PASS),
        (Sharp(), {"edges": 2.46}, REJECT),
        (Sharp(3.0), {"edges": 2.5}, PASS),
        (Sharp(), {"edges": None}, UNKNOWN),
        (Upscaled(), {"repeats": 0.87}, PASS),
        (Upscaled(), {"repeats": 0.88}, REJECT),
        (Upscaled(0.99), {"repeats": 0.95}, PASS),
        (Upscaled(), {"repeats": None}, UNKNOWN),
        (Compression(), {"jpeg_quality": 50}, PASS),
        (Compression(), {"jpeg_quality": 49}, REJECT),
        (Compression(), {"jpeg_quality": 49, "blockiness": None}, REJECT),
        (Compression(), {"jpeg_quality": None}, PASS),
        (Compression(), {"jpeg_quality": None, "blockiness": None}, UNKNOWN),
        (Compression(), {"jpeg_quality": 95, "blockiness": None}, UNKNOWN),
        (Compression(), {"jpeg_quality": 95, "blockiness": 0.55}, REJECT),
        (Compression(), {"blockiness": -0.2}, PASS),
        (Compression(20, 0.9), {"jpeg_quality": 20, "blockiness": 0.8}, PASS),
        (Borders(), {"inner_height": 1280}, PASS),
        (Borders(), {"inner_height": 1264}, REJECT),
        (Borders(0.5), {"inner_height": 900}, PASS),
        (Borders(), {"inner_height": None}, UNKNOWN),
        (Borders(), {"width": None}, UNKNOWN),
        (Coloured(), {"colour": 0.01}, PASS),
        (Coloured(), {"colour": 0.009}, REJECT),
        (Coloured(), {"colour": 0.0}, REJECT),
        (Coloured(), {"colour": None}, UNKNOWN),
    ],
)
def test_what_was_measured_is_ruled_on(
    gate: Gate, known: dict[str, Any], expected: Verdict
) -> None:
    ruling = gate.judge(replace(FINE, **known))

    assert ruling.verdict is expected
    assert ruling.reason


@pytest.mark.parametrize(
    ("gate", "known", "ruling"),
    [
        (
            Sharp(),
            {"edges": 4.04},
            Ruling(
                "sharpness",
                REJECT,
                "its crispest edges are 4 pixels wide; 2.45 are accepted",
                4.0,
                2.45,
            ),
        ),
        (
            Compression(),
            {"jpeg_quality": 12},
            Ruling("compression", REJECT, "it is a JPEG of quality 12; 50 is accepted", 12, 50),
        ),
        (
            Borders(),
            {"inner_height": 800},
            Ruling(
                "borders",
                REJECT,
                "borders take 50% of it, 1200×800 pixels are within; 20% is accepted",
                0.5,
                0.2,
            ),
        ),
    ],
    ids=lambda told: getattr(told, "gate", None),
)
def test_a_ruling_tells_what_was_measured_and_what_is_accepted(
    gate: Gate, known: dict[str, Any], ruling: Ruling
) -> None:
    assert gate.judge(replace(FINE, **known)) == ruling


@pytest.mark.parametrize(
    ("gate", "within", "expected"),
    [
        (ShortSide(), (1200, 720), PASS),
        (ShortSide(), (1200, 719), REJECT),
        (Pixels(), (720, 720), PASS),
        (Pixels(), (719, 720), REJECT),
        (Aspect(), (1200, 400), PASS),
        (Aspect(), (1200, 399), REJECT),
    ],
)
def test_size_and_shape_are_those_within_borders(
    gate: Gate, within: tuple[int, int], expected: Verdict
) -> None:
    facts = replace(FINE, inner_width=within[0], inner_height=within[1])

    assert gate.judge(facts).verdict is expected


@pytest.mark.parametrize(
    ("gate", "name", "tag"),
    [(Coloured(), "uncoloured", "monochrome"), (Upscaled(), "upscaled", "waifu2x")],
)
def test_a_tag_rejects_before_the_file_is_there_and_whatever_the_file_says(
    gate: Gate, name: str, tag: str
) -> None:
    tagged: dict[str, Any] = {"tags": {"general": ("solo", tag)}, "marks": {name: (tag,)}}
    lenient = replace(gate, allow=(tag,))  # type: ignore[type-var]  # every gate is a dataclass

    assert gate.judge(replace(CLAIMED, **tagged)).value == tag
    assert gate.judge(replace(FINE, **tagged)).verdict is REJECT
    assert lenient.judge(replace(CLAIMED, **tagged)).verdict is UNKNOWN
    assert lenient.judge(replace(FINE, **tagged)).verdict is PASS


def test_a_size_within_borders_is_told_as_such() -> None:
    facts = replace(FINE, inner_height=600)

    assert ShortSide().judge(facts).reason == (
        "the short side within its borders has 600 pixels; 720 are wanted"
    )
    assert "borders" not in ShortSide().judge(FINE).reason


def test_a_file_of_an_earlier_version_passes_where_it_was_not_measured() -> None:
    before = replace(CLAIMED, decodable=True, frames=1)

    assert gates.deciding(gates.judge(gates.build({}), before)) is None


@pytest.mark.parametrize(
    ("setting", "gate"),
    [
        ({"sharpness": 3}, Sharp(3)),
        ({"upscaled": 0.97}, Upscaled(0.97)),
        ({"compression": 25}, Compression(25)),
        ({"compression": {"blocks": 0.5}}, Compression(blocks=0.5)),
        ({"borders": 0.4}, Borders(0.4)),
        ({"colour": {"share": 0.2}}, Coloured(0.2)),
    ],
)
def test_a_recipe_sets_how_much_is_accepted(setting: dict[str, object], gate: Gate) -> None:
    assert gate in gates.build(setting)


@pytest.mark.parametrize("gate", LOOKING, ids=lambda gate: gate.name)
def test_a_recipe_can_do_without(gate: Gate) -> None:
    built = {made.name for made in gates.build({gate.name: False})}

    assert gate.name not in built


def test_a_quality_that_is_no_number_is_told() -> None:
    with pytest.raises(RecipeError, match=r"sharpness\.edges is 'sharp'; a number"):
        gates.build({"sharpness": "sharp"})


def test_a_style_may_be_one_of_ink() -> None:
    names = {kind: {gate.name for gate in gates.build({}, kind=kind)} for kind in gates.KINDS}

    assert [kind for kind in names if "colour" not in names[kind]] == ["style"]


def test_the_page_of_gates_says_why() -> None:
    told = gates.document()

    for gate in LOOKING:
        assert f"- `{gate.name}`: " in told
        phase = "claims, then the file" if "marks" in gate.needs else "the file"
        assert f"| {phase} |" in next(
            line for line in told.splitlines() if line.startswith(f"| `{gate.name}`")
        )
