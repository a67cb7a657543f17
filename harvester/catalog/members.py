"""Harvest facts about candidates: state, deciding gate, rank, rulings, place in the selection."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvester.catalog import codec, states
from harvester.catalog.core import Catalog, Row, now
from harvester.model import Framing, Ruling, State, Verdict

if TYPE_CHECKING:  # it loads much, which those that only read do without
    from sqlite_utils import Database


@dataclass(frozen=True, slots=True)
class Member:
    """One candidate in one harvest. `relaxed` is how many steps of `--relax` it needs to pass; 0 strictly."""

    candidate: int
    state: State
    stage: str
    gate: str
    reason: str
    screened: bool | None
    framing: Framing | None
    rank: float | None
    round: int | None
    kept: int | None
    place: int | None
    why: str
    relaxed: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    """A member's new state, and what decided it. What is None stays as it is."""

    candidate: int
    state: State
    stage: str
    reason: str = ""
    gate: str = ""
    kept: int | None = None
    screened: bool | None = None
    framing: Framing | None = None
    relaxed: int | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """So many members of one kind: `by` is the deciding gate, else the stage; `framing` is "" where unknown."""

    state: State
    by: str
    screened: bool | None
    framing: str
    number: int


def add(db: Database, harvest: int, candidates: Iterable[int]) -> None:
    """Make candidates members of a harvest, as *found*; those that are members stay as they are."""
    rows = [(harvest, candidate, State.FOUND, now()) for candidate in candidates]
    db.conn.executemany(
        "insert or ignore into members (harvest_id, candidate_id, state, changed_at) values (?, ?, ?, ?)",
        rows,
    )


def move(db: Database, harvest: int, moves: Sequence[Move]) -> None:
    """Change states; a move that `states` does not allow raises ValueError and changes nothing."""
    for item in moves:
        row = db.conn.execute(
            "select state from members where harvest_id = ? and candidate_id = ?",
            (harvest, item.candidate),
        ).fetchone()
        states.check(State(row["state"]), item.state)
    db.conn.executemany(
        "update members set state = ?, stage = ?, gate = ?, reason = ?, kept_id = ?,"
        " screened = coalesce(?, screened), framing = coalesce(?, framing),"
        " relaxed = coalesce(?, relaxed), changed_at = ?"
        " where harvest_id = ? and candidate_id = ?",
        [
            (
                item.state,
                item.stage,
                item.gate,
                item.reason,
                item.kept,
                item.screened,
                item.framing,
                item.relaxed,
                now(),
                harvest,
                item.candidate,
            )
            for item in moves
        ],
    )


def rule(db: Database, key: tuple[int, str, int], rulings: Mapping[int, Sequence[Ruling]]) -> None:
    """Store the rulings of (harvest, phase, revision), by candidate: one row each, the deciding gate as a column."""
    harvest, phase, revision = key
    rows = []
    for candidate, given in rulings.items():
        deciding = next((item for item in given if item.verdict is Verdict.REJECT), None)
        unknown = any(item.verdict is Verdict.UNKNOWN for item in given)
        verdict = Verdict.REJECT if deciding else Verdict.UNKNOWN if unknown else Verdict.PASS
        gate = deciding.gate if deciding else ""
        rows.append((harvest, candidate, phase, revision, gate, verdict, codec.dump(given)))
    db.conn.executemany("insert or replace into rulings values (?, ?, ?, ?, ?, ?, ?)", rows)


def rulings(
    catalog: Catalog, harvest: int, candidate: int
) -> list[tuple[str, int, tuple[Ruling, ...]]]:
    """(phase, revision, rulings) of one member, oldest first."""
    rows = catalog.rows(
        "select phase, revision, rulings from rulings where harvest_id = ? and candidate_id = ?"
        " order by revision, phase desc",
        (harvest, candidate),
    )
    return [
        (row["phase"], row["revision"], codec.load(row["rulings"], tuple[Ruling, ...]))
        for row in rows
    ]


def find(catalog: Catalog, harvest: int, *wanted: State) -> dict[int, Member]:
    """The members in these states (all, if none is named), by candidate."""
    marks = ",".join("?" * len(wanted))
    clause = f" and state in ({marks})" if wanted else ""
    sql = f"select * from members where harvest_id = ?{clause} order by candidate_id"  # noqa: S608 - only marks
    return {row["candidate_id"]: _member(row) for row in catalog.rows(sql, [harvest, *wanted])}


def some(catalog: Catalog, harvest: int, numbers: Sequence[int]) -> dict[int, Member]:
    """Those of these candidates that are members, by candidate."""
    sql = "select * from members where harvest_id = ? and candidate_id in (select value from json_each(?))"
    rows = catalog.rows(sql, (harvest, json.dumps(list(numbers))))
    return {row["candidate_id"]: _member(row) for row in rows}


def copies(catalog: Catalog, harvest: int) -> dict[int, list[int]]:
    """Members that were found to be copies by their files, by the one that is kept of each picture."""
    rows = catalog.rows(
        "select kept_id, candidate_id from members where harvest_id = ? and state = 'duplicate'"
        " and gate = 'duplicate' and kept_id is not null order by kept_id, candidate_id",
        (harvest,),
    )
    found: dict[int, list[int]] = {}
    for row in rows:
        found.setdefault(row["kept_id"], []).append(row["candidate_id"])
    return found


