"""What a harvest will cost, from what sites say they have and one judged page of each. Arithmetic: asks nobody."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from harvester.model import Framing
from harvester.recipe import FRAMINGS
from harvester.stages.looks import Have, Need, SiteLook
from harvester.stages.loosened import Extra, Pool, loosened
from harvester.stages.plan import FIRST, MOST, PAGES, enough

ACCEPTED = 0.8
"""Of fetched files that passed on claims, so many prove good and no copies, where no earlier round tells."""
LINE = 2_000_000.0
"""Bytes a second that a host is taken to send at most; small pictures come no faster than its pace."""
DEEPEST = 500
"""Pages of one walk after which nobody follows the estimate any more."""


@dataclass(frozen=True, slots=True)
class SiteCost:
    """What one site is asked for, and what that brings."""

    site: str
    pages: int
    found: float
    passing: float
    files: float
    bytes: float | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the run will come to. `passing` by framing; `seconds` at the sites' pace, hosts side by side.

    Of `selected` so many came in by `relaxed` thresholds.
    """

    sites: tuple[SiteCost, ...]
    names: int
    framings: Mapping[str, float]
    selected: int
    seconds: float
    relaxed: int = 0

    @property
    def requests(self) -> int:
        """Pages and files together."""
        return self.names + sum(site.pages for site in self.sites) + round(self.files)

    @property
    def files(self) -> float:
        """How many files are fetched."""
        return sum(site.files for site in self.sites)

    @property
    def bytes(self) -> float | None:
        """How many bytes they have; None when a site does not tell."""
        told = [site.bytes for site in self.sites if site.files]
        return None if None in told else sum(size for size in told if size is not None)

    @property
    def found(self) -> float:
        """How many candidates there will be."""
        return sum(site.found for site in self.sites)

    @property
    def passing(self) -> float:
        """How many of them pass on what their sites claim."""
        return sum(site.passing for site in self.sites)


def estimate(
    looks: Sequence[SiteLook], need: Need, have: Have | None = None, *, names: int = 0
) -> Estimate:
    """The cost of meeting `need` from these sites; `names` is how many requests looking up names takes."""
    have = have or Have()
    fields = [_Field(look) for look in looks]
    _look_wide(fields, need, have)
    _look_for_framings(fields, need, have)
    supply = _supply(fields, have)
    taken, came = _rounds(need, have, supply)
    rate = have.rate or ACCEPTED
    extras, more = loosened(
        [one.rejected for one in fields],
        need.target - came,
        rate=rate,
        factor=min(MOST, 1 / rate) if taken else FIRST,
        level=0 if have.changed else have.level,
    )
    costs = tuple(
        _detailed(_with(_cost(one, fields, taken, supply), extra), one.look)
        for one, extra in zip(fields, extras, strict=True)
    )
    strict, every = (min(need.target, round(number)) for number in (came, came + more))
    seconds = _seconds(costs, looks, names)
    return Estimate(costs, names, supply, every, seconds, every - strict)


NAMES = tuple(framing.value for framing in (*FRAMINGS, Framing.WIDE))


