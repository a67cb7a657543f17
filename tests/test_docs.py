"""The documentation says what the code does: nothing undocumented, no broken link."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import sources
from harvester import registry
from harvester.cli.document import TABLES_IN, document, filled, undocumented
from harvester.errors import Exit
from harvester.gates import GATES, relaxing

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), ROOT / "data" / "README.md"])
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
BOUND = re.compile(r"([a-z0-9-]+)>=([0-9.]+)")


def text(path: Path) -> str:
    """A page; a page not written yet is empty, so that the test says what should be on it."""
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def rows(path: Path) -> dict[str, list[str]]:
    """Table rows by their first cell, without the marks of code."""
    found = {}
    for line in text(path).splitlines():
        if line.startswith("|"):
            cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
            found[cells[0]] = cells[1:]
    return found


@pytest.mark.parametrize("code", Exit, ids=str)
def test_every_exit_code_is_told_with_its_meaning(code: Exit) -> None:
    told = {**rows(ROOT / "README.md"), **rows(DOCS / "command.md")}

    assert told.get(str(code.value), [""])[0] == code.meaning


def test_no_exit_code_is_told_that_does_not_exist() -> None:
    told = {**rows(ROOT / "README.md"), **rows(DOCS / "command.md")}

    assert {int(name) for name in told if name.isdigit()} == set(Exit)


@pytest.mark.parametrize("gate", [gate.name for gate in GATES])
def test_every_gate_has_its_line(gate: str) -> None:
    assert gate in rows(DOCS / "gates.md")


def test_the_page_of_the_command_is_what_the_program_writes() -> None:
    assert text(DOCS / "command.md") == document(), "run make docs"


@pytest.mark.parametrize("page", TABLES_IN)
def test_the_tables_of_sites_families_and_keys_are_what_the_program_writes(page: str) -> None:
    assert text(ROOT / page) == filled(page, text(ROOT / page)), "run make docs"


def test_every_shipped_site_has_its_line_in_the_readme() -> None:
    told = "\n".join(rows(ROOT / "README.md"))

    assert [name for name in registry.shipped() if f"[{name}](https://" not in told] == []


def test_every_command_says_what_it_prints_as_json() -> None:
    assert undocumented() == []


def test_the_steps_of_relaxing_stand_in_the_page_of_the_choice() -> None:
    assert relaxing.document() in text(DOCS / "choice.md")


@pytest.mark.parametrize("family", sorted(sources.FAMILIES))
def test_every_family_has_its_line(family: str) -> None:
    assert family in rows(DOCS / "adding-a-site.md")


def dependencies() -> list[tuple[str, str]]:
    declared = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    return [match.groups() for line in declared if (match := BOUND.fullmatch(line))]  # type: ignore[misc]


def test_every_dependency_has_a_lower_bound_and_no_other() -> None:
    declared = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]

    assert [line for line in declared if not BOUND.fullmatch(line)] == []


@pytest.mark.parametrize(("name", "bound"), dependencies(), ids=lambda value: value)
def test_every_dependency_is_explained_with_its_lower_bound(name: str, bound: str) -> None:
    assert rows(DOCS / "dependencies.md").get(name, [""])[0] == bound


def test_every_extra_is_explained_with_its_lower_bound() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    declared = [BOUND.fullmatch(line) for lines in extras.values() for line in lines]
    told = rows(DOCS / "dependencies.md")

    assert all(match and told[match[1]][0] == match[2] for match in declared)


@pytest.mark.parametrize("pinned", ["requirements.txt", "requirements-dev.txt"])
def test_the_pinned_versions_name_no_place_to_get_them_from(pinned: str) -> None:
    lines = text(ROOT / pinned).splitlines()

    assert lines
    assert [line for line in lines if "://" in line or "--" in line.replace("--hash=", "")] == []


@pytest.mark.parametrize("pinned", ["requirements.txt", "requirements-dev.txt"])
def test_every_dependency_is_pinned_at_its_bound_or_above(pinned: str) -> None:
    pins: dict[str, list[str]] = {}
    for name, version in re.findall(r"(?m)^([a-z0-9-]+)==([0-9.]+)", text(ROOT / pinned)):
        pins.setdefault(name, []).append(version)
    bounds = (
        dependencies()
        if "dev" in pinned
        else dependencies()[: len(PROJECT["project"]["dependencies"])]
    )

    for name, bound in bounds:
        assert pins.get(name), f"{name} is not pinned: run make lock"
        assert all(number(version) >= number(bound) for version in pins[name]), name


def number(version: str) -> tuple[int, ...]:
    return tuple(int(digits) for digits in version.split("."))


LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"(?m)^#+ (.+)$")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(text(page)):
        if "://" in link or link.startswith("mailto:"):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), f"{page.name}: {link}"
        if anchor:
            assert anchor in {slug(heading) for heading in HEADING.findall(text(target))}, link


def slug(heading: str) -> str:
    """The anchor a heading gets on a forge's page."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_the_changelog_has_a_place_for_what_is_new() -> None:
    headings = re.findall(r"(?m)^## (.+)$", text(ROOT / "CHANGELOG.md"))

    assert headings[0] == "[Unreleased]"
