"""`harvest sites`: which there are, all that is known of one, how they answer, and a new one for the config file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harvester import config as configs
from harvester import registry
from harvester.cli import completing
from harvester.cli.options import Globals, common
from harvester.cli.printing import say_waiting, table
from harvester.config import Config
from harvester.errors import Exit, HarvestError, RecipeError, UsageError
from harvester.model import Auth, Site
from harvester.ports import Source

if TYPE_CHECKING:  # loaded when it is used, so that completion answers at once
    from harvester.stages.siting import Probe

PROBED = ("posts", "files", "example")


@click.group(invoke_without_command=True)
@common
def sites_command(options: Globals) -> None:
    """List the sites that can be asked."""
    if click.get_current_context().invoked_subcommand is None:
        _list(options)


@sites_command.command("list")
@common
def list_command(options: Globals) -> None:
    """List the sites that can be asked."""
    _list(options)


@sites_command.command("show")
@click.argument("name", shell_complete=completing.site)
@common
def show_command(options: Globals, name: str) -> None:
    """Print all that is known of a site."""
    from harvester.cli import sitetext

    config = options.config
    [site] = registry.chosen((name,), _known(config))
    told = sitetext.facts(registry.source(site))
    options.show(told, lambda: sitetext.page(told))


@sites_command.command("add")
@click.argument("name")
@click.option(
    "--family",
    help="The software it runs; `harvest sites` shows which there are. Not needed for a wiki of Fandom, "
    "wiki.gg, Wikimedia, Miraheze or BWIKI, nor for *.booru.org.",
    shell_complete=completing.family,
)
@click.option(
    "--url",
    required=True,
    help="Its address; a private one is allowed here. name.fandom.com will do.",
)
@click.option(
    "--option",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="A further key of its table, e.g. interval=2 or rating_default=general.",
)
@click.option("--tag", help="What the probe looks for (default: solo).")
@click.option("--no-probe", is_flag=True, help="Write the table without asking the site.")
@common
def add_command(options: Globals, name: str, **given: Any) -> None:
    """Ask a site for one page, and write its table into the config file."""
    from harvester.stages import siting

    config, path = _place(options)
    _refuse_taken(name, _known(config), path)
    further = dict(_setting(text) for text in given["settings"])
    table = {**_place_of(given["url"], given["family"]), **further}
    adapter = _adapter(name, table)
    found = None
    if not given["no_probe"]:
        word = given["tag"] or siting.WORD
        try:
            found = siting.probe(adapter, word, contact=config.contact, waiting=say_waiting)
        except (HarvestError, KeyboardInterrupt) as stop:
            stop.add_note("Nothing was written; --no-probe writes the table without asking.")
            raise
    siting.write_site(path, name, table)
    step = options.command(f"--tag NAME --site {name}")
    told = {"site": name, "family": adapter.site.family, "url": adapter.site.url}
    told |= {"config": str(path), **_probed(found), "next": step}
    options.show(told, lambda: _added(told, name if _is_unrated(adapter, found) else ""))


@sites_command.command("doctor")
@click.argument("names", nargs=-1, metavar="[SITE]...", shell_complete=completing.site)
@click.option("--tag", help="What is looked for (default: solo, as each family calls it).")
@common
def doctor_command(options: Globals, names: tuple[str, ...], tag: str | None) -> int:
    """Ask sites once for each thing they can do; without names those that a harvest asks."""
    from harvester.cli import doctortext
    from harvester.stages import doctoring

    config = options.config
    adapters = [registry.source(site) for site in registry.chosen(names, _known(config))]
    if not adapters:
        raise UsageError("no site is asked unless it is named; `harvest sites` lists them")
    reports = doctoring.examine(adapters, contact=config.contact, waiting=say_waiting, word=tag)
    options.show(doctortext.told(reports), lambda: doctortext.page(reports))
    return Exit.DONE if all(report.answers for report in reports) else Exit.SITE


def _list(options: Globals) -> None:
    from harvester.cli import sitetext  # loads the network, which completion does without

    rows = [sitetext.row(registry.source(site)) for site in _known(options.config).values()]
    columns = ["site", "family", "url", "asked", "seconds", "automation", "key"]
    options.show(rows, lambda: table(columns, rows))


def _known(config: Config) -> dict[str, Site]:
    return registry.sites(config.sites, where=str(config.path or configs.NAME))


def _place(options: Globals) -> tuple[Config, Path]:
    """The config in use and the file it lies in, or is to lie in: the one that is named need not be there yet."""
    named = options.config_option
    if named is not None and not named.exists():
        return Config(), named
    config = options.config
    return config, config.path or options.library / configs.NAME


def _refuse_taken(name: str, known: dict[str, Site], path: Path) -> None:
    """A name that is taken, or one so like another that both would be given the same account."""
    from harvester.net import variables

    some = Auth(keys={"key": "key"})
    for other in known.values():
        if other.name == name:
            raise UsageError(
                f"{name} is a site already, at {other.url}; choose another name, "
                f"or change it under [sites.{name}] in {path}"
            )
        if variables(name, some) == variables(other.name, some):
            raise UsageError(
                f"{name} would be given the account of the site {other.name}; choose another name"
            )


def _place_of(url: str, family: str | None) -> dict[str, str]:
    """Family and address; where all sites of a host run one family, neither it nor https:// has to be said."""
    whole = url if "://" in url else f"https://{url}"
    known = registry.family_of(whole)
    if family is None and known is None and "{" in url:
        known = registry.PAGES
    if family is None and known is None:
        raise UsageError(
            f"nobody knows what software {url} runs; name it with --family, one of those in `harvest sites`; "
            f"any page with pictures is of the family {registry.PAGES}"
        )
    return {"family": family or str(known), "url": whole if known else url}


