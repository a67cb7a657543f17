"""What a person sees: in real terminals, narrow and wide, without colours, dumb, and in a pipe."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are not known here", allow_module_level=True)

from PIL import Image

from harvester.catalog.lock import held, running
from harvester.cli.options import Globals
from harvester.cli.printing import fitted, printable, table
from harvester.demo import Faults, Sandbox
from harvester.export.sheet import sheet
from harvester.model import Candidate, Facts, Framing
from harvester.ports import Item
from tests.harness import HARVEST, SUBJECT, Done, Place, sandbox
from tests.loopback import Say, serving
from tests.screen import ESCAPE, EVIL, Screen, Shown, on_terminal

HIDDEN, VISIBLE = "\x1b[?25l", "\x1b[?25h"


@pytest.fixture(scope="module")
def cache(drawings: Path) -> Path:
    """What sandboxes remember of their drawings."""
    return drawings


@pytest.fixture(scope="module")
def site(cache: Path) -> Iterator[Sandbox]:
    """A sandbox whose files come slowly, so that there is something to see."""
    with sandbox(cache, posts=120) as started:
        started.faults = Faults(slow=150_000)
        yield started


@pytest.fixture
def place(site: Sandbox, tmp_path: Path) -> Place:
    return Place(tmp_path / "library", {"danbooru": site})


@dataclass(frozen=True)
class Full:
    """A library after one run in a pipe, for reading only: what that run said, and one who watched it."""

    place: Place
    done: Done
    watched: str
    pid: int


@pytest.fixture(scope="module")
def full(site: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Full:
    place = Place(tmp_path_factory.mktemp("full") / "library", {"danbooru": site})
    run = place.start("--tag", SUBJECT, "--target", "6", "--json")
    until(lambda: running(place.folder, 1) is not None)
    watch = place.run("status", "1", "--watch")
    out, err = run.communicate(timeout=120)
    assert run.returncode == 0, err
    return Full(place, Done(run.returncode, out, err), watch.out, run.pid)


@pytest.fixture(scope="module")
def narrow(site: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """A run in a narrow terminal whose owner wants no colours."""
    place = Place(tmp_path_factory.mktemp("narrow") / "library", {"danbooru": site})
    return on_terminal(collecting(place), columns=60, env={"NO_COLOR": "1"})


@pytest.fixture(scope="module")
def wide(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """A run in a wide terminal, at a site that asks for pauses."""
    with sandbox(cache, posts=120) as site:
        site.faults = Faults(slow=150_000, limited=6, retry_after=2)
        place = Place(tmp_path_factory.mktemp("wide") / "library", {"danbooru": site})
        yield on_terminal(collecting(place), columns=200)


@pytest.fixture(params=["narrow", "wide"])
def shown(request: pytest.FixtureRequest) -> Shown:
    """Either of them."""
    found: Shown = request.getfixturevalue(request.param)
    return found


def command(place: Place, *arguments: str) -> list[str]:
    place.configure()
    return [HARVEST, "--library", str(place.folder), *arguments]


def collecting(place: Place) -> list[str]:
    return command(place, "--tag", SUBJECT, "--target", "6")


def discovery(shown: Shown) -> list[str]:
    """Lines of every picture that was shown while candidates were looked for."""
    told = [text for text in shown.pictures if "finding candidates" in text]
    return [one for text in told for one in text.splitlines() if "candidates" in one]


# in terminals


def test_a_live_display_keeps_to_the_width_of_its_terminal(shown: Shown) -> None:
    assert shown.code == 0, shown.text
    bar = re.compile(r"(?m)^  danbooru  [━─]+  \d+ of \d+")
    assert any(bar.search(text) for text in shown.pictures)
    told = {text for shot in shown.pictures for text in shot.splitlines() if " · " in text}
    assert told
    assert all(len(text) < shown.screen.columns for text in told)


def test_the_live_display_is_gone_at_the_end_and_the_summary_stands(shown: Shown) -> None:
    assert "fetching originals" not in shown.text
    assert "6 of 6 pictures" in shown.text
    assert "harvest export 1 --format plain --to DIR --lib" in shown.text
    assert shown.raw.rindex(VISIBLE) > shown.raw.rindex(HIDDEN)


def test_no_end_is_foretold_while_candidates_are_looked_for(shown: Shown) -> None:
    assert discovery(shown)
    assert not [one for one in discovery(shown) if "left" in one]


def test_no_color_leaves_a_live_display_without_colours(narrow: Shown, wide: Shown) -> None:
    colour = re.compile(r"\x1b\[[0-9;]+m")

    assert HIDDEN in narrow.raw
    assert not colour.search(narrow.raw)
    assert colour.search(wide.raw)


def test_a_wait_that_a_site_asks_for_is_told(wide: Shown) -> None:
    assert any("Retry-After" in text for text in wide.pictures)


def test_a_dumb_terminal_gets_plain_lines(place: Place) -> None:
    shown = on_terminal(collecting(place), columns=60, env={"TERM": "dumb"})

    assert "\x1b" not in shown.raw
    assert "finding candidates" in shown.text
    assert "fetching originals" in shown.text
    assert "6 of 6 pictures" in shown.text


def test_a_pipe_gets_plain_lines_and_the_result_alone_on_stdout(full: Full) -> None:
    done = full.done

    assert done.json["selected"] == 6
    assert not ESCAPE.search(done.out + done.err)
    assert re.search(r"(?m)^fetching originals on danbooru: \d+ of \d+", done.err)
    assert not re.search(r"(?m)^finding candidates.* left", done.err)


def test_quiet_is_quiet_on_a_terminal_too(full: Full) -> None:
    shown = on_terminal(command(full.place, "-q", "resume", "1"))

    assert HIDDEN not in shown.raw
    assert shown.text.startswith("harvest 1")


def test_ctrl_c_gives_the_cursor_back_and_says_how_to_go_on(place: Place) -> None:
    def at_the_files(text: str) -> bytes | None:
        return b"\x03" if "fetching originals" in text else None

    shown = on_terminal(collecting(place), type_when=at_the_files, columns=300)

    assert shown.code == 130
    assert shown.raw.rindex(VISIBLE) > shown.raw.rindex(HIDDEN)
    assert "stopped; everything so far is kept." in shown.text
    assert f"`harvest resume 1 --library {place.folder}` goes on." in shown.text


# what a hostile site says


def test_a_plan_that_is_stopped_promises_nothing(place: Place) -> None:
    asked = command(place, "plan", "--tag", "hakurei_remu")

    shown = on_terminal(
        asked, columns=80, type_when=lambda text: b"\x03" if "Enter for none" in text else b""
    )

    assert shown.code == 130
    assert shown.text.splitlines()[-1] == "harvest: stopped."


def test_nothing_a_site_says_moves_the_cursor(tmp_path: Path) -> None:
    with serving(Say(EVIL.encode(), 401)) as server:
        config = f'[sites.danbooru]\nfamily = "danbooru"\nurl = "{server.url}"\ninterval = 0\n'
        (tmp_path / "harvester.toml").write_text(config)
        arguments = [HARVEST, "--library", str(tmp_path), "--tag", SUBJECT, "--site", "danbooru"]
        shown = on_terminal(arguments, columns=300)

    assert "gnp.exe" in shown.text
    assert "\x1b]0" not in shown.raw
    assert "\x1b[2J" not in shown.raw
    assert not re.search("[\x9b\x07\u202e]", shown.raw)
    assert not re.search(r"(?m)^harvest: all is well", shown.text)
    assert "harvest resume 1" in shown.text


@pytest.mark.parametrize("as_json", [False, True])
def test_results_are_printed_without_what_a_terminal_obeys(
    as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    Globals(json=as_json).show({"said": EVIL}, lambda: f"said {EVIL}")

    said = capsys.readouterr().out
    assert not ESCAPE.search(said)
    assert not as_json or json.loads(said) == {"said": EVIL}


def test_letters_of_every_writing_stay() -> None:
    assert printable("博麗霊夢　été é") == "博麗霊夢 été é"
    assert printable("a\x1b[0mb\u202ec\x85d") == "a�[0mb�c�d"


def test_a_misspelled_command_is_told_with_the_nearest(place: Place) -> None:
    done = place.inside("staus")

    assert (done.code, done.err) == (
        2,
        "harvest: there is no command 'staus'; did you mean 'status'?\n",
    )


def test_what_is_too_wide_goes_on_below_its_last_column() -> None:
    line = "  pass    people  the subject is alone; accepted: alone, focus"

    assert fitted(line, 44).splitlines() == [
        "  pass    people  the subject is alone;",
        "                  accepted: alone, focus",
    ]


@pytest.mark.parametrize("last", ["harvest export 1 --to DIR", "objects/dd/dda6a22a0978181.png"])
def test_what_is_there_to_be_copied_is_not_broken(last: str) -> None:
    assert last in fitted(f"  next        {last}", 20).splitlines()[-1]


def test_wide_letters_count_for_two() -> None:
    assert table(
        ["name", "posts"], [{"name": "博麗霊夢", "posts": 3}, {"name": "a", "posts": 4}]
    ) == ("name      posts\n博麗霊夢  3\na         4")


@pytest.mark.parametrize("columns", [60, 200])
@pytest.mark.parametrize(
    "words", ["status", "history", "gates", "gates --try short_side=640", "why danbooru:POST"]
)
def test_every_command_keeps_to_the_width_of_the_terminal(
    words: str, columns: int, full: Full
) -> None:
    post = min(full.place.stored()).split(":")[1]
    asked = command(full.place, *words.replace("POST", post).split())

    shown = on_terminal(asked, columns=columns)

    told = [line for line in shown.raw.splitlines() if len(line) > columns]
    assert [line for line in told if "  harvest " not in line and "/" not in line] == []


# the contact sheet


def test_a_run_draws_its_selection_beside_the_folder_and_names_the_sheet(
    full: Full,
) -> None:
    path = full.place.folder / "exports" / f"1_{SUBJECT}.png"

    with Image.open(path) as picture:
        picture.load()
        assert max(picture.size) <= 4000
    assert full.done.json["sheet"] == str(path)
    assert sorted(path.name for path in path.parent.iterdir()) == [f"1_{SUBJECT}", path.name]


def test_the_same_sheet_is_not_drawn_twice(full: Full) -> None:
    path = full.place.folder / "exports" / f"1_{SUBJECT}.png"
    before = path.stat().st_mtime_ns

    assert full.place.inside("sheet").code == 0

    assert path.stat().st_mtime_ns == before


def test_a_sheet_goes_where_it_is_asked_to(full: Full, tmp_path: Path) -> None:
    target = tmp_path / "new" / "all.png"

    done = full.place.inside("sheet", "1", "--to", str(target), "--json")

    assert done.json["pictures"] == 6
    assert target.is_file()


@pytest.mark.parametrize("name", ["sheet.jpg", "sheet"])
def test_a_sheet_is_a_png_and_nothing_else(name: str, full: Full, tmp_path: Path) -> None:
    assert full.place.inside("sheet", "--to", str(tmp_path / name)).code == 2


@pytest.mark.parametrize(("number", "shown"), [(1, 1), (400, 400), (5000, None)])
def test_a_sheet_has_room_for_any_number_and_stays_in_bounds(
    number: int, shown: int | None, tmp_path: Path
) -> None:
    Image.new("RGBA", (30, 50), (200, 30, 30, 90)).save(tmp_path / "one.png")
    framings = [*Framing, None]
    items = [
        Item(
            tmp_path / ("one.png" if n else "missing.png"),
            f"{n + 1:04d}_x",
            "",
            Candidate("site", EVIL * 9, ""),
            Facts(framing=framings[n % len(framings)]),
        )
        for n in range(number)
    ]

    drawn = sheet(items, tmp_path / "sheet.png", title="a")

    with Image.open(tmp_path / "sheet.png") as picture:
        assert max(picture.size) <= 4000
    assert drawn == shown if shown else 500 < drawn < number


# status --watch


def test_a_watch_ends_at_once_when_nobody_is_at_work(full: Full) -> None:
    done = full.place.inside("status", "--watch")

    assert done.code == 0
    assert "no run is under way" in done.out


def test_a_watch_in_a_pipe_appends_what_changes_and_ends_with_the_run(full: Full) -> None:
    changed = [one for one in full.watched.splitlines() if one.startswith(f"harvest 1 {SUBJECT}:")]

    assert f"under way: process {full.pid}" in changed[0]
    assert "no run is under way" in changed[-1]
    assert len(changed) == len(set(changed))
    assert not ESCAPE.search(full.watched)


def test_a_watch_on_a_terminal_repaints_until_ctrl_c(full: Full) -> None:
    def seen(text: str) -> bytes | None:
        return b"\x03" if "under way" in text else None

    with held(full.place.folder, 1):
        shown = on_terminal(command(full.place, "status", "--watch"), columns=60, type_when=seen)

    assert shown.code == 0
    assert shown.raw.rindex(VISIBLE) > shown.raw.rindex(HIDDEN)
    assert "stopped" not in shown.text


def test_a_lock_of_a_dead_process_is_nobodys(library: Path) -> None:
    with held(library, 1):
        assert running(library, 1) is not None
        note = (library / "locks" / "harvest-1.json").read_text()
    assert running(library, 1) is None

    dead = json.loads(note) | {"started": 1.0}
    (library / "locks" / "harvest-1.json").write_text(json.dumps(dead))

    assert running(library, 1) is None


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


# completion


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_taken_by_its_shell(shell: str, tmp_path: Path) -> None:
    found = shutil.which(shell)
    if found is None:
        told = pytest.fail if os.environ.get("HARVEST_REQUIRE_PROGRAMS") else pytest.skip
        told(f"{shell} is not installed")
    script = tmp_path / "harvest"
    done = subprocess.run(
        [HARVEST, "completion", shell], capture_output=True, text=True, check=True
    )
    script.write_text(done.stdout)
    begin = {"zsh": "autoload -Uz compinit && compinit -u -d $ZDOTDIR/dump; "}.get(shell, "")

    sourced = subprocess.run(
        [found, "-c", f"{begin}source {script}"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "ZDOTDIR": str(tmp_path)},
    )

    assert (sourced.returncode, sourced.stderr) == (0, "")


def offered(place: Place, *words: str) -> list[str]:
    """What the Tab key offers for the last word."""
    done = subprocess.run(
        [HARVEST],
        capture_output=True,
        text=True,
        check=True,
        env={
            "_HARVEST_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(["harvest", *words]),
            "COMP_CWORD": str(len(words)),
            "HARVEST_LIBRARY": str(place.folder),
            "HOME": str(place.folder),
        },
    )
    return [text.partition(",")[2] for text in done.stdout.splitlines() if text]


@pytest.mark.parametrize(
    ("words", "among"),
    [
        (("sta",), {"status"}),
        (("--ta",), {"--tag", "--target"}),
        (("--kind", "s"), {"style"}),
        (("--site", ""), {"danbooru"}),
        (("resume", ""), {"1"}),
        (("resume", "hak"), {SUBJECT}),
        (("status", "--w"), {"--watch"}),
        (("sheet", ""), {"1"}),
        (("export", "--format", "p"), {"plain"}),
        (("completion", ""), {"bash", "zsh", "fish"}),
    ],
)
def test_the_tab_key_offers_what_there_is(
    words: tuple[str, ...], among: set[str], full: Full
) -> None:
    assert among <= set(offered(full.place, *words))


def test_the_tab_key_offers_nothing_where_there_is_no_library(tmp_path: Path) -> None:
    assert offered(Place(tmp_path / "none", {}), "resume", "") == []


def test_a_screen_is_what_a_terminal_would_show() -> None:
    screen = Screen(5)

    screen.feed("abcdefg\r\nnext\x1b[1A\r\x1b[2Kline\x1b")
    screen.feed("[31m!")

    assert screen.text == "abcde\nline!\nnext"
