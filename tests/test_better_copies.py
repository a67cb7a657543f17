"""Copies of one picture on two sites: the best is kept, what sites say of them comes together, exports follow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from harvester.cli.shapes import SHAPES, misfits
from harvester.demo import Sandbox, World
from harvester.export.plain import CREDITS, MANIFEST
from tests.harness import SUBJECT, Place
from tests.test_hashing_harvest import drawn, winking

RECIPE = (
    'tag = "{subject}"\ntarget = {target}\npool = 0\nsites = [{sites}]\n[gates]\npixels = false\n'
)

FIRST, SECOND = 5_000_001, 5_000_002
"""How the sandbox numbers the pictures of a folder."""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A site's pictures: one at half its size, and a stranger."""
    half = drawn(1, (1400, 1700)).resize((760, 923), Image.Resampling.LANCZOS)
    return saved(tmp_path / "small", a=(half, "1girl, solo, upper body, red bow"), b=(drawn(2), ""))


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Another site's: the same picture whole, tagged by others, and another face of it."""
    whole = drawn(1, (1400, 1700))
    told = "1girl, solo, full body, long hair"
    return saved(tmp_path / "large", a=(whole, told), b=(winking(whole), ""))


def saved(folder: Path, **pictures: tuple[Image.Image, str]) -> Path:
    folder.mkdir()
    for name, (picture, tags) in pictures.items():
        picture.save(folder / f"{name}.png", compress_level=1)
        (folder / f"{name}.txt").write_text(tags or "1girl, solo, portrait", "utf-8")
    return folder


@pytest.fixture
def place(small: Path, large: Path, tmp_path: Path) -> Iterator[Place]:
    with ExitStack() as stack:
        sites = {
            name: stack.enter_context(Sandbox(World(pictures=folder)))
            for name, folder in (("small", small), ("large", large))
        }
        yield Place(tmp_path / "library", sites)


def collected(place: Place, *sites: str, target: int = 9) -> dict[str, Any]:
    recipe = place.folder.with_name("recipe.toml")
    named = ", ".join(f'"{site}"' for site in sites)
    recipe.write_text(RECIPE.format(subject=SUBJECT, target=target, sites=named), "utf-8")
    done = place.inside("run", str(recipe), "-q", "--json")
    assert done.code in {0, 3}, done.err
    assert misfits(done.json, SHAPES["run"]) == []
    found: dict[str, Any] = done.json
    return found


def why(place: Place, key: str) -> dict[str, Any]:
    [one] = place.inside("why", key, "--json").json
    found: dict[str, Any] = one
    return found


def exported(place: Place, folder: Path) -> dict[str, Any]:
    done = place.inside("export", "1", "--to", str(folder), "--json")
    assert misfits(done.json, SHAPES["export"]) == []
    found: dict[str, Any] = done.json
    return found


def test_a_better_copy_takes_the_place_of_the_kept_one_and_exports_say_so(
    place: Place, tmp_path: Path
) -> None:
    old, new, out = f"small:{FIRST}", f"large:{FIRST}", tmp_path / "out"
    first = collected(place, "small")
    assert old in {key for key, _ in place.selection()}
    assert exported(place, out)["replaced"] == []

    later = collected(place, "small", "large")

    assert {old, new} & {key for key, _ in place.selection()} == {new}
    assert (first["replaced"], later["replaced"]) == (0, 1)
    assert why(place, old)["reason"].endswith("which is kept: larger (1400×1700, not 760×923)")
    assert exported(place, out)["replaced"] == [{"old": old, "new": new}]
    names = {path.name for path in out.iterdir()}
    assert not any(f"small_{FIRST}" in name for name in names)
    [written] = [name for name in names if f"large_{FIRST}.png" in name]
    marks = json.loads((out / MANIFEST).read_text("utf-8"))
    assert marks[written] == f"replaces {old}, of which it is a better copy"


def test_an_export_again_replaces_nothing_and_writes_the_same_list(
    place: Place, tmp_path: Path
) -> None:
    collected(place, "small")
    exported(place, tmp_path / "out")
    collected(place, "small", "large")
    exported(place, tmp_path / "out")
    before = (tmp_path / "out" / MANIFEST).read_bytes()

    again = exported(place, tmp_path / "out")

    assert again["replaced"] == []
    assert (tmp_path / "out" / MANIFEST).read_bytes() == before


def test_a_person_reads_what_was_replaced(place: Place, tmp_path: Path) -> None:
    collected(place, "small")
    place.inside("export", "1", "--to", str(tmp_path / "out"))
    collected(place, "small", "large")

    told = place.inside("export", "1", "--to", str(tmp_path / "out")).out.splitlines()

    assert told[1:] == ["1 replaced by a better copy:", f"  small:{FIRST} by large:{FIRST}"]


