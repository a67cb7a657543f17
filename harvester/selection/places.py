"""Shares of a recipe as numbers of pictures: places by framing, and the most that a cap lets in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harvester.model import Framing
from harvester.recipe import FRAMINGS, Caps, Mix


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a selection is made by, in pictures.

    `quota` are the places of each framing; those of a framing in `kept` are given to no other. `rest` is the most
    of what is in no framing of the mix, `most` the most that one artist, site … may have. `firm`: no cap gives way.
    """

    target: int
    quota: Mapping[Framing, int]
    rest: Mapping[Framing | None, int]
    most: Mapping[str, int]
    kept: frozenset[Framing] = frozenset()
    firm: bool = False


def wishes(
    target: int,
    mix: Mix,
    caps: Caps,
    *,
    reserved: frozenset[Framing] = frozenset(),
    firm: bool = False,
) -> Wishes:
    """A recipe's shares in pictures. A strict mix keeps every place for its framing, and concedes no cap."""
    quota = quotas(target, mix)
    return Wishes(
        target,
        quota,
        {Framing.WIDE: _share(caps.wide, target), None: _share(caps.unknown, target)},
        {
            "artist": artist_cap(target, caps),
            "site": max(1, _share(caps.site, target)),
            "character": max(1, _share(caps.character, target)),
            "series": max(1, _share(caps.series, target)),
            "variants": caps.variants,
        },
        frozenset(quota) if mix.strict else reserved,
        firm or mix.strict,
    )


def quotas(target: int, mix: Mix) -> dict[Framing, int]:
    """Places by framing: the shares of the target, rounded so that they add up (largest remainders first)."""
    exact = {framing: mix.share(framing) * target for framing in FRAMINGS}
    whole = {framing: int(share + 1e-9) for framing, share in exact.items()}
    left = min(round(sum(exact.values())), target) - sum(whole.values())
    by_remainder = sorted(FRAMINGS, key=lambda f: (whole[f] - exact[f], FRAMINGS.index(f)))
    return {f: whole[f] + (f in by_remainder[: max(left, 0)]) for f in FRAMINGS}


def artist_cap(target: int, caps: Caps) -> int:
    """How many pictures one artist may have; at least one."""
    return max(1, _share(caps.artist, target))


def _share(share: float, target: int) -> int:
    return int(share * target + 1e-9)
