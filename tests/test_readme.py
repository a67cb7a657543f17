"""Every line of the README's first screen runs as it is written."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from harvester.demo import Options, start_process
from tests.real_wiki import RealWiki

ROOT = Path(__file__).parents[1]
CONFIG = """
[sites.danbooru]
family = "danbooru"
url = "{sandbox}"
interval = 0

[sites.mywiki]
family = "mediawiki"
url = "{wiki}"
interval = 0
rating_default = "general"
"""


def first_screen() -> list[str]:
    """The commands of the first shell block, without their comments."""
    text = (ROOT / "README.md").read_text("utf-8")
    block = re.search(r"```sh\n(.*?)```", text, re.DOTALL)
    assert block is not None

    lines = (" ".join(shlex.split(line, comments=True)) for line in block[1].splitlines())
    return [line for line in lines if line]


def lines_with(start: str) -> list[str]:
    """Every command line of the README that begins so, in order."""
    text = (ROOT / "README.md").read_text("utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith(start)]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, real_wiki: RealWiki) -> Iterator[Path]:
    """A folder to work in, whose config points both sites at servers on this machine."""
    folder = tmp_path_factory.mktemp("desk")
    with start_process(Options(posts=2000)) as sandbox:
        config = CONFIG.format(sandbox=sandbox.url, wiki=real_wiki.url)
        (folder / "data").mkdir()
        (folder / "data" / "harvester.toml").write_text(config)
        (folder / "reimu").mkdir()
        Image.effect_mandelbrot((900, 1200), (-2, -2, 2, 2), 60).save(folder / "reimu" / "a.png")
        yield folder


def run(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "HARVEST_STATE": str(folder / "state")}
    return subprocess.run(
        line, shell=True, cwd=folder, env=environment, capture_output=True, text=True, timeout=240
    )


def test_the_first_screen_has_the_commands_people_need() -> None:
    said = "\n".join(first_screen())

    for command in ("status", "why", "resume", "check", "export", "sites", "gates"):
        assert f"harvest {command}" in said


@pytest.mark.parametrize("line", [line for line in first_screen() if line.startswith("make")])
def test_every_make_line_names_a_target(line: str) -> None:
    done = subprocess.run([*line.split(), "--dry-run"], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("line", lines_with("harvest"))
def test_every_harvest_line_runs_as_written(line: str, desk: Path) -> None:
    done = run(line, desk)

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_the_lines_leave_two_finished_harvests_and_a_dataset(desk: Path) -> None:
    told = run("harvest status --json", desk).stdout
    pictures = [path for path in (desk / "dataset").iterdir() if path.suffix in {".png", ".jpg"}]

    assert '"selected": 50' in told
    assert '"selected": 20' in told
    assert len(pictures) == 50
    assert all(path.with_suffix(".txt").read_text("utf-8").strip() for path in pictures)