def test_captions_have_the_tags_of_all_copies_but_not_what_is_true_of_one(
    place: Place, tmp_path: Path
) -> None:
    """The copy adds what is shown (a bow); its framing is its own, as it may be cut."""
    collected(place, "small", "large")
    exported(place, tmp_path / "out")

    [path] = (tmp_path / "out").glob(f"*large_{FIRST}.txt")

    said = set(path.read_text("utf-8").strip().split(", "))
    assert {"red bow", "long hair", "full body"} <= said
    assert "upper body" not in said


def test_credits_of_an_export_are_those_of_all_copies_and_why_says_the_same(tmp_path: Path) -> None:
    """A copy by its looks and the same bytes by another name; where they lay on this machine is not told."""
    whole, folder = drawn(1, (1260, 1530)), tmp_path / "mine"
    folder.mkdir()
    for name in ("large", "same"):
        whole.save(folder / f"{name}.png", compress_level=1)
    whole.resize((900, 1093), Image.Resampling.LANCZOS).save(folder / "small.png")
    for name in ("large", "same", "small"):
        told = {"artist": f"painter of {name}", "source": f"https://art.example/{name}"}
        said = {"tags_general": ["1girl", "solo", "upper_body"], "rating": "general"}
        (folder / f"{name}.json").write_text(json.dumps(told | said), "utf-8")
    place = Place(tmp_path / "library", {})
    place.inside("import", str(folder), "--tag", SUBJECT)
    [(key, _)] = place.selection()
    exported(place, tmp_path / "out")

    [credits] = json.loads((tmp_path / "out" / CREDITS).read_text("utf-8")).values()

    names = sorted(["large", "same", "small"], key=lambda name: f":{name}." not in key)
    assert credits == {
        "artists": [f"painter of {name}" for name in names],
        "sources": [f"https://art.example/{name}" for name in names],
        "credits": [
            {"author": f"painter of {name}", "source": f"https://art.example/{name}"}
            for name in names
        ],
    }
    told = why(place, key)
    assert (told["artists"], told["sources"]) == (credits["artists"], credits["sources"])


def test_credits_name_the_pages_of_all_sites_that_show_a_picture(
    place: Place, tmp_path: Path
) -> None:
    collected(place, "small", "large")
    exported(place, tmp_path / "out")

    told = json.loads((tmp_path / "out" / CREDITS).read_text("utf-8"))

    [pages] = [one["pages"] for name, one in told.items() if f"large_{FIRST}" in name]
    assert pages == [f"{place.sites[site].url}/posts/{FIRST}" for site in ("large", "small")]


def test_why_names_duplicates_and_variants_with_what_says_so(place: Place) -> None:
    collected(place, "small", "large")

    alike = {one["key"]: one for one in why(place, f"large:{FIRST}")["alike"]}

    assert alike[f"small:{FIRST}"]["kind"] == "duplicate"
    assert alike[f"small:{FIRST}"]["distance"] < 0.5
    assert alike[f"large:{SECOND}"]["kind"] == "variant"
    assert "correlation" in alike[f"large:{SECOND}"]["evidence"]
    text = place.inside("why", f"small:{FIRST}").out
    assert f"duplicate of large:{FIRST} (distance 0." in text


def test_what_is_said_of_one_copy_counts_for_all_before_the_minors_gate(tmp_path: Path) -> None:
    """One source names an age and another what does not go with it: each alone passes, the picture does not."""
    whole = drawn(1, (1260, 1530))
    pictures = {"a": whole.resize((900, 1093), Image.Resampling.LANCZOS), "b": whole}
    said = {"a": "child", "b": "swimsuit"}
    states = {}
    for names in ("a", "b", "ab"):
        folder = tmp_path / names
        folder.mkdir()
        for name in names:
            pictures[name].save(folder / f"{name}.png", compress_level=1)
            told = {"tags_general": ["1girl", "solo", "upper_body", said[name]]}
            (folder / f"{name}.json").write_text(json.dumps(told | {"rating": "general"}), "utf-8")
        place = Place(tmp_path / f"library {names}", {})
        done = place.inside("import", str(folder), "--tag", SUBJECT, "--json")
        states[names] = [(one["state"], one["by"]) for one in done.json["pictures"]]

    assert states == {
        "a": [("accepted", "assess")],
        "b": [("accepted", "assess")],
        "ab": [("rejected", "minors")] * 2,
    }
