"""The options that say what is wished for, for every command that takes a subject; each has its key in a recipe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from harvester.cli import completing

F = TypeVar("F", bound=Callable[..., Any])

OPTIONS = (
    click.option(
        "--tag", multiple=True, help="Name of the subject; several are names of the same one."
    ),
    click.option(
        "--target", type=int, help="How many accepted, distinct pictures (default: by kind)."
    ),
    click.option(
        "--site",
        multiple=True,
        help="Site to ask, or a folder or ZIP of pictures; several are asked side by side.",
        shell_complete=completing.site,
    ),
    click.option(
        "--kind", type=click.Choice(["character", "style", "other"]), help="What the subject is."
    ),
    click.option("--with", "want", multiple=True, help="Further tag a picture must have."),
    click.option("--without", "avoid", multiple=True, help="Tag a picture must not have."),
    click.option(
        "--rating", multiple=True, help="Rating that is let through (default: general, sensitive)."
    ),
    click.option(
        "--pool",
        type=int,
        help="Candidates to look at per picture of the target; 0 takes all (default: 8).",
    ),
    click.option(
        "--relax",
        is_flag=True,
        help="When short, loosen thresholds step by step; marks what it takes.",
    ),
)
"""In the order of the help; `KEYS` says what a recipe calls them."""

KEYS = {
    "tag": "tag",
    "target": "target",
    "site": "sites",
    "kind": "kind",
    "want": "with",
    "avoid": "without",
    "rating": "rating",
    "pool": "pool",
    "relax": "relax",
}
"""What a command gets an option as -> the key in a recipe file."""


def wished(command: F) -> F:
    """Give a command the options that make a recipe; `wishes` reads them."""
    for decorate in reversed(OPTIONS):
        command = decorate(command)
    return command


def wishes(given: dict[str, Any]) -> dict[str, Any]:
    """What was given of them, as a recipe file holds it; of what was not given, nothing."""
    told = {KEYS[name]: value for name, value in given.items() if name in KEYS}
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in told.items()
        if value is not False and value not in (None, ())
    }
