"""Harvest facts: which harvests there are, their revisions, walks, frontier and rounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvester.catalog import codec
from harvester.catalog.core import Catalog, Row, now
from harvester.model import Name, Page, Query, Request
from harvester.recipe import Recipe

if TYPE_CHECKING:  # it loads much, which those that only read do without
    from sqlite_utils import Database


@dataclass(frozen=True, slots=True)
class Harvest:
    """One subject being collected. `ended` says how its last run ended, None while it never did."""

    id: int
    subject: str
    kind: str
    generation: int
    revision: int
    created: float
    ended: str | None
    summary: str | None


@dataclass(frozen=True, slots=True)
class Walk:
    """One ordered way through a site; `depth` is how many pages it may ask, `state` open ended stopped."""

    id: int
    site: str
    query: Query
    depth: int
    state: str
    reason: str
    found: int


@dataclass(frozen=True, slots=True)
class Asked:
    """An open row of a walk's frontier."""

    id: int
    walk: int
    request: Request
    depth: int


@dataclass(frozen=True, slots=True)
class Round:
    """One batch in frozen order."""

    number: int
    revision: int
    planned: int
    fetched: int | None
    accepted: int | None
    state: str


def wanted(catalog: Catalog, recipe: Recipe, *, new: bool = False) -> Harvest:
    """The harvest of this recipe's subject and kind, made if there is none; `new` starts another one."""

    def work(db: Database) -> int:
        found = db.conn.execute(
            "select * from harvests where subject = ? and kind = ? order by generation desc limit 1",
            (recipe.subject, recipe.kind),
        ).fetchone()
        if found is not None and not new:
            return int(found["id"])
        generation = 1 if found is None else found["generation"] + 1
        cursor = db.conn.execute(
            "insert into harvests (subject, kind, generation, created_at) values (?, ?, ?, ?)",
            (recipe.subject, recipe.kind, generation, now()),
        )
        return int(cursor.lastrowid or 0)

    return get(catalog, catalog.write(work))


def revised(catalog: Catalog, harvest: Harvest, recipe: Recipe) -> tuple[Harvest, bool]:
    """The harvest with this recipe as its present revision; True until that is `judged`. Needs the harvest's lock."""
    changed = catalog.write(lambda db: _revise(db, harvest.id, harvest.revision, recipe))
    return get(catalog, harvest.id), changed


def _revise(db: Database, harvest: int, revision: int, recipe: Recipe) -> bool:
    """Write the recipe as the next revision unless it is the present one; whether it is still to be judged by."""
    text = codec.whole(recipe)
    row = db.conn.execute(
        "select recipe, judged_at from revisions where harvest_id = ? and number = ?",
        (harvest, revision),
    ).fetchone()
    if row is not None and codec.whole(codec.load(row["recipe"], Recipe)) == text:
        return row["judged_at"] is None  # a key that is newer than the row has its default there
    db.conn.execute(
        "insert into revisions (harvest_id, number, recipe, created_at) values (?, ?, ?, ?)",
        (harvest, revision + 1, text, now()),
    )
    db.conn.execute("update harvests set revision = ? where id = ?", (revision + 1, harvest))
    return True


def judged(catalog: Catalog, harvest: Harvest) -> None:
    """Every member has been judged by the present revision; those found from now on are anyway."""
    sql = "update revisions set judged_at = ? where harvest_id = ? and number = ?"
    row = (now(), harvest.id, harvest.revision)
    catalog.write(lambda db: db.conn.execute(sql, row))


def is_unjudged(catalog: Catalog, harvest: Harvest) -> bool:
    """Whether the present revision has not judged every member yet."""
    sql = "select judged_at is null from revisions where harvest_id = ? and number = ?"
    return bool(catalog.value(sql, (harvest.id, harvest.revision)))


def unjudged(catalog: Catalog, harvest: Harvest) -> None:
    """More is going to be known of the members: the present revision is to judge all of them again."""
    sql = "update revisions set judged_at = null where harvest_id = ? and number = ?"
    catalog.write(lambda db: db.conn.execute(sql, (harvest.id, harvest.revision)))


def level(catalog: Catalog, harvest: Harvest) -> int:
    """How many steps of `--relax` the present revision has taken."""
    sql = "select relaxed from revisions where harvest_id = ? and number = ?"
    return int(catalog.value(sql, (harvest.id, harvest.revision)) or 0)


def relax(catalog: Catalog, harvest: Harvest, steps: int) -> None:
    """The present revision takes so many steps of `--relax`, and is to be judged by again."""
    sql = "update revisions set relaxed = ?, judged_at = null where harvest_id = ? and number = ?"
    row = (steps, harvest.id, harvest.revision)
    catalog.write(lambda db: db.conn.execute(sql, row))


