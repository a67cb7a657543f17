"""The values that travel through every stage. Frozen, without behaviour beyond their own arithmetic."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from harvester.pixels import Pixels


class Rating(StrEnum):
    """How revealing a picture is; one scale for all sites, mildest first."""

    GENERAL = "general"
    SENSITIVE = "sensitive"
    QUESTIONABLE = "questionable"
    EXPLICIT = "explicit"

    @property
    def strictness(self) -> int:
        """0 for general … 3 for explicit."""
        return list(Rating).index(self)


class Media(StrEnum):
    """What kind of thing the original file is."""

    STILL = "still"
    ANIMATION = "animation"
    VIDEO = "video"
    FLASH = "flash"


class Framing(StrEnum):
    """How much of the figure is in the picture, closest first."""

    CLOSE_UP = "close_up"
    PORTRAIT = "portrait"
    UPPER_BODY = "upper_body"
    COWBOY_SHOT = "cowboy_shot"
    FULL_BODY = "full_body"
    WIDE = "wide"


class People(StrEnum):
    """Who is in the picture."""

    NOBODY = "nobody"
    ALONE = "alone"
    FOCUS = "focus"  # others are there, the subject is the one in focus
    SEVERAL = "several"


class Verdict(StrEnum):
    """A gate's answer."""

    PASS = "pass"
    REJECT = "reject"
    UNKNOWN = "unknown"


class State(StrEnum):
    """Where a member of a harvest stands."""

    FOUND = "found"
    HIDDEN = "hidden"
    GONE = "gone"
    WANTED = "wanted"
    WAITING = "waiting"
    FAILED = "failed"
    BLOCKED = "blocked"
    FETCHED = "fetched"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"


MEASURED = ("width", "height", "bytes", "format", "media", "md5", "sha1", "sha256", "sha512")
"""Facts for which a measurement wins over any claim."""

Tags = Mapping[str, tuple[str, ...]]
"""Tag names by category: general, artist, character, copyright, meta, species, unknown."""


@dataclass(frozen=True, slots=True)
class Facts(Pixels):
    """What is known of a picture, also by its pixels; None is *unknown*. Sizes in pixels and bytes, times in UTC, hashes in lower-case hex."""

    # claimed by a site, or measured (a measurement wins)
    width: int | None = None
    height: int | None = None
    bytes: int | None = None
    format: str | None = None  # jpeg png webp avif gif … as Pillow names it, lower-cased
    media: Media | None = None
    md5: str | None = None
    sha1: str | None = None
    sha256: str | None = None
    sha512: str | None = None
    # claimed by a site only
    pixel_hash: str | None = None
    rating: Rating | None = None
    tags: Tags | None = None
    score: int | None = None
    favourites: int | None = None
    uses: int | None = None  # how many pages of its site show the file
    created: datetime | None = None
    updated: datetime | None = None
    status: frozenset[str] = frozenset()  # deleted pending flagged banned …
    # read out of tags and words by `vocabulary`; never stored
    framing: Framing | None = None
    people: People | None = None
    outfit: str | None = None  # the outfit's name, where words say it
    marks: Tags | None = None  # vocabulary set -> the tags that put the picture there

    def measured(self, measurement: Facts) -> Facts:
        """These claims with a measurement laid over them: every fact the measurement knows wins."""
        told = {name: getattr(measurement, name) for name in _NAMES}
        known = {name: value for name, value in told.items() if value not in (None, frozenset())}
        return replace(self, **known)


_NAMES = tuple(field.name for field in fields(Facts))


@dataclass(frozen=True, slots=True)
class Ruling:
    """One gate's answer about one picture."""

    gate: str
    verdict: Verdict
    reason: str
    value: str | int | float | None = None
    threshold: str | int | float | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between requests to one host, for API pages and for files, and how many files at once."""

    api: float = 1.0
    files: float = 1.0
    parallel: int = 2


class AuthKind(StrEnum):
    """How a family carries credentials."""

    NONE = "none"
    BASIC = "basic"
    QUERY = "query"
    HEADER = "header"
    LOGIN = "login+token"
    AGENT = "agent"  # the account name stands in the User-Agent


@dataclass(frozen=True, slots=True)
class Auth:
    """How a family signs requests. `keys` maps what the wire calls a value to the credential's own name."""

    kind: AuthKind = AuthKind.NONE
    keys: Mapping[str, str] = field(default_factory=dict)
    required: bool = False
    files: bool = False  # True when file downloads are signed as well


