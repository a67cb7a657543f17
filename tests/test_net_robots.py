"""robots.txt: asked once for a host's pages for people, obeyed on every hop, and no concern of an API."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from harvester.errors import Blocked, Busy, Guarded, Refused, SiteError, Unreachable
from harvester.model import Auth, AuthKind, Request
from harvester.net import Account, Net, Patience, Settings, ask, guard
from harvester.net.robots import CAP, KEPT, SLOWEST, UNREAD, read
from tests.loopback import Echo, FakeClock, Heard, Say, Server, online, serving, site_at

ROBOTS = "/robots.txt"
HERE = "http://here.example"
Answers = Callable[[Heard], Say]


def site(*robots: str | Say, pages: Mapping[str, Say] | None = None) -> Answers:
    """A site with these answers for robots.txt, the last one again and again, and a page everywhere else."""
    left = [Say(one.encode()) if isinstance(one, str) else one for one in robots]

    def answer(heard: Heard) -> Say:
        if heard.path == ROBOTS:
            return left.pop(0) if len(left) > 1 else left[0]
        return (pages or {}).get(heard.path, Say(b"page"))

    return answer


def read_pages(
    server: Server,
    state: Path,
    *paths: str,
    kind: str = "html",
    past: tuple[type[SiteError], ...] = (),
    **over: Any,
) -> None:
    """Ask for these pages one after another, as a family does that reads pages for people; go on `past` errors."""
    at = over.pop("at", None) or site_at(server)

    async def work(net: Net) -> None:
        for path in paths or ("/",):
            with suppress(*past):
                await ask(net, Echo(at), Request(at.name, server.url + path, kind=kind))

    online(at, state, work, **over)


def heard(server: Server) -> list[str]:
    return [one.path for one in server.heard]


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback plays the internet."""
    monkeypatch.setattr(guard, "allowed", lambda address: True)


def test_what_is_allowed_is_read(tmp_path: Path) -> None:
    with serving(site("User-agent: *\nDisallow: /private")) as server:
        read_pages(server, tmp_path, "/public")

    assert heard(server) == [ROBOTS, "/public"]


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ("/", "/"),
        ("/index.php?*s=view", "/index.php?page=post&s=view&id=1"),
        ("/*.html$", "/a/b.html"),
        ("/caf%C3%A9", "/café"),
    ],
)
def test_what_is_disallowed_is_refused_in_one_sentence(
    tmp_path: Path, rule: str, path: str
) -> None:
    refused = pytest.raises(Refused, match=r"^robots.txt of 127.* does not allow /.* to programs$")
    with serving(site(f"User-agent: *\nDisallow: {rule}")) as server, refused:
        read_pages(server, tmp_path, path)

    assert heard(server) == [ROBOTS]


def test_an_end_mark_forbids_nothing_that_goes_on(tmp_path: Path) -> None:
    with serving(site("User-agent: *\nDisallow: /*.html$")) as server:
        read_pages(server, tmp_path, "/a.html?page=2")

    assert heard(server) == [ROBOTS, "/a.html?page=2"]


@pytest.mark.parametrize("name", ["lora-harvester", "LoRA-Harvester/1.0", "lora-harvester # you"])
def test_our_own_group_counts_before_the_one_for_everybody(name: str) -> None:
    rules = read(f"User-agent: *\nDisallow: /\n\nUser-agent: {name}\nDisallow: /b".encode())

    assert (rules.allows(f"{HERE}/a"), rules.allows(f"{HERE}/b")) == (True, False)


@pytest.mark.parametrize("name", ["GPTBot", "lora", "harvester", "my-lora-harvester", "l*"])
def test_what_is_said_to_others_is_not_said_to_us(name: str) -> None:
    rules = read(f"User-agent: {name}\nDisallow: /\nCrawl-delay: 9".encode())

    assert (rules.allows(f"{HERE}/a"), rules.delay) == (True, 0)


@pytest.mark.parametrize("status", [300, 401, 403, 404, 410, 418])
def test_a_site_without_robots_allows_everything(tmp_path: Path, status: int) -> None:
    with serving(site(Say(b"User-agent: *\nDisallow: /", status))) as server:
        read_pages(server, tmp_path, "/a", "/b")

    assert heard(server) == [ROBOTS, "/a", "/b"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
        b"<!doctype html><title>Welcome</title><p>Disallow: nothing",
        b"Disallow: /\nCrawl-delay: nan",
    ],
)
def test_what_is_no_robots_forbids_nothing(tmp_path: Path, body: bytes) -> None:
    with serving(site(Say(body))) as server:
        read_pages(server, tmp_path, "/a")

    assert heard(server) == [ROBOTS, "/a"]


@settings(deadline=None)
@given(st.binary(max_size=200), st.text(max_size=40))
def test_no_bytes_break_the_reader(noise: bytes, path: str) -> None:
    rules = read(b"User-agent: *\n" + noise + b"\nDisallow: /" + noise)

    assert rules.allows(f"{HERE}/{path}") in {True, False}
    assert 0 <= rules.delay <= SLOWEST


