"""Keys are planted, a server echoes them wherever it can, and everything the program leaves behind is searched."""

from __future__ import annotations

import base64
import html
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import quote, quote_plus, urlsplit

import pytest

from harvester import registry
from harvester.demo.dialects import DIALECTS, speak
from harvester.demo.dialects import Dialect as AnyDialect
from harvester.demo.dialects.danbooru import Dialect
from harvester.demo.dialects.shared import ACCOUNT
from harvester.demo.vault import Vault
from harvester.demo.world import World
from harvester.model import Auth, AuthKind, Site
from harvester.net import credentials
from tests.harness import HARVEST, SUBJECT
from tests.loopback import Heard, Say, Server, serving

KEY = 'Pl4nted/Key+w1th&<odd>"marks'
LOGIN = "planter"
POSTS = 60

FAMILY = """
import os
from typing import ClassVar
import harvester as h
from sources.danbooru import Danbooru

class Planted(Danbooru):
    def parse(self, request, reply):
        if os.environ.get("PLANTED_BUG") == "parse":
            raise RuntimeError(f"{request} {reply.url} {reply.headers} {reply.text}")
        if request.ask == "search" and reply.status == 422:
            raise h.Unexpected("error", reply.text[1:60] + reply.text[-60:])
        return super().parse(request, reply)

    def resolve(self, name):
        request = super().resolve(name)
        if os.environ.get("PLANTED_BUG") == "net":  # the client stumbles with the key in its hands
            return h.Request(request.site, request.url, headers=(("X-Number", 5),))
        return request

KINDS = {
    "none": {},
    "basic": {"username": "login", "password": "api_key"},
    "query": {"login": "login", "api_key": "api_key"},
    "header": {"X-Api-Key": "api_key"},
    "login+token": {"Authorization: Token": "api_key"},
    "agent": {"": "api_key"},
}
FAMILIES = {}
for kind, keys in KINDS.items():
    name = kind.replace("+", "_")
    auth = h.Auth(h.AuthKind(kind), keys, files=True)
    globals()[name] = type(name, (Planted,), {"auth": auth, "__slots__": ()})
    FAMILIES[f"planted_{name}"] = f"planted:{name}"
"""
POINTS = "[harvester.sources]\nplanted = planted:FAMILIES\n"
KEYRING = """
def get_password(service, name):
    return {"login": "planter", "api_key": %r}.get(name) if service == "lora-harvester:booru" else None
"""
SITE = '[sites.booru]\nfamily = "planted_{kind}"\nurl = "{url}"\ninterval = 0\n'


@cache
def forms() -> tuple[bytes, ...]:
    """Every way the key may be written."""
    plain = {KEY, KEY.lower(), html.escape(KEY), json.dumps(KEY)[1:-1]}
    plain |= {
        json.dumps(KEY)[1:-1].replace("/", "\\/"),
        quote(KEY),
        quote(KEY, ""),
        quote_plus(KEY),
    }
    plain |= {base64.b64encode(text.encode()).decode() for text in (KEY, f"{LOGIN}:{KEY}")}
    plain |= {KEY[:12], KEY[-12:]}
    return tuple(text.encode() for text in plain)


def leaks(body: bytes) -> list[bytes]:
    return [form for form in forms() if form in body]


@cache
def vault() -> Vault:
    """The files of a small world; its pictures are drawn once for all tests."""
    return Vault(World(POSTS))


@cache
def dialect() -> Dialect:
    """Danbooru's dialect over it."""
    return Dialect(vault())


