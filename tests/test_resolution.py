"""The dependencies install on every Python that is promised, without a compiler."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(
    not os.environ.get("HARVEST_REQUIRE_PROGRAMS"),
    reason="asks a package index, so only CI runs it; on a desk: scripts/check-resolution",
)
def test_the_pinned_dependencies_have_wheels_on_newer_pythons() -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    if not shutil.which("uv", path=path):
        pytest.skip("uv is not installed")

    done = subprocess.run(
        [str(ROOT / "scripts" / "check-resolution"), "3.12", "3.13", "3.14"],
        env={**os.environ, "PATH": path, "PLATFORMS": "linux"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("wheels only") == 3
