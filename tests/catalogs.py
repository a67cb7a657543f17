"""Catalogs, harvests and candidates for tests of what the catalog keeps."""

from __future__ import annotations

from dataclasses import replace

from harvester.catalog import candidates, members
from harvester.catalog.core import Catalog
from harvester.catalog.files import Whole
from harvester.catalog.harvests import Harvest
from harvester.catalog.members import Move
from harvester.model import (
    Candidate,
)
from harvester.recipe import Recipe

REIMU = Recipe(("hakurei_reimu",))
MD5 = "0123456789abcdef0123456789abcdef"
SHA = "ab" * 32
WHOLE = Whole(SHA, MD5, "cd" * 20, 1234, "png", "https://cdn.test/1.png")


def a_candidate(post: int | str = 1, site: str = "booru", **fields: object) -> Candidate:
    found = Candidate(site, str(post), f"https://{site}.test/{post}")
    return replace(found, **fields)  # type: ignore[arg-type]  # each test names real fields


def put(catalog: Catalog, candidate: Candidate, *, bare: bool = False) -> int:
    return catalog.write(lambda db: candidates.put(db, candidate, family="danbooru", bare=bare))


def known(catalog: Catalog, number: int) -> candidates.Known:
    return candidates.load(catalog, [number])[number]


def joined(catalog: Catalog, harvest: Harvest, *found: Candidate) -> list[int]:
    """Candidates as members of a harvest; their numbers."""
    numbers = [put(catalog, candidate) for candidate in found]
    catalog.write(lambda db: members.add(db, harvest.id, numbers))
    return numbers


def move(catalog: Catalog, harvest: Harvest, *moves: Move) -> None:
    catalog.write(lambda db: members.move(db, harvest.id, moves))
