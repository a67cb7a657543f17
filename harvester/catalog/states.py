"""Which moves a member may make. Anything else is a bug and raises."""

from __future__ import annotations

from harvester.model import State

_JUDGED = {State.WANTED, State.REJECTED, State.DUPLICATE, State.HIDDEN}
_ENDED = {State.FETCHED, State.FAILED, State.GONE, State.BLOCKED, State.WAITING}

ALLOWED: dict[State, frozenset[State]] = {
    State.FOUND: frozenset(_JUDGED | {State.GONE, State.FETCHED, State.BLOCKED}),
    State.HIDDEN: frozenset(_JUDGED),
    State.GONE: frozenset({State.WANTED, State.REJECTED}),
    State.WANTED: frozenset(_JUDGED | _ENDED),
    State.WAITING: frozenset(_JUDGED | _ENDED),
    State.FAILED: frozenset(_JUDGED | {State.FETCHED}),
    State.BLOCKED: frozenset(_JUDGED | {State.FETCHED}),
    State.FETCHED: frozenset(_JUDGED | {State.ACCEPTED, State.FAILED}),
    State.ACCEPTED: frozenset(_JUDGED | {State.FETCHED}),
    State.REJECTED: frozenset(_JUDGED | {State.FETCHED, State.ACCEPTED}),
    State.DUPLICATE: frozenset(_JUDGED | {State.FETCHED, State.ACCEPTED}),
}
"""From a state to those it may become; a new revision judges afresh, hence the ways back."""

FINAL = frozenset(set(State) - {State.FOUND, State.WANTED, State.FETCHED})
"""A member of a round in one of these states keeps the round from nothing."""


def check(before: State, after: State) -> None:
    """Raise ValueError when a member may not go from `before` to `after`."""
    if before is not after and after not in ALLOWED[before]:
        raise ValueError(f"a member cannot go from {before} to {after}")
