"""The sandbox as a Sankaku: one tag for visitors, tokens, files that expire by the wall clock; and a harvest that outlives them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from harvester.demo import Sandbox
from harvester.demo.dialects import Answer, Rules
from harvester.demo.dialects.sankaku import Dialect
from harvester.demo.dialects.shared import ACCOUNT
from harvester.demo.vault import Vault
from harvester.demo.world import World
from tests import replies
from tests.harness import inside

BASE = "http://place.test"
AGENT = {"user-agent": "harvest/0.1 (+mailto:me@example.org)"}
ACCOUNTS = {**AGENT, "authorization": f"Bearer {ACCOUNT['api_key']}"}
NULLABLE = {
    *("next", "prev", "sample_url", "preview_url", "file_url"),
    *("parent_id", "source", "video_duration"),
}
LIFETIME = 8.0
documented = partial(replies.recorded, "sankaku")
same_shape = partial(replies.same_shape, nullable=NULLABLE)


@pytest.fixture(scope="module")
def vault(drawings: Path) -> Vault:
    return Vault(World(240), drawings)


@pytest.fixture
def site(vault: Vault) -> Dialect:
    return Dialect(vault)


def ask(site: Dialect, path: str, headers: dict[str, str] = AGENT, **params: object) -> Answer:
    return site.answer(f"{path}?{urlencode(params)}", headers, BASE)


def told(answer: Answer) -> Any:
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def keyset(site: Dialect, tags: str, headers: dict[str, str] = AGENT, **params: object) -> Any:
    return told(ask(site, "/v2/posts/keyset", headers, tags=tags, **params))


def fetched(site: Dialect, url: str) -> Answer:
    return site.answer(url.removeprefix(BASE), AGENT, BASE)


# ---- what is told -------------------------------------------------------------------------


def test_pages_posts_and_tags_have_the_documented_shape(site: Dialect) -> None:
    page = keyset(site, "touhou")
    number = page["data"][0]["id"]

    same_shape(page, documented("documented-keyset"))
    same_shape(told(ask(site, "/v2/posts", tags=f"id_range:{number}")), documented("documented-post"))  # fmt: skip
    same_shape(told(ask(site, f"/posts/{number}/tags")), documented("documented-tags"))


def test_tokens_lead_through_everything_once(site: Dialect, vault: Vault) -> None:
    ids: list[str] = []
    params: dict[str, Any] = {"limit": 40}
    while True:
        page = keyset(site, "touhou", **params)
        ids += [row["id"] for row in page["data"]]
        if page["meta"]["next"] is None:
            break
        params["next"] = page["meta"]["next"]

    assert ids == [str(post.id) for post in reversed(vault.world.posts)]


def test_types_of_tags_are_told_by_the_post(site: Dialect) -> None:
    number = keyset(site, "hakurei_reimu")["data"][0]["id"]

    types = {
        row["name"]: row["type"]
        for row in told(ask(site, f"/posts/{number}/tags", limit=100))["data"]
    }

    assert (types["hakurei_reimu"], types["touhou"]) == (4, 3)
    assert "hakurei_reimu" in keyset(site, "hakurei_reimu")["data"][0]["tag_names"]


def test_what_is_not_active_or_for_accounts_has_no_address(site: Dialect) -> None:
    rows = keyset(site, "touhou", limit=100)["data"]
    known = {row["id"]: row for row in keyset(site, "touhou", ACCOUNTS, limit=100)["data"]}

    hidden = [row for row in rows if row["file_url"] is None]
    assert {row["status"] for row in hidden} >= {"active", "deleted"}
    for row in hidden:
        assert (row["status"] == "active") == row["redirect_to_signup"] == (known[row["id"]]["file_url"] is not None)  # fmt: skip


# ---- limits -------------------------------------------------------------------------------


def test_visitors_search_for_one_tag_and_accounts_for_more(site: Dialect) -> None:
    answer = ask(site, "/v2/posts/keyset", tags="touhou solo")

    assert (answer.status, answer.breach) == (429, "2 tags")
    assert json.loads(answer.body) == documented("error-tag-limit")
    assert keyset(site, "touhou solo", ACCOUNTS)["data"]


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/v2/posts/keyset?tags=solo&next=nonsense", AGENT, 400),
        ("/v2/posts/keyset?tags=solo&limit=101", AGENT, 200),
        ("/v2/posts/keyset?tags=solo", {**AGENT, "authorization": "Bearer x"}, 401),
        ("/v2/tags", AGENT, 404),
        ("/v2/posts", {}, 403),
    ],
)
def test_what_is_not_allowed_is_noted(
    site: Dialect, path: str, headers: dict[str, str], status: int
) -> None:
    answer = site.answer(path, headers, BASE)

    assert (answer.status, bool(answer.breach)) == (status, True)


def test_too_many_requests_tell_the_moment_they_end(site: Dialect) -> None:
    answer = site.overloaded(429, "7")

    assert 6 <= int(answer.headers["X-RateLimit-Reset"]) - time.time() <= 9
    assert answer.headers["Retry-After"] == "7"


# ---- files that expire --------------------------------------------------------------------


def shown(site: Dialect) -> Any:
    return next(row for row in keyset(site, "solo")["data"] if row["file_url"])


def test_a_file_is_served_until_its_address_expires(site: Dialect, vault: Vault) -> None:
    row = shown(site)

    whole = fetched(site, row["file_url"])
    assert whole.body == vault.body(vault.world.by_id[int(row["id"])])
    assert fetched(site, row["preview_url"]).status == 200
    assert parse_qs(urlsplit(row["file_url"]).query).keys() == {"e", "m"}


def test_an_address_that_has_expired_is_refused(site: Dialect) -> None:
    site.lifetime = 0

    answer = fetched(site, shown(site)["file_url"])

    assert (answer.status, answer.breach) == (403, "an address that has expired")


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace("?e=", "?e=9"),
        lambda url: url.partition("?")[0],
        lambda url: url.partition("&m=")[0] + "&m=x",
    ],
)
def test_nobody_can_lengthen_the_life_of_an_address(
    site: Dialect, change: Callable[[str], str]
) -> None:
    assert fetched(site, change(shown(site)["file_url"])).status == 403


def test_a_file_that_moved_is_at_the_address_the_post_tells(vault: Vault) -> None:
    site = Dialect(vault, Rules(moved=1))
    row = shown(site)
    (single,) = told(ask(site, "/v2/posts", tags=f"id_range:{row['id']}"))

    assert fetched(site, row["file_url"]).status == 404
    assert fetched(site, single["file_url"]).status == 200


# ---- a harvest that outlives its addresses ------------------------------------------------


def harvest(folder: Path, site: Sandbox, *more: str) -> Any:
    """The whole command, as a visitor."""
    table = f'[sites.place]\nfamily = "sankaku"\nurl = "{site.url}"\ninterval = 0\n'
    (folder / "harvester.toml").write_text(table, "utf-8")
    asked = ["--tag", "hakurei_reimu", "--site", "place", "--target", "4", "--json", *more]
    done = inside("--library", str(folder), *asked)
    assert done.code in {0, 3}, done.err
    return done.json


@pytest.mark.slow
def test_addresses_that_expired_between_two_runs_are_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARVEST_CACHE", str(tmp_path / "cache"))
    with Sandbox(World(240), family="sankaku") as site:
        assert isinstance(site.dialect, Dialect)
        site.dialect.lifetime = LIFETIME
        first = harvest(tmp_path, site, "--max-bytes", "1")
        asked = len(site.requests)
        time.sleep(LIFETIME + 1)  # no address that the library knows works any more
        site.dialect.lifetime = 3600.0
        second = harvest(tmp_path, site)

        again = site.requests[asked:]
        files = [entry for entry in again if entry.post]
        renewed = {q for entry in again for q in parse_qs(entry.query).get("tags", ())}
        assert (first["selected"], second["selected"]) == (1, 4)
        assert len(files) >= 3
        assert {f"id_range:{entry.post}" for entry in files} <= renewed
        assert [entry.breach for entry in site.requests if entry.breach] == []
        assert {entry.status for entry in files} == {200}
