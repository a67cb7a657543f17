"""What every gate said of a harvest's members, read in bulk: for asking what other settings would have done."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from harvester.catalog import codec
from harvester.catalog.candidates import Known
from harvester.catalog.core import Catalog, Row
from harvester.model import Candidate, Facts, State, Verdict

AT_ONCE = 2_000
"""Members read at a time, so that a large harvest is never in memory whole."""


@dataclass(frozen=True, slots=True)
class Told:
    """A ruling without its words, which are most of what is stored."""

    gate: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Claimed:
    """A candidate without everything but its claims."""

    claims: Facts = field(default_factory=Facts)


@dataclass(frozen=True, slots=True)
class Judged:
    """A member and the gates that reject it, in their order: by its claims, and by its file (None: not judged)."""

    id: int
    state: State
    relaxed: int
    site: str
    post_id: str
    family: str
    picture: int
    asset: str | None
    value: str | None
    screen: tuple[str, ...] | None
    assess: tuple[str, ...] | None

    @property
    def claims(self) -> Facts:
        """What its site claims, not yet read by the vocabulary."""
        return codec.load(self.value, Claimed).claims if self.value else Facts()

    def known(self) -> Known:
        """The whole candidate."""
        bare = self.value is None
        value = Candidate(self.site, self.post_id, "")
        value = value if self.value is None else codec.load(self.value, Candidate)
        return Known(self.id, self.family, self.picture, value, self.asset, bare)


COLUMNS = """
select m.candidate_id id, m.state, m.relaxed, c.site, c.post_id, c.family, c.picture_id, c.asset, c.value,
    (select r.rulings from rulings r where r.harvest_id = m.harvest_id and r.candidate_id = m.candidate_id
        and r.phase = 'screen' order by r.revision desc limit 1) screen,
    (select r.rulings from rulings r where r.harvest_id = m.harvest_id and r.candidate_id = m.candidate_id
        and r.phase = 'assess' and r.revision = h.revision) assess
from members m join candidates c on c.id = m.candidate_id join harvests h on h.id = m.harvest_id
"""


def every(catalog: Catalog, harvest: int) -> Iterator[list[Judged]]:
    """All members of a harvest, some at a time, by id."""
    sql = COLUMNS + "where m.harvest_id = ? and m.candidate_id > ? order by m.candidate_id limit ?"
    last = 0
    while rows := catalog.rows(sql, (harvest, last, AT_ONCE)):
        yield [_judged(row) for row in rows]
        last = rows[-1]["id"]


def rejected_by(catalog: Catalog, harvest: int, gate: str, *, most: int) -> Iterator[list[Judged]]:
    """Members whose deciding gate is this one, some at a time, at most `most` of them, newest first."""
    ids = catalog.rows(
        "select candidate_id from members where harvest_id = ? and state = 'rejected' and gate = ?"
        " order by candidate_id desc limit ?",
        (harvest, gate, most),
    )
    sql = COLUMNS + "where m.harvest_id = ? and m.candidate_id in (select value from json_each(?))"  # noqa: S608 - ours
    for begin in range(0, len(ids), AT_ONCE):
        some = [row[0] for row in ids[begin : begin + AT_ONCE]]
        yield [_judged(row) for row in catalog.rows(sql, (harvest, json.dumps(some)))]


def shared(catalog: Catalog, pictures: Iterable[int]) -> frozenset[int]:
    """Which of these pictures several candidates share."""
    sql = (
        "select picture_id from candidates where picture_id in (select value from json_each(?))"
        " group by picture_id having count(*) > 1"
    )
    return frozenset(row[0] for row in catalog.rows(sql, (json.dumps(sorted(set(pictures))),)))


def _judged(row: Row) -> Judged:
    return Judged(
        row["id"],
        State(row["state"]),
        row["relaxed"],
        row["site"],
        row["post_id"],
        row["family"],
        row["picture_id"],
        row["asset"],
        row["value"],
        _rejecting(row["screen"]),
        _rejecting(row["assess"]),
    )


def _rejecting(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    told = codec.load(text, tuple[Told, ...])
    return tuple(one.gate for one in told if one.verdict is Verdict.REJECT)


def yielded(catalog: Catalog) -> tuple[int, int]:
    """(taken, accepted) over all rounds of the library that have ended."""
    row = catalog.row(
        "select coalesce(sum(planned), 0), coalesce(sum(accepted), 0) from rounds where state = 'ended'"
    )
    return (row[0], row[1]) if row else (0, 0)
