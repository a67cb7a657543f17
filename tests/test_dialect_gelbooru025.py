"""The sandbox as Gelbooru: a key for everything, odd lists, refusals as XML, files only from its own pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from harvester import vocabulary
from harvester.demo.dialects import Answer, Rules
from harvester.demo.dialects.gelbooru025 import Dialect
from harvester.demo.dialects.shared import ACCOUNT
from harvester.demo.vault import Vault
from harvester.demo.world import World
from harvester.model import Facts, Framing, People

FIXTURES = Path(__file__).parent / "fixtures" / "gelbooru025"
BASE = "http://gel.test"
KEY = {name: ACCOUNT[name] for name in ("api_key", "user_id")}
OWN = {"referer": f"{BASE}/"}


@pytest.fixture(scope="module")
def vault(drawings: Path) -> Vault:
    return Vault(World(300), drawings)


@pytest.fixture
def site(vault: Vault) -> Dialect:
    return Dialect(vault)


def dapi(site: Dialect, kind: str = "post", **params: Any) -> Answer:
    asked = {"page": "dapi", "s": kind, "q": "index", "json": "1", **KEY, **params}
    return site.answer(f"/index.php?{urlencode(asked)}", {}, BASE)


def listed(site: Dialect, key: str = "post", **params: Any) -> list[dict[str, Any]]:
    """The rows of a reply that breaks nothing, however many there are."""
    answer = dapi(site, key, **params)
    assert (answer.status, answer.breach) == (200, "")
    found = json.loads(answer.body).get(key, [])
    return [found] if isinstance(found, dict) else list(found)


def ids(site: Dialect, tags: str, **params: Any) -> list[int]:
    return [post["id"] for post in listed(site, tags=tags, **params)]


def everything(site: Dialect) -> list[dict[str, Any]]:
    """Every post that is listed, by counting pages."""
    return [row for number in range(3) for row in listed(site, pid=number)]


def documented(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))


def same_shape(shown: Any, known: Any, where: str = "") -> None:
    """Key by key and type by type what is documented; lists by their first element."""
    assert type(shown) is type(known), where
    if isinstance(known, dict):
        assert shown.keys() == known.keys(), where
        for key, value in known.items():
            same_shape(shown[key], value, f"{where}.{key}")
    elif isinstance(known, list):
        same_shape(shown[0], known[0], f"{where}[0]")


def test_rows_have_the_documented_keys_and_types(site: Dialect) -> None:
    same_shape(json.loads(dapi(site, limit=2).body), documented("documented-search"))
    same_shape(
        json.loads(dapi(site, "tag", names="solo touhou").body), documented("documented-tags")
    )
    shown = site.answer("/index.php?page=autocomplete2&type=tag_query&term=haku", {}, BASE)
    same_shape(json.loads(shown.body), documented("documented-autocomplete"))


def test_nothing_found_has_no_list_and_one_post_is_an_object(site: Dialect) -> None:
    nothing = json.loads(dapi(site, tags="no_such_tag").body)
    one = json.loads(dapi(site, limit=1).body)

    assert nothing == {"@attributes": {"limit": 100, "offset": 0, "count": 0}}
    assert isinstance(one["post"], dict)
    assert one["@attributes"]["count"] > 100


@pytest.mark.parametrize("account", [{"api_key": ""}, {"user_id": "2"}, {"api_key": "x"}])
def test_without_the_key_nothing_is_told(site: Dialect, account: dict[str, str]) -> None:
    for kind in ("post", "tag"):
        answer = dapi(site, kind, **account)

        assert (answer.status, answer.breach) == (401, "no key")
        assert b'<response success="false"' in answer.body


def test_a_limit_over_a_hundred_is_a_breach_and_gives_no_more(site: Dialect) -> None:
    answer = dapi(site, limit=101)

    assert answer.breach == "limit over 100"
    assert len(json.loads(answer.body)["post"]) == 100


def test_counting_pages_leads_so_deep_and_no_further(site: Dialect, vault: Vault) -> None:
    shallow = Dialect(vault, Rules(depth=40))

    assert dapi(site, pid=199).breach == ""
    refused = dapi(site, pid=200)
    assert (refused.status, refused.breach) == (200, "page 200")
    assert b"search this deep" in refused.body
    assert len(listed(shallow, limit=20, pid=1)) == 20
    assert dapi(shallow, limit=20, pid=2).breach == "page 2"


def test_ids_reach_what_pages_do_not(site: Dialect) -> None:
    counted = [post["id"] for post in everything(site)]
    walked, below = [], 10**9
    while page := ids(site, f"id:<{below}", limit=40):
        walked += page
        below = page[-1]

    assert walked == counted == sorted(counted, reverse=True)


def test_its_search_language_is_its_own(site: Dialect, vault: Vault) -> None:
    comic, empty = set(ids(site, "comic")), set(ids(site, "no_humans"))
    first, last = max(comic), min(comic)

    assert set(ids(site, "{comic ~ no_humans}")) == comic | empty
    assert set(ids(site, "comi*")) == comic
    assert ids(site, "comic -id:>0 sort:score") == []
    assert ids(site, "comic rating:safe") == ids(site, "comic rating:general")
    assert first not in ids(site, f"comic id:<{first}")
    assert ids(site, "comic sort:id:asc")[0] == last
    scores = [post["score"] for post in listed(site, tags="score:>=20 sort:score")]
    assert scores == sorted(scores, reverse=True)
    assert min(scores) >= 20
    assert ids(site, "reimu_hakurei") == ids(site, "hakurei_reimu")


def test_the_word_of_other_sites_for_sorting_is_a_breach(site: Dialect) -> None:
    answer = dapi(site, tags="solo order:score")

    assert (answer.breach, json.loads(answer.body)["@attributes"]["count"]) == (
        "order: is sort: here",
        0,
    )


def test_more_than_a_hundred_names_at_once_is_a_breach(site: Dialect) -> None:
    assert dapi(site, "tag", names=" ".join(map(str, range(101)))).breach == "101 names"


def test_patterns_of_tags_are_those_of_a_database(site: Dialect) -> None:
    found = [row["name"] for row in listed(site, "tag", name_pattern="%_(medium)")]

    assert found == ["photo_(medium)"]
    assert {row["name"] for row in listed(site, "tag", name_pattern="sol_")} == {"solo"}


def test_completion_tells_another_name_by_the_tag_it_stands_for(site: Dialect) -> None:
    shown = site.answer("/index.php?page=autocomplete2&type=tag_query&term=reimu_ha", {}, BASE)

    (row,) = json.loads(shown.body)
    assert (row["value"], row["category"]) == ("hakurei_reimu", "character")


def test_a_full_size_file_needs_to_be_asked_for_from_the_sites_own_pages(site: Dialect) -> None:
    post = next(one for one in listed(site, tags="solo") if one["sample"])
    path = post["file_url"].removeprefix(BASE)

    page = site.answer(path, {}, BASE)
    file = site.answer(path, OWN, BASE)

    assert (page.status, page.headers["Content-Type"][:9]) == (200, "text/html")
    assert page.breach == "no Referer for a full-size file"
    assert (file.status, file.headers["Content-Type"][:6]) == (200, "image/")
    assert (file.post_id, file.breach) == (post["id"], "")
    for kind in ("preview_url", "sample_url"):
        small = site.answer(post[kind].removeprefix(BASE), {}, BASE)
        assert (small.status, small.breach, small.post_id) == (200, "", post["id"])


def test_a_file_that_moved_lies_where_the_post_itself_says(vault: Vault) -> None:
    site = Dialect(vault, Rules(moved=1))
    (post,) = listed(site, tags="solo", limit=1)
    (single,) = listed(site, id=post["id"])

    old, new = (
        site.answer(row["file_url"].removeprefix(BASE), OWN, BASE) for row in (post, single)
    )

    assert (old.status, new.status) == (404, 200)


def test_deleted_posts_are_not_listed_and_hidden_ones_have_no_addresses(
    site: Dialect, vault: Vault
) -> None:
    shown = {post["id"]: post for post in everything(site)}
    deleted = [post for post in vault.world.posts if "deleted" in post.status]
    hidden = [one for one in vault.world.posts if one.hidden and one not in deleted]

    assert deleted
    assert hidden
    assert not {post.id for post in deleted} & shown.keys()
    assert listed(site, id=deleted[0].id) == []
    assert {shown[one.id]["file_url"] for one in hidden} == {""}


def test_its_words_tell_framing_people_and_ratings(site: Dialect) -> None:
    rows = everything(site)
    read = [
        vocabulary.read(Facts(tags={"unknown": tuple(row["tags"].split())}), family="gelbooru025")
        for row in rows
    ]

    assert {fact.framing for fact in read} >= {Framing.PORTRAIT, Framing.FULL_BODY}
    assert {fact.people for fact in read} >= {People.ALONE, People.SEVERAL}
    assert {row["rating"] for row in rows} >= {"general", "sensitive"}


def test_overload_is_said_in_its_own_way(site: Dialect) -> None:
    answer = site.overloaded(429, "3")

    assert (answer.status, answer.headers["Retry-After"]) == (429, "3")
    assert b"<response" in answer.body
    assert site.is_api("/index.php")
    assert not site.is_api("/images/80/3d/803d.png")
