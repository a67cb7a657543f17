"""Pages: guarded hops, patience with busy sites, challenges, and secrets that show up nowhere."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from harvester.errors import Blocked, Busy, Guarded, NeedsKey, Unreachable
from harvester.model import Auth, AuthKind, Request
from harvester.net import Account, Net, Patience, Settings, ask, guard
from tests.loopback import Echo, FakeClock, Heard, Say, asked, online, serving, site_at

KEYED = Auth(AuthKind.QUERY, {"api_key": "key", "user_id": "user_id"})
ACCOUNT = Account("here", KEYED, {"key": "s3cret+value", "user_id": "1"})


class Lying(AbstractResolver):
    """A name server that gives these addresses, one list a time."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        now = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(
                hostname=host, host=each, port=port, family=socket.AF_INET, proto=0, flags=0
            )
            for each in now
        ]

    async def close(self) -> None:
        """Nothing to close."""


def moved(url: str, status: int = 302) -> Say:
    return Say(status=status, headers={"Location": url})


def test_the_family_sees_every_final_reply(tmp_path: Path) -> None:
    with serving(Say(b"too deep", 410, {"X-Why": "paging"})) as server:
        reply = asked(server, tmp_path, "/posts", params=(("tags", "a b"),))

    assert (reply.status, reply.text, reply.headers["x-why"]) == (410, "too deep", "paging")
    assert server.heard[0].path == "/posts?tags=a+b"


def test_the_user_agent_names_program_and_contact(tmp_path: Path) -> None:
    with serving(Say()) as server:
        asked(server, tmp_path)

    agent = server.heard[0].headers["User-Agent"]
    assert agent.startswith("lora-harvester/")
    assert agent.endswith(" (+mailto:me@example.org)")


def test_an_account_may_stand_in_the_user_agent(tmp_path: Path) -> None:
    account = Account("here", Auth(AuthKind.AGENT, {"": "account"}), {"account": "alice"})
    with serving(Say()) as server:
        asked(server, tmp_path, account=account)

    assert server.heard[0].headers["User-Agent"].endswith(") - alice")


def test_a_redirect_is_followed_and_its_end_is_told(tmp_path: Path) -> None:
    with serving(moved("/b?x=1"), Say(b"here")) as server:
        reply = asked(server, tmp_path)

    assert (reply.url, reply.text) == (f"{server.url}/b?x=1", "here")


def test_redirects_in_a_circle_end(tmp_path: Path) -> None:
    with serving(moved("/")) as server, pytest.raises(Guarded, match="more than 5"):
        asked(server, tmp_path)

    assert len(server.heard) == 6


@pytest.mark.parametrize(
    "target",
    [
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://[::ffff:127.0.0.1]/",
        "http://[::1]:{port}/",
        "http://0x7f.1:{port}/",
        "http://2130706433:{port}/",
        "http://me:secret@127.0.0.1:{port}/",
        "file:///etc/passwd",
        "ftp://example.org/a.png",
        "http://[broken/",
    ],
)
def test_a_redirect_into_a_private_place_is_refused(tmp_path: Path, target: str) -> None:
    with serving(Say()) as server:
        server.answer = lambda _: moved(target.format(port=server.port))
        with pytest.raises((Guarded, Unreachable)):
            asked(server, tmp_path, settings=Settings(patience=Patience(attempts=1)))

    assert len(server.heard) == 1


def test_another_port_of_a_configured_address_is_refused(tmp_path: Path) -> None:
    refused = pytest.raises(Guarded, match=r"private address.*add a \[sites.NAME\]")
    with serving(Say()) as other, serving(moved(other.url)) as server, refused:
        asked(server, tmp_path)

    assert other.heard == []


def test_a_private_address_is_refused_unless_the_user_wrote_it(tmp_path: Path) -> None:
    with serving(Say()) as server, pytest.raises(Guarded):
        asked(server, tmp_path, site=site_at(server, configured=False))

    assert server.heard == []


