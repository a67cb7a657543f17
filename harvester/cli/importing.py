"""`harvest import`: what people have already becomes part of a harvest; what became of each picture is told."""

from __future__ import annotations

import shlex
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harvester.cli.limiting import limited
from harvester.cli.options import Globals, common
from harvester.errors import Exit, UsageError

if TYPE_CHECKING:  # loaded when it is used, so that completion answers at once
    from harvester.cli.summary import Summary
    from harvester.recipe import Recipe
    from harvester.stages.importing import Taken
    from harvester.stages.shop import Shop

SHOWN = 40
"""So many pictures are named in text; `--json` has all of them."""


@click.command()
@click.argument(
    "folder",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="DIR...",
)
@click.option("--tag", multiple=True, help="Name of the subject that the pictures are of.")
@click.option(
    "--kind", type=click.Choice(["character", "style", "other"]), help="What the subject is."
)
@limited
@common
def import_command(options: Globals, folder: tuple[Path, ...], **given: Any) -> int:
    """Take the pictures of folders or ZIPs into a subject's harvest."""
    if not given["tag"]:
        raise UsageError("--tag is missing; say whom the pictures are of, e.g. --tag hakurei_reimu")
    return _import(options, folder, given)


def _import(options: Globals, folder: tuple[Path, ...], given: dict[str, Any]) -> int:
    from harvester import folders
    from harvester import limits as bounds
    from harvester.cli import summary
    from harvester.cli.limiting import given_limits
    from harvester.cli.options import going_on
    from harvester.cli.terminal import Terminal
    from harvester.stages.handing_over import hand_over
    from harvester.stages.importing import take_in, taken
    from harvester.stages.opening import Ask, shop
    from harvester.stages.recording import recorded
    from harvester.stages.shop import Progress

    limits = bounds.parse(given_limits(given))
    places = tuple(folders.address(str(path), Path()) for path in folder)
    recipe, number = _recipe(options, given["tag"], given["kind"])
    asked = Ask(
        recipe, options.library, options.config, limits=limits, harvest=number, sites=places
    )
    again = options.command(_typed(folder, given))
    with (
        Terminal(options) as terminal,
        shop(asked, tell=terminal.show, waiting=terminal.wait) as (ready, changed),
        going_on(again),
        recorded(ready) as record,
    ):
        terminal.begin(ready, options.library)
        take_in(ready, changed=changed)
        told, found = summary.of(ready), taken(ready)
        ready.tell(Progress("deliver"))
        written = hand_over(ready, options.library)
        terminal.end()
        record.ended(told.how, told.sentence, selected=told.selected)
        step = again if told.limit else options.command(f"resume {ready.harvest.id}")
        result = _json(ready, told, found, written) | {"next": step}
        options.show(result, lambda: _text(result))
    if ready.trouble:
        return Exit.SITE
    return Exit.SHORT if told.limit else Exit.DONE


def _recipe(options: Globals, tags: tuple[str, ...], kind: str | None) -> tuple[Recipe, int | None]:
    """The recipe of the subject's newest harvest and its number; the usual one where there is none."""
    from harvester import recipe as recipes
    from harvester.catalog import harvests
    from harvester.stages.libraries import CATALOG, library

    fresh = recipes.parse({"tag": list(tags), "kind": kind or "character"})
    if not (options.library / CATALOG).exists():
        return fresh, None
    with library(options.library) as catalog:
        for one in reversed(harvests.every(catalog)):
            if one.subject == fresh.subject and kind in {None, one.kind} and one.revision:
                return harvests.recipe_of(catalog, one), one.id
    return fresh, None


def _typed(folder: tuple[Path, ...], given: dict[str, Any]) -> str:
    words = ["import", *map(str, folder)]
    for tag in given["tag"]:
        words += ["--tag", tag]
    return shlex.join([*words, *(["--kind", given["kind"]] if given["kind"] else [])])


def _json(
    ready: Shop, told: Summary, found: list[Taken], written: tuple[Path | None, Path | None, int]
) -> dict[str, Any]:
    from harvester.folders import path_of

    folder, sheet, replaced = written
    return {
        "harvest": ready.harvest.id,
        "subject": ready.harvest.subject,
        "kind": ready.harvest.kind,
        "folders": [
            {"site": name, "path": str(path_of(adapter.site.url))}
            for name, adapter in ready.adapters.items()
        ],
        "found": len(found),
        "states": dict(Counter(one.state.value for one in found)),
        "chosen": sum(one.chosen for one in found),
        "pictures": [
            {
                "key": one.key,
                "address": one.address,
                "state": one.state.value,
                "by": one.by,
                "reason": one.reason,
                "kept": one.kept,
                "chosen": one.chosen,
            }
            for one in found
        ],
        "selected": told.selected,
        "target": told.target,
        "trouble": told.trouble,
        "limit": told.limit or None,
        "summary": told.sentence,
        "replaced": replaced,
        "folder": str(folder) if folder else None,
        "sheet": str(sheet) if sheet else None,
    }


def _text(told: dict[str, Any]) -> str:
    noun = "picture" if told["found"] == 1 else "pictures"
    counted = ", ".join(f"{number} {state}" for state, number in sorted(told["states"].items()))
    lines = [
        f"harvest {told['harvest']}: {told['subject']} ({told['kind']}), {told['summary']}",
        "",
    ]
    lines += [f"  from        {one['path']}  ({one['site']})" for one in told["folders"]]
    lines.append(f"  {noun:<12}{told['found']} found: {counted or 'none'}; {told['chosen']} chosen")
    lines += [f"  trouble     {reason}" for reason in told["trouble"].values()]
    others = [one for one in told["pictures"] if one["state"] != "accepted"]
    if others:
        lines.append("")
    for one in others[:SHOWN]:
        by = f" by {one['by']}" if one["state"] == "rejected" else ""
        lines.append(
            f"  {one['key'].partition(':')[2]}: {one['state']}{by}; {one['reason']}".rstrip("; ")
        )
    if len(others) > SHOWN:
        lines.append(f"  and {len(others) - SHOWN} more; --json tells all of them")
    lines.append("")
    if told["replaced"]:
        lines.append(f"  {'replaced':<12}{told['replaced']} by a better copy")
    for label in ("folder", "sheet"):
        if told[label]:
            lines.append(f"  {'pictures' if label == 'folder' else label:<12}{told[label]}")
    return "\n".join([*lines, f"  next        {told['next']}"])
