"""How far, how fast, until when: told only where it is known, and never wider than its place."""

from __future__ import annotations

import json
import re

import pytest

from harvester.cli.meter import Meter
from harvester.cli.picture import line, picture
from harvester.cli.printing import cut, duration, json_text, width_of
from harvester.stages.shop import Progress
from tests.screen import ESCAPE, EVIL

# what is foretold


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


def metered(steps: int, *, total: int | None, every: float = 1.0, interval: float = 0) -> Meter:
    """A meter after so many steps of one site."""
    watch = Watch()
    meter = Meter(watch)
    meter.intervals = {"a": interval}
    for done in range(steps + 1):
        meter.step(Progress("fetch" if total else "discover", "a", done, total))
        watch.time += every
    return meter


def test_an_end_is_foretold_from_a_known_total_and_a_measured_rate() -> None:
    left = metered(10, total=20).left()

    assert left is not None
    assert 9 <= left <= 12


@pytest.mark.parametrize(("steps", "total"), [(100, None), (3, 20), (20, 20)])
def test_no_end_is_foretold_without_a_total_too_early_or_when_all_is_done(
    steps: int, total: int | None
) -> None:
    assert metered(steps, total=total).left() is None


def test_a_burst_does_not_promise_more_than_the_pace_allows() -> None:
    left = metered(10, total=20, every=0.3, interval=2.0).left()

    assert left is not None
    assert left >= 20


def test_a_pause_postpones_the_end_and_does_not_slow_the_rate() -> None:
    meter = metered(10, total=20)
    before = meter.left() or 0
    meter.wait("h", 60, "Retry-After")
    meter.now.time += 30  # type: ignore[attr-defined]  # the watch of `metered`

    assert (meter.left() or 0) == pytest.approx(before + 30, abs=2)


def test_the_slowest_site_decides_the_end() -> None:
    meter = metered(10, total=20)
    assert meter.left() is not None

    meter.step(Progress("fetch", "b", 0, 5))

    assert meter.left() is None


def test_a_rate_is_that_of_the_last_steps() -> None:
    meter = metered(10, total=1000, every=10)
    for done in range(11, 60):
        meter.step(Progress("fetch", "a", done, 1000))
        meter.now.time += 0.5  # type: ignore[attr-defined]

    assert meter.rate() == pytest.approx(2.0, rel=0.1)


@pytest.mark.parametrize("columns", [30, 60, 100, 200])
@pytest.mark.parametrize("unicode", [True, False])
def test_no_line_of_a_picture_is_wider_than_its_terminal(columns: int, unicode: bool) -> None:
    meter = metered(10, total=20)
    for number in range(12):
        name = f"a_site_of_a_long_name_博麗霊夢_{number}"
        meter.step(Progress("fetch", name, 3, 9, note=EVIL, bytes=9_000_000))
    meter.step(Progress("target", done=3, total=50))
    meter.wait("cdn.example.org", 300, "Retry-After")

    lines = ["".join(text for text, _ in row) for row in picture(meter, columns, unicode=unicode)]

    assert all(width_of(text) < columns for text in lines)
    assert not any(ESCAPE.search(text) for text in lines)
    assert "and 5 more sites" in "\n".join(lines)


def test_one_line_tells_stage_site_count_rate_and_end() -> None:
    told = line(metered(10, total=20))

    assert re.fullmatch(
        r"fetching originals on a: 10 of 20 · about \d+ s left in this round · .+", told
    )


def test_texts_are_cut_by_the_columns_they_take() -> None:
    assert cut("博麗霊夢", 5) == "博麗…"
    assert cut("reimu", 5) == "reimu"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(40, "40 s"), (200, "3 min"), (4800, "80 min"), (7200, "2 h"), (9000, "2 h 30 min")],
)
def test_times_are_told_as_people_say_them(seconds: float, told: str) -> None:
    assert duration(seconds) == told


def test_json_stays_json_and_readable() -> None:
    value = {"name": "博麗", "said": EVIL, "odd": "\U000e0001"}

    assert json.loads(json_text(value)) == value
    assert "博麗" in json_text(value)