def test_a_mark_of_its_encoding_hides_no_group() -> None:
    assert not read(b"\xef\xbb\xbfUser-agent: *\nDisallow: /").allows(f"{HERE}/a")


def test_of_a_huge_one_the_beginning_counts(tmp_path: Path) -> None:
    begin = b"User-agent: *\nDisallow: /a\n"
    huge = begin + b"#" * (CAP - len(begin) - 12) + b"\nDisallow: /b\nDisallow: /c\n" * 99
    small = Settings(page_bytes=1000, patience=Patience(attempts=1))
    with serving(site(Say(huge))) as server:
        read_pages(server, tmp_path, "/b", "/c", settings=small)
        with pytest.raises(Refused):
            read_pages(server, tmp_path, "/a", settings=small)

    assert heard(server) == [ROBOTS, "/b", "/c", ROBOTS]


def test_thousands_of_names_and_rules_stall_nothing() -> None:
    many = "".join(f"User-Agent b{n}\n" for n in range(15_000))
    begun = time.process_time()
    read((many + "Disallow: /a*b\n" * 15_000).encode()).allows(f"{HERE}/a")

    assert time.process_time() - begun < 20


def test_it_is_asked_once_for_many_pages(tmp_path: Path) -> None:
    async def work(net: Net) -> None:
        pages = (Request("here", f"{server.url}/{n}", kind="html") for n in range(20))
        await asyncio.gather(*(ask(net, Echo(at), page) for page in pages))

    with serving(site("User-agent: *\nDisallow: /x")) as server:
        at = site_at(server)
        online(at, tmp_path, work)

    assert heard(server)[0] == ROBOTS
    assert heard(server).count(ROBOTS) == 1
    assert len(server.heard) == 21


def test_after_a_day_it_is_asked_again(tmp_path: Path) -> None:
    clock = FakeClock()

    async def work(net: Net) -> None:
        for path in ("/a", "/b", "/c"):
            await ask(net, Echo(at), Request("here", server.url + path, kind="html"))
            clock.time += KEPT / 2

    with serving(site("")) as server:
        at = site_at(server)
        online(at, tmp_path, work, time=clock)

    assert heard(server) == [ROBOTS, "/a", "/b", ROBOTS, "/c"]


def test_an_api_is_asked_without_it(tmp_path: Path) -> None:
    with serving(site("User-agent: *\nDisallow: /\nCrawl-delay: 60")) as server:
        read_pages(server, tmp_path, "/posts.json", kind="api")

    assert heard(server) == ["/posts.json"]


def test_it_is_asked_with_our_name_and_without_the_key(tmp_path: Path) -> None:
    account = Account("here", Auth(AuthKind.QUERY, {"api_key": "key"}), {"key": "s3cret"})
    refused = pytest.raises(Refused, match=r"allow /a\?api_key=\*\*\* to")
    with serving(site("User-agent: *\nDisallow: /a")) as server, refused:
        read_pages(server, tmp_path, "/a", account=account)

    assert heard(server) == [ROBOTS]
    assert server.heard[0].headers["User-Agent"].startswith("lora-harvester/")


def test_a_site_that_is_busy_for_a_while_is_read_then(tmp_path: Path) -> None:
    clock = FakeClock()
    busy = [Say(status=500), Say(status=429, headers={"Retry-After": "90"})]
    with serving(site(*busy, "User-agent: *\nDisallow: /b")) as server:
        read_pages(server, tmp_path, "/a", time=clock)

    assert heard(server) == [ROBOTS] * 3 + ["/a"]
    assert sum(clock.slept) >= 90


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_robots_that_cannot_be_read_keeps_from_the_pages(tmp_path: Path, status: int) -> None:
    told = pytest.raises(Busy, match=rf"robots.txt of 127.* cannot be read.*{status} \(3 tries\)")
    with serving(site(Say(status=status))) as server, told:
        read_pages(server, tmp_path, "/a")

    assert heard(server) == [ROBOTS] * 3


def test_a_failure_is_not_asked_about_again_at_once(tmp_path: Path) -> None:
    clock = FakeClock()

    async def work(net: Net) -> None:
        for wait in (0.0, UNREAD, 0.0):
            with suppress(Busy):
                await ask(net, Echo(at), Request("here", server.url, kind="html"))
            clock.time += wait

    with serving(site(*[Say(status=500)] * 3, "")) as server:
        at = site_at(server)
        online(at, tmp_path, work, time=clock)

    assert heard(server) == [ROBOTS] * 4 + ["/"]


def test_a_server_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    with serving(Say()) as server:
        pass
    with pytest.raises(Unreachable, match=r"robots.txt of 127.* cannot be read.*3 tries"):
        read_pages(server, tmp_path)


def test_a_challenge_in_its_place_blocks_the_site(tmp_path: Path) -> None:
    challenge = Say(b"<html>", 403, {"cf-mitigated": "challenge"})
    with serving(site(challenge)) as server, pytest.raises(Blocked, match="Cloudflare challenge"):
        read_pages(server, tmp_path)

    assert heard(server) == [ROBOTS]


