"""`harvest dedup`: which pictures of folders that people have already are copies, which is the best, which are variants."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harvester.cli.options import FOLDER, Globals, common, going_on
from harvester.cli.printing import size, some
from harvester.errors import Exit, UsageError

if TYPE_CHECKING:  # loaded when it is used, so that completion answers at once
    from harvester.catalog.distinct import Pair
    from harvester.stages.setting_aside import Done
    from harvester.stages.sorting import Copy, Judged, Same, Shown

SHOWN = 40
"""So many skipped files, and so many that were left as they are, are named in text; `--json` has all of them."""

LAST = "first in order"
"""The rule that decides where no other does; it says little beside others."""

VARIANTS = 4
"""So many variants of one picture are named in text."""


@click.command()
@click.argument(
    "folder", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="DIR..."
)
@click.option(
    "--hard-link",
    is_flag=True,
    help="Make files of the very same bytes one file on the disk, by hard links; other copies stay as they are.",
)
@click.option(
    "--move-to",
    "target",
    type=FOLDER,
    help="Move the copies, and the texts beside them, below this folder; nothing is overwritten.",
)
@common
def dedup_command(
    options: Globals, folder: tuple[Path, ...], hard_link: bool, target: Path | None
) -> int:
    """Show which pictures of folders are copies of each other, and which of them is the best; changes nothing by itself."""
    if hard_link and target is not None:
        raise UsageError("--hard-link keeps copies and --move-to moves them; say one of the two")
    typed = shlex.join(["dedup", *map(str, folder)])
    more = " --hard-link" * hard_link + (f" --move-to {shlex.quote(str(target))}" if target else "")
    _check(folder, target)
    with going_on(options.command(typed + more)):
        found = _judged(options, folder)
        done = _set_aside(found, folder, target) if hard_link or target else []
    told = _json(found, folder, done, "moved" if target else "linked")
    options.show(told, lambda: _text(told, "" if more else options.command(typed)))
    return Exit.LIBRARY if any(one.fault for one in done) else Exit.DONE


def _check(folder: tuple[Path, ...], target: Path | None) -> None:
    from harvester.stages.gathering import root_of
    from harvester.stages.setting_aside import check_target

    for one in folder:
        root_of(one)
    if target is not None:
        check_target(target, folder)


def _judged(options: Globals, folder: tuple[Path, ...]) -> Judged:
    from harvester.catalog.looked import Looked
    from harvester.cli.terminal import Terminal
    from harvester.engine.local import LocalEngine
    from harvester.net import memory_folder
    from harvester.stages.sorting import judged

    cache, told_apart = memory_folder(os.environ).with_name("dedup"), _told_apart(options)
    with Terminal(options) as terminal, closing(Looked(cache)) as memory, LocalEngine() as engine:
        return judged(folder, engine, memory, terminal.show, told_apart)


def _told_apart(options: Globals) -> frozenset[Pair]:
    """What a person said of pictures of the library, if there is one: their copies elsewhere are the same files."""
    from harvester.catalog import distinct
    from harvester.stages.libraries import CATALOG, library

    if options.library_option is None and not (options.library / CATALOG).is_file():
        return frozenset()
    with library(options.library) as catalog:
        return distinct.every(catalog)


def _set_aside(found: Judged, folder: tuple[Path, ...], target: Path | None) -> list[Done]:
    from harvester.stages.setting_aside import linked, moved

    return list(linked(found) if target is None else moved(found, target, folder))


# ---- JSON ---------------------------------------------------------------------------------


def _json(found: Judged, folder: tuple[Path, ...], done: list[Done], how: str) -> dict[str, Any]:
    became = {one.path: one for one in done}
    told = [_same(one, became, how) for one in found.found if one.copies or one.variants]
    copies = [copy for one in told for copy in one["copies"]]
    return {
        "folders": [str(one) for one in folder],
        "files": found.files,
        "pictures": len(found.found),
        "copies": len(copies),
        "bytes": found.spare,
        "variants": sum(bool(one.variants) for one in found.found),
        "moved": sum(copy["done"] == "moved" for copy in copies),
        "linked": sum(copy["done"] == "linked" for copy in copies),
        "groups": told,
        "skipped": [{"path": str(one.path), "why": one.why} for one in found.skipped],
    }


def _same(one: Same, became: dict[Path, Done], how: str) -> dict[str, Any]:
    from harvester.hashing.best import RULES

    return {
        "kept": _file(one.kept),
        "because": sorted({_rule(copy.because) for copy in one.copies}, key=RULES.index),
        "copies": [_copy(copy, became.get(copy.shown.file.path), how) for copy in one.copies],
        "variants": [
            {**_file(other.shown), "kind": "variant"}
            | {"distance": other.distance, "evidence": other.evidence}
            for other in one.variants
        ],
    }


def _rule(because: str) -> str:
    return because.partition(" (")[0]


def _copy(copy: Copy, done: Done | None, how: str) -> dict[str, Any]:
    return {
        **_file(copy.shown),
        "kind": "same bytes" if copy.same_bytes else "duplicate",
        "distance": copy.distance,
        "evidence": copy.evidence,
        "because": copy.because,
        "done": how if done and done.at and not done.why else "",
        "at": str(done.at) if done and done.at else None,
        "left": done.why if done else "",
    }


def _file(shown: Shown) -> dict[str, Any]:
    facts = shown.facts
    return {
        "path": str(shown.file.path),
        "width": facts.width,
        "height": facts.height,
        "format": facts.format,
        "quality": facts.jpeg_quality,
        "bytes": shown.file.bytes,
        "texts": [str(path) for path in shown.file.beside],
    }


# ---- text ---------------------------------------------------------------------------------


def _text(told: dict[str, Any], command: str) -> str:
    lines: list[str] = []
    for one in told["groups"]:
        if one["copies"]:
            lines += [*_group(one), ""]
    lines += _named("skipped", ((one["path"], one["why"]) for one in told["skipped"]))
    left = ((one["path"], one["left"]) for group in told["groups"] for one in group["copies"])
    lines += _named("left", ((path, why) for path, why in left if why))
    lines.append(_sum(told))
    if told["copies"] and command:
        lines += ["  to move them:  " + command + " --move-to OTHER_DIR"]
        if any(copy["kind"] == "same bytes" for one in told["groups"] for copy in one["copies"]):
            lines += ["  to link them:  " + command + " --hard-link"]
    return "\n".join(lines)


def _group(one: dict[str, Any]) -> Iterator[str]:
    kept = one["kept"]
    rules = [rule for rule in one["because"] if len(one["because"]) == 1 or rule != LAST]
    yield f"kept      {kept['path']}  {_figures(kept)}; {', '.join(rules)}"
    for copy in one["copies"]:
        word = copy["done"] or "copy"
        yield f"  {word:<8}{copy['path']}  {_figures(copy)}"
        yield f"            {_told(copy)}"
        if copy["done"] == "moved":
            yield f"            to {copy['at']}"
    texts = sorted({name for copy in one["copies"] for name in copy["texts"]} - {*kept["texts"]})
    if texts and not kept["texts"]:
        yield f"  note    no text lies beside the kept file, but {texts[0]} beside a copy"
    for other in one["variants"][:VARIANTS]:
        yield f"  variant {other['path']}  {_figures(other)}"
        yield f"            {other['evidence']}: another expression or detail, kept"
    if len(one["variants"]) > VARIANTS:
        yield f"  variant and {len(one['variants']) - VARIANTS} more; --json tells all of them"


def _told(copy: dict[str, Any]) -> str:
    if copy["kind"] == "same bytes":
        return "the same bytes"
    return f"distance {copy['distance']:.2f}, {copy['evidence']}; kept: {copy['because']}"


def _figures(one: dict[str, Any]) -> str:
    quality = f" of quality {one['quality']}" if one["quality"] else ""
    return f"{one['width']}×{one['height']} {(one['format'] or '').upper()}{quality}, {size(one['bytes'])}"


def _named(word: str, told: Iterable[tuple[str, str]]) -> list[str]:
    every = [f"{word:<10}{path}: {why}" for path, why in told]
    more = [f"{word:<10}and {len(every) - SHOWN} more; --json tells all of them"]
    return [*every[:SHOWN], *more * (len(every) > SHOWN), *[""] * bool(every)]


def _sum(told: dict[str, Any]) -> str:
    groups = sum(bool(one["copies"]) for one in told["groups"])
    if not told["files"]:
        parts = ["no pictures found"]
    elif not groups:
        parts = [some(told["files"], "picture"), "no copies among them"]
    else:
        where = f"{some(told['copies'], 'copy', 'copies')} in {some(groups, 'group')}"
        parts = [some(told["files"], "picture"), where, _freed(told)]
    if told["variants"]:
        parts.append(f"{told['variants']} with variants, all kept")
    if told["skipped"]:
        parts.append(f"{some(len(told['skipped']), 'file')} skipped")
    return ", ".join(parts)


def _freed(told: dict[str, Any]) -> str:
    if told["moved"]:
        return f"{told['moved']} moved"
    if told["linked"]:
        return f"{told['linked']} linked"
    return f"{size(told['bytes'])} could be saved"
