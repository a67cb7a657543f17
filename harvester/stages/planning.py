"""Finds out what a harvest would come to: names, counts and one page a site, judged in a scratch library."""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from harvester import card as cards
from harvester import registry
from harvester.card import Card
from harvester.catalog import candidates, harvests, judging, members
from harvester.catalog.candidates import Known
from harvester.catalog.core import Catalog
from harvester.catalog.harvests import Harvest, Walk
from harvester.catalog.judging import Judged
from harvester.catalog.linking import linkable
from harvester.errors import LibraryError, SiteError
from harvester.model import Candidate, Name, Query, State
from harvester.net import ask, host_of
from harvester.ports import Counts, Details, Source
from harvester.recipe import Recipe
from harvester.selection import quotas
from harvester.stages.discover import open_walks, sweep
from harvester.stages.estimate import Estimate, estimate
from harvester.stages.libraries import CATALOG, library
from harvester.stages.looks import Have, Lane, Need, SiteLook, WalkLook
from harvester.stages.names import resolve
from harvester.stages.opening import Ask, shop
from harvester.stages.plan import Stock, stock
from harvester.stages.rounds import loosen
from harvester.stages.screen import screen
from harvester.stages.shop import Progress, Shop
from harvester.stages.words import check_words

PAGES = 4
"""So many pages are asked at most until one shows a picture: a wiki is first asked which pages there are."""
ENOUGH = 20
"""So many files of earlier rounds, and the library's own rate of acceptance is better than a guess."""

