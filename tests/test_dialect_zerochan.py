"""The sandbox as Zerochan: who asks has to be named, tags are paths, other names lead on, JSON is not always whole."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest

from harvester import vocabulary
from harvester.demo.dialects import Answer, Rules
from harvester.demo.dialects.zerochan import Dialect
from harvester.demo.posts import Post
from harvester.demo.vault import Vault
from harvester.demo.world import World
from harvester.model import Facts, Framing, People

FIXTURES = Path(__file__).parent / "fixtures" / "zerochan"
BASE = "http://place.test"
AGENT = {"user-agent": "harvest/0.1 (+mailto:me@example.org) - sandbox"}
OPTIONAL = {"md5"}
REIMU = "/Hakurei+Reimu?json"


@pytest.fixture(scope="module")
def vault(drawings: Path) -> Vault:
    return Vault(World(240), drawings)


@pytest.fixture
def site(vault: Vault) -> Dialect:
    return Dialect(vault)


def ask(site: Dialect, target: str, **headers: str) -> Answer:
    return site.answer(target.removeprefix(BASE), AGENT | headers, BASE)


def told(site: Dialect, target: str) -> Any:
    answer = ask(site, target)
    assert answer.status in {200, 500}, answer.body
    return json.loads(answer.body.replace(b"\r\n\x01", b""))


@cache
def documented(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))


def same_shape(shown: Any, known: Any, where: str = "") -> None:
    """Key by key and type by type what is documented; lists by their first element."""
    if isinstance(known, dict):
        assert shown.keys() - OPTIONAL == known.keys() - OPTIONAL, where
        for key in shown.keys() & known.keys():
            same_shape(shown[key], known[key], f"{where}.{key}")
    elif isinstance(known, list):
        assert shown, where
        same_shape(shown[0], known[0], where)
    else:
        assert type(shown) is type(known), where


def whole(vault: Vault) -> Post:
    """A post whose entry comes undamaged."""
    return next(
        post
        for post in vault.world.posts
        if (post.format, post.truth.defect, post.status, post.hidden) == ("jpg", "", frozenset(), False)
        and post.id % 5 == 0 and post.id % 7 != 3 and post.id % 11 != 4
    )  # fmt: skip


# ---- the shape of what is told ------------------------------------------------------------


def test_lists_entries_and_completions_have_the_documented_shape(
    site: Dialect, vault: Vault
) -> None:
    same_shape(told(site, REIMU), documented("documented-list"))
    same_shape(told(site, f"/{whole(vault).id}?json"), documented("documented-entry"))
    same_shape(told(site, "/suggest?q=haku&json=1"), documented("documented-suggest"))


def test_a_list_tells_an_md5_now_and_then_and_a_file_never(site: Dialect, vault: Vault) -> None:
    items = told(site, f"{REIMU}&l=250")["items"]

    assert {"md5" in item for item in items} == {True, False}
    assert all("full" not in item for item in items)
    for item in items[:9]:
        assert item.get("md5", "") in {"", vault.claim(vault.world.by_id[item["id"]]).md5}


def test_tags_are_written_with_capitals_and_blanks(site: Dialect) -> None:
    tags = {tag for item in told(site, f"{REIMU}&l=250")["items"] for tag in item["tags"]}

    assert {"Female", "Solo", "Touhou", "Full Body", "Official Art", "Akaneko (Sandbox)"} <= tags
    assert not {"Highres", "1girl", "Multiple Girls", "hakurei_reimu"} & tags


def test_the_gates_find_framing_and_people_in_the_sites_words(site: Dialect) -> None:
    rows = told(site, f"{REIMU}&l=250")["items"]
    facts = [
        vocabulary.read(Facts(tags={"unknown": tuple(row["tags"])}), family="zerochan")
        for row in rows
    ]

    assert {one.framing for one in facts} >= {Framing.UPPER_BODY, Framing.FULL_BODY}
    assert {one.people for one in facts} >= {People.ALONE, People.SEVERAL}
    assert any(one.marks and "official" in one.marks for one in facts)


# ---- lists --------------------------------------------------------------------------------


def test_pages_go_from_the_newest_down_and_say_whether_another_follows(site: Dialect) -> None:
    pages = [told(site, f"{REIMU}&p={page}&l=100") for page in (1, 2, 3, 4)]
    ids = [item["id"] for page in pages for item in page["items"]]

    assert ids == sorted(set(ids), reverse=True)
    assert pages[0]["next"] is True
    assert pages[-1] == {"items": [], "next": False}


def test_every_tag_of_the_path_must_be_there(site: Dialect) -> None:
    items = told(site, "/Hakurei+Reimu,Solo?json&l=250")["items"]

    assert items
    assert all({"Hakurei Reimu", "Solo"} <= {*item["tags"]} for item in items)


def test_another_name_leads_to_the_page_for_people(site: Dialect) -> None:
    answer = ask(site, "/Reimu+Hakurei,Solo?json&p=2")
    page = ask(site, answer.headers["Location"])

    assert (answer.status, answer.headers["Location"]) == (301, "/Hakurei+Reimu,Solo")
    assert page.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(("path", "status"), [("/Nobody", 404), ("/Nobody,Solo", 200)])
def test_a_tag_that_is_not_there_is_a_page_for_people(
    site: Dialect, path: str, status: int
) -> None:
    answer = ask(site, f"{path}?json")

    assert answer.status == status
    assert answer.body.startswith(b"<!DOCTYPE html>")


@pytest.mark.parametrize("limit", ["l=251", "l=0", "p=0", "p=x", "s=date"])
def test_what_the_site_does_not_take_is_a_breach(site: Dialect, limit: str) -> None:
    assert ask(site, f"{REIMU}&{limit}").breach
    assert not ask(site, f"{REIMU}&l=250&p=1&s=fav").breach


def test_completions_know_other_names_and_kinds(site: Dialect) -> None:
    (alias,) = told(site, "/suggest?q=reimu+haku&json=1")["suggestions"]
    artist = told(site, "/suggest?q=akaneko&json=1")["suggestions"][0]

    assert (alias["value"], alias["alias"], alias["type"]) == (
        "Hakurei Reimu", "Reimu Hakurei", "Character",
    )  # fmt: skip
    assert artist["type"] == "Mangaka"
    found = told(site, f"/{quote_plus(artist['value'])}?json&l=250")["items"]
    assert len(found) == artist["total"]


# ---- who asks -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "agent", ["", "harvest/0.1", "harvest/0.1 - somebody", "Mozilla/5.0 (X11) - sandbox"]
)
@pytest.mark.parametrize("target", [REIMU, "/suggest?q=a", "/5000001?json"])
def test_who_is_not_named_is_turned_away(site: Dialect, agent: str, target: str) -> None:
    answer = ask(site, target, **{"user-agent": agent})

    assert (answer.status, bool(answer.breach)) == (503, True)


@pytest.mark.parametrize("status", [429, 503])
def test_an_overloaded_site_says_when_to_come_back(site: Dialect, status: int) -> None:
    answer = site.overloaded(status, "7")

    assert (answer.status, answer.headers["Retry-After"]) == (status, "7")


# ---- entries and files --------------------------------------------------------------------


def test_some_entries_are_damaged_and_some_say_that_they_failed(
    site: Dialect, vault: Vault
) -> None:
    ids = [item["id"] for item in told(site, f"{REIMU}&l=250")["items"]]
    answers = [ask(site, f"/{number}?json") for number in ids[:60]]

    assert {answer.status for answer in answers} == {200, 500}
    assert any(b"\r\n\x01" in answer.body for answer in answers)
    assert any(b'the "source" of' in answer.body for answer in answers)
    assert any(answer.body.endswith(b"-->") for answer in answers)


def test_what_was_deleted_is_gone_and_what_is_hidden_is_not_found(
    site: Dialect, vault: Vault
) -> None:
    posts = vault.world.posts
    deleted = next(post.id for post in posts if "deleted" in post.status)
    hidden = next(post.id for post in posts if post.hidden and "deleted" not in post.status)
    listed = {item["id"] for page in (1, 2) for item in told(site, f"/?json&l=250&p={page}")["items"]}  # fmt: skip

    assert ask(site, f"/{deleted}?json").status == 410
    assert ask(site, f"/{hidden}?json").status == 404
    assert not listed & {deleted, hidden}


def test_the_picture_and_its_smaller_forms_are_served(site: Dialect, vault: Vault) -> None:
    post = whole(vault)
    row = told(site, f"/{post.id}?json")

    assert ask(site, row["full"]).body == vault.body(post)
    assert (row["size"], row["hash"]) == (len(vault.body(post)), vault.claim(post).md5)
    for size in ("small", "medium", "large"):
        assert ask(site, row[size]).body[:3] == b"\xff\xd8\xff"
        assert not site.is_api(row[size].removeprefix(BASE))
    assert ask(site, row["full"].replace(".jpg", ".png")).status == 404


def test_a_file_that_moved_is_where_its_entry_says(vault: Vault) -> None:
    site = Dialect(vault, Rules(moved=1))
    full = told(site, f"/{whole(vault).id}?json")["full"]

    assert ask(site, full).status == 200
    assert ask(site, full.partition("?")[0]).status == 404
