"""Finds out what the subject is called on each site: by its card, by what is known, else by asking; never by guess."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from harvester import card as cards
from harvester import vocabulary
from harvester.card import Card
from harvester.catalog import harvests, tags
from harvester.errors import LibraryError, RecipeError, SiteError
from harvester.folders import is_folder
from harvester.model import Name
from harvester.net import ask
from harvester.ports import NamesTags, Resolves, Source, Whole
from harvester.recipe import folded
from harvester.stages.asking import told_of
from harvester.stages.shop import Progress, Shop

CATEGORIES = {"character": {"character"}, "style": {"artist", "copyright"}}
"""Kind of subject -> categories its tag may be of; any, where nothing stands. Some sites tell none."""

SURE = {"exact", "alias"}
"""Steps whose answer is the very name, or another name of the same thing."""

SHOWN, ALIKE = 8, 40
"""How many offers a person is shown, and how many look-alikes a card lists."""


@dataclass(slots=True)
class Search:
    """What is found out so far: the card, and what sites offered for names they did not settle."""

    card: Card
    offers: dict[str, dict[str, list[Name]]] = field(default_factory=dict)  # asked -> site -> names


def resolve(shop: Shop) -> Card:
    """Settle every name of the subject on every site, write the card, and keep it in the catalog.

    The card wins over what the catalog remembers, and that over asking the site. Raises RecipeError
    for a name that no site settles, with what they offer instead.
    """
    path = card_path(shop)
    before = cards.load(path)
    search = Search(before or Card(shop.recipe.subject, shop.recipe.kind))
    asking = [site for site in shop.adapters if not _is_hers(shop, site)]
    for asked in shop.recipe.tag:
        for site in asking:
            _settle(shop, search, site, asked)
        if search.offers.get(asked) and not any(
            search.card.name(site, asked) for site in shop.adapters
        ):
            raise RecipeError(_nobody(shop, search, asked))
    for alias in search.card.aliases:
        for site in asking:
            _settle_alias(shop, search, site, alias)
    _remember(shop, search.card)
    if search.card.names and search.card != before:
        write_card(path, search.card)
    for site in shop.adapters:
        _leave_out(shop, search, site)
    return search.card


def card_path(shop: Shop) -> Path:
    """Where the card of this run's subject lies."""
    return cards.place(shop.catalog.path.parent, shop.recipe.kind, shop.recipe.subject)


def walked(shop: Shop) -> dict[str, tuple[str, ...]]:
    """Site -> the names its walks look for, each once, as `resolve` left them."""
    known = harvests.names(shop.catalog, shop.harvest.id)
    card = cards.load(card_path(shop))
    every = (*shop.recipe.tag, *(card.aliases if card else ()))
    return {
        site: (shop.harvest.subject,)
        if _is_hers(shop, site)
        else tuple(dict.fromkeys(known[site, one].name for one in every if (site, one) in known))
        for site in shop.adapters
    }


def _is_hers(shop: Shop, site: str) -> bool:
    """Every picture of a folder, or of a page without a search, is the subject's, however she is called."""
    adapter = shop.adapters[site]
    return is_folder(adapter.site.url) or (isinstance(adapter, Whole) and adapter.whole)


def look_up(
    shop: Shop, adapter: Source, asked: str, *, never: Sequence[str] = (), sure: bool = False
) -> tuple[Name | None, list[Name]]:
    """What a name is called on a site, else None, and all that was offered. Raises SiteError.

    Steps are asked until one settles the name. `never` are names it is not, unless it is one of
    them; `sure` takes nothing but the name itself or an alias.
    """
    if not isinstance(adapter, Resolves):
        return Name(asked, "unknown", asked=asked), []
    offers: list[Name] = []
    request = adapter.resolve(asked)
    while True:
        shop.tell(Progress("names", adapter.site.name, note=asked))
        page = shop.engine.wait(ask(shop.net, adapter, request))
        told = [one for one in page.names if one.how in SURE or one.name not in never]
        step = _categorised(shop, adapter, [one for one in told if not _refused(one.name)])
        offers += step
        name = settled(step, asked, shop.recipe.kind, sure=sure)
        if name is not None or not page.follow:
            return name, offers
        request = page.follow[0]


def settled(offers: Sequence[Name], asked: str, kind: str, *, sure: bool = False) -> Name | None:
    """The one offer of a step that needs no guessing.

    That is the name itself, an alias of it, or the only one of the kind that goes on where the
    name ends: `saber` is `saber_(fate)` if there is no other saber. A misspelling is never settled.
    """
    right = choices(offers, kind)
    for offer in right:
        if offer.how in SURE or folded(offer.name) == folded(asked):
            return offer
    bare = [one for one in right if not any(_is_form(one, other) for other in right)]
    if sure or len(bare) != 1 or not _goes_on(bare[0], asked):
        return None
    return bare[0]


def choices(offers: Iterable[Name], kind: str) -> list[Name]:
    """The offers a subject of this kind may be called by, each once. Somebody dressed up as it is none."""
    allowed = CATEGORIES.get(kind)
    known: dict[str, Name] = {}
    for offer in offers:
        if allowed is None or offer.category in allowed or offer.category == "unknown":
            known.setdefault(offer.name, offer)
    return [one for one in known.values() if one.how in SURE or not _is_cosplay(one.name)]


