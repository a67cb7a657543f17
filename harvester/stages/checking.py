"""Proves a library whole: every object is what its name says, every row names one, every count adds up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from harvester.catalog import files, harvests, members
from harvester.catalog.core import Catalog
from harvester.model import State
from harvester.stages.recover import alive
from harvester.store.local import LocalStore


@dataclass(frozen=True, slots=True)
class Report:
    """What `harvest check` found. `half` are partial downloads, which the next run goes on with."""

    objects: int
    damaged: tuple[str, ...]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    half: int
    faults: tuple[str, ...]
    repaired: bool

    @property
    def clean(self) -> bool:
        """Nothing is wrong."""
        return not (self.damaged or self.missing or self.unknown or self.faults)

    def as_json(self) -> dict[str, Any]:
        """Stable keys; they only grow."""
        return {
            "objects": self.objects,
            "damaged": list(self.damaged),
            "missing": list(self.missing),
            "unknown": list(self.unknown),
            "half": self.half,
            "faults": list(self.faults),
            "clean": self.clean,
            "repaired": self.repaired,
        }

    def as_text(self) -> str:
        """Sentences."""
        lines = [f"{self.objects} files, all whole" if self.clean else f"{self.objects} files"]
        lines += [f"  damaged: {name}" for name in self.damaged]
        lines += [f"  missing: {name}" for name in self.missing]
        lines += [f"  in no row: {name}" for name in self.unknown]
        lines += [f"  {fault}" for fault in self.faults]
        if self.half:
            lines.append(f"  {self.half} downloads are half done; the next run goes on with them")
        if self.repaired:
            lines.append("repaired: what was damaged or missing is fetched again by the next run")
        elif not self.clean:
            lines.append(
                "`harvest check --repair` drops what is wrong, so that the next run fetches it again"
            )
        return "\n".join(lines)


def check(catalog: Catalog, store: LocalStore, *, repair: bool = False) -> Report:
    """Read every object; with `repair` drop what is wrong."""
    rows = {whole.sha256: whole for whole in files.assets(catalog)}
    present = dict(store.objects())
    damaged = [
        s for s, whole in rows.items() if s in present and not store.verify(s, whole.extension)
    ]
    missing = [sha256 for sha256 in rows if sha256 not in present]
    leased = {lease.whole.sha256 for lease in files.leases(catalog) if lease.whole}
    unknown = [sha256 for sha256 in present if sha256 not in rows and sha256 not in leased]
    half = len(store.parts())
    faults = [*catalog.faults(), *_sums(catalog), *_stale(catalog)]
    if repair:
        _repair(catalog, store, [*damaged, *missing])
        for sha256 in unknown:
            present[sha256].unlink(missing_ok=True)
    return Report(
        len(rows), tuple(damaged), tuple(missing), tuple(unknown), half, tuple(faults), repair
    )


def _sums(catalog: Catalog) -> list[str]:
    """The counts of each harvest's states add up to its candidates, and its selection is of accepted ones."""
    faults = []
    for harvest in harvests.every(catalog):
        present = members.find(catalog, harvest.id)
        if sum(members.counts(catalog, harvest.id).values()) != len(present):
            faults.append(f"harvest {harvest.id}: the counts do not add up")
        wrong = [m for m in present.values() if m.place and m.state is not State.ACCEPTED]
        if wrong:
            faults.append(f"harvest {harvest.id}: {len(wrong)} selected pictures are not accepted")
    return faults


def _stale(catalog: Catalog) -> list[str]:
    dead = [lease for lease in files.leases(catalog) if not alive(lease.holder)]
    if not dead:
        return []
    return [f"{len(dead)} downloads belong to a run that died; `harvest resume` takes them over"]


def _repair(catalog: Catalog, store: LocalStore, wrong: list[str]) -> None:
    for sha256 in wrong:
        whole = files.asset(catalog, sha256)
        if whole is None:
            continue
        store.remove(sha256, whole.extension)
        present = files.members_of(catalog, sha256)

        def work(
            db: Database, sha256: str = sha256, present: list[tuple[int, int]] = present
        ) -> None:
            for harvest, candidate in present:
                move = members.Move(candidate, State.WANTED, "screen", "its file was lost")
                members.move(db, harvest, [move])
                members.unplace(db, harvest, candidate)
            files.forget(db, sha256)

        catalog.write(work)
