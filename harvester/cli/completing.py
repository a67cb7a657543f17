"""`harvest completion`, and what a shell is offered at the Tab key: sites, harvests, formats."""

from __future__ import annotations

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
)

from harvester.cli.options import Globals, common
from harvester.cli.printing import printable
from harvester.errors import HarvestError

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_HARVEST_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@common
def completion_command(options: Globals, shell: str) -> None:
    """Print what a shell needs to complete commands, options, sites and harvests."""
    kind = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}[shell]
    whole = click.get_current_context().find_root().command
    # of the base class: bash's own asks the bash of this machine for its version first
    click.echo(ShellComplete.source(kind(whole, {}, "harvest", VARIABLE)))


def _globals(ctx: click.Context) -> Globals:
    """The global options as far as they stand on the line."""
    found = Globals()
    place: click.Context | None = ctx
    while place is not None:
        found.library_option = found.library_option or place.params.get("library")
        found.config_option = found.config_option or place.params.get("config")
        place = place.parent
    return found


def site(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of sites, the configured ones first; files and folders once a path is begun."""
    from harvester import folders, registry

    if folders.is_path(incomplete):
        return [CompletionItem(incomplete, type="file")]

    try:
        config = _globals(ctx).config
        known = registry.sites(config.sites, where=str(config.path or "harvester.toml"))
    except HarvestError:  # a faulty file is told when a command is run
        known = registry.sites({})
    order = sorted(known.values(), key=lambda one: not one.configured)
    return [_item(one.name, one.url) for one in order if one.name.startswith(incomplete)]


def family(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of families."""
    from harvester import registry

    return [_item(name) for name in registry.families() if name.startswith(incomplete)]


def harvest(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Numbers of harvests; subjects as soon as a letter is typed."""
    from harvester.catalog.glance import subjects

    try:
        found = subjects(_globals(ctx).library / "catalog.db")
    except HarvestError:
        return []
    if incomplete and not incomplete.isdigit():
        names = dict.fromkeys(subject for _, subject in found)
        return [_item(name) for name in names if name.startswith(incomplete)]
    return [_item(str(n), name) for n, name in found if str(n).startswith(incomplete)]


def format(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of export formats."""
    from harvester.export import FORMATS

    return [_item(name) for name in FORMATS if name.startswith(incomplete)]


def picture(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """A file; SITE:ID and addresses nobody can foresee."""
    return [CompletionItem(incomplete, type="file")]


def _item(value: str, help: str | None = None) -> CompletionItem:
    return CompletionItem(printable(value), help=printable(help) if help else None)
