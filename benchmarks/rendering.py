"""Memory over many rendered pages: ours, playwright's driver and Chromium together, and seconds a page.

    python -m benchmarks.rendering [--pages 300] [--pictures 4]

Pages come from a process of its own on loopback; each has pictures nobody has seen before, real JPEGs that are loaded as
they are scrolled to. Memory is the sum over our process and all below it (proportional share where the system tells),
read after each page. Growth compares the median of the last fifty pages with that of pages 51 to 100: the first fifty
warm up. The browser is changed every hundred pages, as in a harvest.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any, ClassVar

import psutil
from PIL import Image

from harvester.model import Auth, Pace, Page, Query, Reply, Request, Site
from harvester.net import FileBudget, ask, open_net

SIDE = (900, 1200)
DRAWN = 16
WINDOW = 50


class Counting:
    """A family that only counts the pictures that were seen."""

    pace: ClassVar[Pace] = Pace(0, 0)
    auth: ClassVar[Auth] = Auth()
    narrows: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, site: Site) -> None:
        self.site = site
        self.seen: list[int] = []

    def search(self, query: Query) -> Request:
        return Request(self.site.name, self.site.url, kind="render")

    def parse(self, request: Request, reply: Reply) -> Page:
        self.seen.append(len(reply.seen))
        return Page(end=True)


def serve(pictures: int) -> None:
    """Pages and pictures until standard input ends; prints the address first."""
    drawn = [_jpeg(number) for number in range(DRAWN)]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body, kind, status = b"", "text/plain", 404
            if self.path.endswith("/"):
                lines = (
                    f"<p style='height:300px'>{n}</p><img loading=lazy width=900 height=1200 src={n}.jpg>"
                    for n in range(pictures)
                )
                body, kind, status = "".join(lines).encode(), "text/html", 200
            elif self.path.endswith(".jpg"):
                body, kind, status = drawn[hash(self.path) % DRAWN], "image/jpeg", 200
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{http.server_address[1]}", flush=True)
    from threading import Thread

    Thread(target=http.serve_forever, daemon=True).start()
    sys.stdin.read()


def _jpeg(number: int) -> bytes:
    """A picture that takes a browser some megabytes to show."""
    small = Image.frombytes("RGB", (60, 80), Random(number).randbytes(60 * 80 * 3))
    into = io.BytesIO()
    small.resize(SIDE).save(into, "JPEG", quality=85)
    return into.getvalue()


def memory(server: int) -> float:
    """MB of this process and all below it but the server."""
    total = 0
    ours = psutil.Process()
    for one in [ours, *ours.children(recursive=True)]:
        if one.pid == server:
            continue
        try:
            full = one.memory_full_info()
            total += getattr(full, "pss", full.rss)
        except psutil.Error:
            continue
    return total / 1e6


async def render(url: str, pages: int, state: Path, server: int) -> tuple[list[float], list[int]]:
    """MB after each page, and how many pictures each showed."""
    site = Site("here", "any", url, configured=True, interval=0)
    source, sizes = Counting(site), []
    budget = FileBudget(state / "pace.db")
    net = open_net([site], contact="", budget=budget)
    try:
        for number in range(pages):
            await ask(net, source, Request("here", f"{url}/{number}/", kind="render"))
            sizes.append(memory(server))
            if not (number + 1) % 10:
                print(f"{number + 1:5} pages {sizes[-1]:7.0f} MB", file=sys.stderr, flush=True)
    finally:
        await net.aclose()
        budget.close()
    return sizes, source.seen


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--pages", type=int, default=300)
    options.add_argument("--pictures", type=int, default=4)
    options.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.serve:
        serve(given.pictures)
        return
    command = [sys.executable, "-m", "benchmarks.rendering", "--serve"]
    command += ["--pictures", str(given.pictures)]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as server,
    ):
        url = server.stdout.readline().strip() if server.stdout else ""
        before, start = os.times(), time.perf_counter()
        sizes, seen = asyncio.run(render(url, given.pages, Path(folder), server.pid))
        wall, after = time.perf_counter() - start, os.times()
        if server.stdin:
            server.stdin.close()
    spent = sum(getattr(after, name) - getattr(before, name) for name in _CPU)
    _show(sizes, seen, given.pages, wall=wall, cpu=spent)


_CPU = ("user", "system", "children_user", "children_system")


def _show(
    sizes: Sequence[float], seen: Sequence[int], pages: int, *, wall: float, cpu: float
) -> None:
    early = statistics.median(sizes[WINDOW : 2 * WINDOW] or sizes)
    late = statistics.median(sizes[-WINDOW:])
    print(f"{pages} pages, {min(seen)} to {max(seen)} pictures seen on each")
    print(f"memory     median {statistics.median(sizes):.0f} MB, most {max(sizes):.0f} MB")
    print(f"growth     {early:.0f} -> {late:.0f} MB: {100 * (late / early - 1):+.1f} %")
    print(f"a page     {wall / pages:.2f} s, CPU {cpu / pages:.2f} s")


if __name__ == "__main__":
    main()
