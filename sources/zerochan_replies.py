"""Reads Zerochan's damaged JSON: control characters, markup in between, something behind, quotation marks unescaped."""

from __future__ import annotations

import json
import re
from typing import Any

import harvester as h
from harvester import Reply
from sources import reading
from sources.reading import Row

_DECODER = json.JSONDecoder(strict=False)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_PAGE = re.compile(r"\s*<(?:!doctype|html)", re.IGNORECASE)
_ROW = re.compile(r'\{\s*(?="id"\s*:)')
_FIELD = re.compile(
    r'"(id|width|height|size|md5|hash|thumbnail|source|tag|primary|small|medium|large|full)"\s*:\s*'
    r'(?:"(.*?)"|(\d+|null))\s*(?=,\s*"\w+"\s*:|\}|$)'
)
_TAGS = re.compile(r'"tags"\s*:\s*\[\s*(?:"(.*?)"\s*)?\]\s*(?=,\s*"\w+"\s*:|\}|$)')
_NEXT = re.compile(r'"next"\s*:\s*(true|false)')


def body(reply: Reply) -> Row | None:
    """The JSON object of a reply, mended where it is damaged; None where a page for people stands in its place."""
    if reply.status != 500:  # which the site says to good replies as well
        reading.refuse(reply)
    try:
        found = _read(_CONTROL.sub("", reply.text))
    except h.Unexpected:
        reading.refuse(reply)
        raise
    if found is None:
        reading.refuse(reply)
    return found


def suggestions(reply: Reply) -> list[Row]:
    """What is completed: JSON, or as it was before a line `Name|Type` for each."""
    if '"suggestions"' in reply.text:
        found = body(reply) or {}
        return reading.rows(found.get("suggestions") or [], "suggestions")
    reading.refuse(reply)
    lines = (line.partition("|") for line in reply.text.splitlines() if "<" not in line)
    return [{"value": name.strip(), "type": kind.strip()} for name, bar, kind in lines if bar]


def _read(text: str) -> Row | None:
    if _PAGE.match(text):
        return None
    if "{" not in text:
        raise h.Unexpected("body", text.strip()[:60] or "nothing")
    found = _decoded(text[text.index("{") :])
    if found is None and '"items"' in text:  # markup stands before the rows
        found = _decoded("{" + text[text.index('"items"') :])
    return reading.table(_by_hand(text) if found is None else found)


def _decoded(text: str) -> Any:
    """The JSON value that a text begins with, whatever stands behind it; None when it begins with none."""
    try:
        found, _ = _DECODER.raw_decode(text)
        if "\\ud" in text.lower():  # half a character can neither be stored nor sent again
            json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise h.Unexpected("body", "half a character") from None
    except (ValueError, RecursionError):
        return None
    return found


def _by_hand(text: str) -> Row:
    """The fields of an entry or of a list's rows, each read by itself: quotation marks within them stay unescaped."""
    rows, onward = [_fields(row) for row in _ROW.split(text)[1:]], _NEXT.search(text)
    if '"items"' in text and rows and onward:
        return {"items": rows, "next": onward[1] == "true"}
    if '"items"' in text or len(rows) != 1:  # a list that breaks off must not look like its end
        raise h.Unexpected("body", text.strip()[:60])
    return rows[0]


def _fields(text: str) -> Row:
    """One row; without its tags it is none, for those decide who may ask for the picture."""
    tags = _TAGS.search(text)
    if tags is None:
        raise h.Unexpected("tags", text.strip()[:60])
    row: dict[str, Any] = {
        name: None if number == "null" else number or _unquoted(written)
        for name, written, number in _FIELD.findall(text)
    }
    names = re.split(r'"\s*,\s*"', tags[1]) if tags[1] else []
    return {**row, "tags": [_unquoted(name) for name in names]}


def _unquoted(written: str) -> str:
    """A text of JSON whose inner quotation marks may stand as they are."""
    plain = re.sub(r'(?<!\\)"', r"\"", written)
    found = _decoded(f'"{plain}"')
    return found if isinstance(found, str) else written
