"""Writes chosen pictures in layouts that trainers read. One file per format."""

from __future__ import annotations

from harvester.errors import UsageError
from harvester.export.plain import Plain
from harvester.ports import Exporter

FORMATS: dict[str, type[Exporter]] = {Plain.name: Plain}


def exporter(name: str) -> Exporter:
    """The exporter of that name; UsageError names those there are."""
    if name not in FORMATS:
        raise UsageError(f"unknown export format '{name}'; known: {', '.join(FORMATS)}")
    return FORMATS[name]()