def _settle(shop: Shop, search: Search, site: str, asked: str) -> None:
    """One name of the subject on one site, into the card; else what the site offers."""
    if search.card.name(site, asked) is not None:
        return
    name = harvests.names(shop.catalog, shop.harvest.id).get((site, asked))
    if name is None:
        if site in shop.trouble:
            return
        adapter = shop.adapters[site]
        try:
            name, offers = look_up(shop, adapter, asked, never=search.card.lookalikes)
        except SiteError as error:
            shop.trouble[site] = f"{site}: {error}"
            return
        near = choices(offers, shop.recipe.kind)
        if name is None and near and shop.pick is not None:
            name = shop.pick(site, asked, near)
        if name is None:
            search.offers.setdefault(asked, {})[site] = offers
            return
        harvests.put_name(shop.catalog, shop.harvest.id, site, asked, name)
        search.card = search.card.also(lookalikes=_alike(shop, adapter, name.name))
    if name.how == "alias" and isinstance(shop.adapters[site], NamesTags):
        search.card = search.card.also(aliases=[name.name])
    search.card = search.card.named(site, asked, name.name)


def _settle_alias(shop: Shop, search: Search, site: str, alias: str) -> None:
    """A further name on one site; where it is not known it is not asked, and nobody is bothered."""
    there = {folded(name) for name in search.card.names.get(site, {}).values()}
    known = search.card.name(site, alias) is not None or folded(alias) in there
    if known or site in shop.trouble:
        return
    try:
        name, _ = look_up(shop, shop.adapters[site], alias, sure=True)
    except SiteError as error:
        shop.trouble[site] = f"{site}: {error}"
        return
    search.card = search.card.named(site, alias, name.name if name else "")


def _remember(shop: Shop, card: Card) -> None:
    """Bring the catalog's names of this harvest to what the card says."""
    known = harvests.names(shop.catalog, shop.harvest.id)
    for site in shop.adapters:
        for asked in (*shop.recipe.tag, *card.aliases):
            name, old = card.name(site, asked), known.get((site, asked))
            if name and (old is None or old.name != name):
                told = Name(name, "unknown", how="card", asked=asked)
                harvests.put_name(shop.catalog, shop.harvest.id, site, asked, told)
            elif name == "" and old is not None:
                harvests.drop_name(shop.catalog, shop.harvest.id, site, asked)


def _leave_out(shop: Shop, search: Search, site: str) -> None:
    """A site that settled no name, while others did, is asked nothing in this run, and that is told."""
    offered = {asked: found[site] for asked, found in search.offers.items() if site in found}
    if not offered or any(search.card.names.get(site, {}).values()):
        return
    asked, offers = next(iter(offered.items()))
    shop.trouble.setdefault(site, _sentence(shop, site, asked, offers))


def _categorised(shop: Shop, adapter: Source, offers: list[Name]) -> list[Name]:
    """The offers with category and count, where the site tells them of tags and did not with the name."""
    if not isinstance(adapter, NamesTags) or not any(o.category == "unknown" for o in offers):
        return offers
    names = [one.name for one in offers]
    told = {tag.name: tag for tag in told_of(shop, adapter.site.name, names)}
    known = [
        replace(one, category=told[one.name].category, count=told[one.name].count)
        for one in offers
        if one.name in told
    ]
    return [one for one in known if one.count != 0]


def _alike(shop: Shop, adapter: Source, name: str) -> list[str]:
    """Tags that begin with the whole name and go on in brackets: costumes, other forms, cosplay."""
    if shop.recipe.kind != "character" or not isinstance(adapter, NamesTags):
        return []
    with suppress(SiteError):  # the card does without
        forms = told_of(shop, adapter.site.name, [f"{name}_(*"])
        found = sorted((t for t in forms if t.count), key=lambda t: (-(t.count or 0), t.name))
        tags.put(shop.catalog, adapter.site.name, found)
        return [tag.name for tag in found if not _refused(tag.name)][:ALIKE]
    return []


def _nobody(shop: Shop, search: Search, asked: str) -> str:
    told = [_sentence(shop, site, asked, found) for site, found in search.offers[asked].items()]
    return "; ".join(told)


def _sentence(shop: Shop, site: str, asked: str, offers: list[Name]) -> str:
    """Why a name is not settled on a site, and what it may be."""
    near = choices(offers, shop.recipe.kind)[:SHOWN]
    may_be = ", ".join(map(counted, near))
    other = next((one for one in offers if one.how in SURE and one not in near), None)
    if other is not None:
        article = "an" if other.category[:1] in "aeiou" else "a"
        kind = next((k for k, known in CATEGORIES.items() if other.category in known), "other")
        hint = f", or did you mean {may_be}?" if near else ""
        return f"'{asked}' is {article} {other.category} tag on {site}; use --kind {kind}{hint}"
    if sum(_goes_on(one, asked) for one in near) > 1:
        return f"'{asked}' may be one of several on {site}: {may_be}; give one of them with --tag"
    advice = f"did you mean {may_be}?" if near else "check the spelling on the site"
    return f"{site} has no post tagged '{asked}'; {advice}"


def counted(name: Name) -> str:
    """A name with how many posts it has, where that is known."""
    return name.name if name.count is None else f"{name.name} ({name.count:,} posts)"


def _goes_on(name: Name, asked: str) -> bool:
    return name.how != "fuzzy" and folded(name.name).startswith(f"{folded(asked)}_")


def _is_form(one: Name, other: Name) -> bool:
    return folded(one.name).startswith(f"{folded(other.name)}_(")


def _is_cosplay(name: str) -> bool:
    return folded(name).endswith("_(cosplay)")


def _refused(name: str) -> bool:
    return vocabulary.forbidden(name) is not None


def write_card(path: Path, card: Card) -> None:
    """Whole or not at all; comments of the user's stay."""
    try:
        before = path.read_text("utf-8") if path.exists() else ""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}.new")
        draft.write_text(cards.dump(card, before=before), "utf-8")
        draft.replace(path)
    except OSError as error:
        raise LibraryError(
            f"{path}: the character card cannot be written ({error.strerror}); check the folder"
        ) from None