@dataclass
class _Field:
    """A site being walked: how deep each walk has been asked."""

    look: SiteLook
    pages: int = 0

    def __post_init__(self) -> None:
        self.depth = [walk.depth for walk in self.look.walks]
        self.before = {name: self.passing(name) for name in ("", *NAMES)}
        self.seen_before = self.seen

    def last(self, place: int) -> int:
        """How many pages a walk has in all, the empty one at its end included where there is one."""
        walk = self.look.walks[place]
        if walk.ended:
            return walk.depth
        if walk.posts is None:
            return DEEPEST
        return max(1, math.ceil(walk.posts / self.look.per_page) + (not self.look.ends))

    def widen(
        self, framings: frozenset[str] | None = None, but: frozenset[str] = frozenset()
    ) -> bool:
        """Ask one page more of every open walk, or of those for these framings; False when none is open.

        Walks for a framing in `but` stay where they are.
        """
        open_ = [
            place
            for place, walk in enumerate(self.look.walks)
            if self.depth[place] < self.last(place)
            and (framings is None or (walk.framing in framings and self.depth[place] < PAGES))
            and walk.framing not in but
        ]
        for place in open_:
            self.depth[place] += 1
        self.pages += len(open_)
        return bool(open_)

    def reach(self, place: int) -> float:
        """How many posts a walk has shown."""
        walk, shown = self.look.walks[place], self.depth[place] * self.look.per_page
        return float(shown if walk.posts is None else min(walk.posts, shown))

    @property
    def seen(self) -> float:
        """Distinct posts: walks narrowed to different things overlap as by chance."""
        posts = self.look.posts
        if posts is None:
            return sum(self.reach(n) for n, walk in enumerate(self.look.walks) if walk.plain)
        return posts * (1 - self._missed(posts, None)) if posts else 0.0

    @property
    def rejected(self) -> Pool:
        """Posts that were shown, for what `--relax` lets in of them."""
        look = self.look
        here = look.here / look.passing if look.passing else 0.0
        return Pool(self.seen, look.sample, look.relaxed, here)

    def _missed(self, posts: int, framing: str | None) -> float:
        """The chance that no walk but those for `framing` has shown a post."""
        chances = (
            1 - min(1.0, self.reach(place) / posts)
            for place, walk in enumerate(self.look.walks)
            if framing is None or walk.framing != framing
        )
        return math.prod(chances)

    def passing(self, framing: str) -> float:
        """Posts of a framing that were shown and pass; the sample says how many do where no walk counts them."""
        look = self.look
        own = [n for n, walk in enumerate(look.walks) if walk.framing == framing and framing]
        counted = sum(look.walks[n].posts or 0 for n in own)
        if not own or not look.posts:
            return self.seen * len(look.sizes.get(framing, ())) / max(1, look.sample)
        shown = sum(self.reach(n) for n in own)
        others = 1 - self._missed(look.posts, framing)
        return (shown + (counted - shown) * others) * look.rate


def _widen(
    fields: Sequence[_Field],
    framings: frozenset[str] | None = None,
    but: frozenset[str] = frozenset(),
) -> bool:
    """Every site asks on; False when none has anything left."""
    went = [one.widen(framings, but) for one in fields]
    return any(went)


def _look_wide(fields: Sequence[_Field], need: Need, have: Have) -> None:
    """As `rounds.discover`: all walks but those for full framings, page by page, until the pool is large enough."""
    known = 0 if have.changed else have.passing
    while True:
        passing = sum((one.seen - bool(known) * one.seen_before) * one.look.rate for one in fields)
        if known + passing >= (need.pool * need.target or math.inf):
            return
        if not _widen(fields, but=_full(fields, need)):
            return


def _full(fields: Sequence[_Field], need: Need) -> frozenset[str]:
    return frozenset(
        name
        for name, places in need.places.items()
        if need.pool and sum(one.passing(name) for one in fields) >= places * need.pool
    )


def _look_for_framings(fields: Sequence[_Field], need: Need, have: Have) -> None:
    """As `rounds` does before a round: walks of framings that are short and thin on supply."""
    while True:
        supply = _supply(fields, have)
        thin = frozenset(
            framing
            for framing, places in need.places.items()
            if supply.get(framing, 0.0) < enough(_lack(places, have, framing), FIRST)
        )
        if not thin or not _widen(fields, thin):
            return


def _lack(places: float, have: Have, framing: str) -> float:
    return max(0.0, places - have.accepted.get(framing, 0))


def _supply(fields: Sequence[_Field], have: Have) -> dict[str, float]:
    """Passing candidates by framing, those of an earlier run that are not fetched yet included."""
    stored = have.harvest is not None and not have.changed
    found = {
        name: sum(one.passing(name) - stored * one.before[name] for one in fields) for name in NAMES
    }
    every = sum((one.seen - stored * one.seen_before) * one.look.rate for one in fields)
    found[""] = max(0.0, every - sum(found.values()))
    if stored:
        return {name: found[name] + have.wanted.get(name, 0) for name in found}
    return found


