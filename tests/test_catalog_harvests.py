"""What is true for one harvest: its revisions, members, walks and rounds."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from harvester.catalog import files, harvests, members, states
from harvester.catalog.core import Catalog
from harvester.catalog.harvests import Harvest
from harvester.catalog.lock import held
from harvester.catalog.members import Move
from harvester.errors import HarvestInUse
from harvester.model import (
    Framing,
    Name,
    Page,
    Query,
    Request,
    Ruling,
    Span,
    State,
    Verdict,
)
from harvester.recipe import Recipe
from tests.catalogs import (
    REIMU,
    WHOLE,
    a_candidate,
    joined,
    move,
)

# ---- harvests -----------------------------------------------------------------------------


def test_the_same_subject_is_one_harvest_until_another_is_asked_for(catalog: Catalog) -> None:
    first = harvests.wanted(catalog, REIMU)

    assert harvests.wanted(catalog, Recipe(("Hakurei Reimu",))).id == first.id
    assert harvests.wanted(catalog, replace(REIMU, kind="style")).id != first.id
    assert harvests.wanted(catalog, REIMU, new=True).generation == 2
    assert harvests.wanted(catalog, REIMU).generation == 2


def test_only_a_changed_recipe_is_a_new_revision(catalog: Catalog, harvest: Harvest) -> None:
    harvests.judged(catalog, harvest)
    same, changed = harvests.revised(catalog, harvest, REIMU)
    assert (same.revision, changed) == (1, False)

    newer, changed = harvests.revised(catalog, same, replace(REIMU, target=9))
    assert (newer.revision, changed) == (2, True)
    assert harvests.recipe_of(catalog, newer).target == 9
    assert harvests.recipe_of(catalog, newer, 1) == REIMU


def test_a_revision_stays_new_until_everybody_was_judged_by_it(
    catalog: Catalog, harvest: Harvest
) -> None:
    assert harvests.revised(catalog, harvest, REIMU) == (harvest, True)

    harvests.judged(catalog, harvest)

    assert harvests.revised(catalog, harvest, REIMU) == (harvest, False)


def test_one_process_works_on_a_harvest_at_a_time(library: Path) -> None:
    busy = pytest.raises(HarvestInUse, match=r"in use by process .*; wait for it or stop it")

    with held(library, 1), held(library, 2), busy, held(library, 1):
        pass

    with held(library, 1):
        pass


def test_a_name_is_remembered_by_site(catalog: Catalog, harvest: Harvest) -> None:
    name = Name("hakurei_reimu", "character", 9, "alias", "reimu")

    harvests.put_name(catalog, harvest.id, "booru", "reimu", name)

    assert harvests.names(catalog, harvest.id) == {("booru", "reimu"): name}


# ---- members ------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "after"), list(product(State, State)))
def test_a_member_makes_only_moves_that_are_allowed(before: State, after: State) -> None:
    allowed = before is after or after in states.ALLOWED[before]

    if allowed:
        states.check(before, after)
    else:
        with pytest.raises(ValueError, match="a member cannot go"):
            states.check(before, after)


def test_every_state_can_be_reached_and_left() -> None:
    reached = set().union(*states.ALLOWED.values())

    assert reached == set(State) - {State.FOUND}
    assert all(states.ALLOWED[state] for state in State)


def test_a_move_that_is_not_allowed_changes_nothing(catalog: Catalog, harvest: Harvest) -> None:
    one, two = joined(catalog, harvest, a_candidate(1), a_candidate(2))

    with pytest.raises(ValueError, match="from found to accepted"):
        move(
            catalog,
            harvest,
            Move(one, State.WANTED, "screen"),
            Move(two, State.ACCEPTED, "assess"),
        )

    assert members.counts(catalog, harvest.id) == {State.FOUND: 2}


def test_the_counts_add_up_to_the_candidates_found(catalog: Catalog, harvest: Harvest) -> None:
    numbers = joined(catalog, harvest, *map(a_candidate, range(6)))
    ends = [State.WANTED, State.REJECTED, State.HIDDEN, State.DUPLICATE, State.GONE]
    move(catalog, harvest, *(Move(n, s, "screen") for n, s in zip(numbers, ends, strict=False)))

    counts = members.counts(catalog, harvest.id)

    assert counts == dict.fromkeys([*ends, State.FOUND], 1)
    assert sum(counts.values()) == len(members.find(catalog, harvest.id)) == 6
    assert sum(n for _, _, n in members.deciding(catalog, harvest.id)) == 6


def test_being_found_again_changes_no_member(catalog: Catalog, harvest: Harvest) -> None:
    (one,) = joined(catalog, harvest, a_candidate(1))
    move(catalog, harvest, Move(one, State.REJECTED, "screen", "too small", "short_side"))

    joined(catalog, harvest, a_candidate(1))

    found = members.find(catalog, harvest.id)[one]
    assert (found.state, found.reason, found.gate) == (State.REJECTED, "too small", "short_side")


def test_a_candidate_is_a_member_of_many_harvests(catalog: Catalog, harvest: Harvest) -> None:
    other = harvests.wanted(catalog, REIMU, new=True)
    (one,) = joined(catalog, harvest, a_candidate(1))
    joined(catalog, other, a_candidate(1))

    move(catalog, other, Move(one, State.REJECTED, "screen"))

    found = dict(members.of_candidate(catalog, one))
    assert {number: member.state for number, member in found.items()} == {
        harvest.id: State.FOUND,
        other.id: State.REJECTED,
    }


def test_rulings_are_kept_by_phase_and_revision(catalog: Catalog, harvest: Harvest) -> None:
    (one,) = joined(catalog, harvest, a_candidate(1))
    given = (
        Ruling("rating", Verdict.PASS, "general"),
        Ruling("short_side", Verdict.REJECT, "small", 500, 720),
        Ruling("bytes", Verdict.UNKNOWN, "the size is not known"),
    )
    for phase, revision in (("assess", 1), ("screen", 1), ("screen", 2), ("screen", 2)):
        key = (harvest.id, phase, revision)
        catalog.write(lambda db, key=key: members.rule(db, key, {one: given}))  # type: ignore[misc]

    found = members.rulings(catalog, harvest.id, one)

    assert [(phase, revision) for phase, revision, _ in found] == [
        ("screen", 1),
        ("assess", 1),
        ("screen", 2),
    ]
    assert found[0][2] == given
    assert (
        catalog.value("select distinct gate || ' ' || verdict from rulings") == "short_side reject"
    )


def test_a_selection_replaces_the_one_before(catalog: Catalog, harvest: Harvest) -> None:
    one, two, three = joined(catalog, harvest, *map(a_candidate, range(3)))
    catalog.write(lambda db: members.place(db, harvest.id, {one: (1, "in: a")}, {two: "out: b"}))

    chosen = {three: (1, "in: c"), two: (2, "in: d")}
    catalog.write(lambda db: members.place(db, harvest.id, chosen, {}))

    assert [member.candidate for member in members.selected(catalog, harvest.id)] == [three, two]
    assert members.find(catalog, harvest.id)[one].why == ""


def test_who_passed_the_screen_is_counted_by_framing(catalog: Catalog, harvest: Harvest) -> None:
    numbers = joined(catalog, harvest, *map(a_candidate, range(3)))
    framings = (Framing.PORTRAIT, None, None)
    screened = (True, True, False)
    move(
        catalog,
        harvest,
        *(
            Move(number, State.WANTED, "screen", screened=passed, framing=framing)
            for number, framing, passed in zip(numbers, framings, screened, strict=True)
        ),
    )

    assert members.passing(catalog, harvest.id) == {"portrait": 1, "": 1}


# ---- walks --------------------------------------------------------------------------------


def page_request(number: int) -> Request:
    return Request("booru", "https://booru.test/posts", (("page", str(number)),))


def walk(catalog: Catalog, harvest: Harvest) -> harvests.Walk:
    harvests.open_walk(catalog, harvest.id, Query(("reimu",)), page_request(1))
    return harvests.walks(catalog, harvest.id)[0]


def answered(catalog: Catalog, harvest: Harvest, page: Page) -> harvests.Walk:
    """The walk after its next page was answered so."""
    asked = harvests.due(catalog, harvests.walks(catalog, harvest.id)[0])
    assert asked is not None
    catalog.write(lambda db: harvests.answered(db, asked, page))
    return harvests.walks(catalog, harvest.id)[0]


def test_a_walk_asks_nothing_until_it_is_deepened(catalog: Catalog, harvest: Harvest) -> None:
    found = walk(catalog, harvest)
    assert harvests.due(catalog, found) is None

    harvests.deepen(catalog, [found.id])

    asked = harvests.due(catalog, walk(catalog, harvest))
    assert asked is not None
    assert asked.request == page_request(1)


def test_a_walk_goes_one_page_at_a_time(catalog: Catalog, harvest: Harvest) -> None:
    harvests.deepen(catalog, [walk(catalog, harvest).id])

    found = answered(catalog, harvest, Page((a_candidate(),), follow=(page_request(2),)))

    assert (found.state, found.found) == ("open", 1)
    assert harvests.due(catalog, found) is None
    harvests.deepen(catalog, [found.id])
    asked = harvests.due(catalog, walk(catalog, harvest))
    assert asked is not None
    assert asked.request == page_request(2)


def test_a_page_that_was_seen_is_not_asked_again(catalog: Catalog, harvest: Harvest) -> None:
    harvests.deepen(catalog, [walk(catalog, harvest).id])

    found = answered(catalog, harvest, Page(follow=(page_request(1),)))

    assert found.state == "ended"


def test_a_walk_without_pages_left_has_ended(catalog: Catalog, harvest: Harvest) -> None:
    harvests.deepen(catalog, [walk(catalog, harvest).id])

    assert answered(catalog, harvest, Page(end=True)).state == "ended"


def test_a_stopped_walk_is_tried_again_by_the_next_run(catalog: Catalog, harvest: Harvest) -> None:
    found = walk(catalog, harvest)
    harvests.stop_walk(catalog, found.id, "stopped", "the site says 503")
    assert walk(catalog, harvest).reason == "the site says 503"

    harvests.reopen_walks(catalog, harvest.id)

    assert (walk(catalog, harvest).state, walk(catalog, harvest).reason) == ("open", "")


def test_a_walk_that_ended_is_not_reopened(catalog: Catalog, harvest: Harvest) -> None:
    harvests.stop_walk(catalog, walk(catalog, harvest).id, "ended", "too deep")

    harvests.reopen_walks(catalog, harvest.id)

    assert walk(catalog, harvest).state == "ended"


def test_what_a_page_covered_is_recorded(catalog: Catalog, harvest: Harvest) -> None:
    harvests.deepen(catalog, [walk(catalog, harvest).id])

    answered(catalog, harvest, Page(walked=Span("id", "90", "10")))

    row = catalog.row('select "order", high, low from spans')
    assert row is not None
    assert tuple(row) == ("id", "90", "10")


# ---- rounds -------------------------------------------------------------------------------


def test_a_round_keeps_its_frozen_order(catalog: Catalog, harvest: Harvest) -> None:
    numbers = joined(catalog, harvest, *map(a_candidate, range(4)))
    ranks = [(numbers[2], 5.0), (numbers[0], 3.0), (numbers[3], 1.0)]

    number = harvests.open_round(catalog, harvest, ranks)

    found = members.of_round(catalog, harvest.id, number)
    assert [(one, member.rank) for one, member in found.items()] == ranks


def test_a_round_that_ends_counts_what_came_of_it(catalog: Catalog, harvest: Harvest) -> None:
    one, two = joined(catalog, harvest, a_candidate(1), a_candidate(2))
    number = harvests.open_round(catalog, harvest, [(one, 2.0), (two, 1.0)])
    catalog.write(lambda db: files.stored(db, one, WHOLE))
    move(catalog, harvest, *(Move(n, State.FETCHED, "fetch") for n in (one, two)))
    move(catalog, harvest, Move(one, State.ACCEPTED, "assess"))

    catalog.write(lambda db: harvests.end_round(db, harvest.id, number))

    (found,) = harvests.rounds(catalog, harvest.id)
    assert (found.planned, found.fetched, found.accepted, found.state) == (2, 1, 1, "ended")


def test_a_new_revision_drops_only_the_open_round(catalog: Catalog, harvest: Harvest) -> None:
    first = harvests.open_round(catalog, harvest, [])
    catalog.write(lambda db: harvests.end_round(db, harvest.id, first))
    harvests.open_round(catalog, harvest, [])

    harvests.drop_round(catalog, harvest.id)

    assert [found.state for found in harvests.rounds(catalog, harvest.id)] == ["ended", "dropped"]
