"""Which harvest a person means: a number, a tag, or the last one."""

from __future__ import annotations

import difflib

from harvester.catalog import harvests
from harvester.catalog.core import Catalog
from harvester.catalog.harvests import Harvest
from harvester.errors import UsageError
from harvester.recipe import folded


def harvest_of(catalog: Catalog, name: str | None) -> Harvest:
    """The harvest called so; UsageError with the choices when it is not plain which is meant."""
    every = harvests.every(catalog)
    if not every:
        raise UsageError("this library has no harvest yet; `harvest --tag NAME` starts one")
    if name is None:
        return every[-1]
    listed = ", ".join(f"{found.id} ({found.subject})" for found in every[-10:])
    if name.isdigit():
        for found in every:
            if found.id == int(name):
                return found
        raise UsageError(f"there is no harvest {name}; there are: {listed}")
    matching = [found for found in every if found.subject == folded(name)]
    if len(matching) == 1:
        return matching[0]
    if matching:
        numbers = ", ".join(f"{found.id} ({found.kind})" for found in matching)
        raise UsageError(f"several harvests are of '{name}': {numbers}; give the number")
    near = difflib.get_close_matches(folded(name), [found.subject for found in every], 1, 0.5)
    hint = f"did you mean '{near[0]}'?" if near else f"there are: {listed}"
    raise UsageError(f"there is no harvest of '{name}'; {hint}")
