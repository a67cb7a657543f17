"""What is said of sites and families: rows and pages for the terminal, tables for the documentation, one source for all."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harvester import config as configs
from harvester import registry, vocabulary
from harvester.model import Framing, Site
from harvester.net import variables
from harvester.ports import Counts, Details, NamesTags, Resolves, Source
from harvester.stages.accounts import FILE, key_of

CAN = {"counts": Counts, "names": Resolves, "tags": NamesTags, "details": Details}
"""Capability as it is called here -> the protocol that has it."""


def row(adapter: Source) -> dict[str, object]:
    """One line of `harvest sites`."""
    site = adapter.site
    return {
        "site": site.name,
        "family": site.family,
        "url": site.url,
        "asked": _asked(site),
        "seconds": registry.interval(adapter),
        "automation": site.automation,
        "configured": site.configured,
        "key": key_of(adapter),
    }


def facts(adapter: Source) -> dict[str, Any]:
    """All that is known of a site, as `harvest sites show --json` prints it."""
    site, auth = adapter.site, registry.auth(adapter)
    told = row(adapter)
    return {
        **{key: told[key] for key in ("site", "family", "url", "asked", "configured")},
        "pace": {
            "api": registry.interval(adapter),
            "files": registry.interval(adapter, for_files=True),
            "parallel": adapter.pace.parallel,
        },
        "account": {
            "needed": auth.required,
            "keys": list(auth.keys.values()),
            "variables": list(variables(site.name, auth)),
            "file": str(configs.folder() / FILE),
            "found": told["key"],
        },
        "terms": site.terms or None,
        "automation": site.automation,
        "rating_default": site.rating_default,
        "narrows": sorted(adapter.narrows),
        "can": _can(adapter),
        "options": dict(site.options),
        "words": _words(site.family),
    }


def page(told: Mapping[str, Any]) -> str:
    """The same for people."""
    pace, options = told["pace"], told["options"]
    lines = [f"{told['site']}  {told['url']}", ""]
    lines += _named("family", [told["family"]])
    lines += _named("asked", [f"{told['asked']}; {'yours' if told['configured'] else 'shipped'}"])
    lines += _named(
        "pace",
        [f"{pace['api']:g} s a page, {pace['files']:g} s a file, {pace['parallel']} at once"],
    )
    lines += _named("account", _account(told))
    lines += _named("terms", [told["terms"] or "address not known"])
    lines += _named("automation", [told["automation"]])
    lines += _named("rating", [told["rating_default"] or "as the site tells it; unknown without"])
    lines += _named("narrows by", [", ".join(told["narrows"]) or "nothing; filtered here"])
    lines += _named("can tell", [", ".join(told["can"]) or "posts only"])
    lines += _named(
        "options", [f"{k} = {v}  ({registry.OPTIONS[k][2]})" for k, v in options.items()]
    )
    words = [f"{name}: {', '.join(tags)}" for name, tags in told["words"].items()]
    return "\n".join(lines + _named("words", words))


# ---- the documentation --------------------------------------------------------------------


def sites_table() -> str:
    """The shipped sites, for the README."""
    heads = ("site", "family", "asked", "without an account", "account", "seconds", "automation")
    return _markdown(heads, [_documented(registry.source(s)) for s in registry.shipped().values()])


def families_table() -> str:
    """The families, for the page about adding a site."""
    heads = ("family", "what it is", "narrows by", "can tell", "account", "seconds")
    return _markdown(heads, [_family(name) for name in registry.families()])


def keys_table() -> str:
    """The keys of a site's table."""
    known = {**registry.KEYS, **_options(registry.OPTIONS)}
    return _markdown(("key", "meaning"), [(f"`{key}`", says) for key, says in known.items()])


def page_keys_table() -> str:
    """The keys of a webpage's table that no other site's has."""
    known = _options(registry.PAGE_OPTIONS)
    return _markdown(("key", "meaning"), [(f"`{key}`", says) for key, says in known.items()])


def _options(names: Iterable[str]) -> dict[str, str]:
    told = {key: registry.OPTIONS[key] for key in names}
    return {key: f"{says} ({kind})" for key, (_, kind, says) in told.items()}


def _documented(adapter: Source) -> Sequence[str]:
    site = adapter.site
    terms = f"[{site.automation}]({site.terms})" if site.terms else site.automation
    return (
        f"[{site.name}]({site.options.get('pages', site.url)})",
        site.family,
        _asked(site),
        "no" if registry.auth(adapter).required else "yes",
        _keys(adapter),
        _pace(adapter),
        terms,
    )


def _family(name: str) -> Sequence[str]:
    adapter = registry.source(Site(name, name, "https://site.invalid"))
    said = (sys.modules[type(adapter).__module__].__doc__ or "").splitlines()[0]
    return (
        name,
        said.split(". ")[0].rstrip("."),
        ", ".join(sorted(adapter.narrows)) or "–",
        ", ".join(_can(adapter)) or "–",
        _keys(adapter) + (" (needed)" if adapter.auth.required else ""),
        _pace(adapter),
    )


def _markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(line)} |\n" for line in (heads, *rows)]
    return "".join([lines[0], f"{'|---' * len(heads)}|\n", *lines[1:]])


def _pace(adapter: Source) -> str:
    api, files = registry.interval(adapter), registry.interval(adapter, for_files=True)
    return f"{api:g}" if api == files else f"{api:g}, files {files:g}"


def _keys(adapter: Source) -> str:
    return ", ".join(f"`{name}`" for name in adapter.auth.keys.values()) or "–"


# ---- parts --------------------------------------------------------------------------------


def _asked(site: Site) -> str:
    return "always" if site.enabled else "when named"


def _can(adapter: Source) -> list[str]:
    return [name for name, protocol in CAN.items() if isinstance(adapter, protocol)]


def _words(family: str) -> dict[str, list[str]]:
    """The family's own words for what walks are narrowed to."""
    sides = [*(("framing", framing.value) for framing in Framing), ("official", "")]
    found = {value or by: list(vocabulary.terms(family, by, value)) for by, value in sides}
    return {name: tags for name, tags in found.items() if tags}


def _account(told: Mapping[str, Any]) -> list[str]:
    account = told["account"]
    if not account["keys"]:
        return ["none needed"]
    lines = ", ".join(f'{key} = "…"' for key in account["keys"])
    return [
        f"{'needed' if account['needed'] else 'may have one'}; {account['found']}",
        f"environment: {', '.join(account['variables'])}",
        f"or {account['file']}: [{told['site']}] {lines}",
        f"or the keyring: lora-harvester:{told['site']}",
    ]


def _named(name: str, lines: Sequence[str]) -> list[str]:
    heads = [name, *[""] * (len(lines) - 1)]
    return [f"  {head:<12}{line}" for head, line in zip(heads, lines, strict=False)]
