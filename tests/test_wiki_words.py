"""The whole command on a wiki: what its pages say of pictures decides, and is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harvester.demo import Sandbox, World
from tests.harness import SUBJECT, Done, Place

pytestmark = pytest.mark.slow

FLAG = "wiki:Flag of Gensokyo.svg"
TABLE = (
    '[sites.wiki]\nfamily = "mediawiki"\nurl = "{url}"\ninterval = 0\nrating_default = "general"\n'
)


@pytest.fixture(scope="module")
def wiki(drawings: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, Done]]:
    """A library after one harvest of a wiki whose galleries have captions, headings and tabs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARVEST_CACHE", str(drawings))
        made = Sandbox(World(150), family="fandom")
    with made as site:
        folder = tmp_path_factory.mktemp("words") / "library"
        place = Place(folder, {}, more=TABLE.format(url=site.url))
        yield place, place.inside("--tag", SUBJECT, "--site", "wiki", "--target", "8", "--json")


def why(place: Place, key: str) -> dict[str, Any]:
    [told] = place.inside("why", key, "--json").json
    return dict(told)


def test_captions_tell_framings_that_the_mix_counts(wiki: tuple[Place, Done]) -> None:
    _, done = wiki

    assert done.code == 0, done.err
    assert {name: count for name, count in done.json["framing"].items() if name}


def test_a_flag_is_known_by_its_name_and_the_reason_is_kept(wiki: tuple[Place, Done]) -> None:
    place, _ = wiki
    told = why(place, FLAG)
    [ruling] = [one for one in told["rulings"][-1]["rulings"] if one["gate"] == "interface"]

    assert told["state"] == "rejected"
    assert ruling["verdict"] == "reject"
    assert ruling["reason"] == "its name or category says it is a part of a page: flag"


def test_fan_art_of_another_outfit_is_rejected_by_the_words_of_its_page(
    wiki: tuple[Place, Done],
) -> None:
    place, _ = wiki
    rejected = [key for key, told in place.states().items() if told[2] == "outfit"]

    assert rejected
    assert {why(place, key)["reason"] for key in rejected} == {
        "'Summer dress' is an outfit that fans made"
    }
