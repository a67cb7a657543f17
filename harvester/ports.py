"""The protocols at the seams: what a family, a gate, an engine, a budget, a store and an exporter must do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Generic, Protocol, TypeVar, runtime_checkable

from harvester.model import (
    Auth,
    Candidate,
    Credit,
    Facts,
    Pace,
    Page,
    Query,
    Reply,
    Request,
    Ruling,
    Site,
)

T = TypeVar("T")
R = TypeVar("R")


class Source(Protocol):
    """A family speaking for one site: values in, values out; no I/O, no clock.

    `parse` sees every final reply, also 4xx and 5xx, and raises nothing but `ReplyError`s.
    """

    pace: ClassVar[Pace]
    auth: ClassVar[Auth]
    narrows: ClassVar[frozenset[str]]  # which `Narrow.by` the server can search for

    @property
    def site(self) -> Site: ...
    def search(self, query: Query) -> Request: ...
    def parse(self, request: Request, reply: Reply) -> Page: ...


@runtime_checkable
class Counts(Protocol):
    """A family whose server tells how many posts a query has (`Page.count`)."""

    def count(self, query: Query) -> Request: ...


@runtime_checkable
class Resolves(Protocol):
    """A family that can look a name up: exact, alias, autocomplete, qualified, fuzzy (`Page.names`).

    A step's page may lead on to the next step although it has names: whoever asks goes on until
    one of them is settled.
    """

    def resolve(self, name: str) -> Request: ...


@runtime_checkable
class Details(Protocol):
    """A family that tells of one post by itself (`Page.candidates`): what its lists leave out, or where a file lies now."""

    def detail(self, candidate: Candidate) -> Request: ...


@runtime_checkable
class NamesTags(Protocol):
    """A family that tells categories and counts of tags in batches (`Page.tags`).

    A single name may be a pattern that ends with `*`: every tag that begins so.
    """

    batch: ClassVar[int]  # how many names one request may ask about

    def tags(self, names: Sequence[str]) -> Request: ...


@runtime_checkable
class Renders(Protocol):
    """A family whose pages a browser may have to show, and with them pictures that nobody else is given."""

    renders: ClassVar[bool]


@runtime_checkable
class Whole(Protocol):
    """A family whose sites may have no search: what such a site shows is all of the subject's, by whatever name."""

    @property
    def whole(self) -> bool: ...


class Gate(Protocol):
    """One quality rule: facts in, ruling out; never a file, never the network."""

    name: ClassVar[str]
    needs: ClassVar[frozenset[str]]

    def judge(self, facts: Facts) -> Ruling: ...


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T, R]):
    """What became of one task: its result, or why its worker was lost."""

    task: T
    result: R | None = None
    lost: str | None = None


class Engine(Protocol):
    """Where work runs. Outcomes come in any order; a dead worker is an outcome, not an exception.

    A coroutine function runs on the engine's event loop, a plain one in a worker process. A lane is
    a host or any other thing that should not be asked by many at once; "" is no lane.
    """

    def run(
        self, work: Callable[[T], object], tasks: Iterable[T], *, lane: Callable[[T], str]
    ) -> Iterator[Outcome[T, object]]: ...
    def close(self) -> None: ...


class Budget(Protocol):
    """Who may ask a host, and when. Shared by every process that uses the same state."""

    async def turn(self, host: str, interval: float) -> float:
        """Wait for this host's next slot; the seconds waited."""
        ...

    def penalty(self, host: str, seconds: float) -> None:
        """Nobody asks this host for so many seconds from now."""
        ...


class Store(Protocol):
    """Content-addressed files, each written once and named by its SHA-256."""

    def part(self, name: str) -> Path:
        """Where a download called `name` is written before it is whole."""
        ...

    def adopt(self, part: Path, sha256: str, extension: str) -> Path:
        """Take a whole part in: rename, make the rename durable; the object's path. Idempotent."""
        ...

    def path(self, sha256: str, extension: str) -> Path: ...
    def has(self, sha256: str, extension: str) -> bool: ...
    def remove(self, sha256: str, extension: str) -> None: ...
    def objects(self) -> Iterator[tuple[str, Path]]:
        """Every stored object as (sha256 by its name, path)."""
        ...


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a picture comes from, as all sites that have it tell: who shows it, who made it, where it was taken from."""

    pages: tuple[str, ...] = ()
    artists: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    credits: tuple[Credit, ...] = ()

    @property
    def licences(self) -> tuple[str, ...]:
        """The licences that anybody names, each once."""
        return tuple(dict.fromkeys(one.licence for one in self.credits if one.licence))


@dataclass(frozen=True, slots=True)
class Item:
    """One picture to export: where it lies, what it is called, what its caption says."""

    path: Path
    name: str  # stem, safe on every file system
    caption: str
    candidate: Candidate
    facts: Facts
    mark: str = ""  # what a list of the pictures says of it beside its name
    origin: Origin = Origin()  # of all its copies


class Exporter(Protocol):
    """Writes chosen pictures in a layout some trainer reads."""

    name: ClassVar[str]

    def write(self, items: Sequence[Item], folder: Path) -> None: ...
