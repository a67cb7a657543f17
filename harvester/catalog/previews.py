"""Library facts about previews: the small copy a site shows of a picture, kept once and for ever, and where pictures were seen."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvester.catalog import codec
from harvester.catalog.candidates import Known
from harvester.catalog.core import Catalog, Row, now
from harvester.model import File, Relations, State

if TYPE_CHECKING:  # it loads much, which those that only read do without
    from sqlite_utils import Database


@dataclass(frozen=True, slots=True)
class Preview:
    """The preview of one candidate. `phash` is None while nobody looked at `data`, and for ever where a `note` says why."""

    candidate: int
    original: str
    data: bytes | None
    width: int | None = None
    height: int | None = None
    phash: int | None = None
    note: str = ""

    @property
    def is_seen(self) -> bool:
        """Whether it shows a picture, and it is known which."""
        return self.phash is not None and self.data is not None


@dataclass(frozen=True, slots=True)
class Sighting:
    """One member of a harvest, by what says where its picture was seen."""

    candidate: int
    key: str
    site: str
    page: str
    picture: int
    asset: str | None
    state: State
    stage: str
    kept: int | None
    relations: Relations


def described(known: Known) -> str:
    """What a site tells of the original: other bytes have another preview."""
    file, claims = known.value.original or File("original", ()), known.value.claims
    names = ("md5", "sha1", "sha256", "width", "height", "bytes")
    return "|".join(str(getattr(file, name) or getattr(claims, name) or "") for name in names)


def keep(db: Database, known: Known, data: bytes | None, note: str = "") -> None:
    """Keep a candidate's preview as it came, or why there is none."""
    row = (known.id, described(known), data, note, now())
    sql = "insert or replace into previews (candidate_id, original, data, note, seen_at) values (?, ?, ?, ?, ?)"
    db.conn.execute(sql, row)


def looked_at(db: Database, found: Iterable[Preview]) -> None:
    """Keep what previews show; the bytes of one that shows nothing are dropped."""
    sql = "update previews set data = ?, width = ?, height = ?, phash = ?, note = ? where candidate_id = ?"
    rows = [
        (one.data, one.width, one.height, codec.signed(one.phash), one.note, one.candidate)
        for one in found
    ]
    db.conn.executemany(sql, rows)


def find(catalog: Catalog, present: Collection[Known]) -> dict[int, Preview]:
    """The previews of these candidates that are of the files their sites have by now."""
    known = {one.id: one for one in present}
    sql = "select * from previews where candidate_id in (select value from json_each(?))"
    found = map(_preview, catalog.rows(sql, (json.dumps([*known]),)))
    return {one.candidate: one for one in found if one.original == described(known[one.candidate])}


def concerned(catalog: Catalog, harvest: int) -> list[int]:
    """Members a preview speaks of: wanted ones that have one, and those it made duplicates."""
    rows = catalog.rows(
        "select p.candidate_id from previews p cross join members m on m.candidate_id = p.candidate_id"
        " where m.harvest_id = ? and (m.state = ? and p.phash is not null"
        " or m.state = ? and m.stage = 'preview') order by 1",
        (harvest, State.WANTED, State.DUPLICATE),
    )
    return [row[0] for row in rows]


def sightings(catalog: Catalog, harvest: int) -> list[Sighting]:
    """Every member of a harvest of which more than the key is kept."""
    rows = catalog.rows(
        "select c.id, c.site, c.post_id, c.picture_id, c.asset, m.state, m.stage, m.kept_id,"
        " json_extract(c.value, '$.page_url') page, json_extract(c.value, '$.relations') relations"
        " from members m join candidates c on c.id = m.candidate_id"
        " where m.harvest_id = ? and c.value is not null order by c.id",
        (harvest,),
    )
    return [_sighting(row) for row in rows]


def _preview(row: Row) -> Preview:
    told = row["width"], row["height"], codec.unsigned(row["phash"]), row["note"]
    return Preview(row["candidate_id"], row["original"], row["data"], *told)


def _sighting(row: Row) -> Sighting:
    relations = codec.load(row["relations"], Relations) if row["relations"] else Relations()
    return Sighting(
        candidate=row["id"],
        key=f"{row['site']}:{row['post_id']}",
        site=row["site"],
        page=row["page"] or "",
        picture=row["picture_id"],
        asset=row["asset"],
        state=State(row["state"]),
        stage=row["stage"],
        kept=row["kept_id"],
        relations=relations,
    )


def forget(db: Database, numbers: Iterable[int]) -> None:
    """Drop the previews of these candidates."""
    sql = "delete from previews where candidate_id = ?"
    db.conn.executemany(sql, [(number,) for number in numbers])
