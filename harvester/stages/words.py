"""Checks the tags that pictures must or must not have before anything is asked for with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harvester import vocabulary
from harvester.catalog import tags
from harvester.errors import RecipeError, SiteError
from harvester.model import Name
from harvester.net import ask
from harvester.ports import NamesTags, Resolves, Source
from harvester.recipe import folded
from harvester.stages.asking import told_of
from harvester.stages.names import SHOWN, counted
from harvester.stages.shop import Progress, Shop


def check_words(shop: Shop) -> None:
    """RecipeError for a wanted or unwanted tag that is an alias or unknown everywhere, with what is meant.

    One request a site that tells of tags; none for tags it has told of. A tag that is to be avoided
    and is like no other may be unknown: then there is nothing to avoid.
    """
    typed = dict.fromkeys(shop.recipe.want, "with") | dict.fromkeys(shop.recipe.avoid, "without")
    asked = {site: one for site, one in shop.adapters.items() if isinstance(one, NamesTags)}
    if not typed or not asked:
        return
    known: set[str] = set()
    try:
        for adapter in asked.values():
            known |= _known(shop, adapter, {folded(word) for word in typed})
        for word, key in typed.items():
            if folded(word) not in known:
                _complain(shop, asked, word, key)
    except SiteError as error:
        shop.tell(Progress("names", note=str(error)))  # its walks will tell, if it lasts


def _known(shop: Shop, adapter: Source, words: Iterable[str]) -> set[str]:
    """Which of these tags have posts on a site."""
    site = adapter.site.name
    asked = tags.find(shop.catalog, site, words)
    told = {folded(name): tag for name, tag in asked.items() if tag.count != 0}
    missing = [word for word in words if word not in asked]
    if missing and site not in shop.trouble:
        shop.tell(Progress("names", site, note=", ".join(missing)))
        found = {tag.name: tag for tag in told_of(shop, site, missing) if tag.count != 0}
        tags.put(shop.catalog, site, found.values())
        told |= found
    return {folded(name) for name in told}


def _complain(shop: Shop, asked: Mapping[str, Source], word: str, key: str) -> None:
    sites = [site for site in asked if site not in shop.trouble]
    for site in sites:
        near = _near(shop, asked[site], word)
        if near and near[0].how == "alias":
            raise RecipeError(
                f"{key} '{word}': {site} calls it '{near[0].name}'; write {key} {near[0].name}"
            )
        if near:
            hint = ", ".join(counted(name) for name in near[:SHOWN])
            raise RecipeError(f"{key} '{word}': {site} has no such tag; did you mean {hint}?")
    if sites and key == "with":
        raise RecipeError(
            f"{key} '{word}': {', '.join(sites)} has no post with it; check the spelling on the site"
        )


def _near(shop: Shop, adapter: Source, word: str) -> list[Name]:
    """The first step's offers that has any."""
    request = adapter.resolve(word) if isinstance(adapter, Resolves) else None
    while request is not None:
        page = shop.engine.wait(ask(shop.net, adapter, request))
        found = [name for name in page.names if vocabulary.forbidden(name.name) is None]
        if found:
            return found
        request = page.follow[0] if page.follow else None
    return []
