"""Runs `harvest` and kills it at a boundary: `python tests/killer.py BOUNDARY|any N -- harvest-arguments…`.

SIGKILL comes at the N-th crossing; with 0 never. A run that ends by itself tells on stderr, as its
last line, how often each boundary was crossed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import Counter

from harvester import cli
from harvester.boundary import hook


def main() -> int:
    """Run the command line behind the `--`; its exit code."""
    name, number, _, *arguments = sys.argv[1:]
    crossed: Counter[str] = Counter()

    def call(boundary: str) -> None:
        crossed[boundary] += 1
        if int(number) == (
            crossed.total() if name == "any" else crossed[name] * (boundary == name)
        ):
            os.kill(os.getpid(), signal.SIGKILL)

    hook.call = call
    code = cli.run(arguments)
    print(json.dumps(crossed), file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
