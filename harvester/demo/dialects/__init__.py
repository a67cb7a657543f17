"""How the sandbox answers: one module per family of sites, none of which knows the program that asks."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from harvester.demo.dialects.shared import STRICT, Answer, Dialect, Rules
from harvester.demo.vault import Vault

DIALECTS: Mapping[str, str] = {
    "danbooru": "harvester.demo.dialects.danbooru",
    "e621": "harvester.demo.dialects.e621",
    "gelbooru025": "harvester.demo.dialects.gelbooru025",
    "gelbooru02": "harvester.demo.dialects.gelbooru02",
    "gelbooru01": "harvester.demo.dialects.gelbooru01",
    "moebooru": "harvester.demo.dialects.moebooru",
    "philomena": "harvester.demo.dialects.philomena",
    "twibooru": "harvester.demo.dialects.twibooru",
    "shimmie2": "harvester.demo.dialects.shimmie2",
    "szurubooru": "harvester.demo.dialects.szurubooru",
    "zerochan": "harvester.demo.dialects.zerochan",
    "animepictures": "harvester.demo.dialects.animepictures",
    "sankaku": "harvester.demo.dialects.sankaku",
    "wallhaven": "harvester.demo.dialects.wallhaven",
    "mediawiki": "harvester.demo.dialects.mediawiki",
}
"""Family -> the module whose class `Dialect` speaks its API."""

VARIANTS: Mapping[str, tuple[str, str]] = {
    "fandom": ("mediawiki", "harvester.demo.dialects.fandom"),
    "wikigg": ("mediawiki", "harvester.demo.dialects.wikigg"),
}
"""Hosts with ways of their own -> their family, and the module whose class `Dialect` has those ways."""

RATES: Mapping[str, float] = {
    "danbooru": 10.0,
    "e621": 2.0,
    "gelbooru02": 1.0,  # rule34.xxx: 60 a minute for a key
    "philomena": 6.0,  # 30 in 5 seconds, as its web server is set up
    "zerochan": 1.0,  # 60 a minute
    "wallhaven": 0.75,
}
"""Requests a second that a family's sites allow at most, where that is known."""

__all__ = [
    "DIALECTS", "RATES", "STRICT", "VARIANTS", "Answer", "Dialect", "Rules", "family", "speak",
]  # fmt: skip


def speak(dialect: str, vault: Vault, rules: Rules = STRICT) -> Dialect:
    """A server's tongue: that of a family, or of a variant of one."""
    module = VARIANTS[dialect][1] if dialect in VARIANTS else DIALECTS[dialect]
    spoken: Dialect = importlib.import_module(module).Dialect(vault, rules)
    return spoken


def family(dialect: str) -> str:
    """The family whose API a dialect is."""
    return VARIANTS[dialect][0] if dialect in VARIANTS else dialect
