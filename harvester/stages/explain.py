"""Everything the catalog knows about why a picture is where it is."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from harvester.catalog import candidates, files, harvests, members
from harvester.catalog.candidates import Known
from harvester.catalog.core import Catalog
from harvester.catalog.members import Member
from harvester.model import Ruling


@dataclass(frozen=True, slots=True)
class Explanation:
    """One candidate in one harvest, with every ruling it was ever given there."""

    key: str
    page: str
    harvest: int
    subject: str
    member: Member
    reason: str
    file: str | None
    rulings: list[tuple[str, int, tuple[Ruling, ...]]]


def explain(catalog: Catalog, asked: str, path: Path) -> list[Explanation]:
    """What is known of a file, an address or SITE:ID, in every harvest that has it; empty when nothing is."""
    return [
        _explanation(catalog, known, harvest, member)
        for known in _known(catalog, asked, path)
        for harvest, member in members.of_candidate(catalog, known.id)
    ]


def _known(catalog: Catalog, asked: str, path: Path) -> list[Known]:
    if path.is_file():
        return _of_file(catalog, path)
    if asked.startswith(("http://", "https://")):
        return candidates.by_address(catalog, asked)
    site, colon, post = asked.partition(":")
    found = candidates.by_key(catalog, site, post) if colon else None
    return [found] if found else []


def _of_file(catalog: Catalog, path: Path) -> list[Known]:
    """By the file's bytes; a converted or edited export is found by the key in its name."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    found = candidates.by_asset(catalog, sha256)
    named = re.fullmatch(r"\d+_([A-Za-z0-9.-]+)_(\d+)", path.stem)
    if not found and named:
        known = candidates.by_key(catalog, *named.groups())
        found = [known] if known else []
    return found


def _explanation(catalog: Catalog, known: Known, harvest: int, member: Member) -> Explanation:
    whole = files.asset(catalog, known.asset) if known.asset else None
    return Explanation(
        key=known.value.key,
        page=known.value.page_url,
        harvest=harvest,
        subject=harvests.get(catalog, harvest).subject,
        member=member,
        reason=member.reason,
        file=f"objects/{whole.sha256[:2]}/{whole.sha256}.{whole.extension}" if whole else None,
        rulings=members.rulings(catalog, harvest, known.id),
    )