@pytest.mark.parametrize("answers", [(["127.0.0.1"],), (["127.0.0.1", "127.0.0.1"],)])
def test_a_name_that_leads_home_is_refused(tmp_path: Path, answers: tuple[list[str]]) -> None:
    async def work(net: Net) -> None:
        net.resolver = Lying(*answers)
        source = Echo(site)
        await ask(net, source, Request("here", f"http://evil.example:{server.port}/"))

    with serving(Say()) as server:
        site = site_at(server)
        with pytest.raises(Guarded, match=r"evil\.example"):
            online(site, tmp_path, work)

    assert server.heard == []


def test_a_name_is_checked_again_for_every_connection(tmp_path: Path) -> None:
    async def work(net: Net) -> None:
        net.resolver = Lying(["127.0.0.1"])
        source = Echo(site)
        await ask(net, source, Request("here", site.url))
        await ask(net, source, Request("here", f"http://rebound.example:{server.port}/"))

    with serving(Say()) as server:
        site = site_at(server, url=f"http://wiki.lan:{server.port}")
        with pytest.raises(Guarded, match=r"rebound\.example"):
            online(site, tmp_path, work)

    assert len(server.heard) == 1


def test_credentials_are_sent_and_never_shown(tmp_path: Path) -> None:
    def echo(heard: Heard) -> Say:
        return Say(heard.path.encode() + b" s3cret+value", headers={"Link": heard.path})

    with serving(echo) as server:
        reply = asked(server, tmp_path, "/?page=1", account=ACCOUNT)

    assert server.heard[0].path == "/?page=1&api_key=s3cret%2Bvalue&user_id=1"
    assert reply.url == f"{server.url}/?page=1&api_key=***&user_id=***"
    assert "s3cret" not in reply.text + str(reply.headers)


def test_a_redirect_to_another_host_carries_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "allowed", lambda address: True)  # loopback plays the internet
    account = Account("here", Auth(AuthKind.HEADER, {"X-Key": "key"}), ACCOUNT.values)

    async def work(net: Net) -> None:
        net.resolver = Lying(["127.0.0.1"])
        cookies = (("login", "me"),)
        await ask(net, Echo(site), Request("here", site.url, cookies=cookies))

    with serving(Say()) as far:
        target = f"http://far.example:{far.port}/?api=s3cret%2Bvalue&page=2"
        with serving(moved(target)) as near:
            site = site_at(near, url=f"http://near.example:{near.port}")
            online(site, tmp_path, work, account=account)

    sent = near.heard[0].headers
    assert (sent["X-Key"], sent["Cookie"]) == ("s3cret+value", "login=me")
    assert far.heard[0].path == "/?page=2"
    assert not {"X-Key", "Cookie"} & set(map(str.title, far.heard[0].headers))


@pytest.mark.parametrize(
    "target", ["http://s3cretvalue.example/", "http://far.example/S3cretValue/1.png"]
)
def test_a_redirect_that_holds_the_key_in_its_address_is_refused(
    tmp_path: Path, target: str
) -> None:
    account = Account("here", KEYED, {"key": "S3cretValue", "user_id": "1"})
    with serving(moved(target)) as server, pytest.raises(Guarded, match="not followed") as caught:
        asked(server, tmp_path, account=account)

    assert "s3cretvalue" not in str(caught.value).lower()


@pytest.mark.parametrize(
    "auth", [KEYED, Auth(AuthKind.BASIC, {"username": "user_id", "password": "key"})]
)
def test_secrets_are_in_no_error(tmp_path: Path, auth: Auth) -> None:
    account = Account("here", auth, ACCOUNT.values)
    with serving(Say(b"x" * 100, cut=10)) as server, pytest.raises(Unreachable) as caught:
        asked(server, tmp_path, account=account)

    chain: list[BaseException | None] = [caught.value, caught.value.__cause__]
    assert "s3cret" not in "".join(map(repr, chain))
    assert len(server.heard) == 3


def test_an_account_that_is_needed_is_asked_for_before_anything_is_sent(tmp_path: Path) -> None:
    auth = Auth(AuthKind.QUERY, KEYED.keys, required=True)
    with serving(Say()) as server, pytest.raises(NeedsKey, match="HARVEST_HERE_KEY"):
        asked(server, tmp_path, source=Echo(site_at(server), auth))

    assert server.heard == []