def grouped(catalog: Catalog, numbers: Iterable[int]) -> set[int]:
    """Candidates that are one picture with these in some harvest: the kept one, and its copies."""
    some = json.dumps(sorted(numbers))
    sql = (
        "select candidate_id, kept_id from members where state = 'duplicate' and kept_id is not null"
        " and (kept_id in (select value from json_each(?1)) or candidate_id in (select value from json_each(?1)))"
    )
    return {number for row in catalog.rows(sql, (some,)) for number in row}


def of_round(catalog: Catalog, harvest: int, number: int) -> dict[int, Member]:
    """The members taken into a round, in its frozen order."""
    rows = catalog.rows(
        "select * from members where harvest_id = ? and round = ? order by rank desc, candidate_id",
        (harvest, number),
    )
    return {row["candidate_id"]: _member(row) for row in rows}


def listed(db: Database, harvest: int, site: str, posts: Sequence[str]) -> dict[int, State]:
    """The states of those members that are these posts of a site. Inside a transaction."""
    rows = db.conn.execute(
        "select m.candidate_id, m.state from members m join candidates c on c.id = m.candidate_id"
        " where m.harvest_id = ? and c.site = ? and c.post_id in (select value from json_each(?))",
        (harvest, site, json.dumps(list(posts))),
    )
    return {row[0]: State(row[1]) for row in rows}


def of_candidate(catalog: Catalog, candidate: int) -> list[tuple[int, Member]]:
    """(harvest, member) wherever a candidate is one."""
    rows = catalog.rows("select * from members where candidate_id = ?", (candidate,))
    return [(row["harvest_id"], _member(row)) for row in rows]


def tallies(catalog: Catalog, harvest: int) -> Iterator[Tally]:
    """Every kind of member a harvest has, counted."""
    rows = catalog.rows("select * from tallies where harvest_id = ? and number > 0", (harvest,))
    for row in rows:
        screened = None if row["screened"] < 0 else bool(row["screened"])
        by = row["gate"] or row["stage"]
        yield Tally(State(row["state"]), by, screened, row["framing"], row["number"])


def counts(catalog: Catalog, harvest: int) -> dict[State, int]:
    """How many members are in each state; states nobody is in are left out."""
    found: Counter[State] = Counter()
    for tally in tallies(catalog, harvest):
        found[tally.state] += tally.number
    return dict(found)


def passing(catalog: Catalog, harvest: int) -> Counter[str]:
    """How many members passed the screen, by framing ("" where it is unknown)."""
    found: Counter[str] = Counter()
    for tally in tallies(catalog, harvest):
        if tally.screened:
            found[tally.framing] += tally.number
    return found


def framings(catalog: Catalog, harvest: int, state: State) -> dict[str, int]:
    """How many members are in a state, by framing ("" where it is unknown)."""
    found: Counter[str] = Counter()
    for tally in tallies(catalog, harvest):
        if tally.state is state:
            found[tally.framing] += tally.number
    return dict(found)


def deciding(catalog: Catalog, harvest: int) -> list[tuple[State, str, int]]:
    """(state, gate, how many) of members that a gate or a stage put where they are, most first."""
    found: Counter[tuple[State, str]] = Counter()
    for tally in tallies(catalog, harvest):
        found[tally.state, tally.by] += tally.number
    order = sorted(found.items(), key=lambda item: (-item[1], item[0][1]))
    return [(state, by, number) for (state, by), number in order]


def place(
    db: Database, harvest: int, chosen: Mapping[int, tuple[int, str]], why: Mapping[int, str]
) -> None:
    """Write the selection: candidate -> (place, why), and why the others that were accepted are out."""
    db.conn.execute(
        "update members set place = null, why = '' where harvest_id = ? and (place is not null or why != '')",
        (harvest,),
    )
    rows: list[tuple[int | None, str, int, int]] = [
        (number, text, harvest, candidate) for candidate, (number, text) in chosen.items()
    ]
    rows += [(None, text, harvest, candidate) for candidate, text in why.items()]
    db.conn.executemany(
        "update members set place = ?, why = ? where harvest_id = ? and candidate_id = ?", rows
    )


def selected(catalog: Catalog, harvest: int) -> list[Member]:
    """The selection in its order."""
    rows = catalog.rows(
        "select * from members where harvest_id = ? and place is not null order by place",
        (harvest,),
    )
    return [_member(row) for row in rows]


def _member(row: Row) -> Member:
    return Member(
        candidate=row["candidate_id"],
        state=State(row["state"]),
        stage=row["stage"],
        gate=row["gate"],
        reason=row["reason"],
        screened=None if row["screened"] is None else bool(row["screened"]),
        framing=Framing(row["framing"]) if row["framing"] else None,
        rank=row["rank"],
        round=row["round"],
        kept=row["kept_id"],
        place=row["place"],
        why=row["why"],
        relaxed=row["relaxed"],
    )


def unplace(db: Database, harvest: int, candidate: int) -> None:
    """Take one member out of the selection; the next run fills its place."""
    db.conn.execute(
        "update members set place = null, why = '' where harvest_id = ? and candidate_id = ?",
        (harvest, candidate),
    )
