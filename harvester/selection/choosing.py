"""Makes a selection: layer by layer, the pictures that need fewer loosened thresholds first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from harvester.model import Framing
from harvester.recipe import Caps, Mix
from harvester.selection.choice import Choice, Selection
from harvester.selection.layer import GOALS, OVER, SCORE, Layer, Tally, first_fit, points
from harvester.selection.places import wishes
from harvester.selection.reasons import told


def select(
    choices: Iterable[Choice],
    *,
    target: int,
    mix: Mix,
    caps: Caps,
    reserved: frozenset[Framing] = frozenset(),
    firm: bool = False,
) -> Selection:
    """The best selection by the goals of `layer`. Places of a `reserved` framing are given to no other.

    With `firm` no cap gives way, and places stay empty instead. Relaxed pictures are chosen in the
    same way, for the places that those with fewer loosened thresholds leave.
    """
    wanted = wishes(target, mix, caps, reserved=reserved, firm=firm)
    order = sorted(choices, key=lambda choice: choice.place)
    chosen: list[Choice] = []
    for _, group in groupby(order, key=lambda choice: choice.relaxed):
        before = Tally()
        before.add(chosen)
        chosen += best(Layer(list(group), wanted, before))
    return told(order, {choice.candidate for choice in chosen}, wanted)


def best(layer: Layer) -> Sequence[Choice]:
    """The selection of one layer that costs least."""
    quick, free = first_fit(layer), first_fit(layer, capped=False)
    cost, bound = layer.cost(quick), list(layer.cost(free))
    bound[OVER] = layer.over(layer.before)
    proven = next((goal for goal in range(GOALS) if cost[goal] > bound[goal]), GOALS)
    if proven == GOALS:
        return quick
    from harvester.selection.solver import solve  # half a second of loading, where caps bind alone

    # Whoever takes in one picture without caps pays the difference to the worst of the best; what is
    # worse by more than all that the caps can cost is in no best selection.
    lost = cost[SCORE] - bound[SCORE] if proven >= SCORE else None
    floor = None if lost is None else min(map(points, free)) - lost
    return solve(layer, quick, min(proven, SCORE), floor)
