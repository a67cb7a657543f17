"""What a raw reply says in a few words: rows, values, keys, hosts, headers, for questions that stand as data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bs4 import BeautifulSoup, ParserRejectedMarkup

from harvester.model import Reply
from harvester.net import sniff

MOST, LONGEST = 12, 60
"""How many values are shown of a place, and how many letters of one."""

LIMITS = re.compile(r"rate-?limit|x-rate|x-rl-|api-limit|retry-after")


def told(reply: Reply, shows: Sequence[str]) -> str:
    """Status and kind of a reply, what is to be shown of it, and the reason it gives for a refusal."""
    parts = [f"{reply.status} {_kind(reply)}"]
    for show in shows:
        how, _, place = show.partition(" ")
        parts.append(SHOWS[how](reply, place))
    if reply.status >= 400 and (reason := _reason(reply)):
        parts.append(f'"{reason}"')
    return "; ".join(parts)


def values(reply: Reply, place: str) -> list[Any]:
    """What stands at a place: a JSON pointer in which `*` is every item, or a CSS selector with `@attribute`."""
    if place and not place.startswith("/"):
        return list(_marked(reply, place))
    found = _json(reply)
    nodes = [] if found is None else [found]
    for step in place.split("/")[1:]:
        nodes = [inner for node in nodes for inner in _inner(node, step)]
    return nodes


def _inner(node: object, step: str) -> Sequence[Any]:
    if isinstance(node, dict):
        return list(node.values()) if step == "*" else [node[step]] if step in node else []
    if isinstance(node, list):
        if step == "*":
            return node
        return node[int(step) :][:1] if step.isdecimal() else []
    return []


def _marked(reply: Reply, place: str) -> Iterator[str]:
    selector, _, attribute = place.partition("@")
    if b"<" not in reply.body:
        return
    bare = re.sub(r"<\?.*?\?>", "", reply.text)  # else it is warned that XML is read as HTML
    try:
        root = BeautifulSoup(bare, "html.parser")
    except ParserRejectedMarkup:
        return
    for node in root.select(selector):
        told = node.get(attribute) if attribute else node.get_text(" ", strip=True)
        if told is not None:
            yield str(told)


def _json(reply: Reply) -> Any:
    try:
        return json.loads(reply.text, strict=False)
    except (ValueError, RecursionError):
        return None


def _kind(reply: Reply) -> str:
    if not reply.body.strip():
        return "empty"
    found = _json(reply)
    if isinstance(found, list):
        return f"JSON list of {len(found)}"
    if found is not None:
        return "JSON object" if isinstance(found, dict) else "JSON"
    kind = sniff(reply.body[:512])
    if kind == "json":
        return "damaged JSON"
    if kind in {"html", "xml"}:
        return kind.upper()
    return "XML" if "xml" in reply.headers.get("content-type", "") else "no JSON"


def _reason(reply: Reply) -> str:
    """What a refusal says of itself."""
    for name in ("message", "reason", "error", "description", "title", "code"):
        for found in values(reply, f"/{name}"):
            if isinstance(found, dict):
                found = found.get("info") or found.get("code")
            if found and isinstance(found, str):
                return _short(found)
    return next((_short(title) for title in _marked(reply, "title")), "")


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _name(place: str) -> str:
    """What a place is called: its last step that is a name."""
    steps = re.split(r"[/@ .>]", place)
    return next((step for step in reversed(steps) if step not in {"", "*"}), "reply")


def _rows(reply: Reply, place: str) -> str:
    count = len(values(reply, place))
    return f"{count} {'row' if count == 1 else 'rows'}"


def _values(reply: Reply, place: str) -> str:
    found = list(dict.fromkeys(map(_short, values(reply, place))))
    more = f" and {len(found) - MOST} more" if len(found) > MOST else ""
    return f"{_name(place)}: {', '.join(found[:MOST]) or 'nothing'}{more}"


def _keys(reply: Reply, place: str) -> str:
    objects = [node for node in values(reply, place) if isinstance(node, Mapping)]
    names = list(dict.fromkeys(key for node in objects for key in node))
    return f"keys: {' '.join(map(_short, names)) or 'none'}"


def _order(reply: Reply, place: str) -> str:
    numbers = [int(found) for found in values(reply, place) if str(found).isdecimal()]
    if len(numbers) < 2:
        return "no order to see"
    sides = {tuple(sorted(numbers)): "rising", tuple(sorted(numbers, reverse=True)): "falling"}
    way = sides.get(tuple(numbers), "mixed")
    return f"{_name(place)} {way} from {numbers[0]} to {numbers[-1]}"


def _hosts(reply: Reply, place: str) -> str:
    hosts = dict.fromkeys(urlsplit(str(found)).hostname or "" for found in values(reply, place))
    return f"{_name(place)} at {', '.join(filter(None, hosts)) or 'no host'}"


def _endings(reply: Reply, place: str) -> str:
    paths = [PurePosixPath(urlsplit(str(found)).path) for found in values(reply, place)]
    return f"{_name(place)}: {', '.join(dict.fromkeys(path.suffix for path in paths)) or 'none'}"


def _expiry(reply: Reply, place: str) -> str:
    """Until when addresses work that carry the moment, in seconds, as `e`."""
    told = [
        parse_qs(urlsplit(str(found)).query).get("e", [""])[0] for found in values(reply, place)
    ]
    moments = sorted(int(found) for found in told if found.isdecimal() and len(found) < 12)
    if not moments:
        return f"{_name(place)} without an end"
    until = datetime.fromtimestamp(moments[0], UTC)
    return f"{_name(place)} works until {until:%Y-%m-%d %H:%M} UTC"


def _header(reply: Reply, name: str) -> str:
    return f"{name}: {_short(reply.headers.get(name, '–'))}"


def _limits(reply: Reply, place: str) -> str:
    found = [f"{name}: {_short(v)}" for name, v in reply.headers.items() if LIMITS.search(name)]
    return ", ".join(found) or "no header tells a limit"


def _address(reply: Reply, place: str) -> str:
    parts = urlsplit(reply.url)
    return f"from {parts.netloc}{parts.path}"


SHOWS: Mapping[str, Callable[[Reply, str], str]] = {
    "rows": _rows,
    "values": _values,
    "keys": _keys,
    "order": _order,
    "hosts": _hosts,
    "endings": _endings,
    "expiry": _expiry,
    "header": _header,
    "limits": _limits,
    "address": _address,
}
"""What can be shown of a reply, by its first word; what follows is a place in it, or a header."""