Prepare = Callable[[Shop], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What was learnt; `trouble` says why a site told nothing."""

    recipe: Recipe
    card: Card | None
    card_path: Path | None
    looks: tuple[SiteLook, ...]
    have: Have
    cost: Estimate
    trouble: dict[str, str]


@dataclass(frozen=True, slots=True)
class Past:
    """What the library knows before anybody is asked: the harvest, if there is one, and how deep its walks went."""

    have: Have = Have()  # noqa: RUF009 - a frozen value
    walks: tuple[Walk, ...] = ()

    def walk(self, site: str, query: Query) -> Walk | None:
        """The same walk of the harvest that exists."""
        found = (walk for walk in self.walks if walk.site == site and walk.query == query)
        return next(found, None)


def plan(asked: Ask, *, tell: Callable[[Progress], None], prepare: Prepare | None = None) -> Plan:
    """Ask what must be asked for an estimate. Downloads no picture; of the library only the card is written.

    It takes the steps of a harvest as far as the first page, in a library that is thrown away, so
    that names, walks and rulings are the very ones the harvest would have. `prepare` gets the shop
    before anything is asked.
    """
    before = past(asked)
    here = cards.place(asked.library, asked.recipe.kind, asked.recipe.subject)
    with TemporaryDirectory(prefix="harvest-plan-") as folder:
        there = cards.place(Path(folder), asked.recipe.kind, asked.recipe.subject)
        _copy(here, there)
        scratch = replace(asked, library=Path(folder), new=False)
        with shop(scratch, tell=tell) as (ready, _):
            if prepare is not None:
                prepare(ready)
            card = resolve(ready)
            check_words(ready)
            open_walks(ready)
            counts = ready.engine.wait(_counted(ready))
            _sample(ready)
            looks = _relaxed(ready, _looks(ready, counts, before, asked.library))
        if not here.exists():
            _copy(there, here)
    words = sum(bool(asked.recipe.want or asked.recipe.avoid) for _ in looks)
    cost = estimate(looks, need(asked.recipe), before.have, names=words)
    path = here if here.exists() else None
    return Plan(asked.recipe, card, path, looks, before.have, cost, dict(ready.trouble))


def need(recipe: Recipe) -> Need:
    """The target and its places by framing."""
    places = quotas(recipe.target, recipe.mix) if recipe.kind == "character" else {}
    by_name = {framing.value: number for framing, number in places.items()}
    return Need(recipe.target, by_name, recipe.pool)


def past(asked: Ask) -> Past:
    """The part of a plan that asks nobody: what the library has of this subject."""
    if not (asked.library / CATALOG).exists():
        return Past()
    with library(asked.library) as catalog:
        rate = _rate(catalog)
        same = [
            one
            for one in harvests.every(catalog)
            if (one.subject, one.kind) == (asked.recipe.subject, asked.recipe.kind)
        ]
        if not same or asked.new:
            return Past(Have(rate=rate))
        return Past(
            _have(catalog, same[-1], asked.recipe, rate),
            tuple(harvests.walks(catalog, same[-1].id)),
        )


def _have(catalog: Catalog, harvest: Harvest, recipe: Recipe, rate: float | None) -> Have:
    stored = harvests.recipe_of(catalog, harvest) if harvest.revision else recipe
    told = [
        (one.gates, one.ratings, one.want, one.avoid, one.sites, one.tag)
        for one in (stored, recipe)
    ]
    return Have(
        harvest=harvest.id,
        found=sum(members.counts(catalog, harvest.id).values()),
        passing=sum(members.passing(catalog, harvest.id).values()),
        selected=len(members.selected(catalog, harvest.id)),
        accepted=members.framings(catalog, harvest.id, State.ACCEPTED),
        wanted=members.framings(catalog, harvest.id, State.WANTED),
        changed=told[0] != told[1],
        rate=rate,
        level=harvests.level(catalog, harvest),
    )


def _rate(catalog: Catalog) -> float | None:
    """The share of files taken in rounds that was accepted, over the library; None while few are known."""
    planned, accepted = judging.yielded(catalog)
    return accepted / planned if planned >= ENOUGH and accepted else None


def _copy(card: Path, to: Path) -> None:
    """Bring a character card to where it is looked for; without one nothing happens."""
    if not card.exists():
        return
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(card, to)
    except OSError as error:
        raise LibraryError(
            f"{to}: the character card cannot be written ({error.strerror}); check the folder"
        ) from None


async def _counted(ready: Shop) -> dict[int, int]:
    """How many posts each walk has, by its id, where the site tells."""
    found: dict[int, int] = {}
    for walk in harvests.walks(ready.catalog, ready.harvest.id):
        adapter = ready.adapters[walk.site]
        if not isinstance(adapter, Counts) or walk.state != "open" or walk.site in ready.trouble:
            continue
        ready.tell(Progress("names", walk.site, note="counting posts"))
        try:
            page = await ask(ready.net, adapter, adapter.count(walk.query))
        except SiteError as error:
            ready.trouble.setdefault(walk.site, f"{walk.site}: {error}")
            continue
        if page.count is not None:
            found[walk.id] = page.count
    return found


def _sample(ready: Shop) -> None:
    """One page of every plain walk, judged; another one where the first shows no picture."""
    for _ in range(PAGES):
        plain = [
            walk.id
            for walk in harvests.walks(ready.catalog, ready.harvest.id)
            if walk.query.narrow is None and walk.state == "open" and not walk.found
        ]
        if not plain:
            break
        harvests.deepen(ready.catalog, plain)
        sweep(ready)
    screen(ready, candidates.of_harvest(ready.catalog, ready.harvest.id, "found"))


def _looks(ready: Shop, counts: dict[int, int], before: Past, place: Path) -> tuple[SiteLook, ...]:
    walks = harvests.walks(ready.catalog, ready.harvest.id)
    judged = [one for some in judging.every(ready.catalog, ready.harvest.id) for one in some]
    found = stock(ready)
    stored = _stored(place, (one for one in judged if _passes(one)))
    looks = []
    for site, adapter in ready.adapters.items():
        own = [walk for walk in walks if walk.site == site]
        mine = [one for one in judged if one.site == site]
        if not own or (site in ready.trouble and not mine):
            continue
        passing = [one for one in mine if _passes(one)]
        look = _look(adapter, own, counts, before)
        looks.append(
            replace(
                look,
                files=_lane(adapter, mine),
                sample=len(mine),
                passing=len(passing),
                sizes=_sizes(passing, found),
                rejected=Counter(gate for one in mine for gate in one.screen or ()),
                here=sum(one.id in stored for one in passing),
                details=_details(adapter, [found.known[one.id].value for one in passing]),
                starts=_starts(ready, site),
            )
        )
    return tuple(looks)


def _starts(ready: Shop, site: str) -> tuple[Name, ...]:
    """Each once, as it was told first: the wiki's redirects lead several walks to the same places."""
    told = {one.name: one for one in reversed(ready.starts.get(site, []))}
    return tuple(reversed(told.values()))


def _details(adapter: Source, passing: Sequence[Candidate]) -> float:
    """The share of what passes of which the list left something out."""
    if not passing or not isinstance(adapter, Details):
        return 0.0
    return sum(bool(one.incomplete) for one in passing) / len(passing)


def _look(adapter: Source, own: Sequence[Walk], counts: dict[int, int], before: Past) -> SiteLook:
    """What the walks say; the sample's part is still empty."""
    plain = [walk for walk in own if walk.query.narrow is None]
    found = max((walk.found for walk in plain), default=0)
    api = Lane(host_of(adapter.site.url), registry.interval(adapter))
    return SiteLook(
        site=adapter.site.name,
        names=tuple(dict.fromkeys(name for walk in plain for name in walk.query.names)),
        api=api,
        files=api,
        walks=tuple(_walk(walk, counts.get(walk.id), before) for walk in own),
        per_page=max(1, found),
        sample=0,
        passing=0,
        ends=any(walk.state == "ended" and walk.found for walk in plain),
    )


def _walk(walk: Walk, posts: int | None, before: Past) -> WalkLook:
    narrow = walk.query.narrow
    label = f"{narrow.by} {narrow.value}" if narrow else ""
    framing = narrow.value if narrow and narrow.by == "framing" else ""
    old = before.walk(walk.site, walk.query)
    if posts is None and walk.state == "ended":
        posts = walk.found
    if old is None:
        return WalkLook(label, framing, posts)
    return WalkLook(label, framing, posts, old.depth, old.state == "ended")


def _relaxed(ready: Shop, looks: tuple[SiteLook, ...]) -> tuple[SiteLook, ...]:
    """With what each step of `--relax` lets in of the samples; the same where it is not asked for."""
    while loosen(ready):
        pass
    found = stock(ready)
    sizes: defaultdict[tuple[str, int], list[int | None]] = defaultdict(list)
    for number, steps in found.relaxed.items():
        sizes[found.known[number].value.site, steps].append(_size(found.known[number]))
    return tuple(
        replace(
            look,
            relaxed=tuple(tuple(sizes[look.site, step]) for step in range(1, ready.level + 1)),
        )
        for look in looks
    )


def _passes(one: Judged) -> bool:
    return one.state in {State.WANTED, State.FETCHED, State.DUPLICATE}


def _lane(adapter: Source, judged: Sequence[Judged]) -> Lane:
    """The host most files of the sample lie at."""
    hosts = Counter(
        host_of(original.urls[0]) for one in judged if (original := one.known().value.original)
    )
    host = hosts.most_common(1)[0][0] if hosts else host_of(adapter.site.url)
    return Lane(host, registry.interval(adapter, for_files=True))


def _sizes(passing: Sequence[Judged], found: Stock) -> dict[str, tuple[int | None, ...]]:
    """The claimed sizes in bytes by framing, in the order in which the files would be fetched."""
    sizes: dict[str, list[int | None]] = {}
    for number in found.order(one.id for one in passing if one.id in found.known):
        framing = found.framing(number)
        sizes.setdefault(framing.value if framing else "", []).append(_size(found.known[number]))
    return {framing: tuple(listed) for framing, listed in sizes.items()}


def _size(known: Known) -> int | None:
    """The bytes that its site claims."""
    original = known.value.original
    return (original.bytes if original else None) or known.value.claims.bytes


def _stored(place: Path, passing: Iterable[Judged]) -> set[int]:
    """Those of a sample whose file the library has, by key or by claimed hash."""
    if not (place / CATALOG).exists():
        return set()
    with library(place) as catalog:
        return {one.id for one in passing if _is_here(catalog, one.known())}


def _is_here(catalog: Catalog, known: Known) -> bool:
    same = candidates.by_key(catalog, known.value.site, known.value.post_id)
    if same is not None and same.asset:
        return True
    return linkable(catalog, known) is not None
