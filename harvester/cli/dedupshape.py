"""What `harvest dedup --json` prints: keys and types, as `shapes` has those of every other command."""

from __future__ import annotations

from typing import Any

PICTURE: dict[str, Any] = {
    "path": "str",
    "width": "int | null",
    "height": "int | null",
    "format": "str | null",
    "quality": "int | null",
    "bytes": "int",
    "texts": ["str"],
}
ALIKE: dict[str, Any] = {"kind": "str", "distance": "float", "evidence": "str"}

DEDUP: dict[str, Any] = {
    "folders": ["str"],
    "files": "int",
    "pictures": "int",
    "copies": "int",
    "bytes": "int",
    "variants": "int",
    "moved": "int",
    "linked": "int",
    "groups": [
        {
            "kept": PICTURE,
            "because": ["str"],
            "copies": [
                PICTURE
                | ALIKE
                | {"because": "str", "done": "str", "at": "str | null", "left": "str"}
            ],
            "variants": [PICTURE | ALIKE],
        }
    ],
    "skipped": [{"path": "str", "why": "str"}],
}
