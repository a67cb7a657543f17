"""Known bytes: which stored file a site's hashes name, so that it is linked and not fetched, if nothing the site says speaks against it."""

from __future__ import annotations

from dataclasses import dataclass

from harvester.catalog import candidates, distinct, files
from harvester.catalog.candidates import Known
from harvester.catalog.core import Catalog
from harvester.claims import clash, extent
from harvester.model import Facts


@dataclass(frozen=True, slots=True)
class Link:
    """A stored file that a candidate's claims name, and by which of them."""

    sha256: str
    by: str

    @property
    def reason(self) -> str:
        """Why nothing is fetched, as a sentence."""
        if self.by == "pixel_hash":
            return "the library has these pixels already, by the hash its site claims"
        return "the library has these bytes already"


def linkable(catalog: Catalog, known: Known) -> Link | None:
    """The stored file that a candidate's claims name; None where there is none, or the claims contradict it.

    A hash is only what a site says: where it also says another length or size than the file has, one of the two is
    wrong, and the file is fetched and looked at. Pixels that a person told apart are not linked either.
    """
    if known.asset:
        return Link(known.asset, "sha256")
    if known.value.original is None:
        return None
    said = extent(known.value)
    for by, claimed in candidates.hashes(known.value).items():
        for sha256 in _named(catalog, known, by, claimed):
            if not clash(said, _measured(catalog, sha256), pixels=by == "pixel_hash"):
                return Link(sha256, by)
    return None


def _named(catalog: Catalog, known: Known, by: str, claimed: str) -> list[str]:
    if by != "pixel_hash":
        sql = f"select sha256 from assets where {by} = ? order by sha256"  # noqa: S608 - a column of ours
        return [row[0] for row in catalog.rows(sql, (claimed,))]
    rows = catalog.rows(
        "select asset from candidates where pixel_hash = ? and asset is not null group by 1 order by min(id)",
        (claimed,),
    )
    apart = distinct.every(catalog) if rows else frozenset()
    mine = frozenset({known.value.key})
    return [row[0] for row in rows if not distinct.held(apart, mine, frozenset({row[0]}))]


def _measured(catalog: Catalog, sha256: str) -> Facts:
    """Length and size of a stored file."""
    whole = files.asset(catalog, sha256)
    facts = files.measurement(catalog, sha256) or Facts()
    return Facts(
        width=facts.width, height=facts.height, bytes=whole.bytes if whole else facts.bytes
    )


def unhashed(catalog: Catalog, known: Known) -> list[files.Whole]:
    """Stored files of an earlier version that may be what a candidate's SHA-512 names: they are as long as it says."""
    said = extent(known.value)
    if known.asset or not said.bytes or "sha512" not in candidates.hashes(known.value):
        return []
    sql = "select * from assets where bytes = ? and sha512 is null order by sha256"
    return [files.whole(row) for row in catalog.rows(sql, (said.bytes,))]


def hashed(catalog: Catalog, sha256: str, sha512: str) -> None:
    """Keep the SHA-512 of a stored file."""
    sql = "update assets set sha512 = ? where sha256 = ?"
    catalog.write(lambda db: db.conn.execute(sql, (sha512, sha256)))
