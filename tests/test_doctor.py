"""`harvest sites doctor`: each thing a site can do asked for once, and the questions of `doctor.toml`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from harvester import registry, vocabulary
from harvester.cli.shapes import SHAPES, misfits
from harvester.cli.sitetext import CAN
from harvester.demo import Entry, Faults, Sandbox, World
from harvester.demo.dialects import DIALECTS
from harvester.demo.dialects.shared import ACCOUNT
from harvester.model import Reply
from harvester.stages import doctoring, replies
from tests.harness import Done, inside, unasked
from tests.loopback import Heard, Say, Server, serving

FIXED = {
    *("danbooru", "e621", "gelbooru025", "gelbooru02", "gelbooru01", "moebooru"),
    *("philomena", "twibooru", "shimmie2", "szurubooru", "zerochan", "animepictures"),
    *("sankaku", "wallhaven", "mediawiki", "webpage", "localfolder"),
}
"""The names of families as DESIGN fixes them."""

ASKED_ABOUT = {
    *("danbooru", "e621", "gelbooru025", "gelbooru02", "moebooru", "philomena", "shimmie2"),
    *("szurubooru", "zerochan", "animepictures", "sankaku", "wallhaven", "mediawiki"),
}
"""Families with something to confirm at the first online run: section 20 of the facts."""

UNRATED = {"mediawiki", "zerochan"}
COARSE = {"gelbooru01", "gelbooru02", "moebooru", "sankaku", "shimmie2"}
"""Families whose mildest word is `safe`, which takes in two of the sandbox's ratings."""
PNG = b"\x89PNG\r\n\x1a\n" + bytes(5000)
CHALLENGE = {"cf-mitigated": "challenge", "Content-Type": "text/html"}
QUESTIONS = [(family, one) for family in doctoring.tables() for one in doctoring.questions(family)]
each_question = pytest.mark.parametrize(
    ("family", "question"), QUESTIONS, ids=[f"{name}.{one.name}" for name, one in QUESTIONS]
)


@pytest.fixture(autouse=True, scope="module")
def drawn_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the sandboxes draw is kept for all tests here."""
    return tmp_path_factory.mktemp("drawn")


@contextmanager
def sandbox(
    family: str, cache: Path, *, posts: int = 60, faults: Faults | None = None
) -> Iterator[Sandbox]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARVEST_CACHE", str(cache))
        with Sandbox(World(posts), family=family, faults=faults) as site:
            yield site


def doctor(
    library: Path, *names: str, more: tuple[str, ...] = (), **sites: tuple[str, str]
) -> Done:
    """Examine sites of these families at these addresses; without names those asked by default."""
    library.mkdir(parents=True, exist_ok=True)
    tables = [
        f'[sites.{name}]\nfamily = "{family}"\nurl = "{url}"\ninterval = 0\n'
        for name, (family, url) in sites.items()
    ]
    (library / "harvester.toml").write_text("".join(tables) + unasked(sites), "utf-8")
    return inside("--library", str(library), "sites", "doctor", *names, *more)


def checks(done: Done, site: str = "here") -> dict[str, dict[str, Any]]:
    [report] = [report for report in done.json if report["site"] == site]
    return {check["check"]: check for check in report["checks"]}


def answers(done: Done, site: str = "here") -> dict[str, str]:
    return {name: check["answer"] for name, check in checks(done, site).items()}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ACCOUNT.items():
        monkeypatch.setenv(f"HARVEST_HERE_{name.upper()}", value)


# ---- every family -------------------------------------------------------------------------


@pytest.mark.parametrize("family", DIALECTS)
@pytest.mark.usefixtures("account")
def test_a_site_of_any_family_is_examined(family: str, tmp_path: Path, drawn_once: Path) -> None:
    with sandbox(family, drawn_once) as site:
        done = doctor(tmp_path, "here", more=("--json",), here=(family, site.url))
        asked = site.requests

    assert done.code == 0, done.out + done.err
    assert misfits(done.json, SHAPES["sites doctor"]) == []
    adapter = registry.source(registry.sites({"x": {"family": family, "url": site.url}})["x"])
    told = answers(done)
    wanted = {"file" if family not in UNRATED else "search"} | {
        {"counts": "count", "details": "detail"}.get(name, name)
        for name, protocol in CAN.items()
        if isinstance(adapter, protocol)
    }
    assert {name for name in ("search", *wanted) if told[name] != "ok"} == set()
    here = {one.name for one in doctoring.questions(family) if one.is_for(site.url)}
    assert {name: told[name] for name in here} == dict.fromkeys(here, "ok")
    assert [entry for entry in asked if entry.forbidden] == []


def asked_for_files(site: Sandbox) -> list[Entry]:
    """Requests for files; the server notes one only after its last byte, when the client may be gone already."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if found := [entry for entry in site.requests if entry.post is not None]:
            return found
        time.sleep(0.05)
    return []


