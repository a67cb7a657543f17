"""One Chromium for many pages: started when a page first needs it, changed for a fresh one now and then, closed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harvester import config
from harvester.errors import Busy, NeedsBrowser
from harvester.net import chromium
from harvester.net.guard import Guard
from harvester.net.kept import Kept
from harvester.net.proxy import HELLO, Addresses, Permit, Proxy

if TYPE_CHECKING:
    from playwright.async_api import Browser as Chromium
    from playwright.async_api import BrowserContext, Playwright

PAGES = 100
"""After so many pages a browser is changed for a fresh one, whatever it has gathered."""

AT_ONCE = 2
"""Pages that are rendered side by side; each takes some hundred MB."""

START_SECONDS = 60.0
CLOSE_SECONDS = 3.0

VIEW = (1280, 1600)
"""Width and height of the window in pixels: high, so that few steps lead down a page."""


@dataclass(slots=True)
class _Running:
    """A browser and playwright's driver, a process that ends with ours and takes the browser along."""

    playwright: Playwright
    chromium: Chromium
    begun: int = 0
    open: int = 0

    @property
    def is_worn(self) -> bool:
        return self.begun >= PAGES or not self.chromium.is_connected()

    async def close(self) -> None:
        await _quietly(self.chromium.close())
        await _quietly(self.playwright.stop())


class Browser:
    """The browser of one network. `pages` counts what it rendered, `restarts` how often it was changed."""

    def __init__(self, settings: config.Browser, agent: str, addresses: Addresses) -> None:
        self.settings = settings
        self.proxy = Proxy(addresses)
        self.kept = Kept()
        self.shown: set[str] = set()  # pages that were rendered for bytes
        self.looked: dict[str, asyncio.Lock] = {}  # and who is at it
        self.pages = 0
        self.restarts = 0
        self._agent = agent
        self._running: _Running | None = None
        self._worn: list[_Running] = []
        self._starting = asyncio.Lock()
        self._places = asyncio.Semaphore(AT_ONCE)

    async def aclose(self) -> None:
        """Close the browser and its proxy; the next page would start others."""
        running = [*self._worn, *([self._running] if self._running else [])]
        self._running, self._worn = None, []
        await asyncio.gather(*(one.close() for one in running))
        await self.proxy.aclose()
        self.kept.close()

    @asynccontextmanager
    async def opened(self, guard: Guard) -> AsyncIterator[tuple[BrowserContext, Permit]]:
        """A profile of its own in memory, with a permit for the proxy; both end with the block."""
        if self.pages >= self.settings.max_pages:
            raise Busy(
                f"this run has rendered {self.pages} pages, as many as [browser] max_pages allows; "
                "the same command goes on"
            )
        self.pages += 1
        async with self._places:
            running = await self._fresh()
            try:
                with self.proxy.admitting(guard, self.settings.max_bytes) as permit:
                    context = await self._context(running, permit)
                    try:
                        yield context, permit
                    finally:
                        await _quietly(context.close())
            finally:
                running.open -= 1
                if running in self._worn and not running.open:
                    self._worn.remove(running)
                    await running.close()

    async def _fresh(self) -> _Running:
        """The running browser with a page more, or a new one where it has had its number."""
        async with self._starting:
            if self._running is not None and self._running.is_worn:
                worn, self._running = self._running, None
                self.restarts += 1
                if worn.open:
                    self._worn.append(worn)
                else:
                    await worn.close()
            if self._running is None:
                self._running = await self._start()
            self._running.begun += 1
            self._running.open += 1
            return self._running

    async def _start(self) -> _Running:
        from playwright.async_api import Error, async_playwright

        proxy = await self.proxy.start()
        try:
            playwright = await async_playwright().start()
        except OSError as error:
            raise NeedsBrowser(
                f"playwright's driver does not start ({error}); reinstall it: pip install playwright"
            ) from None
        try:
            path = chromium.find(
                self.settings.chromium, os.environ, Path(playwright.chromium.executable_path)
            )
            started = await playwright.chromium.launch(
                executable_path=path,
                args=[*chromium.SWITCHES],
                proxy={"server": proxy},
                # Ctrl-C is ours to hear; what we close, the driver closes.
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
                chromium_sandbox=not chromium.is_root(),
                env=chromium.environment(os.environ),
                timeout=START_SECONDS * 1000,
            )
        except Error as error:
            await playwright.stop()
            why = error.message.strip().splitlines()[0][:200]
            raise NeedsBrowser(
                f"{path} does not start ({why}); try it in a terminal, or name another as "
                "[browser] chromium in harvester.toml"
            ) from None
        except BaseException:
            await playwright.stop()
            raise
        return _Running(playwright, started)

    async def _context(self, running: _Running, permit: Permit) -> BrowserContext:
        """A profile with one page, which has shown its permit to the proxy."""
        width, height = VIEW
        context = await running.chromium.new_context(
            proxy={
                "server": await self.proxy.start(),
                "username": permit.user,
                "password": permit.password,
            },
            user_agent=self._agent,
            viewport={"width": width, "height": height},
            service_workers="block",
            accept_downloads=False,
            permissions=[],
        )
        try:
            page = await context.new_page()
            await page.goto(HELLO, timeout=START_SECONDS * 1000)
        except BaseException:
            await _quietly(context.close())
            raise
        return context


async def _quietly(closing: Awaitable[None]) -> None:
    """Close something that may have fallen already; what hangs goes with the driver, at the latest with us."""
    from playwright.async_api import Error

    with suppress(Error, OSError, TimeoutError):
        async with asyncio.timeout(CLOSE_SECONDS):
            await closing
