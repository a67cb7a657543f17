"""Library facts about candidates: what sites told us, merged by key and by picture."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harvester.catalog import addresses, codec
from harvester.catalog.core import Catalog, Row, now
from harvester.claims import clash, extent
from harvester.model import Candidate, Facts, File

if TYPE_CHECKING:  # it loads much, which those that only read do without
    from sqlite_utils import Database


@dataclass(frozen=True, slots=True)
class Known:
    """A candidate as the catalog knows it. `value` is bare of everything but the key where nothing more may be kept."""

    id: int
    family: str
    picture: int
    value: Candidate
    asset: str | None
    bare: bool = False


def put(db: Database, candidate: Candidate, *, family: str, bare: bool = False) -> int:
    """Add or merge one candidate; its id. A bare one keeps its key alone."""
    found = db.conn.execute(
        "select id, value, picture_id from candidates where site = ? and post_id = ?",
        (candidate.site, candidate.post_id),
    ).fetchone()
    merged, before = candidate, None
    if found is not None and found["value"] is not None:
        before = codec.load(found["value"], Candidate)
        merged = merge(before, candidate)
    told = {} if bare else hashes(merged)
    row = [told.get(kind) for kind in HASHES]
    value = None if bare else codec.dump(merged)
    if found is not None:
        if found["value"] != value:
            picture = _same(db, merged, told, but=found["id"]) or found["picture_id"]
            db.conn.execute(
                "update candidates set value = ?, md5 = ?, sha1 = ?, sha256 = ?, sha512 = ?, pixel_hash = ?,"
                " picture_id = ?, changed_at = ? where id = ?",
                (value, *row, picture, now(), found["id"]),
            )
            addresses.put(db, found["id"], before, None if bare else merged)
        return int(found["id"])
    picture = _same(db, merged, told) or _new_picture(db)
    cursor = db.conn.execute(
        "insert into candidates (site, post_id, family, picture_id, value, md5, sha1, sha256, sha512, pixel_hash,"
        " seen_at, changed_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (candidate.site, candidate.post_id, family, picture, value, *row, now(), now()),
    )
    number = int(cursor.lastrowid or 0)
    addresses.put(db, number, None, None if bare else merged)
    return number


def merge(old: Candidate, new: Candidate) -> Candidate:
    """A later reply over an earlier one about the same post: what the later one knows wins."""
    known = {
        name: value
        for name in Facts.__dataclass_fields__
        if (value := getattr(new.claims, name)) not in (None, frozenset())
    }
    told = new.incomplete - old.incomplete  # what an earlier reply knew and this one leaves out
    if "tags" in told:
        known.pop("tags", None)
    return replace(
        new,
        page_url=new.page_url or old.page_url,
        claims=replace(old.claims, **known),
        files=_files(old, new),
        incomplete=(old.incomplete & new.incomplete) if old.files and new.files else new.incomplete,
        words=tuple(dict.fromkeys((*old.words, *new.words))),
        credits=tuple(dict.fromkeys((*old.credits, *new.credits))),
    )


def _files(old: Candidate, new: Candidate) -> tuple[File, ...]:
    """The later reply's files; with those it leaves out, if it says that it leaves some out."""
    if not new.files or "url" not in new.incomplete:
        return new.files or old.files
    here = {file.role for file in new.files}
    return (*(file for file in old.files if file.role not in here), *new.files)


def load(catalog: Catalog, ids: Sequence[int]) -> dict[int, Known]:
    """Candidates by id."""
    sql = "select * from candidates where id in (select value from json_each(?))"
    rows = catalog.rows(sql, (json.dumps(list(ids)),))
    return {row["id"]: _known(row) for row in rows}


WHICH = {
    "any": "1",
    "judged": "m.state != 'found'",
    "rejected": "m.state = 'rejected'",
    "screened": "m.screened = 1",  # passed on claims
    # what was found, and what is now known to be the same picture as something that was
    "found": "(m.state = 'found' or m.state in ('wanted', 'duplicate') and c.picture_id in"
    " (select c2.picture_id from members m2 join candidates c2 on c2.id = m2.candidate_id"
    " where m2.harvest_id = ?1 and m2.state = 'found'))",
    # something became known of it since it was judged
    "changed": "m.state = 'wanted' and c.changed_at > m.changed_at",
    # the same of any that was judged
    "altered": "m.state != 'found' and c.changed_at > m.changed_at",
    # several members are one picture by the hashes their sites claim
    "shared": "c.picture_id in (select c2.picture_id from members m2 join candidates c2 on c2.id = m2.candidate_id"
    " where m2.harvest_id = ?1 group by 1 having count(*) > 1)",
    # judged on pixels, or waiting to be
    "settled": "(m.state in ('fetched', 'accepted') or m.stage = 'assess' and m.state in ('duplicate', 'rejected'))",
}
"""Sets of a harvest's members by name, as conditions on member m, candidate c and harvest ?1."""


