"""`harvester.toml`: who the user is, where the library lies, which sites are added. Unknown keys are errors."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from harvester.errors import RecipeError
from harvester.limits import size
from harvester.tables import check_keys, read_toml

NAME = "harvester.toml"
KEYS = ("contact", "library", "sites", "browser")
LIBRARY = Path("data")
"""Where the library lies when nothing says otherwise."""


@dataclass(frozen=True, slots=True)
class Browser:
    """`[browser]`: which Chromium renders pages, and what one page, or all of a run, may cost."""

    chromium: str = field(default="", metadata={"says": "path of the Chromium, Chrome or Edge"})
    max_seconds: float = field(default=60.0, metadata={"says": "time for one page"})
    max_bytes: int = field(default=128_000_000, metadata={"says": "what one page may load"})
    max_requests: int = field(default=1000, metadata={"says": "how often one page may ask"})
    max_pages: int = field(default=500, metadata={"says": "pages that one run renders"})


@dataclass(frozen=True, slots=True)
class Config:
    """What the config file says; `path` is None where there is none."""

    path: Path | None = None
    contact: str = ""
    library: Path | None = None
    sites: Mapping[str, Any] = field(default_factory=dict)
    browser: Browser = field(default_factory=Browser)


def load(path: Path | None, library: Path | None) -> Config:
    """The config: the file named, else the one in the library, else the one in the user's config folder."""
    found = path or _first(library)
    if found is None:
        return Config()
    table = read_toml(found)
    check_keys(table, KEYS, where=str(found))
    for key, kind, wanted in (
        ("contact", str, "a text"),
        ("library", str, "a path as text"),
        ("sites", dict, "a table such as [sites.mywiki]"),
        ("browser", dict, "a table: [browser]"),
    ):
        if not isinstance(table.get(key, kind()), kind):
            raise RecipeError(f"{found}: {key} = {table[key]!r}; it must be {wanted}")
    contact = str(table.get("contact", ""))
    if any(not letter.isprintable() for letter in contact):
        raise RecipeError(f"{found}: contact holds characters that cannot stand in a User-Agent")
    where = table.get("library")
    return Config(
        found,
        contact,
        Path(where).expanduser() if where else None,
        table.get("sites", {}),
        _browser(table.get("browser", {}), f"{found} [browser]"),
    )


def _browser(table: Mapping[str, Any], where: str) -> Browser:
    check_keys(table, [item.name for item in fields(Browser)], where=where)
    if not isinstance(table.get("chromium", ""), str):
        raise RecipeError(f"{where}: chromium = {table['chromium']!r}; it must be a path as text")
    given = dict(table)
    if "max_bytes" in table:
        given["max_bytes"] = size(table["max_bytes"], where)
    for key in ("max_seconds", "max_requests", "max_pages"):
        wanted = int if key != "max_seconds" else int | float
        told = table.get(key, 1)
        if isinstance(told, bool) or not isinstance(told, wanted) or not 0 < told < 1 << 31:
            raise RecipeError(f"{where}: {key} = {told!r}; it must be a number above 0")
    return Browser(**given)


def library_of(option: Path | None, config: Config) -> Path:
    """The library's folder: the option, else HARVEST_LIBRARY, else the config, else ./data."""
    named = os.environ.get("HARVEST_LIBRARY")
    return option or (Path(named) if named else None) or config.library or LIBRARY


def folder() -> Path:
    """The user's config folder; HARVEST_CONFIG_DIR moves it."""
    moved = os.environ.get("HARVEST_CONFIG_DIR")
    if moved:
        return Path(moved)
    import platformdirs

    return platformdirs.user_config_path("harvester")


def _first(library: Path | None) -> Path | None:
    named = os.environ.get("HARVEST_LIBRARY")
    places = [library or (Path(named) if named else LIBRARY), folder()]
    return next((place / NAME for place in places if (place / NAME).is_file()), None)
