"""Examines sites: each thing they can do asked for once, and the questions about them that stand in `doctor.toml`."""

from __future__ import annotations

import asyncio
import os
import tomllib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, partial
from importlib.resources import files
from typing import Any
from urllib.parse import quote_plus, urlsplit

from harvester import vocabulary
from harvester.claims import merged
from harvester.errors import (
    Blocked,
    Busy,
    Gone,
    Guarded,
    NeedsKey,
    QueryRefused,
    SiteError,
    Unreachable,
)
from harvester.folders import is_folder
from harvester.gates.minors import ASSUMED, clear
from harvester.model import Candidate, Facts, Page, Pairs, Query, Rating, Reply, Request, Verdict
from harvester.net import (
    Account,
    FileBudget,
    Net,
    Waiting,
    ask,
    heard,
    open_net,
    peek,
    state_file,
)
from harvester.ports import Counts, Details, NamesTags, Resolves, Source
from harvester.stages import facts, replies
from harvester.stages.accounts import accounts
from harvester.stages.siting import ONCE, WORD

STEPS = 3
"""So many further requests may lead to the first post: plainer words, another way to look, a tag's number."""

ENDS = (Blocked, Busy, Unreachable)
"""After one of these a site is asked nothing more."""


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    BLOCKED = "blocked"
    KEY = "key"
    FAILED = "failed"
    UNASKED = "not asked"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing a site was asked, and what came of it. `asks` is a question of `doctor.toml` in plain words."""

    name: str
    state: State
    finding: str
    asks: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All that was found out about one site."""

    source: Source
    checks: tuple[Check, ...]

    @property
    def answers(self) -> bool:
        """Whether it answered its search, without which it is of no use."""
        return any(check.name == "search" and check.state is State.OK for check in self.checks)


@dataclass(frozen=True, slots=True)
class Question:
    """One question of `doctor.toml`, which tells what each key is for."""

    name: str
    asks: str
    path: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    show: Sequence[str] = ()
    unsigned: bool = False
    kind: str = "api"
    hosts: Sequence[str] = ()
    expects: Sequence[int] = ()
    file: bool = False

    def is_for(self, url: str) -> bool:
        """Whether a site at this address is asked."""
        host = f".{urlsplit(url).hostname or ''}"
        return not self.hosts or any(host.endswith(f".{end}") for end in self.hosts)


@cache
def tables() -> dict[str, dict[str, Any]]:
    """What stands in `doctor.toml`: family -> its `tag`, and its questions by name."""
    return tomllib.loads(files("harvester").joinpath("doctor.toml").read_text("utf-8"))


def questions(family: str) -> tuple[Question, ...]:
    """The questions about a family's sites, in their order."""
    table = tables().get(family, {})
    return tuple(Question(name, **told) for name, told in table.items() if isinstance(told, dict))


def examine(
    adapters: Sequence[Source], *, contact: str, waiting: Waiting, word: str | None = None
) -> list[Report]:
    """Examine sites side by side, each at its own pace, one request after the other; nothing is tried twice."""
    if word and (refused := vocabulary.forbidden(word)):
        raise QueryRefused(f"--tag: {refused}; this program never asks for it")
    budget = FileBudget(state_file(os.environ))
    budget.waiting = waiting
    signed: dict[str, Account] = {}
    lame: dict[str, str] = {}
    for one in adapters:
        try:
            signed |= accounts([one])
        except NeedsKey as error:  # half of an account
            lame[one.site.name] = str(error)

    async def examined() -> list[Report]:
        sites = [one.site for one in adapters]
        net = open_net(sites, contact=contact, budget=budget, credentials=signed, settings=ONCE)
        net.waiting = waiting
        try:
            visits = [Visit(net, one, word, lame.get(one.site.name, "")) for one in adapters]
            return list(await asyncio.gather(*(visit.report() for visit in visits)))
        finally:
            await net.aclose()

    try:
        return asyncio.run(examined())
    finally:
        budget.close()