def test_secrets_stay_with_the_sites_own_hosts(tmp_path: Path) -> None:
    async def work(net: Net) -> None:
        net.resolver = Lying(["127.0.0.1"])
        await ask(net, Echo(site), Request("here", f"http://127.0.0.1:{server.port}/"))

    with serving(Say()) as server:
        site = site_at(server, url=f"http://wiki.lan:{server.port}")
        with pytest.raises(Guarded):
            online(site, tmp_path, work, account=ACCOUNT)

    assert server.heard == []


@pytest.mark.parametrize(
    "answer",
    [
        Say(b"<html>", 403, {"cf-mitigated": "challenge"}),
        Say(b"window._cf_chl_opt={}", 503, {"Server": "cloudflare"}),
        Say(b'<input name="captcha-bypass">', 403, {"Server": "cloudflare"}),
        Say(b"/.well-known/ddos-guard/js-challenge/index.js", 403, {"Server": "ddos-guard"}),
    ],
)
def test_a_challenge_is_seen_before_the_family_reads_it(tmp_path: Path, answer: Say) -> None:
    with serving(answer) as server:
        source = Echo(site_at(server))
        with pytest.raises(Blocked, match=r"challenge|captcha"):
            asked(server, tmp_path, source=source)

    assert (len(server.heard), source.replies) == (1, [])


def test_a_plain_refusal_is_the_familys_to_read(tmp_path: Path) -> None:
    with serving(Say(b"no", 403, {"Server": "cloudflare"})) as server:
        assert asked(server, tmp_path).status == 403


@pytest.mark.parametrize("dated", [False, True])
def test_a_busy_site_is_left_alone_as_long_as_it_asks(tmp_path: Path, dated: bool) -> None:
    time = FakeClock()
    told = formatdate(time.time + 90, usegmt=True) if dated else "90"
    with serving(Say(status=429, headers={"Retry-After": told}), Say()) as server:
        asked(server, tmp_path, time=time)

    assert sum(time.slept) == 90


def test_what_the_family_reads_out_of_the_reply_counts_first(tmp_path: Path) -> None:
    time = FakeClock()
    until = datetime.fromtimestamp(time.time + 30, UTC)
    with serving(Say(headers={"Retry-After": "90"})) as server:
        source = Echo(site_at(server))
        source.busy = [Busy("maxlag", until=until), Busy("maxlag", after=5)]
        asked(server, tmp_path, source=source, time=time)

    assert time.slept == [5, 25]


def test_a_site_that_wants_too_much_patience_is_told_at_once(tmp_path: Path) -> None:
    time = FakeClock()
    with serving(Say(status=429, headers={"Retry-After": "3600"})) as server:
        for _ in range(2):
            with pytest.raises(Busy) as caught:
                asked(server, tmp_path, time=time)

    assert caught.value.until is not None
    assert caught.value.until.timestamp() == pytest.approx(time.time + 3600)
    assert len(server.heard) == 1


def test_a_server_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    with serving(Say()) as server:
        gone = site_at(server)
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1.*3 tries"):
        online(gone, tmp_path, lambda net: ask(net, Echo(gone), Request("here", gone.url)))


def test_a_broken_connection_is_tried_again(tmp_path: Path) -> None:
    with serving(Say(b"half of it", cut=4), Say(b"all of it")) as server:
        assert asked(server, tmp_path).text == "all of it"


def test_a_reply_that_never_ends_is_cut_off(tmp_path: Path) -> None:
    with serving(Say(b"x" * 5000)) as server, pytest.raises(Guarded, match="4000"):
        asked(server, tmp_path, settings=Settings(page_bytes=4000))


def test_a_stuck_server_is_given_up(tmp_path: Path) -> None:
    limits = Settings(whole=0.1, patience=Patience(attempts=1))
    stuck = Say(headers={"Content-Length": "9"})
    with serving(stuck) as server, pytest.raises(Unreachable, match="longer"):
        asked(server, tmp_path, settings=limits)


def test_many_pages_at_once_share_the_connections(tmp_path: Path) -> None:
    async def work(net: Net) -> None:
        source = Echo(site)
        await asyncio.gather(*(ask(net, source, Request("here", site.url)) for _ in range(20)))

    with serving(Say(b"page")) as server:
        site = site_at(server)
        online(site, tmp_path, work)

    assert len(server.heard) == 20
