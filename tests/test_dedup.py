"""`harvest dedup`: a folder people have already is judged as a harvest is; nothing in it changes unless asked."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageOps

from harvester.boundary import ASIDE
from harvester.catalog import distinct
from harvester.catalog.core import Catalog
from harvester.catalog.looked import NAME, Looked
from harvester.cli.shapes import SHAPES, misfits
from harvester.engine.local import LocalEngine
from harvester.stages.setting_aside import moved
from harvester.stages.shop import Progress
from harvester.stages.sorting import Judged, judged
from harvester.stages.tasks import Measuring, looked
from tests.harness import HARVEST, Done, inside, killed_at

Tree = dict[str, bytes]


def drawn(seed: int, size: tuple[int, int] = (450, 550)) -> Image.Image:
    dice = random.Random(seed)
    picture = Image.new("RGB", size, tuple(dice.randrange(60, 220) for _ in range(3)))
    pen = ImageDraw.Draw(picture)
    for _ in range(90):
        x, y, wide = dice.randrange(size[0]), dice.randrange(size[1]), dice.randrange(10, 90)
        fill = tuple(dice.randrange(256) for _ in range(3))
        pen.ellipse((x, y, x + wide, y + wide), fill=fill, outline="black", width=2)
    return picture


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset as kohya's scripts want it: copies, a variant, strangers, captions, and things that are no pictures."""
    folder = tmp_path_factory.mktemp("made") / "reimu"
    ten = folder / "10_reimu"
    ten.mkdir(parents=True)
    (folder / "reg").mkdir()
    base = drawn(1)
    base.save(ten / "base.png")
    shutil.copy(ten / "base.png", folder / "reg" / "again.png")
    base.resize((300, 367), Image.Resampling.LANCZOS).save(ten / "small.jpg", quality=80)
    base.resize((900, 1100), Image.Resampling.BICUBIC).save(ten / "huge.png")
    ImageOps.mirror(base).save(ten / "mirror.jpg", quality=90)
    winking = base.copy()
    pen = ImageDraw.Draw(winking)
    pen.rectangle((200, 210, 240, 228), fill="white", outline="black", width=3)
    pen.line((200, 219, 240, 219), fill="black", width=4)
    winking.save(ten / "winking.png")
    drawn(2).save(ten / "stranger.png")
    frames = [drawn(4, (200, 200)), drawn(5, (200, 200))]
    frames[0].save(ten / "moving.gif", save_all=True, append_images=frames[1:])
    frames[0].save(ten / "still.png")
    for name in ("base.txt", "small.txt", "small.jpg.json", "mirror.caption"):
        (ten / name).write_text(f"of {name}", "utf-8")
    (ten / "broken.png").write_bytes((ten / "base.png").read_bytes()[:5000])
    (ten / "empty.jpg").write_bytes(b"")
    (ten / "notes.pdf").write_bytes(b"%PDF-1.4")
    return folder


@pytest.fixture(scope="module")
def seen(made: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, Done]:
    """What is said of it, to a program and to a person."""
    (made / "round").symlink_to(made, target_is_directory=True)
    before = tree(made)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARVEST_CACHE", str(tmp_path_factory.mktemp("cache")))
        text = inside("dedup", str(made))
        found = inside("dedup", str(made), "--json")
    (made / "round").unlink()
    assert tree(made) == before
    return found, text


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "reimu"))


