"""Takes whole downloads into the store, in the order the crash statement gives."""

from __future__ import annotations

from sqlite_utils import Database

from harvester.catalog import files, members
from harvester.catalog.files import Whole
from harvester.catalog.members import Move
from harvester.model import State
from harvester.net import Download, Downloaded, discard
from harvester.stages.shop import Shop


def keep(shop: Shop, candidate: int, task: Download, got: Downloaded) -> None:
    """Take a whole .part into the store: hash into the lease, rename, commit."""
    whole = Whole(got.sha256, got.md5, got.sha1, got.bytes, got.format, got.url, got.sha512)
    files.hashed(shop.catalog, candidate, whole)
    shop.store.adopt(task.part, whole.sha256, whole.extension)
    discard(task.part)
    commit(shop, shop.harvest.id, candidate, whole)


def commit(shop: Shop, harvest: int, candidate: int, whole: Whole) -> None:
    """The commit point: from here on the catalog names an object that is whole.

    Does nothing when somebody else has settled the lease meanwhile.
    """

    def work(db: Database) -> None:
        if not files.leased(db, candidate):
            return
        files.stored(db, candidate, whole)
        members.move(db, harvest, [Move(candidate, State.FETCHED, "fetch")])

    shop.catalog.write(work, crossing="catalog.stored")
