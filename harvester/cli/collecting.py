"""What `harvest --tag`, `run`, `resume` and `retry` do: collect, show progress, sum up, write the folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harvester import limits as bounds
from harvester import recipe as recipes
from harvester.catalog import harvests, members
from harvester.catalog.harvests import Harvest
from harvester.cli import summary
from harvester.cli.asking import picker
from harvester.cli.options import Globals, going_on
from harvester.cli.terminal import Terminal
from harvester.cli.wishing import wishes
from harvester.errors import Exit
from harvester.model import State
from harvester.recipe import Recipe
from harvester.stages.choosing import harvest_of
from harvester.stages.handing_over import hand_over
from harvester.stages.libraries import library
from harvester.stages.opening import Ask, shop
from harvester.stages.recording import recorded
from harvester.stages.rounds import run
from harvester.stages.shop import Progress
from harvester.tables import read_toml


def quick_recipe(given: dict[str, Any]) -> Recipe:
    """The recipe that options make."""
    return recipes.parse(wishes(given))


def collect(
    options: Globals,
    recipe: Recipe,
    *,
    new: bool = False,
    again: str = "",
    limits: Mapping[str, Any] | None = None,
    harvest: int | None = None,
) -> int:
    """Run a recipe to its end, print the summary, write the folder; the exit code.

    `again` is the command that goes on, where it is not `harvest resume`; `limits` are those of this run;
    `harvest` says which one, where it is not the newest of the recipe's subject.
    """
    where = options.library
    bounded = bounds.parse(limits or {})
    asked = Ask(recipe, where, options.config, new, bounded, harvest=harvest)
    with (
        Terminal(options) as terminal,
        shop(asked, tell=terminal.show, waiting=terminal.wait) as (ready, changed),
        going_on(again or options.command(f"resume {ready.harvest.id}")),
        recorded(ready) as record,
    ):
        terminal.begin(ready, where)
        ready.pick = picker(options, terminal)
        run(ready, changed=changed)
        told = summary.of(ready)
        ready.tell(Progress("deliver"))
        folder, sheet, replaced = hand_over(ready, where)
        told = replace(told, replaced=replaced)
        terminal.end()
        record.ended(told.how, told.sentence, selected=told.selected)
        options.show(
            told.as_json(folder, sheet),
            lambda: told.as_text(folder, sheet, command=options.command, again=again),
        )
    return _code(told)


def _code(told: summary.Summary) -> int:
    if told.selected >= told.target:
        return Exit.DONE
    if told.trouble and not told.found:
        return Exit.SITE
    return Exit.SHORT


def run_file(
    options: Globals, recipe: Path, *, new: bool = False, limits: Mapping[str, Any]
) -> int:
    """Collect what a recipe file asks for; limits given as options win over those in the file."""
    table = read_toml(recipe)
    asked = recipes.parse(table, where=str(recipe), base=recipe.parent)
    given = {name: value for name, value in limits.items() if value is not None}
    return collect(options, asked, new=new, limits={**table.get("limits", {}), **given})


def resume(options: Globals, harvest: str | None, limits: Mapping[str, Any]) -> int:
    """Go on with a harvest (by number or tag; the last one if none is named)."""
    found, recipe = _stored(options, harvest)
    return collect(options, recipe, limits=limits, harvest=found.id)


def retry(options: Globals, harvest: str | None, limits: Mapping[str, Any]) -> int:
    """Try again what failed to download, then go on."""
    found, recipe = _stored(options, harvest)
    with library(options.library) as catalog:
        failed = members.find(catalog, found.id, State.FAILED)
        moves = [members.Move(number, State.WANTED, "screen") for number in failed]
        catalog.write(lambda db: members.move(db, found.id, moves))
    return collect(options, recipe, limits=limits, harvest=found.id)


def _stored(options: Globals, name: str | None) -> tuple[Harvest, Recipe]:
    with library(options.library) as catalog:
        found = harvest_of(catalog, name)
        return found, harvests.recipe_of(catalog, found)
