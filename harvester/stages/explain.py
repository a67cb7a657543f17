"""Everything the catalog knows about why a picture is where it is."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harvester.catalog import candidates, distinct, files, harvests, members
from harvester.catalog.candidates import Known
from harvester.catalog.core import Catalog
from harvester.catalog.members import Member
from harvester.claims import Conflict, conflicts
from harvester.model import Ruling
from harvester.ports import Origin
from harvester.stages import facts
from harvester.stages.crediting import origins
from harvester.stages.relatives import Alike, copies_of, relatives

if TYPE_CHECKING:  # it loads much, which is done without where there is one harvest only
    from harvester.stages.elsewhere import Elsewhere

LARGER = {
    "larger_found": "larger than its page shows it: the original was asked for and is there",
    "larger_missing": "as its page shows it: a larger one was asked for and is not there",
}
"""What a status says of a picture whose page shows a small copy."""


_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


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
    address: str | None
    larger: str
    rulings: list[tuple[str, int, tuple[Ruling, ...]]]
    elsewhere: list[str]
    origin: Origin
    conflicts: tuple[Conflict, ...]
    alike: tuple[Alike, ...]
    distinct: tuple[str, ...]
    library: tuple[Elsewhere, ...]


def explain(catalog: Catalog, asked: str, path: Path) -> list[Explanation]:
    """What is known of a file, an address or SITE:ID, in every harvest that has it; empty when nothing is."""
    return [
        _explanation(catalog, known, harvest, member)
        for known in known_as(catalog, asked, path)
        for harvest, member in members.of_candidate(catalog, known.id)
    ]


def known_as(catalog: Catalog, asked: str, path: Path) -> list[Known]:
    """The candidates that a file, its SHA-256, an address or SITE:ID stands for."""
    if path.is_file():
        return _of_file(catalog, path) or candidates.by_address(catalog, path.resolve().as_uri())
    if _SHA256.fullmatch(asked):
        return candidates.by_asset(catalog, asked.lower())
    if asked.startswith(("http://", "https://", "file://")):
        return candidates.by_address(catalog, asked)
    site, colon, post = asked.partition(":")
    found = candidates.by_key(catalog, site, post) if colon else None
    return [found] if found else []


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _of_file(catalog: Catalog, path: Path) -> list[Known]:
    """By the file's bytes; a converted or edited export is found by the key in its name."""
    found = candidates.by_asset(catalog, digest(path))
    named = re.fullmatch(r"\d+_([A-Za-z0-9.-]+)_(\d+)", path.stem)
    if not found and named:
        known = candidates.by_key(catalog, *named.groups())
        found = [known] if known else []
    return found


def _explanation(catalog: Catalog, known: Known, harvest: int, member: Member) -> Explanation:
    whole = files.asset(catalog, known.asset) if known.asset else None
    same = candidates.siblings(catalog, [known.picture]).get(known.picture, [known])
    told = sorted((one for one in same if not one.bare), key=lambda one: one.id != known.id)
    copies = [one for one, _ in copies_of(catalog, harvest, known, member).values()]
    return Explanation(
        key=known.value.key,
        page=known.value.page_url,
        harvest=harvest,
        subject=harvests.get(catalog, harvest).subject,
        member=member,
        reason=member.reason,
        file=f"objects/{whole.sha256[:2]}/{whole.sha256}.{whole.extension}" if whole else None,
        address=known.value.original.urls[0] if known.value.original else None,
        larger=_larger(known),
        rulings=members.rulings(catalog, harvest, known.id),
        elsewhere=[one.value.key for one in told if one.id != known.id],
        origin=origins(catalog, {known.id: (known, *copies)})[known.id],
        conflicts=conflicts(facts.apart(catalog, told)),
        alike=relatives(catalog, harvest, known, member),
        distinct=tuple(_distinct(catalog, known)),
        library=_library(catalog, known.asset, harvest) if known.asset else (),
    )


def _distinct(catalog: Catalog, known: Known) -> list[str]:
    """The pictures that a person said are no copies of this one, by the keys they go by."""
    mine = {known.asset, known.value.key}
    found: list[str] = []
    for pair in sorted(distinct.every(catalog)):
        others = [name for name in pair if name not in mine]
        if len(others) == 1:
            same = candidates.by_asset(catalog, others[0])
            found += [one.value.key for one in same] or others
    return found


def _library(catalog: Catalog, asset: str, harvest: int) -> tuple[Elsewhere, ...]:
    """What other harvests of the library have of it; nothing is loaded for that where there are none."""
    if len(harvests.every(catalog)) < 2:
        return ()
    from harvester.stages.elsewhere import elsewhere

    return elsewhere(catalog, asset, harvest)


def _larger(known: Known) -> str:
    """Which copy of a picture its address gives, where it was a question; "" where it was none."""
    return "; ".join(LARGER[status] for status in LARGER if status in known.value.claims.status)
