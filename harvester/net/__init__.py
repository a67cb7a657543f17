"""Everything that leaves the machine: pages, files, pace, retries, credentials and the address guard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version

from harvester.model import Site
from harvester.net.auth import Account, credentials, system_keyring, variables
from harvester.net.budget import Clock, FileBudget, Waiting, state_file
from harvester.net.calls import Settings
from harvester.net.client import Net, host_of
from harvester.net.disk import Seen
from harvester.net.download import download
from harvester.net.guard import PICTURES, sniff
from harvester.net.pages import ask, heard
from harvester.net.parts import Download, Downloaded, discard
from harvester.net.peeking import Peeked, glance, peek
from harvester.net.remembered import memory_folder
from harvester.net.retry import Patience
from harvester.net.robots import TOKEN
from harvester.ports import Budget

__all__ = [
    "PICTURES",
    "Account",
    "Clock",
    "Download",
    "Downloaded",
    "FileBudget",
    "Net",
    "Patience",
    "Peeked",
    "Seen",
    "Settings",
    "Waiting",
    "ask",
    "credentials",
    "discard",
    "download",
    "glance",
    "heard",
    "host_of",
    "memory_folder",
    "open_net",
    "peek",
    "sniff",
    "state_file",
    "system_keyring",
    "variables",
]


def open_net(
    sites: Iterable[Site],
    *,
    contact: str,
    budget: Budget,
    credentials: Mapping[str, Account] | None = None,
    settings: Settings | None = None,
    clock: Clock | None = None,
) -> Net:
    """The network for these sites within one event loop; `contact` stands in the User-Agent and nowhere else."""
    agent = f"{TOKEN}/{_version()}" + (f" (+{contact})" if contact else "")
    known = {site.name: site for site in sites}
    return Net(known, credentials or {}, budget, agent, settings or Settings(), clock or Clock())


def _version() -> str:
    try:
        return version("lora-harvester")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "0"
