"""The sandbox as a Wallhaven: keywords and exact numbers, 24 a page, tags one by one, a key for what is not safe."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from harvester import vocabulary
from harvester.demo.dialects import Answer, Rules
from harvester.demo.dialects.shared import ACCOUNT
from harvester.demo.dialects.wallhaven import Dialect
from harvester.demo.vault import Vault
from harvester.demo.world import World
from harvester.model import Facts, People
from tests import replies
from tests.replies import same_shape

BASE = "http://haven.test"
AGENT = {"user-agent": "harvest/0.1 (+mailto:me@example.org)"}
KEY = {**AGENT, "x-api-key": ACCOUNT["api_key"]}
documented = partial(replies.recorded, "wallhaven")


@pytest.fixture(scope="module")
def vault(drawings: Path) -> Vault:
    return Vault(World(240), drawings)


@pytest.fixture
def site(vault: Vault) -> Dialect:
    return Dialect(vault)


def ask(site: Dialect, path: str, headers: dict[str, str] = AGENT, **params: object) -> Answer:
    return site.answer(f"/api/v1/{path}?{urlencode(params)}", headers, BASE)


def told(answer: Answer) -> Any:
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def search(site: Dialect, q: str, headers: dict[str, str] = AGENT, **params: object) -> Any:
    return told(ask(site, "search", headers, q=q, **params))


def wallpaper(site: Dialect, number: str) -> Any:
    return told(ask(site, f"w/{number}"))["data"]


def tag(site: Dialect, name: str) -> Any:
    shown = wallpaper(site, search(site, name)["data"][0]["id"])
    return next(row for row in shown["tags"] if row["name"] == name)


def test_lists_and_wallpapers_have_the_documented_shape(site: Dialect) -> None:
    found = search(site, "hakurei reimu")

    same_shape(found, documented("documented-search"))
    same_shape({"data": wallpaper(site, found["data"][0]["id"])}, documented("documented-wallpaper"))  # fmt: skip


def test_a_search_by_number_is_exact_and_tells_the_tag(site: Dialect) -> None:
    row = tag(site, "Hakurei Reimu")

    found = search(site, f"id:{row['id']}")

    same_shape(found, documented("documented-tagged"))
    assert found["meta"]["query"]["tag"] == "Hakurei Reimu"
    assert row["category"] == "Characters"
    assert "Reimu Hakurei" in row["alias"]


def test_keywords_find_likenesses_and_other_names(site: Dialect) -> None:
    exact = search(site, f"id:{tag(site, 'Hakurei Reimu')['id']}")["meta"]["total"]

    assert search(site, "reimu haku")["meta"]["total"] >= exact
    assert search(site, "博麗霊夢")["meta"]["total"] == exact
    assert search(site, "touhou -reimu")["meta"]["total"] < search(site, "touhou")["meta"]["total"]
    assert search(site, "touhou -{long hair}")["data"]
    assert not search(site, "nobody of this name")["data"]


def test_a_page_has_24_wallpapers_the_newest_first(site: Dialect) -> None:
    first, second = (search(site, "touhou", page=page) for page in (1, 2))

    dates = [row["created_at"] for row in first["data"] + second["data"]]
    assert (len(first["data"]), first["meta"]["per_page"]) == (24, 24)
    assert dates == sorted(dates, reverse=True)
    assert not search(site, "touhou", page=first["meta"]["last_page"] + 1)["data"]


def test_only_a_key_shows_what_is_not_safe(site: Dialect) -> None:
    unsafe = search(site, "touhou", KEY, purity="001")["data"]

    assert {row["purity"] for row in unsafe} == {"nsfw"}
    for answer in (
        ask(site, "search", q="touhou", purity="111"),
        ask(site, f"w/{unsafe[0]['id']}"),
    ):
        assert (answer.status, answer.breach) == (401, "nsfw without a key")
    assert ask(site, f"w/{unsafe[0]['id']}", KEY).status == 200
    assert {row["purity"] for row in search(site, "touhou")["data"]} == {"sfw"}


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("search", {"q": "id:5 solo"}, 400),
        ("search", {"q": "solo", "purity": "11"}, 400),
        ("search", {"q": "solo", "apikey": "wrong"}, 401),
        ("tags", {}, 404),
    ],
)
def test_what_is_not_documented_is_refused_and_noted(
    site: Dialect, path: str, params: dict[str, Any], status: int
) -> None:
    answer = ask(site, path, **params)

    assert (answer.status, bool(answer.breach)) == (status, True)


def test_what_was_taken_down_is_not_there(site: Dialect, vault: Vault) -> None:
    gone = next(post.id for post in vault.world.posts if post.hidden)

    answer = ask(site, f"w/{gone}")

    assert (answer.status, json.loads(answer.body)) == (404, {"error": "Nothing here"})
    assert not answer.breach


def test_tags_are_words_the_gates_can_read(site: Dialect) -> None:
    people = set()
    for row in search(site, "touhou")["data"]:
        names = tuple(tag["name"] for tag in wallpaper(site, row["id"])["tags"])
        facts = vocabulary.read(Facts(tags={"general": names}), family="wallhaven")
        people.add(facts.people)

    assert people >= {People.ALONE, People.SEVERAL}


def test_a_file_that_moved_is_at_the_address_the_wallpaper_tells_by_itself(vault: Vault) -> None:
    site = Dialect(vault, Rules(moved=1))
    listed = search(site, "touhou")["data"][0]

    before = site.answer(listed["path"].removeprefix(BASE), AGENT, BASE)
    now = site.answer(wallpaper(site, listed["id"])["path"].removeprefix(BASE), AGENT, BASE)
    thumb = site.answer(listed["thumbs"]["small"].removeprefix(BASE), AGENT, BASE)

    assert (before.status, now.status) == (404, 200)
    assert now.body == vault.body(vault.world.by_id[int(listed["id"])])
    assert thumb.body[:3] == b"\xff\xd8\xff"
