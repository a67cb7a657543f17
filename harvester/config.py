"""`harvester.toml`: who the user is, where the library lies, which sites are added. Unknown keys are errors."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harvester.errors import RecipeError
from harvester.tables import check_keys, read_toml

NAME = "harvester.toml"
KEYS = ("contact", "library", "sites")
LIBRARY = Path("data")
"""Where the library lies when nothing says otherwise."""


@dataclass(frozen=True, slots=True)
class Config:
    """What the config file says; `path` is None where there is none."""

    path: Path | None = None
    contact: str = ""
    library: Path | None = None
    sites: Mapping[str, Any] = field(default_factory=dict)


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
    ):
        if not isinstance(table.get(key, kind()), kind):
            raise RecipeError(f"{found}: {key} = {table[key]!r}; it must be {wanted}")
    contact = str(table.get("contact", ""))
    if any(not letter.isprintable() for letter in contact):
        raise RecipeError(f"{found}: contact holds characters that cannot stand in a User-Agent")
    where = table.get("library")
    return Config(
        found, contact, Path(where).expanduser() if where else None, table.get("sites", {})
    )


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
