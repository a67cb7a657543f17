"""The sandbox as a Philomena: its own words, its query language, what filters hide, how it says no."""

from __future__ import annotations

import json
import operator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from harvester import vocabulary
from harvester.demo.dialects import Answer, Rules
from harvester.demo.dialects.philomena import Dialect
from harvester.demo.vault import Vault
from harvester.demo.world import World
from harvester.model import Facts, Framing, People
from tests import replies

BASE = "http://ponies.test"
AGENT = {"user-agent": "harvest/0.1 (+mailto:me@example.org)"}
COMPARED = {"gte": "ge", "gt": "gt", "lt": "lt"}
NULLABLE = {"uploader", "uploader_id", "deletion_reason", "duplicate_of", "category", "namespace", "aliased_tag", "alias"}  # fmt: skip
documented = partial(replies.recorded, "philomena")
same_shape = partial(replies.same_shape, nullable=NULLABLE)


@pytest.fixture(scope="module")
def vault(drawings: Path) -> Vault:
    return Vault(World(240), drawings)


@pytest.fixture
def site(vault: Vault) -> Dialect:
    return Dialect(vault)


def ask(site: Dialect, path: str, **params: object) -> Answer:
    return site.answer(f"{path}?{urlencode(params)}", AGENT, BASE)


def told(answer: Answer) -> Any:
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def search(site: Dialect, q: str, **params: object) -> Any:
    return told(ask(site, "/api/v1/json/search/images", q=q, **params))


def ids(site: Dialect, q: str, **params: object) -> list[int]:
    found = search(site, q, per_page=50, **params)
    return [image["id"] for image in found["images"]]


def tags(site: Dialect, q: str) -> list[str]:
    found = told(ask(site, "/api/v1/json/search/tags", q=q, per_page=50))
    return [tag["name"] for tag in found["tags"]]


# ---- the shape of what is told ------------------------------------------------------------


def test_a_page_of_images_has_the_documented_shape(site: Dialect) -> None:
    known = documented("documented-kinds")

    same_shape(search(site, "safe, mime_type:image/png"), known)


def test_every_key_of_the_sheets_own_example_is_there(site: Dialect) -> None:
    shown = search(site, "safe")["images"][0]

    assert shown.keys() >= documented("documented-images")["images"][0].keys()


def test_one_image_has_the_documented_shape_and_a_removed_one_little_of_it(
    site: Dialect, vault: Vault
) -> None:
    there = search(site, "safe")["images"][0]["id"]
    removed = next(post.id for post in vault.world.posts if post.hidden)

    shown = told(ask(site, f"/api/v1/json/images/{there}"))
    gone = told(ask(site, f"/api/v1/json/images/{removed}"))

    assert shown["image"]["id"] == there
    same_shape(gone, documented("documented-removed"))
    assert gone["image"]["hidden_from_users"] is True


def test_tags_and_completions_have_the_documented_shape(site: Dialect) -> None:
    same_shape(told(ask(site, "/api/v1/json/search/tags", q="solo")), documented("documented-tag"))
    same_shape(
        told(ask(site, "/autocomplete/tags", vsn=2, term="haku", limit=10)),
        documented("documented-autocomplete"),
    )
    assert told(ask(site, "/api/v1/json/tags/hakurei+reimu"))["tag"]["category"] == "character"


# ---- the query language -------------------------------------------------------------------


def test_terms_are_joined_negated_and_grouped(site: Dialect) -> None:
    everything = ids(site, "hakurei reimu, solo")

    assert everything == ids(site, "hakurei reimu AND solo") == ids(site, "hakurei reimu && solo")
    solo, rest = ids(site, "official, solo"), ids(site, "official, -solo")
    assert sorted(solo + rest) == sorted(ids(site, "official"))
    assert ids(site, "official, !solo") == ids(site, "NOT solo, official") == rest
    either = ids(site, "official, (suggestive || safe)")
    assert either == ids(site, "official, safe || official, suggestive")


