"""What is refused on sight: addresses and files; and how credentials are found and hidden."""

from __future__ import annotations

from pathlib import Path

import pytest

from harvester.errors import NeedsKey, RecipeError
from harvester.model import Auth, AuthKind, Site
from harvester.net import Account, credentials, host_of, sniff
from harvester.net.guard import PICTURES, Guard, allowed

KEYED = Auth(AuthKind.QUERY, {"api_key": "api_key", "user_id": "user_id"})


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::6810:84e5", "64:ff9b::5db8:d822"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert allowed(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
        *("100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "240.0.0.1"),
        *("::1", "::", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "::ffff:10.0.0.1"),
        *("2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b:1::1", "2001::1", "2001:db8::1", "a.name"),
    ],
)
def test_private_addresses_are_refused_in_every_guise(address: str) -> None:
    assert not allowed(address)


def test_only_the_configured_host_and_port_is_exempt() -> None:
    guard = Guard.of(Site("wiki", "mediawiki", "http://Wiki.lan:8080/w", configured=True))

    assert guard.admits("wiki.lan", 8080, "10.0.0.9")
    assert not guard.admits("wiki.lan", 80, "10.0.0.9")
    assert not guard.admits("evil.example", 8080, "10.0.0.9")


def test_a_shipped_site_has_no_exemption() -> None:
    assert Guard.of(Site("a", "b", "http://127.0.0.1/")) == Guard()


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\xff\xd8\xff\xe0", "jpeg"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "avif"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0miafavif", "avif"),
        (b"GIF89a", "gif"),
    ],
)
def test_pictures_are_known_by_their_first_bytes(head: bytes, name: str) -> None:
    assert sniff(head) == name
    assert name in PICTURES


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0", "heif"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "mp4"),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"\x1aE\xdf\xa3", "webm"),
        (b"CWS\x09", "swf"),
        (b"PK\x03\x04", "zip"),
        (b"\xef\xbb\xbf <?xml version='1.0'?><svg >", "svg"),
        (b"<?xml version='1.0'?><posts/>", "xml"),
        (b"\n\n<HTML>", "html"),
        (b'{"error": 1}', "json"),
        (b"", None),
    ],
)
def test_everything_else_is_no_picture(head: bytes, name: str | None) -> None:
    assert sniff(head) == name
    assert name not in PICTURES


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://cdn.example/a.png", "cdn.example"),
        ("https://CDN.example.:443/a.png", "cdn.example"),
        ("http://127.0.0.1:8080/", "127.0.0.1:8080"),
    ],
)
def test_a_port_of_its_own_is_a_server_of_its_own(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "credentials.toml"
    made.write_text('[gelbooru]\napi_key = "from file"\nuser_id = 12\n')
    made.chmod(0o600)
    return made


def test_credentials_come_from_a_file_of_ones_own(file: Path) -> None:
    account = credentials("gelbooru", KEYED, {}, file)

    assert account.params == (("api_key", "from file"), ("user_id", "12"))


def test_the_environment_wins_over_the_file(file: Path) -> None:
    account = credentials("gelbooru", KEYED, {"HARVEST_GELBOORU_API_KEY": "from env"}, file)

    assert dict(account.params)["api_key"] == "from env"


def test_a_site_name_with_dots_has_a_plain_variable() -> None:
    auth = Auth(AuthKind.HEADER, {"Authorization: Bearer": "token"})
    account = credentials("safebooru.org", auth, {"HARVEST_SAFEBOORU_ORG_TOKEN": "abc"}, None)

    assert account.headers == (("Authorization", "Bearer abc"),)


def test_basic_credentials_are_one_header() -> None:
    auth = Auth(AuthKind.BASIC, {"username": "login", "password": "key"})
    account = Account("a", auth, {"login": "Aladdin", "key": "open sesame"})

    assert account.headers == (("Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),)
    assert account.redact("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ== of Aladdin") == "Basic *** of Aladdin"


def test_a_file_that_others_can_read_is_refused(file: Path) -> None:
    file.chmod(0o644)

    with pytest.raises(RecipeError, match="chmod 600"):
        credentials("gelbooru", KEYED, {}, file)


@pytest.mark.parametrize("text", ["[gelbooru]\napi_kye = 'x'", "gelbooru = 1", "[gelbooru"])
def test_a_file_with_mistakes_is_refused(file: Path, text: str) -> None:
    file.write_text(text)

    with pytest.raises(RecipeError, match=r"credentials\.toml"):
        credentials("gelbooru", KEYED, {}, file)


def test_half_an_account_is_none() -> None:
    with pytest.raises(NeedsKey, match="set HARVEST_GELBOORU_USER_ID,"):
        credentials("gelbooru", KEYED, {"HARVEST_GELBOORU_API_KEY": "x"}, None)


def test_no_account_is_fine_where_none_is_needed(tmp_path: Path) -> None:
    account = credentials("gelbooru", KEYED, {}, tmp_path / "missing.toml")

    assert (account.params, account.headers) == ((), ())


def test_secrets_are_hidden_in_every_form_and_names_are_not() -> None:
    account = Account("a", KEYED, {"api_key": "a b&c=d", "user_id": "12"})
    text = "a b&c=d a%20b%26c%3Dd a+b%26c%3Dd post 12 ?user_id=12&x=1"

    assert account.redact(text) == "*** *** *** post 12 ?user_id=***&x=1"
    assert "a b" not in repr(account)
