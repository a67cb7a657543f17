"""`harvest demo`: the main job on the built-in sandbox site, in a library of its own."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import click

from harvester.cli.options import FOLDER, Globals, common
from harvester.errors import RecipeError
from harvester.tables import read_toml

CONFIG = """# written by `harvest demo`: points the site danbooru at the sandbox on this machine
[sites.danbooru]
family = "danbooru"
url = "{url}"
interval = 0
"""


@click.command()
@click.option("--target", default=50, show_default=True, help="How many pictures.")
@click.option("--posts", default=2000, show_default=True, help="How many posts the sandbox has.")
@click.option(
    "--pictures", type=FOLDER, help="Serve the pictures of a folder instead of drawn ones."
)
@click.option("--port", default=0, help="Port on loopback (default: a free one).")
@click.option(
    "--serve", is_flag=True, help="Only serve, until Ctrl-C; harvest from another terminal."
)
@common
def demo_command(
    options: Globals, target: int, posts: int, pictures: Path | None, port: int, serve: bool
) -> int:
    """Run the main job on a sandbox site on this machine."""
    from harvester import recipe as recipes
    from harvester.cli.collecting import collect
    from harvester.demo import Options, start_process

    place = options.library / "demo"
    place.mkdir(parents=True, exist_ok=True)
    config = place / "harvester.toml"
    port = port or _port_of(config)
    with start_process(Options(posts=posts, pictures=pictures, port=port)) as sandbox:
        config.write_text(CONFIG.format(url=sandbox.url), "utf-8")
        click.echo(f"sandbox at {sandbox.url}, config {config}", err=True)
        if serve:
            click.echo("serving until Ctrl-C", err=True)
            return sandbox.handle.wait()
        recipe = recipes.parse({"tag": "hakurei_reimu", "target": target, "sites": ["danbooru"]})
        own = replace(options, library_option=place, config_option=config)
        again = f"demo --target {target} --posts {posts}"
        if pictures is not None:
            again += f" --pictures {shlex.quote(str(pictures))}"
        return collect(own, recipe, again=options.command(again))


def _port_of(config: Path) -> int:
    """The port an earlier demo in this library had: what it found lies at that address."""
    try:
        return urlsplit(read_toml(config)["sites"]["danbooru"]["url"]).port or 0
    except (RecipeError, KeyError, TypeError, ValueError):
        return 0
