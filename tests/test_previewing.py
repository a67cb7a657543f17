"""Before a large original: a preview tells that another site's picture is the one that is here, and nothing else is lost."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from harvester.boundary import BOUNDARIES
from harvester.demo import Sandbox, World
from harvester.demo.dialects.shared import Answer, Dialect
from harvester.stages.suspecting import WORTH
from tests.harness import SUBJECT, Place, killed_at
from tests.test_hashing_harvest import CAPTION, drawn, winking

LARGE, SMALLER, LARGER = (1200, 1500), (1080, 1350), (1320, 1650)
SMALL = "/180x180/"
WORKS = {"first": 91000001, "second": 91000002, "face": 91000003, "wink": 91000003}
"""Which work of an artist each picture says to be from; two faces of one figure are from one work."""


def grained(seed: int) -> Image.Image:
    """A picture with so much grain that its PNG is large."""
    picture = np.asarray(drawn(seed, LARGE)).astype(np.int16)
    grain = np.random.default_rng(seed).integers(-7, 8, picture.shape)
    return Image.fromarray(np.clip(picture + grain, 0, 255).astype(np.uint8))


def saved(folder: Path, name: str, picture: Image.Image, size: tuple[int, int] = LARGE) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    resized = picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS)
    resized.save(folder / f"{name}.png", compress_level=1)
    (folder / f"{name}.txt").write_text(CAPTION, "utf-8")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two sites show: `one` has three pictures; `two` two of them smaller, and another face of the third."""
    folder = tmp_path_factory.mktemp("pictures")
    drawings = {"first": grained(1), "second": grained(2), "face": grained(3)}
    for name, drawing in drawings.items():
        saved(folder / "one", name, drawing)
    for name in ("first", "second"):
        saved(folder / "two", name, drawings[name], SMALLER)
    saved(folder / "two", "wink", winking(drawings["face"]), SMALLER)
    return folder