def tree(folder: Path) -> Tree:
    """Every file below a folder, hidden ones too."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def told(folder: Path, *more: str, code: int = 0) -> dict[str, Any]:
    done = inside("dedup", str(folder), "--json", "-q", *more)
    assert (done.code, done.err) == (code, "")
    assert misfits(done.json, SHAPES["dedup"]) == []
    found: dict[str, Any] = done.json
    return found


def name(told: dict[str, Any]) -> str:
    return Path(told["path"]).name


@contextmanager
def judging(cache: Path) -> Iterator[Callable[..., tuple[Judged, list[str]]]]:
    """Judges folders with one engine; what it says comes with the stages that had work."""
    with LocalEngine() as engine:

        def judge(*folders: Path) -> tuple[Judged, list[str]]:
            steps: list[Progress] = []
            with closing(Looked(cache)) as memory:
                found = judged(folders, engine, memory, steps.append)
            return found, [f"{one.stage} {one.total}" for one in steps if not one.done]

        yield judge


# ---- what is found ------------------------------------------------------------------------


def test_copies_stand_behind_the_best_and_variants_are_kept(seen: tuple[Done, Done]) -> None:
    found = seen[0].json

    [group, other] = found["groups"]
    assert name(group["kept"]) == "base.png"
    assert {
        name(copy): (copy["kind"], copy["because"].partition(" (")[0]) for copy in group["copies"]
    } == {
        "again.png": ("same bytes", "first in order"),
        "mirror.jpg": ("duplicate", "the better format"),
        "small.jpg": ("duplicate", "larger"),
        "huge.png": ("duplicate", "not enlarged"),
    }
    assert [name(one) for one in group["variants"]] == ["winking.png"]
    assert (name(other["kept"]), other["copies"]) == ("winking.png", [])
    assert (found["files"], found["pictures"], found["copies"]) == (9, 5, 4)
    assert found["bytes"] == sum(copy["bytes"] for copy in group["copies"])
    assert misfits(found, SHAPES["dedup"]) == []


def test_what_is_no_whole_picture_is_named_and_skipped(seen: tuple[Done, Done]) -> None:
    skipped = {name(one): one["why"] for one in seen[0].json["skipped"]}

    assert skipped == {
        "broken.png": "damaged or cut short: image file is truncated",
        "empty.jpg": "is empty",
        "notes.pdf": "is a pdf file, no picture that is known here",
        "round": "is a link, which is not read",
    }


def test_a_person_reads_which_is_kept_and_why(made: Path, seen: tuple[Done, Done]) -> None:
    done = seen[1]

    lines = done.out.splitlines()
    assert lines[0].startswith(f"kept      {made / '10_reimu' / 'base.png'}  450×550 PNG")
    assert lines[0].endswith("not enlarged, larger, the better format")
    assert any(line.endswith("; kept: larger (450×550, not 300×367)") for line in lines)
    assert "9 pictures, 4 copies in 1 group" in done.out
    assert f"harvest dedup {made} --move-to OTHER_DIR" in done.out
    assert "measuring files" in done.err


def test_a_moving_picture_is_no_copy_of_its_first_frame(seen: tuple[Done, Done]) -> None:
    told_of = {
        name(one) for group in seen[0].json["groups"] for one in [group["kept"], *group["copies"]]
    }

    assert not told_of & {"moving.gif", "still.png"}


def test_a_caption_that_only_a_copy_has_is_told(tmp_path: Path) -> None:
    drawn(1).save(tmp_path / "a.png")
    drawn(1).save(tmp_path / "b.jpg", quality=90)
    (tmp_path / "b.txt").write_text("a girl", "utf-8")

    done = inside("dedup", str(tmp_path), "-q")

    assert f"no text lies beside the kept file, but {tmp_path / 'b.txt'} beside a copy" in done.out


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (lambda path: None, "there is no folder"),
        (lambda path: path.write_bytes(b""), "is a file; name the folder it lies in"),
        (lambda path: path.symlink_to(path), "leads nowhere, or in a ring"),
    ],
    ids=["nothing", "file", "ring"],
)
def test_what_is_no_folder_is_told_in_one_sentence(
    prepare: Callable[[Path], None], said: str, tmp_path: Path
) -> None:
    prepare(tmp_path / "x")

    done = inside("dedup", str(tmp_path / "x"))

    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert said in done.err


def test_a_library_of_ours_is_not_looked_through(tmp_path: Path) -> None:
    (tmp_path / "catalog.db").write_bytes(b"")

    done = inside("dedup", str(tmp_path))

    assert done.code == 2
    assert "is a library of this program" in done.err


def test_what_a_person_told_apart_is_no_copy_here_either(tmp_path: Path) -> None:
    folder, library = tmp_path / "reimu", tmp_path / "library"
    for each in (folder, library):
        each.mkdir()
    drawn(1).save(folder / "one.png")
    drawn(1).resize((400, 489), Image.Resampling.LANCZOS).save(folder / "two.png")
    names = sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir())
    with closing(Catalog(library / "catalog.db")) as catalog:
        catalog.write(lambda db: distinct.say(db, [(names[0], names[1])]))
    assert inside("dedup", str(folder), "--json").json["copies"] == 1
    assert inside("dedup", str(folder), "--json", "--library", str(library)).json["copies"] == 0


def test_a_library_that_is_named_and_is_none_is_told(folder: Path, tmp_path: Path) -> None:
    done = inside("dedup", str(folder), "--library", str(tmp_path / "nowhere"))
    assert done.code == 5
    assert "there is no library here yet" in done.err


def test_an_empty_folder_holds_no_pictures(tmp_path: Path) -> None:
    done = inside("dedup", str(tmp_path))

    assert (done.code, done.out) == (0, "no pictures found\n")


def test_a_file_that_cannot_be_read_is_told_and_no_bug(tmp_path: Path) -> None:
    assert (
        looked(Measuring("", tmp_path / "gone.png")) == "cannot be read: No such file or directory"
    )


# ---- memory -------------------------------------------------------------------------------


def test_a_second_look_computes_nothing_anew(folder: Path, tmp_path: Path) -> None:
    with judging(tmp_path / "cache") as judge:
        first, worked = judge(folder)
        again, nothing = judge(folder)

    assert [step.partition(" ")[0] for step in worked] == ["assess", "compare"]
    assert nothing == []
    assert again == first


def test_a_changed_file_is_looked_at_again(folder: Path, tmp_path: Path) -> None:
    with judging(tmp_path / "cache") as judge:
        judge(folder)
        drawn(7).save(folder / "10_reimu" / "mirror.jpg")
        found, worked = judge(folder)

    assert worked[0] == "assess 1"
    assert [len(one.copies) for one in found.found if one.copies] == [3]


def test_a_damaged_cache_costs_time_and_nothing_else(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / NAME).write_bytes(b"no database at all" * 400)

    with judging(tmp_path / "cache") as judge:
        judge(folder)
        _, nothing = judge(folder)

    assert nothing == []


def test_a_cache_that_cannot_be_made_is_done_without(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with judging(tmp_path / "file" / "cache") as judge:
        found, _ = judge(folder)

    assert sum(len(one.copies) for one in found.found) == 4


def test_a_file_in_two_of_the_folders_is_one_file(folder: Path, tmp_path: Path) -> None:
    with judging(tmp_path / "cache") as judge:
        one, _ = judge(folder)
        both, _ = judge(folder, folder / "10_reimu")

    assert both == one


# ---- links --------------------------------------------------------------------------------


def test_only_the_very_same_bytes_are_linked(folder: Path) -> None:
    before = tree(folder)

    found = told(folder, "--hard-link")

    base, again = folder / "10_reimu" / "base.png", folder / "reg" / "again.png"
    assert base.samefile(again)
    assert tree(folder) == before
    assert found["linked"] == 1
    assert {name(copy): copy["left"] for copy in found["groups"][0]["copies"]} == {
        "again.png": "",
        **dict.fromkeys(
            ("mirror.jpg", "small.jpg", "huge.png"),
            "other bytes than the kept file, so it is not linked",
        ),
    }


def test_what_is_linked_frees_nothing_and_is_not_linked_again(folder: Path) -> None:
    first = told(folder, "--hard-link")

    again = told(folder, "--hard-link")

    assert again["linked"] == 0
    assert again["bytes"] == first["bytes"] - (folder / "reg" / "again.png").stat().st_size
    assert "is a link to it already" in {copy["left"] for copy in again["groups"][0]["copies"]}


# ---- moves --------------------------------------------------------------------------------

MOVED = {
    *("10_reimu/small.jpg", "10_reimu/small.txt", "10_reimu/small.jpg.json", "10_reimu/huge.png"),
    *("10_reimu/mirror.jpg", "10_reimu/mirror.caption", "reg/again.png"),
}


def test_copies_are_moved_with_the_texts_beside_them(folder: Path, tmp_path: Path) -> None:
    before, out = tree(folder), tmp_path / "copies"

    found = told(folder, "--move-to", str(out))

    assert found["moved"] == 4
    assert tree(out) == {path: before[path] for path in MOVED}
    assert tree(folder) == {path: data for path, data in before.items() if path not in MOVED}
    assert told(folder, "--move-to", str(out))["copies"] == 0


def test_nothing_is_overwritten(folder: Path, tmp_path: Path) -> None:
    before, out = tree(folder), tmp_path / "copies"
    (out / "10_reimu").mkdir(parents=True)
    (out / "10_reimu" / "small.txt").write_bytes(b"another")
    (out / "10_reimu" / "huge.png").write_bytes(b"mine")

    told(folder, "--move-to", str(out))

    after = tree(out)
    assert after["10_reimu/small.txt"] == b"another"
    assert after["10_reimu/huge.png"] == b"mine"
    assert after["10_reimu/huge_2.png"] == before["10_reimu/huge.png"]
    assert {path for path in after if "small_2" in path} == {
        *("10_reimu/small_2.jpg", "10_reimu/small_2.txt", "10_reimu/small_2.jpg.json")
    }


def test_a_text_that_a_staying_picture_shares_stays(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    drawn(1).save(pictures / "a.png")
    drawn(1).save(pictures / "a.jpg", quality=90)
    (pictures / "a.txt").write_text("both", "utf-8")

    told(pictures, "--move-to", str(tmp_path / "out"))

    assert set(tree(pictures)) == {"a.png", "a.txt"}
    assert set(tree(tmp_path / "out")) == {"a.jpg"}


def test_of_several_folders_each_keeps_its_name(tmp_path: Path) -> None:
    for place in ("one/x", "two/x"):
        (tmp_path / place).mkdir(parents=True)
        drawn(1).save(tmp_path / place / "a.png")
        drawn(1).save(tmp_path / place / "b.png")

    told(tmp_path / "one" / "x", str(tmp_path / "two" / "x"), "--move-to", str(tmp_path / "out"))

    assert set(tree(tmp_path / "one")) == {"x/a.png"}
    assert set(tree(tmp_path / "out")) == {"x/b.png", "x_2/a.png", "x_2/b.png"}


@pytest.mark.parametrize("inner", [".", "copies"])
def test_copies_are_not_moved_into_the_folder_itself(inner: str, folder: Path) -> None:
    done = inside("dedup", str(folder), "--move-to", str(folder / inner))

    assert done.code == 2
    assert "which is looked through; name a folder beside it" in done.err


def test_what_cannot_be_moved_stays_and_is_told(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "copies"
    out.mkdir()
    (out / "reg").write_bytes(b"in the way")

    found = told(folder, "--move-to", str(out), code=5)

    left = {name(copy): copy["left"] for copy in found["groups"][0]["copies"] if copy["left"]}
    assert left == {"again.png": "cannot be moved: File exists"}
    assert (folder / "reg" / "again.png").is_file()
    assert found["moved"] == 3


def test_a_file_that_changed_since_it_was_judged_stays(folder: Path, tmp_path: Path) -> None:
    with judging(tmp_path / "cache") as judge:
        found, _ = judge(folder)
    (folder / "10_reimu" / "huge.png").write_bytes(b"new work")

    became = {one.path.name: one.why for one in moved(found, tmp_path / "out", [folder])}

    assert became["huge.png"] == "changed meanwhile; left as it is"
    assert (folder / "10_reimu" / "huge.png").read_bytes() == b"new work"


def test_links_and_moves_are_not_asked_for_together(folder: Path, tmp_path: Path) -> None:
    assert inside("dedup", str(folder), "--hard-link", "--move-to", str(tmp_path / "x")).code == 2


# ---- stops --------------------------------------------------------------------------------


def digests(*folders: Path) -> set[str]:
    return {
        hashlib.sha256(data).hexdigest()
        for folder in folders
        if folder.exists()
        for data in tree(folder).values()
    }


def run(*arguments: str, by: tuple[str, ...] = ()) -> int:
    if not by:
        return inside("dedup", *arguments).code
    return subprocess.run(
        [*by, "dedup", *arguments], capture_output=True, check=False, timeout=240
    ).returncode


def other_disk(tmp_path: Path) -> Path:
    found = Path("/dev/shm")
    if not found.is_dir() or found.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no other disk here")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("boundary", [name for name in ASIDE if name != "dedup.drafted"])
@pytest.mark.parametrize("crossing", [1, 2])
def test_a_move_that_is_killed_loses_nothing_and_goes_on(
    boundary: str, crossing: int, folder: Path, tmp_path: Path
) -> None:
    before = tree(folder)
    home = other_disk(tmp_path) if boundary == "dedup.copied" else tmp_path
    out = home / f"harvest-test-{os.getpid()}-{tmp_path.name}"
    try:
        killed = run(str(folder), "--move-to", str(out), by=killed_at(boundary, crossing))
        assert killed == -signal.SIGKILL
        assert {hashlib.sha256(data).hexdigest() for data in before.values()} <= digests(
            folder, out
        )

        assert run(str(folder), "--move-to", str(out)) == 0

        assert tree(out) == {path: before[path] for path in MOVED}
        assert tree(folder) == {path: data for path, data in before.items() if path not in MOVED}
    finally:
        shutil.rmtree(out, ignore_errors=True)


@pytest.mark.slow
def test_a_link_that_is_killed_leaves_the_copy_as_it_was(folder: Path) -> None:
    before = tree(folder)
    assert run(str(folder), "--hard-link", by=killed_at("dedup.drafted", 1)) == -signal.SIGKILL
    assert tree(folder).items() >= before.items()

    assert run(str(folder), "--hard-link") == 0

    assert tree(folder) == before
    assert (folder / "reg" / "again.png").samefile(folder / "10_reimu" / "base.png")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_stops_cleanly_and_the_next_run_goes_on(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(120):
        drawn(number, (900, 900)).save(pictures / f"{number}.png", compress_level=1)
    handle = subprocess.Popen(
        [HARVEST, "dedup", str(pictures)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert handle.stderr is not None
    assert "measuring files" in handle.stderr.readline()
    handle.send_signal(signal.SIGINT)
    out, err = handle.communicate(timeout=60)

    assert (handle.returncode, out) == (130, "")
    assert err.splitlines()[-2:] == [
        "harvest: stopped; everything so far is kept.",
        f"`harvest dedup {pictures}` goes on.",
    ]
    assert told(pictures)["files"] == 120
