"""Who made a picture and where it comes from, as everybody tells who has it: the same bytes, and copies by their looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from harvester.catalog import candidates
from harvester.catalog.candidates import Known
from harvester.catalog.core import Catalog
from harvester.folders import is_folder
from harvester.model import Facts
from harvester.ports import Origin
from harvester.stages import facts


def origins(catalog: Catalog, pictures: Mapping[int, Sequence[Known]]) -> dict[int, Origin]:
    """The origin of each picture, which these candidates show; those of their very bytes count with them.

    What the first candidate says comes first, the others follow by their keys, whatever order they came in.
    """
    shared = candidates.siblings(
        catalog, {one.picture for some in pictures.values() for one in some}
    )
    every = {number: _everybody(some, shared) for number, some in pictures.items()}
    laid = facts.of(catalog, {one.id: one for some in every.values() for one in some}.values())
    return {number: _origin(some, laid) for number, some in every.items()}


def _everybody(some: Sequence[Known], shared: Mapping[int, list[Known]]) -> list[Known]:
    first = some[0]
    others = {
        one.id: one
        for each in some
        for one in (each, *shared.get(each.picture, ()))
        if not one.bare and one.id != first.id
    }
    return [first, *sorted(others.values(), key=lambda one: one.value.key)]


def _origin(told: Sequence[Known], laid: Mapping[int, Facts]) -> Origin:
    credits = tuple(dict.fromkeys(credit for one in told for credit in one.value.credits))
    named = (source for one in told for source in one.value.relations.sources)
    return Origin(
        pages=_once(one.value.page_url for one in told),
        artists=_once(name for one in told for name in facts.artists(laid[one.id], one.value)),
        sources=_once([*named, *(credit.source for credit in credits)]),
        credits=credits,
    )


def _once(texts: Iterable[str | None]) -> tuple[str, ...]:
    """Each once. Where a file lies on this machine is nobody else's business, and no credit."""
    return tuple(dict.fromkeys(text for text in texts if text and not is_folder(text)))
