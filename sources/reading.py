"""Reads what servers write: JSON bodies, dates, numbers as strings, one-or-list, relative addresses."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from harvester import Busy, Candidate, Gone, NeedsKey, Refused, Reply, Unexpected

Row = Mapping[str, Any]

ASSUMED = "rating_assumed"
"""Status of a picture that nobody rated: it counts as the site's table has it, but not as known to be so."""


def value(reply: Reply) -> Any:
    """The JSON body, whatever its type; Unexpected when it is none (an HTML page, an empty body).

    Half a surrogate pair, as a cut text ends with, can neither be stored nor sent again: it becomes U+FFFD.
    """
    try:
        found = json.loads(reply.text)
        if "\\ud" in reply.text.lower():
            written = json.dumps(found, ensure_ascii=False).encode("utf-16-le", "surrogatepass")
            found = json.loads(written.decode("utf-16-le", "replace"))
    except (ValueError, RecursionError):
        raise Unexpected("body", reply.text.strip()[:60] or "nothing") from None
    return found


def table(found: object, field: str = "body") -> Row:
    """`found` as a JSON object."""
    if not isinstance(found, dict):
        raise Unexpected(field, found)
    return found


def rows(found: object, field: str = "body") -> list[Row]:
    """`found` as a list of JSON objects; a single object where a list is due counts as a list of one."""
    if isinstance(found, dict):
        found = [found]
    if not isinstance(found, list):
        raise Unexpected(field, found)
    return [table(row, f"{field}[{index}]") for index, row in enumerate(found)]


def text(row: Row, key: str) -> str | None:
    """A text field; None when absent, null or empty. Numbers are taken as their digits."""
    found = row.get(key)
    if found is None or found == "":
        return None
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise Unexpected(key, found)
    return str(found)


def needed(row: Row, key: str) -> str:
    """A text field that must be there."""
    found = text(row, key)
    if found is None:
        raise Unexpected(key)
    return found


def inner(row: Row, key: str) -> Row:
    """An object within a row; empty when absent or null."""
    return table(row.get(key) or {}, key)


def number(row: Row, key: str) -> int | None:
    """A whole number, also when written as a string; None when absent, null or empty."""
    found = row.get(key)
    if found is None or found == "":
        return None
    if isinstance(found, bool):
        raise Unexpected(key, found)
    try:
        whole = int(found)
    except (TypeError, ValueError, OverflowError):
        raise Unexpected(key, found) from None
    if abs(whole) >= 1 << 63:  # more than the catalog can hold
        raise Unexpected(key, found)
    return whole


def positive(row: Row, key: str) -> int | None:
    """A size or count: like `number`, but zero and less mean unknown."""
    found = number(row, key)
    return found if found is not None and found > 0 else None


def digest(row: Row, key: str, letters: int = 32) -> str | None:
    """A hash in lower-case hex, an MD5 if nothing else is said; None where something else stands."""
    found = (text(row, key) or "").lower()
    return found if re.fullmatch(rf"[0-9a-f]{{{letters}}}", found) else None


def identity(row: Row, key: str) -> int:
    """A number that must be there, more than zero."""
    found = positive(row, key)
    if found is None:
        raise Unexpected(key, row.get(key))
    return found


def flag(row: Row, key: str) -> bool:
    """A boolean, also written as "true", "1" or 1."""
    return str(row.get(key, "")).lower() in {"true", "1"}


def date(row: Row, key: str) -> datetime | None:
    """A time in UTC out of ISO 8601, an RFC 2822 like form, or seconds since 1970; no zone means UTC."""
    found = row.get(key)
    if found is None or found == "" or isinstance(found, bool):
        return None
    try:
        if isinstance(found, int | float) or str(found).isdigit():
            return datetime.fromtimestamp(float(found), UTC)
        moment = _parsed(str(found))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        raise Unexpected(key, found) from None


def _parsed(written: str) -> datetime:
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        try:
            return parsedate_to_datetime(written)
        except (ValueError, TypeError):
            return datetime.strptime(written, "%a %b %d %H:%M:%S %z %Y")


def many(found: object) -> list[Any]:
    """One-or-list: a list stays, nothing becomes empty, anything else a list of one."""
    if found is None or found == "":
        return []
    return found if isinstance(found, list) else [found]


def split(row: Row, key: str) -> tuple[str, ...]:
    """Names in one blank-separated string."""
    return tuple((text(row, key) or "").split())


def underscored(name: str) -> str:
    """A name as boorus spell tags: lower case, one underscore for every blank."""
    return "_".join(name.lower().split())


def address(base: str, found: str | None) -> str | None:
    """An http(s) address, made absolute against `base`; None for anything else."""
    if not found:
        return None
    try:
        joined = urljoin(base, found)
        parts = urlsplit(joined)
    except ValueError:
        return None
    return joined if parts.scheme in {"http", "https"} and parts.hostname else None


def below(base: str, path: str) -> str:
    """The address of a path below a site's own."""
    return f"{base.rstrip('/')}/{path}"


def is_older(found: Sequence[Candidate], since: str | None) -> bool:
    """Whether none of a page's posts changed after `since`, a time in ISO 8601: a walk by change ends there."""
    if since is None or not found:
        return False
    edge = datetime.fromisoformat(since)
    return all(one.claims.updated is not None and one.claims.updated < edge for one in found)


def refuse(reply: Reply, message: str = "") -> None:
    """Raise what an error status commonly means; families handle their own meanings first."""
    said = message or reply.text.strip()[:120]
    if reply.status < 400:
        return
    if reply.status == 401:
        raise NeedsKey(f"the site wants an account: {said}")
    if reply.status in {404, 410, 451}:
        raise Gone(f"the site says {reply.status}: {said}")
    if reply.status == 429 or reply.status >= 500:
        raise Busy(f"the site says {reply.status}: {said}")
    raise Refused(f"the site says {reply.status}: {said}")