@dataclass
class Hostile:
    """A site that speaks Danbooru's dialect and tells everybody the key it heard, or was promised."""

    elsewhere: str
    library: Path
    pages: int = 0
    files: int = 0
    leaked: list[str] = field(default_factory=list)

    def __call__(self, heard: Heard) -> Say:
        """The answer; whatever lies in the library at this moment, write-ahead log included, is searched."""
        self.leaked += searched(self.library)
        path = urlsplit(heard.path).path
        if path == "/posts.json":
            self.pages += 1
            if self.pages == 1:
                return self._moved(f"{heard.path}&echo={quote(KEY, '')}")
            if self.pages == 4:
                return self._refusal(422)
            if self.pages == 6:
                return self._moved(
                    f"http://{KEY[:7]}.example.invalid/{quote(KEY)}?api_key={quote(KEY)}"
                )
        elif not path.endswith(".json"):
            self.files += 1
            if self.files == 1:
                return self._moved(f"{self.elsewhere}/{quote(KEY)}")
            if self.files == 2:
                return self._refusal(404)
            if self.files == 3:
                return self._moved(f"http://[{KEY}")
        return self._answer(heard, path)

    def _answer(self, heard: Heard, path: str) -> Say:
        headers = {name.lower(): value for name, value in heard.headers.items()}
        said = dialect().answer(heard.path, headers, f"http://{headers['host']}")
        body = said.body
        if path == "/posts.json" and said.status == 200:
            rows = json.loads(body)
            for row in rows:
                row["source"] = f"https://example.org/{KEY}"
                row["tag_string_general"] += f" {KEY} {html.escape(KEY)}"
            body = json.dumps(rows).replace("/Key", "\\/Key").encode()
        return Say(body, said.status, {**said.headers, **self._echo()})

    def _refusal(self, status: int) -> Say:
        told = {"success": False, "message": f"the key {KEY} ({quote_plus(KEY)}) may not do this"}
        return Say(json.dumps(told).encode(), status, self._echo())

    def _moved(self, where: str) -> Say:
        return Say(status=302, headers={"Location": where, **self._echo()})

    def _echo(self) -> dict[str, str]:
        return {"X-Echo": KEY, "Set-Cookie": f"key={quote(KEY)}", "X-Basic": f"{LOGIN}:{KEY}"}


def searched(folder: Path) -> list[str]:
    """Where the key stands in or beneath a folder; the user's own file of credentials may hold it."""
    found = []
    for path in sorted(folder.rglob("*")):
        if leaks(os.fsencode(path.name)):
            found.append(str(path))
        if path.is_file() and path.name != "credentials.toml":
            try:
                found += [f"{path}: {form!r}" for form in leaks(path.read_bytes())]
            except FileNotFoundError:  # the run that is watched has just removed it
                continue
    return found


@dataclass
class Desk:
    """A user's folders, a hostile site, and the real command."""

    folder: Path
    home: Path
    site: Server
    hostile: Hostile
    far: Server
    kind: AuthKind = AuthKind.BASIC
    env: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, **env: str) -> tuple[int, str]:
        """Run a command with what it says at most; code and all that it said."""
        config = SITE.format(kind=self.kind.value.replace("+", "_"), url=self.site.url)
        self.hostile.library.mkdir(exist_ok=True)
        (self.hostile.library / "harvester.toml").write_text(config)
        done = subprocess.run(
            [HARVEST, "--library", str(self.hostile.library), *arguments, "-v"],
            env={**os.environ, "PYTHONPATH": str(self.folder), **self.env, **env},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=200,
        )
        return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")

    def collect(self, **env: str) -> tuple[int, str]:
        return self.run("--tag", SUBJECT, "--target", "2", "--site", "booru", **env)

    @property
    def heard(self) -> str:
        """What reached the site, as it stood on the wire."""
        return "\n".join(f"{one.path} {list(one.headers.items())}" for one in self.site.heard)

    def everything(self) -> list[str]:
        """Where the key stands in what the program left behind."""
        return [*self.hostile.leaked, *searched(self.hostile.library), *searched(self.home)]


@pytest.fixture
def desk(tmp_path: Path, own_folders: Path) -> Iterator[Desk]:
    (tmp_path / "planted.py").write_text(FAMILY)
    info = tmp_path / "planted-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: planted\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(POINTS)
    with serving(Say(b"nothing here", 404)) as far:
        hostile = Hostile(far.url, tmp_path / "library")
        with serving(hostile) as site:
            yield Desk(tmp_path, own_folders, site, hostile, far)


