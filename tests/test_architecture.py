"""The plan of the house, held by the code: who may import whom, how long things are, what is public."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import harvester
from sources import FAMILIES

ROOT = Path(__file__).parents[1]

ROWS = (
    ("cli",),
    ("schedule", "review", "demo"),
    ("stages",),
    (
        *("engine", "catalog", "store", "net", "registry"),
        *("export", "hashing", "selection", "recipe", "card", "limits", "config", "vision", "wal"),
    ),
    (
        "gates",
        "measure",
        "sketch",
        "vocabulary",
        "sayings",
        "claims",
        "profile",
        "tables",
        "folders",
    ),
    ("model", "pixels", "ports", "errors", "boundary", "__init__"),
)
"""Highest first. A part imports from rows below its own, and from its own row without cycles."""

ALONE_IN_THEIR_ROW = {"engine", "store"}
HTTP_PACKAGES = {"httpx", "httpx_aiohttp", "aiohttp"}
IMPURE = {
    *("os", "io", "pathlib", "shutil", "tempfile", "socket", "ssl", "select", "time"),
    *("http", "urllib.request", "ftplib", "smtplib", "subprocess", "multiprocessing"),
    *("asyncio", "threading", "concurrent", "sqlite3", "random", "logging", "importlib", "ctypes"),
}
LAZY = (
    "httpx",
    "httpx_aiohttp",
    "aiohttp",
    "PIL",
    "playwright",
    "sqlite_utils",
    "numpy",
    "scipy",
    "bs4",
    "protego",
)

LONGEST_MODULE = 400
LONGEST_SOURCE = 200
LONGEST_FUNCTION = 50
MEDIAN_FUNCTION = 12


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


OURS = [*modules("harvester"), *modules("sources")]
each_module = pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(ROOT)))
each_source = pytest.mark.parametrize("path", modules("sources"), ids=lambda path: path.name)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(path: Path) -> set[str]:
    """Every module that `path` imports, anywhere in it, relative ones made absolute."""
    return {name for name, _ in imported(path)}


def imported(path: Path) -> Iterator[tuple[str, str]]:
    """(module, name) for every import; the name is empty for a plain `import`."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, ""
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*above, *filter(None, [node.module])))
            for alias in node.names:
                yield module, alias.name


def part(path: Path) -> str:
    """The part of the house a file belongs to: the first name below `harvester`."""
    return path.relative_to(ROOT / "harvester").with_suffix("").parts[0]


def imported_parts(path: Path) -> set[str]:
    """The parts of the house a file imports; `from harvester import model` counts as model."""
    found = set()
    for module, name in imported(path):
        head, _, rest = module.partition(".")
        if head == "harvester":
            below = rest.split(".")[0] if rest else name
            found.add(below if below in all_parts() else "__init__")
    return found - {part(path)}


@cache
def all_parts() -> frozenset[str]:
    return frozenset(part(path) for path in modules("harvester"))


def row(name: str) -> int:
    return next(number for number, names in enumerate(ROWS) if name in names)


def test_every_part_has_its_row() -> None:
    assert all_parts() <= {name for names in ROWS for name in names}


@pytest.mark.parametrize(
    "path", modules("harvester"), ids=lambda path: str(path.relative_to(ROOT / "harvester"))
)
def test_imports_run_downward(path: Path) -> None:
    upward = {name for name in imported_parts(path) if row(name) < row(part(path))}

    assert not upward, f"{path} imports what stands above it"


def test_no_part_imports_itself_by_a_detour() -> None:
    below: dict[str, set[str]] = {name: set() for name in all_parts()}
    for path in modules("harvester"):
        below[part(path)] |= imported_parts(path)

    assert cycles(below) == []


def test_no_module_imports_itself_by_a_detour() -> None:
    names = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in OURS
    }
    below = {
        name: {
            f"{module}.{member}" if f"{module}.{member}" in names else module
            for module, member in imported(path)
        }
        & names.keys()
        for name, path in names.items()
    }

    assert cycles(below) == []


def cycles(below: dict[str, set[str]]) -> list[str]:
    """Names that can be reached from themselves, each with the names it goes by."""
    found = []
    for name in sorted(below):
        seen: set[str] = set()
        todo = sorted(below[name] - {name})
        while todo:
            if (other := todo.pop()) not in seen:
                seen.add(other)
                todo.extend(below[other])
        if name in seen:
            found.append(f"{name} imports {', '.join(sorted(below[name]))}")
    return found


