"""What is the same wherever a server may have no list of tags: those that only imitate an API have posts alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from harvester import Gone, Page, Tag, Unexpected


def told_or_unknown(names: Sequence[str], read: Callable[[], Iterable[Tag]]) -> Page:
    """Tags as the list of them tells; where a server has none the one that is asked for stays unknown."""
    try:
        tags = tuple(read())
    except (Gone, Unexpected):
        if len(names) > 1 or "*" in names[0]:
            raise
        tags = (Tag(names[0], "unknown"),)
    return Page(tags=tags, end=True)
