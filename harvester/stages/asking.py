"""Asks a site about tags, as many at once as it takes."""

from __future__ import annotations

from collections.abc import Sequence

from harvester.model import Tag
from harvester.net import ask
from harvester.ports import NamesTags
from harvester.stages.shop import Shop


def told_of(shop: Shop, site: str, names: Sequence[str]) -> list[Tag]:
    """What a site tells of these tags; nothing, if it tells of none."""
    adapter = shop.adapters[site]
    if not isinstance(adapter, NamesTags):
        return []
    parts = (names[start : start + adapter.batch] for start in range(0, len(names), adapter.batch))
    pages = [shop.engine.wait(ask(shop.net, adapter, adapter.tags(part))) for part in parts]
    return [tag for page in pages for tag in page.tags]
