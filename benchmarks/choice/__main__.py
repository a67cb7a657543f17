"""Ways to choose, on crawls of sandboxes whose truth is known: wrong pictures, mix error, and what each picture cost.

    python -m benchmarks.choice [--posts 2000] [--target 50] [--seeds 1 2 3] [--ways harvest]

Every way asks a sandbox of its own over HTTP; all sandboxes of a seed have the same posts and draw the same pictures.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import mean

from benchmarks.choice.ways import WAYS, Chosen
from benchmarks.choice.worth import Worth, lacking, worth
from harvester.demo import Sandbox, World

HEAD = (
    "| way | seed | pictures | wrong | outfit | people | blur | again | JPEG < 20 | variants > 2 | mix error | none there"
    " | files per picture | requests per picture | kB per picture |"
)


def row(name: str, seed: str, found: Worth, made: Chosen, lacks: int) -> str:
    """One line of the table."""
    size = max(1, found.size)
    cells = (
        *(name, seed, found.size, found.wrong, found.outfit, found.people, found.blur),
        *(found.duplicates, found.jpeg, found.variants, f"{found.mix_error:.0%}"),
        f"{lacks / size:.0%}",
        *(f"{made.files / size:.2f}", f"{(made.files + made.pages) / size:.2f}"),
        f"{made.bytes / size / 1000:.0f}",
    )
    return f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--posts", type=int, default=2000)
    options.add_argument("--target", type=int, default=50)
    options.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    options.add_argument("--ways", nargs="+", choices=tuple(WAYS), default=list(WAYS))
    given = options.parse_args()
    print(HEAD)
    print("|" + "---|" * (HEAD.count("|") - 1))
    for name in given.ways:
        every = []
        for seed in given.seeds:
            world = World(given.posts, seed=seed)
            with tempfile.TemporaryDirectory() as folder, Sandbox(world) as site:
                made = WAYS[name](site, Path(folder) / "library", target=given.target)
            found = worth(made.posts, target=given.target)
            every.append((found, made))
            print(
                row(name, str(seed), found, made, lacking(world, target=given.target)), flush=True
            )
        print(
            f"| {name} | mean | {mean(w.size for w, _ in every):.1f} | {mean(w.wrong for w, _ in every):.1f}"
            f" | | | | | | | {mean(w.mix_error for w, _ in every):.1%} |"
            f" | {mean(m.files / max(1, w.size) for w, m in every):.2f} | |"
            f" {mean(m.bytes / max(1, w.size) for w, m in every) / 1000:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
