"""Everything the catalog knows about why a picture is where it is."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harvester.catalog import candidates, files, harvests, likenesses, members
from harvester.catalog.candidates import Known
from harvester.catalog.core import Catalog
from harvester.catalog.members import Member
from harvester.claims import Conflict, conflicts
from harvester.model import Ruling
from harvester.stages import facts

LARGER = {
    "larger_found": "larger than its page shows it: the original was asked for and is there",
    "larger_missing": "as its page shows it: a larger one was asked for and is not there",
}
"""What a status says of a picture whose page shows a small copy."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a picture comes from, as all sites that have it tell: who made it, where it was taken from, licences."""

    artists: list[str]
    sources: list[str]
    licences: list[str]


@dataclass(frozen=True, slots=True)
class Alike:
    """Another picture that shows the same: `kind` is duplicate or variant, `distance` 0 for surely the same."""

    key: str
    kind: str
    distance: float
    evidence: str


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


def explain(catalog: Catalog, asked: str, path: Path) -> list[Explanation]:
    """What is known of a file, an address or SITE:ID, in every harvest that has it; empty when nothing is."""
    return [
        _explanation(catalog, known, harvest, member)
        for known in _known(catalog, asked, path)
        for harvest, member in members.of_candidate(catalog, known.id)
    ]


def _known(catalog: Catalog, asked: str, path: Path) -> list[Known]:
    if path.is_file():
        return _of_file(catalog, path) or candidates.by_address(catalog, path.resolve().as_uri())
    if asked.startswith(("http://", "https://", "file://")):
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
    same = candidates.siblings(catalog, [known.picture]).get(known.picture, [known])
    told = sorted((one for one in same if not one.bare), key=lambda one: one.id != known.id)
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
        origin=_origin(catalog, told),
        conflicts=conflicts(facts.apart(catalog, told)),
        alike=tuple(_alike(catalog, known.asset)) if known.asset else (),
    )


def _larger(known: Known) -> str:
    """Which copy of a picture its address gives, where it was a question; "" where it was none."""
    return "; ".join(LARGER[status] for status in LARGER if status in known.value.claims.status)


def _alike(catalog: Catalog, asset: str) -> Iterator[Alike]:
    """The pictures whose pixels were compared with these and are copies or variants, the likest first."""
    said = likenesses.of_asset(catalog, asset)
    for other, told in sorted(said.items(), key=lambda item: (item[1][1], item[0])):
        if told[0] != "different":
            yield from (Alike(one.value.key, *told) for one in candidates.by_asset(catalog, other))


def _origin(catalog: Catalog, told: list[Known]) -> Origin:
    laid = facts.of(catalog, told)
    credits = [credit for one in told for credit in one.value.credits]
    named = (source for one in told for source in one.value.relations.sources)
    return Origin(
        artists=_once(name for one in told for name in facts.artists(laid[one.id], one.value)),
        sources=_once([*named, *(credit.source for credit in credits)]),
        licences=_once(credit.licence for credit in credits),
    )


def _once(texts: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(filter(None, texts)))