def _rounds(need: Need, have: Have, supply: Mapping[str, float]) -> tuple[dict[str, float], float]:
    """(taken by framing, accepted in all): as `plan.batch` takes, with the pass rate that is expected."""
    rate = have.rate or ACCEPTED
    left, came = dict(supply), {name: float(n) for name, n in have.accepted.items()}
    taken: dict[str, float] = defaultdict(float)
    factor = FIRST if have.rate is None else min(MOST, 1 / rate)
    while (gap := _gap(need, came, left)) >= 0.5:
        batch = {
            name: min(left.get(name, 0.0), enough(max(0.0, places - came.get(name, 0.0)), factor))
            for name, places in need.places.items()
        }
        spare = enough(gap, factor) - sum(batch.values())
        for name in sorted(left, key=lambda name: name == ""):
            more = min(max(0.0, spare), left[name] - batch.get(name, 0.0))
            batch[name] = batch.get(name, 0.0) + more
            spare -= more
        if sum(batch.values()) < 0.5:
            break
        for name, number in batch.items():
            taken[name] += number
            left[name] = left.get(name, 0.0) - number
            came[name] = came.get(name, 0.0) + number * rate
        factor = min(MOST, 1 / rate)
    return taken, sum(came.values())


def _gap(need: Need, came: Mapping[str, float], left: Mapping[str, float]) -> float:
    """Places still empty; those that a framing may yet fill are given to no other."""
    kept = sum(
        max(0.0, places - came.get(name, 0.0))
        for name, places in need.places.items()
        if left.get(name, 0.0) >= 0.5
    )
    return max(need.target - sum(came.values()), min(kept, need.target))


def _cost(
    one: _Field, fields: Sequence[_Field], taken: Mapping[str, float], supply: Mapping[str, float]
) -> SiteCost:
    """A site's share of what is taken, by how much of what passes is its own; files that are here cost nothing."""
    look, every = one.look, sum(each.seen * each.look.rate for each in fields)
    passing = one.seen * look.rate
    share = passing / every if every else 1 / len(fields)
    missing = 1 - (look.here / look.passing if look.passing else 0.0)
    files = sum(taken.values()) * missing * share
    size = look.size(taken, supply)
    return SiteCost(
        look.site, one.pages, one.seen, passing, files, None if size is None else size * files
    )


def _with(cost: SiteCost, extra: Extra) -> SiteCost:
    """The cost with what loosened thresholds bring on top."""
    if not extra.files:
        return cost
    told = cost.bytes if cost.files else 0.0
    size = None if told is None or not extra.bytes else told + extra.bytes
    return replace(cost, files=cost.files + extra.files, bytes=size)


def _detailed(cost: SiteCost, look: SiteLook) -> SiteCost:
    """The cost with a page for each file whose post has to be asked for by itself."""
    return replace(cost, pages=cost.pages + round(cost.files * look.details))


def _seconds(costs: Sequence[SiteCost], looks: Sequence[SiteLook], names: int) -> float:
    """Pages first, then files: each host at its pace, all hosts side by side."""
    pages: defaultdict[str, float] = defaultdict(float)
    files: defaultdict[str, float] = defaultdict(float)
    sizes: defaultdict[str, float] = defaultdict(float)
    for cost, look in zip(costs, looks, strict=True):
        pages[look.api.host] += cost.pages * look.api.interval
        files[look.files.host] += cost.files * look.files.interval
        sizes[look.files.host] += (cost.bytes or 0.0) / LINE
    asking = max(pages.values(), default=0.0)
    fetching = max((max(files[host], sizes[host]) for host in files), default=0.0)
    slowest = max((look.api.interval for look in looks), default=0.0)
    return names * slowest + asking + fetching
