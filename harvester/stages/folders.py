"""What only folders need: they are read anew by every run, and what changed in them is judged again."""

from __future__ import annotations

from collections.abc import Iterable

from sqlite_utils import Database

from harvester.catalog import candidates, files, harvests, members
from harvester.catalog.candidates import Known
from harvester.catalog.members import Move
from harvester.folders import is_folder
from harvester.model import Query, State
from harvester.net import Seen
from harvester.ports import Source
from harvester.stages.afresh import judge_afresh
from harvester.stages.shop import Shop

LOST = frozenset({State.GONE, State.FAILED, State.BLOCKED, State.WAITING})
"""States of a picture that could not be read."""


def read_anew(shop: Shop, adapter: Source) -> None:
    """Begin a folder's one walk afresh: files may have come.

    What an earlier run hashed is not hashed again, unless it turned out to be something else.
    """
    site = adapter.site.name
    failed = members.find(shop.catalog, shop.harvest.id, State.FAILED)
    doubtful = {one.value.key for one in candidates.load(shop.catalog, [*failed]).values()}
    shop.net.disk.seen[site] = {
        url: Seen(claims.bytes, claims.updated, claims.format, claims.md5)
        for one in candidates.of_site(shop.catalog, site)
        if one.key not in doubtful
        for url, claims in ((one.page_url, one.claims),)
    }
    query = Query((shop.harvest.subject,))
    harvests.restart_walk(shop.catalog, shop.harvest.id, query, adapter.search(query))


def back_again(db: Database, shop: Shop, site: str, posts: Iterable[str]) -> None:
    """Want those pictures of a folder again that were gone and are there now. Inside a transaction."""
    found = members.listed(db, shop.harvest.id, site, list(posts))
    moves = [Move(n, State.WANTED, "discover") for n, state in found.items() if state is State.GONE]
    members.move(db, shop.harvest.id, moves)


def judge_changes(shop: Shop) -> None:
    """Judge pictures again that are others now, or of which the texts beside them say something else."""
    local = {name for name, one in shop.adapters.items() if is_folder(one.site.url)}
    if not local:
        return
    every = candidates.of_harvest(shop.catalog, shop.harvest.id, "altered")
    altered = [one for one in every if one.value.site in local]
    if not altered:
        return
    other = [one for one in altered if _has_other_bytes(shop, one)]
    before = members.find(shop.catalog, shop.harvest.id, *LOST)
    moves = [
        Move(one.id, State.WANTED, "discover")
        for one in altered
        if one.id in before or one in other
    ]

    def work(db: Database) -> None:
        for one in other:
            candidates.replaced(db, one.value, one.id)
        members.move(db, shop.harvest.id, moves)

    shop.catalog.write(work)
    judge_afresh(shop, [*candidates.load(shop.catalog, [one.id for one in altered]).values()])


def _has_other_bytes(shop: Shop, one: Known) -> bool:
    """Whether the file has been replaced since it was copied or linked."""
    whole = files.asset(shop.catalog, one.asset) if one.asset else None
    return whole is not None and one.value.claims.md5 not in {None, whole.md5}
