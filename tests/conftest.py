"""What every test has: folders of its own, never the user's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from harvester.catalog import harvests
from harvester.catalog.core import Catalog
from harvester.catalog.harvests import Harvest
from tests.catalogs import REIMU

pytest_plugins = ["tests.real_wiki"]


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own; no setting of the user's is seen."""
    home = tmp_path_factory.mktemp("home")
    for name in [name for name in os.environ if name.startswith("HARVEST_")]:
        if name != "HARVEST_REQUIRE_PROGRAMS":
            monkeypatch.delenv(name)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    for name in ("CONFIG", "STATE", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    for name in ("APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(home / name.lower()))
    monkeypatch.setenv("HARVEST_STATE", str(home / "state"))
    return home


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """An empty library."""
    folder = tmp_path / "library"
    folder.mkdir()
    return folder


@pytest.fixture
def path(library: Path) -> Path:
    """Where the library's catalog lies, or will."""
    return library / "catalog.db"


@pytest.fixture
def catalog(path: Path) -> Iterator[Catalog]:
    """An open catalog without rows."""
    opened = Catalog(path)
    yield opened
    opened.close()


@pytest.fixture
def harvest(catalog: Catalog) -> Harvest:
    """A harvest of Reimu in it, in its first revision."""
    found, _ = harvests.revised(catalog, harvests.wanted(catalog, REIMU), REIMU)
    return found
