"""Cookies that a site sets on the way to an answer: given back on that way, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from harvester.net.cookies import Way
from tests.loopback import PNG, Heard, Say, asked, fetched, serving

HOME = "https://api.place.test/a"


def worn(line: str, url: str, **own: str) -> str | None:
    way = Way()
    way.take([line], HOME)
    return way.worn(own, url).get("cookie")


@pytest.mark.parametrize(
    ("line", "url", "cookie"),
    [
        ("way=1; Path=/; HttpOnly", "https://api.place.test/b", "way=1"),
        ("way=1", "https://files.place.test/b", None),
        ("way=1; Domain=.place.test", "https://files.place.test/b", "way=1"),
        ("way=1; domain=PLACE.test", "https://api.place.test/b", "way=1"),
        ("way=1; Domain=place.test", "https://otherplace.test/b", None),
        ("way=1; Domain=elsewhere.test", "https://elsewhere.test/b", None),
        ("way=1; Domain=test", "https://elsewhere.test/b", None),
        ("way=1", "https://api.place.test:8443/b", None),
        ("way=1; Secure", "http://api.place.test/b", None),
        ("way=1; Secure", "https://api.place.test/b", "way=1"),
        ("way", "https://api.place.test/b", None),
        ("", "https://api.place.test/b", None),
    ],
)
def test_a_cookie_goes_where_it_was_meant_for(line: str, url: str, cookie: str | None) -> None:
    assert worn(line, url) == cookie


def test_a_cookie_stands_beside_a_requests_own() -> None:
    assert worn("way=1", "https://api.place.test/b", cookie="lang=en") == "lang=en; way=1"


def test_a_number_has_no_hosts_below_it() -> None:
    way = Way()
    way.take(["way=1; Domain=0.0.1"], "http://127.0.0.1/")

    assert "cookie" not in way.worn({}, "http://10.0.0.1/")


def test_a_file_behind_a_redirect_is_asked_with_the_cookie_that_it_set(tmp_path: Path) -> None:
    def answer(heard: Heard) -> Say:
        if heard.path.startswith("/stored"):
            return Say(PNG) if heard.headers.get("Cookie") == "lang=en; way=1" else Say(status=403)
        return Say(status=302, headers={"Location": "/stored", "Set-Cookie": "way=1; Path=/"})

    with serving(answer) as server:
        got = fetched(server, tmp_path, headers=(("Cookie", "lang=en"), ("Referer", server.url)))

    assert got.bytes == len(PNG)
    assert server.heard[1].headers["Referer"] == server.url


def test_a_cookie_is_forgotten_with_the_answer(tmp_path: Path) -> None:
    with serving(Say(headers={"Set-Cookie": "way=1"})) as server:
        for _ in range(2):
            asked(server, tmp_path)

    assert all("Cookie" not in heard.headers for heard in server.heard)
