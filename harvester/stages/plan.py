"""Which members the next round takes, in which order: what the selection lacks, by framing, best first."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from harvester.catalog import candidates, files, harvests, members
from harvester.catalog.candidates import Known
from harvester.model import Facts, Framing, State
from harvester.recipe import FRAMINGS
from harvester.selection import FIRM, Choice, Selection, quotas
from harvester.stages import facts
from harvester.stages.rank import scores, usual_looks
from harvester.stages.shop import Shop
from harvester.stages.terms import Terms, terms

FIRST = 1.2
"""How many are taken for each missing place before any pass rate is known."""
MOST = 2.0
"""However low the pass rate, so many are taken for each missing place at most."""
IDLE = 0.3
"""What may be accepted beside the selection, as a share of the target (FEW at least), before caps give way to it."""
FEW = 5
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

    @property
    def sites(self) -> int:
        """How many sites have what passed the screen."""
        return len({known.value.site for known in self.known.values()})

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
    looks = usual_looks(shop.catalog.path.parent, shop.recipe)
    found = members.find(shop.catalog, shop.harvest.id)
    states = {number: member.state for number, member in found.items()}
    return Stock(
        known,
        laid,
        scores(known, laid, shop.recipe.weights, looks),
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


def chosen(
    shop: Shop, have: Stock, reserved: frozenset[Framing] = frozenset(), *, firm: bool = False
) -> Selection:
    """The selection out of what is accepted; with `firm` places stay empty that only a concession would fill."""
    by = _terms(shop, have)
    return by.select(_choices(by, have, have.accepted).values(), reserved=reserved, firm=firm)


def _terms(shop: Shop, have: Stock) -> Terms:
    return terms(shop.catalog, shop.harvest, shop.recipe, sites=have.sites)


def _choices(by: Terms, have: Stock, numbers: Iterable[int]) -> dict[int, Choice]:
    return {
        number: by.choice(
            have.known[number],
            have.facts[number],
            have.scores[number],
            have.relaxed.get(number, 0),
        )
        for number in sorted(numbers)
    }


def hopeful(shop: Shop, have: Stock) -> frozenset[Framing]:
    """Framings whose missing places may still be filled: somebody is wanted, or a walk for them goes on.

    Whose artist has his share already fills no place of a framing, and gives no hope.
    """
    picks = _Picks(shop, have, chosen(shop, have, EVERY, firm=True))
    waiting = {have.framing(number) for number in have.wanted if picks.fits(number)}
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
    lack = needs(shop, standing(shop, have, firm=True))
    supply = Counter(have.framing(number) for number in have.wanted)
    return frozenset(f.value for f in FRAMINGS if supply[f] < lack.get(f, 0) and walks_on(shop, f))


def full(shop: Shop, passing: Mapping[str, int]) -> frozenset[str]:
    """Framings that have their share of the pool, by how many passed the screen; none where all there are is asked for."""
    recipe = shop.recipe
    if recipe.kind != "character" or not recipe.pool:
        return frozenset()
    places = quotas(recipe.target, recipe.mix)
    return frozenset(
        f.value for f, n in places.items() if passing.get(f.value, 0) >= n * recipe.pool
    )


def standing(shop: Shop, have: Stock, *, firm: bool = False) -> Selection:
    """The selection as it stands between two rounds: places that may still be filled are kept."""
    return chosen(shop, have, hopeful(shop, have), firm=firm)


def needs(shop: Shop, selection: Selection) -> dict[Framing, int]:
    """How many members to take for each framing's missing places, by the pass rate so far."""
    recipe = shop.recipe
    if recipe.kind != "character":
        return {}
    missing, factor = selection.missing, _factor(shop)
    return {f: enough(missing.get(f, 0), factor) for f in quotas(recipe.target, recipe.mix)}


def enough(missing: float, factor: float) -> int:
    """How many to take for so many missing places. Rounded, not up: another round costs less than a file too many."""
    return max(math.ceil(missing), round(missing * factor))


