"""TOML files as tables, and the complaints about them: each names file, key and remedy."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harvester.errors import RecipeError


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as a table, or the sentence that says what is wrong with it."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise RecipeError(f"{path}: no such file; give the path of a TOML file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(
            f"{path}: cannot be read ({error}); check the path and its rights"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{path}: not valid TOML: {error}") from None


def check_keys(table: Mapping[str, Any], known: Iterable[str], *, where: str) -> None:
    """Complain about the first key that is not known, naming the nearest that is."""
    names = list(known)
    for key in table:
        if key not in names:
            raise RecipeError(f"{where}: unknown key '{key}'; {nearest(key, names)}")


def nearest(name: str, known: Iterable[str]) -> str:
    """ "did you mean …?", or all there are when nothing is near."""
    names = list(known)
    near = difflib.get_close_matches(name, names, 1, 0.4)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(names)}"
