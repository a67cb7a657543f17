"""What a plan foretells is what the harvest comes to, and finding it out downloads and changes nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester import recipe as recipes
from harvester.catalog import schema
from harvester.catalog.versions import NAMES
from harvester.config import Config
from harvester.demo import Sandbox, World
from harvester.stages.estimate import estimate
from harvester.stages.looks import Have, Lane, Need, SiteLook, WalkLook
from harvester.stages.opening import Ask, shop
from harvester.stages.planning import need, past, plan
from harvester.stages.rounds import run
from tests.harness import SUBJECT, Place, sandbox
from tests.loopback import FakeClock

NEAR = 0.2
"""How far an estimate may be from what comes."""


def look(name: str = "booru", **over: Any) -> SiteLook:
    """A site with a thousand posts, half of which pass."""
    fresh = SiteLook(
        site=name,
        names=("a",),
        api=Lane(f"{name}.test", 1.0),
        files=Lane(f"cdn.{name}.test", 0.5),
        walks=(WalkLook(posts=1000),),
        per_page=100,
        sample=100,
        passing=50,
        sizes={"": (1000,) * 50},
    )
    return replace(fresh, **over)


PLAIN = Need(10)
MIXED = Need(10, {"portrait": 5, "full_body": 5})

# arithmetic


def test_pages_are_asked_until_eight_times_the_target_passes() -> None:
    assert estimate([look()], PLAIN).sites[0].pages == 2


def test_a_walk_ends_with_an_empty_page_where_the_site_does_not_say_so() -> None:
    few = (WalkLook(posts=20),)

    assert estimate([look(walks=few)], PLAIN).sites[0].pages == 2
    assert estimate([look(walks=few, ends=True)], PLAIN).sites[0].pages == 1


def test_downloads_are_the_target_and_a_fifth() -> None:
    assert estimate([look()], PLAIN).files == 12


def test_a_low_rate_of_acceptance_costs_more_files() -> None:
    assert estimate([look()], PLAIN, Have(rate=0.5)).files > 18


def test_what_the_library_has_of_the_sample_is_not_fetched() -> None:
    assert estimate([look(here=25)], PLAIN).files == 6


def test_a_site_with_too_little_is_foretold_to_be_short() -> None:
    found = estimate([look(walks=(WalkLook(posts=8),))], PLAIN)

    assert found.selected < 10
    assert found.files == 4


def test_what_relax_lets_in_is_taken_when_too_few_pass_strictly() -> None:
    few = look(walks=(WalkLook(posts=8),), relaxed=((), (500,) * 25))

    strict, relaxed = estimate([replace(few, relaxed=())], PLAIN), estimate([few], PLAIN)

    assert (strict.files, relaxed.files) == (4, 6)
    assert relaxed.relaxed == relaxed.selected - strict.selected == 2
    assert relaxed.bytes == 4 * 1000 + 2 * 500


def test_nothing_is_loosened_while_enough_pass() -> None:
    assert estimate([look(relaxed=((500,) * 25,))], PLAIN).relaxed == 0


def test_a_step_that_was_taken_before_lets_nothing_new_in() -> None:
    few = look(walks=(WalkLook(posts=8),), relaxed=((500,) * 25,))

    assert estimate([few], PLAIN, Have(level=1)).files == 4


def test_sites_side_by_side_take_as_long_as_the_slowest() -> None:
    alone = estimate([look("slow", api=Lane("slow.test", 5.0))], PLAIN)
    both = estimate([look("slow", api=Lane("slow.test", 5.0)), look("fast")], PLAIN)

    assert both.seconds <= alone.seconds
    assert both.files == alone.files


def test_sites_on_one_host_wait_for_each_other() -> None:
    few = (WalkLook(posts=20),)
    apart = [look("a", walks=few), look("b", walks=few)]
    together = [replace(one, api=Lane("same.test", 1.0)) for one in apart]

    assert estimate(together, PLAIN).seconds == estimate(apart, PLAIN).seconds + 2


def test_large_files_take_longer_than_the_pace() -> None:
    small, large = estimate([look()], PLAIN), estimate([look(sizes={"": (10**8,) * 50})], PLAIN)

    assert large.seconds > 10 * small.seconds


def test_a_site_that_tells_no_sizes_leaves_the_bytes_open() -> None:
    assert estimate([look(sizes={"": (None,) * 50})], PLAIN).bytes is None


PORTRAITS = WalkLook("framing portrait", "portrait", 400)


def test_the_walk_of_a_scarce_framing_is_followed() -> None:
    others = (
        WalkLook("official", posts=900),
        WalkLook("score 20", posts=900),
        WalkLook(posts=4000),
    )
    scarce = look(walks=(PORTRAITS, *others), per_page=1, sizes={"full_body": (1000,) * 50})

    plain = estimate([scarce], replace(PLAIN, pool=1)).sites[0].pages
    mixed = estimate([scarce], replace(MIXED, pool=1)).sites[0].pages

    assert mixed > plain


def test_the_walk_of_a_framing_that_has_its_share_of_the_pool_is_not_deepened() -> None:
    filled = look(walks=(PORTRAITS, WalkLook(posts=4000)), per_page=4)

    plain = estimate([filled], PLAIN).sites[0].pages
    mixed = estimate([filled], replace(MIXED, places={"portrait": 1})).sites[0].pages

    assert mixed < plain


def test_a_harvest_that_met_its_target_costs_nothing() -> None:
    found = estimate([look()], PLAIN, Have(harvest=1, passing=90, accepted={"": 10}))

    assert (found.requests, found.seconds) == (0, 0)


def test_a_harvest_that_is_half_done_fetches_the_other_half() -> None:
    done = Have(harvest=1, passing=90, accepted={"": 5}, wanted={"": 80})

    assert estimate([look()], PLAIN, done).files == 6


def test_no_site_costs_nothing() -> None:
    found = estimate([], MIXED)

    assert (found.requests, found.files, found.seconds, found.selected) == (0, 0, 0, 0)


looks = st.builds(
    look,
    per_page=st.integers(1, 300),
    sample=st.just(100),
    passing=st.integers(0, 100),
    walks=st.lists(
        st.builds(
            WalkLook,
            label=st.just("framing portrait"),
            framing=st.just("portrait"),
            posts=st.integers(0, 500),
            depth=st.integers(0, 3),
        ),
        max_size=2,
    ).map(lambda narrowed: (*narrowed, WalkLook(posts=2000))),
)


@given(st.lists(looks, max_size=3), st.integers(1, 200))
def test_every_estimate_is_a_number_that_makes_sense(sites: list[SiteLook], target: int) -> None:
    found = estimate(sites, need(recipes.parse({"tag": "a", "target": target})))

    assert math.isfinite(found.seconds)
    assert 0 <= found.selected <= target
    assert 0 <= found.passing <= found.found + 1e-6
    assert found.files <= found.passing + 1e-6


@given(st.integers(1, 200), st.integers(1, 200))
def test_a_higher_target_never_costs_less(target: int, more: int) -> None:
    small, large = estimate([look()], Need(target)), estimate([look()], Need(target + more))

    assert large.requests >= small.requests


# beside the harvest itself, on a simulated clock


@pytest.fixture(scope="module")
def site(drawings: Path) -> Iterator[Sandbox]:
    with sandbox(drawings, posts=400, seed=7) as found:
        yield found


def asked(library: Path, site: Sandbox, clock: FakeClock, **wishes: object) -> Ask:
    """The main job at the family's own pace, on a clock that only sleeping moves."""
    tables = {"danbooru": {"family": "danbooru", "url": site.url}}
    recipe = recipes.parse({"tag": SUBJECT, "sites": ["danbooru"], "target": 20, **wishes})
    return Ask(recipe, library, Config(sites=tables), clock=clock.clock)


