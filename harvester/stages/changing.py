"""What a person's word changes in harvests: that they judge again, and which members stand elsewhere then."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from harvester.catalog import candidates, harvests
from harvester.catalog.core import Catalog
from harvester.catalog.harvests import Harvest
from harvester.catalog.members import Member


@dataclass(frozen=True, slots=True)
class Change:
    """A member that stands elsewhere now."""

    key: str
    before: str
    after: str
    reason: str


def to_be_judged(catalog: Catalog, concerned: Collection[Harvest]) -> set[int]:
    """Say of harvests that they are to judge again, in case this ends early; those of which that was said before."""
    before = {one.id for one in concerned if harvests.is_unjudged(catalog, one)}
    for one in concerned:
        harvests.unjudged(catalog, one)
    return before


def changes(
    catalog: Catalog, before: dict[int, Member], after: dict[int, Member]
) -> tuple[Change, ...]:
    """What stands elsewhere now than it did before."""
    moved = [number for number, one in after.items() if standing(one) != standing(before[number])]
    known = candidates.load(catalog, moved)
    found = []
    for number in moved:
        then, now = standing(before[number]), standing(after[number])
        found.append(Change(known[number].value.key, then, now, after[number].reason))
    return tuple(found)


def standing(member: Member) -> str:
    """Where a member stands, in a word."""
    return "selected" if member.place is not None else member.state.value
