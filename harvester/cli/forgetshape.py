"""What `harvest forget --json` prints: the list of what was removed, and what removing something did."""

from __future__ import annotations

from typing import Any

from harvester.cli.changing import CHANGES

FORGET: list[Any] = [{"what": "str", "since": "str", "pictures": ["str"]}]

FORGET_WHAT: dict[str, Any] = {
    "what": ["str"],
    "undone": "bool",
    "pictures": ["str"],
    "files": "int",
    "bytes": "int",
    "harvests": [
        {
            "harvest": "int",
            "subject": "str",
            "changes": CHANGES,
            "selected": "int",
            "folder": "str | null",
            "next": "str",
        }
    ],
    "exports": [{"folder": "str", "pictures": ["str"], "next": "str"}],
}
