"""Says of two compared pictures whether they are the same: boosted trees over what is left between them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from harvester.hashing.verifying import Compared

WEIGHTS = "duplicates.toml"
"""Written by `benchmarks/dedup/fit.py`."""

_ALIKE = 0.9  # correlation from which what is no copy is a variant
_PARTLY = 0.35  # of the blocks may differ in a variant

_PALE = 0.3  # of the colour is left: one of the two is grey, or they have other colours
_COLOURED = 25.0  # levels of colour in a block that no grey picture has
_OTHER = 0.9  # the least distance of pictures with other colours


class Kind(StrEnum):
    """What two pictures are to each other."""

    DUPLICATE = "duplicate"
    VARIANT = "variant"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Likeness:
    """What two pictures are to each other; `distance` is 0 for surely the same and 1 for surely not."""

    kind: Kind
    distance: float
    evidence: str


@dataclass(frozen=True, slots=True)
class Model:
    """Trees of one depth side by side: at node i go to 2i+1 while the feature is at most its limit, else to 2i+2."""

    version: int
    base: float
    features: NDArray[np.int64]
    limits: NDArray[np.float64]
    leaves: NDArray[np.float64]

    def odds(self, told: tuple[float, ...]) -> float:
        """Logarithm of the odds that the pictures are copies."""
        values = np.array(told, dtype=np.float64)
        trees = np.arange(len(self.leaves))
        node = np.zeros(len(trees), dtype=np.int64)
        inner = self.features.shape[1]
        while node[0] < inner:
            right = values[self.features[trees, node]] > self.limits[trees, node]
            node = 2 * node + 1 + right
        return self.base + float(self.leaves[trees, node - inner].sum())


@cache
def model() -> Model:
    """The fitted weights."""
    from harvester.hashing.verifying import NAMES

    table = tomllib.loads(_weights())
    if table["names"] != list(NAMES):
        raise ValueError(f"{WEIGHTS} was fitted to other figures; run benchmarks/dedup/fit.py")
    return Model(
        table["version"],
        table["base"],
        np.array(table["features"]),
        np.array(table["limits"], dtype=np.float64),
        np.array(table["leaves"]),
    )


@cache
def weights_version() -> int:
    """The version of the fitted weights, read without them: all that is wanted where nothing is compared."""
    found = re.search(r"^version = (\d+)$", _weights(), re.MULTILINE)
    if found is None:
        raise ValueError(f"{WEIGHTS} tells no version; run benchmarks/dedup/fit.py")
    return int(found[1])


def _weights() -> str:
    return resources.files("harvester").joinpath(WEIGHTS).read_text("utf-8")


def likeness(left: Compared, right: Compared) -> Likeness:
    """What two pictures are to each other."""
    from harvester.hashing.verifying import NAMES, figures  # and scipy with it: see the package

    told = figures(left, right)
    if told is None:
        return Likeness(Kind.DIFFERENT, 1.0, "nothing of one lies over the other")
    chance = 1 / (1 + float(np.exp(-model().odds(told))))
    by_name = dict(zip(NAMES, told, strict=True))
    distance = round(max(1 - chance, _guarded(by_name)), 4)
    return Likeness(_kind(distance, by_name), distance, _evidence(by_name))


def _guarded(told: dict[str, float]) -> float:
    """Two pictures of which each has colours, and none in common, are no copies, however alike their shapes are."""
    return _OTHER if told["colourful"] < _PALE and told["inner_colour"] > _COLOURED else 0.0


def _kind(distance: float, told: dict[str, float]) -> Kind:
    if distance <= 0.5:
        return Kind.DUPLICATE
    alike = told["correlation"] >= _ALIKE and told["changed"] <= _PARTLY
    return Kind.VARIANT if alike else Kind.DIFFERENT


def _evidence(told: dict[str, float]) -> str:
    """A few words on how the one lies over the other, and what differs."""
    words = ["mirrored"] if told["flipped"] else []
    if told["part"] < 0.97:
        words.append(f"{told['part']:.0%} of the other")
    if told["colourful"] < _PALE:
        words.append("one without colour")
    worst = max(told["inner"], told["inner_colour"])
    words.append(f"correlation {told['correlation']:.2f}, worst spot {worst:.0f} grey levels apart")
    return ", ".join(words)