def test_a_redirect_of_it_is_followed(tmp_path: Path) -> None:
    moved = {"/rules": Say(b"User-agent: *\nDisallow: /a")}
    answers = site(Say(status=301, headers={"Location": "/rules"}), pages=moved)
    with serving(answers) as server, pytest.raises(Refused):
        read_pages(server, tmp_path, "/a")

    assert heard(server) == [ROBOTS, "/rules"]


def test_redirects_of_it_in_a_circle_end(tmp_path: Path) -> None:
    moved = Say(status=302, headers={"Location": ROBOTS})
    with serving(site(moved)) as server, pytest.raises(Guarded, match=r"robots.*more than 5 times"):
        read_pages(server, tmp_path)

    assert heard(server) == [ROBOTS] * 6


def test_a_page_may_not_lead_to_what_is_disallowed(tmp_path: Path) -> None:
    moved = {"/a": Say(status=302, headers={"Location": "/b"})}
    answers = site("User-agent: *\nDisallow: /b", pages=moved)
    with serving(answers) as server, pytest.raises(Refused, match="allow /b to"):
        read_pages(server, tmp_path, "/a")

    assert heard(server) == [ROBOTS, "/a"]


@pytest.mark.usefixtures("public")
def test_a_page_elsewhere_is_the_other_hosts_to_allow(tmp_path: Path) -> None:
    with serving(site("User-agent: *\nDisallow: /b")) as far:
        moved = {"/a": Say(status=302, headers={"Location": f"{far.url}/b"})}
        refused = pytest.raises(Refused, match=str(far.port))
        with serving(site("", pages=moved)) as near, refused:
            read_pages(near, tmp_path, "/a")

    assert (heard(near), heard(far)) == ([ROBOTS, "/a"], [ROBOTS])


@pytest.mark.usefixtures("public")
@pytest.mark.parametrize(
    ("said", "interval", "waited"), [("10", 0, 10), ("10", 25, 25), ("7200", 0, SLOWEST)]
)
def test_a_crawl_delay_slows_pages_down(
    tmp_path: Path, said: str, interval: float, waited: float
) -> None:
    clock = FakeClock()
    with serving(site(f"User-agent: *\nCrawl-delay: {said}")) as server:
        at = site_at(server, interval=interval)
        read_pages(server, tmp_path, "/a", "/b", "/c", at=at, time=clock)

    assert clock.slept[-2:] == [waited, waited]


@pytest.mark.usefixtures("public")
def test_a_crawl_delay_slows_no_api_down(tmp_path: Path) -> None:
    clock = FakeClock()
    with serving(site("User-agent: *\nCrawl-delay: 10")) as server:
        read_pages(server, tmp_path, "/a", "/b", kind="api", time=clock)

    assert clock.slept == []


def test_a_server_of_ones_own_is_not_slowed_down(tmp_path: Path) -> None:
    clock = FakeClock()
    with serving(site("User-agent: *\nCrawl-delay: 10")) as server:
        read_pages(server, tmp_path, "/a", "/b", time=clock)

    assert clock.slept == []


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("10.1.2.3", True),
        ("::1", True),
        ("8.8.8.8", False),
        ("wiki", True),
        ("Wiki.lan", True),
        ("wiki.example", False),
    ],
)
def test_a_server_of_ones_own_is_known_by_its_name(host: str, own: bool) -> None:
    assert guard.Guard((host.lower(), 80)).at_home(host, 80) is own
    assert not guard.Guard((host.lower(), 80)).at_home(host, 81)


PATHS = ("/", "/a", "/ab", "/a/b", "/b/a.a", "/b?a=1", "/a?b=1&a=2", "/ab/b.a?a")


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    rules=st.lists(
        st.tuples(st.booleans(), st.from_regex(r"/[ab/*.?=1]{0,4}\$?", fullmatch=True)), max_size=5
    ),
    moves=st.dictionaries(st.sampled_from(PATHS), st.sampled_from(PATHS), max_size=3),
)
@example(rules=[(False, "/*?a")], moves={"/a": "/b?a=1"})
def test_a_disallowed_page_is_never_asked_for(
    rules: list[tuple[bool, str]], moves: dict[str, str]
) -> None:
    text = "\n".join(f"{'Allow' if good else 'Disallow'}: {rule}" for good, rule in rules)
    pages = {old: Say(status=302, headers={"Location": new}) for old, new in moves.items()}
    answers = site(f"User-agent: *\n{text}", pages=pages)
    with serving(answers) as server, TemporaryDirectory() as state:
        read_pages(server, Path(state), *PATHS, past=(SiteError,))

    allowed = {path for path in PATHS if named(path, rules, good=True)}
    disallowed = {path for path in PATHS if named(path, rules, good=False)}
    assert not (disallowed - allowed) & set(heard(server))
    assert {*PATHS} - disallowed <= set(heard(server))


def named(path: str, rules: list[tuple[bool, str]], *, good: bool) -> bool:
    """Does a rule of this kind fit the path? As RFC 9309 says it, in other words than the library's."""
    return any(
        re.match(re.escape(rule).replace(r"\*", ".*").replace(r"\$", r"\Z"), path)
        for is_good, rule in rules
        if is_good is good
    )
