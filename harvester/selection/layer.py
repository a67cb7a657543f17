"""One choice among pictures for which equally many thresholds were loosened: what is allowed, and what is better.

Better is decided goal by goal; a later goal never costs an earlier one anything:

1. more pictures, up to the target
2. fewer over the caps of artist, site, character and series
3. fewer places of the mix empty
4. fewer wide and unknown ones beyond their caps
5. fewer wide and unknown ones at all
6. a higher sum of scores
7. newer ones, then the lower keys
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from harvester.model import Framing
from harvester.recipe import FRAMINGS
from harvester.selection.choice import FIRM, Choice, Key
from harvester.selection.places import Wishes

GOALS, OVER, SCORE = 7, 1, 5
"""How many goals there are, and which of them are the caps and the sum of scores; those before it count pictures."""
STEPS = 1_000_000
"""Scores are compared in millionths, as whole numbers: sums in another order are equal."""

Cost = tuple[int, ...]
"""By goal, lower is better."""


@dataclass
class Tally:
    """How many of a selection there are, by framing and by cap."""

    size: int = 0
    framings: Counter[Framing | None] = field(default_factory=Counter)
    caps: Counter[Key] = field(default_factory=Counter)

    def add(self, choices: Iterable[Choice]) -> None:
        """Count these as well."""
        for choice in choices:
            self.size += 1
            self.framings[choice.framing] += 1
            self.caps.update(choice.caps)

    def plus(self, choices: Iterable[Choice]) -> Tally:
        """This with some more."""
        found = Tally(self.size, Counter(self.framings), Counter(self.caps))
        found.add(choices)
        return found


@dataclass(frozen=True, slots=True)
class Layer:
    """Pictures, best first, and what was chosen before them."""

    choices: Sequence[Choice]
    wishes: Wishes
    before: Tally

    @property
    def room(self) -> int:
        """How many more the target takes."""
        return max(0, self.wishes.target - self.before.size)

    def missing(self, tally: Tally, framing: Framing) -> int:
        """Places of a framing that are empty."""
        return max(0, self.wishes.quota.get(framing, 0) - tally.framings[framing])

    def over(self, tally: Tally) -> int:
        """How many pictures are over caps that may give way; one over two of them counts twice."""
        return sum(
            max(0, number - self.wishes.most[kind])
            for (kind, _), number in tally.caps.items()
            if kind not in FIRM
        )

    def cost(self, chosen: Sequence[Choice]) -> Cost:
        """How far the goals are missed."""
        tally = self.before.plus(chosen)
        ranks = {choice.candidate: rank for rank, choice in enumerate(self.choices)}
        rest = self.wishes.rest
        return (
            -len(chosen),
            self.over(tally),
            sum(self.missing(tally, framing) for framing in self.wishes.quota),
            sum(max(0, tally.framings[framing] - most) for framing, most in rest.items()),
            sum(choice.framing in rest for choice in chosen),
            -sum(points(choice) for choice in chosen),
            sum(ranks[choice.candidate] for choice in chosen),
        )

    def allowed(self, chosen: Sequence[Choice]) -> bool:
        """Is there room for these, by what never gives way?"""
        wishes, tally = self.wishes, self.before.plus(chosen)
        spare = wishes.target - sum(self.missing(tally, framing) for framing in wishes.kept)
        added = tally.caps - self.before.caps
        firm = (key for key in added if wishes.firm or key[0] in FIRM)
        return (
            (tally.size <= spare or not chosen)
            and all(tally.caps[key] <= wishes.most[key[0]] for key in firm)
            and not (
                wishes.firm
                and any(
                    tally.framings[framing] > max(most, self.before.framings[framing])
                    for framing, most in wishes.rest.items()
                )
            )
        )


def points(choice: Choice) -> int:
    """Its score in whole steps."""
    return round(choice.score * STEPS)


def first_fit(layer: Layer, *, capped: bool = True) -> list[Choice]:
    """Choices taken one after the other: an allowed selection, and without any cap an unbeatable one.

    Uncapped, each step takes the best of what no later step could use better, so no selection costs less:
    where caps cost nothing, nothing has to be searched for.
    """
    desk = _Desk(layer, capped)
    wishes, every = layer.wishes, layer.choices
    known = [choice for choice in every if choice.framing not in wishes.rest]
    rest = [choice for choice in every if choice.framing in wishes.rest]
    desk.fill_quotas()
    desk.take(known)
    for framing, most in wishes.rest.items():
        desk.limit[framing] = max(0, most - layer.before.framings[framing])
    desk.take(rest)
    if not wishes.firm:
        desk.limit.clear()
        desk.take(rest)
        desk.capped = False
        desk.fill_quotas()
        desk.take(known)
        desk.take(rest)
    return desk.chosen


class _Desk:
    """A selection being made; `limit` is how many more of a framing may be taken."""

    def __init__(self, layer: Layer, capped: bool) -> None:
        self.layer, self.capped, self.firm = layer, capped, capped
        self.limit: dict[Framing | None, int] = {}
        self.chosen: list[Choice] = []
        self._tally = layer.before.plus(())
        self._taken: set[int] = set()

    def fill_quotas(self) -> None:
        """Places of the mix. Under caps scarce framings go first, so that a common one does not use up an artist
        whom a rare one needs; without them the best picture of all is the next."""
        layer, quota = self.layer, self.layer.wishes.quota
        supply = Counter(choice.framing for choice in layer.choices)
        scarce = sorted(
            (framing for framing in quota if quota[framing]),
            key=lambda f: (supply[f] / quota[f], FRAMINGS.index(f)),
        )
        orders = [[one for one in layer.choices if one.framing is f] for f in scarce]
        for order in orders if self.capped else [layer.choices]:
            for choice in order:
                kept = choice.framing in layer.wishes.kept
                if choice.framing and layer.missing(self._tally, choice.framing):
                    self._fill([choice], min(1, self._left() if kept else self._free()))

    def take(self, choices: Iterable[Choice]) -> None:
        """Fill the places that are kept for no framing."""
        self._fill(choices, self._free())

    def _left(self) -> int:
        return self.layer.wishes.target - self._tally.size

    def _free(self) -> int:
        return self._left() - sum(
            self.layer.missing(self._tally, framing) for framing in self.layer.wishes.kept
        )

    def _fill(self, choices: Iterable[Choice], places: int) -> None:
        for choice in choices:
            if places <= 0:
                return
            if choice.candidate in self._taken or not self._fits(choice):
                continue
            places -= 1
            self.chosen.append(choice)
            self._taken.add(choice.candidate)
            self._tally.add([choice])
            if choice.framing in self.limit:
                self.limit[choice.framing] -= 1

    def _fits(self, choice: Choice) -> bool:
        if self.limit.get(choice.framing, 1) <= 0:
            return False
        most, used = self.layer.wishes.most, self._tally.caps
        return all(
            used[key] < most[key[0]]
            for key in choice.caps
            if self.capped or (self.firm and key[0] in FIRM)
        )