def get(catalog: Catalog, number: int) -> Harvest:
    """A harvest by its number."""
    row = catalog.row("select * from harvests where id = ?", (number,))
    if row is None:
        raise KeyError(number)
    return _harvest(row)


def every(catalog: Catalog) -> list[Harvest]:
    """All harvests of the library, oldest first."""
    return [_harvest(row) for row in catalog.rows("select * from harvests order by id")]


def recipe_of(catalog: Catalog, harvest: Harvest, revision: int | None = None) -> Recipe:
    """The recipe of a revision, by default the present one."""
    text = catalog.value(
        "select recipe from revisions where harvest_id = ? and number = ?",
        (harvest.id, revision or harvest.revision),
    )
    return codec.load(text, Recipe)


def end(catalog: Catalog, harvest: int, how: str | None, summary: str | None) -> None:
    """Record how a run ended; None while one is under way."""
    sql = "update harvests set ended = ?, summary = coalesce(?, summary) where id = ?"
    catalog.write(lambda db: db.conn.execute(sql, (how, summary, harvest)))


def note_shortfall(catalog: Catalog, harvest: int, told: str | None) -> None:
    """Keep what stands in a harvest's way, as JSON, until its next run; None when nothing does."""
    sql = "update harvests set shortfall = ? where id = ?"
    catalog.write(lambda db: db.conn.execute(sql, (told, harvest)))


def shortfall(catalog: Catalog, harvest: int) -> str | None:
    """What was kept so at the end of the last run, if that came out short."""
    sql = "select shortfall from harvests where id = ? and ended is not null and ended not in ('done', 'failed')"
    found = catalog.value(sql, (harvest,))
    return None if found is None else str(found)


def open_walk(catalog: Catalog, harvest: int, query: Query, first: Request) -> None:
    """Add a walk with its first page to the frontier, unless the harvest has it."""

    def work(db: Database) -> None:
        key = codec.dump(query)
        cursor = db.conn.execute(
            "insert or ignore into walks (harvest_id, site, key, query) values (?, ?, ?, ?)",
            (harvest, first.site, key, key),
        )
        if cursor.rowcount:
            _put_requests(db, int(cursor.lastrowid or 0), [first], 0)

    catalog.write(work)


def restart_walk(catalog: Catalog, harvest: int, query: Query, first: Request) -> None:
    """Ask a walk anew from its first page on, as deep as it went before; one the harvest has not is added."""
    open_walk(catalog, harvest, query, first)

    def work(db: Database) -> None:
        row = db.conn.execute(
            "select id from walks where harvest_id = ? and site = ? and key = ?",
            (harvest, first.site, codec.dump(query)),
        ).fetchone()
        db.conn.execute("delete from frontier where walk_id = ?", (row["id"],))
        _put_requests(db, row["id"], [first], 0)
        sql = "update walks set state = 'open', reason = '', found = 0 where id = ?"
        db.conn.execute(sql, (row["id"],))

    catalog.write(work)


def walks(catalog: Catalog, harvest: int) -> list[Walk]:
    """A harvest's walks in the order they were opened."""
    rows = catalog.rows("select * from walks where harvest_id = ? order by id", (harvest,))
    return [
        Walk(
            row["id"],
            row["site"],
            codec.load(row["query"], Query),
            row["depth"],
            row["state"],
            row["reason"],
            row["found"],
        )
        for row in rows
    ]


def deepen(catalog: Catalog, ids: Sequence[int]) -> None:
    """Let each of these walks ask one page more."""

    def work(db: Database) -> None:
        db.conn.executemany("update walks set depth = depth + 1 where id = ?", [(i,) for i in ids])

    catalog.write(work)


def stop_walk(catalog: Catalog, walk: int, state: str, reason: str) -> None:
    """A walk that ended, or that its site refused (`stopped`: tried again by the next run)."""
    sql = "update walks set state = ?, reason = ? where id = ?"
    catalog.write(lambda db: db.conn.execute(sql, (state, reason, walk)))


def reopen_walks(catalog: Catalog, harvest: int) -> None:
    """What was stopped is tried again by a new run."""
    sql = "update walks set state = 'open', reason = '' where harvest_id = ? and state = 'stopped'"
    catalog.write(lambda db: db.conn.execute(sql, (harvest,)))


def due(catalog: Catalog, walk: Walk) -> Asked | None:
    """The next page this walk may ask."""
    row = catalog.row(
        "select * from frontier where walk_id = ? and state = 'open' and depth < ? order by depth, id limit 1",
        (walk.id, walk.depth),
    )
    if row is None:
        return None
    return Asked(row["id"], walk.id, codec.load(row["request"], Request), row["depth"])


