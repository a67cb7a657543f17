"""What a harvest would look like with other settings of its gates: from stored facts, nothing asked, nothing changed."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from harvester import gates
from harvester.catalog import distinct, judging, members
from harvester.catalog.candidates import Known
from harvester.catalog.core import Catalog
from harvester.catalog.harvests import Harvest
from harvester.catalog.judging import Judged
from harvester.errors import RecipeError
from harvester.hashing import Likenesses, Picture, group
from harvester.model import Facts, Rating, State, Verdict
from harvester.ports import Gate
from harvester.recipe import Recipe
from harvester.stages import bulk, gating
from harvester.stages.alike import told
from harvester.stages.rank import scores, usual_looks
from harvester.stages.screen import asked
from harvester.stages.terms import terms

GONE = frozenset({State.HIDDEN, State.GONE, State.FAILED})
"""Members whose file could not be had; no setting of a gate brings it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Members by where they stand. `passing` ones pass every gate; `accepted` are here, and the best of their copies."""

    passing: int
    accepted: int
    selected: int
    framings: Mapping[str, int]
    rejected: Mapping[str, int]  # by deciding gate


@dataclass(frozen=True, slots=True)
class Trial:
    """A harvest as it is and as it would be. `fetch`: passing then, and not here yet."""

    recipe: Recipe
    judged: int
    now: Standing
    then: Standing
    fetch: int


def changed(recipe: Recipe, settings: Sequence[str]) -> Recipe:
    """The recipe with settings such as `short_side=640`, `pixels.at_least=300000` or `people=alone,focus`."""
    told = dict(recipe.gates)
    keys: dict[str, list[str]] = {}
    for row in gates.describe():
        keys.setdefault(row.name, []).append(row.field)
    ratings = recipe.ratings
    for setting in settings:
        left, equals, right = setting.partition("=")
        name, dot, key = left.strip().partition(".")
        if not equals or not right.strip():
            raise RecipeError(f"--try {setting!r}; write GATE=VALUE, e.g. short_side=640")
        if name == "rating":
            ratings = _ratings(right, setting)
            continue
        before = told.get(name)
        first = keys.get(name, [""])[0]
        if not dot:
            told[name] = _value(right)
            continue
        table = before if isinstance(before, Mapping) else {}
        if before is not None and not isinstance(before, bool | Mapping):
            table = {first: before}
        told[name] = {**table, key: _value(right)}
    return replace(recipe, gates=told, ratings=ratings)


def _value(text: str) -> Any:
    if "," in text and not text.strip().startswith("["):
        return [part.strip() for part in text.split(",")]
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text.strip()


def _ratings(text: str, setting: str) -> tuple[Rating, ...]:
    try:
        told = {Rating(part.strip()) for part in text.split(",")}
    except ValueError:
        raise RecipeError(f"--try {setting!r}; a rating is one of {', '.join(Rating)}") from None
    return tuple(rating for rating in Rating if rating in told)


def tried(catalog: Catalog, harvest: Harvest, recipe: Recipe, other: Recipe) -> Trial:
    """Compare the recipe with another one that differs in its gates."""
    library = catalog.path.parent
    before, after = (gating.built(library, each, where="--try") for each in (recipe, other))
    bench = _Bench(before, after, other)
    for some in judging.every(catalog, harvest.id):
        bench.judge(catalog, some)
    counted = members.counts(catalog, harvest.id)
    selected = members.selected(catalog, harvest.id)
    now = Standing(
        passing=bench.passing_now,
        accepted=counted.get(State.ACCEPTED, 0),
        selected=len(selected),
        framings=dict(Counter(one.framing.value if one.framing else "" for one in selected)),
        rejected=_by_gate(members.deciding(catalog, harvest.id)),
    )
    return Trial(other, sum(counted.values()), now, bench.then(catalog, harvest), bench.fetch)


def _by_gate(reasons: Sequence[tuple[State, str, int]]) -> dict[str, int]:
    return {gate: number for state, gate, number in reasons if state is State.REJECTED}


@dataclass
class _Bench:
    """Members come by some at a time; what stays is counts, and the pictures that are here and would pass."""

    before: Sequence[Gate]
    after: Sequence[Gate]
    recipe: Recipe
    passing_now: int = 0
    passing: int = 0
    fetch: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    here: dict[int, Known] = field(default_factory=dict)
    laid: dict[int, Facts] = field(default_factory=dict)

    def __post_init__(self) -> None:
        old = {gate.name: gate for gate in self.before}
        new = {gate.name: gate for gate in self.after}
        self.altered = [gate for gate in self.after if old.get(gate.name) != gate]
        self.names = {gate.name for gate in self.altered} | (old.keys() - new.keys())
        self.order = {gate.name: place for place, gate in enumerate(gates.GATES)}

    def judge(self, catalog: Catalog, some: Sequence[Judged]) -> None:
        """Count where these stand by the changed gates."""
        ruled = [member for member in some if member.screen is not None]
        told = bulk.claimed(catalog, [m for m in ruled if not self._settled(m)], self.altered)
        measured = bulk.laid(catalog, ruled, told)
        left = []
        for member in ruled:
            gate = self._deciding(member, told.get(member.id), measured.get(member.id))
            self.passing_now += _passes(member)
            if gate is not None:
                self.rejected[gate] += 1
            elif member.state not in GONE:
                left.append(member)
        self._keep(catalog, left)

    def _deciding(
        self, member: Judged, claimed: Facts | None, measured: Facts | None
    ) -> str | None:
        """The gate that would decide against a member; None when none would."""
        if member.relaxed and member.state is not State.REJECTED:
            return None  # `--relax` let it in, and goes on doing so
        gate = self._first(member.screen or (), claimed)
        if gate is None and member.assess is not None:
            gate = self._first(member.assess, measured)
        return gate

    def _first(self, rejecting: Sequence[str], known: Facts | None) -> str | None:
        left = [name for name in rejecting if name not in self.names]
        if known is not None:
            left += [g.name for g in self.altered if g.judge(known).verdict is Verdict.REJECT]
        elif rejecting:
            left = list(rejecting)  # settled, or nothing but the ruling is kept of it
        return min(left, key=self._place, default=None)

    def _place(self, name: str) -> int:
        return self.order.get(name, len(self.order))

    def _settled(self, member: Judged) -> bool:
        """Does a gate that stays as it is decide, whatever the changed ones say? Its facts are not needed then."""
        first = min((self._place(name) for name in self.names), default=len(self.order))
        return any(self._place(name) < first for name in member.screen or ())

    def _keep(self, catalog: Catalog, passing: Sequence[Judged]) -> None:
        """Remember those whose file is here, which a file never judged before must be now."""
        present = [member for member in passing if member.asset]
        known = bulk.laid(catalog, present, bulk.claimed(catalog, present, self.after))
        for member in present:
            laid = known.get(member.id)
            if laid is None:
                continue
            rulings = (*gates.judge(self.after, laid), *asked(self.recipe, laid))
            decided = gates.deciding(rulings) if member.assess is None else None
            if decided is not None:
                self.rejected[decided.gate] += 1
                self.passing -= 1
                continue
            self.here[member.id], self.laid[member.id] = member.known(), laid
        self.passing += len(passing)
        self.fetch += sum(not one.asset and one.state is not State.DUPLICATE for one in passing)

    def then(self, catalog: Catalog, harvest: Harvest) -> Standing:
        """Where everything would stand."""
        accepted = self._distinct(told(catalog, harvest.id), distinct.every(catalog))
        laid = {number: self.laid[number] for number in accepted}
        known = {number: self.here[number] for number in accepted}
        looks = usual_looks(catalog.path.parent, self.recipe)
        ranked = scores(known, laid, self.recipe.weights, looks)
        sites = len({one.value.site for one in known.values()})
        by = terms(catalog, harvest, self.recipe, sites=sites)
        chosen = by.select([by.choice(known[n], laid[n], ranked[n]) for n in accepted])
        framings = {key.value if key else "": number for key, number in chosen.framings.items()}
        return Standing(self.passing, len(accepted), chosen.size, framings, dict(self.rejected))

    def _distinct(self, alike: Likenesses, apart: frozenset[distinct.Pair]) -> list[int]:
        by_key = {one.value.key: number for number, one in self.here.items()}
        pictures = [
            Picture(one.value.key, rank, self.laid[number])
            for rank, (number, one) in enumerate(self.here.items())
        ]
        return sorted(by_key[found.kept.key] for found in group(pictures, alike, apart))


def _passes(member: Judged) -> bool:
    """Does every gate let it through as things are? Copies do; what could not be had does not count."""
    return member.state not in {*GONE, State.REJECTED, State.FOUND}
