"""Where a wiki's API is, from the address people know it by."""

from __future__ import annotations

from urllib.parse import urlsplit

from harvester import Site

FARMS = {
    "fandom.com": "/api.php",  # below the language: name.fandom.com/ja/api.php
    "wiki.gg": "/api.php",
    "biligame.com": "/api.php",  # below the game: wiki.biligame.com/blhx/api.php
    "miraheze.org": "/w/api.php",
    "wikimedia.org": "/w/api.php",
    "wikipedia.org": "/w/api.php",
}
"""Hosts of many wikis, and where each of theirs has its API. Their pages lie below /wiki/."""


def api(site: Site) -> str:
    """The address of api.php: the site's own if it ends so, else `api` of its table, else where its farm has it."""
    url = site.url.rstrip("/")
    if url.endswith("/api.php"):
        return url
    host = urlsplit(url).hostname or ""
    farm = next((name for name in FARMS if host == name or host.endswith(f".{name}")), None)
    if farm:
        url = f"{url}/".partition("/wiki/")[0].rstrip("/")  # the address of a page will do
    path = str(site.options.get("api") or FARMS.get(farm or "", "/api.php"))
    return f"{url}/{path.lstrip('/')}"