def answered(db: Database, asked: Asked, page: Page) -> None:
    """Record that a page came: its follow-ups, what it covered, whether the walk ended. Inside a transaction."""
    db.conn.execute("update frontier set state = 'done' where id = ?", (asked.id,))
    _put_requests(db, asked.walk, page.follow, asked.depth + 1)
    if page.walked:
        span = page.walked
        db.conn.execute(
            "insert into spans values (?, ?, ?, ?, ?)",
            (asked.walk, span.order, span.high, span.low, now()),
        )
    left = db.conn.execute(
        "select 1 from frontier where walk_id = ? and state = 'open' limit 1", (asked.walk,)
    ).fetchone()
    state = "open" if left else "ended"
    db.conn.execute(
        "update walks set found = found + ?, state = ? where id = ?",
        (len(page.candidates), state, asked.walk),
    )


def _put_requests(db: Database, walk: int, requests: Sequence[Request], depth: int) -> None:
    db.conn.executemany(
        "insert or ignore into frontier (walk_id, key, request, depth) values (?, ?, ?, ?)",
        [(walk, request.key, codec.dump(request), depth) for request in requests],
    )


def put_name(catalog: Catalog, harvest: int, site: str, asked: str, name: Name) -> None:
    """Remember what a name is called on a site."""
    row = (harvest, site, asked, name.name, name.category, name.count, name.how)
    sql = "insert or replace into names values (?, ?, ?, ?, ?, ?, ?)"
    catalog.write(lambda db: db.conn.execute(sql, row))


def drop_name(catalog: Catalog, harvest: int, site: str, asked: str) -> None:
    """Forget what a name is called on a site."""
    sql = "delete from names where harvest_id = ? and site = ? and asked = ?"
    catalog.write(lambda db: db.conn.execute(sql, (harvest, site, asked)))


def names(catalog: Catalog, harvest: int) -> dict[tuple[str, str], Name]:
    """(site, name asked) -> the site's own name."""
    rows = catalog.rows("select * from names where harvest_id = ?", (harvest,))
    return {
        (row["site"], row["asked"]): Name(
            row["name"], row["category"], row["count"], row["how"], row["asked"]
        )
        for row in rows
    }


def rounds(catalog: Catalog, harvest: int) -> list[Round]:
    """A harvest's rounds, oldest first."""
    rows = catalog.rows("select * from rounds where harvest_id = ? order by number", (harvest,))
    return [
        Round(
            row["number"],
            row["revision"],
            row["planned"],
            row["fetched"],
            row["accepted"],
            row["state"],
        )
        for row in rows
    ]


def _harvest(row: Row) -> Harvest:
    return Harvest(
        row["id"],
        row["subject"],
        row["kind"],
        row["generation"],
        row["revision"],
        row["created_at"],
        row["ended"],
        row["summary"],
    )


def open_round(catalog: Catalog, harvest: Harvest, ranks: Sequence[tuple[int, float]]) -> int:
    """Freeze a batch, (candidate, rank) in order, as the harvest's next round; its number."""

    def work(db: Database) -> int:
        number = 1 + int(
            db.conn.execute(
                "select coalesce(max(number), 0) from rounds where harvest_id = ?", (harvest.id,)
            ).fetchone()[0]
        )
        db.conn.execute(
            "insert into rounds (harvest_id, number, revision, planned) values (?, ?, ?, ?)",
            (harvest.id, number, harvest.revision, len(ranks)),
        )
        db.conn.executemany(
            "update members set round = ?, rank = ? where harvest_id = ? and candidate_id = ?",
            [(number, rank, harvest.id, candidate) for candidate, rank in ranks],
        )
        return number

    return catalog.write(work, crossing="catalog.round")


def end_round(db: Database, harvest: int, number: int) -> None:
    """Close a round: how many of its members have bytes and how many were accepted."""
    db.conn.execute(
        "update rounds set state = 'ended',"
        " fetched = (select count(*) from members m join candidates c on c.id = m.candidate_id"
        "   where m.harvest_id = ?1 and m.round = ?2 and c.asset is not null),"
        " accepted = (select count(*) from members where harvest_id = ?1 and round = ?2 and state = 'accepted')"
        " where harvest_id = ?1 and number = ?2",
        (harvest, number),
    )


def drop_round(catalog: Catalog, harvest: int) -> None:
    """Close an open round without judging it: a new revision orders what is left afresh."""

    def work(db: Database) -> None:
        db.conn.execute(
            "update rounds set state = 'dropped' where harvest_id = ? and state = 'open'",
            (harvest,),
        )

    catalog.write(work)


def put_export(
    catalog: Catalog, harvest: Harvest, written: tuple[str, str], keys: Sequence[str]
) -> None:
    """Remember an export, (format, folder), and which pictures it holds."""
    form, folder = written
    row = (harvest.id, harvest.revision, form, folder, codec.dump(list(keys)), now())
    sql = (
        "insert into exports (harvest_id, revision, format, folder, pictures, written_at)"
        " values (?, ?, ?, ?, ?, ?)"
    )
    catalog.write(lambda db: db.conn.execute(sql, row))
