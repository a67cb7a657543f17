"""`harvest run`, `resume` and `retry` as they are typed; what they do is loaded when they do it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harvester.cli import completing
from harvester.cli.limiting import limited
from harvester.cli.options import FILE, Globals, common


@click.command()
@click.argument("recipe", type=FILE)
@click.option("--new", is_flag=True, help="Start another harvest of the same subject.")
@limited
@common
def run_command(options: Globals, recipe: Path, new: bool, **limits: Any) -> int:
    """Collect what a recipe file asks for."""
    from harvester.cli.collecting import run_file

    return run_file(options, recipe, new=new, limits=limits)


@click.command()
@click.argument("harvest", required=False, shell_complete=completing.harvest)
@limited
@common
def resume_command(options: Globals, harvest: str | None, **limits: Any) -> int:
    """Go on with a harvest (by number or tag; the last one if none is named)."""
    from harvester.cli.collecting import resume

    return resume(options, harvest, limits)


@click.command()
@click.argument("harvest", required=False, shell_complete=completing.harvest)
@limited
@common
def retry_command(options: Globals, harvest: str | None, **limits: Any) -> int:
    """Try again what failed to download, then go on."""
    from harvester.cli.collecting import retry

    return retry(options, harvest, limits)
