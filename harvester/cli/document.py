"""Writes the pages of docs/ and the tables of other pages out of the program: `python -m harvester.cli.document docs`."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from harvester import gates
from harvester.cli import sitetext
from harvester.cli.app import COMMANDS, harvest
from harvester.cli.options import common
from harvester.cli.shapes import PLAIN, SHAPES, Shape
from harvester.cli.template import KEYS_BACK, TABLES, toml
from harvester.errors import Exit
from harvester.recipe import Recipe, table_of

INTRO = """\
# The command

Written by `make docs` out of the program; a test holds it to that. Results go to stdout, progress to
stderr. HARVEST is a number or the subject's tag; without it the last harvest is meant.

"""
RECIPE = """\
## Recipe files

`harvest run FILE` takes all of it from a file; `harvest init` writes one, with comments. Every option above has its
key. `[limits]` bound one run and are no part of the recipe: another limit makes no new revision.

| key | default | meaning |
|---|---|---|
"""
JSON = """\
## JSON

With `--json` a command prints one value of this shape. Keys are added, never taken away.
"""


def document() -> str:
    """The text of docs/command.md."""
    root = click.Context(harvest, info_name="harvest")
    shared = {option.name or "" for option in _common()}
    parts = [INTRO, *_command(root, "harvest", harvest, "The quick harvest.", shared)]
    parts += ["## Options of every command\n\n", *_options(root, _common()), "\n"]
    for name, command in commands().items():
        inner = click.Context(command, info_name=name)
        parts += _command(inner, f"harvest {name}", command, command.help or "", shared)
    parts += [RECIPE, *_keys(), "\n", "## Exit codes\n\n", "| code | meaning |\n|---|---|\n"]
    parts += [f"| {code.value} | {code.meaning} |\n" for code in Exit]
    parts += ["\n", JSON, *(_shape(name, shape) for name, shape in SHAPES.items())]
    return "".join(parts)


def commands() -> dict[str, click.Command]:
    """Every command beside the quick harvest by what is typed, those within another one after it."""
    root = click.Context(harvest, info_name="harvest")
    found: dict[str, click.Command] = {}
    for name in COMMANDS:
        command = harvest.get_command(root, name)
        if command is not None:
            found[name] = command
        if isinstance(command, click.Group):
            found |= {f"{name} {inner}": one for inner, one in command.commands.items()}
    return found


def _common() -> list[click.Option]:
    """The options that every command has."""

    @click.command()
    @common
    def nothing(*_: Any) -> None:
        """Has the common options and no other."""

    return [param for param in nothing.params if isinstance(param, click.Option)]


def _command(
    ctx: click.Context, name: str, command: click.Command, text: str, shared: set[str]
) -> Iterator[str]:
    usage = " ".join(command.collect_usage_pieces(ctx)).replace(" [COMMAND] [ARGS]...", "")
    yield f"## {name}\n\n{text}\n\n```\n{name} {usage}\n```\n\n"
    own = [
        param
        for param in command.params
        if isinstance(param, click.Option) and param.name not in shared
    ]
    if own:
        yield from _options(ctx, own)
        yield "\n"


def _options(ctx: click.Context, options: Iterable[click.Option]) -> Iterator[str]:
    yield "| option | default | meaning |\n|---|---|---|\n"
    for option in options:
        names = ", ".join([*option.opts, *option.secondary_opts])
        value = "" if option.is_flag or option.count else f" {option.make_metavar(ctx)}"
        default = option.get_default(ctx)
        shown = f"`{default}`" if isinstance(default, str | int) and default else "–"
        yield _row(
            f"`{names}{value}`", "–" if option.is_flag or option.count else shown, option.help
        )


def _keys() -> Iterator[str]:
    defaults = table_of(Recipe(()))
    for item in fields(Recipe):
        key = KEYS_BACK.get(item.name, item.name)
        if item.metadata:
            default = "–" if defaults[key] == [] else f"`{toml(defaults[key])}`"
            yield _row(f"`{key}`", default, item.metadata["says"])
    yield _row("`gates.…`", "–", "The gates by name, as [the gates](gates.md) lists them.")
    for table, (kind, _) in TABLES.items():
        for item in fields(kind):
            default = "–" if item.default is None else f"`{toml(item.default)}`"
            yield _row(f"`{table}.{item.name}`", default, item.metadata["says"])


def _row(*cells: str | None) -> str:
    told = (" ".join((cell or "").replace("|", "\\|").split()) for cell in cells)
    return f"| {' | '.join(told)} |\n"


def _shape(name: str, shape: Shape) -> str:
    title = "harvest" if name == "harvest" else f"harvest {name}"
    first = next(other for other, known in SHAPES.items() if known is shape or known == shape)
    if first != name:
        return f"\n`{title}`: as `harvest{'' if first == 'harvest' else f' {first}'}`.\n"
    text = re.sub(r'\[\s+("[^"]*")\s+\]', r"[\1]", json.dumps(shape, indent=2))
    return f"\n`{title}`:\n\n```json\n{text}\n```\n"


def undocumented() -> list[str]:
    """Commands of which nobody says what they print with --json."""
    return [name for name in commands() if name not in SHAPES and name not in PLAIN]


TABLES_IN: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "README.md": {"sites": sitetext.sites_table},
    "docs/adding-a-site.md": {
        "keys": sitetext.keys_table,
        "families": sitetext.families_table,
    },
    "docs/pages.md": {"keys": sitetext.page_keys_table},
}
"""Page -> what is written into it, each between the comments `<!-- NAME -->` and `<!-- /NAME -->`."""


def filled(page: str, text: str) -> str:
    """A page's text with its tables as the program writes them."""
    for name, table in TABLES_IN[page].items():
        before, begin, rest = text.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition(f"<!-- /{name} -->\n")
        if not end:
            raise ValueError(f"{page} has no place for the table {name!r}")
        text = f"{before}{begin}\n{table()}\n{end}{after}"
    return text


def main() -> None:
    """Write the generated pages into the folder named, and the tables into the pages that have some."""
    folder = Path(sys.argv[1])
    (folder / "command.md").write_text(document(), "utf-8")
    (folder / "gates.md").write_text(gates.document(), "utf-8")
    for page in TABLES_IN:
        path = folder.parent / page
        path.write_text(filled(page, path.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
