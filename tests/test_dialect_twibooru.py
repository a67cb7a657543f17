"""The sandbox as a Twibooru: Philomena's searches told in its own words, texts among the posts, no completion of names."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from harvester.demo.dialects import Answer, Rules
from harvester.demo.dialects.twibooru import Dialect
from harvester.demo.vault import Vault
from harvester.demo.world import World
from tests import replies

BASE = "http://place.test"
AGENT = {"user-agent": "harvest/0.1 (+mailto:me@example.org)"}
NULLABLE = {"uploader", "uploader_id", "deletion_reason", "duplicate_of", "category", "namespace", "aliased_tag"}  # fmt: skip
documented = partial(replies.recorded, "twibooru")
same_shape = partial(replies.same_shape, nullable=NULLABLE)


@pytest.fixture(scope="module")
def vault(drawings: Path) -> Vault:
    return Vault(World(240), drawings)


@pytest.fixture
def site(vault: Vault) -> Dialect:
    return Dialect(vault)


def ask(site: Dialect, path: str, **params: object) -> Answer:
    return site.answer(f"/api/v3/{path}?{urlencode(params)}", AGENT, BASE)


def told(answer: Answer) -> Any:
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def test_posts_have_the_documented_shape(site: Dialect) -> None:
    search = told(ask(site, "search/posts", q="safe, mime_type:image/jpeg, processed:true"))
    one = search["posts"][0]["id"]

    same_shape(search, documented("documented-kinds"))
    assert one == told(ask(site, f"posts/{one}"))["post"]["id"]


def test_a_post_that_was_taken_down_has_the_documented_shape(site: Dialect, vault: Vault) -> None:
    removed = next(post.id for post in vault.world.posts if post.hidden)

    same_shape(told(ask(site, f"posts/{removed}")), documented("documented-removed"))


def test_tags_have_the_documented_shape_and_their_count_its_own_name(site: Dialect) -> None:
    found = told(ask(site, "search/tags", q="hakurei reimu"))

    same_shape(found, documented("documented-tag"))
    assert found["tags"][0]["posts"] > 100


def test_a_text_is_a_post_without_a_file(site: Dialect, vault: Vault) -> None:
    texts = {post.id for post in vault.world.posts if post.format == "zip" and not post.hidden}
    found = told(ask(site, "search/posts", q="touhou, mime_type:video/webm", per_page=50))["posts"]

    pastes = [post for post in found if post["media_type"] == "paste"]
    assert {post["id"] for post in pastes} <= texts
    same_shape(pastes[0], documented("documented-pastes")["posts"][0])


def test_a_search_stays_within_the_same_limits_as_at_philomena(site: Dialect) -> None:
    answer = ask(site, "search/posts", q="touhou", per_page=51)

    assert len(told(answer)["posts"]) == 50
    assert answer.breach == "per_page 51"


def test_pages_can_be_counted_to_the_depth_that_a_test_wants(vault: Vault) -> None:
    answer = ask(Dialect(vault, Rules(depth=100)), "search/posts", q="touhou", per_page=50, page=3)

    assert (answer.status, answer.breach) == (400, "page 3")


@pytest.mark.parametrize(
    "path", ["/autocomplete/tags?term=haku", "/api/v3/search/names", "/api/v1/json/search/images"]
)
def test_there_is_nothing_but_what_is_documented(site: Dialect, path: str) -> None:
    answer = site.answer(path, AGENT, BASE)

    assert (answer.status, bool(answer.breach)) == (404, True)


def test_too_many_requests_are_told_with_the_moment_they_end(site: Dialect) -> None:
    answer = site.overloaded(429, "7")

    assert 6 <= int(answer.headers["X-RL-Reset"]) - time.time() <= 9
    assert answer.headers["Retry-After"] == "7"
