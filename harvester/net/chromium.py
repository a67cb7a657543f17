"""Where a Chromium lies, and how it is started so that nothing of it gets past our proxy."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from harvester.errors import NeedsBrowser, RecipeError

VARIABLE = "HARVEST_CHROMIUM"

NAMES = (
    *("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"),
    *("microsoft-edge-stable", "microsoft-edge"),
)
"""What Linux calls them, the free one first."""

APPLICATIONS = ("Chromium", "Google Chrome", "Microsoft Edge")
PROGRAMS = (
    r"Chromium\Application\chrome.exe",
    r"Google\Chrome\Application\chrome.exe",
    r"Microsoft\Edge\Application\msedge.exe",
)

SWITCHES = (
    # Names are looked up by the proxy alone, and only TCP through it leaves the machine.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--dns-prefetch-disable",
    "--disable-quic",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    # What a browser asks for itself. Without a permit the proxy would refuse it anyway.
    "--disable-background-networking",
    "--disable-component-update",
    "--component-updater=url-source=http://127.0.0.1:9,disable-background-downloads",
    "--gaia-url=http://127.0.0.1:9",
    "--disable-sync",
    "--disable-client-side-phishing-detection",
    "--disable-domain-reliability",
    "--disable-breakpad",
    "--no-pings",
)


def find(
    named: str,
    env: Mapping[str, str],
    own: Path,
    *,
    system: Callable[[], Iterator[Path]] | None = None,
) -> Path:
    """The browser to use: as the config names it, as the environment does, playwright's own, the system's."""
    for value, where in (
        (named, "[browser] chromium in harvester.toml"),
        (env.get(VARIABLE, ""), VARIABLE),
    ):
        if value:
            path = Path(value).expanduser()
            if not is_program(path):
                raise RecipeError(
                    f"{where} names {path}, which is no program; correct or remove it"
                )
            return path
    places = (own, *(system or installed)())
    found = next((path for path in places if is_program(path)), None)
    if found is None:
        raise NeedsBrowser(
            "this page shows its pictures only in a browser, and no Chromium, Chrome or Edge was found: "
            "install your system's (Debian: sudo apt install chromium) or run `playwright install chromium`"
        )
    return found


def is_program(path: Path) -> bool:
    """Can this be started?"""
    return path.is_file() and os.access(path, os.X_OK)


def installed() -> Iterator[Path]:
    """Where this system's browsers lie, if they are installed."""
    if sys.platform == "win32":
        return on_windows(os.environ)
    if sys.platform == "darwin":
        return on_mac(Path.home())
    return on_linux(os.environ)


def on_linux(env: Mapping[str, str]) -> Iterator[Path]:
    """On the PATH, and where packages put them if the PATH is short."""
    for name in NAMES:
        if found := shutil.which(name, path=env.get("PATH")):
            yield Path(found)
    for folder in ("/usr/bin", "/usr/local/bin", "/snap/bin"):
        yield from (Path(folder, name) for name in NAMES)


def on_mac(home: Path, root: Path = Path("/")) -> Iterator[Path]:
    """In the folders for applications, everybody's and the user's own."""
    for folder in (root / "Applications", home / "Applications"):
        for name in APPLICATIONS:
            yield folder / f"{name}.app" / "Contents" / "MacOS" / name


def on_windows(env: Mapping[str, str]) -> Iterator[Path]:
    """Below the folders for programs, everybody's and the user's own."""
    for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
        if folder := env.get(variable):
            yield from (Path(folder, *program.split("\\")) for program in PROGRAMS)


def is_root() -> bool:
    """Chromium's sandbox does not start for root, so only then it is left out (`--no-sandbox`)."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def environment(env: Mapping[str, str]) -> dict[str, str | float | bool]:
    """What the browser's process gets to see: none of our settings, which may be keys."""
    return {name: value for name, value in env.items() if not name.startswith("HARVEST_")}
