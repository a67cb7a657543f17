"""Ends a round: judges what was measured, groups duplicates, keeps the best copy of each. A function of facts alone."""

from __future__ import annotations

from collections.abc import Mapping

from sqlite_utils import Database

from harvester import gates
from harvester.catalog import candidates, files, harvests, members
from harvester.catalog.candidates import Known
from harvester.catalog.members import Member, Move
from harvester.hashing import Picture, group
from harvester.model import Facts, Ruling, State
from harvester.stages import facts
from harvester.stages.screen import asked, same_bytes
from harvester.stages.shop import Shop


def settle(shop: Shop, number: int | None) -> None:
    """Judge every member that has been measured, and close round `number`."""
    present = candidates.of_harvest(shop.catalog, shop.harvest.id, "settled")
    known = {one.id: one for one in present if one.asset}
    measured = files.measurements(shop.catalog, shop.harvest.id)
    claimed = facts.of(shop.catalog, known.values())
    laid = {n: facts.with_measurement(claimed[n], known[n].asset, measured) for n in known}
    given = {n: (*gates.judge(shop.gates, laid[n]), *asked(shop.recipe, laid[n])) for n in known}
    before = members.find(shop.catalog, shop.harvest.id)
    moves = _moves(known, laid, given)
    changed = [move for move in moves if _differs(before[move.candidate], move)]
    harvest, revision = shop.harvest.id, shop.harvest.revision

    def work(db: Database) -> None:
        members.rule(db, (harvest, "assess", revision), given)
        members.move(db, harvest, changed)
        if number is not None:
            harvests.end_round(db, harvest, number)

    shop.catalog.write(work, crossing="catalog.ruled")
    same_bytes(shop)


def _moves(
    known: Mapping[int, Known], laid: Mapping[int, Facts], given: Mapping[int, tuple[Ruling, ...]]
) -> list[Move]:
    moves, passing = [], []
    for number, rulings in given.items():
        deciding = gates.deciding(rulings)
        if deciding is None:
            passing.append(number)
        else:
            moves.append(Move(number, State.REJECTED, "assess", deciding.reason, deciding.gate))
    return moves + _grouped(known, laid, passing)


def _grouped(
    known: Mapping[int, Known], laid: Mapping[int, Facts], passing: list[int]
) -> list[Move]:
    """Of each group of copies one is accepted, the best; the others are its duplicates."""
    by_key = {known[number].value.key: number for number in passing}
    pictures = [
        Picture(known[number].value.key, rank, laid[number]) for rank, number in enumerate(passing)
    ]
    moves = []
    for found in group(pictures):
        kept = by_key[found.kept.key]
        moves.append(Move(kept, State.ACCEPTED, "assess", framing=laid[kept].framing))
        for copy in found.members:
            reason = f"the same picture as {found.kept.key} ({copy.evidence})"
            number = by_key[copy.picture.key]
            moves.append(Move(number, State.DUPLICATE, "assess", reason, "duplicate", kept=kept))
    return moves


def _differs(member: Member, move: Move) -> bool:
    now = (member.state, member.stage, member.gate, member.reason, member.kept)
    return now != (move.state, move.stage, move.gate, move.reason, move.kept)
