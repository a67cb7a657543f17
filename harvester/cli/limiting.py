"""The options that bound a run, for every command that begins one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def limited(command: F) -> F:
    """Give a command --max-bytes and --max-minutes; it gets them as `max_bytes` and `max_minutes`."""
    minutes = click.option(
        "--max-minutes",
        type=float,
        help="Stop between two steps after so many minutes of this run; again goes on.",
    )
    size = click.option(
        "--max-bytes",
        metavar="SIZE",
        help="Stop after so many bytes of pictures in this run (500M, 2G); again goes on.",
    )
    return size(minutes(command))


def given_limits(given: dict[str, Any]) -> dict[str, Any]:
    """Takes the limits out of what a command was given."""
    return {name: given.pop(name) for name in ("max_bytes", "max_minutes")}
