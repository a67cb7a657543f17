"""The sandbox speaks Moebooru's dialect as a real one answered: rows, limits, error bodies, files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

import pytest
from PIL import Image

from harvester.demo import Rules, World
from harvester.demo.dialects.moebooru import Dialect
from harvester.demo.dialects.shared import ACCOUNT, Answer
from harvester.demo.vault import Vault

FIXTURES = Path(__file__).parent / "fixtures" / "moebooru"
BASE = "http://moe.test"
NULLABLE = {"approver_id", "parent_id"}
WHOLE = {"api_version": "2", "include_tags": "1", "include_pools": "1"}


@pytest.fixture(scope="module")
def vault(drawings: Path) -> Iterator[Vault]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARVEST_CACHE", str(drawings))
        yield Vault(World(240))


@pytest.fixture(scope="module")
def site(vault: Vault) -> Dialect:
    return Dialect(vault)


def get(site: Dialect, path: str, **given: object) -> Answer:
    return site.answer(f"{path}?{urlencode(given)}", {}, BASE)


def posts(site: Dialect, tags: str = "", **given: object) -> Any:
    answer = get(site, "/post.json", tags=tags, **given)
    assert answer.status == 200
    return json.loads(answer.body)


def file(site: Dialect, url: str) -> Answer:
    return site.answer(url.removeprefix(BASE), {}, BASE)


def recorded(name: str) -> Any:
    return json.loads((FIXTURES / name).read_text("utf-8"))


def agrees(shown: Any, real: Any, path: str = "") -> None:
    """The same keys in the same order and the same JSON types, all the way down."""
    if isinstance(real, dict):
        assert list(shown) == list(real), path
        for key, value in real.items():
            if key not in NULLABLE:
                agrees(shown[key], value, f"{path}{key}.")
    elif isinstance(real, list) and real and shown:
        agrees(shown[0], real[0], f"{path}0.")
    else:
        assert type(shown) is type(real), path


def test_a_post_has_the_keys_and_types_of_a_real_one(site: Dialect) -> None:
    for shown in posts(site, limit=100):
        agrees(shown, recorded("recorded-search-page1.json")[0])


def test_a_deleted_post_lacks_its_addresses_as_a_real_one_does(site: Dialect) -> None:
    deleted = posts(site, "deleted:true", limit=100)

    assert len(deleted) > 3
    for shown in deleted:
        real = recorded("recorded-deleted.json")[0]
        assert shown.keys() == real.keys()
        agrees({key: shown[key] for key in real}, real)


def test_a_whole_reply_has_the_tables_of_a_real_one(site: Dialect) -> None:
    real = recorded("recorded-search-v2-tags-pools.json")

    shown = posts(site, "hakurei_reimu", limit=5, **WHOLE)

    assert shown.keys() == real.keys()
    assert set(" ".join(post["tags"] for post in shown["posts"]).split()) == set(shown["tags"])
    assert shown["tags"]["hakurei_reimu"] == "character"


def test_the_xml_form_has_the_attributes_of_a_real_one_and_counts(site: Dialect) -> None:
    real = ElementTree.parse(FIXTURES / "recorded-search-page1.xml").getroot()

    shown = ElementTree.fromstring(get(site, "/post.xml", tags="hakurei_reimu", limit=1).body)

    assert shown.keys() == real.keys()
    assert shown[0].keys() == real[0].keys()
    assert int(shown.attrib["count"]) == len(posts(site, "hakurei_reimu", limit=1000))


def test_tags_are_listed_as_real_ones_are(site: Dialect) -> None:
    shown = json.loads(get(site, "/tag.json", name="reimu", order="count").body)

    agrees(shown, recorded("recorded-tags-by-name.json"))
    assert shown[0]["name"] == "hakurei_reimu"
    assert all("reimu" in tag["name"] for tag in shown)
    assert json.loads(get(site, "/tag.json", name="reimu*").body) == []


def test_the_list_of_all_tags_tells_kinds_and_other_names(site: Dialect) -> None:
    shown = json.loads(get(site, "/tag/summary.json").body)

    agrees(shown, recorded("documented-summary.json"))
    assert "4`hakurei_reimu`reimu_hakurei`reimu`" in shown["data"].split()


def test_other_names_are_searched_for_as_the_name_they_stand_for(site: Dialect) -> None:
    assert posts(site, "reimu_hakurei") == posts(site, "hakurei_reimu")


@pytest.mark.parametrize("sign", ["", "-", "~"])
def test_seven_tags_of_one_sign_are_one_too_many(site: Dialect, sign: str) -> None:
    tags = [f"{sign}tag{number}" for number in range(7)]

    for path in ("/post.json", "/post.xml"):
        refused = get(site, path, tags=" ".join(tags))
        assert (refused.status, bool(refused.breach)) == (500, True)
        agrees(json.loads(refused.body), recorded("recorded-too-many-tags.json"))
    assert get(site, "/post.json", tags=" ".join(tags[:6])).breach == ""


def test_metatags_and_the_other_sign_do_not_count(site: Dialect) -> None:
    tags = [*(f"a{n}" for n in range(6)), *(f"-b{n}" for n in range(6)), "rating:s", "id:>5"]

    assert get(site, "/post.json", tags=" ".join(tags)).breach == ""


def test_a_lone_letter_is_a_rating(site: Dialect) -> None:
    assert {post["rating"] for post in posts(site, "q")} == {"q"}
    assert posts(site, "~q") == []


def test_posts_below_an_id_are_the_next_ones(site: Dialect) -> None:
    every = [post["id"] for post in posts(site, limit=100)]

    assert every == sorted(every, reverse=True)
    assert [post["id"] for post in posts(site, f"id:<{every[9]}", limit=5)] == every[10:15]


def test_days_and_scores_narrow_a_search(site: Dialect) -> None:
    found = posts(site, "date:2015-01-01..2016-12-31 score:>=10", limit=100)

    assert found
    assert all(post["score"] >= 10 for post in found)
    assert all(1420070400 <= post["created_at"] < 1483228800 for post in found)


def test_the_api_lists_what_the_pages_for_people_hide(site: Dialect) -> None:
    hidden = [
        post for post in posts(site, limit=1000) if post["is_held"] or not post["is_shown_in_index"]
    ]

    assert hidden
    shown = {post["id"] for post in posts(site, limit=1000, filter=1)}
    assert not shown & {post["id"] for post in hidden}


def test_more_than_the_help_allows_is_given_and_noted(site: Dialect) -> None:
    assert get(site, "/post.json", limit=100).breach == ""
    assert get(site, "/post.json", limit=101).breach == "limit 101"


def test_the_second_version_has_no_xml(site: Dialect) -> None:
    refused = get(site, "/post.xml", api_version=2)

    assert (refused.status, bool(refused.breach)) == (424, True)


def test_a_test_can_end_the_pages_early(vault: Vault) -> None:
    shallow = Dialect(vault, Rules(depth=100))

    assert len(json.loads(get(shallow, "/post.json", limit=50, page=2).body)) == 50
    beyond = get(shallow, "/post.json", limit=50, page=3)
    assert (beyond.body, beyond.breach) == (b"[]", "")


def test_the_account_is_needed_by_nobody_and_must_be_the_right_one(site: Dialect) -> None:
    right = {"username": ACCOUNT["login"], "api_key": ACCOUNT["api_key"]}

    assert get(site, "/post.json", **right).status == 200
    assert get(site, "/post.json", username="sandbox", api_key="wrong").status == 403


def test_every_file_is_what_its_row_says(site: Dialect) -> None:
    post = next(one for one in posts(site, "ext:png rating:s", limit=100) if one["width"] > 850)

    for name in ("jpeg", "sample", "actual_preview"):
        answer = file(site, post[f"{name.removeprefix('actual_')}_url"])
        picture = Image.open(BytesIO(answer.body))
        assert (picture.format, picture.size) == (
            "JPEG",
            (post[f"{name}_width"], post[f"{name}_height"]),
        )
    original = file(site, post["file_url"])
    assert (len(original.body), original.post_id) == (post["file_size"], post["id"])


def test_the_name_of_a_file_is_long_and_says_what_it_shows(site: Dialect) -> None:
    address = urlsplit(posts(site, "hakurei_reimu solo", limit=1)[0]["file_url"]).path

    assert re.fullmatch(r"/image/[0-9a-f]{32}/\d+%20[^/]*hakurei_reimu[^/]*\.\w+", address)


def test_the_file_of_a_deleted_post_is_not_to_be_asked_for(site: Dialect) -> None:
    post = posts(site, "deleted:true", limit=1)[0]

    answer = file(site, f"{BASE}/image/{post['md5']}/{post['id']}.{post['file_ext']}")

    assert (answer.status, bool(answer.breach)) == (404, True)


def test_a_file_that_has_moved_is_told_of_by_the_post_itself(vault: Vault) -> None:
    moving = Dialect(vault, Rules(moved=1))
    listed = posts(moving, "ext:png rating:s", limit=1)[0]

    itself = posts(moving, f"id:{listed['id']}")[0]

    assert file(moving, listed["file_url"]).status == 404
    assert file(moving, itself["file_url"]).status == 200


def test_a_post_can_be_asked_for_by_its_id_though_it_was_deleted(site: Dialect) -> None:
    deleted = posts(site, "deleted:true", limit=1)[0]

    assert posts(site, f"id:{deleted['id']}") == [deleted]


@pytest.mark.parametrize("status", [429, 503])
def test_an_overloaded_site_says_how_long_to_wait(site: Dialect, status: int) -> None:
    answer = site.overloaded(status, "7")

    assert (answer.status, answer.headers["Retry-After"]) == (status, "7")


def test_an_unknown_page_is_not_found_in_html(site: Dialect) -> None:
    answer = get(site, "/posts.json")

    assert (answer.status, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
