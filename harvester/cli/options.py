"""Global options, accepted before and after a command's name, and what they open."""

from __future__ import annotations

import functools
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from harvester import config as configs
from harvester.cli.printing import fitted, json_text, printable_lines
from harvester.config import Config
from harvester.errors import HarvestError

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
        """Print a result: as JSON with --json, else as text. Nothing a terminal would obey gets through."""
        text = json_text(value) if self.json else printable_lines(lines())
        if sys.stdout.isatty() and not self.json:
            text = fitted(text, shutil.get_terminal_size().columns)
        click.echo(text)

    def command(self, rest: str) -> str:
        """A command to type next, with what it must be told to find the same library."""
        library, config = self.library_option, self.config_option
        if library is not None and config == library / configs.NAME:
            config = None  # found there by itself
        given = [("--library", library), ("--config", config)]
        told = [f"{name} {shlex.quote(str(path))}" for name, path in given if path is not None]
        return " ".join(["harvest", rest, *told])


@contextmanager
def going_on(again: str) -> Iterator[None]:
    """Whatever stops the work meanwhile says by which command it goes on."""
    try:
        yield
    except (HarvestError, KeyboardInterrupt) as stop:
        stop.add_note(f"`{again}` goes on.")
        raise


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
