"""What every test has: folders of its own, never the user's."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from harvester.catalog import harvests
from harvester.catalog.core import Catalog
from harvester.catalog.harvests import Harvest
from tests import forked
from tests.catalogs import REIMU

pytest_plugins = ["tests.real_wiki"]

LONG = {"test_better_copies", "test_many_sites", "test_planning", "test_render"}
"""Files without a slow test that take a minute all the same."""

# How long an example takes tells of the other tests on this machine. What hangs ends by pytest's timeout.
settings.register_profile(
    "beside others", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("beside others")


def pytest_configure() -> None:
    """Ctrl-C reaches every program that a test starts.

    A shell without job control has its background jobs ignore it, they bequeath that to their children,
    and a Python that was born so never says KeyboardInterrupt.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    forked.begin()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Over several processes, files with a slow test go first: the many quick ones even the end out."""
    if hasattr(config, "workerinput"):
        slow = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: item.path not in slow and item.path.stem not in LONG)


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
def spawned() -> Iterator[None]:
    """Worker processes are started anew, as they are everywhere but in tests."""
    with forked.spawned():
        yield


@pytest.fixture(scope="session")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where sandboxes remember what they drew, so that no picture is drawn again: one folder for all processes."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "drawings"
    folder.mkdir(exist_ok=True)
    return folder


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
