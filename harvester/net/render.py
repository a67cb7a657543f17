"""Shows one page in the browser: which requests of it are let through, what it looked like, which pictures it loaded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag, urlsplit

from harvester.errors import Guarded, SiteError, Unreachable
from harvester.model import Pairs, Reply
from harvester.net.calls import Call
from harvester.net.client import Net, host_of
from harvester.net.guard import PICTURES, Guard, opted_out, sniff
from harvester.net.proxy import Permit
from harvester.net.retry import Again, retry_after
from harvester.net.settling import LOADING, Traffic, settle

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page, Request, Response, Route

LOADED = frozenset({"document", "stylesheet", "script", "image", "xhr", "fetch"})
"""What a page may load; no media, fonts, manifests, pings, sockets, or whatever else there is."""

DATA = frozenset({"xhr", "fetch"})
"""What a page's scripts ask for by themselves: robots.txt is asked about these as about pages."""

TRACKERS = (
    *("google-analytics.com", "googletagmanager.com", "doubleclick.net", "googlesyndication.com"),
    *("googleadservices.com", "amazon-adsystem.com", "adnxs.com", "adsrvr.org", "criteo.com"),
    *("facebook.net", "hotjar.com", "scorecardresearch.com", "quantserve.com", "taboola.com"),
    *("outbrain.com", "rubiconproject.com", "pubmatic.com", "openx.net", "chartbeat.com"),
    *("newrelic.com", "nr-data.net", "segment.io", "mixpanel.com", "clarity.ms", "yandex-team.ru"),
)
"""Hosts, with all below them, that count visitors or sell places; none has a picture anybody looks for."""

MOST_DOCUMENTS = 12
"""Pages in frames, and pages that a page leads on to by itself."""

MOST_PICTURE = 64 << 20
WINDING_UP = 5.0
"""Seconds to read the page once its time is over."""

POLICY = (
    "worker-src 'none'; object-src 'none'; form-action 'none'; "
    "connect-src http: https: data: blob:; frame-src http: https: data: blob:"
)
"""Added to what the site allows itself: no workers, whose requests nobody sees, no sockets, no forms."""

PASSED_ON = ("content-type", "content-security-policy", "referrer-policy", "x-frame-options")


@dataclass(frozen=True, slots=True)
class Document:
    """A page as our own client got it; `cookies` are Set-Cookie lines."""

    reply: Reply
    host: str
    cookies: tuple[str, ...] = ()

    @property
    def is_page(self) -> bool:
        """Is there anything for a browser to show?"""
        kind = self.reply.headers.get("content-type", "").partition(";")[0].strip().lower()
        attached = self.reply.headers.get("content-disposition", "").lower().startswith("attach")
        return kind in {"text/html", "application/xhtml+xml"} and not attached


@dataclass(frozen=True, slots=True)
class Asking:
    """The way to the network that every page goes. `document` asks for one, `admit` whether robots.txt lets it."""

    document: Callable[[str, Pairs], Awaitable[Document]]
    admit: Callable[[str], Awaitable[float]]


async def show(
    net: Net, call: Call, first: Document, asking: Asking, *, keep: bool = False
) -> Reply:
    """What a browser makes of this page; with `keep`, the bytes of its pictures go to `net.browser.kept`."""
    from playwright.async_api import Error

    guard, showing = Guard.of(net.site(call.account.site)), None
    try:
        async with net.browser.opened(guard) as (context, permit):
            showing = _Showing(net, first, asking, permit, keep=keep)
            html = await showing.run(context)
    except Error as error:
        if showing is None or showing.trouble is None:
            why = error.message.splitlines()[0][:200]
            told = Unreachable(f"the browser lost a page of {first.host}: {why}")
            raise Again(first.host, told) from None
    if showing.trouble is not None:
        raise showing.trouble
    body = call.account.redact_bytes(html)
    if len(body) > net.settings.page_bytes:
        raise Guarded(f"{first.reply.url}, rendered, is longer than the bytes allowed")
    seen = tuple(call.account.redact(url) for url in showing.seen)
    return replace(showing.main.reply, body=body, kind="render", seen=seen)


