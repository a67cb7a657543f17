"""The envelope of an action API reply: its errors, its pages in either format, its `continue`, where titles led."""

from __future__ import annotations

import re

from harvester import Busy, NeedsKey, Refused, Reply, Unexpected
from sources import reading
from sources.reading import Row

WAITING = {"maxlag", "ratelimited", "readonly"}
CLOSED = {"readapidenied", "permissiondenied", "notloggedin", "mustbeloggedin-generic"}
# no title can be made of the name, or none is there: as good as empty
NO_SUCH = {"invalidcategory", "invalidtitle", "missingtitle"}
TURNED_AWAY = {567}  # how BWIKI's protection answers programs, and no state that passes
PARTS = {"batchcomplete", "query", "continue", "query-continue", "parse", "warnings"}
STEPS = 4  # a title is normalized, then redirected; more is a circle


def answer(reply: Reply, *, replaceable: bool = False) -> Row:
    """The reply's object. Errors come with status 200 too, so the body is asked first.

    Where there is another way to the same pictures (`replaceable`), a question that this wiki does
    not take is as good as empty; the reply's `refused` then names the error.
    """
    try:
        found = reading.value(reply)
    except Unexpected:
        _refuse(reply)
        raise
    if found == []:  # how PHP writes an empty object, where no formatversion is known
        return {"batchcomplete": True}
    found = reading.table(found)
    if found.get("error"):
        return _told_error(reading.table(found["error"], "error"), reply, replaceable)
    _refuse(reply)
    if not found.keys() & PARTS:
        raise Unexpected("query", sorted(found))
    return found


def query(found: Row) -> Row:
    return reading.table(found.get("query") or {}, "query")


def pages(found: Row) -> list[Row]:
    """The pages: a list in format 2, an object keyed by page id in format 1."""
    return listed(query(found), "pages")


def listed(found: Row, key: str) -> list[Row]:
    rows = found.get(key) or []
    return reading.rows(list(rows.values()) if isinstance(rows, dict) else rows, key)


def onward(found: Row) -> dict[str, str]:
    """The whole `continue` object as parameters; empty at the end.

    Wikis of before 2015 say `query-continue` instead, one object for each module: what is told of the
    list itself (its parameters begin with g) is gone on with.
    """
    told = reading.table(found.get("continue") or {}, "continue")
    old = reading.table(found.get("query-continue") or {}, "query-continue")
    for module in old:
        row = reading.table(old[module], module)
        told = {**told, **{key: row[key] for key in row if key.startswith("g")}}
    return {key: reading.text(told, key) or "" for key in told}


def led(found: Row) -> dict[str, str]:
    """Title -> what the wiki writes for it, or redirects it to."""
    rows = (row for key in ("normalized", "redirects") for row in listed(query(found), key))
    return {reading.needed(row, "from"): reading.needed(row, "to") for row in rows}


def target(title: str, moved: dict[str, str]) -> str:
    """The title under which a reply tells of one that was asked for."""
    for _ in range(STEPS):
        title = moved.get(title, title)
    return title


def _told_error(error: Row, reply: Reply, replaceable: bool) -> Row:
    code = reading.needed(error, "code")
    said = f"the wiki says {code}: {(reading.text(error, 'info') or '')[:120]}"
    if code in NO_SUCH:
        return {"batchcomplete": True}
    if code in WAITING or code.startswith("internal_api_error"):
        after = reply.headers.get("retry-after", "")
        seconds = float(after) if after.isdecimal() and len(after) < 8 else None
        raise Busy(said, after=seconds)
    if code in CLOSED:
        raise NeedsKey(said)
    if replaceable:
        return {"batchcomplete": True, "refused": code}
    raise Refused(said)


def _refuse(reply: Reply) -> None:
    if reply.status == 404:
        raise Refused(f"no wiki answers at {reply.url}: set `api` in the site's table")
    if reply.status in TURNED_AWAY:
        raise Refused(f"the wiki turns programs away (status {reply.status}); it is left alone")
    if reply.status in {403, 429} and re.search("user[- _]?agent", reply.text, re.IGNORECASE):
        said = f"the wiki refuses this User-Agent (status {reply.status}): it has to name a contact; set `contact` in harvester.toml"
        raise Refused(said) if reply.status == 403 else Busy(said)
    reading.refuse(reply)
