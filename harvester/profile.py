"""How a character usually looks: learned from what many makers draw, so that one picture can be held against it."""

from __future__ import annotations

import functools
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from itertools import combinations

POSTS = 30
"""From fewer posts nothing is learned."""
KEPT = 0.02
"""Share of makers below which a tag is chance, and is not kept."""
USUAL = 0.1
"""What so large a share of makers draws speaks for a picture."""
RARE = 0.05
"""What a smaller share draws speaks against it."""
EVIDENCE = 0.5
"""Weights have to add up to so much before they say anything."""
TOGETHER = 0.25
"""Clothes are one outfit while their tags stand together in so large a part of the posts that have either."""
WORN = 0.05
"""Clothes that a smaller share of makers draws, and outfits that a smaller share shows, make no outfit."""
TAGS = 80
"""So many tags of clothes, the most usual ones, are sorted into outfits."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One post to learn from: who made it (itself, where nobody is known) and its tags, folded."""

    maker: str
    tags: frozenset[str]


@dataclass(frozen=True, slots=True)
class Outfit:
    """Clothes that are drawn together, called by the most usual of them; the share of makers' posts that show it."""

    name: str
    share: float
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """`tags` holds tag -> the share of makers who draw it, among those who show that part of the figure at all."""

    posts: int = 0
    makers: int = 0
    tags: Mapping[str, float] = field(default_factory=dict)
    outfits: tuple[Outfit, ...] = ()


@dataclass(frozen=True, slots=True)
class Conformity:
    """How far a picture has the usual looks, 0 to 1; None where its tags say too little. Which tags speak for it,
    which against, and the outfit it seems to show."""

    value: float | None = None
    agrees: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()
    outfit: str | None = None


@functools.cache
def _table() -> tuple[Mapping[str, str], frozenset[str], frozenset[str], tuple[str, ...]]:
    """Noun -> part, the nouns that need a colour, the colours, the words that begin what is no look."""
    text = resources.files("harvester").joinpath("appearance.toml").read_text("utf-8")
    table = tomllib.loads(text)
    nouns = {noun: part for part, listed in table["parts"].items() for noun in listed}
    nouns |= dict.fromkeys(table["not"], "")
    coloured, colours = frozenset(table["coloured"]), frozenset(table["colours"])
    return nouns, coloured, colours, tuple(f"{word}_" for word in table["doing"])


@functools.lru_cache(maxsize=65_536)
def part(tag: str) -> str:
    """Which part of a figure's looks a tag describes: body, head or clothes; "" for anything else."""
    nouns, coloured, colours, doing = _table()
    if tag.startswith(doing):
        return ""
    words = tag.split("_")
    if words[-1] in coloured and "_".join(words[:-1]) in colours:
        return "body"
    endings = ("_".join(words[at:]) for at in range(len(words)))
    return next((nouns[ending] for ending in endings if ending in nouns), "")


def looks(tags: Iterable[str]) -> dict[str, set[str]]:
    """Those of the tags that describe looks, by part."""
    found: dict[str, set[str]] = defaultdict(set)
    for tag in tags:
        if where := part(tag):
            found[where].add(tag)
    return found


def learn(posts: Iterable[Seen]) -> Profile | None:
    """The usual looks, one maker one vote; None from fewer than POSTS posts. The order of posts does not matter."""
    seen = [(one.maker, looks(one.tags)) for one in posts]
    if len(seen) < POSTS:
        return None
    shares: dict[str, float] = {}
    for where in ("body", "head", "clothes"):
        shares |= _shares([(maker, found[where]) for maker, found in seen if found.get(where)])
    usual = {tag: round(share, 3) for tag, share in shares.items() if share >= KEPT}
    ordered = dict(sorted(usual.items(), key=lambda item: (-item[1], item[0])))
    dressed = [(maker, found["clothes"]) for maker, found in seen if found.get("clothes")]
    makers = len({maker for maker, _ in seen})
    return Profile(len(seen), makers, ordered, _outfits(ordered, dressed))


def conformity(profile: Profile, tags: Iterable[str]) -> Conformity:
    """How far tags, folded, agree with the profile. What is not there says nothing: a portrait shows no skirt.

    What is there speaks for the picture by the share of makers who draw it too, and against it if hardly
    anybody does. Body and clothes are held against the profile apart, and the worse of them counts.
    """
    found = looks(tags)
    values, agrees, differs = [], [], []
    for where in ("body", "clothes"):
        usual = {tag: profile.tags.get(tag, 0.0) for tag in sorted(found.get(where, ()))}
        good = sum(share for share in usual.values() if share >= USUAL)
        bad = sum(1 - share for share in usual.values() if share < RARE)
        agrees += [tag for tag, share in usual.items() if share >= USUAL]
        differs += [tag for tag, share in usual.items() if share < RARE]
        if good + bad >= EVIDENCE:
            values.append(good / (good + bad))
    worn = found.get("clothes", set())
    return Conformity(
        round(min(values), 3) if values else None,
        tuple(agrees),
        tuple(differs),
        _worn(profile, worn),
    )


