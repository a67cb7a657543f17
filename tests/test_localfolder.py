"""A folder or a ZIP of one's own pictures is a site like any other: judged, counted, compared, never changed."""

from __future__ import annotations

import asyncio
import io
import json
import os
import random
import shutil
import signal
import struct
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from harvester import folders, registry
from harvester.cli.shapes import SHAPES, misfits
from harvester.demo import Sandbox
from harvester.errors import Guarded, Refused, SiteError
from harvester.model import Query, Request, Site
from harvester.net import Download, FileBudget, Net, ask, download, open_net
from harvester.net.disk import Disk
from sources import sidecars
from tests.harness import SUBJECT, Done, Place, killed_at, sandbox

ALONE = "1girl, solo, looking at viewer"


@cache
def drawn(seed: int, *, size: tuple[int, int] = (900, 1100)) -> bytes:
    """A picture like no other."""
    dice = random.Random(seed)
    small = Image.new("RGB", (8, 8))
    small.putdata(
        [(dice.randrange(256), dice.randrange(256), dice.randrange(256)) for _ in range(64)]
    )
    whole = small.resize((1800, 2200), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(whole)
    for _ in range(80):  # something sharp
        x, y, side = dice.randrange(1700), dice.randrange(2100), dice.randrange(40, 300)
        colour = (dice.randrange(256), dice.randrange(256), dice.randrange(256))
        pen.ellipse((x, y, x + side, y + side), fill=colour, outline="black", width=6)
    body = io.BytesIO()
    whole.resize(size, Image.Resampling.LANCZOS).save(body, "JPEG", quality=90)
    return body.getvalue()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of three pictures, one of them in a folder of its own, with what is written beside them."""
    folder = tmp_path / "my pictures"
    (folder / "more").mkdir(parents=True)
    put(folder / "a.jpg", 1, f"{ALONE}, portrait")
    put(folder / "b.jpg", 2, f"{ALONE}, full body")
    put(folder / "more" / "c.jpg", 3, f"{ALONE}, upper body")
    return folder


def put(path: Path, seed: int, caption: str = "") -> None:
    path.write_bytes(drawn(seed))
    if caption:
        path.with_suffix(".txt").write_text(caption, "utf-8")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A library that knows no other site."""
    return Place(tmp_path / "library", {})


def taken(place: Place, *folder: Path, more: tuple[str, ...] = ()) -> dict[str, Any]:
    """What `harvest import` tells."""
    done = place.inside("import", *map(str, folder), "--tag", SUBJECT, "--json", *more)
    assert done.code == 0, done.err
    told = done.json
    assert misfits(told, SHAPES["import"]) == []
    return dict(told)


def states(told: dict[str, Any]) -> dict[str, str]:
    """Name of a picture -> its state."""
    return {one["key"].partition(":")[2]: one["state"] for one in told["pictures"]}


def reason(told: dict[str, Any], name: str) -> str:
    [found] = [one for one in told["pictures"] if one["key"].endswith(f":{name}")]
    return str(found["reason"])


def site_run(place: Place, folder: Path, *more: str, target: int = 3) -> Done:
    options = ["--tag", SUBJECT, "--site", str(folder), "--target", str(target), "--json", *more]
    return place.inside(*options)


def snapshot(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    return {
        str(path): (path.stat().st_mode, path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# ---- a site like any other ----------------------------------------------------------------


def test_a_folder_is_judged_counted_into_the_mix_and_written_out(
    place: Place, pictures: Path
) -> None:
    done = site_run(place, pictures)

    assert done.code == 0, done.err
    told = place.inside("status").out
    assert str(pictures) in " ".join(told.split())  # a long path is broken at its space
    assert done.json["framing"] == {"portrait": 1, "upper_body": 1, "full_body": 1}
    written = sorted(path.suffix for path in Path(done.json["folder"]).iterdir())
    assert written.count(".jpg") == 3


def test_an_import_tells_what_became_of_every_picture(place: Place, pictures: Path) -> None:
    put(pictures / "crowd.jpg", 4, "2girls, multiple girls")
    (pictures / "again.jpg").write_bytes(drawn(1))
    (pictures / "smaller.jpg").write_bytes(drawn(2, size=(800, 978)))

    told = taken(place, pictures)

    assert states(told) == {
        "a.jpg": "accepted",
        "again.jpg": "duplicate",
        "b.jpg": "accepted",
        "crowd.jpg": "rejected",
        "more/c.jpg": "accepted",
        "smaller.jpg": "duplicate",
    }
    kept = {one["key"].partition(":")[2]: one["kept"] for one in told["pictures"]}
    assert kept["smaller.jpg"].endswith(":b.jpg")
    assert "several people" in reason(told, "crowd.jpg")


def test_an_import_is_told_in_lines_as_well(place: Place, pictures: Path) -> None:
    put(pictures / "crowd.jpg", 4, "2girls, multiple girls")

    done = place.inside("import", str(pictures), "--tag", SUBJECT)

    assert "crowd.jpg: rejected by people" in done.out
    assert "4 found: 3 accepted, 1 rejected; 3 chosen" in done.out


def test_nothing_in_the_folder_is_ever_changed(place: Place, pictures: Path) -> None:
    before = snapshot(pictures)

    taken(place, pictures)
    site_run(place, pictures)

    assert snapshot(pictures) == before


def test_what_is_imported_belongs_to_the_harvest_that_goes_on(place: Place, pictures: Path) -> None:
    told = taken(place, pictures / "more")
    done = site_run(place, pictures)

    assert done.json["harvest"] == told["harvest"]
    assert (
        done.json["found"] == 4
    )  # the folder within is a site of its own; its picture is there twice
    assert done.json["states"]["duplicate"] == 1


def test_a_picture_of_a_folder_is_explained_by_its_path(place: Place, pictures: Path) -> None:
    put(pictures / "crowd.jpg", 4, "2girls, multiple girls")
    taken(place, pictures)

    for name in ("a.jpg", "crowd.jpg"):
        [told] = place.inside("why", str(pictures / name), "--json").json
        assert told["key"].endswith(f":{name}")
        assert told["page"] == (pictures / name).as_uri()


def test_a_plan_of_a_folder_copies_nothing(place: Place, pictures: Path) -> None:
    done = place.inside("plan", "--tag", SUBJECT, "--site", str(pictures), "--json")

    assert done.code == 0, done.err
    assert done.json["sites"][0]["sample"] == 3
    assert not list(place.folder.glob("objects/*/*"))


def test_tags_that_are_wanted_and_unwanted_are_looked_for_in_captions(
    place: Place, pictures: Path
) -> None:
    done = site_run(place, pictures, "--with", "portrait", "--without", "full_body")

    assert [key for key, row in place.states().items() if row[0] == "accepted"] == [
        f"{folders.site(folders.address(str(pictures), Path())).name}:a.jpg"
    ]
    assert done.json["selected"] == 1


# ---- beside real sites --------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(drawings: Path) -> Iterator[Sandbox]:
    with sandbox(drawings, posts=60) as started:
        yield started


@pytest.fixture
def both(site: Sandbox, tmp_path: Path) -> Place:
    """A library that knows a sandbox."""
    return Place(tmp_path / "both", {"danbooru": site})


def saved(place: Place, site: Sandbox, folder: Path) -> list[str]:
    """Put the files of a selection into a folder, as somebody had saved them; their keys."""
    folder.mkdir(exist_ok=True)
    keys = [key for key, _ in place.selection()]
    for key in keys:
        post = site.world.by_id[int(key.partition(":")[2])]
        (folder / f"{post.id}.{post.format}").write_bytes(site.vault.body(post))
    return keys


@pytest.mark.slow
def test_a_picture_that_a_site_gave_already_is_a_duplicate_and_not_stored_twice(
    both: Place, site: Sandbox, tmp_path: Path
) -> None:
    assert both.collect(target=3).code == 0
    keys = saved(both, site, tmp_path / "mine")
    objects = sorted((both.folder / "objects").rglob("*.*"))

    told = taken(both, tmp_path / "mine")

    assert {one["state"] for one in told["pictures"]} == {"duplicate"}
    assert {one["kept"] for one in told["pictures"]} == {*keys}
    assert sorted((both.folder / "objects").rglob("*.*")) == objects
    assert [key for key, _ in both.selection()] == keys


@pytest.mark.slow
def test_what_lies_in_a_folder_is_not_downloaded_and_has_the_tags_of_the_site(
    both: Place, site: Sandbox, tmp_path: Path
) -> None:
    assert both.collect(target=3).code == 0
    keys = saved(both, site, tmp_path / "mine")
    other = Place(tmp_path / "other", {"danbooru": site})

    done = other.collect("--site", str(tmp_path / "mine"), target=3)

    assert done.code == 0, done.err
    assert not {f"danbooru:{entry.post}" for entry in other.files()} & {*keys}
    [told] = other.inside("why", keys[0], "--json").json
    assert told["state"] == "duplicate"
    captions = " ".join(path.read_text() for path in Path(done.json["folder"]).glob("*.txt"))
    assert "1girl" in captions


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system cannot kill so")
@pytest.mark.parametrize(
    ("boundary", "number"),
    [
        *(("net.replied", 1), ("catalog.page", 1), ("net.chunk", 2), ("net.whole", 2)),
        *(("store.renamed", 2), ("catalog.stored", 2), ("catalog.ruled", 2)),
    ],
)
def test_an_import_that_was_killed_ends_like_one_that_was_not(
    place: Place, pictures: Path, tmp_path: Path, boundary: str, number: int
) -> None:
    reference = Place(tmp_path / "reference", {})
    taken(reference, pictures)
    words = ("import", str(pictures), "--tag", SUBJECT, "-q")

    killed = place.run(*words, by=killed_at(boundary, number))
    assert killed.code == -signal.SIGKILL, killed.err
    told = taken(place, pictures)

    assert {one["state"] for one in told["pictures"]} == {"accepted"}
    assert place.selection() == reference.selection()
    assert place.states() == reference.states()
    assert place.inside("check", "--json").json["clean"]


@pytest.mark.slow
def test_after_a_killed_import_other_runs_leave_its_pictures_for_the_next_one(
    both: Place, pictures: Path
) -> None:
    both.run("import", str(pictures), "--tag", SUBJECT, by=killed_at("catalog.round", 1))

    assert both.collect(target=3).code == 0
    assert "failed" not in {row[0] for row in both.states().values()}
    assert {*states(taken(both, pictures)).values()} == {"accepted"}


# ---- run after run ------------------------------------------------------------------------


def test_new_files_are_found_by_the_next_run(place: Place, pictures: Path) -> None:
    taken(place, pictures)
    put(pictures / "aa.jpg", 5, ALONE)

    assert states(taken(place, pictures))["aa.jpg"] == "accepted"
    put(pictures / "ab.jpg", 6, ALONE)
    assert site_run(place, pictures, target=9).json["found"] == 5


def test_a_file_under_an_old_name_is_looked_at_anew(place: Place, pictures: Path) -> None:
    taken(place, pictures)
    put(pictures / "b.jpg", 1)

    told = taken(place, pictures)

    assert states(told)["a.jpg"] != states(told)["b.jpg"]
    assert "duplicate" in states(told).values()
    assert place.inside("check", "--json").json["clean"]


def test_a_caption_that_was_changed_is_read_anew(place: Place, pictures: Path) -> None:
    taken(place, pictures)
    (pictures / "a.txt").write_text("3girls, multiple girls")

    assert states(taken(place, pictures))["a.jpg"] == "rejected"


def test_a_file_that_became_another_without_a_trace_is_read_again_once_that_shows(
    place: Place, pictures: Path
) -> None:
    place.run("import", str(pictures), "--tag", SUBJECT, by=killed_at("catalog.leased", 1))
    path = pictures / "a.jpg"
    before, size = path.stat(), len(path.read_bytes())
    path.write_bytes((drawn(20) + bytes(size))[:size])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    first = taken(place, pictures)
    assert "has changed since it was listed" in reason(first, "a.jpg")

    assert states(taken(place, pictures))["a.jpg"] != "failed"


def test_a_file_that_was_gone_is_taken_when_it_is_back(place: Place, pictures: Path) -> None:
    place.run("import", str(pictures), "--tag", SUBJECT, by=killed_at("catalog.leased", 1))
    (pictures / "a.jpg").rename(pictures.parent / "a.jpg")

    told = taken(place, pictures)
    assert states(told)["a.jpg"] == "gone"
    (pictures.parent / "a.jpg").rename(pictures / "a.jpg")

    assert states(taken(place, pictures))["a.jpg"] == "accepted"


def test_a_folder_that_is_gone_at_resume_is_told_and_taken_up_when_it_is_back(
    place: Place, pictures: Path, tmp_path: Path
) -> None:
    assert site_run(place, pictures, target=9).code == 3
    pictures.rename(tmp_path / "away")

    done = place.inside("resume", "1", "--json")
    assert done.code == 3
    assert "is not there" in next(iter(done.json["trouble"].values()))
    assert done.json["selected"] == 3
    (tmp_path / "away").rename(pictures)

    assert place.inside("resume", "1", "--json").json["trouble"] == {}


def test_a_folder_that_was_never_there_is_a_site_that_cannot_be_reached(
    place: Place, tmp_path: Path
) -> None:
    assert site_run(place, tmp_path / "nowhere").code == 6
    assert place.inside("import", str(tmp_path / "nowhere"), "--tag", SUBJECT).code == 2


def test_an_empty_folder_has_no_pictures(place: Place, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    assert taken(place, tmp_path / "empty")["found"] == 0
    assert site_run(place, tmp_path / "empty").code == 3


# ---- what lies there ----------------------------------------------------------------------


def test_any_name_a_file_may_have_is_taken(place: Place, tmp_path: Path) -> None:
    folder = tmp_path / "names"
    folder.mkdir()
    names = [
        b"two\nlines.jpg",
        "博麗 霊夢.jpg".encode(),
        b"odd\xff\xfe.jpg",
        b"%41?#;.jpg",
        b"-rf ~.jpg",
    ]
    for number, name in enumerate(names):
        (folder / os.fsdecode(name)).write_bytes(drawn(10 + number))

    told = taken(place, folder)

    assert {*states(told).values()} == {"accepted"}
    assert {"two\nlines.jpg", "博麗 霊夢.jpg", "%41?#;.jpg", "/odd%FF%FE.jpg"} < states(told).keys()
    assert taken(place, folder)["found"] == len(names)
    [why] = place.inside("why", f"{told['folders'][0]['site']}:two\nlines.jpg", "--json").json
    assert why["state"] == "accepted"
    assert "two\nlines" not in place.inside("import", str(folder), "--tag", SUBJECT).out


def test_links_and_what_is_no_file_are_told_and_not_followed(
    place: Place, pictures: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    put(secret / "s.jpg", 7)
    (pictures / "link.jpg").symlink_to(secret / "s.jpg")
    (pictures / "inside").symlink_to(secret)
    os.mkfifo(pictures / "pipe.jpg")

    told = taken(place, pictures)

    assert told["found"] == 5
    assert "is a link" in reason(told, "link.jpg")
    assert "no regular file" in reason(told, "pipe.jpg")
    assert len(place.stored()) == 3


@pytest.mark.skipif(
    getattr(os, "geteuid", lambda: 0)() == 0,
    reason="root reads everything, and Windows has other rights",
)
def test_what_may_not_be_read_is_told(place: Place, pictures: Path) -> None:
    (pictures / "a.jpg").chmod(0)
    (pictures / "more").chmod(0)

    told = taken(place, pictures)
    (pictures / "more").chmod(0o700)

    assert "Permission denied" in reason(told, "a.jpg")
    assert "Permission denied" in reason(told, "more/")
    assert {*states(taken(place, pictures)).values()} == {"accepted", "failed"}


def test_hidden_files_and_libraries_of_ours_are_left_out(place: Place, pictures: Path) -> None:
    (pictures / ".trash").mkdir()
    put(pictures / ".trash" / "t.jpg", 8)
    put(pictures / ".hidden.jpg", 9)
    inner = Place(pictures / "data", {})

    assert taken(inner, pictures)["found"] == 3
    assert taken(inner, pictures)["found"] == 3
    refused = place.inside("import", str(pictures / "data"), "--tag", SUBJECT)
    assert refused.code == 6
    assert "a library of this program" in refused.out


def test_what_is_no_usable_picture_is_told_without_a_copy(place: Place, pictures: Path) -> None:
    (pictures / "page.jpg").write_bytes(b"<!doctype html><html>" + b"x" * 20_000)
    (pictures / "clip.mp4").write_bytes(b"\0\0\0\x18ftypisom" + b"x" * 20_000)
    (pictures / "empty.png").write_bytes(b"")
    (pictures / "cut.jpg").write_bytes(drawn(11)[:15_000])
    (pictures / "notes.md").write_text("nothing to see")

    told = taken(place, pictures)

    found = {name: state for name, state in states(told).items() if state != "accepted"}
    by = {one["key"].partition(":")[2]: one["by"] for one in told["pictures"]}
    assert found == {
        "page.jpg": "rejected",
        "clip.mp4": "rejected",
        "empty.png": "failed",
        "cut.jpg": "rejected",
    }
    assert (by["page.jpg"], by["clip.mp4"], by["cut.jpg"]) == ("format", "still", "decodable")
    assert len(place.stored()) == 4


def test_a_folder_larger_than_a_page_is_listed_whole_and_in_order(tmp_path: Path) -> None:
    names = ["b", "a.x", "a/z", "a/b/c", "a/b.d", "a-1/q", "Z", "ä/1", "a.y/1"]
    for name in names:
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    with zipfile.ZipFile(tmp_path / "tree.zip", "w") as archive:
        for name in names:
            archive.writestr(name, name)

    for path in (tmp_path / "tree", tmp_path / "tree.zip"):
        found = Disk().at(path)
        every = [entry.parts for entry in found.entries(())]
        assert every == sorted(tuple(name.split("/")) for name in names)
        for number, parts in enumerate(every, start=1):
            assert [entry.parts for entry in found.entries(parts)] == every[number:]


def test_hundreds_of_files_are_all_found(place: Place, tmp_path: Path) -> None:
    for number in range(450):
        path = tmp_path / "many" / f"{number % 7}" / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\xff\xd8\xff" + str(number).encode())

    told = taken(place, tmp_path / "many")

    assert told["found"] == 450
    assert {*states(told).values()} == {"rejected"}


# ---- ZIPs ---------------------------------------------------------------------------------


def packed(path: Path, files: dict[str, bytes], *, how: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return path


def test_a_zip_is_read_in_place(place: Place, tmp_path: Path) -> None:
    path = packed(
        tmp_path / "some.zip",
        {
            "a.jpg": drawn(1),
            "a.txt": f"{ALONE}, portrait".encode(),
            "sub/b.jpg": drawn(2),
            "__MACOSX/._a.jpg": b"x",
        },
    )
    before = snapshot(tmp_path)[str(path)]

    told = taken(place, path)

    assert states(told) == {"a.jpg": "accepted", "sub/b.jpg": "accepted"}
    assert snapshot(tmp_path)[str(path)] == before
    assert site_run(place, path).json["framing"] == {"portrait": 1, "": 1}
    assert not list(place.folder.rglob("*.part"))


def test_names_in_a_zip_are_no_paths(place: Place, tmp_path: Path) -> None:
    names = ["../../up.jpg", "/etc/root.jpg", "C:\\win.jpg", "two\nlines.jpg"]
    path = packed(tmp_path / "odd.zip", {n: drawn(i) for i, n in enumerate(names)})
    before = {*tmp_path.rglob("*")}

    told = taken(place, path)

    assert states(told) == dict.fromkeys(names, "accepted")
    assert {one for one in tmp_path.rglob("*") if place.folder not in one.parents} <= {
        *before,
        place.folder,
    }


def test_a_bomb_and_what_is_locked_or_damaged_in_a_zip_is_told(
    place: Place, tmp_path: Path
) -> None:
    path = packed(
        tmp_path / "bad.zip", {"bomb.bmp": b"BM" + bytes(300 << 20), "good.jpg": drawn(1)}
    )
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("hurt.jpg", drawn(2))
        archive.writestr("locked.jpg", drawn(3))
        hurt, locked = archive.getinfo("hurt.jpg"), archive.getinfo("locked.jpg")
        locked.flag_bits |= 1
    body = bytearray(path.read_bytes())
    body[hurt.header_offset + 200] ^= 0xFF
    path.write_bytes(body)

    told = taken(place, path)

    assert states(told)["good.jpg"] == "accepted"
    assert {*states(told).values()} <= {"accepted", "failed", "rejected"}
    assert "times its size" in reason(told, "bomb.bmp") or states(told)["bomb.bmp"] == "rejected"
    assert "encrypted" in reason(told, "locked.jpg")
    assert "damaged" in reason(told, "hurt.jpg")


def test_a_zip_whose_entries_lie_over_each_other_is_not_opened(
    place: Place, tmp_path: Path
) -> None:
    body = packed(tmp_path / "one.zip", {"a.jpg": drawn(1)}).read_bytes()
    start = body.index(b"PK\x01\x02")
    end = body.index(b"PK\x05\x06")
    entry = body[start:end]
    copies = [entry.replace(b"a.jpg", f"{n}.jpg".encode()) for n in range(5)]
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 5, 5, 5 * len(entry), start, 0)
    (tmp_path / "over.zip").write_bytes(body[:start] + b"".join(copies) + tail)

    done = place.inside("import", str(tmp_path / "over.zip"), "--tag", SUBJECT)

    assert done.code == 6
    assert "over each other" in done.out


@pytest.mark.parametrize("body", [b"", b"no zip", b"PK\x05\x06", drawn(1)])
def test_a_file_that_is_no_zip_is_refused_in_a_sentence(
    place: Place, tmp_path: Path, body: bytes
) -> None:
    (tmp_path / "odd.zip").write_bytes(body)

    done = place.inside("import", str(tmp_path / "odd.zip"), "--tag", SUBJECT)

    assert done.code == 6
    assert "neither a folder nor a whole ZIP file" in done.out


# ---- what stands beside a picture ---------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        (
            "1girl, solo, Long Hair, saber \\(fate\\)",
            ["1girl", "solo", "long_hair", "saber_(fate)"],
        ),
        ("1girl solo red_bow", ["1girl", "solo", "red_bow"]),
        ("red_bow", ["red_bow"]),
        (
            "from above, hand on hip, looking at viewer",
            ["from_above", "hand_on_hip", "looking_at_viewer"],
        ),
        ("1girl\nsolo\n", ["1girl", "solo"]),
        ("A girl in a red dress, standing in the rain, looks up.", []),
        ("girl smiling", []),
        ("She stands in the garden of the old shrine, waiting for somebody to come along", []),
        ("", []),
    ],
)
def test_a_caption_is_a_list_of_tags_or_a_sentence(text: str, tags: list[str]) -> None:
    assert sidecars.tags_of(text) == tags


def test_the_json_of_a_downloader_tells_tags_by_kind_rating_and_source() -> None:
    post = {
        "tags": "1girl zun",
        "tags_artist": ["zun"],
        "rating": "q",
        "source": "https://example.org/1",
    }

    told = sidecars.read({"a.json": json.dumps(post), "a.txt": "solo, long hair"})

    assert told.tags == {"artist": ("zun",), "unknown": ("1girl", "solo", "long_hair")}
    assert told.rating == "questionable"
    assert told.sources == ("https://example.org/1",)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"rating": "explicit"}'),
        ("a.json", '{"rating": "R-18G"}'),
        ("a.json", '{"rating": "something of their own"}'),
        ("a.txt", "1girl, solo, nsfw"),
        ("a.jpg.txt", "1girl, solo, rating:questionable"),
    ],
)
def test_a_rating_beside_a_picture_wins_over_the_assumed_one(
    place: Place, tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / "one").mkdir()
    put(tmp_path / "one" / "a.jpg", 1)
    (tmp_path / "one" / name).write_text(text)

    told = taken(place, tmp_path / "one")

    assert [one["by"] for one in told["pictures"]] == ["rating"]
    assert not place.stored()


