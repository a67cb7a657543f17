"""Judges members on what sites claim, before any byte: hidden, rejected, the same picture again, or wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from harvester import gates
from harvester.catalog import candidates, distinct, members
from harvester.catalog.candidates import Known
from harvester.catalog.members import Member, Move
from harvester.folders import is_folder
from harvester.gates.relaxing import passes_at
from harvester.model import Facts, Ruling, State, Verdict
from harvester.recipe import Recipe, folded
from harvester.stages import facts
from harvester.stages.shop import Shop

ALIVE = frozenset({State.WANTED, State.WAITING, State.FETCHED, State.ACCEPTED})
"""States of a member that the bytes of its picture may still come from, or have come from."""

FIXED = frozenset({State.GONE, State.FAILED, State.BLOCKED})
"""States that a judgement of claims does not change, unless it rejects."""


def screen(shop: Shop, found: list[Known]) -> None:
    """Judge members that were only found; then settle which of several posts with one hash is fetched."""
    judge_claims(shop, found)
    same_bytes(shop)


def judge_claims(shop: Shop, present: list[Known]) -> None:
    """Rule on claims and move each member to where the rulings put it."""
    if not present:
        return
    known = facts.of(shop.catalog, (one for one in present if not one.bare))
    given: dict[int, tuple[Ruling, ...]] = {}
    moves = []
    before = members.find(shop.catalog, shop.harvest.id)
    for one in present:
        if one.bare:
            continue
        given[one.id] = (
            *gates.judge(shop.gates, known[one.id]),
            *asked(shop.recipe, known[one.id]),
        )
        steps = passes_at(shop.gates, known[one.id], given[one.id], level=shop.level)
        if steps is None:
            moves.append(_rejected(one, given[one.id]))
        else:
            moves.append(replace(_move(before[one.id], one, known[one.id]), relaxed=steps))
    harvest, revision = shop.harvest.id, shop.harvest.revision

    shop.catalog.write(lambda db: members.rule(db, (harvest, "screen", revision), given))
    shop.catalog.write(lambda db: members.move(db, harvest, moves), crossing="catalog.ruled")


def _rejected(one: Known, given: tuple[Ruling, ...]) -> Move:
    deciding = next(ruling for ruling in given if ruling.verdict is Verdict.REJECT)
    told = (deciding.reason, deciding.gate)
    return Move(one.id, State.REJECTED, "screen", *told, screened=False, relaxed=0)


def _move(member: Member, one: Known, known: Facts) -> Move:
    """Where claims put a member they do not reject. Bytes that are here already bring it to being assessed."""
    if one.value.original is None and "url" not in one.value.incomplete:
        return Move(one.id, State.HIDDEN, "screen", "the site shows no file to this visitor")
    state, stage, reason = State.WANTED, "screen", ""
    if one.asset:
        state = State.FETCHED
    elif member.state in FIXED:
        state, stage, reason = member.state, member.stage, member.reason
    return Move(one.id, state, stage, reason, screened=True, framing=known.framing)


def asked(recipe: Recipe, known: Facts) -> Iterable[Ruling]:
    """What the recipe demands and forbids by tag, whatever a site's server was told of it."""
    if not recipe.want and not recipe.avoid:
        return
    if known.tags is None:
        yield Ruling("query", Verdict.UNKNOWN, "this site tells no tags")
        return
    told = {folded(tag) for tags in known.tags.values() for tag in tags}
    missing = [tag for tag in recipe.want if folded(tag) not in told]
    unwanted = [tag for tag in recipe.avoid if folded(tag) in told]
    reason = (
        f"asked for {missing[0]}"
        if missing
        else f"asked without {unwanted[0]}"
        if unwanted
        else "as asked"
    )
    yield Ruling("query", Verdict.REJECT if missing or unwanted else Verdict.PASS, reason)


def same_bytes(shop: Shop) -> None:
    """Of several members whose sites claim one hash, one is fetched; the others are its duplicates.

    A duplicate whose kept one came to nothing is wanted again. What a person told apart is fetched each by itself.
    """
    present = members.find(shop.catalog, shop.harvest.id)
    known = candidates.of_harvest(shop.catalog, shop.harvest.id, "shared")
    apart = distinct.every(shop.catalog)
    pictures: dict[int, list[Known]] = {}
    for one in known:
        pictures.setdefault(one.picture, []).append(one)
    moves = [
        move
        for same in pictures.values()
        for group in _parted(same, apart)
        for move in _one_of(group, present)
    ]
    shop.catalog.write(lambda db: members.move(db, shop.harvest.id, moves))


def _parted(same: list[Known], apart: frozenset[distinct.Pair]) -> list[list[Known]]:
    """Members with one hash, those that were told apart in groups of their own."""
    groups: list[list[Known]] = []
    for one in same:
        names = distinct.names(one)
        for group in groups:
            if not any(distinct.held(apart, names, distinct.names(other)) for other in group):
                group.append(one)
                break
        else:
            groups.append([one])
    return groups


def _one_of(group: list[Known], present: Mapping[int, Member]) -> Iterable[Move]:
    """Bytes that are in the library cost nothing, a picture known by its preview none, a folder's file no download."""
    alive = [one for one in group if _stands(present[one.id])]
    again = [one for one in group if _is_same_bytes(present[one.id])]
    able = alive or again
    if not able:
        return
    kept = min(
        able,
        key=lambda one: (
            *(present[one.id].relaxed, one.asset is None, not _is_previewed(present[one.id])),
            *(not is_folder(one.value.page_url), one.value.site, one.id),
        ),
    )
    for one in (*alive, *again):
        member = present[one.id]
        if one is kept and _is_same_bytes(member):
            yield Move(one.id, State.WANTED, "screen")
        elif one is not kept and not (member.state is State.DUPLICATE and member.kept == kept.id):
            reason = f"{_sameness(one, kept)} {kept.value.key} by the hash its site claims"
            yield Move(one.id, State.DUPLICATE, "screen", reason, "same_bytes", kept=kept.id)


def _sameness(one: Known, kept: Known) -> str:
    """What two candidates of one picture share: the file, or only its pixels."""
    mine, theirs = candidates.hashes(one.value), candidates.hashes(kept.value)
    both = {kind for kind in mine.keys() & theirs.keys() if mine[kind] == theirs[kind]}
    return "the same pixels as" if both == {"pixel_hash"} else "the same file as"


def _stands(member: Member) -> bool:
    """Whether the bytes of a member may still come, or need not, since a preview told what they show."""
    return member.state in ALIVE or _is_previewed(member)


def _is_previewed(member: Member) -> bool:
    return member.state is State.DUPLICATE and member.stage == "preview"


def _is_same_bytes(member: Member) -> bool:
    return member.state is State.DUPLICATE and member.stage == "screen"