def near(told: float | None, came: float) -> bool:
    return told is not None and abs(told - came) <= NEAR * came


WISHES: list[dict[str, Any]] = [
    {},
    {"gates": {"short_side": 900}},
    {"kind": "other", "target": 25},
    {"target": 150},  # of the 160 that pass on claims
    {"target": 150, "relax": True},
]


@pytest.mark.parametrize("wishes", WISHES, ids=str)
def test_requests_bytes_and_minutes_are_as_foretold(
    library: Path, site: Sandbox, wishes: dict[str, Any]
) -> None:
    clock = FakeClock()
    job = asked(library, site, clock, **wishes)
    told = plan(job, tell=lambda _: None).cost
    requests, start = len(site.requests), clock.time

    with shop(job, tell=lambda _: None) as (ready, changed):
        run(ready, changed=changed)
        came = ready.catalog.value("select sum(bytes) from assets")

    assert near(told.requests, len(site.requests) - requests)
    assert near(told.seconds, clock.time - start)
    assert near(told.bytes, came)


def test_going_on_with_a_harvest_costs_what_is_missing(library: Path, site: Sandbox) -> None:
    clock = FakeClock()
    with shop(asked(library, site, clock, target=10), tell=lambda _: None) as (ready, changed):
        run(ready, changed=changed)
    job = asked(library, site, clock, target=25)
    told = plan(job, tell=lambda _: None)
    requests = len(site.requests)

    with shop(job, tell=lambda _: None) as (ready, changed):
        run(ready, changed=changed)

    assert told.have.harvest == 1
    assert near(told.cost.requests, len(site.requests) - requests)


# the command


@pytest.fixture
def place(library: Path, site: Sandbox) -> Place:
    return Place(library, {"danbooru": site})


