"""A run keeps within the bytes and minutes it was given, and the next ones end as one long run would."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harvester import limits
from harvester.demo import Faults, Sandbox
from harvester.errors import RecipeError
from harvester.limits import Limits
from harvester.stages.limiting import LimitReached, Meter
from tests.harness import SUBJECT, Done, Place, sandbox

FEW = "200k"


# what may be written


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ("500M", 500_000_000),
        ("2G", 2_000_000_000),
        ("1.5g", 1_500_000_000),
        ("300 kB", 300_000),
        ("512MiB", 512 << 20),
        ("4096", 4096),
        (4096, 4096),
    ],
)
def test_a_size_is_written_as_people_write_it(written: object, size: int) -> None:
    assert limits.parse({"max_bytes": written}).max_bytes == size


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"max_bytes": "much"}, "it is a size such as 500M"),
        ({"max_bytes": True}, "it is a size such as 500M"),
        ({"max_bytes": "0"}, "at least 1 byte"),
        ({"max_minutes": 0}, "a number of minutes above 0"),
        ({"max_minutes": float("inf")}, "a number of minutes above 0"),
        ({"max_minutes": "5"}, "a number of minutes above 0"),
        ({"max_byte": 5}, "did you mean 'max_bytes'"),
        ([], "must be a table"),
    ],
)
def test_an_odd_limit_is_told_with_its_remedy(table: Any, told: str) -> None:
    with pytest.raises(RecipeError, match=r"reimu\.toml") as caught:
        limits.parse(table, where="reimu.toml")

    assert told in str(caught.value)


@pytest.mark.parametrize("size", [1, 999, 1500, 200_000, 2_000_000_000])
def test_a_size_is_shown_as_it_may_be_written(size: int) -> None:
    assert limits.parse({"max_bytes": limits.shown(size)}).max_bytes == size


# what is counted


def test_files_under_way_count_with_what_their_site_claims() -> None:
    meter = Meter(Limits(max_bytes=100))

    assert meter.may_begin(60)
    assert meter.may_begin(60)
    assert not meter.may_begin(1)
    assert meter.reached == "max_bytes"


def test_a_file_smaller_than_claimed_makes_room_for_the_next() -> None:
    meter = Meter(Limits(max_bytes=100))
    meter.may_begin(90)
    meter.ended(90, 10, whole=True)

    assert meter.may_begin(90)
    assert (meter.files, meter.bytes) == (1, 10)


def test_a_first_file_is_begun_however_small_the_limit() -> None:
    assert Meter(Limits(max_bytes=1)).may_begin(10**9)


def test_minutes_are_those_of_this_run() -> None:
    now = [1000.0]
    meter = Meter(Limits(max_minutes=2), clock=lambda: now[0])

    now[0] += 119
    meter.check()
    now[0] += 1

    with pytest.raises(LimitReached):
        meter.check()


# the real command


@pytest.fixture(scope="module")
def site(drawings: Path) -> Iterator[Sandbox]:
    with sandbox(drawings) as started:
        yield started


@pytest.fixture(scope="module")
def full(site: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A library after one run without limits; for reading only."""
    place = Place(tmp_path_factory.mktemp("full") / "library", {"danbooru": site})
    assert collect(place).code == 0
    return place


@pytest.fixture
def place(site: Sandbox, tmp_path: Path) -> Iterator[Place]:
    yield Place(tmp_path / "library", {"danbooru": site})
    site.faults = Faults()


def collect(place: Place, *more: str) -> Done:
    return place.inside("--tag", SUBJECT, "--target", "6", "--site", "danbooru", "--json", *more)


def largest(place: Place) -> int:
    return int(place.rows("select max(bytes) from assets")[0][0])


def test_runs_that_may_fetch_little_end_like_one_that_may_fetch_all(
    place: Place, full: Place
) -> None:
    first = collect(place, "--max-bytes", FEW)
    assert (first.code, first.json["limit"]) == (3, "max_bytes")
    assert (
        "this run has come to its limit of 200kB; the same command goes on" in first.json["summary"]
    )
    assert first.json["selected"] == len(place.selection()) > 0

    for _ in range(30):
        if collect(place, "--max-bytes", FEW).json["limit"] is None:
            break

    runs = place.rows("select bytes from runs")
    assert len(runs) >= 3
    assert max(row[0] for row in runs) < limits.parse({"max_bytes": FEW}).max_bytes + largest(place)  # type: ignore[operator]
    asked = [entry.path for run in range(1, place.runs + 1) for entry in place.files(run)]
    assert len(asked) == len(set(asked))
    assert (place.selection(), place.states()) == (full.selection(), full.states())


def test_status_after_a_limited_run_says_that_it_was_limited(place: Place) -> None:
    collect(place, "--max-bytes", FEW)

    [told] = place.inside("status", "--json").json
    left = told["states"]["wanted"]

    assert told["summary"].endswith(
        f"the last run came to its limit; {left} that pass are not fetched yet"
    )


def test_a_run_without_a_limit_forgets_that_of_the_one_before(place: Place) -> None:
    collect(place, "--max-bytes", FEW)

    done = collect(place, "--target", "500")

    assert "limit" not in done.json["summary"]


def test_a_limited_run_leaves_nothing_half_done(place: Place) -> None:
    collect(place, "--max-bytes", FEW)

    assert place.rows("select * from leases") == []
    assert place.inside("check", "--json").json["clean"]


def test_a_target_that_is_met_is_met_whatever_the_limit(place: Place) -> None:
    done = collect(place, "--max-bytes", "1G", "--max-minutes", "60")

    assert (done.code, done.json["limit"]) == (0, None)


def test_minutes_end_a_run_between_two_files(place: Place, full: Place, site: Sandbox) -> None:
    site.faults = Faults(slow=8_000)
    begun = time.monotonic()

    done = collect(place, "--max-minutes", "0.03")

    assert (done.code, done.json["limit"]) == (3, "max_minutes")
    assert "this run has come to its limit of 0.03 minutes" in done.json["summary"]
    assert time.monotonic() - begun < 60
    assert len(place.files()) < len(full.files(1))
    site.faults = Faults()
    collect(place)
    assert (place.selection(), place.states()) == (full.selection(), full.states())


def test_minutes_that_are_over_at_once_still_end_with_a_summary(place: Place) -> None:
    done = collect(place, "--max-minutes", "0.00001")

    assert (done.code, done.json["selected"]) == (3, 0)
    assert place.files() == []


def test_limits_of_a_recipe_file_hold_and_are_no_new_revision(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "reimu.toml"
    path.write_text(
        f'tag = "{SUBJECT}"\ntarget = 6\nsites = ["danbooru"]\n[limits]\nmax_bytes = "{FEW}"\n'
    )

    limited = place.inside("run", str(path), "--json")
    loosened = place.inside("run", str(path), "--json", "--max-bytes", "1G")

    assert [limited.json["limit"], loosened.json["limit"]] == ["max_bytes", None]
    assert loosened.json["selected"] == 6
    assert loosened.json["revision"] == 1


def test_resume_takes_limits_and_goes_on_without_them(place: Place) -> None:
    collect(place, "--max-bytes", FEW)

    assert place.inside("resume", "--json", "--max-bytes", FEW).json["limit"] == "max_bytes"
    assert place.inside("resume", "--json").json["limit"] is None


def test_an_odd_limit_stops_before_anything_is_done(place: Place) -> None:
    done = collect(place, "--max-bytes", "much")

    assert (done.code, done.out) == (4, "")
    assert "max_bytes = 'much'" in done.err
