"""Which pictures a round takes: for the places that are empty, and nothing that could not fill one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from harvester.catalog.candidates import Known
from harvester.catalog.core import Catalog
from harvester.catalog.harvests import Harvest
from harvester.model import Candidate, Facts, Framing
from harvester.recipe import Caps, Mix, Recipe
from harvester.stages.plan import FEW, Stock, batch, full
from harvester.stages.shop import Shop

HALVES = Mix(0, 0.5, 0, 0, 0.5)


@pytest.fixture
def shop(catalog: Catalog, harvest: Harvest) -> Shop:
    """As much of a run as it takes: two portraits and two full bodies, one of each artist."""
    recipe = Recipe(("reimu",), target=4, mix=HALVES, caps=Caps(artist=0.25))
    given = {"catalog": catalog, "harvest": harvest, "recipe": recipe, "adapters": {}}
    return cast("Shop", SimpleNamespace(**given))


def stocked(accepted: dict[int, tuple[str, str]], wanted: dict[int, tuple[str, str]]) -> Stock:
    """(artist, framing) of what is accepted and of what is wanted, by number."""
    facts = {
        number: Facts(tags={"artist": (artist,)}, framing=Framing(framing) if framing else None)
        for number, (artist, framing) in (accepted | wanted).items()
    }
    known = {
        number: Known(
            number, "danbooru", number, Candidate("booru", str(number), "", told), "asset"
        )
        for number, told in facts.items()
    }
    scores = dict.fromkeys(facts, 0.5)
    return Stock(known, facts, scores, frozenset(accepted), frozenset(wanted))


def taken(shop: Shop, have: Stock) -> set[int]:
    return {number for number, _ in batch(shop, have)}


def test_a_place_is_filled_by_an_artist_whose_other_picture_can_go(shop: Shop) -> None:
    have = stocked({1: ("a", ""), 2: ("b", "")}, {3: ("a", "full_body"), 4: ("c", "")})

    assert 3 in taken(shop, have)


def test_whose_place_is_taken_by_himself_is_passed_over(shop: Shop) -> None:
    have = stocked({1: ("a", "full_body")}, {3: ("a", "full_body"), 4: ("b", "full_body")})

    assert taken(shop, have) == {4}


def test_nothing_is_taken_when_every_place_is_filled(shop: Shop) -> None:
    full = {1: ("a", "full_body"), 2: ("b", "full_body"), 3: ("c", ""), 4: ("d", "")}

    assert taken(shop, stocked(full, {5: ("e", "")})) == set()


def test_of_equals_those_are_taken_who_fill_a_place_without_a_concession(shop: Shop) -> None:
    by_one = {1: ("a", "portrait"), 2: ("a", "portrait"), 3: ("a", "full_body"), 4: ("a", "")}
    have = stocked(by_one, {5: ("a", "full_body"), 6: ("b", "full_body")})

    assert taken(shop, have) == {6}


def test_a_cap_gives_way_when_nobody_else_is_wanted(shop: Shop) -> None:
    have = stocked({1: ("a", "portrait")}, {5: ("a", "full_body"), 6: ("a", "portrait")})

    assert taken(shop, have) == {5, 6}


def test_nothing_more_is_fetched_for_a_caps_sake_once_enough_lies_idle(shop: Shop) -> None:
    by_one = {
        number: ("a", framing) for number, framing in enumerate(["portrait", "full_body"] * 4)
    }
    few = {number: by_one[number] for number in range(1 + FEW)}

    assert taken(shop, stocked(few, {9: ("b", "")})) == {9}
    assert taken(shop, stocked(by_one, {9: ("b", "")})) == set(), "the cap gives way instead"


def test_a_framing_is_full_with_its_share_of_the_pool(shop: Shop) -> None:
    share = 2 * shop.recipe.pool

    found = full(shop, {"portrait": share, "full_body": share - 1})

    assert ("portrait" in found, "full_body" in found) == (True, False)