@dataclass(frozen=True, slots=True)
class Site:
    """One site: data only. `configured` is True when the user wrote it, which alone allows a private address."""

    name: str
    family: str
    url: str
    enabled: bool = True
    configured: bool = False
    interval: float | None = None  # seconds; None = the family's pace
    rating_default: Rating | None = None
    terms: str = ""
    automation: str = "unknown"  # documented tolerated refused unknown
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Narrow:
    """One narrowing of a walk: `by` framing, official, score or dates; `tags` are the family's own words for it."""

    by: str
    value: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """What one walk looks for. The family sends what its server takes; the rest is filtered after `parse`."""

    names: tuple[str, ...]
    want: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    ratings: frozenset[Rating] = frozenset()
    narrow: Narrow | None = None
    order: str = "id"  # or "updated", newest first, down to `since`
    since: datetime | None = None
    start: str | None = None  # a post id, category or page to begin at


class Ask(StrEnum):
    """Which capability a request belongs to."""

    SEARCH = "search"
    COUNT = "count"
    RESOLVE = "resolve"
    DETAIL = "detail"
    TAGS = "tags"


Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One page to ask a site for: plain data, a row of the frontier. `state` is what the family carries along."""

    site: str
    url: str
    params: Pairs = ()
    ask: Ask = Ask.SEARCH
    method: str = "GET"
    headers: Pairs = ()
    cookies: Pairs = ()
    body: bytes | None = None
    kind: str = "api"  # api html render folder
    state: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Canonical form: equal for two requests that ask a server the same thing."""
        body = self.body.decode("latin-1") if self.body else ""
        asked = [self.method, self.url, sorted(self.params), body, self.kind]
        return json.dumps(asked, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: any final status, also 4xx and 5xx. Header names are lower-case; `seen` lists pictures a rendered page showed."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes
    kind: str = "api"
    seen: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The body as UTF-8; damaged bytes become U+FFFD."""
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class File:
    """One file of a candidate. `urls` are alternatives in order; `expires` is when they stop working."""

    role: str  # original sample preview
    urls: tuple[str, ...]
    width: int | None = None
    height: int | None = None
    bytes: int | None = None
    format: str | None = None
    md5: str | None = None
    sha1: str | None = None
    sha256: str | None = None
    sha512: str | None = None
    headers: Pairs = ()
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Relations:
    """How a post says it belongs to others on the same site, and where it was taken from."""

    parent: str | None = None
    children: tuple[str, ...] = ()
    has_children: bool = False
    pools: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Word:
    """Text that stood at a picture: role is caption, heading, tab, filename, category or description."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Credit:
    """Who made a picture and under what licence it is given."""

    author: str | None = None
    licence: str | None = None
    licence_url: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A picture one site told us about. `incomplete` names what a detail request would add (url, tags, type)."""

    site: str
    post_id: str
    page_url: str
    claims: Facts = Facts()
    files: tuple[File, ...] = ()
    incomplete: frozenset[str] = frozenset()
    relations: Relations = Relations()
    words: tuple[Word, ...] = ()
    credits: tuple[Credit, ...] = ()

    @property
    def key(self) -> str:
        """`site:post_id`, the name people use."""
        return f"{self.site}:{self.post_id}"

    @property
    def original(self) -> File | None:
        """The original file, if the site gave its address."""
        return next((file for file in self.files if file.role == "original" and file.urls), None)


@dataclass(frozen=True, slots=True)
class Span:
    """What a page covered of an ordered walk: ids or timestamps from `low` to `high`, both included."""

    order: str  # id or time
    high: str
    low: str


@dataclass(frozen=True, slots=True)
class Name:
    """A name a site knows; `how` says what found it: exact, alias, autocomplete, qualified, fuzzy or the card."""

    name: str
    category: str = "general"
    count: int | None = None
    how: str = "exact"
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Tag:
    """One row of a site's tag table."""

    name: str
    category: str
    count: int | None = None
    alias_of: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What `parse` made of a reply. `end` marks the end of the walk; a short page never does."""

    candidates: tuple[Candidate, ...] = ()
    follow: tuple[Request, ...] = ()
    walked: Span | None = None
    end: bool = False
    count: int | None = None
    names: tuple[Name, ...] = ()
    tags: tuple[Tag, ...] = ()
