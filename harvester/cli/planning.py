"""`harvest plan`: what a harvest would find and cost, before it is begun."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harvester.cli.app import harvest
from harvester.cli.limiting import given_limits
from harvester.cli.options import FILE, Globals, common
from harvester.errors import Exit, UsageError

if TYPE_CHECKING:  # loaded when it is used, so that --help answers at once
    from harvester.recipe import Recipe

OWN = frozenset({"library", "config", "as_json", "verbose", "quiet", "version"})
"""Options of the quick harvest that every command has anyway."""


@click.command()
@click.argument("recipe", type=FILE, required=False)
@common
def plan_command(options: Globals, recipe: Path | None, **given: Any) -> int:
    """Show what a harvest would find and cost: sites, names, counts, requests, bytes, minutes."""
    from harvester import limits as bounds
    from harvester.cli.asking import picker
    from harvester.cli.plantext import plan_json, plan_text
    from harvester.cli.terminal import Terminal
    from harvester.stages.opening import Ask
    from harvester.stages.planning import plan
    from harvester.stages.shop import Shop

    start = options.command(_begin(recipe, given))
    new, limits = given.pop("new"), given_limits(given)
    wanted = _recipe(recipe, given)
    asked = Ask(wanted, options.library, options.config, new, bounds.parse(limits))
    with Terminal(options) as terminal:

        def prepare(ready: Shop) -> None:
            ready.pick = picker(options, terminal)

        found = plan(asked, tell=terminal.show, prepare=prepare)
    options.show(plan_json(found), lambda: plan_text(found, asked.limits, start))
    return Exit.SITE if found.trouble and not found.looks else Exit.DONE


def _begin(path: Path | None, given: dict[str, Any]) -> str:
    """What is typed to do what was planned: the same words without `plan`."""
    words = ["run", str(path)] if path else []
    for option in harvest.params:
        value = given.get(option.name or "")
        if value in (None, False, ()):
            continue
        for one in value if isinstance(value, tuple) else (value,):
            words += [option.opts[0]] if one is True else [option.opts[0], str(one)]
    return shlex.join(words)


def _recipe(path: Path | None, given: dict[str, Any]) -> Recipe:
    from harvester import recipe as recipes
    from harvester.cli.collecting import quick_recipe

    if path is not None:
        if any(given.values()):
            raise UsageError("give a recipe file or --tag and its companions, not both")
        return recipes.load(path)
    if not given["tag"]:
        raise UsageError("say whom to plan for: --tag NAME, or a recipe file")
    return quick_recipe(given)


plan_command.params[1:1] = [one for one in harvest.params if one.name not in OWN]