def of_harvest(catalog: Catalog, harvest: int, which: str = "any") -> list[Known]:
    """The candidates of a harvest's members that are in the set `which`, by site and id."""
    sql = (
        "select c.* from members m join candidates c on c.id = m.candidate_id"  # noqa: S608 - ours
        f" where m.harvest_id = ?1 and {WHICH[which]} order by c.site, c.id"
    )
    return [_known(row) for row in catalog.rows(sql, (harvest,))]


def siblings(catalog: Catalog, pictures: Iterable[int]) -> dict[int, list[Known]]:
    """For each picture that several candidates share, those candidates in order."""
    sql = "select * from candidates where picture_id in (select value from json_each(?)) order by site, id"
    found: dict[int, list[Known]] = {}
    for row in catalog.rows(sql, (json.dumps(sorted(set(pictures))),)):
        found.setdefault(row["picture_id"], []).append(_known(row))
    return {picture: known for picture, known in found.items() if len(known) > 1}


def of_site(catalog: Catalog, site: str) -> Iterator[Candidate]:
    """What a site told of each of its candidates, those left out of which nothing may be kept."""
    sql = "select value from candidates where site = ? and value is not null order by id"
    for row in catalog.rows(sql, (site,)):
        yield codec.load(row["value"], Candidate)


def replaced(db: Database, candidate: Candidate, number: int) -> None:
    """A candidate has other bytes than it had: neither those stored nor the picture they are is its own any more."""
    picture = _same(db, candidate, hashes(candidate), but=number) or _new_picture(db)
    sql = "update candidates set asset = null, picture_id = ? where id = ?"
    db.conn.execute(sql, (picture, number))


def by_key(catalog: Catalog, site: str, post_id: str) -> Known | None:
    """One candidate by the name people use."""
    row = catalog.row("select * from candidates where site = ? and post_id = ?", (site, post_id))
    return None if row is None else _known(row)


def by_asset(catalog: Catalog, sha256: str) -> list[Known]:
    """The candidates whose bytes are this asset."""
    return [
        _known(row) for row in catalog.rows("select * from candidates where asset = ?", (sha256,))
    ]


def mentioning(catalog: Catalog, text: str) -> list[Known]:
    """The candidates of which a site says something with these words in it, joined by blanks or underscores."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace(" ", "_")
    sql = "select * from candidates where value like ? escape '\\' order by id"
    return [_known(row) for row in catalog.rows(sql, (f"%{escaped}%",))]


def by_address(catalog: Catalog, url: str) -> list[Known]:
    """The candidates with this page or file address."""
    rows = catalog.rows(
        "select c.* from addresses a join candidates c on c.id = a.candidate_id"
        " where a.digest = ? and c.value is not null order by c.id",
        (addresses.digest(url),),
    )
    return [
        known
        for known in map(_known, rows)
        if known.value.page_url == url or any(url in file.urls for file in known.value.files)
    ]


def _known(row: Row) -> Known:
    bare = row["value"] is None
    value = (
        Candidate(row["site"], row["post_id"], "") if bare else codec.load(row["value"], Candidate)
    )
    return Known(row["id"], row["family"], row["picture_id"], value, row["asset"], bare)


HASHES = ("md5", "sha1", "sha256", "sha512", "pixel_hash")
"""What a site may tell of a file's bytes, and of its pixels; columns of the table."""


def hashes(candidate: Candidate) -> dict[str, str]:
    """The hashes a site tells of the original, by kind."""
    file = candidate.original or File("original", ())
    claims = candidate.claims
    told = {kind: getattr(file, kind, None) or getattr(claims, kind) for kind in HASHES}
    return {kind: value.lower() for kind, value in told.items() if value}


def _same(
    db: Database, candidate: Candidate, told: Mapping[str, str], *, but: int = 0
) -> int | None:
    """The picture of another candidate with one of these hashes, whose length and size do not contradict this one's."""
    for kind, value in told.items():
        sql = f"select picture_id, value from candidates where {kind} = ? and id != ? order by id"  # noqa: S608 - ours
        for row in db.conn.execute(sql, (value, but)).fetchall():
            other = extent(codec.load(row["value"], Candidate))
            if not clash(extent(candidate), other, pixels=kind == "pixel_hash"):
                return int(row["picture_id"])
    return None


def _new_picture(db: Database) -> int:
    return int(db.conn.execute("insert into pictures default values").lastrowid or 0)
