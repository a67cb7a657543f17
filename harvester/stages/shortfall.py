"""Finds which looser setting would bring how many more pictures, from stored facts; `hints` says it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from harvester.catalog import codec, harvests, judging, members
from harvester.catalog.core import Catalog
from harvester.catalog.harvests import Harvest
from harvester.catalog.judging import Judged
from harvester.gates.framing import Framed
from harvester.gates.outfit import Outfit
from harvester.gates.people import Alone
from harvester.gates.rating import Rated
from harvester.gates.size import Aspect, Bytes, Pixels, ShortSide
from harvester.model import Facts, Framing, People, Rating, State, Verdict
from harvester.ports import Gate
from harvester.recipe import Recipe
from harvester.stages import bulk, gating
from harvester.stages.hints import GATES, Hint

SHORT_SIDES = (1024, 960, 896, 832, 768, 720, 640, 576, 512)
PIXELS = (1_000_000, 786_432, 589_824, 518_400, 409_600, 331_776, 262_144)
BYTES = (100_000, 50_000, 20_000, 10_000, 5_000, 2_000)
RATIOS = (1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0)
"""Settings that are offered, from strict to loose; below the last one a picture teaches a model nothing."""

POLICIES = ("canonical", "official", "any")
COMPANY = (People.ALONE, People.FOCUS, People.SEVERAL)

MOST = 20_000
"""Rejected members that are looked at for each gate, newest first; of more it is said *at least*."""


@dataclass(frozen=True, slots=True)
class Looser:
    """A gate with a looser setting: as `--try` takes it, and in words."""

    gate: Gate
    setting: str
    words: str


def looser(gate: Gate) -> Iterator[Looser]:
    """Every looser setting of a gate that makes sense, the next one first; none for gates that are no thresholds."""
    match gate:
        case ShortSide():
            for side in (value for value in SHORT_SIDES if value < gate.pixels):
                yield _number(replace(gate, pixels=side), "short_side", side)
        case Pixels():
            for least in (value for value in PIXELS if value < gate.at_least):
                yield _number(replace(gate, at_least=least), "pixels.at_least", least)
        case Bytes():
            for least in (value for value in BYTES if value < gate.at_least):
                yield _number(replace(gate, at_least=least), "bytes.at_least", least)
        case Aspect():
            for ratio in (value for value in RATIOS if value > gate.ratio):
                yield _number(replace(gate, ratio=ratio), "aspect", ratio)
        case _:
            yield from _looser_choice(gate)


def _looser_choice(gate: Gate) -> Iterator[Looser]:
    match gate:
        case Outfit():
            place = POLICIES.index(gate.policy) if gate.policy in POLICIES else 0
            for policy in POLICIES[place + 1 :]:
                yield Looser(replace(gate, policy=policy), f"outfit={policy}", f"with {policy}")
        case Alone():
            allow = gate.allow
            for company in (each.value for each in COMPANY if each.value not in gate.allow):
                allow = (*allow, company)
                setting = f"people={','.join(allow)}"
                yield Looser(replace(gate, allow=allow), setting, f"with {company}")
        case Framed():
            if missing := [each.value for each in Framing if each.value not in gate.allow]:
                allow = (*gate.allow, *missing)
                words = f"with {', '.join(missing).replace('_', ' ')}"
                yield Looser(replace(gate, allow=allow), f"framing={','.join(allow)}", words)
        case Rated():
            # One step only: nobody is talked into more than the next rating.
            for rating in [each for each in Rating if each not in gate.allowed][:1]:
                allowed = (*gate.allowed, rating)
                setting = f"rating={','.join(allowed)}"
                yield Looser(replace(gate, allowed=allowed), setting, f"with {rating.value}")


def _number(gate: Gate, key: str, value: float) -> Looser:
    return Looser(gate, f"{key}={value:g}" if value < 1e5 else f"{key}={value}", f"at {value}")


def hint(gate: Gate, rejected: Sequence[Facts], *, missing: int) -> Hint | None:
    """The next looser setting that lets `missing` of these through, else the loosest that lets any through.

    `rejected` are the facts of members that this gate rejects and no other.
    """
    left, more, best = list(rejected), 0, None
    for step in looser(gate):
        still = [facts for facts in left if step.gate.judge(facts).verdict is Verdict.REJECT]
        more, left, came = more + len(left) - len(still), still, len(left) - len(still)
        if came:
            best = Hint(gate.name, step.setting, step.words, more)
        if more >= missing:
            break
    return best


def hints(catalog: Catalog, harvest: Harvest, recipe: Recipe, *, missing: int) -> tuple[Hint, ...]:
    """What looser settings would bring, the gate that rejects most first. Reads stored facts, changes nothing."""
    by_name = {gate.name: gate for gate in gating.built(catalog.path.parent, recipe)}
    counted = members.deciding(catalog, harvest.id)
    losses = [
        (by_name[name], number)
        for state, name, number in counted
        if state is State.REJECTED and name in by_name and any(looser(by_name[name]))
    ]
    found = []
    for gate, number in losses[:GATES]:
        told = hint(gate, _rejected_alone(catalog, harvest, gate), missing=missing)
        if told is not None:
            found.append(replace(told, partly=number > MOST))
    return tuple(found)


def _rejected_alone(catalog: Catalog, harvest: Harvest, gate: Gate) -> list[Facts]:
    """The facts, as this gate sees them, of members that it alone keeps out."""
    found: list[Facts] = []
    for some in judging.rejected_by(catalog, harvest.id, gate.name, most=MOST):
        alone = [member for member in some if _last(member) == (gate.name,)]
        claimed = bulk.claimed(catalog, alone, [gate])
        measured = [member for member in alone if member.assess is not None]
        found += (claimed | bulk.laid(catalog, measured, claimed)).values()
    return found


def _last(member: Judged) -> tuple[str, ...] | None:
    """What rejected it: its file, once that was judged, else its claims."""
    return member.screen if member.assess is None else member.assess


def keep(catalog: Catalog, harvest: Harvest, recipe: Recipe, *, missing: int) -> tuple[Hint, ...]:
    """The hints for a run that has just ended, kept so that `status` need not look for them again."""
    found = hints(catalog, harvest, recipe, missing=missing) if missing > 0 else ()
    harvests.note_shortfall(catalog, harvest.id, codec.dump(found) if found else None)
    return found
