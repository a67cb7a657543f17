"""Adds a site of the user's own: asks it one page to see that it answers, and writes its table into the config."""

from __future__ import annotations

import asyncio
import os
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w
from filelock import FileLock, Timeout

from harvester import vocabulary
from harvester.errors import (
    Gone,
    LibraryError,
    QueryRefused,
    RecipeError,
    ReplyError,
    SiteError,
    Unexpected,
    UsageError,
)
from harvester.model import Candidate, Page, Query, Rating
from harvester.net import FileBudget, Patience, Settings, Waiting, ask, open_net, state_file
from harvester.ports import Source
from harvester.stages.accounts import accounts
from harvester.store.local import sync_folder

WORD = "solo"
"""What a probe looks for when nobody says: a tag that most boards have. Some servers list nothing without one."""

ONCE = Settings(connect=15.0, read=30.0, whole=60.0, patience=Patience(attempts=1))
PATIENCE = 10.0  # seconds another process may take to write the same file; ours take milliseconds


@dataclass(frozen=True, slots=True)
class Probe:
    """What a site answered to one page: how many posts, how many of them with a file, and one of them."""

    posts: int
    files: int
    example: Candidate | None = None


def probe(adapter: Source, word: str, *, contact: str, waiting: Waiting) -> Probe:
    """Ask the site for the first page of one search, once. SiteError says why it is not usable."""
    if refused := vocabulary.forbidden(word):
        raise QueryRefused(f"--tag: {refused}; this program never asks for it")
    request = adapter.search(Query((word,), ratings=frozenset({Rating.GENERAL, Rating.SENSITIVE})))
    signed = accounts([adapter])
    budget = FileBudget(state_file(os.environ))
    budget.waiting = waiting

    async def asked() -> Page:
        net = open_net(
            [adapter.site], contact=contact, budget=budget, credentials=signed, settings=ONCE
        )
        net.waiting = waiting
        try:
            page = await ask(net, adapter, request)
            if not page.candidates and page.follow:  # asked once more, in plainer words
                page = await ask(net, adapter, page.follow[0])
            return page
        finally:
            await net.aclose()

    try:
        return _looked(adapter, word, asyncio.run(asked()))
    except (Unexpected, Gone) as error:
        raise SiteError(
            f"{adapter.site.url} does not answer as a site of the family {adapter.site.family} does "
            f"({_line(error)}); check --url and --family"
        ) from None
    except ReplyError as error:
        raise SiteError(f"{adapter.site.url}: {_line(error)}") from None
    finally:
        budget.close()


def _looked(adapter: Source, word: str, page: Page) -> Probe:
    """What a page is worth; one that leads on may be empty, as a wiki's first way to look often is."""
    found, url = page.candidates, adapter.site.url
    if not found and not page.follow:
        raise SiteError(f"{url} answers, but shows no post for '{word}'; name a tag it has: --tag")
    with_file = [one for one in found if one.original is not None or "url" in one.incomplete]
    if found and not with_file:
        raise SiteError(
            f"{url} answers, but shows no file with any of {len(found)} posts; "
            f"check --family, and whether it wants an account"
        )
    return Probe(len(found), len(with_file), next(filter(_is_presentable, with_file), None))


def _is_presentable(candidate: Candidate) -> bool:
    tags = (candidate.claims.tags or {}).values()
    return not any(vocabulary.forbidden(tag) for names in tags for tag in names)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def write_site(path: Path, name: str, table: Mapping[str, Any]) -> None:
    """Put `[sites.NAME]` at the end of a config file: whole or not at all, every byte before it as it was."""
    path = path.resolve()  # a link to the file stays one
    lock = state_file(os.environ).with_name("config.lock")
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(lock, timeout=PATIENCE):
            before = path.read_bytes() if path.exists() else b""
            _replace(path, _with_table(path, before, name, table))
    except Timeout:
        raise LibraryError(f"{path}: another process keeps it locked; try again") from None
    except OSError as error:
        raise LibraryError(
            f"{path}: cannot be written ({error.strerror or error}); check the folder, "
            "or name another file with --config"
        ) from None


def _with_table(path: Path, before: bytes, name: str, table: Mapping[str, Any]) -> bytes:
    """The file's bytes with the table after them, if that says what it should."""
    try:
        told = tomllib.loads(before.decode())
    except ValueError as error:
        raise RecipeError(f"{path}: not valid TOML: {error}") from None
    sites = told.get("sites", {})
    if name in sites:
        raise UsageError(f"{path}: [sites.{name}] stands there already; choose another name")
    added = tomli_w.dumps({"sites": {name: dict(table)}}).encode()
    gap = b"" if not before else b"\n" if before.endswith(b"\n") else b"\n\n"
    after = before + gap + added
    try:
        fits = tomllib.loads(after.decode()) == {**told, "sites": {**sites, name: dict(table)}}
    except ValueError:  # sites = { … } on one line takes no table after it
        fits = False
    if not fits:
        raise RecipeError(
            f"{path}: [sites.{name}] cannot stand after what is there; write it by hand, "
            "into a file where every site is a table of its own"
        )
    return after


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, draft)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
