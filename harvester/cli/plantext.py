"""A plan as a table for people and as JSON for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from harvester.cli.printing import duration, table
from harvester.limits import Limits, shown
from harvester.model import Name
from harvester.stages.estimate import SiteCost
from harvester.stages.looks import SiteLook
from harvester.stages.planning import Plan


def plan_json(found: Plan) -> dict[str, Any]:
    """Stable keys; they only grow."""
    cost, have = found.cost, found.have
    by_site = {one.site: one for one in cost.sites}
    return {
        "subject": found.recipe.subject,
        "kind": found.recipe.kind,
        "target": found.recipe.target,
        "card": str(found.card_path) if found.card_path else None,
        "aliases": list(found.card.aliases) if found.card else [],
        "lookalikes": list(found.card.lookalikes) if found.card else [],
        "harvest": asdict(have),
        "sites": [_site_json(look, by_site[look.site]) for look in found.looks],
        "expected": {
            "found": round(cost.found),
            "passing": round(cost.passing),
            "framing": {name: round(number) for name, number in cost.framings.items()},
            "selected": cost.selected,
            "relaxed": cost.relaxed,
            "pages": sum(one.pages for one in cost.sites),
            "files": round(cost.files),
            "requests": cost.requests,
            "bytes": None if cost.bytes is None else round(cost.bytes),
            "minutes": round(cost.seconds / 60, 2),
        },
        "trouble": found.trouble,
    }


def _site_json(look: SiteLook, cost: SiteCost) -> dict[str, Any]:
    return {
        "site": look.site,
        "names": list(look.names),
        "posts": look.posts,
        "walks": [asdict(walk) for walk in look.walks],
        "starts": [{"name": one.name, "files": one.count, "how": one.how} for one in look.starts],
        "sample": look.sample,
        "passing": look.passing,
        "here": look.here,
        "gates": {
            gate: {"pass": look.sample - number, "reject": number}
            for gate, number in look.rejected.items()
        },
        "hosts": {"api": asdict(look.api), "files": asdict(look.files)},
        "expected": asdict(cost),
    }


def plan_text(found: Plan, limits: Limits, start: str) -> str:
    """The plan on a page; `start` is the command that begins it."""
    head = f"{found.recipe.subject} ({found.recipe.kind}), {found.recipe.target} pictures; nothing is downloaded"
    lines = [head, "", *_sites(found), *_samples(found)]
    lines += [f"  {'trouble':<12}{reason}" for reason in found.trouble.values()]
    lines += ["", *_expected(found), *_bounds(found, limits)]
    if found.card_path:
        lines.append(f"  {'card':<12}{found.card_path}")
    return "\n".join([*lines, "", f"  {'next':<12}{start}"])


def _sites(found: Plan) -> list[str]:
    rows: list[dict[str, object]] = []
    for look, cost in zip(found.looks, found.cost.sites, strict=True):
        rows.append(
            {
                "site": look.site,
                "name": ", ".join(look.names),
                "posts": "?" if look.posts is None else f"{look.posts:,}",
                "sample passes": f"{look.passing} of {look.sample}",
                "pages": cost.pages,
                "files": round(cost.files),
                "seconds apart": f"{look.api.interval:g}, files {look.files.interval:g}",
            }
        )
    if not rows:
        return ["  no site tells anything"]
    return ["  " + line for line in table(list(rows[0]), rows).splitlines()]


def _starts(look: SiteLook) -> list[str]:
    if not look.starts:
        return []
    return [f"  {look.site} is walked from {', '.join(map(_start, look.starts))}"]


def _start(start: Name) -> str:
    if start.how == "fuzzy":
        return f"a search for '{start.name}', since no page is called so"
    return start.name if start.count is None else f"{start.name} ({start.count:,} files)"


def _samples(found: Plan) -> list[str]:
    lines = [""]
    for look in found.looks:
        lines += _starts(look)
        if not look.sample:
            continue
        counted = sorted(look.rejected.items(), key=lambda item: -item[1])
        passed = ", ".join(f"{gate} {look.sample - number}" for gate, number in counted)
        lines.append(
            f"  of {look.sample} on {look.site} pass: {passed or 'all of them'}; every gate {look.passing}"
        )
        walks = [w for w in look.walks if w.framing and w.posts is not None]
        if walks:
            told = ", ".join(f"{w.framing.replace('_', ' ')} {w.posts:,}" for w in walks)
            lines.append(f"  posts by framing on {look.site}: {told}")
        if look.here:
            lines.append(f"  {look.here} of those that pass have their file in the library already")
    return lines


def _expected(found: Plan) -> list[str]:
    cost, have = found.cost, found.have
    size = "of unknown size" if cost.bytes is None else f"{shown(round(cost.bytes))}B"
    pages = sum(one.pages for one in cost.sites) + cost.names
    relaxed = f", {cost.relaxed} of them by --relax" if cost.relaxed else ""
    lines = []
    if have.harvest is not None:
        again = "; the gates or wishes have changed, so it is judged afresh" if have.changed else ""
        lines.append(
            f"  {'there is':<12}harvest {have.harvest}: {have.found} found, {have.passing} passing,"
            f" {have.selected} selected{again}"
        )
    lines += [
        f"  {'expected':<12}{cost.found:,.0f} found, {cost.passing:,.0f} of them passing;"
        f" {cost.selected} of {found.recipe.target} pictures{relaxed}",
        f"  {'to ask':<12}{cost.requests:,} requests: {pages} pages, {cost.files:,.0f} files ({size})",
        f"  {'time':<12}about {duration(cost.seconds)} at the sites' pace, hosts side by side",
    ]
    return lines


def _bounds(found: Plan, limits: Limits) -> list[str]:
    cost, lines = found.cost, []
    if limits.max_bytes is not None and cost.bytes is not None and cost.bytes > limits.max_bytes:
        lines.append(
            f"  {'limit':<12}a run stops after {shown(limits.max_bytes)}B, before it is done"
        )
    if limits.max_minutes is not None and cost.seconds > 60 * limits.max_minutes:
        lines.append(
            f"  {'limit':<12}a run stops after {limits.max_minutes:g} minutes, before it is done"
        )
    return lines
