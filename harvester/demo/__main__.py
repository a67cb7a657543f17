"""`python -m harvester.demo`: the sandbox as a process of its own; prints one line with its address."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from dataclasses import fields
from pathlib import Path

from harvester.demo.dialects import DIALECTS, VARIANTS, Rules
from harvester.demo.server import Faults, Sandbox
from harvester.demo.world import World


def faults(text: str) -> Faults:
    """`busy=5,dropped=5000001+5000007,down=1` as Faults."""
    names = {field.name for field in fields(Faults)}
    given: dict[str, int | bool | frozenset[int]] = {}
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        if name not in names:
            raise argparse.ArgumentTypeError(
                f"no fault is called {name!r}; there are: {', '.join(sorted(names))}"
            )
        if name == "dropped":
            given[name] = frozenset(map(int, value.split("+")))
        else:
            given[name] = bool(int(value)) if name == "down" else int(value)
    return Faults(**given)  # type: ignore[arg-type]


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m harvester.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--posts", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--character", default="hakurei_reimu")
    parser.add_argument(
        "--pictures", type=Path, help="serve the pictures of this folder instead of drawn ones"
    )
    parser.add_argument("--log", type=Path, help="append one JSON line per request to this file")
    parser.add_argument(
        "--rate", type=float, default=0, help="API requests a second before 429; 0 = any"
    )
    parser.add_argument(
        "--faults", type=faults, default=Faults(), help="e.g. busy=5,drop_every=10,slow=200000"
    )
    parser.add_argument(
        "--dialect",
        choices=sorted({**DIALECTS, **VARIANTS}),
        default="danbooru",
        help="which API the site speaks",
    )
    parser.add_argument(
        "--depth", type=int, help="rows that can be reached by counting pages; else as documented"
    )
    parser.add_argument(
        "--moved", type=int, default=0, help="about one original in so many has a new address"
    )
    parser.add_argument(
        "--until-eof", action="store_true", help="end when standard input is closed"
    )
    return parser


def _await_eof(ended: threading.Event) -> None:
    sys.stdin.read()
    ended.set()


def main() -> None:
    given = options().parse_args()
    world = World(given.posts, seed=given.seed, character=given.character, pictures=given.pictures)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with Sandbox(
        world,
        port=given.port,
        faults=given.faults,
        log=given.log,
        family=given.dialect,
        rules=Rules(given.depth, given.moved, given.rate),
    ) as sandbox:
        sys.stdout.write(f"sandbox {sandbox.url}\n")
        sys.stdout.flush()
        if given.until_eof:
            threading.Thread(target=_await_eof, args=(ended,), daemon=True).start()
        ended.wait()


if __name__ == "__main__":
    main()
