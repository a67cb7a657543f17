"""Folders and ZIPs that the user named as sites: how their addresses are written, read and called."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit
from urllib.request import url2pathname

from harvester.errors import RecipeError
from harvester.model import Rating, Site

FAMILY = "localfolder"
_SCHEME = "file://"


def is_folder(url: str) -> bool:
    """Whether an address is one on this machine's disk."""
    return url.startswith(_SCHEME)


def is_path(name: str) -> bool:
    """Whether a site's name is a path instead: no site's name holds a separator, or begins with `.` or `~`."""
    if "://" in name:
        return is_folder(name)
    return name.startswith((".", "~")) or any(
        mark in name for mark in ("/", os.sep, os.altsep or "/")
    )


def address(name: str, base: Path) -> str:
    """The address of a path, itself or from `base` on, links resolved. Every name of a folder gives the same one."""
    if is_folder(name):
        return name
    try:
        return (base / Path(name).expanduser()).resolve().as_uri()
    except (OSError, RuntimeError, ValueError) as error:  # a ring of links, no such user, a NUL
        raise RecipeError(f"{name!r} is no path: {error}; name a folder or a ZIP file") from None


def path_of(url: str) -> Path:
    """The path that an address stands for, to the byte."""
    written = urlsplit(url).path
    if os.name == "nt":
        return Path(url2pathname(written))
    return Path(os.fsdecode(unquote_to_bytes(written)))


def site(url: str) -> Site:
    """The site that a folder is when it is named without a table: always the same one.

    The pictures are the user's own and nobody rated them, so they count as general until a file beside one says
    otherwise; a picture that may show somebody young is not let through on that.
    """
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", path_of(url).name).strip("_")[:24] or "pictures"
    digest = hashlib.sha256(url.encode()).hexdigest()[:8]
    return Site(
        name=f"folder-{name}-{digest}",
        family=FAMILY,
        url=url,
        configured=True,
        interval=0.0,
        rating_default=Rating.GENERAL,
    )
