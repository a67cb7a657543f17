"""Recorded replies and how they are said, for the tests of families."""

from __future__ import annotations

import json
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
