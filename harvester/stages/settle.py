"""Ends a round: judges what was measured, groups duplicates, keeps the best copy of each. A function of facts and files alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlite_utils import Database

from harvester import gates
from harvester.catalog import candidates, distinct, files, harvests, members
from harvester.catalog.candidates import Known
from harvester.catalog.members import Member, Move
from harvester.gates.relaxing import because, passes_at
from harvester.hashing import Likenesses, Picture, group
from harvester.model import Facts, Ruling, State, Verdict
from harvester.stages import facts
from harvester.stages.comparing import compare
from harvester.stages.merging import clear_together
from harvester.stages.previewing import conclude
from harvester.stages.screen import asked, same_bytes
from harvester.stages.shop import Shop

Told = tuple[Likenesses, frozenset[distinct.Pair]]
"""What pictures are to each other by their pixels, and which of them a person told apart."""


def settle(shop: Shop, number: int | None) -> None:
    """Judge every member that has been measured, and close round `number`."""
    present = candidates.of_harvest(shop.catalog, shop.harvest.id, "settled")
    known = {one.id: one for one in present if one.asset}
    measured = files.measurements(shop.catalog, shop.harvest.id)
    claimed = facts.of(shop.catalog, known.values())
    laid = {n: facts.with_measurement(claimed[n], known[n].asset, measured) for n in known}
    given = {n: (*gates.judge(shop.gates, laid[n]), *asked(shop.recipe, laid[n])) for n in known}
    before = members.find(shop.catalog, shop.harvest.id)
    steps = {n: passes_at(shop.gates, laid[n], given[n], level=shop.level) for n in known}
    alike = compare(
        shop, [known[n].asset or "" for n, needed in steps.items() if needed is not None]
    )
    moves = _moves(known, laid, given, steps, (alike, distinct.every(shop.catalog)))
    changed = [move for move in moves if _differs(before[move.candidate], move)]
    harvest, revision = shop.harvest.id, shop.harvest.revision

    def work(db: Database) -> None:
        members.rule(db, (harvest, "assess", revision), given)
        members.move(db, harvest, changed)
        if number is not None:
            harvests.end_round(db, harvest, number)

    shop.catalog.write(work, crossing="catalog.ruled")
    conclude(shop)
    same_bytes(shop)


def _moves(
    known: Mapping[int, Known],
    laid: Mapping[int, Facts],
    given: Mapping[int, tuple[Ruling, ...]],
    steps: Mapping[int, int | None],
    told: Told,
) -> list[Move]:
    moves, passing = [], {}
    for number, rulings in given.items():
        needed = steps[number]
        deciding = gates.deciding(rulings)
        if needed is not None:
            passing[number] = needed
        elif deciding is not None:
            why = (deciding.reason, deciding.gate)
            moves.append(Move(number, State.REJECTED, "assess", *why, relaxed=0))
    return moves + [_marked(move, given) for move in _grouped(known, laid, passing, told)]


def _marked(move: Move, given: Mapping[int, tuple[Ruling, ...]]) -> Move:
    """An accepted picture that needed `--relax` says so, and what spoke against it."""
    if move.state is not State.ACCEPTED or not move.relaxed:
        return move
    return replace(move, reason=because(move.relaxed, given[move.candidate]))


def _grouped(
    known: Mapping[int, Known],
    laid: Mapping[int, Facts],
    passing: Mapping[int, int],
    told: Told,
) -> list[Move]:
    """Of each group of copies one is accepted, the best; the others are its duplicates.

    `passing` says how many steps of `--relax` each needs; a copy that needs fewer is kept.
    """
    by_key = {known[number].value.key: number for number in passing}
    pictures = [
        Picture(known[number].value.key, rank, laid[number], facts.role(laid[number]), needed)
        for rank, (number, needed) in enumerate(passing.items())
    ]
    moves = []
    for found in group(pictures, *told):
        kept = by_key[found.kept.key]
        numbers = [kept, *(by_key[copy.picture.key] for copy in found.members)]
        if found.members and (barred := _barred(numbers, laid)):
            moves += barred
            continue
        framing, needed = laid[kept].framing, passing[kept]
        moves.append(Move(kept, State.ACCEPTED, "assess", framing=framing, relaxed=needed))
        for copy in found.members:
            reason = f"the same picture as {found.kept.key} ({copy.evidence}), which is kept: {copy.because}"
            number = by_key[copy.picture.key]
            why, needed = (reason, "duplicate", kept), passing[number]
            moves.append(Move(number, State.DUPLICATE, "assess", *why, relaxed=needed))
    return moves


def _barred(numbers: list[int], laid: Mapping[int, Facts]) -> list[Move]:
    """Copies of one picture are one to the minors gate: what was said of one of them is said of all."""
    ruling = clear_together([laid[number] for number in numbers])
    if ruling.verdict is not Verdict.REJECT:
        return []
    why = f"{ruling.reason} (said of this copy or of another)", ruling.gate
    return [Move(number, State.REJECTED, "assess", *why, relaxed=0) for number in numbers]


def _differs(member: Member, move: Move) -> bool:
    now = (member.state, member.stage, member.gate, member.reason, member.kept, member.relaxed)
    return now != (move.state, move.stage, move.gate, move.reason, move.kept, move.relaxed)
