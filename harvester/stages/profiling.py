"""Learns how a character usually looks, once there are posts enough, and lets the gates know it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

from harvester import card as cards
from harvester.card import Card
from harvester.catalog import candidates, codec, harvests, profiles
from harvester.gates.outfit import worn
from harvester.gates.ruling import marked
from harvester.model import Facts, People
from harvester.profile import Profile, Seen, learn
from harvester.stages import facts, gating
from harvester.stages.afresh import judge_afresh
from harvester.stages.names import card_path, write_card
from harvester.stages.shop import Shop

OTHERS = (
    "cosplay",
    "crossover",
    "outfit_changes",
    "identity_changes",
    "official_outfits",
    "nudity",
    "layout",
)
"""Marks of posts that do not show the subject as it usually looks."""


def know(shop: Shop) -> bool:
    """Note the looks that stand on the card; True when members were judged by other ones so far."""
    digest = _digest(gating.profile(shop.catalog.path.parent, shop.recipe))
    if digest == profiles.digest(shop.catalog, shop.harvest):
        return False
    profiles.judged_by(shop.catalog, shop.harvest, digest)
    return True


def learn_looks(shop: Shop) -> None:
    """Learn a character's looks from what was discovered, unless its card has them; judge by them from now on.

    They are written before any round is opened and never change by themselves, so that a run which was
    killed comes to the same selection.
    """
    if shop.recipe.kind != "character":
        return
    path = card_path(shop)
    card = cards.load(path) or Card(shop.recipe.subject, shop.recipe.kind)
    if card.profile is not None or (found := learn(_posts(shop))) is None:
        return
    write_card(path, replace(card, profile=found))
    shop.gates = gating.built(shop.catalog.path.parent, shop.recipe)
    if know(shop):
        judge_afresh(shop, candidates.of_harvest(shop.catalog, shop.harvest.id, "judged"))
        harvests.judged(shop.catalog, shop.harvest)


def _posts(shop: Shop) -> Iterator[Seen]:
    """The posts that show the subject as it usually looks, as far as tags tell; each picture once."""
    present = [
        one
        for one in candidates.of_harvest(shop.catalog, shop.harvest.id, "judged")
        if not one.bare
    ]
    known = facts.of(shop.catalog, present)
    pictures: set[int] = set()
    for one in sorted(present, key=lambda each: each.value.key):
        told = known[one.id]
        if one.picture not in pictures and _is_usual(told):
            pictures.add(one.picture)
            maker = "+".join(sorted(facts.artists(told, one.value)))
            yield Seen(maker or one.value.key, worn(told))


def _is_usual(told: Facts) -> bool:
    alone = told.people in {None, People.ALONE}
    return told.tags is not None and alone and not marked(told, *OTHERS)


def _digest(profile: Profile | None) -> str:
    if profile is None:
        return ""
    return hashlib.sha256(codec.whole(profile).encode()).hexdigest()[:16]
