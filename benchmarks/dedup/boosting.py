"""Gradient boosted trees for yes or no, small enough to be read: quantile bins, depth-wise growth, logistic loss."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tree:
    """A complete tree: at inner node i go to 2i+1 if the feature is at most its limit, else to 2i+2."""

    features: list[int]
    limits: list[float]
    leaves: list[float]


@dataclass(frozen=True, slots=True)
class Settings:
    """How many trees, how deep, how fast, and how careful."""

    trees: int = 80
    depth: int = 3
    rate: float = 0.12
    least: float = 6.0  # sum of second derivatives that a leaf needs
    ridge: float = 2.0
    bins: int = 48


def fitted(x: Floats, y: Floats, weights: Floats, settings: Settings) -> tuple[float, list[Tree]]:
    """The first guess (log odds) and the trees."""
    share = float(np.average(y, weights=weights))
    base = float(np.log(share / (1 - share)))
    edges = [
        np.unique(np.quantile(column, np.linspace(0, 1, settings.bins + 1)[1:-1])) for column in x.T
    ]
    binned = np.stack(
        [np.searchsorted(edge, column) for edge, column in zip(edges, x.T, strict=True)], axis=1
    )
    odds = np.full(len(y), base)
    trees = []
    for _ in range(settings.trees):
        chance = 1 / (1 + np.exp(-odds))
        tree, places = _grown(
            binned, edges, weights * (y - chance), weights * chance * (1 - chance), settings
        )
        trees.append(tree)
        odds += np.array(tree.leaves)[places]
    return base, trees


def _grown(
    binned: NDArray[np.int64], edges: list[Floats], slope: Floats, bend: Floats, settings: Settings
) -> tuple[Tree, NDArray[np.int64]]:
    inner = 2**settings.depth - 1
    features, limits = [0] * inner, [float("inf")] * inner
    node = np.zeros(len(slope), dtype=np.int64)
    for place in range(inner):
        rows = np.flatnonzero(node == place)
        found = _split(binned[rows], edges, slope[rows], bend[rows], settings)
        left = np.ones(len(rows), dtype=bool)
        if found is not None:
            features[place], cut = found
            limits[place] = float(edges[features[place]][cut])
            left = binned[rows, features[place]] <= cut
        node[rows] = np.where(left, 2 * place + 1, 2 * place + 2)
    node -= inner
    count = inner + 1
    sums = [np.bincount(node, weights=each, minlength=count) for each in (slope, bend)]
    leaves = settings.rate * sums[0] / (sums[1] + settings.ridge)
    return Tree(features, limits, [float(v) for v in leaves]), node


def _split(
    binned: NDArray[np.int64], edges: list[Floats], slope: Floats, bend: Floats, settings: Settings
) -> tuple[int, int] | None:
    best, place = 1e-6, None
    whole = slope.sum() ** 2 / (bend.sum() + settings.ridge)
    for feature, edge in enumerate(edges):
        if not len(edge):
            continue
        g = np.cumsum(np.bincount(binned[:, feature], weights=slope, minlength=len(edge) + 1))
        h = np.cumsum(np.bincount(binned[:, feature], weights=bend, minlength=len(edge) + 1))
        left, right = h[:-1], h[-1] - h[:-1]
        gain = (
            g[:-1] ** 2 / (left + settings.ridge)
            + (g[-1] - g[:-1]) ** 2 / (right + settings.ridge)
            - whole
        )
        gain[(left < settings.least) | (right < settings.least)] = 0
        if gain.max() > best:
            best, place = float(gain.max()), (feature, int(gain.argmax()))
    return place


def predicted(x: Floats, base: float, trees: list[Tree]) -> Floats:
    """Log odds."""
    odds = np.full(len(x), base)
    for tree in trees:
        node = np.zeros(len(x), dtype=np.int64)
        depth = len(tree.leaves).bit_length() - 1
        features, limits = np.array(tree.features), np.array(tree.limits)
        for _ in range(depth):
            right = x[np.arange(len(x)), features[node]] > limits[node]
            node = 2 * node + 1 + right
        odds += np.array(tree.leaves)[node - len(tree.features)]
    return odds
