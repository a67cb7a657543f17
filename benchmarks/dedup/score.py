"""Scores any method: from the labels and what it said of pairs and groups to precision, recall and F1."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.dedup.generate import Label

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rates:
    """Counts of pairs, and what follows from them."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, 2 * self.right + self.wrong + self.missed)

    def __str__(self) -> str:
        return f"precision {self.precision:.3f}  recall {self.recall:.3f}  F1 {self.f1:.3f}"


def true_pairs(labels: Sequence[Label]) -> set[Pair]:
    """Every two files of one picture, as places in `labels`, the lower first."""
    return set(_within(_by(labels, "picture")))


def rates(found: Iterable[Pair], labels: Sequence[Label]) -> Rates:
    """Pairwise: every pair counts once."""
    said, true = set(found), true_pairs(labels)
    return Rates(len(said & true), len(said - true), len(true - said))


def pairs_of(groups: Iterable[Sequence[int]]) -> set[Pair]:
    """The pairs that groups say are copies."""
    return set(_within(groups))


def recall_by_group(found: set[Pair], labels: Sequence[Label]) -> Mapping[str, tuple[float, int]]:
    """For each sort of copy: how many of them were found to be copies of the original, and of how many."""
    originals = {label.picture: n for n, label in enumerate(labels) if label.kind == "original"}
    told: dict[str, list[bool]] = defaultdict(list)
    for number, label in enumerate(labels):
        first = originals[label.picture]
        if number != first:
            told[label.group].append((min(first, number), max(first, number)) in found)
    return {name: (sum(each) / len(each), len(each)) for name, each in sorted(told.items())}


def merged_variants(found: set[Pair], labels: Sequence[Label]) -> Mapping[str, tuple[float, int]]:
    """For each sort of look-alikes: how many pairs of pictures of one family were held to be the same, and of how many.

    Two pictures count as merged if any of their files are; the sort is that of the one that differs.
    """
    pictures = {label.picture: label for label in labels}
    merged = {tuple(sorted((labels[one].picture, labels[other].picture))) for one, other in found}
    told: dict[str, list[bool]] = defaultdict(list)
    families = defaultdict(list)
    for name, label in sorted(pictures.items()):
        families[label.family].append(name)
    for names in families.values():
        for one, other in itertools.combinations(sorted(names), 2):
            told[_sort(pictures[one], pictures[other])].append((one, other) in merged)
    return {name: (sum(each) / len(each), len(each)) for name, each in sorted(told.items())}


def mistakes(found: set[Pair], labels: Sequence[Label]) -> tuple[Counter[str], Counter[str]]:
    """What kinds of pairs were wrongly joined, and what kinds were missed."""
    true = true_pairs(labels)
    wrong = Counter(
        f"{_sort(labels[a], labels[b])} ({labels[a].group}, {labels[b].group})"
        for a, b in found - true
    )
    missed = Counter(
        " – ".join(sorted((labels[a].group, labels[b].group))) for a, b in true - found
    )
    return wrong, missed


def _sort(one: Label, other: Label) -> str:
    if one.family != other.family:
        return "strangers"
    sorts = {one.sort, other.sort}
    edits = sorted(sort for sort in sorts if sort.startswith("edit"))
    if edits:
        return "local edit"
    for sort in ("other scenery", "expression", "same scenery", "flat"):
        if sort in sorts:
            return sort
    return "same family"


def _by(labels: Sequence[Label], name: str) -> Iterable[list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for number, label in enumerate(labels):
        found[getattr(label, name)].append(number)
    return found.values()


def _within(groups: Iterable[Sequence[int]]) -> Iterable[Pair]:
    for group in groups:
        yield from itertools.combinations(sorted(group), 2)