def test_signs_are_escaped_by_backslash_or_quotes(site: Dialect) -> None:
    named = next(name for name in tags(site, "artist:*") if name.endswith("_(sandbox)"))

    plain = ids(site, named)
    assert plain
    assert plain == ids(site, f'"{named}"')
    assert plain == ids(site, named.replace("(", "\\(").replace(")", "\\)"))
    assert ids(site, r"artist:\*") == []


@pytest.mark.parametrize(
    ("key", "how", "edge"), [("width", "gte", 1000), ("score", "gt", 20), ("id", "lt", 5_000_100)]
)
def test_numbers_are_compared(site: Dialect, key: str, how: str, edge: int) -> None:
    found = search(site, f"touhou, {key}.{how}:{edge}", per_page=50)["images"]
    rest = search(site, f"touhou, -{key}.{how}:{edge}", per_page=50)["images"]

    assert found
    assert all(getattr(operator, COMPARED[how])(image[key], edge) for image in found)
    assert not any(getattr(operator, COMPARED[how])(image[key], edge) for image in rest)


def test_a_day_counts_from_its_first_to_its_last_second(site: Dialect) -> None:
    day = search(site, "touhou")["images"][0]["created_at"][:10]

    found = ids(site, f"touhou, created_at.gte:{day}, created_at.lte:{day}")

    assert found == ids(site, f"touhou, created_at:{day}") != []


def test_stills_alone_can_be_asked_for(site: Dialect) -> None:
    found = search(site, "touhou, animated:false, -mime_type:image/svg+xml", per_page=50)["images"]

    assert found
    assert not any(image["animated"] for image in found)


def test_images_come_by_id_from_the_newest_down(site: Dialect) -> None:
    found = ids(site, "touhou", sf="id", sd="desc")

    below = ids(site, f"touhou, id.lt:{found[9]}", sf="id", sd="desc")

    assert found == sorted(found, reverse=True)
    assert below[:40] == found[10:50]


def test_nothing_asked_is_nothing_found(site: Dialect) -> None:
    assert search(site, "")["total"] == 0


@pytest.mark.parametrize("q", ["a, ", "(a", "a)", '"a', "a, , b", "score.gte:many", "created_at.gte:soon"])  # fmt: skip
def test_a_query_that_cannot_be_read_is_refused(site: Dialect, q: str) -> None:
    answer = ask(site, "/api/v1/json/search/images", q=q)

    assert (answer.status, answer.breach) == (400, "a query not to be read")
    assert json.loads(answer.body).keys() == {"error"}


# ---- words --------------------------------------------------------------------------------


def test_the_gates_find_framing_and_people_in_the_sites_own_words(site: Dialect) -> None:
    reading = {
        image["id"]: vocabulary.read(
            Facts(tags={"unknown": tuple(image["tags"])}), family="philomena"
        )
        for page in (1, 2, 3, 4)
        for image in search(site, "touhou", per_page=50, page=page)["images"]
    }

    assert {facts.framing for facts in reading.values()} >= {Framing.UPPER_BODY, Framing.FULL_BODY}
    assert {facts.people for facts in reading.values()} >= {People.ALONE, People.SEVERAL}


def test_an_alias_is_searched_as_what_it_stands_for(site: Dialect) -> None:
    assert ids(site, "reimu hakurei") == ids(site, "hakurei reimu") != []
    (row,) = told(ask(site, "/api/v1/json/search/tags", q="reimu hakurei"))["tags"]
    assert (row["aliased_tag"], row["images"]) == ("hakurei+reimu", 0)


def test_many_tags_are_found_by_name_and_misspelled_ones_by_likeness(site: Dialect) -> None:
    assert set(tags(site, "solo || touhou || safe")) == {"solo", "touhou", "safe"}
    assert tags(site, "hakurei raimu~2") == ["hakurei reimu"]
    assert all(name.startswith("artist:") for name in tags(site, "artist:*"))


