"""`harvest init`: a few questions, or options in their place, and a commented recipe is written."""

from __future__ import annotations

import shlex
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harvester.cli.limiting import given_limits, limited
from harvester.cli.options import FILE, Globals, common
from harvester.cli.printing import fitted
from harvester.cli.wishing import wished, wishes
from harvester.errors import LibraryError, RecipeError, UsageError

if TYPE_CHECKING:  # loaded when it is used, so that completion answers at once
    from harvester.recipe import Recipe

MIXES = {
    "balanced": "a bit of everything, as a character needs it",
    "faces": "mostly faces and upper bodies",
    "figures": "mostly whole figures",
    "any": "the best ones, however they are framed",
}
"""Names of `recipe.MIXES`, and what is said of them when asked."""


@click.command()
@click.argument("file", type=FILE, required=False)
@wished
@click.option("--mix", type=click.Choice(list(MIXES)), help="Which framings are wished for.")
@limited
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@common
def init_command(options: Globals, file: Path | None, force: bool, **given: Any) -> None:
    """Write a recipe (default: the subject's name with .toml, in this folder)."""
    from harvester import limits as bounds
    from harvester import recipe as recipes

    limits = {name: value for name, value in given_limits(given).items() if value is not None}
    bounds.parse(limits)
    table = _told(options, given)
    if limits:
        table["limits"] = limits
    recipe = recipes.parse(table)
    path = file or Path(f"{_safe(recipe.subject)}.toml")
    _write(path, recipe, limits, force=force)
    step = options.command(f"run {shlex.quote(str(path))}")
    told = {"recipe": str(path), "next": step}
    options.show(told, lambda: f"wrote {path}\n\n  next        {step}")


def _told(options: Globals, given: dict[str, Any]) -> dict[str, Any]:
    """The recipe's table: what options say, and answers to the rest where a person can be asked."""
    from harvester import recipe as recipes

    mix = given.pop("mix")
    table = wishes(given)
    if sys.stdin.isatty() and sys.stderr.isatty() and not options.json:
        mix = _asked(options, table, mix)
    if not table.get("tag"):
        raise UsageError(
            "--tag is missing and there is no terminal to ask at; e.g. harvest init --tag hakurei_reimu"
        )
    if mix is not None and mix != "balanced":
        table["mix"] = asdict(recipes.MIXES[mix])
    return table


def _asked(options: Globals, table: dict[str, Any], mix: str | None) -> str | None:
    """Asks for what no option said; the answers go into `table`, the name of the mix is returned."""
    from harvester.recipe import KINDS

    if "tag" not in table:
        table["tag"] = [_prompt("Whom or what to collect, as a tag")]
    if "kind" not in table:
        table["kind"] = _prompt("What it is", default="character", kind=click.Choice(list(KINDS)))
    if "target" not in table:
        table["target"] = _prompt("How many pictures", default=KINDS[table["kind"]], kind=int)
    if "sites" not in table:
        table["sites"] = _sites(options)
    if mix is None and table["kind"] == "character":
        for name, says in MIXES.items():
            click.echo(f"  {name:<10}{says}", err=True)
        mix = _prompt("Which framings", default="balanced", kind=click.Choice(list(MIXES)))
    return mix


def _sites(options: Globals) -> list[str]:
    """The sites to ask, by name, with blanks or commas between them; asked again for a name nobody knows."""
    from harvester import registry

    config = options.config
    known = registry.sites(config.sites, where=str(config.path or "harvester.toml"))
    usual = " ".join(name for name, site in known.items() if site.enabled)
    listed = fitted(f"Sites there are: {', '.join(known)}", shutil.get_terminal_size().columns)
    click.echo(listed, err=True)
    while True:
        said = str(_prompt("Which of them to ask", default=usual or next(iter(known))))
        names = said.replace(",", " ").split()
        try:
            registry.chosen(tuple(names), known)
        except RecipeError as error:
            click.echo(str(error), err=True)
            continue
        return names


def _prompt(question: str, *, default: Any = None, kind: Any = None) -> Any:
    return click.prompt(question, default=default, type=kind, err=True)


def _write(path: Path, recipe: Recipe, limits: dict[str, Any], *, force: bool) -> None:
    from harvester.cli.template import commented

    text = commented(recipe, limits, name=path.name)
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} is there already; name another file, or add --force") from None
    except OSError as error:
        raise LibraryError(
            f"{path}: cannot be written ({error.strerror}); name another file"
        ) from None


def _safe(subject: str) -> str:
    from harvester.stages.deliver import safe

    return safe(subject)