@pytest.mark.parametrize("family", sorted(DIALECTS.keys() - UNRATED))
@pytest.mark.usefixtures("account")
def test_of_a_file_only_the_first_bytes_are_asked_for(
    family: str, tmp_path: Path, drawn_once: Path
) -> None:
    with sandbox(family, drawn_once) as site:
        done = doctor(tmp_path, "here", more=("--json",), here=(family, site.url))
        files = asked_for_files(site)

    assert 1 <= len(files) <= 2  # one more where a question is about files
    assert {entry.range for entry in files} == {"bytes=0-511"}
    assert max(entry.bytes for entry in files) <= 512
    mildest = {"g", "s"} if family in COARSE else {"g"}
    assert {rating(site, entry) for entry in files} <= mildest
    assert "bytes from 127.0.0.1" in checks(done)["file"]["finding"]


def rating(site: Sandbox, entry: Entry) -> str:
    assert entry.post is not None
    return str(site.world.by_id[entry.post].rating)


@pytest.mark.usefixtures("account")
def test_findings_say_what_was_found(tmp_path: Path, drawn_once: Path) -> None:
    with sandbox("moebooru", drawn_once) as site:
        done = doctor(tmp_path, "here", here=("moebooru", site.url))

    assert done.out.startswith(f"here  moebooru  {site.url}\n")
    assert "posts, 44 with a file; 44 general" in done.out
    assert (
        "Which numbers have the types of tags? 200 JSON list of 100; type: 0, 1, 5, 4, 6"
        in done.out
    )
    assert "cannot search for more than 6 tags at a time" in done.out
    assert done.out.endswith("1 of 1 site answered a search\n")


@pytest.mark.usefixtures("account")
def test_no_library_comes_to_be(tmp_path: Path, drawn_once: Path) -> None:
    with sandbox("danbooru", drawn_once) as site:
        doctor(tmp_path, "here", here=("danbooru", site.url))

    assert [path.name for path in tmp_path.iterdir()] == ["harvester.toml"]


# ---- which sites --------------------------------------------------------------------------


def test_without_names_those_are_asked_that_a_harvest_asks(
    tmp_path: Path, drawn_once: Path
) -> None:
    with sandbox("danbooru", drawn_once) as one, sandbox("moebooru", drawn_once) as other:
        done = doctor(
            tmp_path,
            more=("--json",),
            one=("danbooru", one.url),
            other=("moebooru", other.url),
        )

    assert [report["site"] for report in done.json] == ["one", "other"]
    assert done.code == 0


def test_a_site_nobody_knows_is_not_examined(tmp_path: Path) -> None:
    assert doctor(tmp_path, "danboru").code == 4


def test_when_no_site_is_asked_by_default_one_must_be_named(tmp_path: Path) -> None:
    done = doctor(tmp_path)

    assert (done.code, "unless it is named" in done.err) == (2, True)