@dataclass
class Speaking:
    """A site that speaks a family's own dialect, knows the planted account and echoes it in every answer."""

    family: str

    def __call__(self, heard: Heard) -> Say:
        headers = {name.lower(): self._known(value) for name, value in heard.headers.items()}
        base = f"http://{headers['host']}"
        said = spoken(self.family).answer(self._known(heard.path), headers, base)
        body = said.body
        if said.status != 200:
            body += f"<!-- {KEY} {quote_plus(KEY)} -->".encode()
        return Say(body, said.status, {**said.headers, "X-Echo": KEY, "X-Basic": f"{LOGIN}:{KEY}"})

    @staticmethod
    def _known(text: str) -> str:
        """A request's text with the sandbox's account in place of the planted one."""
        basic = base64.b64encode(f"{LOGIN}:{KEY}".encode()).decode()
        mine = f"{ACCOUNT['login']}:{ACCOUNT['api_key']}"
        text = text.replace(basic, base64.b64encode(mine.encode()).decode())
        for form in (quote(KEY), quote(KEY, ""), quote_plus(KEY), KEY):
            text = text.replace(form, ACCOUNT["api_key"])
        return text.replace(LOGIN, ACCOUNT["login"])


@cache
def spoken(family: str) -> AnyDialect:
    return speak(family, vault())


def in_environment() -> dict[str, str]:
    return {"HARVEST_BOORU_API_KEY": KEY, "HARVEST_BOORU_LOGIN": LOGIN}


def into_file(desk: Desk, mode: int = 0o600) -> None:
    folder = desk.home / "config" / "harvester"
    folder.mkdir(parents=True)
    desk.env["HARVEST_CONFIG_DIR"] = str(folder)
    file = folder / "credentials.toml"
    file.write_text(f"[booru]\nlogin = {json.dumps(LOGIN)}\napi_key = {json.dumps(KEY)}\n")
    file.chmod(mode)


def into_keyring(desk: Desk) -> None:
    (desk.folder / "keyring").mkdir()
    (desk.folder / "keyring" / "__init__.py").write_text(KEYRING % KEY)
    (desk.folder / "keyring" / "errors.py").write_text("class KeyringError(Exception): ...\n")


def registry_auth(family: str) -> Auth:
    return registry.source(Site("booru", family, "https://site.test")).auth


