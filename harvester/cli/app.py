"""The `harvest` command itself: the quick harvest, and the commands beside it, each loaded when it is used."""

from __future__ import annotations

import importlib
from typing import Any

import click
from click.shell_completion import CompletionItem

from harvester.cli.limiting import given_limits, limited
from harvester.cli.options import Globals, common
from harvester.cli.wishing import wished
from harvester.errors import UsageError
from harvester.tables import nearest

STARTING, KEEPING = "harvester.cli.starting", "harvester.cli.keeping"
COMMANDS = {
    "plan": (
        "harvester.cli.planning",
        "Show what a harvest would find and cost; downloads nothing.",
    ),
    "run": (STARTING, "Collect what a recipe file asks for."),
    "init": ("harvester.cli.beginning", "Ask a few questions and write a commented recipe."),
    "resume": (
        STARTING,
        "Go on with a harvest, by number or tag; with the last one if none is named.",
    ),
    "retry": (STARTING, "Try again what failed to download, then go on."),
    "status": ("harvester.cli.looking", "Show how far harvests are: all, or one by number or tag."),
    "import": (
        "harvester.cli.importing",
        "Take the pictures of folders or ZIPs into a subject's harvest.",
    ),
    "dedup": (
        "harvester.cli.dedup",
        "Show copies and variants among the pictures of folders, and set copies aside if asked.",
    ),
    "history": (
        "harvester.cli.recounting",
        "Show a harvest's revisions, rounds, runs and exports.",
    ),
    "why": (
        "harvester.cli.explaining",
        "Explain one picture: a file, its SHA-256, its address, or SITE:ID.",
    ),
    "distinct": (
        "harvester.cli.distinguishing",
        "Say that pictures are no copies of each other; --undo takes it back.",
    ),
    "forget": (
        "harvester.cli.forgetting",
        "Remove a picture with its copies, or all of an artist, for good; --undo takes it back.",
    ),
    "sheet": ("harvester.cli.sheeting", "Draw the selection of a harvest on one PNG."),
    "export": (KEEPING, "Write the selection of a harvest as a dataset."),
    "check": (KEEPING, "Verify that every stored file is whole and every row true."),
    "sites": ("harvester.cli.siting", "List the sites that can be asked, show one, add one."),
    "gates": ("harvester.cli.listing", "List the gates with their settings and defaults."),
    "tags": (
        "harvester.cli.tagging",
        "Look tags up: at sites, in a selection, or in what is known of a subject's looks.",
    ),
    "completion": ("harvester.cli.completing", "Print what bash, zsh or fish needs to complete."),
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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is typed first; a misspelled one is told with the nearest."""
        if not ctx.resilient_parsing and args[0] not in COMMANDS and args[0][:1].isalpha():
            raise UsageError(f"there is no command '{args[0]}'; {nearest(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names of commands, none of which is loaded for that, and options."""
        found = [CompletionItem(name, help=text) for name, (_, text) in COMMANDS.items()]
        return [item for item in found if item.value.startswith(incomplete)] + (
            click.Command.shell_complete(self, ctx, incomplete)
        )

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=Lazy, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@wished
@limited
@click.option("--new", is_flag=True, help="Start another harvest of the same subject.")
@click.version_option(package_name="lora-harvester", prog_name="harvest")
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

    new, limits = given.pop("new"), given_limits(given)
    return collect(options, quick_recipe(given), new=new, limits=limits)