@pytest.mark.parametrize(
    ("caption", "state"),
    [
        ("1girl, solo, child", "rejected"),
        ("1girl, solo, young girl", "rejected"),
        ("A child plays in the garden.", "rejected"),
        ("1girl, solo, loli", "rejected"),
        ("1girl, solo", "accepted"),
    ],
)
def test_an_assumed_rating_lets_nobody_young_through(
    place: Place, tmp_path: Path, caption: str, state: str
) -> None:
    (tmp_path / "one").mkdir()
    put(tmp_path / "one" / "a.jpg", 1, caption)

    told = taken(place, tmp_path / "one")

    assert states(told) == {"a.jpg": state}
    assert len(place.stored()) == (state == "accepted")
    if state == "rejected":
        assert [one["by"] for one in told["pictures"]] == ["minors"]
        assert place.rows("select value from candidates") == [(None,)]


def test_a_rating_that_somebody_gave_lets_young_age_through_when_it_is_general(
    place: Place, tmp_path: Path
) -> None:
    (tmp_path / "one").mkdir()
    put(tmp_path / "one" / "a.jpg", 1, "1girl, solo, child")
    (tmp_path / "one" / "a.json").write_text('{"rating": "general"}')

    assert states(taken(place, tmp_path / "one")) == {"a.jpg": "accepted"}


