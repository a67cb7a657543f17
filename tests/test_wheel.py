"""The built wheel, installed in another place and run from a third, is the whole program."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHIPPED = ("harvester", "sources", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a virtual environment `env` that has our wheel, and sees this one's packages."""
    folder = tmp_path_factory.mktemp("wheel")
    tree = folder / "tree"  # a copy: building leaves its traces in the folder it builds
    tree.mkdir()
    for name in SHIPPED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, tree / name)
    offline = ["--disable-pip-version-check", "--no-deps", "--no-index"]
    pip(sys.executable, "wheel", "--no-build-isolation", *offline, "-w", folder, tree)

    venv.create(folder / "env", with_pip=False)
    site = Path(sysconfig.get_path("purelib", vars=variables(folder / "env")))
    [wheel] = folder.glob("*.whl")
    pip(sys.executable, "--python", program(folder, "python"), "install", *offline, wheel)
    (site / "packages.pth").write_text(sysconfig.get_path("purelib"))
    return folder


def pip(interpreter: str, *arguments: object) -> None:
    subprocess.run(
        [interpreter, "-m", "pip", "--quiet", *map(str, arguments)],
        check=True,
        capture_output=True,
        text=True,
    )


def variables(env: Path) -> dict[str, str]:
    return {"base": str(env), "platbase": str(env)}


def program(folder: Path, name: str) -> Path:
    scripts = Path(sysconfig.get_path("scripts", vars=variables(folder / "env")))
    return scripts / (f"{name}.exe" if os.name == "nt" else name)


def said(folder: Path, name: str, *arguments: object) -> str:
    """What a program of `env` prints, run where neither the checkout nor its tests are in sight."""
    done = subprocess.run(
        [str(program(folder, name)), *map(str, arguments)],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_both_packages_come_from_the_wheel(elsewhere: Path) -> None:
    script = "import harvester, sources; print(harvester.__file__); print(sources.__file__)"

    for line in said(elsewhere, "python", "-c", script).splitlines():
        assert Path(line).is_relative_to(elsewhere / "env"), line


@pytest.mark.parametrize("package", ["harvester", "sources"])
def test_every_file_of_a_package_is_in_the_wheel(elsewhere: Path, package: str) -> None:
    installed = said(elsewhere, "python", "-c", f"import {package}; print({package}.__path__[0])")

    missing = [
        str(path)
        for path in files(ROOT / package)
        if not Path(installed, path).is_file() and "__pycache__" not in path.parts
    ]
    assert missing == [], "package-data in pyproject.toml lacks these"


def files(folder: Path) -> list[Path]:
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def test_the_families_are_found_by_their_entry_point(elsewhere: Path) -> None:
    script = (
        "from importlib.metadata import entry_points\n"
        "for point in entry_points(group='harvester.sources'):\n"
        "    print(point.name, len(point.load()) > 0)"
    )

    assert "builtin True" in said(elsewhere, "python", "-c", script)


def test_the_command_tells_its_version(elsewhere: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert version in said(elsewhere, "harvest", "--version")


def test_the_command_lists_the_shipped_sites(elsewhere: Path) -> None:
    assert "danbooru" in said(elsewhere, "harvest", "sites")
