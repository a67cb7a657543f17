"""The best selection where caps bind: integer programmes, one a goal, solved exactly by HiGHS."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from harvester.model import Framing
from harvester.selection.choice import FIRM, Choice, Key
from harvester.selection.layer import OVER, SCORE, STEPS, Layer, points

NODES = 20_000
"""So many branches are looked into at most: a bound in work and not in time, so that the result is the same anywhere."""
SCALE = 10_000 / STEPS
"""Steps of score in the programme: far above the solver's tolerances, and so is half of the least step for ties."""

Terms = Mapping[int, float]
"""The coefficients of one row, by variable."""


def solve(
    layer: Layer, start: Sequence[Choice], proven: int, floor: int | None = None
) -> list[Choice]:
    """The selection that costs least. `start` is an allowed one, and the least possible by its first `proven` goals.

    Pictures with fewer points than `floor` are known to be in no such selection. Each goal is a programme of its own: one sum of all goals would be larger than a float is exact.
    """
    programme = _Programme(layer, hard=layer.wishes.firm or proven > OVER, floor=floor)
    best, cost = list(start), layer.cost(start)
    for goal in range(SCORE + 1):
        if goal >= proven:
            found = programme.least(goal)
            if found is None:
                break
            if layer.allowed(found) and layer.cost(found) <= cost:
                best, cost = found, layer.cost(found)
        if goal < SCORE:
            programme.hold(goal, cost[goal])
    return best


