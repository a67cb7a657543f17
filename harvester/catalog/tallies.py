"""How many members are where, kept by triggers: counting a million of them anew takes longer than people wait."""

from __future__ import annotations

TABLE = """
create table tallies (
    harvest_id integer not null, state text not null, gate text not null, stage text not null,
    screened integer not null,  -- -1 where it is null
    framing text not null,      -- '' where it is null
    number integer not null,
    primary key (harvest_id, state, gate, stage, screened, framing)
) strict, without rowid
"""

FILL = """
insert into tallies select harvest_id, state, gate, stage, coalesce(screened, -1), coalesce(framing, ''), count(*)
from members group by 1, 2, 3, 4, 5, 6
"""


def _counted(row: str, change: int) -> str:
    """Statements of a trigger: one member more or less of its kind."""
    kind = {name: f"{row}.{name}" for name in ("harvest_id", "state", "gate", "stage")}
    kind |= {"screened": f"coalesce({row}.screened, -1)", "framing": f"coalesce({row}.framing, '')"}
    same = " and ".join(f"{name} = {value}" for name, value in kind.items())
    first = f"insert or ignore into tallies values ({', '.join(kind.values())}, 0);"  # noqa: S608 - names of ours
    return f"{first} update tallies set number = number + {change} where {same};"  # noqa: S608 - names of ours


TRIGGERS = (
    f"create trigger members_added after insert on members begin {_counted('new', 1)} end",
    f"create trigger members_dropped after delete on members begin {_counted('old', -1)} end",
    "create trigger members_moved after update of state, gate, stage, screened, framing on members"
    f" begin {_counted('old', -1)} {_counted('new', 1)} end",
)