PUBLIC = {"login", "user_id"}  # names alone are no secrets
KEYED_FAMILIES = [n for n in sorted(DIALECTS) if {*registry_auth(n).keys.values()} - PUBLIC]
KEYED = [kind for kind in AuthKind if kind is not AuthKind.NONE]
SIGNS = {
    AuthKind.BASIC: base64.b64encode(f"{LOGIN}:{KEY}".encode()).decode(),
    AuthKind.QUERY: f"api_key={quote(KEY)}",
    AuthKind.HEADER: f"('x-api-key', '{KEY}')",
    AuthKind.LOGIN: f"('authorization', 'Token {KEY}')",
    AuthKind.AGENT: f" - {KEY}",
}
"""What each kind of account looks like on the wire."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", KEYED)
def test_a_key_reaches_its_site_and_is_left_nowhere(kind: AuthKind, desk: Desk) -> None:
    desk.kind, desk.env = kind, in_environment()

    code, said = desk.collect()
    more = [desk.run(*line.split()) for line in ("resume", "status", "export 1 --to dataset")]

    assert code in {0, 3, 6}, said
    assert desk.hostile.pages > 6
    assert desk.hostile.files > 3
    assert SIGNS[kind] in desk.heard
    assert desk.far.heard == []
    assert [*desk.everything(), *searched(desk.folder / "dataset")] == []
    assert leaks("\n".join([said, *(text for _, text in more)]).encode()) == []


@pytest.mark.slow
@pytest.mark.parametrize("family", KEYED_FAMILIES)
def test_a_familys_own_account_stays_on_the_wire(
    family: str, tmp_path: Path, own_folders: Path
) -> None:
    library, names = tmp_path / "library", registry_auth(family).keys.values()
    told = {name: {"login": LOGIN, "user_id": "1"}.get(name, KEY) for name in names}
    keys = {f"HARVEST_BOORU_{name.upper()}": value for name, value in told.items()}
    with serving(Speaking(family)) as site:
        library.mkdir()
        table = f'[sites.booru]\nfamily = "{family}"\nurl = "{site.url}"\ninterval = 0\n'
        (library / "harvester.toml").write_text(table)
        done = subprocess.run(
            [HARVEST, "--library", str(library), "--tag", SUBJECT, "--target", "2", "--site", "booru", "-v"],
            env={**os.environ, **keys}, capture_output=True, timeout=200, check=False,
        )  # fmt: skip
        heard = "\n".join(f"{one.path} {list(one.headers.items())}" for one in site.heard)

    assert done.returncode == 0, done.stderr
    assert leaks(heard.encode())
    assert leaks(done.stdout + done.stderr) == []
    assert searched(library) + searched(own_folders) == []


def test_a_family_without_accounts_sends_no_key(desk: Desk) -> None:
    desk.kind, desk.env = AuthKind.NONE, in_environment()

    desk.collect(PLANTED_BUG="parse")

    assert desk.site.heard
    assert leaks(desk.heard.encode()) == []


@pytest.mark.slow
@pytest.mark.parametrize("bug", ["parse", "net"])
@pytest.mark.parametrize("kind", [AuthKind.BASIC, AuthKind.QUERY, AuthKind.HEADER])
def test_the_trace_of_a_bug_shows_no_key(bug: str, kind: AuthKind, desk: Desk) -> None:
    desk.kind, desk.env = kind, in_environment()

    code, said = desk.collect(PLANTED_BUG=bug)

    assert code == 1, said
    assert "Traceback" in said
    assert leaks(said.encode()) == []
    assert desk.everything() == []


@pytest.mark.parametrize("origin", ["environment", "file", "keyring", "not set"])
def test_the_list_of_sites_says_whether_a_key_is_set(origin: str, desk: Desk) -> None:
    if origin == "environment":
        desk.env = in_environment()
    elif origin == "file":
        into_file(desk)
    elif origin == "keyring":
        into_keyring(desk)

    code, said = desk.run("sites", "--json")

    rows = {row["site"]: row for row in json.loads(said)}
    assert (code, rows["booru"]["key"]) == (0, origin)
    assert leaks(said.encode()) == []


def test_a_file_that_others_can_read_is_refused_without_its_content(desk: Desk) -> None:
    into_file(desk, mode=0o640)

    code, said = desk.run("--tag", SUBJECT, "--site", "booru")

    assert code == 4
    assert "chmod 600" in said
    assert leaks(said.encode()) == []
    assert desk.site.heard == []


def test_environment_file_and_keyring_are_asked_in_this_order(tmp_path: Path) -> None:
    auth = Auth(AuthKind.HEADER, {"X": "a", "Y": "b", "Z": "c"})
    file = tmp_path / "credentials.toml"
    file.write_text('[booru]\na = "file"\nb = "file"\n')
    file.chmod(0o600)

    account = credentials(
        "booru", auth, {"HARVEST_BOORU_A": "env"}, file, lambda service, name: "ring"
    )

    assert account.values == {"a": "env", "b": "file", "c": "ring"}
    assert account.origin == "environment + file + keyring"


def test_a_key_that_cannot_be_sent_is_told_without_it(desk: Desk) -> None:
    desk.kind = AuthKind.HEADER
    desk.env = {**in_environment(), "HARVEST_BOORU_API_KEY": f"{KEY}é"}

    code, said = desk.collect()

    assert (code, "cannot be sent" in said) == (4, True)
    assert leaks(said.encode()) == []


def test_no_key_stands_in_a_recorded_reply() -> None:
    for path in (Path(__file__).parent / "fixtures").rglob("*"):
        if path.is_file():
            body = path.read_bytes()
            assert leaks(body) == []
            assert not any(sign in body.lower() for sign in (b"api_key=", b"authorization"))