def _shares(posts: Sequence[tuple[str, set[str]]]) -> dict[str, float]:
    """Tag -> the mean over makers of the share of their posts that have it."""
    weights = _weights([maker for maker, _ in posts])
    told: dict[str, list[float]] = defaultdict(list)
    for (_, tags), weight in zip(posts, weights, strict=True):
        for tag in tags:
            told[tag].append(weight)
    return {tag: _sum(listed) for tag, listed in told.items()}


def _weights(makers: Sequence[str]) -> list[float]:
    """What each post counts for: every maker for the same, shared among his posts; all together 1."""
    count = Counter(makers)
    return [1 / (len(count) * count[maker]) for maker in makers]


def _sum(weights: Iterable[float]) -> float:
    """The same sum in whatever order the weights come."""
    return sum(sorted(weights))


def _outfits(
    shares: Mapping[str, float], posts: Sequence[tuple[str, set[str]]]
) -> tuple[Outfit, ...]:
    """Clothes in clusters by average link, the most common outfit first."""
    garments = [tag for tag, share in shares.items() if part(tag) == "clothes" and share >= WORN]
    weights = _weights([maker for maker, _ in posts])
    clusters = _linked(garments[:TAGS], posts, weights)
    drafts = [Outfit(tags[0], 0.0, tuple(tags)) for tags in clusters]
    draft = Profile(tags=shares, outfits=tuple(drafts))
    shown: dict[str, list[float]] = defaultdict(list)
    for (_, tags), weight in zip(posts, weights, strict=True):
        if name := _worn(draft, tags):
            shown[name].append(weight)
    told = [Outfit(one.name, round(_sum(shown[one.name]), 3), one.tags) for one in drafts]
    told = [one for one in told if one.share >= WORN]
    return tuple(sorted(told, key=lambda one: (-one.share, one.name)))


def _linked(
    garments: Sequence[str], posts: Sequence[tuple[str, set[str]]], weights: Sequence[float]
) -> list[list[str]]:
    """Groups of tags, each in the order given; two are joined while their tags are together often enough on average."""
    near = _nearness(garments, posts, weights)
    groups = [[tag] for tag in garments]

    def link(pair: tuple[int, int]) -> float:
        first, second = groups[pair[0]], groups[pair[1]]
        return _sum(near[a, b] for a in first for b in second) / (len(first) * len(second))

    while len(groups) > 1:
        best = max(
            combinations(range(len(groups)), 2), key=lambda pair: (link(pair), *(-n for n in pair))
        )
        if link(best) < TOGETHER:
            break
        joined = {*groups[best[0]], *groups.pop(best[1])}
        groups[best[0]] = [tag for tag in garments if tag in joined]
    return groups


def _nearness(
    garments: Sequence[str], posts: Sequence[tuple[str, set[str]]], weights: Sequence[float]
) -> dict[tuple[str, str], float]:
    """For each two tags the share of posts with both among those with either, by weight."""
    alone: dict[str, list[float]] = defaultdict(list)
    both: dict[tuple[str, str], list[float]] = defaultdict(list)
    for (_, tags), weight in zip(posts, weights, strict=True):
        here = [tag for tag in garments if tag in tags]
        for tag in here:
            alone[tag].append(weight)
        for pair in combinations(here, 2):
            both[pair].append(weight)
    near: dict[tuple[str, str], float] = {}
    for pair in combinations(garments, 2):
        together = _sum(both.get(pair, ()))
        either = _sum(alone[pair[0]]) + _sum(alone[pair[1]]) - together
        near[pair] = near[pair[::-1]] = together / either if either else 0.0
    return near


def _worn(profile: Profile, worn: Iterable[str]) -> str | None:
    """The outfit that most of the clothes belong to, by how usual they are; None where none of them does."""
    there = {*worn}
    scores = {
        one.name: _sum(profile.tags.get(tag, KEPT) for tag in one.tags if tag in there)
        for one in profile.outfits
    }
    best = max(scores, key=lambda name: (scores[name], name), default=None)
    return best if best is not None and scores[best] > 0 else None
