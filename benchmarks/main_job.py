"""The main job on the sandbox, as a whole command: wall time, CPU time and peak memory, beside curl on the same files.

    python -m benchmarks.main_job [--runs 5] [--posts 2000] [--target 50]

The sandbox is a process of its own whose pictures were drawn once before anything is timed; there is no pacing. Memory
is the sum over the command and its workers (proportional share where the system tells), sampled every 50 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from harvester.demo import Options, start_process

CONFIG = '[sites.danbooru]\nfamily = "danbooru"\nurl = "{url}"\ninterval = 0\n'
HARVEST = (sys.executable, "-c", "from harvester.cli import main; main()")


@dataclass(frozen=True, slots=True)
class Run:
    """One timed command: seconds and MB."""

    wall: float
    cpu: float
    memory: float


def timed(command: Sequence[str], environment: dict[str, str]) -> Run:
    """Run a command to its end; CPU time covers its children."""
    before, start, peak = os.times(), time.perf_counter(), 0.0
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        peak = max(peak, _memory(watched))
        time.sleep(0.05)
    wall, after = time.perf_counter() - start, os.times()
    output = process.stdout.read() if process.stdout else b""
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}:\n{output.decode()}")
    spent = (after.children_user - before.children_user) + (
        after.children_system - before.children_system
    )
    return Run(wall, spent, peak)


def _memory(process: psutil.Process) -> float:
    total = 0
    try:
        for one in [process, *process.children(recursive=True)]:
            full = one.memory_full_info()
            total += getattr(full, "pss", full.rss)
    except psutil.Error:
        pass
    return total / 1e6


def _show(name: str, runs: Sequence[Run]) -> None:
    for field, unit in (("wall", "s"), ("cpu", "s"), ("memory", "MB")):
        values = [getattr(run, field) for run in runs]
        print(
            f"{name:<22}{field:<8}{statistics.median(values):8.2f} {unit:<3}"
            f"(min {min(values):.2f}, max {max(values):.2f})"
        )


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--posts", type=int, default=2000)
    options.add_argument("--target", type=int, default=50)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, start_process(Options(posts=given.posts)) as site:
        place = Path(folder)
        (place / "harvester.toml").write_text(CONFIG.format(url=site.url))
        environment = os.environ | {"HARVEST_STATE": str(place / "state")}
        command = [*HARVEST, "--config", str(place / "harvester.toml"), "--json"]
        job = ["--tag", "hakurei_reimu", "--target", str(given.target), "--site", "danbooru"]
        warm = place / "warm"
        subprocess.run(
            [*command, "--library", str(warm), *job],
            env=environment,
            check=True,
            capture_output=True,
        )
        runs = [
            timed([*command, "--library", str(place / f"run{n}"), *job], environment)
            for n in range(given.runs)
        ]
        _show("harvest --target", runs)
        helped = [timed([*HARVEST, "--help"], environment) for _ in range(given.runs)]
        _show("harvest --help", helped)
        _against_curl(warm, environment, runs)


def _against_curl(library: Path, environment: dict[str, str], runs: Sequence[Run]) -> None:
    curl = shutil.which("curl")
    if curl is None:
        print("curl is not installed: no reference")
        return
    reply = subprocess.run(
        [*HARVEST, "--library", str(library), "status", "--json"],
        env=environment,
        check=True,
        capture_output=True,
    )
    fetched = json.loads(reply.stdout)[0]["selected"]
    urls = _urls(library)
    arguments = [part for url in urls for part in ("-o", os.devnull, url)]
    reference = [
        timed([curl, "--silent", "--parallel", "--parallel-max", "16", *arguments], environment)
        for _ in runs
    ]
    _show("curl, its files", reference)
    ratio = statistics.median(run.wall for run in runs) / statistics.median(
        run.wall for run in reference
    )
    print(f"{len(urls)} files fetched for {fetched} selected; {ratio:.1f} times curl's wall time")


def _urls(library: Path) -> list[str]:
    import sqlite3

    connection = sqlite3.connect(library / "catalog.db")
    try:
        return [row[0] for row in connection.execute("select url from assets order by sha256")]
    finally:
        connection.close()


if __name__ == "__main__":
    main()