class _Unasked(Exception):
    """There is nothing to ask with, or it may not be asked."""


class Visit:
    """One site under examination: what is known of it so far, and why nothing more is asked of it."""

    def __init__(self, net: Net, source: Source, word: str | None, lame: str = "") -> None:
        self._net, self._source = net, source
        self._word = word or tables().get(source.site.family, {}).get("tag", WORD)
        self._query = Query((self._word,), ratings=frozenset({Rating.GENERAL}))
        self._lame = lame
        self._over = ""
        self._found: Sequence[Candidate] = ()
        self._chosen: Candidate | None = None
        self._detail: Candidate | None = None

    async def report(self) -> Report:
        """Every check in its order; those of files come last, since another host may answer them."""
        checks = []
        for name, asks, work in self._plan():
            checks.append(await self._check(name, asks, work))
        return Report(self._source, tuple(checks))

    def _plan(self) -> Iterator[tuple[str, str, Callable[[], Awaitable[str]]]]:
        site, able = self._source.site, self._source
        yield "search", "", self._search
        if isinstance(able, Counts):
            yield "count", "", partial(self._count, able)
        if isinstance(able, Resolves):
            yield "names", "", partial(self._names, able)
        if isinstance(able, NamesTags):
            yield "tags", "", partial(self._tags, able)
        if isinstance(able, Details):
            yield "detail", "", partial(self._details, able)
        if is_folder(site.url):
            return  # its files lie on this machine
        asked = [question for question in questions(site.family) if question.is_for(site.url)]
        for question in asked:
            if not question.file:
                yield question.name, question.asks, partial(self._answer, question)
        yield "file", "", self._file
        for question in asked:
            if question.file:
                yield question.name, question.asks, self._bare_file

    async def _check(self, name: str, asks: str, work: Callable[[], Awaitable[str]]) -> Check:
        """One check; whatever a site does is a finding."""
        if self._lame:
            return Check(name, State.KEY, self._lame, asks)
        if self._over:
            return Check(name, State.UNASKED, self._over, asks)
        try:
            return Check(name, State.OK, await work(), asks)
        except _Unasked as why:
            return Check(name, State.UNASKED, str(why), asks)
        except SiteError as error:
            if isinstance(error, ENDS):
                self._over = f"the site is left alone after `{name}`"
            states = ((NeedsKey, State.KEY), (Blocked, State.BLOCKED))
            state = next((to for kind, to in states if isinstance(error, kind)), State.FAILED)
            return Check(name, state, " ".join(str(error).split()), asks)

    # ---- what the family can do ------------------------------------------------------------

    async def _search(self) -> str:
        page = await self._ask(self._source.search(self._query))
        for _ in range(STEPS):
            if page.candidates or not page.follow:
                break
            page = await self._ask(page.follow[0])
        self._found = page.candidates
        known = [(one, _read(self._source, one)) for one in self._found]
        clean = [one for one, told in known if clear(told).verdict is not Verdict.REJECT]
        self._chosen = next((one for one, told in known if _may_be_seen(told)), None)
        self._chosen = self._chosen or next(iter(clean), None)
        if not self._found:
            return f"answers, with no post for '{self._word}'"
        with_file = sum(one.original is not None for one in self._found)
        ratings = Counter(str(one.claims.rating or "unrated") for one in self._found)
        rated = ", ".join(f"{count} {rating}" for rating, count in ratings.items())
        return f"{_posts(len(self._found))}, {with_file} with a file; {rated}"

    async def _count(self, able: Counts) -> str:
        count = (await self._ask(able.count(self._query))).count
        return "no number" if count is None else f"{_posts(count)} for '{self._word}'"

    async def _names(self, able: Resolves) -> str:
        page = await self._ask(able.resolve(self._word))
        shown = [one for one in page.names if not vocabulary.forbidden(one.name)]
        if not shown:
            return f"no name like '{self._word}' at the first step"
        first = shown[0]
        count = "" if first.count is None else f", {_posts(first.count)}"
        more = f"; {len(shown) - 1} more" if len(shown) > 1 else ""
        return f"{first.name} ({first.category}, {first.how}{count}){more}"

    async def _tags(self, able: NamesTags) -> str:
        tags = (await self._ask(able.tags([self._word]))).tags
        shown = [tag for tag in tags if not vocabulary.forbidden(tag.name)]
        if not shown:
            return f"'{self._word}' is no tag there"
        count = "" if shown[0].count is None else f", {_posts(shown[0].count)}"
        return f"{shown[0].name} ({shown[0].category}{count})"

    async def _details(self, able: Details) -> str:
        chosen = self._post()
        page = await self._ask(able.detail(chosen))
        self._detail = next((one for one in page.candidates if one.key == chosen.key), None)
        if self._detail is None:
            return f"{chosen.key}: {_tags_told(len(page.tags))}"
        count = sum(map(len, (self._detail.claims.tags or {}).values()))
        file = "a file" if self._detail.original else "no file"
        return f"{chosen.key}: {file}, {_tags_told(count)}"

    async def _bare_file(self) -> str:
        """The same without the headers that its family sends; that there is none so is an answer too."""
        try:
            return await self._file(headers=False)
        except (Blocked, Gone, Guarded) as error:
            return f"no: {str(error).partition(';')[0]}"

    async def _file(self, *, headers: bool = True) -> str:
        """The first bytes of a picture that the minors gate lets through and that its site rates general."""
        chosen = self._post()
        told, file = _read(self._source, chosen), chosen.original
        if self._detail is not None:
            told = merged([told, _read(self._source, self._detail)])
            file = self._detail.original or file
        if not _may_be_seen(told):
            raise _Unasked("no picture on the page is known to be rated general")
        if file is None:
            raise _Unasked(f"{chosen.key} tells no address")
        seen = await peek(self._net, self._source, file, headers=headers)
        size = "of unknown length" if seen.bytes is None else f"of {seen.bytes} bytes"
        until = f"; address works until {file.expires:%Y-%m-%d %H:%M} UTC" if file.expires else ""
        return f"{seen.format} {size} from {seen.host}{until}"

    def _post(self) -> Candidate:
        if self._chosen is None:
            raise _Unasked("the search showed no post to ask for")
        return self._chosen

    async def _ask(self, request: Request) -> Page:
        return await ask(self._net, self._source, request)

    # ---- what stands in doctor.toml --------------------------------------------------------

    async def _answer(self, question: Question) -> str:
        own = self._source.search(self._query)  # with the headers that its family sends
        request = Request(
            site=own.site,
            url=own.url if question.path is None else self._below(question.path),
            params=self._filled(question.params),
            headers=own.headers,
            cookies=own.cookies,
            kind=question.kind,
        )

        def read(request: Request, reply: Reply) -> str:
            if reply.status in {429, 503} and reply.status not in question.expects:
                raise Busy(f"answers {replies.told(reply, ['limits'])}")
            return replies.told(reply, question.show)

        signed = not question.unsigned
        return await heard(self._net, self._source, request, read, signed=signed)

    def _below(self, path: str) -> str:
        named = path.replace("{tag}", quote_plus(self._word))
        return f"{self._source.site.url.rstrip('/')}/{named}"

    def _filled(self, params: Mapping[str, str]) -> Pairs:
        return tuple((name, text.replace("{tag}", self._word)) for name, text in params.items())


def _read(source: Source, candidate: Candidate) -> Facts:
    return facts.read(candidate, source.site.family)


def _may_be_seen(told: Facts) -> bool:
    """Rated general by somebody, and nothing says that the picture must never be asked for."""
    rated = told.rating is Rating.GENERAL and ASSUMED not in told.status
    return rated and clear(told).verdict is not Verdict.REJECT


def _posts(count: int) -> str:
    return "1 post" if count == 1 else f"{count} posts"


def _tags_told(count: int) -> str:
    return "1 tag" if count == 1 else f"{count} tags"