def _setting(text: str) -> tuple[str, Any]:
    """KEY=VALUE as a key and what TOML takes the value for; a text where the key wants one, or nothing else fits."""
    key, equals, value = text.partition("=")
    key, value = key.strip(), value.strip()
    if not equals or key in {"family", "url"}:
        raise UsageError(
            f"--option {text} makes no sense; it takes KEY=VALUE, e.g. --option interval=2"
        )
    if key in registry.OPTIONS and registry.OPTIONS[key][0] is str:
        return key, value
    try:
        read = tomllib.loads(f"value = {value}")
    except tomllib.TOMLDecodeError:
        return key, value
    return key, read["value"] if len(read) == 1 else value


def _adapter(name: str, table: dict[str, Any]) -> Source:
    """The family speaking for the new site; what is wrong with its table is wrong with the command line."""
    try:
        return registry.source(registry.sites({name: table}, where="sites add")[name])
    except RecipeError as error:
        raise UsageError(str(error)) from None


def _probed(found: Probe | None) -> dict[str, Any]:
    if found is None:
        return dict.fromkeys(PROBED)
    example = found.example
    return dict(zip(PROBED, (found.posts, found.files, example and example.page_url), strict=True))


def _is_unrated(adapter: Source, found: Probe | None) -> bool:
    """Does the site tell no rating, nor its table one?"""
    example = found.example if found else None
    rated = adapter.site.rating_default is not None
    return example is not None and not rated and example.claims.rating is None


def _added(told: dict[str, Any], unrated: str) -> str:
    lines = [
        f"wrote [sites.{told['site']}] to {told['config']}",
        "",
        f"  next        {told['next']}",
    ]
    if unrated:
        lines += [
            f"  rating      none is told, and what is unknown is rejected; rating_default under [sites.{unrated}]",
            "              says what the site holds",
        ]
    if told["posts"] is not None:
        lines.insert(0, _answered(told))
    return "\n".join(lines)


def _answered(told: dict[str, Any]) -> str:
    if not told["posts"]:
        return f"{told['site']} answers as a site of the family {told['family']} does; the page shows no post yet"
    noun = "post" if told["posts"] == 1 else "posts"
    shown = f"; e.g. {told['example']}" if told["example"] else ""
    return f"{told['site']} answers: {told['posts']} {noun} on the first page, {told['files']} with a file{shown}"
