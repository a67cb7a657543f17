"""A page for people that has not changed since it was asked for costs a question and no body."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from harvester.model import Auth, AuthKind, Reply, Request
from harvester.net import Account, Patience, Settings, ask, remembered
from harvester.net.remembered import Memory
from tests.loopback import Echo, Heard, Say, Server, online, serving, site_at

BODY = b"<html><img src='a.png'></html>"


def page(headers: Mapping[str, str], body: bytes = BODY) -> Callable[[Heard], Say]:
    """A server that knows its page again."""

    def answer(asked: Heard) -> Say:
        if asked.path == "/robots.txt":
            return Say(status=404)
        same = {
            "If-None-Match": headers.get("ETag"),
            "If-Modified-Since": headers.get("Last-Modified"),
        }
        if any(told and asked.headers.get(name) == told for name, told in same.items()):
            return Say(status=304)
        return Say(body, headers=headers)

    return answer


def ask_page(server: Server, folder: Path, *, kind: str = "html", **over: object) -> Reply:
    """The page, asked for by a program of its own."""
    site = site_at(server)
    source = Echo(site)
    request = replace(Request(site.name, f"{server.url}/gallery", kind=kind), **over)  # type: ignore[arg-type]
    settings = Settings(patience=Patience(attempts=1), memory=folder / "pages")
    online(site, folder, lambda net: ask(net, source, request), settings=settings)
    return source.replies[-1]


@pytest.mark.parametrize(
    "told", [{"ETag": '"one"'}, {"Last-Modified": "Sun, 22 Nov 2026 10:00:00 GMT"}]
)
def test_an_unchanged_page_is_taken_as_it_was(told: dict[str, str], tmp_path: Path) -> None:
    with serving(page({**told, "Content-Type": "text/html"})) as server:
        first, second = ask_page(server, tmp_path), ask_page(server, tmp_path)
        asked = [heard for heard in server.heard if heard.path == "/gallery"]

    assert second.status == 200
    assert (second.body, second.url) == (first.body, first.url) == (BODY, f"{server.url}/gallery")
    assert second.headers["content-type"] == "text/html"
    conditions = [
        one.headers.get("If-None-Match") or one.headers.get("If-Modified-Since") for one in asked
    ]
    assert conditions == [None, *told.values()]


def test_a_changed_page_comes_anew_and_is_remembered(tmp_path: Path) -> None:
    with serving(page({"ETag": '"one"'})) as server:
        ask_page(server, tmp_path)
        server.answer = page({"ETag": '"two"'}, b"<html>new</html>")

        assert ask_page(server, tmp_path).body == b"<html>new</html>"
        assert ask_page(server, tmp_path).body == b"<html>new</html>"
        assert server.heard[-1].headers["If-None-Match"] == '"two"'


@pytest.mark.parametrize(
    "over",
    [
        {"kind": "api"},
        {"method": "POST", "body": b"a=1"},
        {"cookies": (("session", "abc"),)},
        {"headers": (("Cookie", "session=abc"),)},
    ],
)
def test_what_may_be_somebodys_own_is_not_remembered(
    over: dict[str, object], tmp_path: Path
) -> None:
    with serving(page({"ETag": '"one"'})) as server:
        ask_page(server, tmp_path, **over)  # type: ignore[arg-type]
        ask_page(server, tmp_path, **over)  # type: ignore[arg-type]

    assert not [heard for heard in server.heard if heard.headers.get("If-None-Match")]
    assert not (tmp_path / "pages").exists()


def test_a_page_that_somebody_signed_for_is_not_remembered(tmp_path: Path) -> None:
    auth = Auth(AuthKind.HEADER, {"X-Key": "api_key"})
    account = Account("here", auth, {"api_key": "a-secret-of-mine"})
    with serving(page({"ETag": '"one"'})) as server:
        site = site_at(server)
        settings = Settings(memory=tmp_path / "pages")
        request = Request(site.name, f"{server.url}/gallery", kind="html")
        source = Echo(site, auth)
        online(
            site,
            tmp_path,
            lambda net: ask(net, source, request),
            account=account,
            settings=settings,
        )

    assert source.replies[-1].status == 200
    assert not (tmp_path / "pages").exists()


@pytest.mark.parametrize("headers", [{}, {"ETag": '"one"', "Cache-Control": "private, no-store"}])
def test_a_page_that_is_not_to_be_kept_is_not(headers: dict[str, str], tmp_path: Path) -> None:
    with serving(page(headers)) as server:
        ask_page(server, tmp_path)

    assert not (tmp_path / "pages").exists()


@pytest.mark.parametrize("damage", [b"", b"no page at all", b"x" * 100])
def test_a_damaged_file_is_as_good_as_none(damage: bytes, tmp_path: Path) -> None:
    with serving(page({"ETag": '"one"'})) as server:
        ask_page(server, tmp_path)
        [kept] = (tmp_path / "pages").iterdir()
        kept.write_bytes(damage)

        assert ask_page(server, tmp_path).body == BODY
        assert server.heard[-1].headers.get("If-None-Match") is None


def test_pages_that_nobody_asked_for_longest_make_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Reply(200, "http://a.test/", {"etag": '"one"'}, os.urandom(1000))
    for number in range(5):
        Memory(tmp_path).put(f"http://a.test/{number}", told)
        path = max(tmp_path.iterdir(), key=lambda one: one.stat().st_mtime_ns)
        os.utime(path, (number, number))
    Memory(tmp_path).find("http://a.test/0")  # asked for again: the youngest now
    monkeypatch.setattr(remembered, "MOST_BYTES", 2500)
    Memory(tmp_path).put("http://a.test/new", told)
    left = {n for n in [*range(5), "new"] if Memory(tmp_path).find(f"http://a.test/{n}")}

    assert left == {0, 4, "new"}


def test_a_folder_that_cannot_be_written_costs_nothing_but_memory(tmp_path: Path) -> None:
    (tmp_path / "pages").write_text("a file where the folder should be")
    with serving(page({"ETag": '"one"'})) as server:
        assert ask_page(server, tmp_path).body == BODY
        assert ask_page(server, tmp_path).body == BODY


def test_a_redirect_to_another_page_with_the_same_mark_does_not_bring_the_old_one_back(
    tmp_path: Path,
) -> None:
    def answer(asked: Heard) -> Say:
        if asked.path == "/gallery":
            return Say(status=302, headers={"Location": target})
        if asked.headers.get("If-None-Match") == '"one"':
            return Say(status=304)
        return Say(asked.path.encode(), headers={"ETag": '"one"'})

    target = "/old"
    with serving(answer) as server:
        assert ask_page(server, tmp_path).body == b"/old"
        assert ask_page(server, tmp_path).body == b"/old"
        target = "/new"
        assert ask_page(server, tmp_path).body == b"/new"
