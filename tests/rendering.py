"""A real Chromium and a site on loopback whose pages tests write, for the tests of what a browser shows."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from harvester.config import Browser
from harvester.errors import NeedsBrowser
from harvester.model import Reply, Request, Site
from harvester.net import FileBudget, Net, Patience, Settings, ask, chromium, open_net
from tests.loopback import PNG, Echo, Heard, Say, Server, serving, site_at

T = TypeVar("T")
PICTURE = Say(PNG[:2000], headers={"Content-Type": "image/png"})
CONTACT = "mailto:me@example.org"
NEVER = Path("/nonexistent/playwrights/own")

Answer = Say | Callable[[Heard], Say]


def required() -> None:
    """Skip without a browser; where the programs must be there (CI), fail."""
    try:
        chromium.find("", os.environ, NEVER)
    except NeedsBrowser as error:
        told = pytest.fail if os.environ.get("HARVEST_REQUIRE_PROGRAMS") else pytest.skip
        told(f"no browser to test with: {error}")


def page(body: str, *, head: str = "", status: int = 200, **headers: str) -> Say:
    """A page of HTML; names of headers have `_` for `-`."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    text = f"<!doctype html><html><head><title>t</title>{head}</head><body>{body}</body></html>"
    return Say(text.encode(), status, {"Content-Type": "text/html; charset=utf-8", **told})


@dataclass
class Web:
    """A site that answers by path; whatever ends with `.png` is a picture, anything else is not there."""

    answers: dict[str, Answer] = field(default_factory=dict)

    def __call__(self, heard: Heard) -> Say:
        path = heard.path.partition("?")[0]
        found = self.answers.get(path, PICTURE if path.endswith(".png") else Say(status=404))
        return found if isinstance(found, Say) else found(heard)


@dataclass
class Desk:
    """A network with a browser, one site in it, and the event loop that carries both."""

    runner: asyncio.Runner
    net: Net
    web: Web
    server: Server
    source: Echo

    @property
    def url(self) -> str:
        return self.source.site.url

    def put(self, path: str, answer: Answer) -> None:
        """Answer this path so from now on."""
        self.web.answers[path] = answer

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of work that needs the network."""
        return self.runner.run(work)

    def show(self, path: str, answer: Answer | None = None) -> Reply:
        """The page at this path, rendered; put there first if it is given."""
        if answer is not None:
            self.put(path, answer)
        request = Request(self.source.site.name, self.url + path, kind="render")
        self.wait(ask(self.net, self.source, request))
        return self.source.replies[-1]

    def asked(self, start: str = "/") -> list[str]:
        """What the site was asked for, below a path."""
        return [heard.path for heard in self.server.heard if heard.path.startswith(start)]

    def seen(self, reply: Reply) -> list[str]:
        """The pictures of a page that lie at this site, by their paths."""
        return [url.removeprefix(self.url) for url in reply.seen]


class Told(AbstractResolver):
    """A resolver that gives these addresses one after the other, the last one for ever."""

    def __init__(self, *addresses: str) -> None:
        self.names: list[str] = []
        self._left = list(addresses)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.names.append(host)
        address = self._left.pop(0) if len(self._left) > 1 else self._left[0]
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        """Nothing is open."""


@contextmanager
def desk(
    state: Path,
    *,
    browser: Browser | None = None,
    patience: Patience | None = None,
    host: str = "127.0.0.1",
    resolver: AbstractResolver | None = None,
    **over: Any,
) -> Iterator[Desk]:
    """A desk of its own, with a browser once it shows something; `resolver` tells where other hosts are."""
    web = Web()
    settings = Settings(
        connect=5,
        read=10,
        patience=patience or Patience(attempts=2),
        browser=browser or Browser(),
    )
    with serving(web) as server, asyncio.Runner() as runner:
        site: Site = site_at(server, url=f"http://{host}:{server.port}", **over)
        budget = FileBudget(state / "pace.db")

        async def opened() -> Net:
            return open_net([site], contact=CONTACT, budget=budget, settings=settings)

        net = runner.run(opened())
        net.resolver = resolver
        try:
            yield Desk(runner, net, web, server, Echo(site))
        finally:
            runner.run(net.aclose())
            budget.close()