@pytest.mark.parametrize("name", sorted(ALONE_IN_THEIR_ROW))
def test_engine_and_store_know_nothing_of_their_row(name: str) -> None:
    for path in modules(f"harvester/{name}"):
        assert not {other for other in imported_parts(path) if row(other) == row(name)}, path


@each_source
def test_a_family_imports_only_the_public_face_and_pure_modules(path: Path) -> None:
    for module, name in imported(path):
        head = module.split(".")[0]
        assert head in {"harvester", "sources", "bs4", *sys.stdlib_module_names}, (
            f"{module}: not for a family"
        )
        if head == "harvester":
            assert module == "harvester", f"{module}: a family imports from harvester itself"
            assert name in {"", *harvester.__all__}, f"{name} is not public"
        dotted = {head, module, f"{module}.{name}"}
        assert not dotted & IMPURE, f"{module}: a family does no I/O and has no clock"


@each_source
def test_a_family_reaches_nothing_but_public_names_through_the_package(path: Path) -> None:
    aliases = {
        alias.asname or alias.name
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "harvester"
    }
    reached = {
        node.attr
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in aliases
    }

    assert reached <= set(harvester.__all__)


@each_source
def test_a_module_of_a_family_is_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_SOURCE


@each_source
def test_a_family_knows_no_other_family(path: Path) -> None:
    """Besides its own package it may share plain modules with others, as the Gelbooru families do."""
    families = {where.partition(":")[0] for where in FAMILIES.values()}
    home = ".".join(path.relative_to(ROOT).with_suffix("").parts[:2])
    for module, name in imported(path):
        if module.split(".")[0] == "sources":
            full = f"{module}.{name}" if module == "sources" else ".".join(module.split(".")[:2])
            assert full not in families - {home}, full


@each_source
def test_a_family_asks_waits_and_opens_nothing(path: Path) -> None:
    hits = re.findall(r"(?m)^.*(?:httpx|async |await |open\().*$", path.read_text(encoding="utf-8"))

    assert hits == []


def test_nothing_of_ours_knows_a_family_by_import() -> None:
    for path in modules("harvester"):
        assert not any(name.split(".")[0] == "sources" for name in imports(path)), path


def test_only_the_client_speaks_http() -> None:
    users = {
        str(path.relative_to(ROOT).as_posix())
        for path in OURS
        if {name.split(".")[0] for name in imports(path)} & HTTP_PACKAGES
    }

    assert users <= {"harvester/net/client.py"}


def test_only_the_command_line_exits() -> None:
    for path in OURS:
        if part_of_cli(path):
            continue
        names = {
            ast.unparse(node.func) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)
        }
        assert not names & {"sys.exit", "exit", "quit", "print", "SystemExit"}, path


def part_of_cli(path: Path) -> bool:
    return path.is_relative_to(ROOT / "harvester" / "cli")


@each_module
def test_a_module_opens_with_what_it_is_for(path: Path) -> None:
    said = ast.get_docstring(tree(path)) or ""

    assert said, f"{path} has no docstring"
    assert path.name == "errors.py" or len(said.split("\n\n")[0].splitlines()) == 1


@each_module
def test_a_module_fits_in_the_head(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """(where and what, lines) of every function, its decorators not counted."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path}:{node.lineno} {node.name}", (node.end_lineno or 0) - node.lineno + 1


@each_module
def test_a_function_fits_on_a_screen(path: Path) -> None:
    assert not {name: lines for name, lines in functions(path) if lines > LONGEST_FUNCTION}


def test_functions_are_small_as_a_rule() -> None:
    lines = [count for path in OURS for _, count in functions(path)]

    assert statistics.median(lines) <= MEDIAN_FUNCTION


def test_the_public_face_is_small_and_told() -> None:
    visible = {
        name
        for name, value in vars(harvester).items()
        if not name.startswith("_") and not isinstance(value, type(sys))
    }

    assert set(harvester.__all__) == visible
    assert len(harvester.__all__) <= 28
    assert harvester.__all__ == sorted(harvester.__all__)


def test_importing_the_public_face_loads_nothing_heavy() -> None:
    script = f"import harvester, sys; print(*[name for name in {LAZY!r} if name in sys.modules], sep=',')"

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True
    )

    assert done.stdout.strip() == ""


def test_what_worker_processes_import_speaks_to_no_network_and_no_catalog() -> None:
    """Each process pays for it, in memory and at its start."""
    foreign = ("aiohttp", "httpx", "playwright", "rich", "sqlite_utils", "harvester.catalog")
    script = (
        "import harvester.stages.tasks, sys; "
        f"print(*[name for name in {foreign!r} if name in sys.modules], sep=',')"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True
    )

    assert done.stdout.strip() == ""
