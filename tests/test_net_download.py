"""A file on its way: resumed, bounded, checked, durable, and left alone where its owner says so."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path

import pytest

from harvester import boundary
from harvester.errors import Blocked, Busy, Gone, Guarded, LibraryError, Refused, Unreachable
from harvester.model import Auth, AuthKind, File, Site
from harvester.net import Account, Download, Patience, Settings, discard, download
from tests.loopback import PNG, FakeClock, Heard, Say, fetched, online, ranged, serving

MD5 = hashlib.md5(PNG).hexdigest()
CLAIMS = File("original", (), bytes=len(PNG), md5=MD5)
BROKEN = Say(PNG, headers={"ETag": '"1"'}, cut=1_200_000)


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("1.part*"))


def test_a_whole_file_is_hashed_while_it_is_written(tmp_path: Path) -> None:
    with serving(Say(PNG)) as server:
        got = fetched(server, tmp_path, expect=CLAIMS)

    assert (got.format, got.bytes, got.md5) == ("png", len(PNG), MD5)
    assert got.sha256 == hashlib.sha256((tmp_path / "1.part").read_bytes()).hexdigest()


def test_a_connection_that_breaks_off_is_gone_on_with_by_range(tmp_path: Path) -> None:
    with serving(BROKEN, ranged(PNG)) as server:
        got = fetched(server, tmp_path)

    assert got.md5 == MD5
    assert server.heard[1].headers["If-Range"] == '"1"'
    assert int(server.heard[1].headers["Range"][6:-1]) > 100_000


def test_another_process_goes_on_where_the_first_one_fell(tmp_path: Path) -> None:
    with serving(BROKEN) as server:
        with pytest.raises(Unreachable):
            fetched(server, tmp_path, settings=Settings(patience=Patience(attempts=1)))
        server.answer = ranged(PNG)
        got = fetched(server, tmp_path)

    assert got.md5 == MD5
    assert "Range" in server.heard[1].headers


def test_a_file_that_changed_meanwhile_starts_again(tmp_path: Path) -> None:
    other = PNG[::1] + b"more"
    with serving(BROKEN, ranged(other, etag='"2"')) as server:
        got = fetched(server, tmp_path)

    assert got.md5 == hashlib.md5(other).hexdigest()


@pytest.mark.parametrize("headers", [{}, {"ETag": 'W/"1"'}])
def test_a_part_without_a_strong_validator_starts_again(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    with serving(Say(PNG, headers=headers, cut=1_200_000), Say(PNG)) as server:
        fetched(server, tmp_path)

    assert "Range" not in server.heard[1].headers


def test_a_date_serves_as_validator(tmp_path: Path) -> None:
    date = formatdate(1_600_000_000, usegmt=True)
    with serving(Say(PNG, headers={"Last-Modified": date}, cut=1_200_000), Say(PNG)) as server:
        fetched(server, tmp_path)

    assert server.heard[1].headers["If-Range"] == date


def test_a_range_that_begins_elsewhere_is_not_joined(tmp_path: Path) -> None:
    wrong = Say(PNG[5:], 206, {"Content-Range": f"bytes 5-{len(PNG) - 1}/{len(PNG)}"})
    with serving(BROKEN, wrong, Say(PNG)) as server:
        got = fetched(server, tmp_path)

    assert got.md5 == MD5


def test_a_range_of_another_file_is_not_joined(tmp_path: Path) -> None:
    def careless(heard: Heard) -> Say:
        begin = int(heard.headers["Range"][6:-1])
        told = f"bytes {begin}-{len(PNG) - 1}/{len(PNG)}"
        return Say(PNG[begin:], 206, {"ETag": '"2"', "Content-Range": told})

    with serving(BROKEN, careless, Say(PNG)) as server:
        got = fetched(server, tmp_path)

    assert (got.md5, len(server.heard)) == (MD5, 3)


def test_nothing_is_missing_when_the_server_says_416(tmp_path: Path) -> None:
    with serving(
        Say(PNG, headers={"ETag": '"1"', "Content-Length": "9999999"}, cut=len(PNG))
    ) as server:
        with pytest.raises(Unreachable):
            fetched(server, tmp_path, settings=Settings(patience=Patience(attempts=1)))
        server.answer = ranged(PNG)
        got = fetched(server, tmp_path)

    assert (got.md5, len(server.heard)) == (MD5, 2)


def test_a_part_longer_than_the_file_starts_again_after_416(tmp_path: Path) -> None:
    answer = Say(status=416, headers={"Content-Range": "bytes */5"})
    with serving(BROKEN, answer, Say(PNG)) as server:
        got = fetched(server, tmp_path)

    assert (got.md5, len(server.heard)) == (MD5, 3)


def test_a_whole_part_is_not_fetched_again(tmp_path: Path) -> None:
    with serving(Say(PNG)) as server:
        first = fetched(server, tmp_path)
        second = fetched(server, tmp_path)

    assert first == second
    assert len(server.heard) == 1


def test_a_whole_part_is_known_by_its_claimed_hash_alone(tmp_path: Path) -> None:
    (tmp_path / "1.part").write_bytes(PNG)
    with serving(Say(status=500)) as server:
        got = fetched(server, tmp_path, expect=CLAIMS)

    assert (got.md5, server.heard) == (MD5, [])


def test_a_whole_part_of_something_else_is_fetched_anew(tmp_path: Path) -> None:
    with serving(Say(PNG + b"old"), Say(PNG)) as server:
        fetched(server, tmp_path)
        got = fetched(server, tmp_path, expect=CLAIMS)

    assert got.md5 == MD5


def test_a_note_stays_only_where_the_site_tells_no_hash(tmp_path: Path) -> None:
    with serving(Say(PNG)) as server:
        fetched(server, tmp_path, expect=CLAIMS)
        with_hash = left(tmp_path)
        discard(tmp_path / "1.part")
        fetched(server, tmp_path)

    assert with_hash == ["1.part"]
    assert left(tmp_path) == ["1.part", "1.part.json"]


def test_a_damaged_file_is_fetched_once_more(tmp_path: Path) -> None:
    with serving(Say(PNG[:-1] + b"!"), Say(PNG)) as server:
        got = fetched(server, tmp_path, expect=CLAIMS)

    assert got.md5 == MD5


WRONG = (
    File("original", (), md5="0" * 32),
    File("original", (), sha256="0" * 64),
    File("original", (), bytes=17),
)


@pytest.mark.parametrize("expect", WRONG, ids=["md5", "sha256", "bytes"])
def test_a_file_that_is_damaged_twice_is_not_kept(tmp_path: Path, expect: File) -> None:
    with serving(Say(PNG)) as server, pytest.raises(Guarded, match=r"site claims .*not kept"):
        fetched(server, tmp_path, expect=expect)

    assert (len(server.heard), left(tmp_path)) == (2, [])


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"<!DOCTYPE html><title>Sorry</title>", "html"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "svg"),
        (b"PK\x03\x04frames", "zip"),
        (b"\0\0\0\x18ftypmp42....", "mp4"),
        (b"who knows", "no picture"),
        (b"", "no picture"),
    ],
)
def test_what_is_no_picture_is_dropped(tmp_path: Path, body: bytes, what: str) -> None:
    answer = Say(body, headers={"Content-Type": "image/png"})
    with serving(answer) as server, pytest.raises(Guarded, match=what):
        fetched(server, tmp_path)

    assert left(tmp_path) == []


@pytest.mark.parametrize("headers", [{}, {"Transfer-Encoding": "chunked"}])
def test_an_oversized_file_is_dropped(tmp_path: Path, headers: dict[str, str]) -> None:
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(PNG), PNG) if headers else PNG
    with serving(Say(chunked, headers=headers)) as server, pytest.raises(Guarded, match="allowed"):
        fetched(server, tmp_path, max_bytes=100_000)

    assert left(tmp_path) == []


@pytest.mark.parametrize("told", ["noai", "noindex, NoImageAI", "anybot: noai"])
def test_a_picture_whose_owner_says_noai_is_left_alone(tmp_path: Path, told: str) -> None:
    answer = Say(PNG, headers={"X-Robots-Tag": told})
    with serving(answer) as server, pytest.raises(Refused, match="noai"):
        fetched(server, tmp_path)

    assert left(tmp_path) == []


def test_alternatives_are_tried_in_order(tmp_path: Path) -> None:
    with serving(Say(status=404), Say(b"<html>"), Say(PNG)) as server:
        got = fetched(server, tmp_path, "/a.png", "/b.png", "/c.png")

    assert got.url == f"{server.url}/c.png"


@pytest.mark.parametrize(
    "url",
    [
        *("", "a.png", "//", "http://", "http://[::1", "http://h:99999/", "http://h:x/", "\0"),
        *("data:image/png;base64,AAAA", "file:///etc/passwd", "folder:/etc", "javascript:1"),
        *(f"http://{'a' * 70}.example/", "http://a..b/", "http://.../", "http://%00/"),
        *("http://127.1/", "http://017700000001/", "http://[::ffff:7f00:1]/", "http://localhost/"),
    ],
)
def test_a_hostile_address_is_refused_with_a_sentence(tmp_path: Path, url: str) -> None:
    limits = Settings(patience=Patience(attempts=1))
    site = Site("here", "echo", "https://here.example")
    task = Download("here:1", "here", (url,), tmp_path / "1.part", interval=0)
    with pytest.raises((Guarded, Unreachable)):
        online(site, tmp_path, lambda net: download(net, task), settings=limits)

    assert left(tmp_path) == []


@pytest.mark.parametrize("status", [404, 410])
def test_a_file_missing_everywhere_is_gone(tmp_path: Path, status: int) -> None:
    with serving(Say(status=status)) as server, pytest.raises(Gone, match=f"answers {status}"):
        fetched(server, tmp_path, "/a.png", "/b.png")

    assert len(server.heard) == 2


@pytest.mark.parametrize(
    "answer",
    [
        Say(status=401),
        Say(status=403),
        Say(b"<html>", status=503, headers={"cf-mitigated": "challenge"}),
    ],
)
def test_a_site_that_refuses_files_is_left_alone(tmp_path: Path, answer: Say) -> None:
    with serving(answer) as server, pytest.raises(Blocked, match="left alone"):
        fetched(server, tmp_path, "/a.png", "/b.png")

    assert len(server.heard) == 1


@pytest.mark.parametrize(("age", "error"), [(1, Gone), (-60, Blocked)])
def test_a_refusal_of_an_expired_address_says_nothing_of_the_site(
    tmp_path: Path, age: float, error: type[Exception]
) -> None:
    time = FakeClock()
    expires = datetime.fromtimestamp(time.time - age, UTC)
    file = File("original", ("https://site.test/a.png",), expires=expires)
    with serving(Say(status=403)) as server, pytest.raises(error):
        fetched(server, tmp_path, "/a.png", time=time, expect=file)


def test_a_server_in_trouble_is_asked_again_after_a_while(tmp_path: Path) -> None:
    time = FakeClock()
    busy = Say(status=503, headers={"Retry-After": "40"})
    with serving(Say(status=500), busy, Say(PNG)) as server:
        fetched(server, tmp_path, time=time)

    assert len(server.heard) == 3
    assert 40.0 in time.slept


def test_a_server_that_stays_busy_says_until_when(tmp_path: Path) -> None:
    time = FakeClock()
    answer = Say(status=429, headers={"Retry-After": "7200"})
    with serving(answer) as server, pytest.raises(Busy) as caught:
        fetched(server, tmp_path, time=time)

    assert caught.value.until is not None
    assert caught.value.until.timestamp() == pytest.approx(time.time + 7200)
    assert len(server.heard) == 1


def test_a_claimed_sha512_is_checked_as_well(tmp_path: Path) -> None:
    expect = File("original", (), sha512=hashlib.sha512(PNG).hexdigest())
    with serving(Say(PNG[:-1] + b"!"), Say(PNG)) as server:
        got = fetched(server, tmp_path, expect=expect)

    assert got.md5 == MD5


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    with (
        serving(Say(PNG)) as server,
        pytest.raises(LibraryError, match=r"No space left.*free some"),
    ):
        fetched(server, tmp_path, part=Path("/dev/full"))


def test_files_are_signed_only_where_the_family_says_so(tmp_path: Path) -> None:
    account = Account("here", Auth(AuthKind.HEADER, {"X-Key": "key"}), {"key": "s3cret"})
    with serving(Say(PNG)) as server:
        fetched(server, tmp_path, account=account)
        discard(tmp_path / "1.part")
        fetched(server, tmp_path, account=account, signed=True)

    assert [heard.headers.get("X-Key") for heard in server.heard] == [None, "s3cret"]


def test_the_boundaries_are_crossed_with_bytes_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[tuple[str, int]] = []
    note = lambda name: sizes.append((name, (tmp_path / "1.part").stat().st_size))  # noqa: E731
    monkeypatch.setattr(boundary.hook, "call", note)
    with serving(Say(PNG)) as server:
        fetched(server, tmp_path)

    assert [name for name, _ in sizes[:-1]] == ["net.chunk"] * (len(sizes) - 1)
    assert sizes[-2:] == [("net.chunk", len(PNG)), ("net.whole", len(PNG))]


def test_a_referer_of_the_candidate_is_sent(tmp_path: Path) -> None:
    def answer(heard: Heard) -> Say:
        return Say(PNG if heard.headers.get("Referer") == "http://here/" else b"<html>")

    with serving(answer) as server:
        got = fetched(server, tmp_path, headers=(("Referer", "http://here/"),))

    assert got.format == "png"
