"""What a person's word changed in a harvest, as `harvest distinct` and `harvest forget` print it."""

from __future__ import annotations

from typing import Any

SHOWN = 20
"""So many things of a kind are named in text; `--json` has all of them."""

CHANGES: list[Any] = [{"key": "str", "before": "str", "after": "str", "reason": "str"}]
"""The shape of a list of changes with --json."""


def changed(changes: list[dict[str, Any]]) -> list[str]:
    """A line for each change, as far as they are shown."""
    lines = [f"    {_change(change)}" for change in changes[:SHOWN]]
    if len(changes) > SHOWN:
        lines.append(f"    and {len(changes) - SHOWN} more; --json tells all of them")
    return lines


def _change(change: dict[str, Any]) -> str:
    why = f"; {change['reason']}" if change["reason"] else ""
    return f"{change['key']}: {change['before']} → {change['after']}{why}"
