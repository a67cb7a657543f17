"""The envelope of an action API reply: its errors, its pages in either format, its `continue`."""

from __future__ import annotations

from harvester import Busy, NeedsKey, Refused, Reply, Unexpected
from sources import reading
from sources.reading import Row

WAITING = {"maxlag", "ratelimited", "readonly"}
CLOSED = {"readapidenied", "permissiondenied", "notloggedin", "mustbeloggedin-generic"}
NO_SUCH = {"invalidcategory", "invalidtitle"}  # no title can be made of the name: as good as empty


def answer(reply: Reply) -> Row:
    """The reply's object. Errors come with status 200 too, so the body is asked first."""
    try:
        found = reading.value(reply)
    except Unexpected:
        _refuse(reply)
        raise
    if found == []:  # how PHP writes an empty object, where no formatversion is known
        return {"batchcomplete": True}
    found = reading.table(found)
    if found.get("error"):
        return _told_error(reading.table(found["error"], "error"), reply)
    _refuse(reply)
    if not found.keys() & {"batchcomplete", "query", "continue"}:
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
    """The whole `continue` object as parameters; empty at the end."""
    told = reading.table(found.get("continue") or {}, "continue")
    return {key: reading.text(told, key) or "" for key in told}


def _told_error(error: Row, reply: Reply) -> Row:
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
    raise Refused(said)


def _refuse(reply: Reply) -> None:
    if reply.status == 404:
        raise Refused(f"no wiki answers at {reply.url}: set `api` in the site's table")
    reading.refuse(reply)
