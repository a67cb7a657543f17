"""Which families and sites there are: entry points, `sources/sites.toml` and the user's config make Sources by name."""

from __future__ import annotations

import importlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.metadata import entry_points
from importlib.resources import files
from math import inf
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from harvester import folders
from harvester.errors import RecipeError
from harvester.model import Auth, Rating, Site
from harvester.ports import Source
from harvester.tables import check_keys, nearest

GROUP = "harvester.sources"
PAGES = "webpage"
"""The family of any page: its address may be a pattern."""


@cache
def families() -> dict[str, str]:
    """Family name -> "module:Class", from every installed package that offers some."""
    found: dict[str, str] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name != "builtin"):
        for name, where in cast("dict[str, str]", point.load()).items():
            found.setdefault(name, where)
    return found


@cache
def shipped() -> dict[str, Site]:
    """The sites that come with the program, by name."""
    tables = tomllib.loads(files("sources").joinpath("sites.toml").read_text("utf-8"))
    waiting = {
        "enabled": False
    }  # a shipped site waits until its table or the user's says otherwise
    return {
        name: _site(name, waiting | table, where="sites.toml") for name, table in tables.items()
    }


def family_of(url: str) -> str | None:
    """The family that all sites of this host's farm run, as all wikis of Fandom do; None for other hosts."""
    farms: dict[str, str] = tomllib.loads(
        files("sources").joinpath("farms.toml").read_text("utf-8")
    )
    host = (urlsplit(url).hostname or "") if _is_address(url) else ""
    return next((f for farm, f in farms.items() if host == farm or host.endswith(f".{farm}")), None)


def sites(configured: Mapping[str, Any], *, where: str = "harvester.toml") -> dict[str, Site]:
    """Every site by name: the shipped ones, with the user's tables laid over them or added."""
    known = dict(shipped())
    for name, table in configured.items():
        if not isinstance(table, Mapping):
            raise RecipeError(f"{where}: sites.{name} must be a table, e.g. [sites.{name}]")
        known[name] = _laid_over(known.get(name), name, table, where=where)
    return known


def chosen(names: tuple[str, ...], known: Mapping[str, Site]) -> tuple[Site, ...]:
    """The sites a harvest asks: those named, else the default ones and those the user configured.

    A path names the folder or ZIP that lies there; one that has a table is the site of that table.
    """
    if not names:
        return tuple(site for site in known.values() if site.enabled)
    places = {site.url: site for site in known.values() if folders.is_folder(site.url)}
    found: dict[str, Site] = {}
    for name in names:
        if folders.is_path(name):
            url = folders.address(name, Path())
            site = places.get(url) or folders.site(url)
        elif name in known:
            site = known[name]
        else:
            hint = nearest(name, known)
            if name and Path(name).exists():
                hint = f"write ./{name} if you mean what lies here;"
            raise RecipeError(f"unknown site '{name}'; {hint} `harvest sites` lists them")
        found[site.name] = site
    return tuple(found.values())


def source(site: Site) -> Source:
    """The family's adapter speaking for this site."""
    where = families().get(site.family)
    if where is None:
        hint = nearest(site.family, sorted(families()))
        raise RecipeError(f"site '{site.name}': unknown family '{site.family}'; {hint}")
    module, _, name = where.partition(":")
    return cast("Source", getattr(importlib.import_module(module), name)(site))


def auth(adapter: Source) -> Auth:
    """How this site's requests are signed: needed where the family or the site's own table says so."""
    needed = adapter.auth.required or bool(adapter.site.options.get("key_needed"))
    return replace(adapter.auth, required=needed)


def interval(adapter: Source, *, for_files: bool = False) -> float:
    """Seconds between requests: what the site's table says, else the family's documented pace."""
    if adapter.site.interval is not None:
        return adapter.site.interval
    return adapter.pace.files if for_files else adapter.pace.api


def _laid_over(base: Site | None, name: str, table: Mapping[str, Any], *, where: str) -> Site:
    """A user's table over a shipped site of that name; only an address of the user's own may be a private one."""
    if base is None:
        if "family" not in table or "url" not in table:
            raise RecipeError(f"{where}: [sites.{name}] needs the keys 'family' and 'url'")
        return replace(_site(name, table, where=where), configured=True)
    merged = {key: value for key in KEYS if (value := getattr(base, key)) is not None}
    site = _site(name, {**merged, **base.options, **table}, where=where)
    return replace(site, configured="url" in table)


def _site(name: str, table: Mapping[str, Any], *, where: str) -> Site:
    known = {key: value for key, value in table.items() if key in KEYS}
    options = {key: value for key, value in table.items() if key not in KEYS}
    label = f"{where}: [sites.{name}]"
    if not re.fullmatch(r"[\w.-]+", name):
        raise RecipeError(f"{label} is named with something else than letters, digits, . _ -")
    for key in ("family", "url"):
        if not isinstance(known.get(key), str):
            raise RecipeError(f"{label} {key} must be a text, not {known.get(key)!r}")
    known = _placed(known, label)
    check_keys(table, [*KEYS, *OPTIONS], where=label)
    _check_options(options, label)
    try:
        if known.get("rating_default") is not None:
            known["rating_default"] = Rating(known["rating_default"])
    except ValueError:
        allowed = ", ".join(Rating)
        raise RecipeError(f"{label} rating_default is one of {allowed}") from None
    pace = known.get("interval")
    if pace is not None and (
        isinstance(pace, bool) or not isinstance(pace, int | float) or not 0 <= pace < inf
    ):
        raise RecipeError(f"{label} interval = {pace!r}; it is seconds, 0 or more")
    _check_plain(known, label)
    return Site(name=name, options=options, **known)


