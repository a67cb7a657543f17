"""One search over several sites: side by side, one picture once, and nobody's trouble is everybody's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from harvester import vocabulary
from harvester.demo import Faults, Sandbox, World
from harvester.model import Facts, Framing
from tests.harness import SUBJECT, Place, sandbox


@pytest.fixture(scope="module")
def cache(drawings: Path) -> Path:
    return drawings


@pytest.fixture
def one(cache: Path) -> Iterator[Sandbox]:
    with sandbox(cache, posts=150) as started:
        yield started


@pytest.fixture
def twin(cache: Path) -> Iterator[Sandbox]:
    """A site with the same posts."""
    with sandbox(cache, posts=150) as started:
        yield started


@pytest.fixture
def other(cache: Path) -> Iterator[Sandbox]:
    """A site with posts of its own."""
    with sandbox(cache, posts=150, seed=2) as started:
        yield started


def site_of(place: Place) -> list[str]:
    return [key.partition(":")[0] for key, _ in place.selection()]


def test_one_picture_of_two_sites_is_fetched_and_chosen_once(
    one: Sandbox, twin: Sandbox, tmp_path: Path
) -> None:
    place = Place(tmp_path / "library", {"one": one, "twin": twin})
    done = place.collect(target=12)
    [why] = place.inside("why", place.selection()[0][0], "--json").json

    assert done.code == 0, done.err
    assert len({sha256 for _, sha256 in place.selection()}) == 12
    fetched = [entry.post for entry in place.files() if entry.status == 200]
    assert len(fetched) == len(set(fetched))
    assert why["elsewhere"] == [
        {"one": "twin", "twin": "one"}[why["key"].split(":")[0]] + ":" + why["key"].split(":")[1]
    ]
    assert why["artists"]


def test_a_picture_whose_file_is_lost_on_one_site_comes_from_the_other(
    one: Sandbox, twin: Sandbox, tmp_path: Path
) -> None:
    one.faults = Faults(lost=1)
    place = Place(tmp_path / "library", {"one": one, "twin": twin})
    done = place.collect(target=12)
    lost = [key for key, told in place.states().items() if told[0] == "gone"]

    assert done.code == 0, done.err
    assert site_of(place) == ["twin"] * 12
    assert {key.partition(":")[0] for key in lost} == {"one"}
    assert {key.replace("one:", "twin:") for key in lost} & {key for key, _ in place.selection()}


def test_of_two_sizes_on_two_sites_the_larger_is_kept(one: Sandbox, tmp_path: Path) -> None:
    alone = Place(tmp_path / "alone", {"one": one})
    alone.collect(target=8)
    folder = tmp_path / "smaller"
    folder.mkdir()
    for key, _ in alone.selection():
        number = int(key.partition(":")[2])
        with Image.open(BytesIO(one.vault.body(one.world.by_id[number]))) as image:
            image.resize((image.width * 9 // 10, image.height * 9 // 10)).save(
                folder / f"{number}.png"
            )
    with Sandbox(World(pictures=folder)) as smaller:
        place = Place(tmp_path / "library", {"smaller": smaller, "one": one})
        recipe = tmp_path / "all.toml"
        recipe.write_text(
            f'tag = "{SUBJECT}"\ntarget = 90\npool = 0\nsites = ["one", "smaller"]\n'
            "[gates]\nshort_side = 600\npixels = false\n"
        )
        done = place.inside("run", str(recipe), "-q")
    told = {key: state for key, (state, *_) in place.states().items() if key.startswith("smaller:")}

    assert done.code in {0, 3}, done.err
    assert len(told) == 8
    assert {*told.values()} == {"duplicate"}


def framed(site: Sandbox, keys: list[str]) -> tuple[str, Framing]:
    """The first of these posts that the site tags with a framing."""
    for key in keys:
        post = site.world.by_id[int(key.partition(":")[2])]
        told = vocabulary.read(Facts(tags=post.tags), family="danbooru").framing
        if told not in (None, Framing.WIDE):
            return key, told
    raise AssertionError("no picture of the selection has a framing tag")


def test_where_two_sites_contradict_each_other_why_says_so_and_the_stricter_word_counts(
    one: Sandbox, tmp_path: Path
) -> None:
    before = Place(tmp_path / "before", {"one": one})
    before.collect(target=12)
    key, framing = framed(one, [key for key, _ in before.selection()])
    post = one.world.by_id[int(key.partition(":")[2])]
    folder = tmp_path / "mine"
    folder.mkdir()
    folder.joinpath(f"{post.id}.{post.format}").write_bytes(one.vault.body(post))
    said = {"tags_general": ["2girls", "wide_shot", "touhou"], "rating": "general"}
    folder.joinpath(f"{post.id}.json").write_text(json.dumps(said), "utf-8")

    place = Place(tmp_path / "library", {"one": one})
    assert place.collect("--site", str(folder), target=6).code == 0
    [why] = place.inside("why", key, "--json").json
    [other] = why["elsewhere"]
    found = {conflict.pop("fact"): conflict for conflict in why["conflicts"]}

    assert (why["state"], why["gate"]) == ("rejected", "people")
    assert found["framing"] == {
        "said": {key: framing.value, other: "wide"},
        "counts": "wide",
        "rule": "tags count before words, then the widest",
    }
    assert found["people"]["said"] == {key: "alone", other: "several"}
    assert found["kind of touhou"]["said"] == {key: "copyright", other: "general"}
    told = f"framing: {key} says {framing.value}, {other} says wide; wide counts (tags"
    assert told in place.inside("why", key).out


def test_a_site_that_is_down_is_told_and_the_other_goes_on(
    one: Sandbox, other: Sandbox, tmp_path: Path
) -> None:
    other.faults = Faults(down=True)
    place = Place(tmp_path / "library", {"one": one, "other": other})
    done = place.inside("--tag", SUBJECT, "--target", "6", "--site", "one", "--site", "other")

    assert done.code == 0, done.err
    assert site_of(place) == ["one"] * 6
    assert "other" in done.out + done.err


def test_what_a_site_counts_for_decides_between_equals(
    one: Sandbox, other: Sandbox, tmp_path: Path
) -> None:
    recipe = tmp_path / "reimu.toml"
    for preferred in ("one", "other"):
        place = Place(tmp_path / preferred, {"one": one, "other": other})
        recipe.write_text(
            f'tag = "{SUBJECT}"\ntarget = 10\nsites = ["one", "other"]\n'
            f"weights = {{ {preferred} = 20 }}\n[caps]\nsite = 1\n[mix]\n"
            + "".join(f"{name} = 0\n" for name in MIX)
        )
        assert place.inside("run", str(recipe), "-q").code == 0

        assert site_of(place).count(preferred) >= 9


def test_no_site_has_more_than_three_fifths_while_the_other_has_enough(
    one: Sandbox, other: Sandbox, tmp_path: Path
) -> None:
    recipe = tmp_path / "reimu.toml"
    place = Place(tmp_path / "library", {"one": one, "other": other})
    for target, sites in (
        (8, '"one"'),
        (10, '"one", "other"'),
    ):  # more than the cap lets in is here
        recipe.write_text(
            f'tag = "{SUBJECT}"\ntarget = {target}\nsites = [{sites}]\nweights = {{ one = 20 }}\n[mix]\n'
            + "".join(f"{name} = 0\n" for name in MIX)
        )
        assert place.inside("run", str(recipe), "-q").code == 0
    [out] = place.rows(
        "select count(*) from members where why like 'out: %of site one; the cap is 6'"
    )

    assert site_of(place).count("one") == 6
    assert out[0] > 0
    assert out[0] == place.rows("select count(*) from members where why like 'out: %'")[0][0]


MIX = ("close_up", "portrait", "upper_body", "cowboy_shot", "full_body")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("weights = { one = 0 }", "it is a number above 0"),
        ("weights = { one = true }", "it is a number above 0"),
        ("weights = { oen = 2 }", "did you mean 'one'"),
        ("weights = 5", "must be a table"),
    ],
)
def test_an_odd_weight_is_told(written: str, told: str, one: Sandbox, tmp_path: Path) -> None:
    place = Place(tmp_path / "library", {"one": one})
    recipe = tmp_path / "reimu.toml"
    recipe.write_text(f'tag = "{SUBJECT}"\nsites = ["one"]\n{written}\n')
    done = place.inside("run", str(recipe))

    assert done.code == 4
    assert told in done.err
