"""Before a large original: where another site showed the same picture, a few kilobytes may tell that it need not be fetched."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from harvester.catalog import candidates, distinct, files, members, previews
from harvester.catalog.candidates import Known
from harvester.catalog.members import Move
from harvester.catalog.previews import Preview
from harvester.errors import Blocked, Busy, SiteError, Unreachable
from harvester.gates.minors import clear
from harvester.hashing import Kind, Likeness, Picture
from harvester.limits import shown
from harvester.model import Facts, File, State, Verdict
from harvester.net import glance
from harvester.stages import facts
from harvester.stages.glimpsing import Glimpse, Match, Shown, glimpsed, matched
from harvester.stages.merging import clear_together
from harvester.stages.shop import Progress, Shop
from harvester.stages.suspecting import (
    WORTH,
    Sightings,
    Suspect,
    bits_apart,
    in_set,
    is_no_better,
    worthwhile,
)

MOST_BYTES = 256 << 10
"""A preview is a few kilobytes; one that is longer is broken off."""

SURE = 0.05
"""Distance of a preview from the kept file, laid over each other, up to which they are one picture."""

_UNFETCHED = frozenset({State.WANTED, State.WAITING})
_COMING = frozenset({State.WANTED, State.WAITING, State.FETCHED, State.ACCEPTED})


@dataclass(frozen=True, slots=True)
class _Pair:
    """A member and an accepted one that may be the same picture, with all that is known of both."""

    one: Known
    claimed: Facts
    kept: Known
    measured: Facts
    because: str


def spared(shop: Shop, number: int, *, over: int = WORTH) -> frozenset[int]:
    """Those of a round that may turn out to be copies of others, accepted ones or of this round, which are brought first.

    Only where a preview can pay, and none that would be kept beside the other if it is what it claims to be.
    """
    present = members.of_round(shop.catalog, shop.harvest.id, number)
    open_ = [n for n, member in present.items() if member.state in _UNFETCHED]
    worth = _worth(shop, open_, over)
    pairs = _pairs(shop, worth, _COMING) if worth else {}
    brought = {
        n
        for n, member in present.items()
        if member.state in _UNFETCHED or member.state is State.FETCHED
    }
    accepted = members.find(shop.catalog, shop.harvest.id, State.ACCEPTED)
    able = brought | accepted.keys()
    return frozenset(n for n, found in pairs.items() if any(pair.kept.id in able for pair in found))


def preview(shop: Shop, numbers: Collection[int], *, over: int = WORTH) -> None:
    """Look at the previews of these members where an accepted one may be the same picture; conclude what is sure.

    Each is asked for once in the life of a library. Whatever goes wrong with one, the original is fetched.
    """
    present = members.find(shop.catalog, shop.harvest.id, *_UNFETCHED)
    worth = _worth(shop, [n for n in sorted(numbers) if n in present], over)
    pairs = _pairs(shop, worth, frozenset({State.ACCEPTED})) if worth else {}
    known = {n: found[0].one for n, found in pairs.items()}
    there = previews.find(shop.catalog, known.values())
    lacking = [
        (one, worth[n])
        for n, one in known.items()
        if n not in there and clear(pairs[n][0].claimed).verdict is not Verdict.REJECT
    ]
    _ask_all(shop, lacking)
    _look(shop, known.values())
    conclude(shop)


def conclude(shop: Shop) -> None:
    """Say of every member whose preview was seen whether that still, or by now, makes it a duplicate; without network.

    One that is none any more, since the kept one was lost, rejected or replaced, is wanted again.
    """
    concerned = previews.concerned(shop.catalog, shop.harvest.id)
    if not concerned:
        return
    known = candidates.load(shop.catalog, concerned)
    present = members.find(shop.catalog, shop.harvest.id)
    seen = previews.find(shop.catalog, known.values())
    near = _near(shop, known, seen)
    stands = {n for n, pair in near.items() if present[n].kept == pair.kept.id}
    same = _matched(shop, {n: pair for n, pair in near.items() if n not in stands}, seen)
    moves = [_duplicate(near[n], seen[n], likeness) for n, likeness in same.items()]
    moves += [
        Move(n, State.WANTED, "screen")
        for n in concerned
        if present[n].state is State.DUPLICATE and n not in stands and n not in same
    ]
    if moves:
        shop.catalog.write(
            lambda db: members.move(db, shop.harvest.id, moves), crossing="catalog.previewed"
        )


def _worth(shop: Shop, numbers: Collection[int], over: int) -> dict[int, File]:
    """The previews that can pay, by candidate."""
    known = candidates.load(shop.catalog, list(numbers))
    able = [known[n] for n in numbers if not known[n].bare and known[n].value.site in shop.adapters]
    able = [one for one in able if any(file.role == "preview" for file in one.value.files)]
    told = facts.of(shop.catalog, able)
    found = ((one.id, worthwhile(one.value, told[one.id], over)) for one in able)
    return {n: file for n, file in found if file is not None}


def _pairs(
    shop: Shop, numbers: Collection[int], states: frozenset[State]
) -> dict[int, list[_Pair]]:
    """For each of these members those in `states` that may be the same picture, and are to be kept beside it."""
    sightings = Sightings(previews.sightings(shop.catalog, shop.harvest.id))
    suspects = {n: sightings.suspects(n, states) for n in numbers}
    ids = {n for n, found in suspects.items() if found}
    ids |= {each.sighting.candidate for found in suspects.values() for each in found}
    known = candidates.load(shop.catalog, sorted(ids))
    told = facts.of(shop.catalog, known.values())
    present = members.find(shop.catalog, shop.harvest.id)
    able = {n for n in ids if not any(in_set(each, told[n]) for each in sightings.relations(n))}
    apart = distinct.every(shop.catalog)
    found: dict[int, list[_Pair]] = {}
    both = [(n, each) for n in able & suspects.keys() for each in suspects[n]]
    for n, each in sorted(both, key=lambda pair: pair[0]):
        if each.sighting.candidate not in able:
            continue
        pair = _pair(shop, known, told, (n, each))
        steps = {one: present[one].relaxed for one in (n, pair.kept.id)}
        held = distinct.held(apart, distinct.names(pair.one), distinct.names(pair.kept))
        held = held or clear_together([told[n], told[pair.kept.id]]).verdict is Verdict.REJECT
        if not held and _is_no_better(pair, steps):
            found.setdefault(n, []).append(pair)
    return found


def _pair(
    shop: Shop,
    known: Mapping[int, Known],
    told: Mapping[int, Facts],
    which: tuple[int, Suspect],
) -> _Pair:
    number, suspect = which
    kept = known[suspect.sighting.candidate]
    measured = files.measurement(shop.catalog, kept.asset) if kept.asset else None
    laid = told[kept.id].measured(measured) if measured else told[kept.id]
    return _Pair(known[number], told[number], kept, laid, suspect.because)


def _is_no_better(pair: _Pair, steps: Mapping[int, int]) -> bool:
    """Whether the one would be a copy of the kept one, by the rules for the best copy, if it is what it claims to be."""
    one, kept = (
        Picture(known.value.key, known.id, told, facts.role(told), steps[known.id])
        for known, told in ((pair.one, pair.claimed), (pair.kept, pair.measured))
    )
    return is_no_better(one, kept)


def _ask_all(shop: Shop, lacking: Iterable[tuple[Known, File]]) -> None:
    """Ask for previews; sites side by side."""
    by_site: dict[str, list[tuple[Known, File]]] = {}
    for one, file in lacking:
        by_site.setdefault(one.value.site, []).append((one, file))
    shop.together(_ask_site(shop, site, listed) for site, listed in by_site.items())


async def _ask_site(shop: Shop, site: str, listed: list[tuple[Known, File]]) -> None:
    """One site's previews in order, one at a time, as long as the run's limits let it."""
    for done, (one, file) in enumerate(listed):
        claimed = file.bytes or 0
        if site in shop.trouble or not shop.meter.may_begin(claimed):
            return
        came = 0
        try:
            data = await glance(shop.net, shop.adapters[site], file, limit=MOST_BYTES)
            came = len(data)
            _keep(shop, one, data)
        except SiteError as error:
            _without(shop, one, error)
        finally:
            shop.meter.ended(claimed, came, whole=False)
        shop.tell(Progress("preview", site, done + 1, len(listed), bytes=came))


def _keep(shop: Shop, one: Known, data: bytes | None, note: str = "") -> None:
    shop.catalog.write(lambda db: previews.keep(db, one, data, note), crossing="catalog.previewed")


def _without(shop: Shop, one: Known, error: SiteError) -> None:
    """A preview that is none is not asked for again; a site that blocks us is left alone, as by any other request."""
    if isinstance(error, Blocked):
        shop.trouble.setdefault(one.value.site, f"{one.value.site}: {error}")
    elif not isinstance(error, Busy | Unreachable):
        _keep(shop, one, None, str(error))


def _look(shop: Shop, present: Collection[Known]) -> None:
    """See what previews show that nobody has looked at, in worker processes."""
    there = previews.find(shop.catalog, present)
    tasks = [
        Glimpse(n, each.data)
        for n, each in there.items()
        if each.data is not None and each.phash is None
    ]
    found = []
    for outcome in shop.engine.run(glimpsed, tasks, lane=lambda task: ""):
        before, result = there[outcome.task.candidate], outcome.result
        if isinstance(result, Shown):
            size = result.width, result.height
            found.append(replace(before, width=size[0], height=size[1], phash=result.phash))
        else:
            note = str(result or outcome.lost or "it cannot be decoded")
            found.append(replace(before, data=None, note=note))
    if found:
        shop.catalog.write(lambda db: previews.looked_at(db, found), crossing="catalog.previewed")


def _near(shop: Shop, known: Mapping[int, Known], seen: Mapping[int, Preview]) -> dict[int, _Pair]:
    """The accepted member within a few bits of each preview, if there is one and no other picture is as near."""
    able = [n for n in known if n in seen and seen[n].is_seen]
    pairs = _pairs(shop, able, frozenset({State.ACCEPTED})) if able else {}
    others = _measured(shop) if pairs else {}
    found: dict[int, _Pair] = {}
    for n, each in pairs.items():
        claimed = each[0].claimed
        close = {
            other
            for other, told in others.items()
            if bits_apart(seen[n], claimed, told) is not None
        }
        found.update((n, pair) for pair in each if close == {pair.kept.id})
    return found


def _measured(shop: Shop) -> dict[int, Facts]:
    """What was measured of all members that are no copies, rejected ones too: one of these may be what a preview shows."""
    present = members.find(shop.catalog, shop.harvest.id, State.ACCEPTED, State.REJECTED)
    known = candidates.load(shop.catalog, list(present))
    measured = files.measurements(shop.catalog, shop.harvest.id)
    return {n: measured[one.asset] for n, one in known.items() if one.asset in measured}


def _matched(
    shop: Shop, near: Mapping[int, _Pair], seen: Mapping[int, Preview]
) -> dict[int, Likeness]:
    """Those that are the same picture with the preview laid over the kept file, for hashes do not see a face."""
    tasks = []
    for n, pair in near.items():
        whole = files.asset(shop.catalog, pair.kept.asset or "")
        data = seen[n].data
        if whole is not None and data is not None:
            tasks.append(Match(n, data, shop.store.path(whole.sha256, whole.extension)))
    same = {}
    for outcome in shop.engine.run(matched, tasks, lane=lambda task: ""):
        found = outcome.result
        is_same = isinstance(found, Likeness) and found.kind is Kind.DUPLICATE
        if isinstance(found, Likeness) and is_same and found.distance <= SURE:
            same[outcome.task.candidate] = found
    return dict(sorted(same.items()))


def _duplicate(pair: _Pair, seen: Preview, likeness: Likeness) -> Move:
    original = pair.one.value.original
    size = (original.bytes if original else None) or pair.claimed.bytes or 0
    apart = bits_apart(seen, pair.claimed, pair.measured)
    reason = (
        f"the same picture as {pair.kept.value.key} by its preview (pHash {apart} of 64 bits apart,"
        f" {likeness.evidence}; {pair.because}); {shown(size)}B were not fetched"
    )
    return Move(pair.one.id, State.DUPLICATE, "preview", reason, "duplicate", kept=pair.kept.id)
