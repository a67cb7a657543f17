"""Global options, accepted before and after a command's name, and what they open."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from harvester import config as configs
from harvester.config import Config

F = TypeVar("F", bound=Callable[..., Any])
FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)


@dataclass
class Globals:
    """What the global options say."""

    library_option: Path | None = None
    config_option: Path | None = None
    json: bool = False
    verbose: int = 0

    @property
    def config(self) -> Config:
        """The config file's content."""
        return configs.load(self.config_option, self.library_option)

    @property
    def library(self) -> Path:
        """The folder of the library."""
        return configs.library_of(self.library_option, self.config)

    def show(self, value: object, lines: Callable[[], str]) -> None:
        """Print a result: as JSON with --json, else as text."""
        click.echo(json.dumps(value, ensure_ascii=False, indent=2) if self.json else lines())


def common(command: F) -> F:
    """Give a command the global options; it gets a `Globals` first."""

    @functools.wraps(command)
    def wrapped(*args: Any, **given: Any) -> Any:
        options = click.get_current_context().ensure_object(Globals)
        options.library_option = given.pop("library", None) or options.library_option
        options.config_option = given.pop("config", None) or options.config_option
        options.json = given.pop("as_json") or options.json
        options.verbose += given.pop("verbose") - given.pop("quiet")
        return command(options, *args, **given)

    decorators = [
        click.option("--library", type=FOLDER, help="Folder of the library (default: ./data)."),
        click.option(
            "--config", type=FILE, help="Config file (default: harvester.toml in the library)."
        ),
        click.option("--json", "as_json", is_flag=True, help="Print the result as JSON."),
        click.option("-v", "--verbose", count=True, help="Say more."),
        click.option("-q", "--quiet", count=True, help="Say less."),
    ]
    for decorate in reversed(decorators):
        wrapped = decorate(wrapped)
    return wrapped  # type: ignore[return-value]  # click's decorators keep what they wrap