def test_a_name_that_must_not_be_is_seen_in_files_and_folders(place: Place, tmp_path: Path) -> None:
    (tmp_path / "loli").mkdir()
    put(tmp_path / "loli" / "a.jpg", 1)

    assert states(taken(place, tmp_path / "loli")) == {"a.jpg": "rejected"}


@pytest.mark.parametrize("folder", ["young_artists/reimu", "young_artists", "elementary/school"])
def test_a_folder_whose_name_speaks_of_age_is_named_and_renaming_it_lets_its_pictures_in(
    place: Place, tmp_path: Path, folder: str
) -> None:
    home = tmp_path / "mine"
    (home / folder).mkdir(parents=True)
    put(home / folder / "a.jpg", 1)

    told = taken(place, home)
    (home / folder.partition("/")[0]).rename(home / "artists")
    again = taken(place, home)

    named = "mine/elementary/school/a.jpg" if "school" in folder else "young_artists"
    said = f"{named!r} says so, a folder's name: rename it if it speaks of something else"
    [before] = told["pictures"]
    assert (before["state"], before["by"]) == ("rejected", "minors")
    assert before["reason"].endswith(f"general is only assumed; {said}")
    [why] = place.inside("why", before["key"], "--json").json
    assert why["reason"] == before["reason"]
    renamed = f"artists/{folder.partition('/')[2]}/a.jpg".replace("//", "/")
    assert states(again)[renamed] == "accepted"


