"""The `harvest` command itself: the quick harvest, and the commands beside it, each loaded when it is used."""

from __future__ import annotations

import importlib
from importlib.metadata import version
from typing import Any

import click

from harvester.cli.options import Globals, common
from harvester.errors import UsageError

COLLECTING, KEEPING = "harvester.cli.collecting", "harvester.cli.keeping"
COMMANDS = {
    "run": (COLLECTING, "Collect what a recipe file asks for."),
    "resume": (
        COLLECTING,
        "Go on with a harvest, by number or tag; with the last one if none is named.",
    ),
    "retry": (COLLECTING, "Try again what failed to download, then go on."),
    "status": ("harvester.cli.looking", "Show how far harvests are: all, or one by number or tag."),
    "why": ("harvester.cli.explaining", "Explain one picture: a file, its address, or SITE:ID."),
    "export": (KEEPING, "Write the selection of a harvest as a dataset."),
    "check": (KEEPING, "Verify that every stored file is whole and every row true."),
    "sites": ("harvester.cli.listing", "List the sites that can be asked."),
    "gates": ("harvester.cli.listing", "List the gates with their settings and defaults."),
    "demo": ("harvester.cli.sandbox", "Run the main job on a sandbox site on this machine."),
}
"""Command -> the module that holds it as `<command>_command`, and its help."""


class Lazy(click.Group):
    """A group whose commands are imported when they are needed, so that --help answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, text = COMMANDS[name]
        found: click.Command = getattr(importlib.import_module(module), f"{name}_command")
        found.help = text
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=Lazy, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option(
    "--tag", multiple=True, help="Name of the subject; several are names of the same one."
)
@click.option("--target", type=int, help="How many accepted, distinct pictures (default: by kind).")
@click.option("--site", multiple=True, help="Site to ask; several are asked side by side.")
@click.option(
    "--kind", type=click.Choice(["character", "style", "other"]), help="What the subject is."
)
@click.option("--with", "want", multiple=True, help="Further tag a picture must have.")
@click.option("--without", "avoid", multiple=True, help="Tag a picture must not have.")
@click.option(
    "--rating", multiple=True, help="Rating that is let through (default: general, sensitive)."
)
@click.option("--new", is_flag=True, help="Start another harvest of the same subject.")
@click.version_option(version("lora-harvester"), prog_name="harvest")
@common
def harvest(options: Globals, /, **given: Any) -> int | None:
    """Collect excellent pictures of one subject for training.

    \b
        harvest --tag hakurei_reimu --target 50

    The same command again goes on where it stopped.
    """
    ctx = click.get_current_context()
    if ctx.invoked_subcommand is not None:
        if any(given.values()):
            raise UsageError(
                f"--tag and its companions start a harvest; they do not go with '{ctx.invoked_subcommand}'"
            )
        return None
    if not given["tag"]:
        if any(value for value in given.values()):
            raise UsageError("--tag is missing; say whom to collect, e.g. --tag hakurei_reimu")
        click.echo(ctx.get_help())
        return None
    from harvester.cli.collecting import collect, quick_recipe

    new = given.pop("new")
    return collect(options, quick_recipe(given), new=new)
