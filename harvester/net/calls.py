"""A request as its caller means it, and the limits every request has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from harvester.config import Browser
from harvester.model import Pairs
from harvester.net.auth import Account
from harvester.net.retry import Patience

Admit = Callable[[str], Awaitable[float]]
"""Refuses an address, or tells the least seconds between two requests to its host."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits of one request: sizes in bytes, times in seconds. `whole` bounds one try, body included."""

    page_bytes: int = 32 << 20
    connect: float = 15.0
    read: float = 45.0
    whole: float = 600.0
    redirects: int = 5
    browser: Browser = field(default_factory=Browser)
    memory: Path | None = None  # where pages for people are remembered; None is nowhere
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `interval` is the pace of every host it leads to, unless `admit`, asked before each hop, wants more."""

    account: Account
    url: str
    params: Pairs = ()
    method: str = "GET"
    headers: Pairs = ()
    cookies: Pairs = ()
    body: bytes | None = None
    interval: float = 1.0
    signed: bool = True
    admit: Admit | None = None
