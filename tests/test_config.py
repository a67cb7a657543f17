"""The config file: where it is looked for, what it may say, where the library lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from harvester import config
from harvester.config import Browser, Config
from harvester.errors import RecipeError


def written(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "harvester.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder of the test's own, and a config folder beside it."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HARVEST_CONFIG_DIR", str(tmp_path / "config"))
    return folder


def test_without_a_file_everything_is_at_its_default(here: Path) -> None:
    assert config.load(None, None) == Config()


def test_a_file_that_is_named_is_read(here: Path) -> None:
    path = written(here, 'contact = "mailto:me@example.org"\nlibrary = "lib"\n[sites.a]\nurl = "x"')

    found = config.load(path, None)

    assert found == Config(path, "mailto:me@example.org", Path("lib"), {"a": {"url": "x"}})


def test_what_is_said_of_the_browser_is_read_and_the_rest_is_at_its_default(here: Path) -> None:
    path = written(here, "[browser]\nchromium = '/opt/it'\nmax_bytes = '32M'\nmax_seconds = 20")

    found = config.load(path, None).browser

    assert found == Browser("/opt/it", max_seconds=20, max_bytes=32_000_000)
    assert found.max_pages == Browser().max_pages


def test_the_librarys_own_file_goes_before_the_users(here: Path, tmp_path: Path) -> None:
    own = written(tmp_path / "library", 'contact = "library"')
    written(config.folder(), 'contact = "user"')

    assert config.load(None, own.parent).contact == "library"


def test_the_users_file_is_read_where_the_library_has_none(here: Path, library: Path) -> None:
    written(config.folder(), 'contact = "user"')

    assert config.load(None, library).contact == "user"


def test_the_file_of_the_library_that_the_environment_names_is_read(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / "lib", 'contact = "there"')
    monkeypatch.setenv("HARVEST_LIBRARY", str(tmp_path / "lib"))

    assert config.load(None, None).contact == "there"


def test_a_home_folder_is_spelled_out(here: Path) -> None:
    found = config.load(written(here, 'library = "~/pictures"'), None).library

    assert found == Path.home() / "pictures"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('contacts = "me"', "unknown key 'contacts'; did you mean 'contact'?"),
        ("contact = 5", "contact = 5; it must be a text"),
        ("library = 5", "library = 5; it must be a path"),
        ("sites = 5", "sites = 5; it must be a table"),
        ("browser = 5", "browser = 5; it must be a table: [browser]"),
        ("[browser]\nchromum = 'x'", "unknown key 'chromum'; did you mean 'chromium'?"),
        ("[browser]\nchromium = 5", "chromium = 5; it must be a path as text"),
        ("[browser]\nmax_pages = 0", "max_pages = 0; it must be a number above 0"),
        ("[browser]\nmax_requests = 1.5", "max_requests = 1.5; it must be a number above 0"),
        ("[browser]\nmax_seconds = true", "max_seconds = True; it must be a number above 0"),
        ("[browser]\nmax_bytes = 'lots'", "max_bytes = 'lots'; it is a size such as"),
        ('contact = "me\\n"', "contact holds characters that cannot stand in a User-Agent"),
        ("contact", "not valid TOML"),
    ],
)
def test_a_complaint_names_file_key_and_remedy(here: Path, text: str, told: str) -> None:
    path = written(here, text)

    with pytest.raises(RecipeError) as caught:
        config.load(path, None)

    assert str(path) in str(caught.value)
    assert told in str(caught.value)


def test_a_named_file_that_is_not_there_is_an_error(here: Path) -> None:
    with pytest.raises(RecipeError, match="no such file"):
        config.load(here / "other.toml", None)


def test_the_library_is_the_first_that_is_named(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Config(library=Path("of-config"))

    assert config.library_of(None, Config()) == Path("data")
    assert config.library_of(None, said) == Path("of-config")
    monkeypatch.setenv("HARVEST_LIBRARY", "of-environment")
    assert config.library_of(None, said) == Path("of-environment")
    assert config.library_of(Path("of-option"), said) == Path("of-option")