def _factor(shop: Shop) -> float:
    ended = [item for item in harvests.rounds(shop.catalog, shop.harvest.id) if item.planned]
    planned = sum(item.planned for item in ended)
    accepted = sum(item.accepted or 0 for item in ended)
    if not planned:
        return FIRST
    return min(MOST, planned / accepted) if accepted else MOST


def batch(shop: Shop, have: Stock) -> list[tuple[int, float]]:
    """(candidate, rank) of the next round, best first; empty when nothing more is wanted or needed.

    Caps give way last: only when nothing that is wanted fills a place without it, or when hoping for that
    has brought too many pictures that are in nobody's way. A maker may be known only by the file.
    """
    order = have.order(have.wanted)
    taken: Collection[int] = ()
    idle = len(have.accepted) - standing(shop, have, firm=True).size
    if idle <= max(FEW, IDLE * shop.recipe.target):
        taken = _within_caps(shop, have, order)
    taken = taken or _beyond_caps(shop, have, order)
    return [(one, have.scores[one]) for one in have.order(taken)]


def _within_caps(shop: Shop, have: Stock, order: Sequence[int]) -> Collection[int]:
    selection = standing(shop, have, firm=True)
    gap = shop.recipe.target - selection.size
    if gap <= 0 or not order:
        return ()
    picks = _Picks(shop, have, chosen(shop, have, EVERY, firm=True))
    for framing, number in needs(shop, selection).items():
        picks.take([one for one in order if have.framing(one) is framing], number)
    picks = _Picks(shop, have, selection, picks.taken)
    spare = enough(gap, _factor(shop)) - len(picks.taken)
    known = [one for one in order if have.framing(one) in EVERY]
    for listed in (known, order) if _terms(shop, have).framed else (order,):
        spare -= picks.take(listed, spare)
    return picks.taken


def _beyond_caps(shop: Shop, have: Stock, order: Sequence[int]) -> Collection[int]:
    selection = standing(shop, have)
    gap = shop.recipe.target - selection.size
    if gap <= 0 or not order:
        return ()
    picks = _Picks(shop, have, selection)
    for framing, number in needs(shop, selection).items():
        picks.take([one for one in order if have.framing(one) is framing], number, firm=False)
    picks.take(order, enough(gap, _factor(shop)) - len(picks.taken), firm=False)
    return picks.taken


class _Picks:
    """A batch being put together; whose cap is full is passed over while there are others."""

    def __init__(
        self, shop: Shop, have: Stock, selection: Selection, taken: Iterable[int] = ()
    ) -> None:
        self.taken: dict[int, None] = dict.fromkeys(taken)
        by = _terms(shop, have)
        self._rest, self._framed = by.wishes.rest, by.framed
        most, target = by.wishes.most, shop.recipe.target
        # More are taken than there are places, so a share of everything must not bind here either.
        self._most = {kind: number for kind, number in most.items() if number < target}
        self._choices = _choices(by, have, have.accepted | have.wanted)
        self._used: Counter[object] = Counter()
        for number in (*selection.chosen, *self.taken):
            self._count(number)

    def _count(self, number: int) -> None:
        choice = self._choices[number]
        self._used.update((choice.framing, *choice.caps))

    def take(self, order: Iterable[int], number: int, *, firm: bool = True) -> int:
        """Add up to `number` of these; how many were. What is not `firm` gives way."""
        before = len(self.taken)
        for one in order:
            if len(self.taken) - before >= number:
                break
            if one not in self.taken and self.fits(one, firm=firm):
                self.taken[one] = None
                self._count(one)
        return len(self.taken) - before

    def fits(self, number: int, *, firm: bool = True) -> bool:
        """Would it be chosen beside those that are, as far as caps say?"""
        choice = self._choices[number]
        if (
            firm
            and self._framed
            and self._used[choice.framing] >= self._rest.get(choice.framing, math.inf)
        ):
            return False
        return all(
            self._used[key] < self._most.get(key[0], math.inf)
            for key in choice.caps
            if firm or key[0] in FIRM
        )