@pytest.fixture(scope="module")
def single(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One picture, smaller on the second site."""
    folder = tmp_path_factory.mktemp("single")
    for site in ("one", "two"):
        (folder / site).mkdir()
        for name in ("first.png", "first.txt"):
            shutil.copyfile(pictures / site / name, folder / site / name)
    return folder


class Spoiling:
    """A site that gives another answer for its small previews, and is itself otherwise."""

    def __init__(self, inner: Dialect, answer: Answer) -> None:
        self._inner, self._answer = inner, answer

    def is_api(self, path: str) -> bool:
        return self._inner.is_api(path)

    def overloaded(self, status: int, wait: str) -> Answer:
        return self._inner.overloaded(status, wait)

    def answer(self, target: str, headers: Mapping[str, str], base: str) -> Answer:
        said = self._inner.answer(target, headers, base)
        return replace(self._answer, post_id=said.post_id) if SMALL in target else said


@dataclass
class Two:
    """A library, and the two sites it knows."""

    place: Place
    one: Sandbox
    two: Sandbox
    recipe: Path

    def run(self, *, target: int = 12, by: tuple[str, ...] = ()) -> None:
        """Collect all there is."""
        self.recipe.write_text(
            f'tag = "{SUBJECT}"\ntarget = {target}\npool = 0\nsites = ["one", "two"]\n'
            "[caps]\nvariants = 9\n",
            "utf-8",
        )
        asked = ("run", str(self.recipe), "-q")
        done = self.place.run(*asked, by=by) if by else self.place.inside(*asked)
        assert by or done.code in {0, 3}, done.err

    def state(self, site: str, name: str) -> tuple[str, ...]:
        return self.place.states()[self.key(site, name)]

    def key(self, site: str, name: str) -> str:
        posts = self.place.sites[site].world.posts
        return next(f"{site}:{post.id}" for post in posts if post.path and post.path.stem == name)

    def sent(self, site: str, run: int | None = None) -> Counter[str]:
        """What a run had of a site: how often each preview and each original was sent, by the picture's name."""
        posts = {
            post.id: post.path.stem for post in self.place.sites[site].world.posts if post.path
        }
        files = [e for e in self.place.files(run) if e in self.place.sites[site].requests]
        kinds = ((e, "preview" if SMALL in e.path else "original") for e in files)
        return Counter(f"{kind} {posts[e.post or 0]}" for e, kind in kinds)


def site_of(folder: Path, works: Mapping[str, object]) -> Sandbox:
    """A site of a folder's pictures that says where each was taken from."""
    world = World(pictures=folder)
    named = ((post, works[post.path.stem]) for post in world.posts if post.path)
    world.posts = [
        replace(post, source=f"https://www.pixiv.net/artworks/{work}") for post, work in named
    ]
    return Sandbox(world)


@contextmanager
def sites(
    folder: Path, library: Path, works: Mapping[str, Mapping[str, object]] | None = None
) -> Iterator[Two]:
    told = works or {}
    with ExitStack() as stack:
        one, two = (
            stack.enter_context(site_of(folder / name, told.get(name, WORKS)))
            for name in ("one", "two")
        )
        place = Place(library / "library", {"one": one, "two": two})
        yield Two(place, one, two, library / "recipe.toml")


@pytest.fixture
def both(pictures: Path, tmp_path: Path) -> Iterator[Two]:
    with sites(pictures, tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def whole(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """A run to its end that nothing disturbed."""
    with sites(pictures, tmp_path_factory.mktemp("whole")) as found:
        found.run()
        yield found


def test_a_copy_on_another_site_costs_its_preview_and_no_original(whole: Two) -> None:
    sent = whole.sent("two", 1)
    spared = [
        (whole.two.world.by_id[int(whole.key("two", n).split(":")[1])]) for n in ("first", "second")
    ]
    originals = sum(whole.two.vault.claim(post).bytes for post in spared)
    asked = [e for e in whole.place.files(1) if SMALL in e.path]

    assert {whole.state("two", name)[:3] for name in ("first", "second")} == {
        ("duplicate", "preview", "duplicate")
    }
    assert sent["original first"] == sent["original second"] == 0
    assert sent["preview first"] == sent["preview second"] == 1
    assert originals > 2 * WORTH
    assert sum(entry.bytes for entry in asked) < originals / 100


def test_why_names_the_kept_one_and_says_by_what(whole: Two) -> None:
    key = whole.key("two", "first")
    [told] = whole.place.inside("why", key, "--json").json

    assert told["reason"].startswith(
        f"the same picture as {whole.key('one', 'first')} by its preview"
    )
    assert "pHash 0 of 64 bits apart" in told["reason"]
    assert "both are from pixiv.net 91000001" in told["reason"]
    assert "M" in told["reason"].rpartition("; ")[2]
    assert told["reason"] in " ".join(whole.place.inside("why", key).out.split())


def test_status_counts_it_as_a_duplicate(whole: Two) -> None:
    told = whole.place.inside("status", "--json").json

    assert json.dumps(told).count('"duplicate": 2') >= 1


def test_another_face_from_the_same_work_is_fetched_and_kept(whole: Two) -> None:
    assert whole.state("two", "wink")[0] == "accepted"
    assert whole.state("one", "face")[0] == "accepted"
    assert whole.sent("two", 1)["original wink"] == 1


def test_the_same_run_again_asks_for_nothing(whole: Two) -> None:
    before = whole.place.states()
    whole.run()

    assert whole.place.files() == []
    assert whole.place.states() == before


def test_without_a_word_of_the_same_source_everything_is_fetched(
    pictures: Path, tmp_path: Path
) -> None:
    other = {name: work + 1000 for name, work in WORKS.items()}
    with sites(pictures, tmp_path, {"two": other}) as both:
        both.run()
        sent = both.sent("two")

        assert {name: n for name, n in sent.items() if name.startswith("preview")} == {}
        assert sent["original first"] == sent["original second"] == 1
        assert both.state("two", "first")[:2] == ("duplicate", "assess")


def test_of_a_work_with_several_pictures_on_one_site_nothing_is_concluded(
    pictures: Path, tmp_path: Path
) -> None:
    with sites(pictures, tmp_path, {"one": {**WORKS, "second": WORKS["first"]}}) as both:
        both.run()
        sent = both.sent("two")

        assert sent["preview first"] == 0
        assert sent["original first"] == 1


def test_the_named_page_of_a_work_tells_which_of_its_pictures_is_meant(
    pictures: Path, tmp_path: Path
) -> None:
    pages = {"first": "91000001?page=0", "second": "91000001?page=1", "face": 1, "wink": 2}
    with sites(pictures, tmp_path, {"one": pages, "two": pages}) as both:
        both.run()

        assert [both.state("two", name)[1] for name in ("first", "second")] == ["preview"] * 2


def test_a_larger_original_is_fetched_and_takes_the_place_of_the_smaller(
    pictures: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "pictures"
    with Image.open(pictures / "one" / "first.png") as picture:
        saved(folder / "one", "first", picture, SMALLER)
        saved(folder / "two", "first", picture, LARGER)
    with sites(folder, tmp_path) as both:
        both.run()

        assert both.state("two", "first")[0] == "accepted"
        assert both.state("one", "first")[0] == "duplicate"
        assert both.sent("two")["original first"] == 1


def encoded(picture: Image.Image) -> bytes:
    body = BytesIO()
    picture.save(body, "JPEG")
    return body.getvalue()


def striped(size: tuple[int, int]) -> Image.Image:
    picture = Image.new("RGB", size, "white")
    for x in range(0, size[0], 20):
        ImageDraw.Draw(picture).rectangle((x, 0, x + 9, size[1]), fill="navy")
    return picture


BAD = {
    "it is not there": Answer(404, b"not found"),
    "it is a page": Answer(200, b"<!doctype html><html>sign in</html>"),
    "it is an archive": Answer(200, b"PK\x03\x04" + bytes(900)),
    "it is empty": Answer(200, b""),
    "it is cut off": Answer(200, encoded(striped((144, 180)))[:700]),
    "it is a picture without an end": Answer(200, b"\xff\xd8\xff\xe0" + bytes(300 << 10)),
    "it has more pixels than any preview": Answer(200, encoded(Image.new("L", (4000, 5000)))),
    "it is too small to say anything": Answer(200, encoded(striped((32, 40)))),
    "it is cut square": Answer(
        200, encoded(drawn(1, LARGE).crop((0, 0, 1200, 1200)).resize((180, 180)))
    ),
    "it shows something else": Answer(200, encoded(striped((144, 180)))),
}


SHOWN = {"it is cut square", "it shows something else"}
"""Faults of previews that are pictures, though not of what their originals are."""


@pytest.mark.slow
@pytest.mark.parametrize("fault", BAD)
def test_a_preview_that_is_of_no_use_leads_to_the_original(
    fault: str, single: Path, tmp_path: Path
) -> None:
    with sites(single, tmp_path) as both:
        both.two.dialect = Spoiling(both.two.dialect, BAD[fault])
        both.run()

        assert both.sent("two") == {"preview first": 1, "original first": 1}
        assert both.state("two", "first")[:2] == ("duplicate", "assess")
        assert both.place.rows("select phash is null and note != '' from previews") == [
            (fault not in SHOWN,)
        ]


def test_a_site_that_blocks_a_preview_is_left_alone(single: Path, tmp_path: Path) -> None:
    challenge = Answer(403, b"<title>Just a moment...</title>", {"cf-mitigated": "challenge"})
    with sites(single, tmp_path) as both:
        both.two.dialect = Spoiling(both.two.dialect, challenge)
        both.run()

        assert both.sent("two") == {"preview first": 1}
        assert both.state("two", "first")[0] == "blocked"


def test_a_kept_one_that_was_lost_is_fetched_again_and_its_copy_stays_one(both: Two) -> None:
    both.run()
    lost(both, "first")
    both.run()

    assert both.state("one", "first")[0] == "accepted"
    assert both.state("two", "first")[:2] == ("duplicate", "preview")
    assert both.sent("two") == {}


def test_where_the_kept_one_is_no_more_its_copy_is_fetched(both: Two) -> None:
    both.run()
    lost(both, "first")
    both.one.faults = replace(both.one.faults, lost=1)
    both.run()

    assert both.state("one", "first")[0] == "gone"
    assert both.state("two", "first")[0] == "accepted"
    assert both.sent("two") == {"original first": 1}


def lost(both: Two, name: str) -> None:
    """The file of a kept picture is gone from the disk."""
    kept = both.key("one", name)
    sha256 = dict(both.place.selection())[kept]
    [path] = (both.place.folder / "objects").rglob(f"{sha256}.*")
    path.unlink()
    both.place.inside("check", "--repair")


def test_a_stricter_recipe_judges_what_previews_said_again_without_network(both: Two) -> None:
    both.run()
    both.recipe.write_text(
        f'tag = "{SUBJECT}"\ntarget = 12\npool = 0\nsites = ["one", "two"]\n'
        "[gates]\nshort_side = 1000\n"
    )
    both.place.inside("run", str(both.recipe), "-q")

    assert both.place.files() == []
    assert both.state("two", "first")[:2] == ("duplicate", "preview")


@pytest.mark.slow
def test_a_limit_of_bytes_counts_previews_and_the_next_run_goes_on(both: Two, whole: Two) -> None:
    for _ in range(8):
        both.recipe.write_text(
            f'tag = "{SUBJECT}"\ntarget = 12\npool = 0\nsites = ["one", "two"]\n'
            '[limits]\nmax_bytes = "4k"\n'
        )
        both.place.inside("run", str(both.recipe), "-q")
    both.run()
    sent = sum((both.sent("two", run) for run in range(1, both.place.runs + 1)), Counter[str]())

    assert both.place.selection() == whole.place.selection()
    assert max(sent.values()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("crossing", [1, 2, 3, 4])
def test_a_run_killed_at_a_preview_ends_like_one_that_was_not_and_asks_for_none_twice(
    crossing: int, both: Two, whole: Two
) -> None:
    assert "catalog.previewed" in BOUNDARIES
    both.run(by=killed_at("catalog.previewed", crossing))
    cut = both.sent("two", 1)
    both.run()
    again = both.sent("two", 2)

    assert sum(cut.values()) >= 1
    assert {*cut} & {*again} == set()
    assert both.place.selection() == whole.place.selection()
    assert both.place.states() == whole.place.states()
