"""Which members the next round takes, in which order: what the selection lacks, by framing, best first."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from harvester.catalog import candidates, files, harvests, members
from harvester.catalog.candidates import Known
from harvester.model import Facts, Framing, State
from harvester.recipe import FRAMINGS, Mix
from harvester.selection import Choice, Selection, artist_cap, quotas, select
from harvester.stages import facts
from harvester.stages.rank import scores
from harvester.stages.shop import Shop

FIRST = 1.2
"""How many are taken for each missing place before any pass rate is known."""
MOST = 2.0
"""However low the pass rate, so many are taken for each missing place at most."""
EVERY = frozenset(FRAMINGS)
PAGES = 10
"""How deep a walk narrowed to one framing is followed for that framing's sake."""


@dataclass(frozen=True, slots=True)
class Stock:
    """What a harvest has at a round's end: candidates and facts by id, scores, and who is accepted or wanted.

    `relaxed` holds those that pass with `--relax` only, and how many of its steps they need.
    """

    known: Mapping[int, Known]
    facts: Mapping[int, Facts]
    scores: Mapping[int, float]
    accepted: frozenset[int]
    wanted: frozenset[int]
    relaxed: Mapping[int, int] = field(default_factory=dict)

    def upto(self, level: int) -> Stock:
        """Without those that need more than `level` steps of `--relax`."""
        over = {number for number, steps in self.relaxed.items() if steps > level}
        return replace(self, accepted=self.accepted - over, wanted=self.wanted - over)

    def artists(self, number: int) -> tuple[str, ...]:
        """Who made it, as far as is known."""
        return facts.artists(self.facts[number], self.known[number].value)

    def framing(self, number: int) -> Framing | None:
        """How much of the figure a candidate is said to show."""
        return self.facts[number].framing

    def order(self, numbers: Iterable[int]) -> list[int]:
        """Best first; freshness, then the key, break ties."""

        def place(number: int) -> tuple[float, float, str]:
            created = self.facts[number].created
            return (
                -self.scores[number],
                -created.timestamp() if created else 0.0,
                self.known[number].value.key,
            )

        return sorted(numbers, key=place)


def stock(shop: Shop) -> Stock:
    """Everything that passed the screen, as it stands."""
    present = candidates.of_harvest(shop.catalog, shop.harvest.id, "screened")
    measured = files.measurements(shop.catalog, shop.harvest.id)
    claimed = facts.of(shop.catalog, present)
    known = {one.id: one for one in present}
    laid = {
        number: facts.with_measurement(fact, known[number].asset, measured)
        for number, fact in claimed.items()
    }
    found = members.find(shop.catalog, shop.harvest.id)
    states = {number: member.state for number, member in found.items()}
    return Stock(
        known,
        laid,
        scores(known, laid, shop.recipe.weights),
        frozenset(number for number in known if states[number] is State.ACCEPTED),
        frozenset(
            number
            for number in known
            if states[number] is State.WANTED and _can_be_asked(shop, known[number])
        ),
        {number: found[number].relaxed for number in known if found[number].relaxed},
    )


def _can_be_asked(shop: Shop, one: Known) -> bool:
    """Its site is one of this revision's and answers, and told where the file lies or will when asked for it."""
    site = one.value.site
    has_address = one.value.original is not None or "url" in one.value.incomplete
    return site in shop.adapters and site not in shop.trouble and has_address


def chosen(shop: Shop, have: Stock, reserved: frozenset[Framing] = frozenset()) -> Selection:
    """The selection out of what is accepted."""
    choices = [
        Choice(
            number,
            have.known[number].value.key,
            have.scores[number],
            have.framing(number) if framed(shop) else None,
            have.artists(number),
            have.relaxed.get(number, 0),
        )
        for number in sorted(have.accepted)
    ]
    recipe = shop.recipe
    caps = recipe.caps if framed(shop) else replace(recipe.caps, unknown=1.0)
    mix = recipe.mix if framed(shop) else Mix(0, 0, 0, 0, 0)
    return select(choices, target=recipe.target, mix=mix, caps=caps, reserved=reserved)


def framed(shop: Shop) -> bool:
    """Only of a character is it asked how much of the figure is shown."""
    return shop.recipe.kind == "character"


