"""Files that lie elsewhere than a list said, posts that lists tell half of, tags without a category."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from harvester.catalog import candidates
from harvester.demo import Rules, Sandbox
from harvester.model import Candidate, Facts, File, State, Tag
from harvester.stages import facts
from tests.harness import Place, sandbox

LISTED = Candidate(
    "place",
    "1",
    "https://site.test/1",
    Facts(tags={"unknown": ("solo",)}),
    (File("preview", ("https://site.test/p1.jpg",)),),
    frozenset({"url", "tags"}),
)
TOLD = Candidate(
    "place",
    "1",
    "https://site.test/1",
    Facts(width=800, height=900, tags={"artist": ("somebody",), "general": ("solo",)}),
    (File("original", ("https://site.test/1.png",)),),
)


@pytest.fixture(scope="module")
def moving(drawings: Path) -> Iterator[Sandbox]:
    """A site where every other file has moved since it was listed."""
    with sandbox(drawings, rules=Rules(moved=2)) as started:
        yield started


@pytest.fixture(scope="module")
def collected(moving: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("moved") / "library", {"danbooru": moving})
    assert place.collect().code == 0
    return place


def test_a_moved_file_is_fetched_from_where_its_post_says(collected: Place) -> None:
    moved = {e.post for e in collected.files() if e.status == 404}
    come = {e.post for e in collected.files() if e.status == 200}

    assert moved
    assert moved <= come
    assert not [key for key, told in collected.states().items() if told[0] == State.GONE]


def test_a_moved_file_costs_one_question(collected: Place) -> None:
    missed = Counter(e.post for e in collected.files() if e.status == 404)
    asked = [page for page in collected.pages() if page.startswith("/posts/")]

    assert set(missed.values()) == {1}
    assert sorted(asked) == sorted(f"/posts/{post}.json?" for post in missed)


def test_a_file_that_is_nowhere_is_gone(tmp_path: Path) -> None:
    with sandbox(tmp_path / "cache", posts=600, seed=2) as site:
        place = Place(tmp_path / "library", {"danbooru": site})
        missing = {p.id for p in site.world.posts if p.truth.defect == "missing"}
        place.collect("--pool", "0", target=60)
        asked = {entry.post for entry in place.files()} & missing

        assert asked
        for post in asked:
            assert place.states()[f"danbooru:{post}"][:2] == (State.GONE, "fetch")


def test_a_post_by_itself_completes_what_a_list_told() -> None:
    whole = candidates.merge(LISTED, TOLD)

    assert whole.incomplete == frozenset()
    assert whole.original == TOLD.original
    assert whole.claims.tags == TOLD.claims.tags


def test_a_list_takes_nothing_from_what_a_post_told_of_itself() -> None:
    again = candidates.merge(candidates.merge(LISTED, TOLD), LISTED)

    assert again.incomplete == frozenset()
    assert again.original == TOLD.original
    assert again.claims.tags == TOLD.claims.tags
    assert again.claims.width == 800


def test_tags_are_placed_where_the_site_has_them() -> None:
    told = {"somebody": Tag("somebody", "artist"), "reimu": Tag("reimu", "character")}
    placed = facts.placed({"unknown": ("somebody", "reimu", "odd"), "general": ("solo",)}, told)

    assert placed == {
        "general": ("solo",),
        "artist": ("somebody",),
        "character": ("reimu",),
        "unknown": ("odd",),
    }
