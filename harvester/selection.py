"""Chooses the wanted number out of the accepted: by framing mix, caps and score. Pure and deterministic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from harvester.model import Framing
from harvester.recipe import FRAMINGS, Caps, Mix


@dataclass(frozen=True, slots=True)
class Choice:
    """An accepted picture: its candidate, how good it is (higher is better), what caps count it under.

    `relaxed` is how many thresholds had to be loosened for it: one with fewer is always chosen first.
    """

    candidate: int
    key: str
    score: float
    framing: Framing | None = None
    artists: tuple[str, ...] = ()
    relaxed: int = 0


@dataclass(frozen=True, slots=True)
class Selection:
    """What was chosen, candidate -> (place from 1, why), why the rest is out, and which wishes were not met."""

    chosen: Mapping[int, tuple[int, str]]
    out: Mapping[int, str]
    framings: Mapping[Framing | None, int]
    missing: Mapping[Framing, int]
    over_artist: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many were chosen."""
        return len(self.chosen)


def quotas(target: int, mix: Mix) -> dict[Framing, int]:
    """Places by framing: the shares of the target, rounded so that they add up (largest remainders first)."""
    exact = {framing: mix.share(framing) * target for framing in FRAMINGS}
    whole = {framing: int(share + 1e-9) for framing, share in exact.items()}
    left = min(round(sum(exact.values())), target) - sum(whole.values())
    by_remainder = sorted(FRAMINGS, key=lambda f: (whole[f] - exact[f], FRAMINGS.index(f)))
    return {f: whole[f] + (f in by_remainder[: max(left, 0)]) for f in FRAMINGS}


def artist_cap(target: int, caps: Caps) -> int:
    """How many pictures one artist may have; at least one."""
    return max(1, int(caps.artist * target + 1e-9))


def select(
    choices: Iterable[Choice],
    *,
    target: int,
    mix: Mix,
    caps: Caps,
    reserved: frozenset[Framing] = frozenset(),
) -> Selection:
    """The selection. Places of a `reserved` framing, which may still be filled, are given to no other.

    Order of concessions: other known framings, unknown ones up to their cap, unknown ones beyond
    it, last the artist cap. With `mix.strict` nothing is conceded. Relaxed pictures are chosen in
    the same way, for the places that those with fewer loosened thresholds leave.
    """
    order = sorted(choices, key=lambda choice: (choice.relaxed, -choice.score, choice.key))
    desk = _Desk(order, quotas(target, mix), artist_cap(target, caps))
    for _, layer in groupby(order, key=lambda choice: choice.relaxed):
        _fill(desk, list(layer), (target, mix, caps), reserved)
    return desk.selection(target)


def _fill(
    desk: _Desk,
    layer: Sequence[Choice],
    wishes: tuple[int, Mix, Caps],
    reserved: frozenset[Framing],
) -> None:
    """Choose among pictures for which equally many thresholds were loosened."""
    target, mix, caps = wishes
    desk.fill_quotas(layer)
    free = (
        target - desk.size - sum(desk.missing(f) for f in (desk.quota if mix.strict else reserved))
    )
    known = [choice for choice in layer if choice.framing is not None]
    unknown = [choice for choice in layer if choice.framing is None]
    most_unknown = int(caps.unknown * target + 1e-9) - desk.framings[None]
    free -= desk.take(known, free, "a place no framing claims")
    free -= desk.take(unknown, min(free, most_unknown), "framing unknown")
    free -= desk.take(unknown, free, "framing unknown; too few known ones")
    free -= desk.take(known, free, "over the artist cap; nobody else was left", capped=False)
    free -= desk.take(unknown, free, "over the artist cap; nobody else was left", capped=False)


@dataclass
class _Desk:
    """The state of one selection being made."""

    order: Sequence[Choice]
    quota: Mapping[Framing, int]
    cap: int
    chosen: dict[int, tuple[int, str]] = field(default_factory=dict)
    artists: Counter[str] = field(default_factory=Counter)
    framings: Counter[Framing | None] = field(default_factory=Counter)

    @property
    def size(self) -> int:
        return len(self.chosen)

    def missing(self, framing: Framing) -> int:
        """Places of a framing's quota that nobody has taken."""
        return max(0, self.quota.get(framing, 0) - self.framings[framing])

    def fill_quotas(self, layer: Sequence[Choice]) -> None:
        """Scarce framings first, so that a common one does not use up an artist whom a rare one needs."""
        supply = Counter(choice.framing for choice in layer)
        scarce = sorted(
            (framing for framing in self.quota if self.quota[framing]),
            key=lambda f: (supply[f] / self.quota[f], FRAMINGS.index(f)),
        )
        for framing in scarce:
            of_it = [choice for choice in layer if choice.framing is framing]
            label = framing.value.replace("_", " ")
            self.take(of_it, self.missing(framing), f"{label} {{n}} of {self.quota[framing]}")

    def take(
        self,
        choices: Iterable[Choice],
        places: int,
        why: str,
        *,
        capped: bool = True,
    ) -> int:
        """Fill up to `places` places; how many were. `{n}` in `why` becomes the number within its framing."""
        taken = 0
        for choice in choices:
            if taken >= places:
                break
            full = capped and any(self.artists[artist] >= self.cap for artist in choice.artists)
            if full or choice.candidate in self.chosen:
                continue
            taken += 1
            self.framings[choice.framing] += 1
            told = why.format(n=self.framings[choice.framing])
            self.chosen[choice.candidate] = (self.size + 1, f"in: {told}")
            self.artists.update(choice.artists)
        return taken

    def selection(self, target: int) -> Selection:
        out = {
            choice.candidate: self._out(choice, target)
            for choice in self.order
            if choice.candidate not in self.chosen
        }
        over = tuple(sorted(artist for artist, n in self.artists.items() if n > self.cap))
        missing = {f: n for f in self.quota if (n := self.missing(f))}
        return Selection(self.chosen, out, dict(self.framings), missing, over)

    def _out(self, choice: Choice, target: int) -> str:
        for artist in choice.artists:
            if self.artists[artist] >= self.cap:
                return f"out: {artist} has {self.artists[artist]} already, the cap is {self.cap}"
        if self.size >= target:
            return "out: the target is met by better ones"
        return "out: its places are kept for a framing that is still looked for"
