"""On what terms a harvest's pictures are chosen: what each counts as, by kind of subject, and the choice itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from harvester.catalog import harvests
from harvester.catalog.candidates import Known
from harvester.catalog.core import Catalog
from harvester.catalog.harvests import Harvest
from harvester.hashing import Kind, Likenesses
from harvester.model import Facts, Framing
from harvester.recipe import FRAMINGS, Caps, Mix, Recipe, folded
from harvester.selection import Choice, Selection, Wishes, select, wishes
from harvester.stages import facts
from harvester.stages.alike import told
from harvester.stages.works import variants

NO_SERIES = frozenset({"original"})
"""What sites write where a picture belongs to no series."""


@dataclass(frozen=True, slots=True)
class Terms:
    """`own` are the subject's own names, which count towards no cap; `sites` is how many sites there are to choose from.

    `alike` says by the SHA-256 of a file which set of variants it was found to belong to.
    """

    recipe: Recipe
    own: frozenset[str]
    sites: int
    alike: Mapping[str, str] = field(default_factory=dict)

    @property
    def framed(self) -> bool:
        """Only of a character is it asked how much of the figure is shown, and not where the mix asks for nothing."""
        mix = self.recipe.mix
        return self.recipe.kind == "character" and any(mix.share(framing) for framing in FRAMINGS)

    def choice(self, one: Known, known: Facts, score: float, relaxed: int = 0) -> Choice:
        """A picture as the selection sees it."""
        tags, is_style = known.tags or {}, self.recipe.kind == "style"
        artists = self._others(facts.artists(known, one.value))
        return Choice(
            one.id,
            one.value.key,
            score,
            known.framing if self.framed else None,
            artists,
            relaxed,
            one.value.site if self.sites > 1 else "",
            self._others(tags.get("character", ())) if is_style else (),
            self._others(tags.get("copyright", ())) if is_style else (),
            tuple(dict.fromkeys((*variants(one.value, artists), *self._alike(one.asset)))),
            known.created.timestamp() if known.created else 0.0,
        )

    def select(
        self,
        choices: Iterable[Choice],
        *,
        reserved: frozenset[Framing] = frozenset(),
        firm: bool = False,
    ) -> Selection:
        """The selection by this recipe's mix and caps."""
        mix, caps = self._shares
        target = self.recipe.target
        return select(choices, target=target, mix=mix, caps=caps, reserved=reserved, firm=firm)

    @property
    def wishes(self) -> Wishes:
        """The mix and the caps in pictures."""
        mix, caps = self._shares
        return wishes(self.recipe.target, mix, caps)

    @property
    def _shares(self) -> tuple[Mix, Caps]:
        """Of a subject that is not framed, framings do not matter."""
        if self.framed:
            return self.recipe.mix, self.recipe.caps
        return Mix(0, 0, 0, 0, 0), replace(self.recipe.caps, unknown=1.0, wide=1.0)

    def _alike(self, asset: str | None) -> Iterator[str]:
        if asset is not None and asset in self.alike:
            yield self.alike[asset]

    def _others(self, names: Iterable[str]) -> tuple[str, ...]:
        found = dict.fromkeys(names)
        return tuple(name for name in found if folded(name) not in self.own | NO_SERIES)


def terms(catalog: Catalog, harvest: Harvest, recipe: Recipe, *, sites: int) -> Terms:
    """The terms of a harvest."""
    named = (name.name for name in harvests.names(catalog, harvest.id).values())
    own = frozenset(map(folded, (*recipe.tag, *named)))
    return Terms(recipe, own, sites, alike(told(catalog, harvest.id)))


def alike(known: Likenesses) -> dict[str, str]:
    """SHA-256 -> the set of pictures that are variants of each other, called by the first of them."""
    sets: dict[str, set[str]] = {}
    for pair, likeness in sorted(known.items()):
        if likeness.kind is Kind.VARIANT:
            joined = set(pair).union(*(sets.get(one, ()) for one in pair))
            sets |= dict.fromkeys(joined, joined)
    return {one: f"like {min(group)[:12]}" for one, group in sets.items()}
