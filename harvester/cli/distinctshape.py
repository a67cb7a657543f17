"""What `harvest distinct --json` prints, and what `harvest why` prints of other harvests."""

from __future__ import annotations

from typing import Any

DISTINCT: dict[str, Any] = {
    "pictures": [{"picture": "str", "file": "str | null", "keys": ["str"]}],
    "undone": "bool",
    "harvests": [
        {
            "harvest": "int",
            "subject": "str",
            "changes": [{"key": "str", "before": "str", "after": "str", "reason": "str"}],
            "selected": "int",
            "busy": "str | null",
            "next": "str",
        }
    ],
}

ELSEWHERE: list[Any] = [
    {"key": "str", "harvests": ["int"], "kind": "str", "distance": "float", "evidence": "str"}
]