def hopeful(shop: Shop, have: Stock) -> frozenset[Framing]:
    """Framings whose missing places may still be filled: somebody is wanted, or a walk for them goes on.

    Whose artist has his share already fills no place of a framing, and gives no hope.
    """
    filled = chosen(shop, have, EVERY).chosen
    cap = artist_cap(shop.recipe.target, shop.recipe.caps)
    artists = Counter(a for number in filled for a in have.artists(number))
    waiting = {
        have.framing(number)
        for number in have.wanted
        if all(artists[a] < cap for a in have.artists(number))
    }
    return frozenset(f for f in FRAMINGS if f in waiting or walks_on(shop, f))


def walks_on(shop: Shop, framing: Framing) -> bool:
    """Is there a walk narrowed to this framing that has not ended and is not too deep to follow?"""
    return any(
        walk.state == "open" and walk.depth < PAGES and walk.site not in shop.trouble
        for walk in harvests.walks(shop.catalog, shop.harvest.id)
        if walk.site in shop.adapters
        and walk.query.narrow is not None
        and (walk.query.narrow.by, walk.query.narrow.value) == ("framing", framing.value)
    )


def thin(shop: Shop, have: Stock) -> frozenset[str]:
    """Framings that lack more than is wanted of them, and whose walks go on."""
    lack = needs(shop, standing(shop, have))
    supply = Counter(have.framing(number) for number in have.wanted)
    return frozenset(f.value for f in FRAMINGS if supply[f] < lack.get(f, 0) and walks_on(shop, f))


def standing(shop: Shop, have: Stock) -> Selection:
    """The selection as it stands between two rounds: places that may still be filled are kept."""
    return chosen(shop, have, hopeful(shop, have))


def needs(shop: Shop, selection: Selection) -> dict[Framing, int]:
    """How many members to take for each framing's missing places, by the pass rate so far."""
    recipe = shop.recipe
    if not framed(shop):
        return {}
    missing, factor = selection.missing, _factor(shop)
    return {f: math.ceil(missing.get(f, 0) * factor) for f in quotas(recipe.target, recipe.mix)}


def _factor(shop: Shop) -> float:
    ended = [item for item in harvests.rounds(shop.catalog, shop.harvest.id) if item.planned]
    planned = sum(item.planned for item in ended)
    accepted = sum(item.accepted or 0 for item in ended)
    if not planned:
        return FIRST
    return min(MOST, planned / accepted) if accepted else MOST


def batch(shop: Shop, have: Stock) -> list[tuple[int, float]]:
    """(candidate, rank) of the next round, best first; empty when nothing more is wanted or needed."""
    order = have.order(have.wanted)
    selection = standing(shop, have)
    gap = shop.recipe.target - selection.size
    if gap <= 0 or not order:
        return []
    picks = _Picks(shop, have, chosen(shop, have, EVERY))  # to fill a framing's place, others go
    for framing, number in needs(shop, selection).items():
        picks.take([one for one in order if have.framing(one) is framing], number)
    picks = _Picks(shop, have, selection, picks.taken)
    spare = math.ceil(gap * _factor(shop)) - len(picks.taken)
    known = [one for one in order if have.framing(one) is not None]
    for listed in (known, order):
        spare -= picks.take(listed, spare)
    if not picks.taken:
        picks.take(order, math.ceil(gap * _factor(shop)), capped=False)
    return [(one, have.scores[one]) for one in have.order(picks.taken)]


class _Picks:
    """A batch being put together; an artist who has his share is passed over while there are others."""

    def __init__(
        self, shop: Shop, have: Stock, selection: Selection, taken: Iterable[int] = ()
    ) -> None:
        self.taken: dict[int, None] = dict.fromkeys(taken)
        self._have = have
        self._cap = artist_cap(shop.recipe.target, shop.recipe.caps)
        self._artists: Counter[str] = Counter()
        for number in (*selection.chosen, *self.taken):
            self._artists.update(have.artists(number))

    def take(self, order: Iterable[int], number: int, *, capped: bool = True) -> int:
        """Add up to `number` of these; how many were."""
        before = len(self.taken)
        for one in order:
            if len(self.taken) - before >= number:
                break
            artists = self._have.artists(one)
            if one in self.taken or (
                capped and any(self._artists[a] >= self._cap for a in artists)
            ):
                continue
            self.taken[one] = None
            self._artists.update(artists)
        return len(self.taken) - before
