"""`harvest status`: how far each harvest is."""

from __future__ import annotations

import click

from harvester.catalog import harvests
from harvester.cli import summary
from harvester.cli.options import Globals, common
from harvester.stages.choosing import harvest_of
from harvester.stages.opening import library


@click.command()
@click.argument("harvest", required=False)
@common
def status_command(options: Globals, harvest: str | None) -> None:
    """Show how far harvests are (all, or one by number or tag)."""
    with library(options.library) as catalog:
        chosen = [harvest_of(catalog, harvest)] if harvest else harvests.every(catalog)
        told = [summary.told(catalog, one, harvests.recipe_of(catalog, one)) for one in chosen]
    head = f"library {options.library.resolve()}\n\n"
    empty = "no harvest yet; `harvest --tag NAME` starts one"
    options.show(
        [one.as_json() for one in told],
        lambda: head + ("\n\n".join(one.as_text() for one in told) or empty),
    )
