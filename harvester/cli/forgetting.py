"""`harvest forget`: a picture or an artist is removed from a library and kept out; --undo takes it back."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from harvester.cli import completing
from harvester.cli.changing import SHOWN, changed
from harvester.cli.options import Globals, common
from harvester.cli.printing import size, some
from harvester.errors import UsageError

if TYPE_CHECKING:  # loaded when it is used, so that completion answers at once
    from harvester.catalog.tombstones import Tombstone
    from harvester.stages.forgetting import Affected, Left, Outcome


@click.command()
@click.argument("what", nargs=-1, shell_complete=completing.picture)
@click.option("--undo", is_flag=True, help="Take back that these are to be kept out.")
@common
def forget_command(options: Globals, what: tuple[str, ...], undo: bool) -> None:
    """Remove a picture with its copies, or all of an artist, for good."""
    from harvester.catalog import tombstones
    from harvester.stages import forgetting
    from harvester.stages.libraries import library

    with library(options.library) as catalog:
        if not what:
            if undo:
                raise UsageError("name what is to be let in again; `harvest forget` lists it")
            listed = [_listed(one) for one in tombstones.every(catalog)]
            options.show(listed, lambda: _list_text(listed))
            return
        if undo:
            outcome = forgetting.recall(catalog, options.config, what)
        else:
            found = forgetting.targets(catalog, what)
            outcome = forgetting.forget(catalog, options.config, found)
    told = _json(options, outcome, undo=undo)
    options.show(told, lambda: _text(told))


def _listed(one: Tombstone) -> dict[str, Any]:
    since = datetime.fromtimestamp(one.said_at, UTC)
    return {"what": one.told, "since": since.isoformat(timespec="seconds"), "pictures": [*one.keys]}


def _list_text(listed: list[dict[str, Any]]) -> str:
    if not listed:
        return "nothing was removed with `harvest forget`"
    return "\n".join(
        f"{_day(one['since'])}  {one['what']}{_count(one['pictures'])}" for one in listed
    )


def _day(moment: str) -> str:
    return str(datetime.fromisoformat(moment).astimezone().date())


def _count(keys: list[str]) -> str:
    return f"  ({some(len(keys), 'post')})" if len(keys) > 1 else ""


def _json(options: Globals, outcome: Outcome, *, undo: bool) -> dict[str, Any]:
    return {
        "what": [*outcome.told],
        "undone": undo,
        "pictures": [*outcome.keys],
        "files": outcome.files,
        "bytes": outcome.bytes,
        "harvests": [_harvest(options, one) for one in outcome.harvests],
        "exports": [_export(options, one) for one in outcome.left],
    }


def _harvest(options: Globals, one: Affected) -> dict[str, Any]:
    return {
        "harvest": one.harvest,
        "subject": one.subject,
        "changes": [asdict(change) for change in one.changes],
        "selected": one.selected,
        "folder": str(one.folder) if one.folder else None,
        "next": options.command(f"resume {one.harvest}"),
    }


def _export(options: Globals, one: Left) -> dict[str, Any]:
    return {
        "folder": one.folder,
        "pictures": [*one.pictures],
        "next": options.command(" ".join(map(shlex.quote, one.again))),
    }


def _text(told: dict[str, Any]) -> str:
    names, number = ", ".join(told["what"]), len(told["pictures"])
    if told["undone"]:
        lines = [f"{names}: let in again; the next run fetches what it still wants"]
    else:
        files = f"{some(told['files'], 'file')} ({size(told['bytes'])}) deleted"
        lines = [f"{names}: kept out from now on; {some(number, 'post')}, {files}"]
        lines += [f"  {key}" for key in told["pictures"][:SHOWN] if key not in told["what"]]
    for one in told["harvests"]:
        came = f"{one['selected']} selected now" if one["changes"] else "nothing changes"
        lines += ["", f"  harvest {one['harvest']} ({one['subject']}): {came}"]
        lines += changed(one["changes"])
        if one["folder"]:
            lines.append(f"    written     {one['folder']}")
        lines.append(f"    next        {one['next']}")
    for one in told["exports"]:
        lines += ["", f"  {one['folder']} still holds {', '.join(one['pictures'][:SHOWN])}"]
        lines.append(f"    next        {one['next']}")
    return "\n".join(lines)
