"""What `--json` prints, by command: keys and types in one place, for the documentation and for the tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harvester.cli.dedupshape import DEDUP
from harvester.cli.distinctshape import DISTINCT, ELSEWHERE
from harvester.cli.forgetshape import FORGET, FORGET_WHAT

Shape = str | list[Any] | dict[str, Any]
"""A type by name, several with "|" between them; a list of one shape; an object by its keys, "*" being any."""

SUMMARY: dict[str, Any] = {
    "harvest": "int",
    "subject": "str",
    "kind": "str",
    "revision": "int",
    "target": "int",
    "selected": "int",
    "found": "int",
    "states": {"*": "int"},
    "framing": {"*": "int"},
    "mix": {"*": "int"},
    "reasons": [{"state": "str", "by": "str", "count": "int"}],
    "hints": [
        {
            "gate": "str",
            "setting": "str",
            "words": "str",
            "more": "int",
            "partly": "bool",
            "sentence": "str",
        }
    ],
    "trouble": {"*": "str"},
    "relaxed": {"*": "int"},
    "over": {"*": "int"},
    "limit": "str | null",
    "folders": ["str"],
    "replaced": "int",
    "summary": "str",
    "folder": "str | null",
    "sheet": "str | null",
}
RULING = {
    "gate": "str",
    "verdict": "str",
    "reason": "str",
    "value": "any",
    "threshold": "any",
}
STANDING: Shape = {
    "passing": "int",
    "accepted": "int",
    "selected": "int",
    "framings": {"*": "int"},
    "rejected": {"*": "int"},
}

HOST = {"host": "str", "interval": "float"}
PLAN: Shape = {
    "subject": "str",
    "kind": "str",
    "target": "int",
    "card": "str | null",
    "aliases": ["str"],
    "lookalikes": ["str"],
    "harvest": {
        "harvest": "int | null",
        "found": "int",
        "passing": "int",
        "selected": "int",
        "accepted": {"*": "int"},
        "wanted": {"*": "int"},
        "changed": "bool",
        "rate": "float | null",
        "level": "int",
    },
    "sites": [
        {
            "site": "str",
            "names": ["str"],
            "posts": "int | null",
            "walks": [
                {
                    "label": "str",
                    "framing": "str",
                    "posts": "int | null",
                    "depth": "int",
                    "ended": "bool",
                }
            ],
            "starts": [{"name": "str", "files": "int | null", "how": "str"}],
            "sample": "int",
            "passing": "int",
            "here": "int",
            "gates": {"*": {"pass": "int", "reject": "int"}},
            "hosts": {"api": HOST, "files": HOST},
            "expected": {
                "site": "str",
                "pages": "int",
                "found": "float",
                "passing": "float",
                "files": "float",
                "bytes": "float | null",
            },
        }
    ],
    "expected": {
        "found": "int",
        "passing": "int",
        "framing": {"*": "int"},
        "selected": "int",
        "relaxed": "int",
        "pages": "int",
        "files": "int",
        "requests": "int",
        "bytes": "int | null",
        "minutes": "float",
    },
    "trouble": {"*": "str"},
}

SITES: Shape = [
    {
        "site": "str",
        "family": "str",
        "url": "str",
        "asked": "str",
        "seconds": "float",
        "automation": "str",
        "key": "str",
        "configured": "bool",
    }
]

SHAPES: Mapping[str, Shape] = {
    "harvest": SUMMARY,
    "plan": PLAN,
    "run": SUMMARY,
    "resume": SUMMARY,
    "retry": SUMMARY,
    "demo": SUMMARY,
    "init": {"recipe": "str", "next": "str"},
    "status": [SUMMARY | {"running": "int | null"}],
    "history": {
        "harvest": "int",
        "subject": "str",
        "kind": "str",
        "created": "str",
        "revisions": [
            {
                "revision": "int",
                "created": "str",
                "relaxed": "int",
                "changes": [{"key": "str", "before": "any", "after": "any"}],
            }
        ],
        "rounds": [
            {
                "round": "int",
                "revision": "int",
                "planned": "int",
                "fetched": "int | null",
                "accepted": "int | null",
                "state": "str",
            }
        ],
        "runs": [
            {
                "run": "int",
                "revision": "int",
                "begun": "str",
                "ended": "str | null",
                "how": "str",
                "selected": "int | null",
                "files": "int | null",
                "bytes": "int | null",
                "summary": "str",
            }
        ],
        "exports": [
            {
                "revision": "int",
                "format": "str",
                "folder": "str",
                "pictures": "int",
                "written": "str",
            }
        ],
    },
    "why": [
        {
            "key": "str",
            "page": "str",
            "harvest": "int",
            "subject": "str",
            "state": "str",
            "stage": "str",
            "gate": "str",
            "reason": "str",
            "relaxed": "int",
            "place": "int | null",
            "selection": "str",
            "file": "str | null",
            "address": "str | null",
            "larger": "str",
            "elsewhere": ["str"],
            "artists": ["str"],
            "sources": ["str"],
            "licences": ["str"],
            "conflicts": [
                {"fact": "str", "said": {"*": "str"}, "counts": "str | null", "rule": "str"}
            ],
            "alike": [{"key": "str", "kind": "str", "distance": "float | null", "evidence": "str"}],
            "distinct": ["str"],
            "library": ELSEWHERE,
            "rulings": [{"phase": "str", "revision": "int", "rulings": [RULING]}],
        }
    ],
    "import": {
        "harvest": "int",
        "subject": "str",
        "kind": "str",
        "folders": [{"site": "str", "path": "str"}],
        "found": "int",
        "states": {"*": "int"},
        "chosen": "int",
        "pictures": [
            {
                "key": "str",
                "address": "str",
                "state": "str",
                "by": "str",
                "reason": "str",
                "kept": "str | null",
                "chosen": "bool",
            }
        ],
        "selected": "int",
        "target": "int",
        "trouble": {"*": "str"},
        "limit": "str | null",
        "summary": "str",
        "replaced": "int",
        "folder": "str | null",
        "sheet": "str | null",
        "next": "str",
    },
    "dedup": DEDUP,
    "distinct": DISTINCT,
    "forget": FORGET,
    "forget WHAT": FORGET_WHAT,
    "sheet": {"harvest": "int", "sheet": "str", "pictures": "int"},
    "export": {
        "harvest": "int",
        "format": "str",
        "folder": "str",
        "pictures": "int",
        "replaced": [{"old": "str", "new": "str"}],
    },
    "check": {
        "objects": "int",
        "damaged": ["str"],
        "missing": ["str"],
        "unknown": ["str"],
        "half": "int",
        "faults": ["str"],
        "clean": "bool",
        "repaired": "bool",
    },
    "sites": SITES,
    "sites list": SITES,
    "sites show": {
        "site": "str",
        "family": "str",
        "url": "str",
        "asked": "str",
        "configured": "bool",
        "pace": {"api": "float", "files": "float", "parallel": "int"},
        "account": {
            "needed": "bool",
            "keys": ["str"],
            "variables": ["str"],
            "file": "str",
            "found": "str",
        },
        "terms": "str | null",
        "automation": "str",
        "rating_default": "str | null",
        "narrows": ["str"],
        "can": ["str"],
        "options": {"*": "any"},
        "words": {"*": ["str"]},
    },
    "sites doctor": [
        {
            "site": "str",
            "family": "str",
            "url": "str",
            "answers": "bool",
            "checks": [{"check": "str", "asks": "str | null", "answer": "str", "finding": "str"}],
        }
    ],
    "sites add": {
        "site": "str",
        "family": "str",
        "url": "str",
        "config": "str",
        "posts": "int | null",
        "files": "int | null",
        "example": "str | null",
        "next": "str",
    },
    "tags": {
        "tags": [{"site": "str", "tag": "str", "category": "str", "posts": "int | null"}],
        "trouble": {"*": "str"},
    },
    "tags --set": {
        "harvest": "int",
        "subject": "str",
        "tags": [{"tag": "str", "category": "str", "pictures": "int"}],
    },
    "tags --profile": {
        "subject": "str",
        "card": "str",
        "posts": "int",
        "makers": "int",
        "tags": [{"tag": "str", "part": "str", "share": "float"}],
        "outfits": [{"name": "str", "share": "float", "tags": ["str"]}],
    },
    "gates": [
        {
            "name": "str",
            "field": "str",
            "default": "str",
            "doc": "str",
            "needs": ["str"],
            "phase": "str",
            "off": ["str"],
        }
    ],
    "gates --try": {
        "harvest": "int",
        "subject": "str",
        "try": ["str"],
        "found": "int",
        "target": "int",
        "now": STANDING,
        "then": STANDING,
        "fetch": "int",
    },
}
"""Command -> what it prints with --json. Shapes only grow."""

PLAIN = frozenset({"completion"})
"""Commands whose result is text for another program, with --json or without."""

TYPES: Mapping[str, type[Any] | tuple[type[Any], ...]] = {
    "int": int,
    "float": (int, float),
    "str": str,
    "bool": bool,
    "null": type(None),
    "any": object,
}


def misfits(value: object, shape: Shape, place: str = "result") -> list[str]:
    """Where a value differs from its shape: each place and what should be there."""
    if isinstance(shape, str):
        names = shape.split(" | ")
        found = any(isinstance(value, TYPES[name]) for name in names)
        wrong = isinstance(value, bool) and not {"bool", "any"} & set(names)
        return [] if found and not wrong else [f"{place} is {value!r}, not {shape}"]
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{place} is no list"]
        return [m for n, one in enumerate(value) for m in misfits(one, shape[0], f"{place}[{n}]")]
    if not isinstance(value, dict):
        return [f"{place} is no object"]
    if "*" in shape:
        return [m for key, one in value.items() for m in misfits(one, shape["*"], f"{place}.{key}")]
    found_odd = [f"{place}.{key} is not told of" for key in value.keys() - shape.keys()]
    missing = [f"{place}.{key} is missing" for key in shape.keys() - value.keys()]
    inner = [
        m
        for key in shape.keys() & value.keys()
        for m in misfits(value[key], shape[key], f"{place}.{key}")
    ]
    return sorted(found_odd + missing) + inner
