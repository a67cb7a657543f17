"""`harvest gates --try`: what other settings would make of a harvest, beside what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from harvester.catalog import harvests
from harvester.catalog.harvests import Harvest
from harvester.cli.options import Globals
from harvester.stages.choosing import harvest_of
from harvester.stages.libraries import library
from harvester.stages.trying import Standing, Trial, changed, tried


def show_trial(options: Globals, settings: Sequence[str], name: str | None) -> None:
    """Print how many members of a harvest would pass, be accepted and be selected, per gate."""
    with library(options.library) as catalog:
        harvest = harvest_of(catalog, name)
        recipe = harvests.recipe_of(catalog, harvest)
        trial = tried(catalog, harvest, recipe, changed(recipe, settings))
    options.show(_json(harvest, settings, trial), lambda: _text(harvest, settings, trial))


def _json(harvest: Harvest, settings: Sequence[str], trial: Trial) -> dict[str, Any]:
    return {
        "harvest": harvest.id,
        "subject": harvest.subject,
        "try": list(settings),
        "found": trial.judged,
        "target": trial.recipe.target,
        "now": asdict(trial.now),
        "then": asdict(trial.then),
        "fetch": trial.fetch,
    }


def _text(harvest: Harvest, settings: Sequence[str], trial: Trial) -> str:
    rows = _rows(trial.now, trial.then)
    wide = max(len(label) for label, _, _ in rows)
    lines = [
        f"harvest {harvest.id} ({harvest.subject}) with {', '.join(settings)}; nothing is changed",
        "",
        f"  {'':<{wide}}{'now':>8}{'then':>8}",
    ]
    for label, now, then in rows:
        change = f"{then - now:+d}" if then != now else ""
        lines.append(f"  {label:<{wide}}{now:>8}{then:>8}  {change}".rstrip())
    if trial.fetch:
        lines += ["", f"  {trial.fetch} of those that pass would still have to be fetched"]
    return "\n".join(lines)


def _rows(now: Standing, then: Standing) -> list[tuple[str, int, int]]:
    rows = [
        ("pass every gate", now.passing, then.passing),
        ("accepted, distinct", now.accepted, then.accepted),
        ("selected", now.selected, then.selected),
    ]
    names = sorted({*now.rejected, *then.rejected}, key=lambda name: -now.rejected.get(name, 0))
    return rows + [
        (f"rejected by {name}", now.rejected.get(name, 0), then.rejected.get(name, 0))
        for name in names
    ]