def _placed(known: Mapping[str, Any], label: str) -> dict[str, Any]:
    """The keys with an address that can be used, and what follows from its kind.

    Where all there is is one subject's, as in a folder, a site is asked only by its name.
    """
    url = known["url"]
    if known["family"] == folders.FAMILY:
        ours = {"rating_default": Rating.GENERAL, "enabled": False}  # as for one only named
        return {**ours, **known, "url": _place(url, label)}
    if not _is_address(url):
        raise RecipeError(
            f"{label} url = {url!r}; it begins with http:// or https:// and names a host"
        )
    if known["family"] != PAGES:
        return {**known}
    for place in re.findall(r"\{.*?\}", url):
        if place not in PLACES:
            raise RecipeError(
                f"{label} url = {url!r}; only {' and '.join(PLACES)} can stand between braces"
            )
    return {"enabled": "{tag}" in url, **known}


def _check_plain(known: Mapping[str, Any], label: str) -> None:
    if not isinstance(known.get("enabled", True), bool):
        raise RecipeError(f"{label} enabled = {known['enabled']!r}; it is true or false")
    if not isinstance(known.get("terms", ""), str):
        raise RecipeError(f"{label} terms = {known['terms']!r}; it is a text")
    if known.get("automation", AUTOMATION[-1]) not in AUTOMATION:
        raise RecipeError(f"{label} automation is one of {', '.join(AUTOMATION)}")


def _check_options(options: Mapping[str, Any], label: str) -> None:
    for key, value in options.items():
        kind, wanted, _ = OPTIONS[key]
        least = 1 if wanted == NUMBER else 0
        is_odd = type(value) is not kind or (kind is int and options[key] < least)
        if wanted == SWITCH:
            is_odd = not isinstance(value, bool) and value != "auto"
        is_odd = is_odd or (wanted == ADDRESS and not _is_address(value))
        if is_odd or (wanted == SELECTOR and not _is_selector(value)):
            raise RecipeError(f"{label} {key} = {value!r}; it is {wanted}")


def _place(written: str, label: str) -> str:
    """The address of a folder or ZIP; a table means the same one wherever the program is started."""
    whole = folders.is_folder(written) or written.startswith("~") or Path(written).is_absolute()
    if not whole:
        raise RecipeError(f"{label} url = {written!r}; a folder or ZIP is named by its whole path")
    return folders.address(written, Path())


def _is_selector(written: str) -> bool:
    from bs4 import css  # takes long to load, and few tables have one

    if css.soupsieve is None or not written.strip():
        return bool(written.strip())
    try:
        css.soupsieve.compile(written)
    except css.soupsieve.SelectorSyntaxError:
        return False
    return True


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a bracket that is not closed, a port beyond 65535
        return False


AUTOMATION = ("documented", "tolerated", "refused", "unknown")
"""What a site's own terms may hold of programs."""

KEYS: dict[str, str] = {
    "family": "the software it runs, one of the families below",
    "url": "its address; a private one is asked only because you wrote it; of a localfolder its path",
    "enabled": "true: asked when no site is named (the default for your own sites)",
    "interval": "seconds between requests; the family's documented pace if left out",
    "rating_default": f"for sites that tell no rating: {', '.join(Rating)}",
    "terms": "where the site's rules stand",
    "automation": f"what they say of programs: {', '.join(AUTOMATION)} (the default)",
}
"""Keys of every site's table, and what each is for."""

NUMBER, COUNT, TEXT = "a whole number, 1 or more", "a whole number, 0 or more", "a text"
ADDRESS = "an address that begins with http:// or https://"
SELECTOR, SWITCH = "a CSS selector", 'true, false or "auto"'
PLACES = ("{tag}", "{page}")
"""What a pattern of a page's address may hold: the subject's name, the page's number."""
OPTIONS: dict[str, tuple[type, str, str]] = {
    "tag_limit": (int, NUMBER, "how many terms an account may search for at once"),
    "keyset": (bool, "true or false", "false where the server cannot page by id"),
    "api": (str, TEXT, "path of a wiki's api.php"),
    "per_page": (int, NUMBER, "how many files a wiki is asked for at once"),
    "depth": (
        int,
        COUNT,
        "how many levels below a subject's category of a wiki are walked; 2 if left out",
    ),
    "referer": (str, ADDRESS, "Referer without which a wiki's files are not given"),
    "key_needed": (bool, "true or false", "true where nobody is answered without an account"),
    "pages": (str, ADDRESS, "address of a site's pages, where its API has a host of its own"),
    "xml": (bool, "true or false", "false where a Shimmie's XML is off"),
    "tag_info": (bool, "true or false", "true where a Gelbooru 0.2 tells kinds of tags in JSON"),
    "filter_id": (int, NUMBER, "which of a Philomena's filters decides what it shows"),
    "pictures": (str, SELECTOR, "which pictures of a webpage, or parts of it, are taken"),
    "next": (str, SELECTOR, "a webpage's link to the next page"),
    "first_page": (int, COUNT, "what {page} in a webpage's address counts from; 1 if left out"),
    "page_limit": (int, NUMBER, "how many pages of a webpage are asked; 50 if left out"),
    "render": (
        bool,
        SWITCH,
        "whether a browser shows a webpage; auto, if left out: where nothing else does",
    ),
    "thumbnails": (
        str,
        TEXT,
        "how a webpage's small copies lead to the originals, as FROM -> TO; off: nothing is tried",
    ),
}
"""Further keys of a site's table, for one family or another: type, what it is, what it is for."""

PAGE_OPTIONS = ("pictures", "next", "first_page", "page_limit", "render", "thumbnails")
"""Those of them that are a webpage's."""
