"""By which looks of its subject the members of a harvest are judged."""

from __future__ import annotations

from sqlite_utils import Database

from harvester.catalog.core import Catalog
from harvester.catalog.harvests import Harvest


def digest(catalog: Catalog, harvest: Harvest) -> str:
    """The digest of the looks that this harvest's members are judged by; "" for none."""
    return str(catalog.value("select profile from harvests where id = ?", (harvest.id,)) or "")


def judged_by(catalog: Catalog, harvest: Harvest, digest: str) -> None:
    """Members are judged by other looks from now on, those there are again."""

    def work(db: Database) -> None:
        db.conn.execute("update harvests set profile = ? where id = ?", (digest, harvest.id))
        sql = "update revisions set judged_at = null where harvest_id = ? and number = ?"
        db.conn.execute(sql, (harvest.id, harvest.revision))

    catalog.write(work)
