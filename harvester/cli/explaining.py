"""`harvest why`: what became of one picture, and which gate said what about it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harvester.cli import completing
from harvester.cli.options import Globals, common
from harvester.cli.printing import printable
from harvester.errors import UsageError

if TYPE_CHECKING:  # loaded when it is used, so that completion answers at once
    from harvester.claims import Conflict
    from harvester.stages.elsewhere import Elsewhere
    from harvester.stages.explain import Explanation
    from harvester.stages.relatives import Alike

MOST_ALIKE = 20
"""So many duplicates and variants are named in text."""


@click.command()
@click.argument("picture", shell_complete=completing.picture)
@common
def why_command(options: Globals, picture: str) -> None:
    """Explain one picture: a file, its SHA-256, its address, or SITE:ID."""
    from harvester.stages.explain import explain
    from harvester.stages.libraries import library

    with library(options.library) as catalog:
        found = explain(catalog, picture, Path(picture))
        if not found:
            raise UsageError(
                f"the library knows no picture '{picture}'; give a file it wrote, its SHA-256, an address, or SITE:ID such as danbooru:123"
            )
        options.show([_json(one) for one in found], lambda: "\n\n".join(map(_text, found)))


def _json(one: Explanation) -> dict[str, Any]:
    return {
        "key": one.key,
        "page": one.page,
        "harvest": one.harvest,
        "subject": one.subject,
        "state": one.member.state.value,
        "stage": one.member.stage,
        "gate": one.member.gate,
        "reason": one.reason,
        "relaxed": one.member.relaxed,
        "place": one.member.place,
        "selection": one.member.why,
        "file": one.file,
        "address": one.address,
        "larger": one.larger,
        "elsewhere": one.elsewhere,
        "artists": [*one.origin.artists],
        "sources": [*one.origin.sources],
        "licences": [*one.origin.licences],
        "conflicts": [asdict(conflict) for conflict in one.conflicts],
        "alike": [asdict(alike) for alike in one.alike],
        "distinct": [*one.distinct],
        "library": [asdict(other) | {"harvests": [*other.harvests]} for other in one.library],
        "rulings": [
            {"phase": phase, "revision": revision, "rulings": [asdict(ruling) for ruling in given]}
            for phase, revision, given in one.rulings
        ],
    }


def _text(one: Explanation) -> str:
    lines = [
        f"{one.key}  {one.page}",
        f"harvest {one.harvest} ({one.subject}): {one.member.state.value}"
        + (f" at {one.member.stage}" if one.member.stage else "")
        + (f" by {one.member.gate}" if one.member.gate else ""),
    ]
    if one.reason:
        lines.append(f"  {one.reason}")
    if one.member.why:
        lines.append(f"  {one.member.why}")
    if one.file:
        lines.append(f"  file {one.file}")
    if one.address:
        lines.append(f"  from {one.address}" + (f" ({one.larger})" if one.larger else ""))
    for word, texts in (
        ("also", one.elsewhere),
        ("made by", one.origin.artists),
        ("taken from", one.origin.sources),
        ("licence", one.origin.licences),
    ):
        if texts:
            lines.append(f"  {word} {', '.join(texts)}")
    lines += [f"  {_conflict(conflict)}" for conflict in one.conflicts]
    lines += [f"  {_alike(alike)}" for alike in one.alike[:MOST_ALIKE]]
    if len(one.alike) > MOST_ALIKE:
        lines.append(f"  and {len(one.alike) - MOST_ALIKE} more like it; --json tells all of them")
    lines += [f"  no copy of {key}: you said so (`harvest distinct`)" for key in one.distinct]
    lines += [f"  also in this library, {_elsewhere(other)}" for other in one.library]
    for phase, revision, given in one.rulings[-2:]:
        told = "claims" if phase == "screen" else "pixels"
        lines += ["", f"  judged on {told} (revision {revision})"]
        for ruling in given:
            lines.append(f"    {ruling.verdict.value:<8}{ruling.gate:<14}{ruling.reason}")
    return "\n".join(printable(line) for line in lines)


def _alike(one: Alike) -> str:
    apart = "" if one.distance is None else f"distance {one.distance:.2f}, "
    return f"{one.kind} of {one.key} ({apart}{one.evidence})"


def _elsewhere(one: Elsewhere) -> str:
    noun = "harvest" if len(one.harvests) == 1 else "harvests"
    numbers = ", ".join(map(str, one.harvests))
    return f"{noun} {numbers}: {one.key} ({one.kind}; {one.evidence})"


def _conflict(one: Conflict) -> str:
    said = ", ".join(f"{who} says {what}" for who, what in one.said.items())
    counts = f"{one.counts} counts" if one.counts else "unknown"
    return f"{one.fact}: {said}; {counts} ({one.rule})"
