"""What `harvest distinct --json` prints, and what `harvest why` prints of other harvests."""

from __future__ import annotations

from typing import Any

from harvester.cli.changing import CHANGES

DISTINCT: dict[str, Any] = {
    "pictures": [{"picture": "str", "file": "str | null", "keys": ["str"]}],
    "undone": "bool",
    "harvests": [
        {
            "harvest": "int",
            "subject": "str",
            "changes": CHANGES,
            "selected": "int",
            "busy": "str | null",
            "next": "str",
        }
    ],
}

ELSEWHERE: list[Any] = [
    {"key": "str", "harvests": ["int"], "kind": "str", "distance": "float", "evidence": "str"}
]
