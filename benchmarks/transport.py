"""Which transport carries pictures best: httpx's own pool, httpx over aiohttp, and `net.download` on top of it."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import httpx
from httpx_aiohttp import AiohttpTransport

from harvester.model import File, Site
from harvester.net import Download, FileBudget, download, open_net

MEAN = 906_000
AT_ONCE = 16
Fetch = Callable[[str, int, Path], Awaitable[None]]


def sizes(number: int) -> list[int]:
    """The same spread of sizes in every run, in bytes; mean about 906 kB."""
    spread = random.Random(17)
    return [int(MEAN * spread.uniform(0.2, 1.8)) for _ in range(number)]


async def serve(number: int) -> None:
    """The server, in a process of its own: the smallest that speaks keep-alive, so that clients are measured."""
    noise = random.Random(23).randbytes(2 * MEAN)
    pictures = [b"\x89PNG\r\n\x1a\n" + noise[: size - 8] for size in sizes(number)]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            body = pictures[int(head.split(b" ", 2)[1].strip(b"/"))]
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
            writer.write(body)
            await writer.drain()

    async def quietly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(quietly, "127.0.0.1", 0, backlog=128)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def many(number: int, fetch: Callable[[int], Awaitable[object]]) -> None:
    """Fetch every picture, so many at once."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(index: int) -> None:
        async with places:
            await fetch(index)

    await asyncio.gather(*(one(index) for index in range(number)))


async def with_client(
    transport: httpx.AsyncBaseTransport, base: str, number: int, to: Path
) -> None:
    """Stream to disk and hash, nothing else."""
    async with httpx.AsyncClient(transport=transport) as client:

        async def fetch(index: int) -> None:
            known = hashlib.sha256()
            async with client.stream("GET", f"{base}/{index}") as response:
                with (to / str(index)).open("wb") as file:
                    async for chunk in response.aiter_bytes():
                        known.update(chunk)
                        file.write(chunk)

        await many(number, fetch)


async def own_pool(base: str, number: int, to: Path) -> None:
    await with_client(httpx.AsyncHTTPTransport(), base, number, to)


async def over_aiohttp(base: str, number: int, to: Path) -> None:
    await with_client(AiohttpTransport(), base, number, to)


async def through_net(base: str, number: int, to: Path) -> None:
    """All of it: guard, budget, three hashes, note, fsync."""
    budget = FileBudget(to / "pace.db")
    net = open_net([Site("s", "f", base, configured=True)], contact="", budget=budget)

    async def fetch(index: int) -> None:
        task = Download(
            key=f"s:{index}",
            site="s",
            urls=(f"{base}/{index}",),
            part=to / f"{index}.part",
            expect=File("original", ()),
            interval=0,
            parallel=AT_ONCE,
        )
        await download(net, task)

    await many(number, fetch)
    await net.aclose()
    budget.close()


CLIENTS: dict[str, Fetch] = {
    "httpx, own pool": own_pool,
    "httpx over aiohttp": over_aiohttp,
    "`net.download` (httpx over aiohttp)": through_net,
}


def timed(fetch: Fetch, base: str, number: int) -> tuple[float, float]:
    """Wall and CPU seconds of one run."""
    with tempfile.TemporaryDirectory() as folder:
        wall, busy = time.perf_counter(), time.process_time()
        asyncio.run(partial(fetch, base, number, Path(folder))())  # type: ignore[arg-type]
        return time.perf_counter() - wall, time.process_time() - busy


def main() -> None:
    """Interleave the runs, so that a noisy minute hits every client; print medians as a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve(given.pictures))
    command = [sys.executable, __file__, "--serve", "--pictures", str(given.pictures)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    base = f"http://127.0.0.1:{server.stdout.readline().strip()}"
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in CLIENTS}
    try:
        for _ in range(given.runs):
            for name, fetch in CLIENTS.items():
                taken[name].append(timed(fetch, base, given.pictures))
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()
    print("| client | pictures/s | CPU s per 1,000 |\n|---|---|---|")
    for name, runs in taken.items():
        wall, busy = (statistics.median(part) for part in zip(*runs, strict=True))
        speed, cost = given.pictures / wall, busy / given.pictures * 1000
        print(f"| {name} | {speed:.0f} | {cost:.1f} |")


if __name__ == "__main__":
    main()
