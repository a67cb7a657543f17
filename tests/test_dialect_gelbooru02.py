"""The sandbox as Gelbooru Beta 0.2: XML in attributes, a poorer JSON, errors with status 200, pages for people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree.ElementTree import Element, fromstring

import pytest
from bs4 import BeautifulSoup

from harvester.demo.dialects import Answer, Rules
from harvester.demo.dialects.gelbooru02 import Dialect
from harvester.demo.vault import Vault
from harvester.demo.world import World

FIXTURES = Path(__file__).parent / "fixtures" / "gelbooru02"
BASE = "http://place.test"


@pytest.fixture(scope="module")
def vault(drawings: Path) -> Vault:
    return Vault(World(300), drawings)


@pytest.fixture
def site(vault: Vault) -> Dialect:
    return Dialect(vault)


def ask(site: Dialect, **params: Any) -> Answer:
    return site.answer(f"/index.php?{urlencode(params)}", {}, BASE)


def dapi(site: Dialect, kind: str = "post", **params: Any) -> Answer:
    return ask(site, page="dapi", s=kind, q="index", **params)


def listed(site: Dialect, kind: str = "post", **params: Any) -> list[dict[str, str]]:
    return [one.attrib for one in root(dapi(site, kind, **params))]


def root(answer: Answer) -> Element:
    assert (answer.status, answer.breach) == (200, "")
    return fromstring(answer.body)


def fetched(site: Dialect, url: str) -> Answer:
    """A file by its address, which may lack its scheme."""
    parts = urlsplit(url)
    assert parts.netloc == "place.test"
    return site.answer(parts.path + (f"?{parts.query}" if parts.query else ""), {}, BASE)


def is_sound(vault: Vault, number: int | str) -> bool:
    """Whether the original of a post can be had."""
    post = vault.world.by_id[int(number)]
    return post.truth.defect != "missing" and not post.forbidden


def test_posts_have_the_documented_attributes(site: Dialect) -> None:
    known = fromstring((FIXTURES / "documented-search.xml").read_bytes())

    found = root(dapi(site, limit=3))

    assert (found.tag, found.keys()) == (known.tag, known.keys())
    assert all(
        post.keys() == known[0].keys() or {*post.keys()} == {*known[0].keys()} for post in found
    )
    assert all(post.get("tags", "").startswith(" ") for post in found)
    assert {post.get("rating") for post in root(dapi(site))} == {"s", "q", "e"}


def test_records_have_the_documented_keys_and_types(site: Dialect) -> None:
    known = json.loads((FIXTURES / "documented-search.json").read_bytes())[0]

    rows = json.loads(dapi(site, json=1, limit=1000).body)

    for row in rows:
        assert row.keys() == known.keys()
        odd = {key for key in known if type(row[key]) is not type(known[key])}
        assert odd <= {"directory", "image"}  # null for some
        assert {row[key] for key in odd} <= {None}
    assert {row["rating"] for row in rows} == {"safe", "questionable", "explicit"}


def test_tags_have_the_documented_attributes_and_come_one_at_a_time(site: Dialect) -> None:
    known = fromstring((FIXTURES / "documented-tags.xml").read_bytes())

    (solo,) = listed(site, "tag", name="solo")

    assert {*solo} == {*known[0].keys()}
    assert (solo["type"], solo["name"]) == ("0", "solo")
    assert listed(site, "tag", name="solo touhou") == []
    assert root(dapi(site, "tag", name="solo", json=1)).tag == "tags"


def test_patterns_of_tags_can_be_had_by_their_count(site: Dialect) -> None:
    found = listed(site, "tag", name_pattern="%reimu%", order="count", direction="desc")

    assert [row["name"] for row in found[:1]] == ["hakurei_reimu"]
    counts = [int(row["count"]) for row in found]
    assert counts == sorted(counts, reverse=True)


def test_nothing_found_is_an_empty_list_in_xml_and_no_body_in_json(site: Dialect) -> None:
    found = root(dapi(site, tags="no_such_tag"))

    assert (found.get("count"), len(found)) == ("0", 0)
    assert dapi(site, tags="no_such_tag", json=1).body == b""


def test_json_tells_kinds_of_tags_only_when_asked(site: Dialect) -> None:
    plain = json.loads(dapi(site, json=1, limit=1).body)[0]
    full = json.loads(dapi(site, json=1, limit=1, fields="tag_info").body)[0]

    assert "tag_info" not in plain
    assert {info["type"] for info in full["tag_info"]} >= {"tag", "copyright"}
    assert {info["tag"] for info in full["tag_info"]} == {*full["tags"].split()}


def test_refusals_come_with_status_200(site: Dialect, vault: Vault) -> None:
    deep = dapi(Dialect(vault, Rules(depth=40)), limit=20, pid=2)
    key = dapi(site, api_key="another", user_id="1")

    assert (deep.status, deep.breach) == (200, "page 2")
    assert fromstring(deep.body).get("reason") == "too deep"
    assert (key.status, key.breach) == (200, "a wrong key")
    assert (fromstring(key.body).text or "").startswith("Missing authentication")


def test_a_limit_over_a_thousand_is_a_breach(site: Dialect) -> None:
    assert dapi(site, limit=1000).breach == ""
    assert dapi(site, limit=1001).breach == "limit over 1000"


def test_alternatives_stand_in_brackets(site: Dialect) -> None:
    comic, empty = ({p["id"] for p in listed(site, tags=t)} for t in ("comic", "no_humans"))

    assert {post["id"] for post in listed(site, tags="( comic ~ no_humans )")} == comic | empty


def test_every_file_is_where_the_list_says(site: Dialect, vault: Vault) -> None:
    rows = [post for post in listed(site, limit=40, tags="solo") if post["file_url"]]
    sound = [row for row in rows if is_sound(vault, row["id"])]

    for row in sound:
        for kind in ("file_url", "sample_url", "preview_url"):
            answer = fetched(site, row[kind])
            assert (answer.status, answer.post_id) == (200, int(row["id"])), row[kind]
    assert {row["file_url"].startswith("//") for row in sound} == {True, False}


def test_some_files_are_not_named_by_their_hash(site: Dialect) -> None:
    rows = [row for row in listed(site) if row["file_url"]]
    named = {row["md5"] in row["file_url"] for row in rows}

    assert named == {True, False}
    assert fetched(site, f"//place.test/images/1/{'0' * 40}.jpg").status == 404


def test_addresses_put_together_from_a_record_lead_to_its_files(
    site: Dialect, vault: Vault
) -> None:
    rows = [row for row in json.loads(dapi(site, json=1, limit=40).body) if row["image"]]
    assert None in {row["directory"] for row in rows}

    for row in rows:
        folder = row["directory"] or f"{row['hash'][:2]}/{row['hash'][2:4]}"
        answer = fetched(site, f"//place.test/images/{folder}/{row['image']}")
        assert (answer.status == 200) == is_sound(vault, row["id"])
        assert answer.post_id == row["id"]


def test_a_file_that_moved_lies_where_the_post_itself_says(vault: Vault) -> None:
    site = Dialect(vault, Rules(moved=1))
    (post,) = listed(site, tags="solo", limit=1)
    (single,) = listed(site, id=post["id"])

    assert fetched(site, post["file_url"]).status == 404
    assert fetched(site, single["file_url"]).status == 200


def test_a_posts_page_shows_its_tags_by_kind(site: Dialect, vault: Vault) -> None:
    (post,) = listed(site, tags="hakurei_reimu", limit=1)
    answer = ask(site, page="post", s="view", id=post["id"])

    items = BeautifulSoup(answer.body, "html.parser").find_all("li")

    shown = {item["class"][0] for item in items}
    assert shown >= {"tag-type-character", "tag-type-copyright", "tag-type-general"}
    assert len(items) == len(post["tags"].split())


def test_the_page_of_a_post_that_is_no_more_leads_to_the_list(site: Dialect, vault: Vault) -> None:
    deleted = next(post for post in vault.world.posts if "deleted" in post.status)

    answer = ask(site, page="post", s="view", id=deleted.id)

    assert answer.status == 302
    listing = site.answer(answer.headers["Location"], {}, BASE)
    assert (listing.status, b"tag-type-" in listing.body) == (200, True)


def test_completion_tells_names_with_their_counts(site: Dialect) -> None:
    rows = json.loads(site.answer("/autocomplete.php?q=haku", {}, BASE).body)

    assert rows[0]["value"] == "hakurei_reimu"
    assert rows[0]["label"].startswith("hakurei_reimu (")


def test_overload_is_said_in_its_own_way(site: Dialect) -> None:
    answer = site.overloaded(503, "3")

    assert (answer.status, answer.headers["Retry-After"]) == (503, "3")
    assert fromstring(answer.body).get("reason") == "search down"
    assert site.is_api("/index.php")
    assert site.is_api("/autocomplete.php")
    assert not site.is_api("/images/1/a.png")