def planned(place: Place, *words: str) -> Any:
    return place.inside("--json", "plan", "--tag", SUBJECT, "--target", "12", *words).json


def test_a_plan_downloads_no_picture(place: Place) -> None:
    planned(place)

    assert place.files() == []
    assert place.pages()


def test_a_plan_leaves_nothing_but_the_card(place: Place) -> None:
    planned(place)

    left = {path.name for path in place.folder.rglob("*") if path.is_file()}
    assert left == {"harvester.toml", f"{SUBJECT}.toml"}


def test_a_plan_says_how_many_of_the_sample_pass_each_gate(place: Place) -> None:
    [found] = planned(place)["sites"]

    assert found["sample"] > found["passing"] > 0
    for counted in found["gates"].values():
        assert counted["pass"] + counted["reject"] == found["sample"]


def test_a_plan_counts_the_posts_of_every_walk(place: Place, site: Sandbox) -> None:
    [found] = planned(place)["sites"]

    assert 0 < found["posts"] <= sum(SUBJECT in post.words for post in site.world.posts)
    assert all(walk["posts"] is not None for walk in found["walks"])


@pytest.fixture(scope="module")
def done(site: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A library that has the harvest already; never changed by a test."""
    place = Place(tmp_path_factory.mktemp("done") / "library", {"danbooru": site})
    assert place.inside("--tag", SUBJECT, "--target", "12", "-q").code == 0
    return place


def test_files_that_another_harvest_brought_count_as_here(done: Place) -> None:
    [found] = planned(done, "--kind", "other")["sites"]

    assert found["here"] > 0


def test_a_harvest_that_is_done_costs_no_file_more(done: Place) -> None:
    found = planned(done)

    assert found["harvest"]["selected"] == 12
    assert found["expected"]["files"] == 0


def test_a_name_that_nobody_knows_is_refused_with_what_is_near(place: Place) -> None:
    done = place.inside("plan", "--tag", "hakurei_remu")

    assert done.code == 4
    assert SUBJECT in done.err


def test_a_recipe_file_is_planned_as_it_would_run(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "reimu.toml"
    path.write_text(f'tag = "{SUBJECT}"\ntarget = 12\nsites = ["danbooru"]\n')

    assert place.inside("--json", "plan", str(path)).json["target"] == 12


@pytest.mark.parametrize("words", [["plan"], ["plan", "x.toml", "--tag", "a"]], ids=str)
def test_a_plan_wants_one_subject(place: Place, words: list[str]) -> None:
    assert place.inside(*words).code == 2


def test_a_plan_for_people_fits_on_a_page(place: Place) -> None:
    text = place.inside("plan", "--tag", SUBJECT, "--target", "12", "--max-bytes", "1k").out

    assert "nothing is downloaded" in text
    assert "requests" in text
    assert "a run stops after 1kB" in text


def test_a_plan_ends_with_the_command_that_does_it(place: Place) -> None:
    words = ["--tag", SUBJECT, "--target", "12", "--with", "long hair", "--relax", "--new"]
    last = place.inside("plan", *words).out.splitlines()[-1]

    begun = f"harvest --tag {SUBJECT} --target 12 --with 'long hair' --relax --new"
    assert last.split("  ")[-1].strip() == f"{begun} --library {place.folder}"


def test_what_the_library_knows_is_found_without_asking_anybody(place: Place) -> None:
    planned(place)
    before = len(place.sites["danbooru"].requests)

    assert past(asked(place.folder, place.sites["danbooru"], FakeClock())).have == Have()
    assert len(place.sites["danbooru"].requests) == before


# an old catalog


def test_the_names_of_migrations_are_those_that_there_are() -> None:
    assert tuple(one.name for one in schema.migrations._migrations) == NAMES


def test_posts_that_are_asked_for_by_themselves_are_counted() -> None:
    listed, told = estimate([look()], PLAIN), estimate([look(details=0.5)], PLAIN)

    assert told.files == listed.files
    assert told.requests == listed.requests + round(listed.files / 2)
    assert told.seconds > listed.seconds


def test_a_plan_counts_the_pages_of_posts_whose_lists_tell_half(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("halves")
    monkeypatch.setenv("HARVEST_CACHE", str(folder / "cache"))
    with Sandbox(World(120), family="gelbooru01") as site:
        place = Place(folder / "library", {})
        place.more = f'[sites.old]\nfamily = "gelbooru01"\nurl = "{site.url}"\ninterval = 0\n'
        words = ("--tag", SUBJECT, "--target", "4", "--site", "old")
        told = place.inside("--json", "plan", *words).json["expected"]
        before = len(site.requests)
        assert place.inside(*words, "-q").code == 0
        asked = len(site.requests) - before

    assert told["requests"] == pytest.approx(asked, rel=0.35)
    assert told["requests"] > told["files"] * 2
