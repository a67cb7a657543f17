"""Gradient boosted trees for yes or no, small enough to be read: quantile bins, depth-wise growth, logistic loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Bounds = tuple[float, float]


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


def fitted(
    x: Floats, y: Floats, weights: Floats, settings: Settings, signs: Sequence[int] | None = None
) -> tuple[float, list[Tree]]:
    """The first guess (log odds) and the trees.

    `signs` holds a feature to one direction: 1 where odds never fall as it grows, -1 where they never rise, 0 for any.
    """
    held = np.zeros(x.shape[1], dtype=np.int64) if signs is None else np.array(signs)
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
        pull = np.stack([weights * (y - chance), weights * chance * (1 - chance)])
        tree, places = _grown(binned, edges, pull, settings, held)
        trees.append(tree)
        odds += np.array(tree.leaves)[places]
    return base, trees


def _grown(
    binned: Places, edges: list[Floats], pull: Floats, settings: Settings, held: Places
) -> tuple[Tree, Places]:
    """One tree, and the leaf of every row. `pull` holds first and second derivatives."""
    inner = 2**settings.depth - 1
    features, limits = [0] * inner, [float("inf")] * inner
    bounds = [(-np.inf, np.inf)] * (2 * inner + 1)
    node = np.zeros(pull.shape[1], dtype=np.int64)
    for place in range(inner):
        rows = np.flatnonzero(node == place)
        found = _split(binned[rows], edges, pull[:, rows], settings, held)
        left = np.ones(len(rows), dtype=bool)
        sides = bounds[place], bounds[place]
        if found is not None:
            features[place], cut = found
            limits[place] = float(edges[features[place]][cut])
            left = binned[rows, features[place]] <= cut
            sides = _bounded(bounds[place], pull[:, rows], left, settings, held[features[place]])
        bounds[2 * place + 1], bounds[2 * place + 2] = sides
        node[rows] = np.where(left, 2 * place + 1, 2 * place + 2)
    node -= inner
    sums = [np.bincount(node, weights=each, minlength=inner + 1) for each in pull]
    least, most = np.array(bounds[inner:]).T
    leaves = settings.rate * np.clip(sums[0] / (sums[1] + settings.ridge), least, most)
    return Tree(features, limits, [float(v) for v in leaves]), node


def _bounded(
    bounds: Bounds, pull: Floats, left: NDArray[np.bool_], settings: Settings, sign: int
) -> tuple[Bounds, Bounds]:
    """Between what the leaves on both sides of a split may lie, so that no later split turns its direction."""
    if not sign:
        return bounds, bounds
    sums = [pull[:, side].sum(axis=1) for side in (left, ~left)]
    values = [float(each[0] / (each[1] + settings.ridge)) for each in sums]
    middle = float(np.clip(sum(values) / 2, *bounds))
    low, high = (bounds[0], middle), (middle, bounds[1])
    return (low, high) if sign > 0 else (high, low)


def _split(
    binned: Places, edges: list[Floats], pull: Floats, settings: Settings, held: Places
) -> tuple[int, int] | None:
    best, place = 1e-6, None
    whole = pull[0].sum() ** 2 / (pull[1].sum() + settings.ridge)
    for feature, edge in enumerate(edges):
        if not len(edge):
            continue
        g, h = (
            np.cumsum(np.bincount(binned[:, feature], weights=each, minlength=len(edge) + 1))
            for each in pull
        )
        left, right = h[:-1], h[-1] - h[:-1]
        values = g[:-1] / (left + settings.ridge), (g[-1] - g[:-1]) / (right + settings.ridge)
        gain = g[:-1] * values[0] + (g[-1] - g[:-1]) * values[1] - whole
        gain[(left < settings.least) | (right < settings.least)] = 0
        gain[(values[1] - values[0]) * held[feature] < 0] = 0
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
