"""What `--relax` adds to an estimate: files it lets in, step by step, until the target is met. Arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harvester.stages.plan import enough

Sizes = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Pool:
    """A site's rejected candidates: `seen` in all, and of a `sample` the bytes of those that each step lets in."""

    seen: float
    sample: int
    steps: tuple[Sizes, ...]
    here: float = 0.0  # the share of them whose file is in the library

    def supply(self, step: int) -> float:
        """How many candidates a step lets in."""
        if step >= len(self.steps) or not self.sample:
            return 0.0
        return self.seen * len(self.steps[step]) / self.sample


@dataclass
class Extra:
    """What is fetched of one site because thresholds were loosened; `bytes` of files whose size is told."""

    files: float = 0.0
    bytes: float = 0.0


def loosened(
    pools: Sequence[Pool], gap: float, *, rate: float, factor: float, level: int = 0
) -> tuple[list[Extra], float]:
    """(what each site is asked for, pictures that come of it) to fill `gap` places.

    `rate` of the files are accepted, `factor` are taken for a place; steps up to `level` were taken before.
    """
    extras, came = [Extra() for _ in pools], 0.0
    for step in range(level, max((len(pool.steps) for pool in pools), default=0)):
        left = gap - came
        supply = sum(pool.supply(step) for pool in pools)
        if left < 0.5 or not supply:
            continue
        share = min(1.0, enough(left, factor) / supply)
        for pool, extra in zip(pools, extras, strict=True):
            taken = share * pool.supply(step)
            came += taken * rate
            extra.files += taken * (1 - pool.here)
            extra.bytes += taken * (1 - pool.here) * _mean(pool, step)
    return extras, min(came, gap)


def _mean(pool: Pool, step: int) -> float:
    told = [size for size in pool.steps[step] if size] if step < len(pool.steps) else []
    return sum(told) / len(told) if told else 0.0
