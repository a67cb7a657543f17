"""The one error tree. Each error says what happened, where, and what to do; `cli` maps it to an exit code.

HarvestError                      1   anything unforeseen of ours
├── UsageError                    2   an option or argument makes no sense
├── RecipeError                   4   a recipe, config or query is wrong
│   └── QueryRefused              4   a query we will not ask, whatever the settings
├── LibraryError                  5   the library cannot be used: damaged, unwritable, disk full
│   ├── HarvestInUse              5   another process works on this harvest
│   └── NewerSchema               5   the catalog was written by a newer version
└── SiteError                     6   a site refused, is unreachable or answered nonsense
    ├── Blocked                       a challenge, a login wall, a ban: stop this site
    ├── Guarded                       an address, size or type we do not accept from a network reply
    ├── Unreachable                   no answer after the retries were spent
    ├── NeedsBrowser                  a page has to be rendered, and no Chromium is there to do it
    └── ReplyError                    what an adapter's `parse` may raise, nothing else:
        ├── Busy                          ask again later
        ├── NeedsKey                      the site wants an account for this
        ├── Refused                       the site will not answer this query
        │   └── Disallowed                its robots.txt keeps this page from programs
        ├── TooDeep                       the site pages no further here
        ├── Gone                          the post is no more
        └── Unexpected                    the reply has not the documented shape
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import ClassVar


class Exit(IntEnum):
    """Exit codes of the `harvest` command; docs and help are generated from the comments' text."""

    DONE = 0
    BUG = 1
    USAGE = 2
    SHORT = 3
    RECIPE = 4
    LIBRARY = 5
    SITE = 6
    INTERRUPTED = 130
    TERMINATED = 143

    @property
    def meaning(self) -> str:
        """One line for the documentation."""
        return _MEANINGS[self]


_MEANINGS: dict[Exit, str] = {
    Exit.DONE: "done",
    Exit.BUG: "a bug; the trace is printed",
    Exit.USAGE: "an option or argument makes no sense",
    Exit.SHORT: "short of the target; the summary says why",
    Exit.RECIPE: "the recipe, config or query is wrong or refused",
    Exit.LIBRARY: "the harvest is in use, or the library cannot be used",
    Exit.SITE: "a site refused or could not be reached",
    Exit.INTERRUPTED: "stopped by Ctrl-C; the same command goes on",
    Exit.TERMINATED: "stopped by SIGTERM; the same command goes on",
}


class HarvestError(Exception):
    """Root of everything this program raises on purpose."""

    exit_code: ClassVar[Exit] = Exit.BUG


class UsageError(HarvestError):
    """An option or argument makes no sense."""

    exit_code = Exit.USAGE


class RecipeError(HarvestError):
    """A recipe, config file or query is wrong; names file, key and remedy."""

    exit_code = Exit.RECIPE


class QueryRefused(RecipeError):
    """A query that is never asked, whatever the settings."""


class LibraryError(HarvestError):
    """The library cannot be used: damaged, unwritable, disk full."""

    exit_code = Exit.LIBRARY


class HarvestInUse(LibraryError):
    """Another process holds this harvest's lock."""


class NewerSchema(LibraryError):
    """The catalog was written by a newer version of this program."""


class SiteError(HarvestError):
    """A site refused, is unreachable or answered nonsense."""

    exit_code = Exit.SITE


class Blocked(SiteError):
    """A challenge, a login wall or a ban: this site is left alone and reported."""


class Guarded(SiteError):
    """An address, size or type that is not accepted from a network reply."""


class Unreachable(SiteError):
    """No usable answer after the retries were spent."""


class NeedsBrowser(SiteError):
    """A page shows its pictures only in a browser, and none is there or starts; says how to get one."""


class ReplyError(SiteError):
    """What `Source.parse` may raise."""


class Busy(ReplyError):
    """Ask again later: in `after` seconds, at `until`, or when `net` thinks best."""

    def __init__(
        self, message: str, *, after: float | None = None, until: datetime | None = None
    ) -> None:
        super().__init__(message)
        self.after = after
        self.until = until


class NeedsKey(ReplyError):
    """The site wants an account or key for this request."""


class Refused(ReplyError):
    """The site will not answer this query; asking again changes nothing."""


class Disallowed(Refused):
    """A page that robots.txt keeps from programs; it is never asked for, others of the site may be."""


class TooDeep(ReplyError):
    """The site pages no further on this walk."""


class Gone(ReplyError):
    """The post or page is no more."""


class Unexpected(ReplyError):
    """The reply has not the documented shape; `field` says where."""

    def __init__(self, field: str, found: object = None) -> None:
        shown = "" if found is None else f", found {str(found)[:80]!r}"
        super().__init__(f"unexpected reply at {field}{shown}")
        self.field = field
