"""Recorded replies and how they are said, for the tests of families."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from harvester import Reply, Request

FIXTURES = Path(__file__).parent / "fixtures"


def recorded(family: str, name: str) -> Any:
    """What stands in a family's JSON fixture."""
    return json.loads((FIXTURES / family / f"{name}.json").read_text("utf-8"))


def said(url: str, found: Any, status: int = 200, **headers: str) -> Reply:
    """A JSON reply of the site at `url`."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, url, told, json.dumps(found).encode())


def sent(request: Request) -> dict[str, str]:
    """The parameters of a request."""
    return dict(request.params)


def same_shape(shown: Any, known: Any, where: str = "", *, nullable: Collection[str] = ()) -> None:
    """Key by key and type by type what is documented; lists by their first element.

    A key in `nullable` may be told as nothing; what the document leaves null may be anything.
    """
    if isinstance(known, dict):
        assert shown.keys() == known.keys(), where
        for key, value in known.items():
            if shown[key] is not None or key not in nullable:
                same_shape(shown[key], value, f"{where}.{key}", nullable=nullable)
    elif isinstance(known, list):
        assert isinstance(shown, list), where
        if shown and known:
            same_shape(shown[0], known[0], where, nullable=nullable)
    elif known is not None:
        assert type(shown) is type(known), where
