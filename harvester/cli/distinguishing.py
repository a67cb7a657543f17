"""`harvest distinct`: a person says which pictures are no copies of each other, and takes it back."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from harvester.cli import completing
from harvester.cli.changing import changed
from harvester.cli.options import Globals, common
from harvester.errors import UsageError

if TYPE_CHECKING:  # loaded when it is used, so that completion answers at once
    from harvester.stages.distinct import Settled, Thing


@click.command()
@click.argument("picture", nargs=-1, required=True, shell_complete=completing.picture)
@click.option("--undo", is_flag=True, help="Take back that these are distinct.")
@common
def distinct_command(options: Globals, picture: tuple[str, ...], undo: bool) -> None:
    """Say that pictures are no copies of each other."""
    if len(picture) < 2:
        raise UsageError(
            "name two pictures or more that are no copies of each other: SITE:ID, a file, its SHA-256, an address"
        )
    from harvester.stages.distinct import tell, things
    from harvester.stages.libraries import library

    with library(options.library) as catalog:
        found = things(catalog, picture)
        settled = tell(catalog, options.config, found, undo=undo)
    told = {
        "pictures": [_thing(one) for one in found],
        "undone": undo,
        "harvests": [_json(options, one) for one in settled],
    }
    options.show(told, lambda: _text(told))


def _thing(one: Thing) -> dict[str, Any]:
    return {
        "picture": one.typed,
        "file": one.name if one.known[0].asset else None,
        "keys": [known.value.key for known in one.known],
    }


def _json(options: Globals, one: Settled) -> dict[str, Any]:
    return {
        "harvest": one.harvest,
        "subject": one.subject,
        "changes": [asdict(change) for change in one.changes],
        "selected": one.selected,
        "busy": one.busy or None,
        "next": options.command(f"resume {one.harvest}"),
    }


def _text(told: dict[str, Any]) -> str:
    names = " and ".join(one["picture"] for one in told["pictures"])
    said = "may be copies again, if they look it" if told["undone"] else "are distinct from now on"
    lines = [f"{names} {said}"]
    if not told["harvests"]:
        lines.append("  no harvest has two of them yet")
    for one in told["harvests"]:
        lines += ["", f"  harvest {one['harvest']} ({one['subject']}): {_came_to(one)}"]
        lines += changed(one["changes"])
        if one["changes"] or one["busy"]:
            lines.append(f"    next        {one['next']}")
    return "\n".join(lines)


def _came_to(one: dict[str, Any]) -> str:
    if one["busy"]:
        return f"{one['busy']}; what you said is kept, and heard when its round ends or by its next run"
    if not one["changes"]:
        return "nothing changes"
    return f"{one['selected']} selected now; the finished folder follows with the next run"
