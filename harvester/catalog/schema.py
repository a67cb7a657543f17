"""The tables of `catalog.db` as migrations. Applied ones never change; a new need is a new migration."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from harvester.catalog import addresses, tallies
from harvester.errors import NewerSchema

migrations = Migrations("harvester")

LIBRARY = """
create table pictures (id integer primary key) strict;
create table candidates (
    id integer primary key,
    site text not null, post_id text not null, family text not null,
    picture_id integer not null references pictures(id),
    value text,                 -- model.Candidate as JSON; null where only key and ruling may be kept
    md5 text, sha1 text, sha256 text,
    asset text,                 -- sha256 of the bytes fetched or linked for it
    seen_at real not null, changed_at real not null,
    unique (site, post_id)
) strict;
create index candidates_md5 on candidates(md5) where md5 is not null;
create index candidates_sha1 on candidates(sha1) where sha1 is not null;
create index candidates_sha256 on candidates(sha256) where sha256 is not null;
create index candidates_picture on candidates(picture_id);
create index candidates_asset on candidates(asset) where asset is not null;
create table assets (
    sha256 text primary key, extension text not null, bytes integer not null,
    md5 text not null, sha1 text not null, url text not null, stored_at real not null
) strict;
create index assets_md5 on assets(md5);
create index assets_sha1 on assets(sha1);
create table measurements (
    sha256 text primary key references assets(sha256),
    facts text not null,        -- model.Facts as JSON, without the hash
    phash integer,              -- 64 bit, signed as SQLite holds it
    note text not null default '', measured_at real not null
) strict;
create table tags (
    site text not null, name text not null, category text not null, count integer, alias_of text,
    asked_at real not null, primary key (site, name)
) strict;
create table leases (
    candidate_id integer primary key references candidates(id),
    harvest_id integer not null, pid integer not null, started real not null, expires real not null,
    part text not null, sha256 text, value text  -- the whole download as JSON, once it is whole
) strict;
"""

HARVEST = """
create table harvests (
    id integer primary key, subject text not null, kind text not null, generation integer not null default 1,
    revision integer not null default 0, created_at real not null, ended text, summary text,
    unique (subject, kind, generation)
) strict;
create table revisions (
    harvest_id integer not null references harvests(id), number integer not null,
    recipe text not null, created_at real not null, primary key (harvest_id, number)
) strict;
create table walks (
    id integer primary key, harvest_id integer not null references harvests(id), site text not null,
    key text not null, query text not null, depth integer not null default 0,
    state text not null default 'open', reason text not null default '', found integer not null default 0,
    unique (harvest_id, site, key)
) strict;
create table frontier (
    id integer primary key, walk_id integer not null references walks(id), key text not null,
    request text not null, depth integer not null, state text not null default 'open',
    unique (walk_id, key)
) strict;
create index frontier_open on frontier(walk_id, depth) where state = 'open';
create table spans (
    walk_id integer not null references walks(id), "order" text not null, high text not null, low text not null,
    walked_at real not null
) strict;
create table names (
    harvest_id integer not null references harvests(id), site text not null, asked text not null,
    name text not null, category text not null, count integer, how text not null,
    primary key (harvest_id, site, asked)
) strict;
create table members (
    harvest_id integer not null references harvests(id),
    candidate_id integer not null references candidates(id),
    state text not null, stage text not null default '', gate text not null default '',
    reason text not null default '', screened integer,
    framing text, rank real, round integer, tries integer not null default 0,
    kept_id integer,            -- of a duplicate: the candidate that is kept
    place integer, why text not null default '', changed_at real not null,
    primary key (harvest_id, candidate_id)
) strict, without rowid;
create index members_state on members(harvest_id, state);
create index members_candidate on members(candidate_id);
create table rulings (
    harvest_id integer not null, candidate_id integer not null, phase text not null, revision integer not null,
    gate text not null, verdict text not null, rulings text not null,
    primary key (harvest_id, candidate_id, phase, revision)
) strict, without rowid;
create table rounds (
    harvest_id integer not null references harvests(id), number integer not null, revision integer not null,
    planned integer not null, fetched integer, accepted integer, state text not null default 'open',
    primary key (harvest_id, number)
) strict;
create table exports (
    id integer primary key, harvest_id integer not null references harvests(id), revision integer not null,
    format text not null, folder text not null, pictures text not null, written_at real not null
) strict;
"""

RUNS = """
create table runs (
    id integer primary key, harvest_id integer not null references harvests(id), revision integer not null,
    begun_at real not null, ended_at real,
    how text,                   -- done short limited stopped failed; null: killed, or still at it
    summary text not null default '', selected integer, files integer not null default 0,
    bytes integer not null default 0
) strict;
create index runs_harvest on runs(harvest_id);
"""


BIG = """
drop index members_state;
create index members_state on members(harvest_id, state, gate);
create index members_place on members(harvest_id, place) where place is not null;
alter table harvests add column shortfall text;
"""


LIKENESSES = """
create table sketches (
    sha256 text primary key references assets(sha256),
    value blob not null         -- hashes and 32×32 greys, as harvester.sketch packs them
) strict, without rowid;
create table likenesses (
    first text not null, second text not null,  -- SHA-256 of two files, the lower first
    version integer not null,   -- of the weights that said so
    kind text not null, distance real not null, evidence text not null,
    primary key (first, second)
) strict, without rowid;
create index likenesses_second on likenesses(second);
"""


KNOWN_BYTES = """
alter table candidates add column sha512 text;
alter table candidates add column pixel_hash text;
update candidates set pixel_hash = json_extract(value, '$.claims.pixel_hash'),
    sha512 = coalesce((select json_extract(f.value, '$.sha512') from json_each(candidates.value, '$.files') f
        where json_extract(f.value, '$.role') = 'original'), json_extract(value, '$.claims.sha512'))
    where value is not null;
