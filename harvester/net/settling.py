"""Brings a page to show what it has: waits until it is quiet, scrolls to its end, opens its tabs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import Page

TABS = "[role=tab], .tabber__tab, .wds-tabs__tab"
MOST_TABS = 40

QUIET = 0.5
"""Seconds without any request after which a page is quiet."""

LOADING = 15.0
"""The longest wait for a page that has just been opened to become quiet, in seconds."""

GROWN = 0.4
"""Seconds without a request at the end of a page, and after a tab, after which nothing more is coming."""

GROWING = 6.0
"""The longest wait there."""

STEP = 0.15
"""Seconds without a request between two steps down a page."""

STEPPING = 1.5
"""The longest wait between two steps."""

IN_VAIN = 3
"""Below an opened tab, so many steps without a further picture are enough."""

# The thing that scrolls is the page, or else the largest box in it that does.
_SCROLL = """() => {
  const high = box => box.scrollHeight - box.clientHeight > 8;
  let box = document.scrollingElement || document.documentElement;
  if (!high(box)) {
    const boxes = [...document.querySelectorAll('div, main, section, ul')].filter(one =>
      high(one) && /auto|scroll/.test(getComputedStyle(one).overflowY));
    boxes.sort((a, b) => b.clientHeight * b.clientWidth - a.clientHeight * a.clientWidth);
    box = boxes[0] || box;
  }
  box.scrollBy({top: Math.max(200, Math.floor(box.clientHeight * 0.8)), behavior: 'instant'});
  const end = box.scrollTop + box.clientHeight >= box.scrollHeight - 4;
  return [end, box.scrollHeight, box.scrollTop];
}"""
_UP = "() => scrollBy({top: -Math.floor(innerHeight / 3), behavior: 'instant'})"
_TOP = "() => scrollTo({top: 0, behavior: 'instant'})"
_CLICK = """tab => {
  tab.scrollIntoView({block: 'start', behavior: 'instant'});
  (tab.querySelector('a, button, label') || tab).click();
}"""


@dataclass(slots=True)
class Traffic:
    """What a page has under way, and which pictures came: address -> None, in the order of their coming."""

    pictures: dict[str, None] = field(default_factory=dict)
    _under_way: set[Hashable] = field(default_factory=set)
    _last: float = field(default_factory=monotonic)

    def began(self, request: Hashable) -> None:
        """A request was sent."""
        self._under_way.add(request)
        self._last = monotonic()

    def ended(self, request: Hashable) -> None:
        """It was answered to its end, or failed."""
        self._under_way.discard(request)
        self._last = monotonic()

    async def quiet(self, longest: float, *, still: float = QUIET) -> None:
        """Wait until nothing has been under way for `still` seconds from now, but not longer than `longest`."""
        begun = monotonic()
        while (now := monotonic()) < begun + longest:
            if not self._under_way and now - max(begun, self._last) >= still:
                return
            await asyncio.sleep(min(still, 0.05))


async def settle(page: Page, traffic: Traffic, enough: Callable[[], bool]) -> None:
    """Let a loaded page show all it has; `enough` says that a cap is reached. The caller bounds the time."""
    from playwright.async_api import Error

    await _down(page, traffic, enough)
    number = 0
    while number < MOST_TABS and not enough():
        tabs = await page.query_selector_all(TABS)  # again: some pages build theirs anew on a click
        if number >= len(tabs):
            break
        with suppress(Error):  # gone between two looks
            await tabs[number].evaluate(_CLICK)
        await traffic.quiet(GROWING, still=STEP)
        await _down(page, traffic, enough, patience=IN_VAIN)
        number += 1
    if number:
        await page.evaluate(_TOP)


async def _down(
    page: Page, traffic: Traffic, enough: Callable[[], bool], *, patience: int | None = None
) -> None:
    """Scroll until the end of the page stays its end, or so many steps have brought no picture."""
    height, in_vain = -1, 0
    while not enough():
        before = len(traffic.pictures)
        at_end, tall, at = await page.evaluate(_SCROLL)
        await traffic.quiet(GROWING if at_end else STEPPING, still=GROWN if at_end else STEP)
        is_vain = len(traffic.pictures) == before
        in_vain = in_vain + 1 if is_vain else 0
        if is_vain and at_end and (tall == height or not at or patience is not None):
            return
        if patience is not None and in_vain >= patience:
            return
        if at_end:
            height = tall
            await page.evaluate(_UP)  # more may be wanted only where somebody scrolls