def test_a_folder_is_examined_without_the_network(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.png").write_bytes(PNG)

    done = doctor(tmp_path / "library", str(tmp_path / "mine"), more=("--json",))

    [report] = done.json
    assert (done.code, report["answers"]) == (0, True)
    assert "file" not in {check["check"] for check in report["checks"]}


def test_nothing_forbidden_is_looked_for(tmp_path: Path) -> None:
    with serving(Say(b"[]")) as server:
        done = doctor(tmp_path, "here", "--tag", "loli", here=("danbooru", server.url))

    assert (done.code, server.heard) == (4, [])


# ---- sites that do not answer -------------------------------------------------------------


def test_a_site_that_is_down_is_asked_once_and_the_others_go_on(
    tmp_path: Path, drawn_once: Path
) -> None:
    with (
        sandbox("danbooru", drawn_once, faults=Faults(down=True)) as down,
        sandbox("danbooru", drawn_once) as up,
    ):
        sites = {"down": ("danbooru", down.url), "up": ("danbooru", up.url)}
        done = doctor(tmp_path, more=("--json",), **sites)
        asked = len(down.requests)

    assert done.code == 6
    assert asked <= 2  # the transport opens a connection anew that was closed unanswered
    told = answers(done, "down")
    assert told.pop("search") == "failed"
    assert set(told.values()) == {"not asked"}
    assert set(answers(done, "up").values()) == {"ok"}


def test_a_challenge_is_reported_and_left_alone(tmp_path: Path) -> None:
    with serving(Say(b"<html>Just a moment</html>", 403, CHALLENGE)) as server:
        done = doctor(tmp_path, "here", here=("danbooru", server.url))

    assert (done.code, len(server.heard)) == (6, 1)
    assert "search       blocked    here answers with a Cloudflare challenge" in done.out
    assert "0 of 1 site answered a search; not here" in done.out


def test_a_missing_key_is_told_with_how_to_set_it_and_nothing_signed_is_sent(
    tmp_path: Path, drawn_once: Path
) -> None:
    with sandbox("gelbooru025", drawn_once) as site:
        done = doctor(tmp_path, "here", here=("gelbooru025", site.url))
        asked = [entry.query for entry in site.requests]

    assert done.code == 6
    assert done.out.count("set HARVEST_HERE_API_KEY and HARVEST_HERE_USER_ID") == 1
    assert "Is a key still needed? 401 XML" in done.out
    assert asked == ["page=dapi&s=post&q=index&json=1&limit=1"]


def test_half_an_account_sends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARVEST_HERE_LOGIN", "somebody")
    with serving(Say(b"[]")) as server:
        done = doctor(tmp_path, "here", more=("--json",), here=("danbooru", server.url))

    assert (done.code, server.heard) == (6, [])
    assert set(answers(done).values()) == {"key"}
    assert "HARVEST_HERE_API_KEY" in checks(done)["search"]["finding"]


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_site_is_not_tried_twice_and_asked_nothing_more(status: int, tmp_path: Path) -> None:
    with serving(Say(b"{}", status, {"Retry-After": "600"})) as server:
        done = doctor(tmp_path, "here", more=("--json",), here=("danbooru", server.url))

    assert (done.code, len(server.heard)) == (6, 1)
    assert list(answers(done).values()).count("not asked") == len(answers(done)) - 1


def test_a_site_that_has_enough_in_between_is_left_alone_from_there(tmp_path: Path) -> None:
    def answer(heard: Heard) -> Say:
        if heard.path.startswith("/counts/"):
            return Say(b'{"counts": {"posts": 1}}')
        alike = "only=id" in heard.path
        return Say(b"{}", 429, {"Retry-After": "600"}) if alike else Say(b"[]")

    with serving(answer) as server:
        done = doctor(tmp_path, "here", more=("--json",), here=("danbooru", server.url))

    told = answers(done)
    assert (done.code, told["search"], told["agent"]) == (0, "ok", "failed")
    assert {told[name] for name in ("three_terms", "last_page", "file")} == {"not asked"}
    assert sum("only=id" in heard.path for heard in server.heard) == 1


def test_a_key_that_a_site_echoes_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARVEST_HERE_USER_ID", "1")
    monkeypatch.setenv("HARVEST_HERE_API_KEY", "pl4nted-key")

    def answer(heard: Heard) -> Say:
        return Say(json.dumps({"message": heard.path}).encode(), 418, {"X-Rate": heard.path})

    with serving(answer) as server:
        sites = {"here": ("gelbooru025", server.url)}
        shown = (
            doctor(tmp_path, "here", **sites).out + doctor(tmp_path, more=("--json",), **sites).out
        )

    assert any("pl4nted-key" in heard.path for heard in server.heard)
    assert "api_key=***" in shown
    assert "pl4nted-key" not in shown


# ---- files --------------------------------------------------------------------------------


def board(post: dict[str, Any], file: Say) -> Callable[[Heard], Say]:
    """A Danbooru with one post."""

    def answer(heard: Heard) -> Say:
        path = urlsplit(heard.path).path
        if path == "/7.png":
            return file
        row = {"id": 7, "file_url": "/7.png", "file_ext": "png", **post}
        return Say(json.dumps(row if path == "/posts/7.json" else [row]).encode())

    return answer


def examined(tmp_path: Path, post: dict[str, Any], file: Say) -> tuple[dict[str, Any], Server]:
    with serving(board(post, file)) as server:
        done = doctor(tmp_path, "here", more=("--json",), here=("danbooru", server.url))
    return checks(done)["file"], server


@pytest.mark.parametrize(
    "post",
    [
        {"rating": "s", "tag_string_general": "solo"},
        {"rating": "e", "tag_string_general": "solo"},
        {"tag_string_general": "solo"},
        {"rating": "g", "tag_string_general": "solo loli"},
        {"rating": "g", "tag_string_general": "solo child nude"},
    ],
)
def test_only_a_picture_rated_general_that_the_minors_gate_lets_through_is_asked_for(
    post: dict[str, Any], tmp_path: Path
) -> None:
    check, server = examined(tmp_path, post, Say(PNG))

    assert check["answer"] == "not asked"
    assert [heard.path for heard in server.heard if "7.png" in heard.path] == []


def test_what_only_the_post_by_itself_tells_keeps_its_file_from_being_asked_for(
    tmp_path: Path,
) -> None:
    def answer(heard: Heard) -> Say:
        rated = "q" if "/posts/7.json" in heard.path else "g"
        return board({"rating": rated, "tag_string_general": "solo"}, Say(PNG))(heard)

    with serving(answer) as server:
        done = doctor(tmp_path, "here", more=("--json",), here=("danbooru", server.url))

    assert checks(done)["file"]["answer"] == "not asked"
    assert [heard for heard in server.heard if "7.png" in heard.path] == []


GENERAL = {"rating": "g", "tag_string_general": "solo"}


@pytest.mark.parametrize(
    ("said", "answer", "told"),
    [
        (Say(PNG), "ok", "png of 5008 bytes from 127.0.0.1"),
        (Say(PNG[:512], 206, {"Content-Range": "bytes 0-511/77777"}), "ok", "png of 77777 bytes"),
        (Say(b"<html>log in</html>"), "failed", "sent a html file where a picture should be"),
        (Say(PNG, headers={"X-Robots-Tag": "noai"}), "failed", "answers `noai`"),
        (Say(b"", 404), "failed", "the file is no more"),
        (Say(b"", 403), "blocked", "it may want an account"),
        (Say(b"<html>", 403, CHALLENGE), "blocked", "a Cloudflare challenge"),
        (Say(b"", 500), "failed", "answers 500"),
    ],
)
def test_what_comes_for_a_file_is_told(said: Say, answer: str, told: str, tmp_path: Path) -> None:
    check, server = examined(tmp_path, GENERAL, said)

    assert (check["answer"], told in check["finding"]) == (answer, True), check
    assert [h.headers["Range"] for h in server.heard if "7.png" in h.path] == ["bytes=0-511"]


# ---- the questions ------------------------------------------------------------------------


def test_every_table_is_of_a_family_that_is_or_will_be() -> None:
    assert set(doctoring.tables()) <= FIXED


@pytest.mark.parametrize("family", sorted(ASKED_ABOUT & registry.families().keys()))
def test_every_family_with_something_to_confirm_has_its_questions(family: str) -> None:
    assert doctoring.questions(family)


@each_question
def test_a_question_says_what_is_asked_and_shown(family: str, question: doctoring.Question) -> None:
    assert question.asks.endswith("?")
    assert question.name not in {"search", "count", "names", "tags", "detail", "file"}
    assert question.kind in {"api", "html"}
    assert {show.partition(" ")[0] for show in question.show} <= replies.SHOWS.keys()
    assert question.file == (not question.show and not question.params) or question.expects
    assert set(question.expects) <= {429, 503}


@each_question
def test_a_question_names_nothing_forbidden(family: str, question: doctoring.Question) -> None:
    words = [question.path or "", *question.params.values()]

    assert [word for word in words if vocabulary.forbidden(word)] == []


def test_a_question_about_some_sites_is_asked_of_them_only() -> None:
    rule34 = doctoring.Question("pace", "Is it?", hosts=("rule34.xxx",))

    assert rule34.is_for("https://api.rule34.xxx")
    assert not rule34.is_for("https://notrule34.xxx")


def test_a_wiki_is_asked_where_its_family_asks(tmp_path: Path) -> None:
    info = {"query": {"general": {"generator": "MediaWiki 1.43"}, "pages": []}}
    with serving(Say(json.dumps(info).encode())) as server:
        done = doctor(tmp_path, "here", more=("--json",), here=("mediawiki", server.url))

    assert "generator: MediaWiki 1.43" in checks(done)["blocking"]["finding"]
    [asked] = [heard.path for heard in server.heard if "siteinfo" in heard.path]
    assert urlsplit(asked).path == "/api.php"


# ---- what is shown of a reply -------------------------------------------------------------

ROWS = {
    "posts": [
        {"id": 9, "rating": "s", "url": "https://a.test/9.avif?e=1700000000&m=x"},
        {"id": 7, "rating": "q", "url": "https://b.test/7.jpg"},
    ]
}
XML = b'<?xml version="1.0"?><posts count="3"><post id="9" rating="s"/><post id="7" rating="q"/></posts>'


def reply(body: bytes, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, "https://here.test/moved/to?secret=1", named, body)


@pytest.mark.parametrize(
    ("show", "told"),
    [
        ("rows /posts/*", "2 rows"),
        ("values /posts/*/rating", "rating: s, q"),
        ("values /posts/5/rating", "rating: nothing"),
        ("values /posts/0/id", "id: 9"),
        ("keys", "keys: posts"),
        ("keys /posts/0", "keys: id rating url"),
        ("order /posts/*/id", "id falling from 9 to 7"),
        ("order /posts/0/id", "no order to see"),
        ("hosts /posts/*/url", "url at a.test, b.test"),
        ("endings /posts/*/url", "url: .avif, .jpg"),
        ("expiry /posts/*/url", "url works until 2023-11-14 22:13 UTC"),
        ("expiry /posts/1/url", "url without an end"),
        ("header server", "server: nginx"),
        ("header cf-mitigated", "cf-mitigated: –"),
        ("limits", "x-ratelimit-limit: 45"),
        ("address", "from here.test/moved/to"),
    ],
)
def test_each_way_to_show_a_reply(show: str, told: str) -> None:
    said = reply(json.dumps(ROWS).encode(), server="nginx", x_ratelimit_limit="45")

    assert replies.told(said, [show]) == f"200 JSON object; {told}"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "200 empty; 0 rows"),
        (b"[]", "200 JSON list of 0; 0 rows"),
        (b'{"a": tru', "200 damaged JSON; 0 rows"),
        (b"<html><body>hello", "200 HTML; 0 rows"),
        (b"nothing", "200 no JSON; 0 rows"),
        (b"\xff\x00", "200 no JSON; 0 rows"),
        (b"[" * 100_000, "200 damaged JSON; 0 rows"),
    ],
)
def test_whatever_comes_has_a_kind(body: bytes, told: str) -> None:
    assert replies.told(reply(body), ["rows /*"]) == told


@pytest.mark.parametrize("body", [b"<![x", b"<posts <<<", b"<post id=", b"\xff<\x00>"])
def test_damaged_markup_has_nothing_at_any_place(body: bytes) -> None:
    assert replies.told(reply(body), ["values post@id"]).endswith("; id: nothing")


def test_numbers_that_are_none_are_no_order() -> None:
    assert replies.told(reply('["²", "³"]'.encode()), ["order /*"]).endswith("no order to see")


def test_xml_is_read_by_its_elements() -> None:
    shows = ["values posts@count", "values post@rating", "order post@id", "values none@at"]

    told = replies.told(reply(XML), shows)

    assert told == "200 XML; count: 3; rating: s, q; id falling from 9 to 7; at: nothing"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"message": "too many tags"}', '; "too many tags"'),
        (b'{"error": {"code": "x", "info": "not here"}}', '; "not here"'),
        (b"<html><title>Just a moment</title></html>", '; "Just a moment"'),
        (b'{"message": ' + json.dumps("long " * 99).encode() + b"}", 'long…"'),
        (b"[]", "list of 0"),
    ],
)
def test_a_refusal_is_told_with_its_reason(body: bytes, told: str) -> None:
    assert replies.told(reply(body, 422), []).endswith(told)