class _Programme:
    """Variables are the pictures that can matter, then how far each cap and each wish is missed."""

    def __init__(self, layer: Layer, *, hard: bool, floor: int | None) -> None:
        self._layer, self._hard = layer, hard
        self._pictures = _worth(layer, hard, floor)
        self._size = len(self._pictures)
        self._rows: list[tuple[Terms, float]] = []  # terms <= most
        self._over = self._caps()
        self._short = self._quotas()
        self._beyond = self._rests()
        room = float(layer.room)
        kept = {self._short[f]: 1.0 for f in layer.wishes.kept if f in self._short}
        self._rows.append(({**dict.fromkeys(range(len(self._pictures)), 1.0), **kept}, room))
        self._goals: tuple[Terms, ...] = (
            dict.fromkeys(range(len(self._pictures)), -1.0),
            dict.fromkeys(self._over, 1.0),
            dict.fromkeys(self._short.values(), 1.0),
            dict.fromkeys(self._beyond, 1.0),
            {n: 1.0 for n, one in enumerate(self._pictures) if one.framing in layer.wishes.rest},
            self._scores(),
        )

    def hold(self, goal: int, cost: int) -> None:
        """From now on this goal is met as well as it can be."""
        offset = (0, self._layer.over(self._layer.before), 0, self._beyond_before(), 0)[goal]
        if self._goals[goal]:
            self._rows.append((self._goals[goal], cost - offset))

    def least(self, goal: int) -> list[Choice] | None:
        """Pictures by which this goal is met best; None when that could not be found out."""
        count = len(self._pictures)
        if not count:
            return []
        cost = np.zeros(self._size)
        for variable, weight in self._goals[goal].items():
            cost[variable] = weight
        whole = np.zeros(self._size)
        whole[:count] = 1
        upper = np.full(self._size, np.inf)
        upper[:count] = 1
        found = milp(
            cost,
            integrality=whole,
            bounds=Bounds(np.zeros(self._size), upper),
            constraints=self._matrix(),
            options={"mip_rel_gap": 0, "node_limit": NODES},
        )
        if found.x is None:
            return None
        return _canonical(
            [one for one, share in zip(self._pictures, found.x, strict=False) if share > 0.5],
            self._pictures,
        )

    def _matrix(self) -> LinearConstraint:
        entries = [
            (weight, row, variable)
            for row, (terms, _) in enumerate(self._rows)
            for variable, weight in terms.items()
        ]
        weights, rows, variables = zip(*entries, strict=True)
        shape = (len(self._rows), self._size)
        matrix = csr_array((weights, (rows, variables)), shape=shape)
        return LinearConstraint(matrix, -np.inf, np.array([most for _, most in self._rows]))

    def _variable(self) -> int:
        self._size += 1
        return self._size - 1

    def _caps(self) -> list[int]:
        """A row for each cap that can be reached; the variables say by how much it is passed."""
        members: defaultdict[Key, list[int]] = defaultdict(list)
        for number, one in enumerate(self._pictures):
            for key in one.caps:
                members[key].append(number)
        over = []
        for key, numbers in members.items():
            most = max(0, self._layer.wishes.most[key[0]] - self._layer.before.caps[key])
            if len(numbers) <= most:
                continue
            terms = dict.fromkeys(numbers, 1.0)
            if not self._hard and key[0] not in FIRM:
                over.append(self._variable())
                terms[over[-1]] = -1.0
            self._rows.append((terms, most))
        return over

    def _quotas(self) -> dict[Framing, int]:
        """A row for each framing that lacks pictures; the variables say how many stay missing."""
        short: dict[Framing, int] = {}
        for framing in self._layer.wishes.quota:
            lacking = self._layer.missing(self._layer.before, framing)
            if lacking:
                short[framing] = self._variable()
                terms = dict.fromkeys(self._of(framing), -1.0)
                self._rows.append(({**terms, short[framing]: -1.0}, -lacking))
        return short

    def _rests(self) -> list[int]:
        """A row for wide and one for unknown ones; the variables say how many are beyond their cap."""
        beyond = []
        for framing, most in self._layer.wishes.rest.items():
            left = max(0, most - self._layer.before.framings[framing])
            terms = dict.fromkeys(self._of(framing), 1.0)
            if len(terms) <= left:
                continue
            if not self._layer.wishes.firm:
                beyond.append(self._variable())
                terms[beyond[-1]] = -1.0
            self._rows.append((terms, left))
        return beyond

    def _beyond_before(self) -> int:
        framings = self._layer.before.framings
        return sum(max(0, framings[f] - most) for f, most in self._layer.wishes.rest.items())

    def _of(self, framing: Framing | None) -> Iterable[int]:
        return (n for n, one in enumerate(self._pictures) if one.framing is framing)

    def _scores(self) -> Terms:
        """Scores to be as high as can be; a whole selection's ranks come to less than one step of score."""
        step = SCALE / 2 / max(1, self._layer.room) / max(1, len(self._pictures))
        return {n: -points(one) * SCALE + n * step for n, one in enumerate(self._pictures)}


def _kind(choice: Choice) -> tuple[Framing | None, tuple[Key, ...]]:
    """Pictures of one kind can stand for each other in every rule: the better one is always taken first."""
    return choice.framing, choice.caps


def _worth(layer: Layer, hard: bool, floor: int | None) -> list[Choice]:
    """The pictures that could be in the best selection: of each kind no more than there is room for."""
    seen: Counter[tuple[Framing | None, tuple[Key, ...]]] = Counter()
    found = []
    for choice in layer.choices:
        if floor is not None and points(choice) < floor:
            continue
        rooms = (
            layer.wishes.most[key[0]] - layer.before.caps[key]
            for key in choice.caps
            if hard or key[0] in FIRM
        )
        if seen[_kind(choice)] < min([layer.room, *rooms]):
            found.append(choice)
        seen[_kind(choice)] += 1
    return found


def _canonical(chosen: Sequence[Choice], every: Sequence[Choice]) -> list[Choice]:
    """The same, with the first of each kind in the place of others: what a solver's tolerance may mix up."""
    left = Counter(_kind(choice) for choice in chosen)
    found = []
    for choice in every:
        if left[_kind(choice)]:
            left[_kind(choice)] -= 1
            found.append(choice)
    return found
