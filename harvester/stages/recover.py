"""Takes over what a run that died left behind: whole files are committed without a fetch, partial ones go on by Range."""

from __future__ import annotations

import psutil

from harvester.catalog import candidates, files
from harvester.catalog.core import now
from harvester.catalog.files import Holder, Lease
from harvester.net import discard
from harvester.stages.shop import Shop
from harvester.stages.taking import commit


def holder() -> Holder:
    """This process."""
    process = psutil.Process()
    return Holder(process.pid, process.create_time())


def alive(found: Holder) -> bool:
    """Does that very process still run?"""
    try:
        return abs(psutil.Process(found.pid).create_time() - found.started) < 1.0
    except psutil.Error:
        return False


def taken(lease: Lease, by: Holder) -> bool:
    """Is somebody else at it, who is alive and in time?"""
    return lease.holder != by and lease.expires > now() and alive(lease.holder)


def recover(shop: Shop) -> int:
    """Settle every lease whose process is dead or that expired; how many files needed no second fetch."""
    saved = 0
    for lease in files.leases(shop.catalog):
        if not taken(lease, shop.holder):
            saved += _saved(shop, lease)
    return saved


def _saved(shop: Shop, lease: Lease) -> bool:
    """A .part whose hash the lease knows was whole and synced before; so is an object of that name."""
    whole = lease.whole
    part = shop.store.part(
        candidates.load(shop.catalog, [lease.candidate])[lease.candidate].value.key
    )
    if whole is not None and (part.exists() or shop.store.has(whole.sha256, whole.extension)):
        shop.store.adopt(part, whole.sha256, whole.extension)
        discard(part)
        commit(shop, lease.harvest, lease.candidate, whole)
        return True
    shop.catalog.write(lambda db: files.release(db, [lease.candidate]))
    return False