create index candidates_sha512 on candidates(sha512) where sha512 is not null;
create index candidates_pixel_hash on candidates(pixel_hash) where pixel_hash is not null;
alter table assets add column sha512 text;
create index assets_sha512 on assets(sha512) where sha512 is not null;
create index assets_unhashed on assets(bytes) where sha512 is null;
"""

SEARCHES = """
create table numbered (
    id integer primary key autoincrement,  -- never used twice: what the index beside the catalog knows it by
    sha256 text not null unique references assets(sha256),
    mark integer not null default (random()),  -- tells this row from another one of the same number in a restored copy
    value blob not null         -- hashes and 32×32 greys, as harvester.sketch packs them
) strict;
insert into numbered (sha256, value) select sha256, value from sketches order by sha256;
drop table sketches;
alter table numbered rename to sketches;
create table searched (
    harvest_id integer not null references harvests(id), sketch_id integer not null,
    method integer not null,    -- how pairs were looked for, and by which weights compared
    primary key (harvest_id, sketch_id)
) strict, without rowid;
create table told_apart (
    first text not null, second text not null,  -- each the SHA-256 of a file, or SITE:ID where none was here; in order
    said_at real not null, primary key (first, second)
) strict, without rowid;
create index told_apart_second on told_apart(second);
"""


PREVIEWS = """
create table previews (
    candidate_id integer primary key references candidates(id),
    original text not null,     -- what the site told of the file that this is a preview of
    data blob,                  -- the preview's own bytes; null where they are of no use
    width integer, height integer, phash integer,  -- of the preview; null until it was looked at, or of no use
    note text not null default '', seen_at real not null  -- why it is of no use
) strict;
"""

BARE_PREVIEWS = """
create trigger previews_bare after update of value on candidates when new.value is null begin
    delete from previews where candidate_id = new.id;
end;
"""
"""Of what may not be kept, no preview is."""


TOMBSTONES = """
create table tombstones (
    kind text not null, value text not null,  -- a hash by its kind, SITE:ID as "key", a name as "artist"
    word integer not null,      -- one for all that was said at once, and is taken back at once
    told text not null,         -- the picture or the artist it was said of
    said_at real not null, primary key (value, kind)
) strict, without rowid;
create index tombstones_word on tombstones(word);
"""


@migrations()
def m001_library_facts(db: Database) -> None:
    """What is true for everybody."""
    _run(db, LIBRARY)


@migrations()
def m002_harvest_facts(db: Database) -> None:
    """What is true for one harvest."""
    _run(db, HARVEST)


@migrations()
def m003_judged_revisions(db: Database) -> None:
    """A run that is killed while it judges everything by a new revision leaves that to the next one."""
    db.execute("alter table revisions add column judged_at real")


@migrations()
def m004_relaxed_members(db: Database) -> None:
    """With how many steps of `--relax` a member passes, and how many a revision has taken; 0 is strict."""
    db.execute("alter table members add column relaxed integer not null default 0")
    db.execute("alter table revisions add column relaxed integer not null default 0")


@migrations()
def m005_runs(db: Database) -> None:
    """How every run of a harvest ended; one that was killed has no end."""
    _run(db, RUNS)


@migrations()
def m006_big_libraries(db: Database) -> None:
    """What `status`, `plan` and `why` ask is answered at once, however many candidates there are.

    `shortfall` is what stood in the way at the end of a harvest's last run, as JSON.
    """
    _run(db, BIG)
    _run(db, addresses.TABLE)
    addresses.fill(db)
    for statement in (tallies.TABLE, tallies.FILL, *tallies.TRIGGERS):
        db.execute(statement)


@migrations()
def m007_profiles(db: Database) -> None:
    """By which looks of the subject the members of a harvest were judged, as a digest; null before any were known."""
    db.execute("alter table harvests add column profile text")


@migrations()
def m008_likenesses(db: Database) -> None:
    """Sketches of stored pictures, and what pairs of them are to each other."""
    _run(db, LIKENESSES)


@migrations()
def m009_known_bytes(db: Database) -> None:
    """SHA-512 and pixel hashes that sites tell, and the SHA-512 of what is stored.

    That of files of earlier versions is null until a site tells one of a file of that length.
    """
    _run(db, KNOWN_BYTES)


@migrations()
def m010_searches(db: Database) -> None:
    """Sketches with numbers of their own, which of them were searched, and what a person said is no copy."""
    _run(db, SEARCHES)


@migrations()
def m011_previews(db: Database) -> None:
    """The small copies that sites show of pictures, which are asked for once."""
    for statement in (PREVIEWS, BARE_PREVIEWS):
        db.execute(statement)


@migrations()
def m012_tombstones(db: Database) -> None:
    """What a person had removed, so that nothing brings it in again."""
    _run(db, TOMBSTONES)


def apply(db: Database) -> None:
    """Bring the catalog to this version's schema; refuse one that a newer version wrote, by name."""
    known = {item.name for item in migrations._migrations}
    newer = [item.name for item in migrations.applied(db) if item.name not in known]
    if newer:
        raise NewerSchema(
            f"the catalog was written by a newer version (it holds '{newer[0]}'); "
            "upgrade with `pip install --upgrade lora-harvester`"
        )
    if migrations.pending(db):
        migrations.apply(db)


def _run(db: Database, script: str) -> None:
    """Each statement by itself: `executescript` would end the migration's own transaction."""
    for statement in script.split(";\n"):
        if statement.strip():
            db.execute(statement)
