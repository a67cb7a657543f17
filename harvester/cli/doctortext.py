"""What `harvest sites doctor` prints: a table per site of what answered, is blocked, needs a key or failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harvester.cli.printing import table
from harvester.stages.doctoring import Check, Report, State

COLUMNS = ("check", "answer", "finding")


def told(reports: Sequence[Report]) -> list[dict[str, Any]]:
    """The reports as `--json` prints them."""
    return [
        {
            "site": report.source.site.name,
            "family": report.source.site.family,
            "url": report.source.site.url,
            "answers": report.answers,
            "checks": [
                {
                    "check": one.name,
                    "asks": one.asks or None,
                    "answer": str(one.state),
                    "finding": one.finding,
                }
                for one in report.checks
            ],
        }
        for report in reports
    ]


def page(reports: Sequence[Report]) -> str:
    """The same for people."""
    silent = [report.source.site.name for report in reports if not report.answers]
    count = f"{len(reports)} {'site' if len(reports) == 1 else 'sites'}"
    last = f"{len(reports) - len(silent)} of {count} answered a search"
    if silent:
        last += f"; not {', '.join(silent)}"
    return "\n\n".join([*map(_site, reports), last])


def _site(report: Report) -> str:
    site = report.source.site
    rows, said = [], set[str]()
    for check in report.checks:
        finding = "as above" if check.finding in said else check.finding
        if check.state is not State.OK:
            said.add(check.finding)
        rows.append(
            dict(zip(COLUMNS, (check.name, check.state, _line(check, finding)), strict=True))
        )
    lines = table(COLUMNS, rows).split("\n")
    return "\n".join([f"{site.name}  {site.family}  {site.url}", *(f"  {line}" for line in lines)])


def _line(check: Check, finding: str) -> str:
    return f"{check.asks} {finding}".lstrip()