def test_names_are_completed_behind_their_namespace(site: Dialect) -> None:
    found = told(ask(site, "/autocomplete/tags", vsn=2, term="akaneko", limit=10))["suggestions"]

    assert [row["canonical"] for row in found] == ["artist:akaneko_(sandbox)"]


# ---- limits and what is hidden ------------------------------------------------------------


def test_a_page_has_fifteen_images_unless_asked_and_never_more_than_fifty(site: Dialect) -> None:
    assert len(search(site, "touhou")["images"]) == 15
    answer = ask(site, "/api/v1/json/search/images", q="touhou", per_page=51)
    assert len(told(answer)["images"]) == 50
    assert answer.breach == "per_page 51"


def test_the_default_filter_hides_explicit_images_and_another_one_does_not(site: Dialect) -> None:
    assert search(site, "explicit")["total"] == 0
    assert search(site, "explicit", filter_id=2)["total"] > 0


def test_no_search_finds_what_was_removed(site: Dialect, vault: Vault) -> None:
    removed = {post.id for post in vault.world.posts if post.hidden or "deleted" in post.status}

    assert removed
    for number in removed:
        assert search(site, f"id:{number}", filter_id=2)["total"] == 0


def test_pages_can_be_counted_to_the_depth_that_a_test_wants(vault: Vault) -> None:
    site = Dialect(vault, Rules(depth=100))

    answer = ask(site, "/api/v1/json/search/images", q="touhou", per_page=50, page=3)

    assert (answer.status, answer.breach) == (400, "page 3")
    assert search(site, "touhou", per_page=50, page=2)["images"]


def test_completing_two_letters_is_refused(site: Dialect) -> None:
    answer = ask(site, "/autocomplete/tags", vsn=2, term="ha", limit=10)

    assert (answer.status, answer.breach) == (422, "only 2 letters to complete")


def test_a_caller_without_a_name_is_refused(site: Dialect) -> None:
    answer = site.answer("/api/v1/json/search/images?q=touhou", {}, BASE)

    assert (answer.status, answer.breach) == (403, "no User-Agent")


def test_what_there_is_not_is_not_found(site: Dialect) -> None:
    for path in ("images/1", "tags/nothing", "nothing"):
        answer = ask(site, f"/api/v1/json/{path}")
        assert (answer.status, json.loads(answer.body)) == (404, {"error": "Not found"})


def test_too_many_requests_are_told_in_plain_text(site: Dialect) -> None:
    answer = site.overloaded(429, "7")

    assert (answer.status, answer.headers["Retry-After"]) == (429, "7")
    assert answer.headers["Content-Type"] == "text/plain"


# ---- files --------------------------------------------------------------------------------


def test_a_file_is_served_under_both_its_names_and_in_smaller_forms(
    site: Dialect, vault: Vault
) -> None:
    image = search(site, "touhou, mime_type:image/png, processed:true")["images"][0]
    post = vault.world.by_id[image["id"]]
    shown = image["representations"]

    for url in (shown["full"], image["view_url"]):
        answer = site.answer(url.removeprefix(BASE), AGENT, BASE)
        assert (answer.body, answer.post_id) == (vault.body(post), post.id)
    small = site.answer(shown["thumb"].removeprefix(BASE), AGENT, BASE)
    assert small.body[:3] == b"\xff\xd8\xff"


def test_a_file_that_moved_is_at_the_address_the_image_tells_by_itself(vault: Vault) -> None:
    site = Dialect(vault, Rules(moved=1))
    image = search(site, "touhou, mime_type:image/png, processed:true")["images"][0]

    listed = site.answer(image["representations"]["full"].removeprefix(BASE), AGENT, BASE)
    single = told(ask(site, f"/api/v1/json/images/{image['id']}"))["image"]
    now = site.answer(single["representations"]["full"].removeprefix(BASE), AGENT, BASE)

    assert (listed.status, now.status) == (404, 200)
