"""The sandbox as e621: its own tags and limits, addresses kept from strangers, the site's own way to say no."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from harvester import vocabulary
from harvester.demo.dialects import Answer, Rules
from harvester.demo.dialects.e621 import Dialect
from harvester.demo.dialects.e621_board import Board
from harvester.demo.dialects.shared import ACCOUNT
from harvester.demo.vault import Vault
from harvester.demo.world import World
from harvester.model import Facts, Framing, People

FIXTURES = Path(__file__).parent / "fixtures" / "e621"
BASE = "http://board.test"
AGENT = {"user-agent": "harvest/0.1 (by nobody on e621)"}
NULLABLE = {"parent_id", "approver_id", "alt", "duration"}


@pytest.fixture(scope="module")
def vault(drawings: Path) -> Vault:
    return Vault(World(150), drawings)


@pytest.fixture
def site(vault: Vault) -> Dialect:
    return Dialect(vault)


@pytest.fixture
def board(vault: Vault) -> Board:
    return Board(vault)


def ask(site: Dialect, target: str, **headers: str) -> Answer:
    return site.answer(target, AGENT | headers, BASE)


def told(answer: Answer) -> Any:
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def posts(site: Dialect, tags: str = "", more: str = "", **headers: str) -> list[dict[str, Any]]:
    found = told(ask(site, f"/posts.json?tags={quote(tags)}{more}", **headers))
    return list(found["posts"])


def path(url: str) -> str:
    return url.removeprefix(BASE)


@cache
def documented(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))


def signed() -> Mapping[str, str]:
    pair = f"{ACCOUNT['login']}:{ACCOUNT['api_key']}".encode()
    return {"authorization": f"Basic {base64.b64encode(pair).decode()}"}


def same_shape(shown: Any, known: Any, where: str = "") -> None:
    """Key by key and type by type what is documented; lists by their first element."""
    if isinstance(known, dict):
        assert shown.keys() == known.keys(), where
        for key, value in known.items():
            same_shape(shown[key], value, f"{where}.{key}")
    elif isinstance(known, list):
        assert isinstance(shown, list), where
        if shown and known:
            same_shape(shown[0], known[0], f"{where}[0]")
    elif where.rpartition(".")[2] in NULLABLE:
        assert shown is None or isinstance(shown, int | float | str), where
    else:
        assert type(shown) is type(known), where


# ---- rows ---------------------------------------------------------------------------------


def test_a_page_has_the_documented_shape(site: Dialect) -> None:
    found = told(ask(site, "/posts.json?limit=50"))

    for row in found["posts"]:
        if row["file"]["url"]:
            same_shape({"posts": [row]}, documented("documented-posts"))


def test_a_single_post_has_the_documented_shape(site: Dialect) -> None:
    number = posts(site, "rating:s")[0]["id"]

    same_shape(told(ask(site, f"/posts/{number}.json")), documented("documented-post"))


def test_a_post_without_addresses_has_the_documented_shape(site: Dialect, board: Board) -> None:
    number = next(one.post.id for one in board.posts if one.is_for_accounts)

    row = told(ask(site, f"/posts/{number}.json"))["post"]

    same_shape(row, documented("documented-posts-hidden")["posts"][0])


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("/posts/count.json?tags=solo", "documented-count"),
        ("/tags/autocomplete.json?search[name_matches]=hakurei", "documented-autocomplete"),
    ],
)
def test_further_lists_have_the_documented_shape(site: Dialect, target: str, name: str) -> None:
    found = told(ask(site, target))
    if isinstance(found, list):  # the null of a plain name may be the name that was typed
        found[0]["antecedent_name"] = None

    same_shape(found, documented(name))


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("/tags.json?search[name]=hakurei_reimu", "documented-tags"),
        ("/tag_aliases.json?search[antecedent_name]=reimu", "documented-aliases"),
    ],
)
def test_rows_of_tags_and_aliases_have_the_documented_keys(
    site: Dialect, target: str, name: str
) -> None:
    (row,) = told(ask(site, target))

    assert documented(name)[0].keys() <= row.keys()


@pytest.mark.parametrize(
    ("target", "empty"),
    [
        ("/tags.json?search[name]=nobody", {"tags": []}),
        ("/tag_aliases.json?search[antecedent_name]=nobody", {"tag_aliases": []}),
        ("/posts.json?tags=nobody", {"posts": []}),
    ],
)
def test_an_empty_list_comes_as_an_object(site: Dialect, target: str, empty: Any) -> None:
    assert told(ask(site, target)) == empty


def test_chosen_fields_come_as_a_bare_list(site: Dialect) -> None:
    rows = told(ask(site, "/posts.json?limit=2&only=id,rating"))

    assert [row.keys() for row in rows] == [{"id", "rating"}] * 2


# ---- the world in the site's own words ----------------------------------------------------


def test_framing_people_and_officialness_are_said_in_the_sites_words(board: Board) -> None:
    framings, people, marks = set(), set(), set()
    for shown in board.posts:
        facts = vocabulary.read(Facts(tags=shown.tags), family="e621")
        framings.add(facts.framing)
        people.add(facts.people)
        marks |= set(facts.marks or ())

    assert framings >= {Framing.PORTRAIT, Framing.UPPER_BODY, Framing.FULL_BODY}
    assert people >= {People.ALONE, People.SEVERAL}
    assert marks >= {"official", "layout", "uncoloured", "minors", "age", "do_not_post"}


def test_framing_words_are_of_category_meta(board: Board) -> None:
    found = [tag for shown in board.posts for tag in shown.tags["meta"]]

    assert {"bust_portrait", "half-length_portrait", "full-length_portrait"} <= {*found}
    assert not {"1girl", "upper_body", "cowboy_shot", "highres"} & {*board.counts}


def test_a_name_with_a_colon_stays_whole(tmp_path: Path) -> None:
    world = World(1)
    tags = {**world.posts[0].tags, "character": ("rem_(re:zero)",)}
    world.posts = [replace(world.posts[0], tags=tags)]

    assert Board(Vault(world, tmp_path)).posts[0].tags["character"] == ("rem_(re:zero)",)


def test_ratings_are_the_three_of_the_site(site: Dialect) -> None:
    assert {row["rating"] for row in posts(site, "", "&limit=320")} <= set("sqe")


# ---- limits, each with the site's own error -----------------------------------------------


@pytest.mark.parametrize("limit", ["321", "-1", "many", "1.5"])
@pytest.mark.parametrize("where", ["/posts.json", "/tags.json", "/tag_aliases.json"])
def test_a_limit_out_of_range_is_an_error(site: Dialect, where: str, limit: str) -> None:
    answer = ask(site, f"{where}?limit={limit}")

    assert (answer.status, answer.breach) == (410, f"limit {limit}")
    assert set(json.loads(answer.body)) == {"success", "reason"}


def test_a_limit_of_zero_and_the_largest_are_allowed(site: Dialect) -> None:
    assert posts(site, "", "&limit=0") == []
    assert len(posts(site, "status:any", "&limit=320")) == 150


def test_without_a_limit_a_page_has_75_rows(site: Dialect) -> None:
    assert len(posts(site)) == 75


@pytest.mark.parametrize("page", ["751", "0", "b", "-1"])
def test_pages_beyond_the_last_are_an_error(site: Dialect, page: str) -> None:
    answer = ask(site, f"/posts.json?page={page}")

    assert (answer.status, answer.breach) == (410, f"page {page}")


def test_the_last_page_may_be_asked_for(site: Dialect) -> None:
    assert posts(site, "", "&page=750") == []


def test_the_depth_of_numbered_pages_can_be_scaled(vault: Vault) -> None:
    shallow = Dialect(vault, Rules(depth=40))

    assert ask(shallow, "/posts.json?limit=20&page=2").status == 200
    assert ask(shallow, "/posts.json?limit=20&page=3").breach == "page 3"
    assert len(posts(shallow, "", "&limit=20&page=b9999999")) == 20


def test_forty_terms_are_searched_for_and_one_more_is_refused(site: Dialect) -> None:
    most = " ".join(f"-no_{number}" for number in range(40))
    free = "rating:s limit:7 status:deleted"

    assert ask(site, f"/posts.json?tags={quote(f'{most} {free}')}").status == 200
    answer = ask(site, f"/posts.json?tags={quote(f'{most} solo')}")
    assert (answer.status, answer.breach) == (422, "41 terms")


def test_terms_within_a_group_count_and_its_brackets_do_not(site: Dialect) -> None:
    inner = " ".join(f"~no_{number}" for number in range(40))

    assert ask(site, f"/posts.json?tags={quote(f'( {inner} )')}").status == 200
    assert ask(site, f"/posts.json?tags={quote(f'( {inner} ) solo')}").breach == "41 terms"


@pytest.mark.parametrize("tags", ["~so*", "( solo", "solo )", "date:2020-13-40", "score:many"])
def test_a_search_that_makes_no_sense_is_refused_with_a_reason(site: Dialect, tags: str) -> None:
    answer = ask(site, f"/posts.json?tags={quote(tags)}")

    assert answer.status == 422
    assert json.loads(answer.body)["reason"]


@pytest.mark.parametrize(
    "agent", ["", " ", "python-requests/2.32", "Python/3.12 aiohttp/3.13", "Mozilla/5.0 (X11)"]
)
@pytest.mark.parametrize("target", ["/posts.json", "/data/01/23/0123.png"])
def test_who_does_not_say_who_asks_is_refused(site: Dialect, target: str, agent: str) -> None:
    answer = site.answer(target, {"user-agent": agent}, BASE)

    assert (answer.status, bool(answer.breach)) == (403, True)


def test_a_request_without_any_agent_is_refused(site: Dialect) -> None:
    assert site.answer("/posts.json", {}, BASE).status == 403


def test_two_letters_are_not_completed(site: Dialect) -> None:
    assert ask(site, "/tags/autocomplete.json?search[name_matches]=ha").breach


def test_what_is_allowed_is_no_breach(site: Dialect) -> None:
    assert ask(site, "/posts.json?tags=solo&limit=320&page=b9999999").breach == ""


def test_an_overloaded_site_says_when_to_come_again(site: Dialect) -> None:
    answer = site.overloaded(503, "7")

    assert (answer.status, answer.headers["Retry-After"]) == (503, "7")
    assert json.loads(answer.body)["success"] is False


def test_only_json_is_the_api(site: Dialect) -> None:
    assert site.is_api("/posts.json")
    assert not site.is_api("/data/01/23/0123.png")


@pytest.mark.parametrize("target", ["/posts/1.json", "/tags/nobody.json", "/nothing.json"])
def test_what_is_not_there_is_404(site: Dialect, target: str) -> None:
    answer = ask(site, target)

    assert answer.status == 404
    assert json.loads(answer.body) == documented("documented-error")


# ---- searching ----------------------------------------------------------------------------


def test_below_an_id_rows_come_newest_first(site: Dialect) -> None:
    every = [row["id"] for row in posts(site, "", "&limit=320")]

    below = posts(site, "order:score", f"&limit=5&page=b{every[9]}")

    assert [row["id"] for row in below] == every[10:15]


def test_above_an_id_the_nearest_rows_come_newest_first(site: Dialect) -> None:
    every = [row["id"] for row in posts(site, "", "&limit=320")]

    above = posts(site, "", f"&limit=3&page=a{every[9]}")

    assert [row["id"] for row in above] == every[6:9]


def test_deleted_posts_are_shown_when_they_are_asked_for(site: Dialect, board: Board) -> None:
    deleted = {shown.post.id for shown in board.posts if shown.is_deleted}

    assert deleted
    assert not deleted & {row["id"] for row in posts(site, "", "&limit=320")}
    assert deleted == {row["id"] for row in posts(site, "status:deleted", "&limit=320")}


def test_a_group_joins_what_any_of_its_tags_has(site: Dialect) -> None:
    both = posts(site, "solo ( ~bust_portrait ~half-length_portrait )", "&limit=320")

    assert {"bust_portrait", "half-length_portrait"} == {
        tag
        for row in both
        for tag in row["tags"]["meta"]
        if tag in {"bust_portrait", "half-length_portrait"}
    }
    assert all("solo" in row["tags"]["general"] for row in both)


def test_a_negated_group_leaves_out_what_has_all_of_it(site: Dialect, board: Board) -> None:
    rest = posts(site, "-( solo hi_res )", "&limit=320")

    assert rest
    assert not [row for row in rest if {"solo", "hi_res"} <= board.by_id[row["id"]].words]


def test_days_and_scores_narrow_a_search(site: Dialect) -> None:
    rows = posts(site, "date:2016-01-01..2019-12-31 score:>=10", "&limit=320")

    assert rows
    assert {row["created_at"][:4] for row in rows} <= {"2016", "2017", "2018", "2019"}
    assert all(row["score"]["total"] >= 10 for row in rows)


def test_an_alias_finds_what_its_tag_finds(site: Dialect) -> None:
    assert posts(site, "reimu_hakurei", "&limit=9") == posts(site, "hakurei_reimu", "&limit=9")


def test_posts_can_be_ordered_by_their_last_change(site: Dialect) -> None:
    moments = [row["updated_at"] for row in posts(site, "order:updated", "&limit=320")]

    assert moments == sorted(moments, reverse=True)


def test_posts_are_counted_up_to_a_cap(vault: Vault, site: Dialect) -> None:
    whole = told(ask(site, "/posts/count.json?tags="))
    capped = told(ask(Dialect(vault, Rules(depth=50)), "/posts/count.json?tags="))

    assert whole == {"count": len(posts(site, "", "&limit=320")), "capped": False}
    assert capped == {"count": 51, "capped": True}


# ---- who is told an address, and gets a file ----------------------------------------------


@pytest.fixture
def closed(tmp_path: Path) -> tuple[Dialect, int]:
    """A site whose oldest post is shown to accounts only."""
    world = World(3)
    world.posts = [replace(world.posts[0], hidden=True, status=frozenset()), *world.posts[1:]]
    return Dialect(Vault(world, tmp_path)), world.posts[0].id


def one(site: Dialect, number: int, **headers: str) -> dict[str, Any]:
    return dict(told(ask(site, f"/posts/{number}.json", **headers))["post"])


def test_a_stranger_is_told_everything_of_a_closed_post_but_its_addresses(
    closed: tuple[Dialect, int],
) -> None:
    row = one(*closed)

    assert [row[part]["url"] for part in ("file", "sample", "preview")] == [None] * 3
    assert re.fullmatch("[0-9a-f]{32}", row["file"]["md5"])


def test_an_account_is_told_the_address_and_gets_the_file(closed: tuple[Dialect, int]) -> None:
    site, number = closed
    row = one(site, number, **signed())

    answer = ask(site, path(row["file"]["url"]))

    assert (answer.status, len(answer.body)) == (200, row["file"]["size"])


def test_an_address_that_was_made_up_is_a_breach(closed: tuple[Dialect, int]) -> None:
    site, number = closed
    file = one(site, number)["file"]

    answer = ask(site, f"/data/{file['md5'][:2]}/{file['md5'][2:4]}/{file['md5']}.{file['ext']}")

    assert (answer.status, answer.post_id, bool(answer.breach)) == (404, number, True)


@pytest.mark.parametrize(
    "target", ["/posts.json?login=sandbox", "/posts.json?login=sandbox&api_key=wrong"]
)
def test_half_an_account_and_a_wrong_one_are_refused(site: Dialect, target: str) -> None:
    assert ask(site, target).status == 401


@pytest.mark.parametrize("header", ["Basic c2FuZGJveDp3cm9uZw==", "Basic %%%", "Basic YQ"])
def test_a_wrong_header_is_refused(site: Dialect, header: str) -> None:
    assert ask(site, "/posts.json", authorization=header).status == 401


def test_young_posts_beyond_safe_are_kept_from_strangers(site: Dialect, board: Board) -> None:
    shut = [row for row in posts(site, "young -rating:s", "&limit=9") if row["file"]["url"] is None]

    assert shut
    assert all("young" in row["tags"]["general"] for row in shut)
    assert [row["rating"] for row in posts(site, "young rating:s") if row["file"]["url"]] == ["s"]


def test_a_deleted_post_has_no_address_for_anybody(site: Dialect, board: Board) -> None:
    (number, *_) = [shown.post.id for shown in board.posts if shown.is_deleted]

    row = one(site, number, **signed())

    assert (row["flags"]["deleted"], row["file"]["url"]) == (True, None)


def test_all_three_files_of_a_post_can_be_had(site: Dialect) -> None:
    row = next(row for row in posts(site, "-animated", "&limit=99") if row["sample"]["has"])

    found = [ask(site, path(row[part]["url"])) for part in ("file", "sample", "preview")]

    assert [answer.status for answer in found] == [200] * 3
    assert len(found[0].body) == row["file"]["size"]
    assert [answer.headers["Content-Type"] for answer in found[1:]] == ["image/jpeg"] * 2


def test_a_moved_original_lies_where_the_post_says(vault: Vault) -> None:
    site = Dialect(vault, Rules(moved=1))
    whole = next(p.id for p in vault.world.posts if not (p.truth.defect or p.status or p.hidden))
    (listed,) = posts(site, f"id:{whole}")

    assert ask(site, path(listed["file"]["url"])).status == 404
    assert ask(site, path(one(site, whole)["file"]["url"])).status == 200


def test_a_stranger_to_the_board_is_not_found(site: Dialect) -> None:
    assert ask(site, f"/data/00/00/{'0' * 32}.png").status == 404
