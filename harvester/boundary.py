"""The one hook at every boundary of the crash statement, so that tests can kill a real process there."""

from __future__ import annotations

from collections.abc import Callable

BOUNDARIES = (
    "net.replied",  # a page's reply is whole in memory, nothing of it is recorded
    "catalog.page",  # a page's candidates and follow-ups are committed
    "catalog.detail",  # what a post says of itself is committed, it is not judged again
    "catalog.round",  # a round is opened: its order is frozen
    "catalog.previewed",  # a preview, what it shows or what follows from it is committed
    "catalog.leased",  # a candidate is leased to this process, nothing is fetched
    "net.chunk",  # some bytes of a file are in its .part
    "net.whole",  # the .part is whole and synced
    "catalog.hashed",  # the lease row knows the SHA-256
    "store.renamed",  # the object has its name, the folder is not synced
    "store.synced",  # the folder is synced, the catalog does not know yet
    "catalog.stored",  # the commit point: the catalog knows the object
    "catalog.measured",  # measurements are committed
    "catalog.compared",  # what pictures are to each other is committed, no ruling follows from it yet
    "catalog.ruled",  # rulings and states of a round are committed
    "catalog.selected",  # the selection is committed
    "export.written",  # an export is complete beside its final place
)

ASIDE = (
    "dedup.drafted",  # a link to the kept file lies beside a copy, under a name of its own
    "dedup.copied",  # a copy is whole on another disk, not under its name yet
    "dedup.placed",  # a copy or a text beside it is at both places
    "dedup.moved",  # it is at its new place alone
)
"""The boundaries of `harvest dedup`, which is no harvest's."""

FORGETTING = (
    "forget.laid",  # what is removed is blocked, its files are here and may be selected still
    "forget.ruled",  # no harvest has it any more, its files are here
    "forget.dropped",  # the catalog knows the files no more
    "forget.removed",  # they are gone
)
"""The boundaries of `harvest forget`, which is of several harvests at once."""


def _nothing(name: str) -> None:
    """What every boundary does outside a test."""


class _Hook:
    """Holds the hook; an object, since a test replaces it in a process of its own before anything runs."""

    __slots__ = ("call",)

    def __init__(self) -> None:
        self.call: Callable[[str], None] = _nothing


hook = _Hook()


def cross(name: str) -> None:
    """Say that the boundary `name` (one of `BOUNDARIES`, `ASIDE` or `FORGETTING`) has just been crossed."""
    hook.call(name)
