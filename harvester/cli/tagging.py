"""`harvest tags`: tags that sites have, those of a selection, and how a character usually looks."""

from __future__ import annotations

from typing import Any

import click

from harvester import card as cards
from harvester import config as configs
from harvester import registry
from harvester.cli import completing
from harvester.cli.options import Globals, common
from harvester.cli.printing import say_waiting, table
from harvester.errors import Exit, UsageError
from harvester.profile import Profile, part
from harvester.recipe import KINDS, folded

PARTS = {"body": "hair, eyes, body", "head": "on the head", "clothes": "clothes"}


@click.command()
@click.argument("search", required=False)
@click.option(
    "--site",
    "sites",
    multiple=True,
    shell_complete=completing.site,
    help="Site to ask for tags that begin with SEARCH (default: those that a harvest asks).",
)
@click.option("--profile", metavar="NAME", help="How this subject usually looks, by its card.")
@click.option("--kind", type=click.Choice([*KINDS]), default="character", help="Of --profile.")
@click.option(
    "--set",
    "harvest",
    metavar="H",
    shell_complete=completing.harvest,
    help="Tags of this harvest's selection, with how many pictures carry each.",
)
@common
def tags_command(options: Globals, search: str | None, **given: Any) -> int | None:
    """Look tags up: at sites, in a selection, or in what is known of a subject's looks."""
    if sum(map(bool, (search, given["profile"], given["harvest"]))) != 1:
        raise UsageError("say one of them: SEARCH, --profile NAME or --set H")
    if given["profile"]:
        _profile(options, given["profile"], given["kind"])
    elif given["harvest"]:
        _selection(options, given["harvest"])
    else:
        return _search(options, str(search), given["sites"])
    return None


def _profile(options: Globals, name: str, kind: str) -> None:
    path = cards.place(options.library, kind, folded(name))
    card = cards.load(path)
    if card is None or card.profile is None:
        why = "there is no card of it" if card is None else "too few posts of it were seen so far"
        raise UsageError(
            f"nothing is known of how {folded(name)} looks: {why}; a harvest of a character learns it "
            f"from 30 posts on, and writes it to {path}"
        )
    found = card.profile
    told = {
        "subject": card.subject,
        "card": str(path),
        "posts": found.posts,
        "makers": found.makers,
        "tags": [{"tag": tag, "part": part(tag), "share": n} for tag, n in found.tags.items()],
        "outfits": [
            {"name": one.name, "share": one.share, "tags": [*one.tags]} for one in found.outfits
        ],
    }
    options.show(told, lambda: _page(card.subject, found, str(path)))


def _page(subject: str, found: Profile, path: str) -> str:
    """Shares in percent, the most usual first."""
    lines = [f"{subject}: from {found.posts} posts of {found.makers} makers, in {path}"]
    for where, title in PARTS.items():
        tags = [(tag, share) for tag, share in found.tags.items() if part(tag) == where]
        lines += ["", title] if tags else []
        lines += [f"  {share:4.0%}  {tag}" for tag, share in tags]
    lines += ["", "outfits"] if found.outfits else []
    lines += [f"  {one.share:4.0%}  {one.name}: {', '.join(one.tags)}" for one in found.outfits]
    return "\n".join(lines)


def _selection(options: Globals, harvest: str) -> None:
    from harvester.stages.choosing import harvest_of
    from harvester.stages.libraries import library
    from harvester.stages.tagging import of_selection

    with library(options.library) as catalog:
        found = harvest_of(catalog, harvest)
        counts = of_selection(catalog, found)
    rows = [
        {"tag": name, "category": category, "pictures": number}
        for category, counted in counts.items()
        for name, number in counted.items()
    ]
    told = {"harvest": found.id, "subject": found.subject, "tags": rows}
    options.show(told, lambda: table(["tag", "category", "pictures"], rows))


def _search(options: Globals, begins: str, sites: tuple[str, ...]) -> int:
    from harvester.stages.tagging import search

    config = options.config
    known = registry.sites(config.sites, where=str(config.path or configs.NAME))
    adapters = [registry.source(site) for site in registry.chosen(sites, known)]
    if not adapters:
        raise UsageError("no site is asked unless it is named; `harvest sites` lists them")
    found = search(adapters, begins, contact=config.contact, waiting=say_waiting)
    rows = [
        {"site": one.site, "tag": tag.name, "category": tag.category, "posts": tag.count}
        for one in found
        for tag in one.tags
    ]
    trouble = {one.site: one.trouble for one in found if one.trouble}
    told = {"tags": rows, "trouble": trouble}

    def text() -> str:
        columns = ["site", "tag", "category", "posts"]
        shown = table(columns, rows) if rows else f"no tag that begins with '{begins}'"
        return "\n".join([shown, *trouble.values()])

    options.show(told, text)
    return Exit.SITE if trouble and not rows else Exit.DONE
