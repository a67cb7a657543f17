"""The gates of a recipe, with what its library knows of how the subject looks."""

from __future__ import annotations

from pathlib import Path

from harvester import card as cards
from harvester import gates
from harvester.gates.outfit import knowing
from harvester.ports import Gate
from harvester.profile import Profile
from harvester.recipe import Recipe


def built(library: Path, recipe: Recipe, *, where: str = "[gates]") -> tuple[Gate, ...]:
    """The gates as they judge in this library. RecipeError names what the recipe asks for and is not there."""
    made = gates.build(recipe.gates, kind=recipe.kind, ratings=recipe.ratings, where=where)
    return knowing(made, profile(library, recipe), where=where)


def profile(library: Path, recipe: Recipe) -> Profile | None:
    """The looks on the subject's card; None while there are none."""
    card = cards.load(cards.place(library, recipe.kind, recipe.subject))
    return card.profile if card else None
