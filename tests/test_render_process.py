"""The browser's process: how it is found and started, and that it never outlives ours."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from harvester.config import Browser
from harvester.errors import NeedsBrowser, RecipeError
from harvester.net import chromium
from tests.rendering import NEVER, desk, page, required

ROOT = Path(__file__).parents[1]
RENDERING = """
import sys
from pathlib import Path
from tests.rendering import Say, desk, page
with desk(Path(sys.argv[1])) as one:
    one.put("/tick", Say(b"x"))
    print("ready", flush=True)
    one.show("/", page("<img src=a.png><script>setInterval(() => fetch('tick'), 50)</script>"))
"""


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


# ---- finding it -------------------------------------------------------------------------------


def test_what_the_config_names_goes_before_the_environment_and_that_before_all_others(
    tmp_path: Path,
) -> None:
    named, told, own, last = (program(tmp_path / name) for name in ("a", "b", "c", "d"))
    env = {"HARVEST_CHROMIUM": str(told)}

    def system() -> Iterator[Path]:
        yield tmp_path / "missing"
        yield last

    assert chromium.find(str(named), env, own, system=system) == named
    assert chromium.find("", env, own, system=system) == told
    assert chromium.find("", {}, own, system=system) == own
    assert chromium.find("", {}, NEVER, system=system) == last


@pytest.mark.parametrize(
    ("named", "env", "where"),
    [
        ("/no/such/browser", {}, "chromium in harvester.toml names /no/such/browser"),
        ("", {"HARVEST_CHROMIUM": "/no/such"}, "HARVEST_CHROMIUM names /no/such"),
    ],
)
def test_a_browser_that_is_named_and_not_there_is_an_error(
    named: str, env: dict[str, str], where: str
) -> None:
    with pytest.raises(RecipeError) as caught:
        chromium.find(named, env, NEVER)

    assert where in str(caught.value)


def test_without_any_the_sentence_has_both_remedies() -> None:
    with pytest.raises(NeedsBrowser) as caught:
        chromium.find("", {}, NEVER, system=lambda: iter(()))

    assert "apt install chromium" in str(caught.value)
    assert "playwright install chromium" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_linux_has_its_browsers_on_the_path(tmp_path: Path) -> None:
    found = program(tmp_path / "microsoft-edge")

    assert next(chromium.on_linux({"PATH": str(tmp_path)})) == found


def test_a_mac_has_them_among_its_applications(tmp_path: Path) -> None:
    places = list(chromium.on_mac(tmp_path, tmp_path / "root"))

    assert places[1] == tmp_path.joinpath(
        "root", "Applications", "Google Chrome.app", "Contents", "MacOS", "Google Chrome"
    )
    assert tmp_path / "Applications" in [place.parents[3] for place in places]


def test_windows_has_them_below_its_folders_for_programs(tmp_path: Path) -> None:
    env = {"PROGRAMFILES(X86)": str(tmp_path), "LOCALAPPDATA": str(tmp_path / "own")}
    places = list(chromium.on_windows(env))

    assert tmp_path.joinpath("Microsoft", "Edge", "Application", "msedge.exe") in places
    assert tmp_path.joinpath("own", "Chromium", "Application", "chrome.exe") in places


def test_the_browser_sees_none_of_our_settings() -> None:
    env = chromium.environment({"HARVEST_GELBOORU_API_KEY": "secret", "HOME": "/home/me"})

    assert env == {"HOME": "/home/me"}


def test_the_variable_and_the_config_are_what_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    required()
    real = chromium.find("", os.environ, NEVER)
    for name in ("by_config", "by_variable"):
        note = f'#!/bin/sh\necho {name} >> {tmp_path}/started\nexec {real} "$@"\n'
        program(tmp_path / name).write_text(note)
    with desk(tmp_path / "a", browser=Browser(chromium=str(tmp_path / "by_config"))) as one:
        one.show("/", page("x"))
    monkeypatch.setenv("HARVEST_CHROMIUM", str(tmp_path / "by_variable"))
    with desk(tmp_path / "b") as one:
        one.show("/", page("x"))

    assert (tmp_path / "started").read_text().split() == ["by_config", "by_variable"]


# ---- its end ----------------------------------------------------------------------------------


@contextmanager
def rendering(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], list[psutil.Process], Path]]:
    """A process of ours that is at a page that never goes quiet; all its children; their temporary folder."""
    with TemporaryDirectory() as short:  # Chromium puts a socket below it, whose path is bounded
        env = {**os.environ, "TMPDIR": short, "PYTHONPATH": str(ROOT)}
        ours = subprocess.Popen(
            [sys.executable, "-c", RENDERING, str(tmp_path)],
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert ours.stdout is not None
            assert ours.stdout.readline() == "ready\n"
            yield ours, _children(ours.pid), Path(short)
        finally:
            ours.kill()
            ours.wait()
            if ours.stdout:
                ours.stdout.close()


def _children(pid: int) -> list[psutil.Process]:
    """All processes below it, once the browser has a page open."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = psutil.Process(pid).children(recursive=True)
        lines = [" ".join(_line(one)) for one in found]
        if any("--type=renderer" in line for line in lines):
            time.sleep(1)
            return psutil.Process(pid).children(recursive=True)
        time.sleep(0.2)
    pytest.fail("the browser did not start")


def _line(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def _gone(processes: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=30)
    return not [one for one in alive if one.status() != psutil.STATUS_ZOMBIE]


killing = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system cannot kill so")


@killing
@pytest.mark.slow
def test_a_killed_process_takes_its_browser_along(tmp_path: Path) -> None:
    required()
    with rendering(tmp_path) as (ours, children, temporary):
        assert len(children) > 3
        ours.send_signal(signal.SIGKILL)

        assert _gone(children)
        until = time.monotonic() + 20
        while list(temporary.iterdir()) and time.monotonic() < until:
            time.sleep(0.2)
        assert list(temporary.iterdir()) == []


@killing
@pytest.mark.slow
def test_a_browser_does_not_outlive_us_and_its_driver(tmp_path: Path) -> None:
    required()
    with rendering(tmp_path) as (ours, children, _):
        driver = next(one for one in children if "run-driver" in _line(one))
        ours.send_signal(signal.SIGSTOP)  # nobody reacts to anybody's end
        driver.send_signal(signal.SIGKILL)
        ours.send_signal(signal.SIGKILL)

        assert _gone(children)


@killing
@pytest.mark.slow
def test_the_browser_is_closed_when_we_are_asked_to_stop(tmp_path: Path) -> None:
    required()
    with rendering(tmp_path) as (ours, children, temporary):
        started = time.monotonic()
        ours.send_signal(signal.SIGINT)
        ours.wait(timeout=60)

        assert _gone(children)
        assert list(temporary.iterdir()) == []
        assert time.monotonic() - started < 20


def test_every_key_of_the_browser_is_documented_with_its_default() -> None:
    told = (ROOT / "docs" / "browser.md").read_text("utf-8")
    keys = re.findall(r"(?m)^\| `(\w+)` \| `(.+?)` \| (.+) \|$", told)

    assert [(name, default) for name, default, _ in keys] == [
        (one.name, '""' if one.default == "" else str(one.default)) for one in fields(Browser)
    ]
    assert all(
        meaning.startswith(one.metadata["says"])
        for one, (_, _, meaning) in zip(fields(Browser), keys, strict=True)
    )