def test_what_a_picture_says_itself_of_age_counts_whatever_its_folders_are_called(
    place: Place, tmp_path: Path
) -> None:
    home = tmp_path / "mine"
    home.mkdir()
    put(home / "young_reimu.jpg", 1)
    put(home / "a.jpg", 2, "1girl, solo, child")

    told = taken(place, home)

    assert [one["by"] for one in told["pictures"]] == ["minors"] * 2
    assert not any("folder" in one["reason"] for one in told["pictures"])


# ---- names of sites -----------------------------------------------------------------------


def test_every_way_to_write_a_path_names_the_same_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a b").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a b")
    monkeypatch.chdir(tmp_path / "a b")
    monkeypatch.setenv("HOME", str(tmp_path))
    ways = (".", "../a b", str(tmp_path / "a b"), "~/a b", "../link", (tmp_path / "a b").as_uri())

    found = registry.chosen(ways, {})

    assert len(found) == 1
    assert found[0].name.startswith("folder-a_b-")


def test_a_word_that_is_a_folder_here_is_told_how_to_be_written(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pics").mkdir()
    monkeypatch.chdir(tmp_path)

    done = place.inside("--tag", SUBJECT, "--site", "pics")

    assert done.code == 4
    assert "write ./pics" in done.err


def test_a_table_gives_a_folder_a_name_and_a_rating(place: Place, pictures: Path) -> None:
    place.more = '[sites.mine]\nfamily = "localfolder"\nrating_default = "explicit"\n'
    place.more += f'url = "{pictures}"\n'

    told = taken(place, pictures)

    assert told["folders"] == [{"site": "mine", "path": str(pictures)}]
    assert {one["by"] for one in told["pictures"]} == {"rating"}
    assert place.inside("--tag", SUBJECT, "--site", "mine", "--json").json["found"] == 3
    assert place.inside("--tag", "somebody_else", "--json").json["found"] == 0


def test_a_folder_is_added_as_a_site_by_command(place: Place, pictures: Path) -> None:
    add = ("sites", "add", "mine", "--family", "localfolder", "--url")

    assert place.inside(*add, "https://example.org").code == 2
    done = place.inside(*add, str(pictures), "--json")

    assert (done.json["url"], done.json["files"]) == (pictures.as_uri(), 3)


def test_a_recipe_names_folders_from_where_it_lies(place: Place, pictures: Path) -> None:
    recipe = pictures.parent / "recipe.toml"
    recipe.write_text(f'tag = "{SUBJECT}"\ntarget = 3\nsites = ["./{pictures.name}"]\n')

    assert place.inside("run", str(recipe), "--json").json["selected"] == 3


def test_a_table_names_a_folder_by_its_whole_path(place: Place) -> None:
    place.more = '[sites.mine]\nfamily = "localfolder"\nurl = "pics"\n'

    done = place.inside("sites")

    assert done.code == 4
    assert "whole path" in done.err


# ---- nothing leads to the disk but the user -----------------------------------------------


BOORU = Site("booru", "danbooru", "http://127.0.0.1:9", configured=True)


def net_of(tmp_path: Path, *sites: Site) -> Net:
    return open_net(sites, contact="", budget=FileBudget(tmp_path / "pace.db"))


def asked(tmp_path: Path, site: Site, request: Request) -> None:
    """Ask as if a family had told to."""
    asyncio.run(ask(net_of(tmp_path, site, BOORU), registry.source(site), request))


def test_a_site_of_the_network_cannot_ask_for_a_folder(tmp_path: Path) -> None:
    for url in (BOORU.url, tmp_path.as_uri()):
        with pytest.raises(Guarded):
            asked(tmp_path, BOORU, Request("booru", url, kind="folder"))


def test_a_folder_asks_for_itself_alone(tmp_path: Path, pictures: Path) -> None:
    site = folders.site(pictures.as_uri())
    first = registry.source(site).search(Query((SUBJECT,)))
    shipped = Site(
        **{**{name: getattr(site, name) for name in Site.__slots__}, "configured": False}
    )

    asked(tmp_path, site, first)
    for other in (tmp_path.as_uri(), f"{site.url}/more", f"{site.url}/.."):
        with pytest.raises(Guarded):
            asked(tmp_path, site, Request(site.name, other, kind="folder"))
    with pytest.raises(Guarded):
        asked(tmp_path, shipped, first)
    with pytest.raises(Guarded):
        asyncio.run(ask(net_of(tmp_path, site, BOORU), registry.source(BOORU), first))


@pytest.mark.parametrize(
    "place",
    [
        "../secret.jpg",
        "%2E%2E/secret.jpg",
        "more/../../secret.jpg",
        "..%2Fsecret.jpg",
        "link/secret.jpg",
        *("link.jpg", "", "more", "more/", "%00.jpg", "/etc/passwd"),
    ],
)
def test_a_file_outside_of_the_folder_is_never_read(
    tmp_path: Path, pictures: Path, place: str
) -> None:
    put(tmp_path / "secret.jpg", 5)
    (pictures / "link").symlink_to(tmp_path)
    (pictures / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    site = folders.site(pictures.as_uri())
    task = Download("key", site.name, (f"{site.url}/{place}",), tmp_path / "it.part")

    with pytest.raises((Guarded, Refused)):
        asyncio.run(download(net_of(tmp_path, site), task))
    assert not list(tmp_path.glob("it.part*"))


def test_addresses_of_the_disk_in_replies_of_a_site_are_refused(
    tmp_path: Path, pictures: Path
) -> None:
    task = Download("key", "booru", ((pictures / "a.jpg").as_uri(),), tmp_path / "it.part")
    folder = folders.site(pictures.as_uri())

    with pytest.raises(SiteError):
        asyncio.run(download(net_of(tmp_path, BOORU, folder), task))
    assert not (tmp_path / "it.part").exists()


def test_a_folder_swapped_for_a_link_is_not_followed(tmp_path: Path, pictures: Path) -> None:
    (tmp_path / "secret").mkdir()
    put(tmp_path / "secret" / "c.jpg", 6)
    place = Disk().at(pictures)
    shutil.rmtree(pictures / "more")
    (pictures / "more").symlink_to(tmp_path / "secret")

    with pytest.raises(OSError, match=r"link|directory"), place.file(("more", "c.jpg")):
        pass
