"""The sandbox as Anime-Pictures: lists without tags, a last page that is told, files behind a redirect with a cookie."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from harvester import vocabulary
from harvester.demo.dialects import Answer, Rules
from harvester.demo.dialects.animepictures import Dialect
from harvester.demo.posts import Post
from harvester.demo.vault import Vault
from harvester.demo.world import World
from harvester.model import Facts, Framing, People

FIXTURES = Path(__file__).parent / "fixtures" / "animepictures"
BASE = "http://place.test"
AGENT = {"user-agent": "harvest/0.1 (+mailto:me@example.org)"}
FROM_ITS_PAGES = {"referer": f"{BASE}/", "cookie": "sitelang=en"}
NULLABLE = {"redirect_id", "alias", "parent", "t2"}


@pytest.fixture(scope="module")
def vault(drawings: Path) -> Vault:
    return Vault(World(400), drawings)


@pytest.fixture
def site(vault: Vault) -> Dialect:
    return Dialect(vault)


def get(site: Dialect, target: str, headers: dict[str, str] | None = None) -> Answer:
    return site.answer(target.removeprefix(BASE), AGENT | (headers or {}), BASE)


def ask(site: Dialect, path: str, **params: object) -> Any:
    answer = get(site, f"/api/v3/{path}?{urlencode(params)}")
    assert (answer.status, answer.breach) == (200, "")
    return json.loads(answer.body)


def ids(site: Dialect, search: str, **params: object) -> list[int]:
    return [row["id"] for row in listed(site, search, **params)]


def listed(site: Dialect, search: str, **params: object) -> list[Any]:
    """Every row of a search, page by page."""
    found: list[Any] = []
    page = last = 0
    while page <= last:
        told = ask(site, "posts", search_tag=search, page=page, **params)
        last, page = told["max_pages"], page + 1
        found += told["posts"]
    return found


@cache
def documented(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))


def same_shape(shown: Any, known: Any, where: str = "") -> None:
    """Key by key and type by type what is documented; lists by their first element."""
    if isinstance(known, dict):
        assert shown.keys() == known.keys(), where
        for key, value in known.items():
            if shown[key] is not None or key not in NULLABLE:
                same_shape(shown[key], value, f"{where}.{key}")
    elif isinstance(known, list):
        assert shown, where
        same_shape(shown[0], known[0], where)
    elif known is not None:
        assert type(shown) is type(known), where


def whole(vault: Vault) -> Post:
    """A post that visitors see, with a sound file."""
    return next(
        post
        for post in vault.world.posts
        if (post.format, post.rating, post.truth.defect, post.status, post.hidden)
        == ("jpg", "g", "", frozenset(), False)
    )


# ---- the shape of what is told ------------------------------------------------------------


def test_lists_posts_and_completions_have_the_documented_shape(site: Dialect, vault: Vault) -> None:
    same_shape(ask(site, "posts"), documented("documented-posts"))
    same_shape(ask(site, f"posts/{whole(vault).id}", lang="en"), documented("documented-post"))
    same_shape(
        ask(site, "tags:autocomplete", tag="haku", lang="en"), documented("documented-autocomplete")
    )


def test_the_gates_find_framing_and_people_in_the_sites_words(site: Dialect, vault: Vault) -> None:
    found = [ask(site, f"posts/{number}")["tags"] for number in ids(site, "touhou")[:150]]
    names = [tuple(row["tag"]["tag"] for row in tags) for tags in found]
    facts = [
        vocabulary.read(Facts(tags={"unknown": told}), family="animepictures") for told in names
    ]

    assert any("single" in told for told in names)
    assert not any("solo" in told or "_" in "".join(told) for told in names)
    assert {one.framing for one in facts} >= {Framing.UPPER_BODY, Framing.FULL_BODY}
    assert {one.people for one in facts} >= {People.ALONE, People.SEVERAL}


def test_each_tag_of_a_post_has_the_number_of_its_kind(site: Dialect, vault: Vault) -> None:
    tags = ask(site, f"posts/{whole(vault).id}")["tags"]
    kinds = {row["tag"]["tag"]: row["tag"]["type"] for row in tags}

    assert (kinds["hakurei reimu"], kinds["touhou"]) == (1, 5)
    assert 4 in kinds.values()


# ---- lists --------------------------------------------------------------------------------


def test_pages_go_from_the_newest_down_to_the_last_index(site: Dialect, vault: Vault) -> None:
    first = ask(site, "posts", search_tag="touhou", page=0)
    found = ids(site, "touhou")
    dates = [vault.world.by_id[number].created for number in found]

    assert (first["response_posts_count"], len(found)) == (80, first["posts_count"])
    assert first["max_pages"] == (len(found) - 1) // 80
    assert dates == sorted(dates, reverse=True)


def test_a_page_beyond_the_last_one_is_a_breach(site: Dialect) -> None:
    answer = get(site, "/api/v3/posts?search_tag=touhou&page=99")

    assert (json.loads(answer.body)["posts"], bool(answer.breach)) == ([], True)


def test_what_is_wanted_and_what_is_denied(site: Dialect, vault: Vault) -> None:
    both = ids(site, "hakurei reimu&&single")
    neither = ids(site, "hakurei reimu", denied_tags="single")
    either = ids(site, "hakurei reimu||kirisame marisa")

    assert both
    assert neither
    assert {*both, *neither} == {*ids(site, "hakurei reimu")} < {*either}
    assert all({"hakurei_reimu", "solo"} <= vault.world.by_id[number].words for number in both)
    assert ids(site, "nobody of this name") == []


def test_visitors_see_what_is_not_erotic_at_all(site: Dialect, vault: Vault) -> None:
    erotic = next(p.id for p in vault.world.posts if p.rating != "g" and not p.status and not p.hidden)  # fmt: skip

    assert {row["erotics"] for row in listed(site, "")} == {0}
    assert get(site, f"/api/v3/posts/{erotic}").status == 403


def test_a_post_that_was_replaced_names_the_other_one(vault: Vault, tmp_path: Path) -> None:
    world = World(400)
    old, new = twins(world)
    world.posts = [
        replace(post, status=frozenset({"deleted"})) if post.id == old else post
        for post in vault.world.posts
    ]
    site = Dialect(Vault(world, tmp_path))
    told = ask(site, f"posts/{old}")

    assert old in ids(site, "touhou")
    assert (told["post"]["redirect_id"], told["file_url"]) == (new, "")
    assert ask(site, f"posts/{new}")["post"]["redirect_id"] is None


def twins(world: World) -> tuple[int, int]:
    """Two posts of one picture that everybody sees."""
    shown: dict[int, int] = {}
    for post in world.posts:
        if (
            post.format in {"jpg", "png"}
            and post.rating == "g"
            and not (post.status or post.hidden)
        ):
            other = shown.setdefault(post.truth.twins, post.id)
            if post.truth.twins and other != post.id:
                return post.id, other
    raise AssertionError("no picture stands in two posts")


def test_completions_mark_what_was_typed_and_tell_other_names(site: Dialect) -> None:
    plain = ask(site, "tags:autocomplete", tag="haku")["tags"][0]
    (alias,) = ask(site, "tags:autocomplete", tag="reimu h")["tags"]

    assert (plain["t"], plain["t2"], plain["c"]) == ("<b>haku</b>rei reimu", None, 1)
    assert (alias["t"], alias["t2"]) == ("hakurei reimu", "<b>reimu h</b>akurei")


def test_who_does_not_say_who_asks_is_refused(site: Dialect) -> None:
    answer = site.answer("/api/v3/posts", {}, BASE)

    assert (answer.status, answer.breach) == (403, "no User-Agent")


@pytest.mark.parametrize("status", [429, 503])
def test_an_overloaded_site_says_when_to_come_back(site: Dialect, status: int) -> None:
    answer = site.overloaded(status, "7")

    assert (answer.status, answer.headers["Retry-After"]) == (status, "7")


# ---- files --------------------------------------------------------------------------------


def download(site: Dialect, vault: Vault) -> str:
    name = ask(site, f"posts/{whole(vault).id}")["file_url"]
    return f"/pictures/download_image/{name}"


def test_a_download_leads_on_with_a_cookie_without_which_there_is_no_file(
    site: Dialect, vault: Vault
) -> None:
    led = get(site, download(site, vault), FROM_ITS_PAGES)
    way, where = led.headers["Set-Cookie"].partition(";")[0], led.headers["Location"]

    assert led.status == 302
    assert get(site, where, {"cookie": f"sitelang=en; {way}"}).body == vault.body(whole(vault))
    for other in ("", "sitelang=en", f"{way}0"):
        answer = get(site, where, {"cookie": other})
        assert (answer.status, bool(answer.breach)) == (403, True)


@pytest.mark.parametrize("left_out", ["referer", "cookie"])
def test_a_download_wants_to_know_from_where_it_is_asked(
    site: Dialect, vault: Vault, left_out: str
) -> None:
    headers = {name: value for name, value in FROM_ITS_PAGES.items() if name != left_out}
    answer = get(site, download(site, vault), headers)

    assert (answer.status, bool(answer.breach)) == (403, True)


def test_a_download_that_moved_is_under_the_name_that_its_post_tells(vault: Vault) -> None:
    site = Dialect(vault, Rules(moved=1))
    url = download(site, vault)

    assert get(site, url, FROM_ITS_PAGES).status == 302
    assert get(site, url.partition("?")[0], FROM_ITS_PAGES).status == 404


def test_the_smaller_forms_are_served_to_everybody(site: Dialect, vault: Vault) -> None:
    row = ask(site, f"posts/{whole(vault).id}")["post"]

    for size in ("small", "medium", "big"):
        url = row[f"{size}_preview"]
        assert get(site, url).body[:3] == b"\xff\xd8\xff"
        assert not site.is_api(url.removeprefix(BASE))
