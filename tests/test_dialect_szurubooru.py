"""The sandbox as a szurubooru: JSON for who accepts it, its query language, rights of visitors and accounts."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from harvester import vocabulary
from harvester.demo.dialects import Answer, Rules
from harvester.demo.dialects.shared import ACCOUNT
from harvester.demo.dialects.szurubooru import Dialect
from harvester.demo.vault import Vault
from harvester.demo.world import World
from harvester.model import Facts, Framing, People

FIXTURES = Path(__file__).parent / "fixtures" / "szurubooru"
BASE = "http://place.test"
VISITOR = {"user-agent": "harvest/0.1", "accept": "application/json"}
PAIR = base64.b64encode(f"{ACCOUNT['login']}:{ACCOUNT['api_key']}".encode()).decode()
KNOWN = VISITOR | {"authorization": f"Token {PAIR}"}
NULLABLE = {"lastEditTime", "source", "user", "lastFeatureTime", "description"}


@pytest.fixture(scope="module")
def vault(drawings: Path) -> Vault:
    return Vault(World(240), drawings)


@pytest.fixture
def site(vault: Vault) -> Dialect:
    return Dialect(vault)


def ask(site: Dialect, path: str, headers: dict[str, str] = VISITOR, /, **params: object) -> Answer:
    return site.answer(f"/api/{path}?{urlencode(params)}", headers, BASE)


def told(answer: Answer) -> Any:
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def refused(answer: Answer) -> tuple[int, str]:
    said = json.loads(answer.body)
    assert said.keys() == {"name", "title", "description"}
    return answer.status, said["name"]


def search(site: Dialect, query: str, **params: object) -> Any:
    return told(ask(site, "posts/", query=query, **params))


def ids(site: Dialect, query: str, **params: object) -> list[int]:
    return [post["id"] for post in search(site, query, fields="id", **params)["results"]]


@cache
def recorded(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))


def same_shape(shown: Any, known: Any, where: str = "") -> None:
    """Key by key and type by type what was recorded; lists by their first element."""
    if isinstance(known, dict):
        assert shown.keys() == known.keys(), where
        for key, value in known.items():
            if key not in NULLABLE or (shown[key] is not None and value is not None):
                same_shape(shown[key], value, f"{where}.{key}")
    elif isinstance(known, list):
        assert isinstance(shown, list), where
        if shown and known:
            same_shape(shown[0], known[0], where)
    else:
        assert type(shown) is type(known), where


# ---- the shape of what is told ------------------------------------------------------------


def test_a_page_of_posts_has_the_recorded_shape(site: Dialect) -> None:
    same_shape(search(site, "touhou", limit=10), recorded("recorded-search-offset0"))
    same_shape(search(site, "nobody", limit=10), recorded("recorded-search-none"))


def test_one_post_has_the_recorded_shape(site: Dialect) -> None:
    number = ids(site, "touhou", limit=1)[0]

    shown = told(ask(site, f"post/{number}"))
    assert shown["id"] == number
    same_shape(shown, recorded("recorded-post"))


def test_tags_have_the_recorded_shape(site: Dialect) -> None:
    same_shape(told(ask(site, "tag/hakurei_reimu")), recorded("recorded-tag"))
    same_shape(told(ask(site, "tags/", KNOWN, query="haku*")), recorded("documented-tags"))


def test_the_fields_asked_for_are_told_and_no_others(site: Dialect) -> None:
    shown = search(site, "touhou", fields="id,tags", limit=1)

    assert [post.keys() for post in shown["results"]] == [{"id", "tags"}]
    assert ask(site, "posts/", query="touhou", fields="nothing").status == 400


# ---- the query language -------------------------------------------------------------------


def test_tokens_are_joined_and_negated(site: Dialect) -> None:
    every = ids(site, "solo outdoors")

    smiling, rest = ids(site, "solo outdoors smile"), ids(site, "solo outdoors -smile")
    assert sorted(smiling + rest) == sorted(every) != []
    assert every == sorted(every, reverse=True)
    assert ids(site, "*") == ids(site, "")


def test_commas_are_alternatives_and_wildcards_widen(site: Dialect) -> None:
    either = {*ids(site, "portrait,full_body")}

    assert either == {*ids(site, "portrait")} | {*ids(site, "full_body")}
    assert {*ids(site, "full_*")} >= {*ids(site, "full_body")}
    assert ids(site, r"full_\*") == []


def test_signs_in_names_need_a_backslash(site: Dialect) -> None:
    artist = next(tag["names"][0] for post in search(site, "touhou")["results"] for tag in post["tags"] if tag["category"] == "artist")  # fmt: skip

    assert refused(ask(site, "posts/", query=artist)) == (400, "SearchError")
    assert ids(site, artist.replace(":", r"\:")) != []
    assert {*ids(site, r"close\-up")} == {*ids(site, "close-up")} != set()


@pytest.mark.parametrize("key", ["score", "image-width", "fav-count", "tag-count", "id"])
def test_ranges_hold_both_their_ends(site: Dialect, key: str) -> None:
    names = {"score": "score", "image-width": "canvasWidth", "fav-count": "favoriteCount", "tag-count": "tagCount", "id": "id"}  # fmt: skip
    values = sorted(post[names[key]] for post in search(site, "touhou")["results"])
    low, high = values[30], values[60]

    found = search(site, f"touhou {key}:{low}..{high}")["results"]
    assert found
    assert all(low <= post[names[key]] <= high for post in found)
    assert ids(site, f"touhou {key}-min:{low}") == ids(site, f"touhou {key}:{low}..")
    assert ids(site, f"touhou {key}-max:{low}") == ids(site, f"touhou {key}:..{low}")


def test_dates_count_from_the_first_to_the_last_moment(site: Dialect) -> None:
    post = search(site, "touhou", limit=1)["results"][0]
    day = post["creationTime"][:10]

    assert post["id"] in ids(site, f"touhou date:{day}")
    assert post["id"] in ids(site, f"touhou creation-date:{day}..{day}")
    assert post["id"] not in ids(site, f"touhou -creation-date:{day[:7]}")


def test_safety_and_type_are_words(site: Dialect) -> None:
    found = search(site, "touhou safety:safe,sketchy type:image")["results"]

    assert {post["safety"] for post in found} == {"safe", "sketchy"}
    assert {post["type"] for post in found} == {"image"}
    assert ids(site, "touhou rating:questionable") == ids(site, "touhou safety:sketchy")


def test_what_was_never_edited_is_found_by_no_date_of_an_edit(site: Dialect) -> None:
    never = [post["id"] for post in search(site, "touhou")["results"] if not post["lastEditTime"]]

    assert not {*never} & {*ids(site, "touhou last-edit-date:2000..")}


def test_order_can_be_chosen(site: Dialect) -> None:
    scores = [post["score"] for post in search(site, "touhou sort:score")["results"]]

    assert scores == sorted(scores, reverse=True)
    assert ids(site, "touhou sort:id,asc", limit=5) == sorted(ids(site, "touhou sort:id,asc", limit=5))  # fmt: skip
    assert ids(site, "touhou sort:id") == ids(site, "touhou")


@pytest.mark.parametrize(
    "query",
    ["artist:x", "-", "score:many", "a,,b", "score:..", "a..b", "safety:nice", "sort:nice", "x\\", "x\\y", "date:soon"],
)  # fmt: skip
def test_a_query_that_cannot_be_read_is_refused(site: Dialect, query: str) -> None:
    answer = ask(site, "posts/", query=query)

    assert refused(answer) == (400, "SearchError")
    assert answer.breach == "a query not to be read"


def test_an_edge_of_ids_holds_against_posts_that_arrive(site: Dialect) -> None:
    first = ids(site, "touhou", limit=50)

    assert ids(site, f"touhou id:..{first[-1] - 1}", limit=50) == ids(site, "touhou", offset=50, limit=50)  # fmt: skip


# ---- limits and rights --------------------------------------------------------------------


@pytest.mark.parametrize("params", [{"limit": 101}, {"limit": 0}, {"offset": -1}])
def test_a_page_out_of_bounds_is_refused(site: Dialect, params: dict[str, int]) -> None:
    answer = ask(site, "posts/", query="touhou", **params)

    assert refused(answer) == (400, "InvalidParameterError")
    assert answer.breach


def test_who_does_not_accept_json_gets_nothing(site: Dialect) -> None:
    answer = ask(site, "posts/", {"user-agent": "x", "accept": "*/*"}, query="touhou")

    assert json.loads(answer.body) == recorded("recorded-no-accept-header")
    assert (answer.status, answer.breach) == (406, "no Accept header")


def test_lists_of_tags_are_for_accounts(site: Dialect) -> None:
    answer = ask(site, "tags/", query="haku*")

    assert (answer.status, json.loads(answer.body)) == (403, recorded("recorded-tags-denied-anonymously"))  # fmt: skip
    assert not answer.breach
    found = told(ask(site, "tags/", KNOWN, query="haku* sort:usages"))["results"]
    assert found[0]["names"][0] == "hakurei_reimu"
    assert refused(ask(site, "posts/", VISITOR | {"authorization": "Token x"})) == (403, "AuthError")  # fmt: skip


def test_a_tag_is_found_by_each_of_its_names(site: Dialect) -> None:
    tags = [
        told(ask(site, f"tag/{quote(name)}")) for name in ("hakurei_reimu", "Reimu", "博麗霊夢")
    ]

    assert tags[0] == tags[1] == tags[2]
    assert tags[0]["category"] == "character"
    assert tags[0]["usages"] == search(site, "reimu", limit=1)["total"] > 0
    assert refused(ask(site, "tag/nobody")) == (404, "TagNotFoundError")


def test_what_was_deleted_is_forgotten(site: Dialect, vault: Vault) -> None:
    gone = next(post for post in vault.world.posts if post.hidden or "deleted" in post.status)

    assert refused(ask(site, f"post/{gone.id}")) == (404, "PostNotFoundError")
    assert ids(site, f"id:{gone.id}") == []
    assert refused(ask(site, "post/nine")) == (400, "InvalidPostIdError")


# ---- files --------------------------------------------------------------------------------


def test_sums_are_those_of_the_bytes(site: Dialect, vault: Vault) -> None:
    sound = {post.id for post in vault.world.posts if not post.truth.defect}
    post = next(p for p in search(site, "touhou type:image")["results"] if p["id"] in sound)

    whole = site.answer(f"/{post['contentUrl']}", VISITOR, BASE)
    small = site.answer(f"/{post['thumbnailUrl']}", VISITOR, BASE)
    assert hashlib.sha1(whole.body).hexdigest() == post["checksum"]
    assert hashlib.md5(whole.body).hexdigest() == post["checksumMD5"]
    assert len(whole.body) == post["fileSize"]
    assert small.headers["Content-Type"] == "image/jpeg"
    guessed = f"/data/posts/{post['id']}_0123456789abcdef.png"
    assert site.answer(guessed, VISITOR, BASE).status == 404


def test_a_file_that_moved_has_another_address_in_the_post_by_itself(vault: Vault) -> None:
    site = Dialect(vault, Rules(moved=1))
    post = search(site, "touhou type:image", limit=1)["results"][0]
    single = told(ask(site, f"post/{post['id']}"))

    assert site.answer(f"/{post['contentUrl']}", VISITOR, BASE).status == 404
    assert site.answer(f"/{single['contentUrl']}", VISITOR, BASE).status == 200


def test_the_gates_find_framing_and_people_in_the_sites_own_words(site: Dialect) -> None:
    found = [p for offset in (0, 100) for p in search(site, "touhou", offset=offset)["results"]]
    tags = [tuple(tag["names"][0] for tag in post["tags"]) for post in found]
    reading = [
        vocabulary.read(Facts(tags={"general": names}), family="szurubooru") for names in tags
    ]

    assert {facts.framing for facts in reading} >= {Framing.UPPER_BODY, Framing.FULL_BODY}
    assert {facts.people for facts in reading} >= {People.ALONE, People.SEVERAL}
