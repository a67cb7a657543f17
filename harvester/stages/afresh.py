"""Judges members again from stored facts, claims first and then pixels, without network."""

from __future__ import annotations

from harvester.catalog.candidates import Known
from harvester.stages.assess import assess
from harvester.stages.screen import judge_claims, same_bytes
from harvester.stages.settle import settle
from harvester.stages.shop import Shop


def judge_afresh(shop: Shop, present: list[Known]) -> None:
    """Rule on what is known of these, then settle what that makes of the others."""
    judge_claims(shop, present)
    same_bytes(shop)
    assess(shop)
    settle(shop, None)
