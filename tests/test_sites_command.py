"""`harvest sites`: the list, one site in full, and a new one that is asked once and written into the config."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from harvester import registry
from harvester.cli.shapes import SHAPES, misfits
from harvester.demo import Options, Sandbox, World, start_process
from harvester.demo.dialects import DIALECTS
from harvester.demo.dialects.shared import ACCOUNT
from tests.harness import HARVEST, SUBJECT, Done, inside
from tests.loopback import Say, serving

SERVED = sorted(registry.families().keys() - {"localfolder", "webpage"})
"""Families whose API a server speaks: not the disk, nor pages of any kind."""
HTML = b"<!DOCTYPE html><html><head><title>A forum</title></head><body>no posts here</body></html>"
OLD = b'contact = "mailto:me@example.org"  # mine\r\n\n[sites.wiki]\nfamily = "mediawiki"\nurl = "http://w.test"'
"""A file as people leave it: a comment, both kinds of line ends, none at its end."""

POST = b'[{"id": 7, "rating": "g", "file_url": "/7.png", "file_ext": "png"}]'

KILLED = """
import os, signal, sys
from harvester import cli
os.fsync = lambda file: os.kill(os.getpid(), signal.SIGKILL)
cli.run(sys.argv[1:])
"""
FULL_DISK = """
import resource, sys
from harvester import cli
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
sys.exit(cli.run(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def sandbox(drawings: Path) -> Iterator[str]:
    """The address of the real sandbox, a process of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARVEST_CACHE", str(drawings))
        with start_process(Options(posts=150)) as started:
            yield started.url


def run(library: Path, *arguments: str) -> Done:
    """A command in a library that need not be there, within this process."""
    return inside("--library", str(library), *arguments)


def alone(library: Path, *arguments: str, by: tuple[str, ...] = (HARVEST,)) -> Done:
    """The same in a process of its own."""
    line = [*by, "--library", str(library), *arguments]
    done = subprocess.run(
        line, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
    )
    return Done(done.returncode, done.stdout, done.stderr)


def added(
    library: Path, url: str, *more: str, name: str = "mybooru", family: str = "danbooru"
) -> Done:
    return run(library, "sites", "add", name, "--family", family, "--url", url, *more)


def config(library: Path) -> Path:
    return library / "harvester.toml"


def tables(library: Path) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = tomllib.loads(config(library).read_text("utf-8"))["sites"]
    return found


# ---- adding -------------------------------------------------------------------------------


def test_a_site_that_answers_is_written_and_can_be_harvested(sandbox: str, tmp_path: Path) -> None:
    done = added(tmp_path / "new", sandbox, "--option", "interval=0", "--option", "tag_limit=6")

    assert done.code == 0, done.err
    assert "mybooru answers: " in done.out
    assert tables(tmp_path / "new") == {
        "mybooru": {"family": "danbooru", "url": sandbox, "interval": 0, "tag_limit": 6}
    }

    done = alone(tmp_path / "new", "--tag", SUBJECT, "--target", "5", "--site", "mybooru", "--json")
    assert done.code == 0, done.err
    assert done.json["selected"] == 5


def test_the_command_that_comes_next_is_told(sandbox: str, tmp_path: Path) -> None:
    told = added(tmp_path, sandbox, "--json").json

    assert misfits(told, SHAPES["sites add"]) == []
    assert told["posts"] > told["files"] > 0
    assert told["next"] == f"harvest --tag NAME --site mybooru --library {tmp_path}"


def test_one_page_is_asked_for_and_no_file(tmp_path: Path) -> None:
    with serving(Say(POST)) as server:
        done = added(tmp_path, server.url)

    assert done.code == 0, done.err
    assert f"1 post on the first page, 1 with a file; e.g. {server.url}/posts/7" in done.out
    assert [heard.path.partition("?")[0] for heard in server.heard] == ["/posts.json"]
    assert "lora-harvester/" in server.heard[0].headers["User-Agent"]


def test_the_tag_to_look_for_can_be_named(tmp_path: Path) -> None:
    with serving(Say(POST)) as server:
        added(tmp_path, server.url, "--tag", "hakurei_reimu")

    assert "hakurei_reimu" in server.heard[0].path


SAYS = {"animepictures": ("--tag", "single")}
"""How a family calls what is asked for, where it has a word of its own."""


@pytest.mark.parametrize("family", DIALECTS)
def test_a_server_of_any_family_is_known_by_that_family_alone(
    family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ACCOUNT.items():
        monkeypatch.setenv(f"HARVEST_MYBOORU_{name.upper()}", value)
    words = ["--option", "interval=0", *SAYS.get(family, ())]
    with Sandbox(World(60), family=family) as server:
        codes = {
            other: added(tmp_path / other, server.url, *words, family=other).code
            for other in SERVED
        }

    assert {other for other, code in codes.items() if code == 0} == {family}
    assert {code for other, code in codes.items() if other != family} == {6}
    assert {other for other in SERVED if config(tmp_path / other).exists()} == {family}


def test_without_a_probe_nobody_is_asked(tmp_path: Path) -> None:
    with serving(Say(b"[]")) as server:
        done = added(tmp_path, server.url, "--no-probe", "--json")

    assert (done.code, done.json["posts"], done.json["example"]) == (0, None, None)
    assert misfits(done.json, SHAPES["sites add"]) == []
    assert server.heard == []
    assert tables(tmp_path)["mybooru"]["url"] == server.url


# ---- a site that is not as it should be ---------------------------------------------------


def test_a_host_that_does_not_answer_is_not_written(tmp_path: Path) -> None:
    with serving(Say()) as server:
        gone = server.url

    done = added(tmp_path, gone)

    assert done.code == 6
    assert "does not answer: Connect" in done.err
    assert "--no-probe" in done.err
    assert not config(tmp_path).exists()


@pytest.mark.parametrize("family", SERVED)
def test_a_page_for_people_is_no_answer_of_any_family(family: str, tmp_path: Path) -> None:
    with serving(Say(HTML, headers={"Content-Type": "text/html"})) as server:
        done = added(tmp_path, server.url, "--option", "interval=0", family=family)

    assert done.code == 6
    first, second = done.err.splitlines()
    assert first.startswith("harvest: ")
    assert "--no-probe" in second
    assert not config(tmp_path).exists()


def test_a_family_that_the_server_does_not_speak_is_said_in_one_sentence(
    sandbox: str, tmp_path: Path
) -> None:
    done = added(tmp_path, sandbox, family="mediawiki")

    assert done.code == 6
    assert f"{sandbox} does not answer as a site of the family mediawiki does" in done.err
    assert done.err.splitlines()[0].endswith("check --url and --family")


def test_a_site_that_shows_no_file_of_any_post_is_not_written(tmp_path: Path) -> None:
    with serving(Say(b'[{"id": 7, "rating": "g"}]')) as server:
        done = added(tmp_path, server.url)

    assert done.code == 6
    assert "shows no file with any of 1 posts; check --family" in done.err
    assert not config(tmp_path).exists()


def test_a_site_that_needs_an_account_says_where_it_is_put(tmp_path: Path) -> None:
    with serving(Say(POST)) as server:
        done = added(tmp_path, server.url, "--option", "key_needed=true")

    assert done.code == 6
    assert "set HARVEST_MYBOORU_LOGIN and HARVEST_MYBOORU_API_KEY" in done.err
    assert server.heard == []


def test_a_site_without_a_post_of_that_tag_is_not_written(sandbox: str, tmp_path: Path) -> None:
    done = added(tmp_path, sandbox, "--tag", "nobody_knows_me")

    assert done.code == 6
    assert "shows no post for 'nobody_knows_me'; name a tag it has: --tag" in done.err
    assert not config(tmp_path).exists()


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_a_site_that_refuses_is_asked_once_and_left(status: int, tmp_path: Path) -> None:
    with serving(Say(b'{"message": "go away"}', status)) as server:
        done = added(tmp_path, server.url)

    assert done.code == 6
    assert len(server.heard) == 1
    assert str(status) in done.err
    assert not config(tmp_path).exists()


def test_nothing_forbidden_is_asked_for_or_shown(tmp_path: Path) -> None:
    post = b'[{"id": 7, "file_url": "/7.png", "file_ext": "png", "tag_string": "loli solo"}]'
    with serving(Say(post)) as server:
        refused = added(tmp_path, server.url, "--tag", "loli")
        shown = added(tmp_path, server.url, "--json")

    assert (refused.code, len(server.heard)) == (4, 1)
    assert "this program never asks for it" in refused.err
    assert (shown.code, shown.json["files"], shown.json["example"]) == (0, 1, None)


# ---- what is refused before anybody is asked ----------------------------------------------


@pytest.mark.parametrize(
    ("name", "family", "url", "more", "told"),
    [
        ("danbooru", "danbooru", "http://a.test", [], "danbooru is a site already, at https://"),
        ("Danbooru", "danbooru", "http://a.test", [], "the account of the site danbooru"),
        ("danbooru_", "danbooru", "http://a.test", [], "the account of the site danbooru"),
        ("x", "danboru", "http://a.test", [], "unknown family 'danboru'; did you mean 'danbooru'"),
        ("x", "danbooru", "ftp://a.test", [], "it begins with http:// or https://"),
        ("x", "danbooru", "a.test", [], "it begins with http:// or https://"),
        ("x", "danbooru", "http://", [], "names a host"),
        ("x", "danbooru", "file:///etc/passwd", [], "it begins with http:// or https://"),
        ("a/b", "danbooru", "http://a.test", [], "letters, digits, . _ -"),
        ("a b", "danbooru", "http://a.test", [], "letters, digits, . _ -"),
        ("a]\n[sites.b", "danbooru", "http://a.test", [], "letters, digits, . _ -"),
        ("", "danbooru", "http://a.test", [], "letters, digits, . _ -"),
        ("x", "danbooru", "http://a.test", ["intervall=1"], "did you mean 'interval'?"),
        ("x", "danbooru", "http://a.test", ["interval=-1"], "it is seconds, 0 or more"),
        ("x", "danbooru", "http://a.test", ["interval=1\nenabled=false"], "interval = '1"),
        ("x", "danbooru", "http://a.test", ["keyset=perhaps"], "it is true or false"),
        ("x", "danbooru", "http://a.test", ["rating_default=safe"], "rating_default is one of"),
        ("x", "danbooru", "http://a.test", ["automation=yes"], "automation is one of documented"),
        ("x", "danbooru", "http://a.test", ["keyset"], "it takes KEY=VALUE"),
        ("x", "danbooru", "http://a.test", ["url=http://b.test"], "it takes KEY=VALUE"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(
    name: str, family: str, url: str, more: list[str], told: str, tmp_path: Path
) -> None:
    further = [part for setting in more for part in ("--option", setting)]

    done = added(tmp_path, url, *further, name=name, family=family)

    assert done.code == 2
    assert told in done.err
    assert not config(tmp_path).exists()


@pytest.mark.parametrize(
    ("url", "table"),
    [
        ("touhou.fandom.com", {"family": "mediawiki", "url": "https://touhou.fandom.com"}),
        ("touhou.fandom.com/ja", {"family": "mediawiki", "url": "https://touhou.fandom.com/ja"}),
        ("https://t.wiki.gg/wiki/A", {"family": "mediawiki", "url": "https://t.wiki.gg/wiki/A"}),
        ("some.booru.org", {"family": "gelbooru01", "url": "https://some.booru.org"}),
    ],
)
def test_a_wiki_of_a_known_farm_is_added_by_its_address_alone(
    url: str, table: dict[str, str], tmp_path: Path
) -> None:
    done = run(tmp_path, "sites", "add", "x", "--url", url, "--no-probe")

    assert done.code == 0, done.err
    assert tables(tmp_path) == {"x": table}


@pytest.mark.parametrize("url", ["wiki.test", "https://fandom.com.test", "http://["])
def test_of_any_other_host_the_family_has_to_be_said(url: str, tmp_path: Path) -> None:
    done = run(tmp_path, "sites", "add", "x", "--url", url, "--no-probe")

    assert done.code == 2
    assert f"nobody knows what software {url} runs; name it with --family" in done.err
    assert not config(tmp_path).exists()


@pytest.mark.parametrize("name", ["9lives", "my.booru", "my-booru", "böoru", "東方"])
def test_an_odd_name_is_written_so_that_it_can_be_read(name: str, tmp_path: Path) -> None:
    done = added(tmp_path, "http://a.test", "--no-probe", name=name)

    assert done.code == 0, done.err
    assert run(tmp_path, "sites", "show", name, "--json").json["site"] == name


@pytest.mark.parametrize(
    ("setting", "found"),
    [
        ("interval=0.5", 0.5),
        ("enabled=false", False),
        ("rating_default=general", "general"),
        ('rating_default="general"', "general"),
        ("api=/w/api.php", "/w/api.php"),
        ("api=123", "123"),
        ("terms=https://a.test/terms?a=b", "https://a.test/terms?a=b"),
    ],
)
def test_a_value_becomes_what_its_key_wants(setting: str, found: object, tmp_path: Path) -> None:
    done = added(tmp_path, "http://a.test", "--no-probe", "--option", setting)

    assert done.code == 0, done.err
    assert tables(tmp_path)["mybooru"][setting.partition("=")[0]] == found


# ---- the file -----------------------------------------------------------------------------


def test_what_stands_in_the_file_stays_byte_for_byte(tmp_path: Path) -> None:
    config(tmp_path).write_bytes(OLD)
    config(tmp_path).chmod(0o640)

    done = added(tmp_path, "http://a.test", "--no-probe")

    assert done.code == 0, done.err
    assert config(tmp_path).read_bytes().startswith(OLD + b"\n")
    assert list(tables(tmp_path)) == ["wiki", "mybooru"]
    assert config(tmp_path).stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["harvester.toml"]


def test_a_name_in_the_file_is_not_taken_twice(tmp_path: Path) -> None:
    config(tmp_path).write_bytes(OLD)

    done = added(tmp_path, "http://a.test", "--no-probe", name="wiki")

    assert done.code == 2
    assert f"change it under [sites.wiki] in {config(tmp_path)}" in done.err
    assert config(tmp_path).read_bytes() == OLD


@pytest.mark.parametrize(
    "old",
    [
        b'sites = { w = { family = "mediawiki", url = "http://w.test" } }\n',
        b"sites = 5\n",
        b"[sites\n",
    ],
)
def test_a_file_that_takes_no_table_is_left_as_it_is(old: bytes, tmp_path: Path) -> None:
    config(tmp_path).write_bytes(old)

    done = added(tmp_path, "http://a.test", "--no-probe")

    assert done.code == 4
    assert str(config(tmp_path)) in done.err
    assert config(tmp_path).read_bytes() == old


def test_the_file_that_is_named_is_made(tmp_path: Path) -> None:
    mine = tmp_path / "far" / "mine.toml"

    done = added(tmp_path, "http://a.test", "--no-probe", "--config", str(mine))

    assert done.code == 0, done.err
    assert f"--config {mine}" in done.out
    assert not config(tmp_path).exists()
    assert "mybooru" in tomllib.loads(mine.read_text("utf-8"))["sites"]


def test_the_file_in_use_is_the_one_that_grows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARVEST_CONFIG_DIR", str(tmp_path))
    config(tmp_path).write_bytes(OLD)

    done = added(tmp_path / "library", "http://a.test", "--no-probe")

    assert done.code == 0, done.err
    assert not config(tmp_path / "library").exists()
    assert list(tables(tmp_path)) == ["wiki", "mybooru"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_bytes(OLD)
    config(tmp_path).symlink_to(real)

    added(tmp_path, "http://a.test", "--no-probe")

    assert config(tmp_path).is_symlink()
    assert real.read_bytes().startswith(OLD)
    assert "mybooru" in tables(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_a_write_that_is_killed_leaves_the_old_file(tmp_path: Path) -> None:
    config(tmp_path).write_bytes(OLD)
    line = [
        "sites",
        "add",
        "mybooru",
        "--family",
        "danbooru",
        "--url",
        "http://a.test",
        "--no-probe",
    ]

    done = alone(tmp_path, *line, by=(sys.executable, "-c", KILLED))

    assert done.code == -signal.SIGKILL
    assert config(tmp_path).read_bytes() == OLD
    assert run(tmp_path, *line).code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    config(tmp_path).write_bytes(OLD)
    line = [
        "sites",
        "add",
        "mybooru",
        "--family",
        "danbooru",
        "--url",
        f"http://a.test/{'a' * 200}",
    ]

    done = alone(tmp_path, *line, "--no-probe", by=(sys.executable, "-c", FULL_DISK))

    assert done.code == 5, done.err
    assert "cannot be written" in done.err
    assert config(tmp_path).read_bytes() == OLD
    assert [path.name for path in tmp_path.iterdir()] == ["harvester.toml"]


def test_sites_that_are_added_side_by_side_are_all_there(tmp_path: Path) -> None:
    names = [f"booru{number}" for number in range(4)]
    line = [HARVEST, "--library", str(tmp_path), "sites", "add", "--no-probe"]
    more = ["--family", "danbooru", "--url", "http://a.test"]

    running = [
        subprocess.Popen([*line, name, *more], stdout=subprocess.DEVNULL, env=os.environ)
        for name in names
    ]

    assert [one.wait(60) for one in running] == [0] * 4
    assert sorted(tables(tmp_path)) == names


# ---- list and show ------------------------------------------------------------------------


def test_the_list_is_the_same_with_its_name_and_without(tmp_path: Path) -> None:
    plain, named = run(tmp_path, "sites", "--json"), run(tmp_path, "sites", "list", "--json")

    assert plain.json == named.json
    assert [row["site"] for row in plain.json] == list(registry.shipped())


@pytest.mark.parametrize("name", sorted(registry.shipped()))
def test_every_shipped_site_can_be_shown(name: str, tmp_path: Path) -> None:
    site = registry.shipped()[name]

    shown = run(tmp_path, "sites", "show", name).out

    assert shown.startswith(f"{name}  {site.url}\n")
    assert f"  automation  {site.automation}\n" in shown


def test_all_that_is_known_of_a_site_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARVEST_MYBOORU_LOGIN", "somebody")
    monkeypatch.setenv("HARVEST_MYBOORU_API_KEY", "topsecret")
    more = ["interval=2", "rating_default=general", "keyset=false"]
    further = [part for setting in more for part in ("--option", setting)]
    added(tmp_path, "http://a.test", "--no-probe", *further)

    told = run(tmp_path, "sites", "show", "mybooru", "--json")
    shown = run(tmp_path, "sites", "show", "mybooru").out

    assert misfits(told.json, SHAPES["sites show"]) == []
    assert told.json["options"] == {"keyset": False}
    assert told.json["pace"]["api"] == 2
    assert told.json["account"]["found"] == "environment"
    assert told.json["words"]["cowboy_shot"] == ["cowboy_shot"]
    for part in ("yours", "2 s a page", "HARVEST_MYBOORU_API_KEY", "keyset = False", "general"):
        assert part in shown
    assert "topsecret" not in shown + told.out


def test_a_site_nobody_knows_is_not_shown(tmp_path: Path) -> None:
    done = run(tmp_path, "sites", "show", "danboru")

    assert done.code == 4
    assert "did you mean 'danbooru'?" in done.err
