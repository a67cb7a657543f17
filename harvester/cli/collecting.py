"""`harvest --tag`, `run`, `resume` and `retry`: collect, show progress, sum up, write the folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harvester import recipe as recipes
from harvester.catalog import harvests, members
from harvester.catalog.harvests import Harvest
from harvester.cli import summary
from harvester.cli.options import FILE, Globals, common
from harvester.cli.terminal import Terminal
from harvester.errors import Exit, HarvestError
from harvester.model import State
from harvester.recipe import Recipe
from harvester.stages.choosing import harvest_of
from harvester.stages.deliver import deliver, folder_of
from harvester.stages.opening import Ask, library, shop
from harvester.stages.rounds import run
from harvester.stages.shop import Shop


def quick_recipe(given: dict[str, Any]) -> Recipe:
    """The recipe that options make."""
    renamed = {"tag": "tag", "target": "target", "site": "sites", "kind": "kind"}
    renamed |= {"want": "with", "avoid": "without", "rating": "rating"}
    table = {renamed[key]: value for key, value in given.items() if value not in (None, ())}
    return recipes.parse({key: list(v) if isinstance(v, tuple) else v for key, v in table.items()})


def collect(options: Globals, recipe: Recipe, *, new: bool = False) -> int:
    """Run a recipe to its end, print the summary, write the folder; the exit code."""
    where = options.library
    asked = Ask(recipe, where, options.config, new)
    with Terminal(options) as terminal, shop(asked, tell=terminal.show) as (ready, changed):
        terminal.begin(ready, where)
        try:
            run(ready, changed=changed)
        except HarvestError as error:
            harvests.end(ready.catalog, ready.harvest.id, "failed", str(error))
            raise
        told = summary.of(ready)
        folder = _deliver(ready, where)
        terminal.end()
        how = "done" if told.selected >= recipe.target else "short"
        harvests.end(ready.catalog, ready.harvest.id, how, told.sentence)
        options.show(told.as_json(folder), lambda: told.as_text(folder))
    return _code(told)


def _deliver(ready: Shop, where: Path) -> Path | None:
    if ready.recipe.export.format == "none" or not members.selected(
        ready.catalog, ready.harvest.id
    ):
        return None
    folder = folder_of(where, ready.harvest)
    deliver(ready.catalog, ready.store, ready.harvest, ready.recipe.export.format, folder)
    return folder


def _code(told: summary.Summary) -> int:
    if told.selected >= told.target:
        return Exit.DONE
    if told.trouble and not told.found:
        return Exit.SITE
    return Exit.SHORT


@click.command()
@click.argument("recipe", type=FILE)
@click.option("--new", is_flag=True, help="Start another harvest of the same subject.")
@common
def run_command(options: Globals, recipe: Path, new: bool) -> int:
    """Collect what a recipe file asks for."""
    return collect(options, recipes.load(recipe), new=new)


@click.command()
@click.argument("harvest", required=False)
@common
def resume_command(options: Globals, harvest: str | None) -> int:
    """Go on with a harvest (by number or tag; the last one if none is named)."""
    return collect(options, _stored(options, harvest)[1])


@click.command()
@click.argument("harvest", required=False)
@common
def retry_command(options: Globals, harvest: str | None) -> int:
    """Try again what failed to download, then go on."""
    found, recipe = _stored(options, harvest)
    with library(options.library) as catalog:
        failed = members.find(catalog, found.id, State.FAILED)
        moves = [members.Move(number, State.WANTED, "screen") for number in failed]
        catalog.write(lambda db: members.move(db, found.id, moves))
    return collect(options, recipe)


def _stored(options: Globals, name: str | None) -> tuple[Harvest, Recipe]:
    with library(options.library) as catalog:
        found = harvest_of(catalog, name)
        return found, harvests.recipe_of(catalog, found)