class _Showing:
    """One page in the browser."""

    def __init__(
        self, net: Net, first: Document, asking: Asking, permit: Permit, *, keep: bool
    ) -> None:
        self.main = first
        self.seen: tuple[str, ...] = ()
        self.trouble: SiteError | Again | None = None
        self._net = net
        self._asking = asking
        self._permit = permit
        self._keep = keep
        self._traffic = Traffic()
        self._page: Page | None = None
        self._next: Document | None = first
        self._ready: dict[str, Document] = {}
        self._requests = 0
        self._documents = 0
        self._is_settling = False
        self._over = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, context: BrowserContext) -> bytes:
        """Show the page until it has shown all, or its time is over; the HTML it has become."""
        await context.add_init_script(_NOTHING_AHEAD)
        await context.route("**/*", self._route)
        await context.route_web_socket("**/*", lambda socket: self._later(socket.close()))
        page = self._page = context.pages[0]
        context.on("page", lambda popup: self._later(popup.close()))
        context.on("request", self._began)
        context.on("requestfinished", self._finished)
        context.on("requestfailed", self._failed)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._net.settings.browser.max_seconds):
                await self._unless_over(self._settled(page))
        if self.trouble is not None:
            return b""
        html = self.main.reply.body
        with suppress(TimeoutError):  # a script that never ends lets nobody read the page
            async with asyncio.timeout(WINDING_UP):
                html = (await page.content()).encode("utf-8", "replace")
                self.seen = self._in_order(await page.evaluate(_SHOWN))
        self.seen = self.seen or self._in_order([])
        if self._keep and self._tasks:
            await asyncio.wait(self._tasks, timeout=WINDING_UP)
        return html

    async def _settled(self, page: Page) -> None:
        await page.goto(self.main.reply.url, wait_until="commit", timeout=0)
        await self._traffic.quiet(LOADING)
        self._is_settling = True
        await settle(page, self._traffic, self._is_enough)

    async def _unless_over(self, work: Coroutine[Any, Any, None]) -> None:
        """Do this until it is done, or the page led to something that ends it."""
        tasks = [asyncio.ensure_future(work), asyncio.ensure_future(self._over.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            [done, _] = await asyncio.gather(*tasks, return_exceptions=True)
        if isinstance(done, Exception) and not self._over.is_set():
            raise done

    def _is_enough(self) -> bool:
        return self.trouble is not None or self._permit.is_spent or self._asked_enough

    @property
    def _asked_enough(self) -> bool:
        return self._requests > self._net.settings.browser.max_requests

    def _in_order(self, shown: list[str]) -> tuple[str, ...]:
        """Pictures as they stand in the page, then what it loaded besides, so that two visits tell the same."""
        came = self._traffic.pictures
        placed = [url for url in dict.fromkeys(shown) if url in came]
        return (*placed, *sorted(came.keys() - set(placed)))

    # ---- what a page asks for -------------------------------------------------------------

    async def _route(self, route: Route) -> None:
        from playwright.async_api import Error

        request = route.request
        with suppress(Error):  # the page or the whole browser is gone
            try:
                self._requests += 1
                self._check(request)
                if request.resource_type == "document":
                    await self._document(route)
                    return
                if request.resource_type in DATA:
                    await self._asking.admit(request.url)
                # A host that wants a pause gets it, and one with a daily number is counted.
                await self._net.budget.turn(host_of(request.url), 0.0)
            except (SiteError, Again):
                # "aborted" leaves the page where it is; any other reason would show an error in its place.
                await route.abort("aborted")
            else:
                await route.continue_()

    def _check(self, request: Request) -> None:
        host = urlsplit(request.url).hostname or ""
        if request.method != "GET" or request.resource_type not in LOADED:
            raise Guarded(f"a page may not load this: {request.method} {request.resource_type}")
        if any(host == one or host.endswith(f".{one}") for one in TRACKERS):
            raise Guarded(f"{host} only counts visitors")
        if self._is_enough():
            raise Guarded("the page has loaded all it may")

    async def _document(self, route: Route) -> None:
        """Pages come through our own client: robots.txt, pace, addresses and challenges are seen to there."""
        request = route.request
        is_main = request.frame.parent_frame is None
        if is_main and (request.frame.page != self._page or self._is_settling):
            raise Guarded("a page may not lead on to another, nor open one, by a click")
        try:
            found = await self._found(request, is_main=is_main)
        except (SiteError, Again) as error:
            if is_main:
                self.trouble = error
                self._over.set()
            raise
        if not found.is_page:
            raise Guarded(f"{found.host} sent no page")
        if urldefrag(found.reply.url)[0] != urldefrag(request.url)[0] and found is not self.main:
            # Redirected: the browser has to go there itself, or it would take one site for another.
            self._ready[urldefrag(found.reply.url)[0]] = found
            await route.fulfill(content_type="text/html", body=_moved(found.reply.url))
            return
        if is_main:
            self.main = found
        await route.fulfill(
            status=found.reply.status, headers=_headers(found), body=found.reply.body
        )

    async def _found(self, request: Request, *, is_main: bool) -> Document:
        if is_main and self._next is not None:
            found, self._next = self._next, None
            return found
        if (ready := self._ready.pop(urldefrag(request.url)[0], None)) is not None:
            return ready
        self._documents += 1
        if self._documents > MOST_DOCUMENTS:
            raise Guarded("the page leads on to too many others")
        held = await request.frame.page.context.cookies(request.url)
        told = {name: request.headers.get(name, "") for name in ("referer", "accept-language")}
        told["cookie"] = "; ".join(f"{one['name']}={one['value']}" for one in held)
        return await self._asking.document(
            request.url, tuple((name, value) for name, value in told.items() if value)
        )

    # ---- what came ------------------------------------------------------------------------

    def _began(self, request: Request) -> None:
        from playwright.async_api import Error

        with suppress(Error):  # of a window that is being opened, which is closed unseen
            if request.url.startswith("http") and request.frame.page == self._page:
                self._traffic.began(request)

    def _failed(self, request: Request) -> None:
        self._traffic.ended(request)

    def _finished(self, request: Request) -> None:
        self._later(self._came(request))

    async def _came(self, request: Request) -> None:
        try:
            response = await request.response()
            if response is not None:
                await self._look(request, response)
        finally:
            self._traffic.ended(request)

    async def _look(self, request: Request, response: Response) -> None:
        headers = response.headers
        if response.status in {429, 503}:
            delay = retry_after(headers, self._net.clock.now())
            if delay is not None:
                self._net.budget.penalty(host_of(response.url), delay)
        is_picture = headers.get("content-type", "").lower().startswith("image/")
        if response.status != 200 or not (is_picture or request.resource_type == "image"):
            return
        asked = request
        while asked.redirected_from is not None:  # the address that the page names
            asked = asked.redirected_from
        self._traffic.pictures[asked.url] = None
        if self._keep and not opted_out(headers):
            body = await response.body()
            if len(body) <= MOST_PICTURE and sniff(body[:512]) in PICTURES:
                await asyncio.to_thread(self._net.browser.kept.put, asked.url, body)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do this beside everything else; that the page is gone meanwhile is no fault."""

        async def quietly() -> None:
            from playwright.async_api import Error

            with suppress(Error):
                await work

        task = asyncio.get_running_loop().create_task(quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


_NOTHING_AHEAD = """new MutationObserver(changes => {
  for (const change of changes) for (const node of change.addedNodes)
    if (node.nodeName === 'SCRIPT' && node.type === 'speculationrules') node.remove();
}).observe(document, {childList: true, subtree: true})"""
# Rules for loading pages ahead of time are taken out before they work: what they load is not told to
# us, so neither robots.txt nor pace would be kept. Chromium has no switch for it under automation.
# (Where the proxy can see such a request, it refuses it.)

_SHOWN = "() => [...document.images].flatMap(one => [one.currentSrc, one.src])"


def _headers(found: Document) -> dict[str, str]:
    """What the browser has to know of a page, with our policy beside the site's own."""
    told = {name: value for name, value in found.reply.headers.items() if name in PASSED_ON}
    own = told.get("content-security-policy")
    told["content-security-policy"] = f"{own}, {POLICY}" if own else POLICY
    if found.cookies:
        told["set-cookie"] = "\n".join(found.cookies)
    return told


def _moved(url: str) -> str:
    return f'<meta http-equiv="refresh" content="0;url={escape(url, quote=True)}">'
