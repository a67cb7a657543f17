"""A recipe as a commented file: every key there is, what it is for, and its default. Written from the dataclasses."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import Field, fields
from typing import Any

import tomli_w

from harvester import gates
from harvester.limits import Limits
from harvester.recipe import KEYS, KINDS, Caps, Export, Mix, Recipe, table_of

HEAD = """\
# A recipe: `harvest run {name}` collects what it asks for, and goes on with it.
# Lines that begin with "# " and a key show what may be set, at its default or as an example."""

TABLES: Mapping[str, tuple[type[Any], str]] = {
    "mix": (Mix, "Shares of the target by framing, for a character; together at most 1."),
    "caps": (Caps, "Upper shares of the target."),
    "export": (Export, "The finished folder in the library."),
    "limits": (
        Limits,
        "What one run may spend; the next run goes on. No part of the recipe itself.",
    ),
}
ASKED = ("tag", "kind", "target", "sites")
"""Keys that are always written out, if they have a value."""


def commented(recipe: Recipe, limits: Mapping[str, Any], *, name: str) -> str:
    """The text of a recipe file; `harvest run` reads the same recipe and limits out of it."""
    table = {**table_of(recipe), "limits": limits}
    defaults = table_of(Recipe((), kind=recipe.kind, target=KINDS[recipe.kind])) | {"limits": {}}
    lines = [HEAD.format(name=name), ""]
    for item in fields(Recipe):
        if item.metadata:
            lines += _key(item, table, defaults, always=ASKED)
    lines += [
        "[gates]  # the rules of quality: a value, or false to switch one off",
        *_gates(table),
    ]
    for key, (kind, says) in TABLES.items():
        lines += ["", f"[{key}]  # {says}"]
        for item in fields(kind):
            lines += _key(item, table[key], defaults[key])
    return "\n".join(lines).rstrip() + "\n"


def _key(
    item: Field[Any],
    table: Mapping[str, Any],
    defaults: Mapping[str, Any],
    always: tuple[str, ...] = (),
) -> Iterator[str]:
    """A key with its comment before it; commented out where it has its default."""
    key = KEYS_BACK.get(item.name, item.name)
    value = table.get(key)
    given = value not in (None, [], {}) and (key in always or value != defaults.get(key))
    shown = value if given else _default(item, defaults.get(key))
    yield f"# {item.metadata['says']}"
    yield f"{'' if given else '# '}{key} = {toml(shown)}"
    if "." not in key and always:
        yield ""


KEYS_BACK = {code: key for key, code in KEYS.items()}


def _default(item: Field[Any], default: Any) -> Any:
    return item.metadata.get("example") if default in (None, [], {}) else default


def _gates(table: Mapping[str, Any]) -> Iterator[str]:
    """Every gate that has something to set, with its doc; those of the recipe are set."""
    by_gate: dict[str, list[gates.Row]] = {}
    for row in gates.describe():
        by_gate.setdefault(row.name, []).append(row)
    for name, rows in by_gate.items():
        settable = any(row.field for row in rows) or name not in gates.ALWAYS
        if name == "rating" or not settable:
            continue
        yield from textwrap.wrap(rows[0].doc, 100, initial_indent="# ", subsequent_indent="# ")
        if name in table["gates"]:
            yield f"{name} = {toml(table['gates'][name])}"
        else:
            yield f"# {name} = {_told(rows)}"


def _told(rows: list[gates.Row]) -> str:
    """A gate's defaults in the shortest form that a recipe takes."""
    if not rows[0].field:
        return "true"
    if len(rows) == 1:
        return rows[0].default
    return "{ " + ", ".join(f"{row.field} = {row.default}" for row in rows) + " }"


def toml(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml(one) for one in value) + "]"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {toml(one)}" for key, one in value.items()) + " }"
    return tomli_w.dumps({"x": value}).removeprefix("x = ").strip()
