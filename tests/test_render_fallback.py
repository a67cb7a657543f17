"""A picture that is refused to our own client comes with the bytes its page shows it with, and only then."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from harvester.errors import Blocked, Refused
from harvester.net import Download, Downloaded, download
from harvester.net.kept import Kept
from tests.loopback import PNG, Heard, Say
from tests.rendering import Desk, desk, page, required


def with_cookie(body: bytes, **headers: str) -> Callable[[Heard], Say]:
    """A picture for those who come from the page."""

    def answer(heard: Heard) -> Say:
        knows = "seen=1" in heard.headers.get("Cookie", "")
        told = {"Content-Type": "image/png", **{n.replace("_", "-"): v for n, v in headers.items()}}
        return Say(body, headers=told) if knows else Say(b"hotlink", 403)

    return answer


PAGE = page("<img src=a.png><img src=b.png>", Set_Cookie="seen=1")
FIRST, SECOND = PNG[:50_000], PNG[:70_000]


def gallery(one: Desk) -> None:
    one.put("/", PAGE)
    one.put("/a.png", with_cookie(FIRST))
    one.put("/b.png", with_cookie(SECOND))


def fetched(one: Desk, folder: Path, path: str, *, shown: str = "/") -> Downloaded:
    task = Download(
        key=f"here:{path}",
        site="here",
        urls=(one.url + path,),
        part=folder / f"{path[1:]}.part",
        interval=0,
        page=one.url + shown if shown else "",
    )
    return one.wait(download(one.net, task))


def test_the_bytes_the_browser_got_are_taken_where_ours_are_refused(tmp_path: Path) -> None:
    required()
    with desk(tmp_path) as one:
        gallery(one)
        got = fetched(one, tmp_path, "/a.png")

        assert got.sha256 == hashlib.sha256(FIRST).hexdigest()
        assert (tmp_path / "a.png.part").read_bytes() == FIRST
        assert (got.format, got.url) == ("png", f"{one.url}/a.png")


def test_a_page_is_rendered_once_for_all_its_pictures(tmp_path: Path) -> None:
    required()
    with desk(tmp_path) as one:
        gallery(one)
        one.put("/c.png", with_cookie(FIRST))
        got = [fetched(one, tmp_path, path) for path in ("/a.png", "/b.png")]
        with pytest.raises(Blocked, match="403"):  # it stands on no page
            fetched(one, tmp_path, "/c.png")

        assert [each.bytes for each in got] == [len(FIRST), len(SECOND)]
        assert one.net.browser.pages == 1


def test_what_our_own_client_may_have_needs_no_browser(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        one.put("/a.png", Say(FIRST))

        assert fetched(one, tmp_path, "/a.png").bytes == len(FIRST)
        assert one.net.browser.pages == 0


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Say(b"_cf_chl_opt", 403, {"Server": "cloudflare"}), Blocked),
        (Say(b"", 401), Blocked),
        (Say(FIRST, 200, {"X-Robots-Tag": "noai"}), Refused),
    ],
    ids=["challenge", "login", "noai"],
)
def test_protections_are_not_got_round(tmp_path: Path, answer: Say, error: type[Exception]) -> None:
    with desk(tmp_path) as one:
        gallery(one)
        one.put("/a.png", answer)

        with pytest.raises(error):
            fetched(one, tmp_path, "/a.png")
        assert one.net.browser.pages == 0


def test_an_owners_no_to_the_browser_counts_as_well(tmp_path: Path) -> None:
    required()
    with desk(tmp_path) as one:
        gallery(one)
        one.put("/a.png", with_cookie(FIRST, X_Robots_Tag="noai"))

        with pytest.raises(Blocked, match="403"):
            fetched(one, tmp_path, "/a.png")
        assert not (tmp_path / "a.png.part").exists()


def test_without_a_page_or_a_browser_the_refusal_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harvester.net.chromium.installed", lambda: iter(()))
    with desk(tmp_path) as one:
        gallery(one)
        for shown in ("", "/"):
            with pytest.raises(Blocked, match="answers 403"):
                fetched(one, tmp_path, "/a.png", shown=shown)


def test_pictures_wait_in_a_file_without_a_name_until_they_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    kept = Kept()
    kept.put("u", b"one")
    kept.put("v", b"other")

    assert list(tmp_path.iterdir()) == []
    assert (kept.take("v"), kept.take("u"), kept.take("u")) == (b"other", b"one", None)
    kept.close()


def test_no_more_is_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harvester.net.kept.MOST_BYTES", 10)
    kept = Kept()

    assert kept.put("a", b"12345678")
    assert not kept.put("b", b"123")
    assert kept.take("a") == b"12345678"
    assert kept.put("b", b"123")
    kept.close()
